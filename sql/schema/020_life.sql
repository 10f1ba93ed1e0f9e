-- SPDX-License-Identifier: BSD-2-Clause
-- What changes hands: effects on a date to come, hand-over of tasks, mergers of units.

CREATE TABLE duban.effect (
    entry bigint NOT NULL,
    ord int NOT NULL,
    kind text NOT NULL CHECK (kind IN ('amendment', 'succession', 'warning')),
    subject text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    body jsonb,
    applied bigint,
    from_entry bigint NOT NULL DEFAULT duban.entry_now(),
    PRIMARY KEY (entry, ord)
);
CREATE INDEX effect_at ON duban.effect (at) WHERE applied IS NULL;
COMMENT ON TABLE duban.effect IS 'what a statement does at an instant of its own: entry and ord of the statement, applied = entry at which it took effect';

CREATE TABLE duban.unit_successor (
    unit text COLLATE "C" NOT NULL,
    successor text COLLATE "C" NOT NULL,
    ordinal int NOT NULL,
    from_entry bigint NOT NULL DEFAULT duban.entry_now(),
    PRIMARY KEY (unit, successor)
);
COMMENT ON TABLE duban.unit_successor IS 'units that take over from a retired one; the first becomes accountable for what it led';

CREATE TABLE duban.tenure (
    task text COLLATE "C" NOT NULL,
    until timestamptz NOT NULL,
    unit text COLLATE "C" NOT NULL,
    entry bigint NOT NULL,
    PRIMARY KEY (task, until, unit)
);
CREATE INDEX tenure_unit ON duban.tenure (unit);
COMMENT ON TABLE duban.tenure IS 'units that were accountable for a task until an instant, with the entry that ended it';

CREATE TABLE duban.task_amendment (
    task text COLLATE "C" NOT NULL,
    entry bigint NOT NULL,
    source bigint NOT NULL,
    ord int NOT NULL,
    at timestamptz NOT NULL,
    change text NOT NULL CHECK (change IN ('set', 'new', 'withdraw', 'succession')),
    basis text,
    old jsonb,
    new jsonb,
    PRIMARY KEY (task, entry, source, ord)
);
CREATE INDEX task_amendment_entry ON duban.task_amendment (entry);
COMMENT ON TABLE duban.task_amendment IS 'what changed in a task: the members that differ, before and after; entry: where it took effect; source and ord: the statement and the change in it';

-- A task as a plan statement writes it, from the tables.
CREATE FUNCTION duban.task_body(t duban.task) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'task', substr(t.name, length(t.plan) + 2), 'no', t.no, 'kind', t.kind,
        'section', CASE WHEN cardinality(t.section) > 0 THEN to_jsonb(t.section) END, 'title', t.title, 'text', t.text,
        'leaders', (SELECT jsonb_agg(l.code ORDER BY l.ordinal) FROM duban.task_leader l WHERE l.task = t.name),
        'leads', (SELECT jsonb_agg(a.code ORDER BY a.ordinal) FROM duban.assignment a WHERE a.task = t.name AND a.role <> 'participant'),
        'units', (SELECT jsonb_agg(a.code ORDER BY a.ordinal) FROM duban.assignment a WHERE a.task = t.name AND a.role = 'participant'),
        'deadline', t.printed, 'deadline_raw', t.printed_raw, 'deadline_source', t.printed_source,
        'continuous', CASE WHEN t.continuous THEN true END,
        'targets', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', coalesce(g.name, ''), 'op', g.op, 'value', g.value::text,
                        'unit', g.unit, 'baseline', g.baseline::text, 'cumulative', CASE WHEN g.cumulative THEN true END,
                        'curve', (SELECT jsonb_agg(jsonb_build_object('period', c.period, 'value', c.value::text) ORDER BY c.period)
                                    FROM duban.target_point c WHERE c.task = g.task AND c.ordinal = g.ordinal))) ORDER BY g.ordinal)
                      FROM duban.target g WHERE g.task = t.name),
        'baseline', t.baseline, 'target', t.target, 'nature', t.nature))
$$;
COMMENT ON FUNCTION duban.task_body(duban.task) IS 'a task in the members of a plan statement, as it stands now';

-- Everything that is owed up to an instant is written down (task_pin), what is not open yet is taken away: it
-- will be made anew from the changed task.
CREATE FUNCTION duban.obligations_settle(t duban.task, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM duban.plan x WHERE x.handle = t.plan FOR UPDATE;
    PERFORM duban.task_pin(t.name, p_at);
    DELETE FROM duban.agenda a USING duban.obligation o
     WHERE o.task = t.name AND o.kind = 'report' AND o.opens > p_at AND a.task = o.task AND a.period = o.period AND a.unit = o.unit;
    DELETE FROM duban.obligation o WHERE o.task = t.name AND o.kind = 'report' AND o.opens > p_at;
    INSERT INTO duban.remake (task) VALUES (t.name) ON CONFLICT DO NOTHING;
    NOTIFY duban_agenda;
END
$$;
COMMENT ON FUNCTION duban.obligations_settle(duban.task, timestamptz) IS 'makes what a task owes up to an instant and takes back what is not open then; before the task is changed';

-- Passes what a unit still owes to another (NULL: to nobody). p_all: also reports whose cut-off has passed;
-- else these stay with the unit that did not file them. Lateness of the task itself always passes.
CREATE FUNCTION duban.obligations_pass(p_task text, p_from text, p_to text, p_at timestamptz, p_entry bigint,
                                       p_all boolean, p_reason text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    moved duban.obligation[];
BEGIN
    SELECT coalesce(array_agg(o ORDER BY o.task, o.period), '{}') INTO moved
      FROM duban.obligation o
     WHERE o.unit = p_from AND (p_task IS NULL OR o.task = p_task)
       AND (p_all OR o.kind IN ('completion', 'resubmission', 'promise') OR o.kind = 'report' AND o.cutoff > p_at)
       AND NOT EXISTS (SELECT FROM duban.verdict v WHERE v.task = o.task AND v.period = o.period AND v.unit = o.unit AND NOT v.silence);
    DELETE FROM duban.agenda a USING unnest(moved) o WHERE a.task = o.task AND a.period = o.period AND a.unit = o.unit;
    DELETE FROM duban.obligation x USING unnest(moved) o WHERE x.task = o.task AND x.period = o.period AND x.unit = o.unit;
    PERFORM duban.cases_close(array_agg(o.task), array_agg(o.period), array_agg(o.unit), array_agg(p_entry), p_reason) FROM unnest(moved) o;
    IF p_to IS NOT NULL THEN
        WITH made AS (
            INSERT INTO duban.obligation (task, period, unit, opens, due, cutoff, rule, calendar, kind)
            SELECT o.task, o.period, p_to, greatest(o.opens, p_at), o.due, o.cutoff, o.rule, o.calendar, o.kind
              FROM unnest(moved) o WHERE p_all OR o.kind IN ('report', 'completion')
            ON CONFLICT DO NOTHING RETURNING task, period, unit, due, cutoff)
        INSERT INTO duban.agenda (task, period, unit, at)
        SELECT m.task, m.period, m.unit, duban.agenda_first(p.ladder, m.due, m.cutoff, p.zone, p_at)
          FROM made m JOIN duban.task t ON t.name = m.task JOIN duban.plan p ON p.handle = t.plan
        ON CONFLICT DO NOTHING;
    END IF;
END
$$;
COMMENT ON FUNCTION duban.obligations_pass(text, text, text, timestamptz, bigint, boolean, text) IS 'passes unsettled obligations to another unit with their due instants; open cases close, the ladder begins anew at the one who takes over';

CREATE FUNCTION duban.one_owes(p_rule text) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (duban.rule_version(p_rule)).owes = 'lead';
END
$$;
COMMENT ON FUNCTION duban.one_owes(text) IS 'whether by a version of a rule only the accountable unit owes: then a period that was reported is not owed again by who takes over';

-- What a task owes that had nobody, was not there or ended earlier: the periods that are open, and its completion.
CREATE FUNCTION duban.obligations_begin(p_task text, p_at timestamptz) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    WITH owed AS (
        SELECT t.name, q.period, w.unit, greatest(q.opens, w.start, p_at) AS opens, q.due, q.cutoff, q.rule, q.calendar, 'report' AS kind, p.ladder, p.zone
          FROM duban.task t JOIN duban.plan p ON p.handle = t.plan JOIN duban.plan_period q ON q.plan = t.plan
         CROSS JOIN LATERAL duban.owers(duban.rule_version(q.rule), t.name, t.name, p_at) w
         WHERE t.name = p_task AND w.start < q.cutoff AND q.owed AND q.opens <= p_at AND q.cutoff > p_at AND q.from_date <= t.ends
        UNION ALL
        SELECT t.name, '-', t.accountable, p_at, d.due, d.cutoff, NULL, NULL, 'completion', p.ladder, p.zone
          FROM duban.task t JOIN duban.plan p ON p.handle = t.plan
         CROSS JOIN LATERAL duban.completion_due(coalesce(t.printed, t.inherited), p.zone) d
         WHERE t.name = p_task AND t.accountable IS NOT NULL AND d.cutoff > p_at),
    made AS (
        INSERT INTO duban.obligation (task, period, unit, opens, due, cutoff, rule, calendar, kind)
        SELECT o.name, o.period, o.unit, o.opens, o.due, o.cutoff, o.rule, o.calendar, o.kind FROM owed o
         WHERE NOT EXISTS (SELECT FROM duban.verdict v WHERE v.task = o.name AND v.period = o.period AND NOT v.silence
                             AND (v.unit = o.unit OR o.kind = 'completion' OR duban.one_owes(o.rule)))
           AND NOT (o.kind = 'completion' AND EXISTS (SELECT FROM duban.obligation x WHERE x.task = o.name AND x.kind = 'completion' AND x.unit = o.unit))
        ON CONFLICT DO NOTHING RETURNING task, period, unit)
    INSERT INTO duban.agenda (task, period, unit, at)
    SELECT m.task, m.period, m.unit, duban.agenda_first(o.ladder, o.due, o.cutoff, o.zone, p_at)
      FROM made m JOIN owed o ON o.name = m.task AND o.period = m.period AND o.unit = m.unit
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION duban.obligations_begin(text, timestamptz) IS 'makes what a changed task owes at once: open periods whose cut-off is to come and that nobody has reported, and its completion';

CREATE FUNCTION duban.task_hand_over(p_task text, p_unit text, p_at timestamptz, p_entry bigint, p_all boolean, p_reason text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t duban.task;
BEGIN
    SELECT x.* INTO STRICT t FROM duban.task x WHERE x.name = p_task FOR UPDATE;
    IF t.accountable IS NOT DISTINCT FROM p_unit THEN
        RETURN;
    END IF;
    PERFORM duban.obligations_settle(t, p_at);
    UPDATE duban.task x SET accountable = p_unit WHERE x.name = p_task;
    IF t.accountable IS NULL THEN
        PERFORM duban.obligations_begin(p_task, p_at);
        RETURN;
    END IF;
    INSERT INTO duban.tenure (task, until, unit, entry) VALUES (p_task, p_at, t.accountable, p_entry) ON CONFLICT DO NOTHING;
    PERFORM duban.obligations_pass(p_task, t.accountable, p_unit, p_at, p_entry, p_all, p_reason);
END
$$;
COMMENT ON FUNCTION duban.task_hand_over(text, text, timestamptz, bigint, boolean, text) IS 'makes another unit accountable for a task from an instant; open periods, completion and cases follow';

-- ---- mergers ---------------------------------------------------------------------------------------------

-- Who stands for a unit on a day: itself, or the successors of a retired one, and theirs.
CREATE FUNCTION duban.heirs(p_unit text, p_day date) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE line (unit, path, place) AS (
        SELECT p_unit COLLATE "C", ARRAY[p_unit COLLATE "C"], ARRAY[0]
        UNION ALL
        SELECT s.successor, l.path || s.successor, l.place || s.ordinal
          FROM line l JOIN duban.unit u ON u.code = l.unit AND u.retired <= p_day
          JOIN duban.unit_successor s ON s.unit = l.unit
         WHERE NOT s.successor = ANY (l.path))
    SELECT coalesce(array_agg(x.unit ORDER BY x.place), '{}')
      FROM (SELECT DISTINCT ON (l.unit) l.unit, l.place FROM line l JOIN duban.unit u ON u.code = l.unit
             WHERE u.retired IS NULL OR u.retired > p_day ORDER BY l.unit, l.place) x
$$;
COMMENT ON FUNCTION duban.heirs(text, date) IS 'units that stand for a unit on a day: itself, or its successors in order; none for one that went without a successor';

CREATE FUNCTION duban.unit_retire(p_entry bigint, p_ord int, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p ? 'successor' AND NOT p ? 'retired' THEN
        PERFORM duban.refuse(p_ord, 'successor', 'shape', 'a successor goes with the day on which the unit is retired');
    END IF;
    IF coalesce(p -> 'successor', '[]') ? (p ->> 'code') THEN
        PERFORM duban.refuse(p_ord, 'successor', 'contradiction', format('unit "%s" cannot be its own successor', p ->> 'code'));
    END IF;
    DELETE FROM duban.unit_successor s WHERE s.unit = p ->> 'code';
    INSERT INTO duban.unit_successor (unit, successor, ordinal)
    SELECT p ->> 'code', s, o FROM jsonb_array_elements_text(coalesce(p -> 'successor', '[]')) WITH ORDINALITY x (s, o)
    ON CONFLICT DO NOTHING;
    DELETE FROM duban.effect e WHERE e.kind = 'succession' AND e.subject = p ->> 'code' AND e.applied IS NULL;
    IF p ? 'retired' THEN
        INSERT INTO duban.effect (entry, ord, kind, subject, at)
        VALUES (p_entry, p_ord, 'succession', p ->> 'code', (p ->> 'retired')::timestamp AT TIME ZONE 'Asia/Shanghai');
    END IF;
END
$$;
COMMENT ON FUNCTION duban.unit_retire(bigint, int, jsonb) IS 'successors of a unit and the day on which they take over';

-- A unit and its successors may stand in one statement in any order.
CREATE FUNCTION duban.successors_check(p_entry bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    bad record;
BEGIN
    SELECT e.ord, s.successor INTO bad FROM duban.effect e JOIN duban.unit_successor s ON s.unit = e.subject
     WHERE e.entry = p_entry AND e.kind = 'succession' AND NOT EXISTS (SELECT FROM duban.unit u WHERE u.code = s.successor)
     ORDER BY e.ord, s.ordinal LIMIT 1;
    IF FOUND THEN
        PERFORM duban.refuse(bad.ord, 'successor', 'unknown', format('no unit has the code "%s"', bad.successor));
    END IF;
END
$$;
COMMENT ON FUNCTION duban.successors_check(bigint) IS 'refuses a statement that names a successor which is not registered';

-- In one task the heirs stand where the unit stood; the better part counts for one that is there already.
CREATE FUNCTION duban.assignment_pass(p_task text, p_unit text, p_heirs text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    was duban.assignment;
    rank int;
BEGIN
    DELETE FROM duban.assignment a WHERE a.task = p_task AND a.code = p_unit RETURNING a.* INTO STRICT was;
    FOR i IN 1 .. cardinality(p_heirs) LOOP
        rank := CASE WHEN was.role = 'participant' THEN 3 WHEN was.role = 'lead' AND i = 1 THEN 1 ELSE 2 END;
        INSERT INTO duban.assignment AS a (task, code, role, ordinal, roster)
        VALUES (p_task, p_heirs[i], (ARRAY['lead', 'co-lead', 'participant'])[rank], was.ordinal, false)
        ON CONFLICT (task, code) DO UPDATE SET role = excluded.role, ordinal = excluded.ordinal
          WHERE rank < CASE a.role WHEN 'lead' THEN 1 WHEN 'co-lead' THEN 2 ELSE 3 END;
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.assignment_pass(text, text, text[]) IS 'puts the successors of a unit into its part of a task';

CREATE FUNCTION duban.succession_of_task(t duban.task, p_unit text, p_heirs text[], p_at timestamptz, p_entry bigint,
                                         p_source bigint, p_ord int) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    old jsonb := duban.task_body(t);
    new jsonb;
    now_is duban.task;
BEGIN
    -- where co-leads or participants owe reports too, what is ahead of them is made anew
    IF t.accountable IS DISTINCT FROM p_unit AND EXISTS (SELECT FROM duban.plan_period q WHERE q.plan = t.plan AND NOT duban.one_owes(q.rule)) THEN
        PERFORM duban.obligations_settle(t, p_at);
        PERFORM duban.obligations_pass(t.name, p_unit, p_heirs[1], p_at, p_entry, true, 'reassigned');
    END IF;
    PERFORM duban.assignment_pass(t.name, p_unit, p_heirs);
    IF t.accountable = p_unit THEN
        PERFORM duban.task_hand_over(t.name, p_heirs[1], p_at, p_entry, true, 'reassigned');
    END IF;
    SELECT x.* INTO now_is FROM duban.task x WHERE x.name = t.name;
    new := duban.task_body(now_is);
    INSERT INTO duban.task_amendment (task, entry, source, ord, at, change, basis, old, new)
    VALUES (t.name, p_entry, p_source, p_ord, p_at, 'succession', 'unit/' || p_unit,
            (SELECT jsonb_object_agg(k, coalesce(old -> k, 'null')) FROM unnest(ARRAY['leads', 'units']) k WHERE old -> k IS DISTINCT FROM new -> k),
            (SELECT jsonb_object_agg(k, coalesce(new -> k, 'null')) FROM unnest(ARRAY['leads', 'units']) k WHERE old -> k IS DISTINCT FROM new -> k))
    ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION duban.succession_of_task(duban.task, text, text[], timestamptz, bigint, bigint, int) IS 'a merger in one task';

CREATE FUNCTION duban.succession(p_unit text, p_at timestamptz, p_entry bigint, p_source bigint, p_ord int) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    retired date := (SELECT u.retired FROM duban.unit u WHERE u.code = p_unit);
    heirs text[] := duban.heirs(p_unit, duban.day(p_at));
    t duban.task;
BEGIN
    FOR t IN SELECT x.* FROM duban.assignment a JOIN duban.task x ON x.name = a.task WHERE a.code = p_unit ORDER BY x.plan, x.ordinal LOOP
        PERFORM duban.succession_of_task(t, p_unit, heirs, p_at, p_entry, p_source, p_ord);
    END LOOP;
    -- answers that were asked of it, reports that it still owed for tasks of others
    PERFORM duban.obligations_pass(NULL, p_unit, heirs[1], p_at, p_entry, true, 'reassigned');
    INSERT INTO duban.roster_member (roster, code, from_date, to_date)
    SELECT m.roster, h, greatest(m.from_date, retired), m.to_date FROM duban.roster_member m CROSS JOIN unnest(heirs) h
     WHERE m.code = p_unit AND coalesce(m.to_date >= retired, true)
       AND NOT EXISTS (SELECT FROM duban.roster_member x WHERE x.roster = m.roster AND x.code = h AND coalesce(x.to_date >= retired, true));
    UPDATE duban.roster_member m SET to_date = retired - 1 WHERE m.code = p_unit AND coalesce(m.to_date >= retired, true);
END
$$;
COMMENT ON FUNCTION duban.succession(text, timestamptz, bigint, bigint, int) IS 'the successors of a retired unit take its part in every task, what it still owes, and its places in rosters';

CREATE FUNCTION duban.succession_of_plan(p_plan text, p_received timestamptz, p_entry bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s record;
    t duban.task;
BEGIN
    FOR s IN
        SELECT a.task, a.code FROM duban.task x JOIN duban.assignment a ON a.task = x.name
          JOIN duban.unit u ON u.code = a.code AND u.retired <= duban.day(p_received)
         WHERE x.plan = p_plan ORDER BY x.ordinal, a.ordinal
    LOOP
        SELECT x.* INTO STRICT t FROM duban.task x WHERE x.name = s.task;
        PERFORM duban.assignment_pass(t.name, s.code, duban.heirs(s.code, duban.day(p_received)));
        IF t.accountable = s.code THEN
            UPDATE duban.task x SET accountable = (duban.heirs(s.code, duban.day(p_received)))[1] WHERE x.name = t.name;
            INSERT INTO duban.tenure (task, until, unit, entry) VALUES (t.name, p_received, s.code, p_entry) ON CONFLICT DO NOTHING;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.succession_of_plan(text, timestamptz, bigint) IS 'a plan that names a unit which is retired on its registration is registered with the successors';

-- ---- effects ---------------------------------------------------------------------------------------------

CREATE FUNCTION duban.effect_apply(e duban.effect, p_at timestamptz, p_entry bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE duban.effect x SET applied = p_entry WHERE x.entry = e.entry AND x.ord = e.ord;
    CASE e.kind
        WHEN 'succession' THEN PERFORM duban.succession(e.subject, p_at, p_entry, e.entry, e.ord);
        WHEN 'amendment' THEN PERFORM duban.amendment_apply(e, p_at, p_entry);
    END CASE;
END
$$;
COMMENT ON FUNCTION duban.effect_apply(duban.effect, timestamptz, bigint) IS 'makes one effect at an instant; p_entry: the statement itself when its day has come, else the entry of kind effect';

CREATE FUNCTION duban.effects_now(p_entry bigint, p_received timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    e duban.effect;
BEGIN
    FOR e IN SELECT x.* FROM duban.effect x
              WHERE x.entry = p_entry AND x.applied IS NULL AND x.kind <> 'warning' AND x.at <= p_received ORDER BY x.ord LOOP
        PERFORM duban.effect_apply(e, p_received, p_entry);
    END LOOP;
    NOTIFY duban_agenda;
END
$$;
COMMENT ON FUNCTION duban.effects_now(bigint, timestamptz) IS 'effects of a statement whose day has come when it is recorded; the others wait for raise';

CREATE FUNCTION duban.effect_one(e duban.effect, p_received timestamptz, p_index bigint, p_registry bigint) RETURNS bytea
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    warning bytea;
BEGIN
    PERFORM duban.entry_begin(p_index, p_received);
    IF e.kind = 'warning' THEN
        warning := duban.warning_raise(e, p_received, p_index, p_registry);
        PERFORM duban.entry_end();
        RETURN warning;
    END IF;
    PERFORM duban.effect_apply(e, e.at, p_index);
    PERFORM duban.entry_end();
    RETURN convert_to(format(E'duban-entry/v1\nkind effect\nreceived %s\nat %s\nof %s.%s\nwhat %s\nsubject %s\nregistry %s\n',
        duban.utc_micro(p_received), duban.utc_micro(e.at), e.entry, e.ord, e.kind, e.subject, p_registry), 'UTF8');
END
$$;
COMMENT ON FUNCTION duban.effect_one(duban.effect, timestamptz, bigint, bigint) IS 'makes one effect at its instant; returns its entry: of kind effect, or the alert of an early warning';

-- Called by raise under the log lock before anything else falls: what an instant changes, changes first.
CREATE FUNCTION duban.effects_raise(p_received timestamptz, p_wall timestamptz, p_registry bigint, p_old_size bigint,
                                    p_old_frontier bytea[]) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    e duban.effect;
    entries bytea[] := '{}';
BEGIN
    FOR e IN SELECT x.* FROM duban.effect x WHERE x.applied IS NULL AND x.at <= p_received ORDER BY x.at, x.entry, x.ord LIMIT 64 LOOP
        entries := entries || duban.effect_one(e, p_received, p_old_size + cardinality(entries), p_registry);
    END LOOP;
    PERFORM duban.log_extend(entries, p_received, p_wall, p_old_size, p_old_frontier);
    NOTIFY duban_entry;
    NOTIFY duban_alert;
    RETURN cardinality(entries);
END
$$;
COMMENT ON FUNCTION duban.effects_raise(timestamptz, timestamptz, bigint, bigint, bytea[]) IS 'makes the effects that have fallen, at most 64; returns how many';

CREATE FUNCTION duban.replay_effect(p_entry bigint, p_ord int, p_received timestamptz, p_registry bigint) RETURNS bytea
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    h duban.head;
    e duban.effect;
    made bytea;
BEGIN
    SELECT x.* INTO STRICT h FROM duban.head x ORDER BY x.size DESC LIMIT 1;
    SELECT x.* INTO e FROM duban.effect x WHERE x.entry = p_entry AND x.ord = p_ord AND x.applied IS NULL AND x.at <= p_received;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    made := duban.effect_one(e, p_received, h.size, p_registry);
    PERFORM duban.log_extend(ARRAY[made], p_received, h.wall, h.size, h.frontier);
    RETURN made;
END
$$;
COMMENT ON FUNCTION duban.replay_effect(bigint, int, timestamptz, bigint) IS 'makes again what took effect at an instant; the caller compares the bytes';

-- ---- views -----------------------------------------------------------------------------------------------

CREATE VIEW duban.v_tenure WITH (security_invoker = true) AS
SELECT t.plan, x.task, x.unit, u.name AS unit_name,
       -- not lag(): a window would be made over every task before one unit is looked for
       coalesce((SELECT max(y.until) FROM duban.tenure y WHERE y.task = x.task AND (x.entry IS NULL OR (y.until, y.entry) < (x.until, x.entry))), p.received) AS from_at,
       x.until, x.entry
  FROM (SELECT y.task, y.unit, y.until, y.entry FROM duban.tenure y
        UNION ALL SELECT y.name, y.accountable, NULL, NULL FROM duban.task y WHERE y.accountable IS NOT NULL) x
  JOIN duban.task t ON t.name = x.task
  JOIN duban.plan p ON p.handle = t.plan
  JOIN duban.unit u ON u.code = x.unit;
COMMENT ON VIEW duban.v_tenure IS 'who was accountable for a task, from when until when (NULL: now), with the entry that ended it';

CREATE VIEW duban.v_task_amendment WITH (security_invoker = true) AS
SELECT t.plan, a.task, k.member, a.old -> k.member AS old, a.new -> k.member AS new, a.change, a.basis, a.at, a.entry, a.source, a.ord
  FROM duban.task_amendment a
  JOIN duban.task t ON t.name = a.task
  LEFT JOIN LATERAL (SELECT jsonb_object_keys(coalesce(a.old, '{}') || coalesce(a.new, '{}')) AS member) k ON true;
COMMENT ON VIEW duban.v_task_amendment IS 'each member of a task that an amendment or a merger changed, before and after';

GRANT INSERT, UPDATE, DELETE ON duban.effect, duban.unit_successor TO duban_append;
GRANT INSERT ON duban.tenure, duban.task_amendment TO duban_append;
GRANT UPDATE ON duban.task, duban.assignment, duban.roster_member TO duban_append;
GRANT DELETE ON duban.assignment, duban.task_leader, duban.target, duban.target_point TO duban_append;
GRANT INSERT ON duban.target_point TO duban_append;
GRANT SELECT ON duban.target_point, duban.effect, duban.unit_successor, duban.tenure, duban.task_amendment TO duban_append, duban_auditor;
GRANT SELECT ON duban.target_point, duban.unit_successor, duban.tenure, duban.task_amendment, duban.v_tenure, duban.v_task_amendment
    TO duban_receiver, duban_alerter, duban_reader;
GRANT SELECT ON duban.v_tenure, duban.v_task_amendment TO duban_auditor;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA duban FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA duban TO duban_append;
GRANT EXECUTE ON FUNCTION duban.task_body TO duban_receiver;

ALTER TABLE duban.target_point ENABLE ROW LEVEL SECURITY;
ALTER TABLE duban.tenure ENABLE ROW LEVEL SECURITY;
ALTER TABLE duban.task_amendment ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON duban.target_point FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.target_point FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.target_point TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
CREATE POLICY reader ON duban.tenure FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.tenure FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.tenure TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
CREATE POLICY reader ON duban.task_amendment FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.task_amendment FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.task_amendment TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
