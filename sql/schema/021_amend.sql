-- SPDX-License-Identifier: BSD-2-Clause
-- Amendments of a registered plan: dated statements of kind plan. All or nothing; old values stay.

CREATE FUNCTION duban.amendment_codes(p_ord int, p jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    bad text;
BEGIN
    SELECT string_agg(x.code, ', ') INTO bad FROM (
        SELECT DISTINCT c.code FROM (SELECT jsonb_array_elements_text(coalesce(p -> 'leads', '[]'))
                                     UNION ALL SELECT jsonb_array_elements_text(coalesce(p -> 'units', '[]'))) c (code)
         WHERE NOT EXISTS (SELECT FROM duban.unit u WHERE u.code = c.code)
           AND NOT EXISTS (SELECT FROM duban.roster r WHERE r.code = c.code AND r.of = 'units') LIMIT 5) x;
    IF bad IS NOT NULL THEN
        PERFORM duban.refuse(p_ord, 'leads', 'unknown', format('not in the registry as a unit or a roster of units: %s', bad));
    END IF;
    SELECT string_agg(x.code, ', ') INTO bad FROM (
        SELECT DISTINCT c.code FROM jsonb_array_elements_text(coalesce(p -> 'leaders', '[]')) c (code)
         WHERE NOT EXISTS (SELECT FROM duban.post o WHERE o.code = c.code)
           AND NOT EXISTS (SELECT FROM duban.roster r WHERE r.code = c.code AND r.of = 'posts') LIMIT 5) x;
    IF bad IS NOT NULL THEN
        PERFORM duban.refuse(p_ord, 'leaders', 'unknown', format('not in the registry as a post or a roster of posts: %s', bad));
    END IF;
END
$$;
COMMENT ON FUNCTION duban.amendment_codes(int, jsonb) IS 'refuses a change that names what is not registered';

-- The task as one change leaves it; what the change does not name stays.
CREATE FUNCTION duban.amendment_body(p_old jsonb, p_change jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (p_old - ARRAY(SELECT jsonb_array_elements_text(coalesce(p_change -> 'clear', '[]'))))
           || (p_change - ARRAY['change', 'clear', 'reason', 'basis'])
$$;
COMMENT ON FUNCTION duban.amendment_body(jsonb, jsonb) IS 'a task before a change and the change give the task after it';

CREATE FUNCTION duban.amendment_check(p_ord int, p_plan text, c jsonb, p_key bytea, p_day date) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t duban.task;
    task_name text := p_plan || '/' || (c ->> 'task');
BEGIN
    SELECT x.* INTO t FROM duban.task x WHERE x.name = task_name;
    IF c ->> 'change' = 'new' AND FOUND THEN
        PERFORM duban.refuse(p_ord, 'task', 'taken', format('task %s is in the plan already', task_name));
    ELSIF c ->> 'change' <> 'new' AND NOT FOUND THEN
        PERFORM duban.refuse(p_ord, 'task', 'unknown', format('the plan has no task %s; see duban ledger', task_name));
    ELSIF t.withdrawn IS NOT NULL THEN
        PERFORM duban.refuse(p_ord, 'task', 'withdrawn', format('task %s was withdrawn by entry %s', task_name, t.withdrawn));
    ELSIF duban.same_person(p_key, t.accountable, p_day) THEN
        PERFORM duban.refuse(p_ord, 'key', 'same-person', format('the same person holds a post of %s, which answers for %s: somebody else must sign this', t.accountable, task_name));
    END IF;
    PERFORM duban.amendment_codes(p_ord, c);
    RETURN CASE WHEN c ->> 'change' = 'set' AND duban.amendment_body(duban.task_body(t), c) = duban.task_body(t) THEN 'unchanged'
                ELSE CASE c ->> 'change' WHEN 'set' THEN 'amended' WHEN 'new' THEN 'added' ELSE 'withdrawn' END END;
END
$$;
COMMENT ON FUNCTION duban.amendment_check(int, text, jsonb, bytea, date) IS 'refuses a change that cannot be made; else the outcome it will have';

-- The completion of a task whose deadline changed: what is not settled is owed by the new day. A silence that
-- was declared stays; what is owed after it has a slot of its own.
CREATE FUNCTION duban.completion_renew(p_task text, p_at timestamptz, p_entry bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t duban.task;
    d record;
    o duban.obligation;
BEGIN
    UPDATE duban.task x SET approved = NULL WHERE x.name = p_task RETURNING x.* INTO STRICT t;
    IF t.accountable IS NULL OR t.closed IS NOT NULL
       OR EXISTS (SELECT FROM duban.verdict v JOIN duban.obligation y USING (task, period, unit)
                   WHERE v.task = p_task AND y.kind = 'completion' AND NOT v.silence) THEN
        RETURN;
    END IF;
    SELECT x.due, x.cutoff INTO d FROM duban.plan p CROSS JOIN LATERAL duban.completion_due(coalesce(t.printed, t.inherited), p.zone) x
     WHERE p.handle = t.plan;
    o := duban.obligation_open(p_task, '-', t.accountable);
    IF o.period IS NOT NULL THEN
        PERFORM duban.obligation_drop(p_task, o.period, t.accountable, p_entry, 'amended');
    END IF;
    IF d.due IS NULL THEN
        RETURN;
    END IF;
    o.task := p_task;
    o.unit := t.accountable;
    o.kind := 'completion';
    o.opens := p_at;
    o.due := d.due;
    o.cutoff := d.cutoff;
    o.from_entry := p_entry;
    o.period := coalesce(o.period, '-');
    IF EXISTS (SELECT FROM duban.verdict v WHERE v.task = p_task AND v.period = o.period AND v.unit = o.unit) THEN
        o.period := duban.slot_next(p_task, '-');
        PERFORM duban.slot_add(o, p_entry, p_at);
    ELSE
        PERFORM duban.obligation_put(o, p_at);
    END IF;
END
$$;
COMMENT ON FUNCTION duban.completion_renew(text, timestamptz, bigint) IS 'replaces the completion obligation of a task by its deadline as it stands; an open case closes';

CREATE FUNCTION duban.amendment_owners(p_plan text, p_task text, p_new jsonb) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM duban.assignment a WHERE a.task = p_task;
    DELETE FROM duban.task_leader l WHERE l.task = p_task;
    DELETE FROM duban.target g WHERE g.task = p_task;
    DELETE FROM duban.target_point g WHERE g.task = p_task;
    SELECT duban.plan_owners(jsonb_build_object('handle', p_plan, 'tasks', jsonb_build_array(p_new)))
$$;
COMMENT ON FUNCTION duban.amendment_owners(text, text, jsonb) IS 'owners, leaders and targets of a task written anew';

CREATE FUNCTION duban.amendment_set(t duban.task, p_change jsonb, p_at timestamptz, p_entry bigint) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    old jsonb := duban.task_body(t);
    new jsonb := duban.amendment_body(old, p_change);
    plan_to date := (SELECT p.to_date FROM duban.plan p WHERE p.handle = t.plan);
    endless boolean := coalesce((new ->> 'continuous')::boolean, false);
    lead text := (duban.heirs(new -> 'leads' ->> 0, duban.day(p_at)))[1];
BEGIN
    PERFORM duban.obligations_settle(t, p_at);
    UPDATE duban.task x
       SET no = new ->> 'no', section = ARRAY(SELECT jsonb_array_elements_text(coalesce(new -> 'section', '[]'))),
           title = new ->> 'title', text = new ->> 'text', printed = (new ->> 'deadline')::date, printed_raw = new ->> 'deadline_raw',
           printed_source = new ->> 'deadline_source', continuous = endless,
           inherited = CASE WHEN new ? 'deadline' OR endless THEN NULL ELSE plan_to END,
           ends = CASE WHEN endless THEN greatest(plan_to, (new ->> 'deadline')::date)
                       ELSE coalesce((new ->> 'deadline')::date, plan_to) END,
           baseline = new ->> 'baseline', target = new ->> 'target', nature = new ->> 'nature'
     WHERE x.name = t.name;
    PERFORM duban.amendment_owners(t.plan, t.name, new);
    PERFORM duban.task_hand_over(t.name, lead, p_at, p_entry, false, 'reassigned');
    IF EXISTS (SELECT FROM duban.task x WHERE x.name = t.name
                AND coalesce(x.printed, x.inherited) IS DISTINCT FROM coalesce(t.printed, t.inherited)) THEN
        PERFORM duban.completion_renew(t.name, p_at, p_entry);
    END IF;
    -- who has no part any more owes the open periods no more, nor does anybody those behind an earlier end
    PERFORM duban.obligation_drop(o.task, o.period, o.unit, p_entry, CASE WHEN q.from_date > x.ends THEN 'amended' ELSE 'reassigned' END)
       FROM duban.obligation o JOIN duban.plan_period q ON q.plan = t.plan AND q.period = o.period JOIN duban.task x ON x.name = o.task
      WHERE o.task = t.name AND o.kind = 'report' AND o.cutoff > p_at
        AND NOT EXISTS (SELECT FROM duban.verdict v WHERE v.task = o.task AND v.period = o.period AND v.unit = o.unit AND NOT v.silence)
        AND (q.from_date > x.ends OR NOT EXISTS (SELECT FROM duban.owers(duban.rule_version(q.rule), o.task, o.task, p_at) w WHERE w.unit = o.unit));
    PERFORM duban.obligations_begin(t.name, p_at);
    RETURN new;
END
$$;
COMMENT ON FUNCTION duban.amendment_set(duban.task, jsonb, timestamptz, bigint) IS 'changes one task from an instant; returns it as it is then';

CREATE FUNCTION duban.amendment_new(p_plan text, p_change jsonb, p_at timestamptz, p_entry bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    task_name text := p_plan || '/' || (p_change ->> 'task');
    p jsonb;
BEGIN
    SELECT jsonb_build_object('handle', p_plan, 'to', x.to_date, 'tasks', jsonb_build_array(p_change - 'change'),
                              'behind', (SELECT max(t.ordinal) FROM duban.task t WHERE t.plan = p_plan))
      INTO STRICT p FROM duban.plan x WHERE x.handle = p_plan FOR UPDATE;
    PERFORM duban.plan_tasks(p_entry, p);
    PERFORM duban.plan_owners(p);
    UPDATE duban.task t SET since = p_at, plain = false WHERE t.name = task_name;
    PERFORM duban.succession_of_plan(p_plan, p_at, p_entry);
    PERFORM duban.obligations_begin(task_name, p_at);
    INSERT INTO duban.remake (task) VALUES (task_name) ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION duban.amendment_new(text, jsonb, timestamptz, bigint) IS 'adds a task behind the others; it owes the period that is open and those that follow';

CREATE FUNCTION duban.amendment_withdraw(t duban.task, p_at timestamptz, p_entry bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM duban.obligations_settle(t, p_at);
    UPDATE duban.task x SET withdrawn = p_entry, accountable = NULL WHERE x.name = t.name;
    IF t.accountable IS NOT NULL THEN
        INSERT INTO duban.tenure (task, until, unit, entry) VALUES (t.name, p_at, t.accountable, p_entry) ON CONFLICT DO NOTHING;
    END IF;
    PERFORM duban.obligations_pass(t.name, x.unit, NULL, p_at, p_entry, true, 'withdrawn')
       FROM (SELECT DISTINCT o.unit FROM duban.obligation o WHERE o.task = t.name ORDER BY o.unit) x;
END
$$;
COMMENT ON FUNCTION duban.amendment_withdraw(duban.task, timestamptz, bigint) IS 'takes a task out of its plan: nothing is owed any more, verdicts stay';

-- One change at its instant. A task that was withdrawn in between is left alone.
CREATE FUNCTION duban.amendment_apply(e duban.effect, p_at timestamptz, p_entry bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t duban.task;
    change jsonb := e.body -> 'change';
    handle text := e.body ->> 'plan';
    old jsonb;
    new jsonb;
BEGIN
    IF change ->> 'change' = 'plan' THEN
        PERFORM duban.plan_amend(e, p_at, p_entry);
        RETURN;
    END IF;
    SELECT x.* INTO t FROM duban.task x WHERE x.name = e.subject FOR UPDATE;
    old := CASE WHEN FOUND THEN duban.task_body(t) END;
    IF t.withdrawn IS NOT NULL OR (old IS NULL) <> (change ->> 'change' = 'new') THEN
        RETURN;
    END IF;
    CASE change ->> 'change'
        WHEN 'set' THEN new := duban.amendment_set(t, change, p_at, p_entry);
        WHEN 'new' THEN
            PERFORM duban.amendment_new(handle, change, p_at, p_entry);
            new := change - 'change';
        WHEN 'withdraw' THEN PERFORM duban.amendment_withdraw(t, p_at, p_entry);
    END CASE;
    PERFORM duban.succession_of_plan(handle, p_at, p_entry);
    INSERT INTO duban.task_amendment (task, entry, source, ord, at, change, basis, old, new)
    SELECT e.subject, p_entry, e.entry, e.ord, p_at, change ->> 'change', e.body ->> 'basis',
           CASE WHEN old IS NULL OR new IS NULL THEN old
                ELSE (SELECT jsonb_object_agg(k, coalesce(old -> k, 'null')) FROM jsonb_object_keys(old || new) k WHERE old -> k IS DISTINCT FROM new -> k) END,
           CASE WHEN old IS NULL OR new IS NULL THEN coalesce(new, jsonb_strip_nulls(jsonb_build_object('reason', change ->> 'reason')))
                ELSE (SELECT jsonb_object_agg(k, coalesce(new -> k, 'null')) FROM jsonb_object_keys(old || new) k WHERE old -> k IS DISTINCT FROM new -> k) END;
END
$$;
COMMENT ON FUNCTION duban.amendment_apply(duban.effect, timestamptz, bigint) IS 'makes one change of an amendment and keeps what was before it';

CREATE FUNCTION duban.amendment_subject(p_plan text, p_change jsonb) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE p_change ->> 'change' WHEN 'plan' THEN 'plan/' || p_plan ELSE p_plan || '/' || (p_change ->> 'task') END
$$;
COMMENT ON FUNCTION duban.amendment_subject(text, jsonb) IS 'what a change of an amendment is about, as in outcomes';

CREATE FUNCTION duban.amend_apply(p_entry bigint, p_received timestamptz, p_key duban.signing_key, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c record;
    the_plan duban.plan;
    starts timestamptz;
    outcome text;
    subject text;
    failed jsonb;
    failure text;
BEGIN
    IF NOT p_key.operator THEN
        RAISE EXCEPTION 'not an operator''s key' USING ERRCODE = 'DB005';
    END IF;
    SELECT x.* INTO the_plan FROM duban.plan x WHERE x.handle = p ->> 'amend' FOR UPDATE;
    starts := (p ->> 'from')::timestamp AT TIME ZONE coalesce(the_plan.zone, 'Asia/Shanghai');
    BEGIN
        IF the_plan.handle IS NULL THEN
            PERFORM duban.refuse(1, 'amend', 'unknown', format('no plan has the handle "%s"', p ->> 'amend'));
        END IF;
        FOR c IN SELECT x.change, x.o::int FROM jsonb_array_elements(p -> 'changes') WITH ORDINALITY x (change, o) ORDER BY x.o LOOP
            subject := duban.amendment_subject(the_plan.handle, c.change);
            outcome := CASE c.change ->> 'change' WHEN 'plan' THEN duban.plan_amendment_check(c.o, the_plan, c.change)
                            ELSE duban.amendment_check(c.o, the_plan.handle, c.change, p_key.key, duban.day(p_received)) END;
            IF outcome <> 'unchanged' THEN
                INSERT INTO duban.effect (entry, ord, kind, subject, at, body)
                VALUES (p_entry, c.o, 'amendment', CASE c.change ->> 'change' WHEN 'plan' THEN the_plan.handle ELSE subject END, starts,
                        jsonb_strip_nulls(jsonb_build_object('plan', the_plan.handle, 'basis', p ->> 'basis', 'change', c.change)));
                outcome := CASE WHEN starts > p_received THEN 'scheduled' ELSE outcome END;
            END IF;
            INSERT INTO duban.act (entry, ord, object, outcome) VALUES (p_entry, c.o, subject, outcome);
        END LOOP;
        PERFORM duban.effects_now(p_entry, p_received);
    EXCEPTION WHEN SQLSTATE 'DB010' THEN
        GET STACKED DIAGNOSTICS failure = PG_EXCEPTION_DETAIL;
        failed := failure::jsonb;
        INSERT INTO duban.act (entry, ord, object, outcome, errors)
        SELECT p_entry, x.o, duban.amendment_subject(p ->> 'amend', x.change), 'refused',
               CASE WHEN x.o = (failed ->> 'ord')::int
                    THEN json_build_array(json_build_object('field', failed -> 'field', 'code', failed -> 'code', 'detail', failed -> 'detail'))::text
                    ELSE json_build_array(json_build_object('field', 'changes', 'code', 'not-applied',
                             'detail', format('not applied because of change %s', failed ->> 'ord')))::text END
          FROM jsonb_array_elements(p -> 'changes') WITH ORDINALITY x (change, o);
    END;
END
$$;
COMMENT ON FUNCTION duban.amend_apply(bigint, timestamptz, duban.signing_key, jsonb) IS 'an amendment: checked as a whole, made at once or on its day';

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA duban FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA duban TO duban_append;
