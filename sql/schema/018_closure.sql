-- SPDX-License-Identifier: BSD-2-Clause
-- Closing a task (销号): asked by the accountable unit with evidence, decided by another, reopened when it must be.

CREATE FUNCTION duban.closure_ask_fault(p_key duban.signing_key, t duban.task) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF t.name IS NULL THEN
        RETURN duban.fault('task', 'unknown', 'no task of this name is registered; see duban due');
    ELSIF t.accountable IS DISTINCT FROM duban.key_unit(p_key.code) OR t.accountable IS NULL THEN
        RETURN duban.fault('task', 'not-accountable', 'closing is asked for by the unit that is accountable for the task');
    ELSIF t.closed IS NOT NULL THEN
        RETURN duban.fault('task', 'closed', format('the task was closed by entry %s', t.closed));
    ELSIF t.withdrawn IS NOT NULL THEN
        RETURN duban.fault('task', 'withdrawn', format('the task was withdrawn by entry %s', t.withdrawn));
    ELSIF EXISTS (SELECT FROM duban.closure x WHERE x.task = t.name
                   AND NOT EXISTS (SELECT FROM duban.closure_decision d WHERE d.request_entry = x.entry AND d.request_ord = x.ord)) THEN
        RETURN duban.fault('task', 'pending', 'closing is asked for already and not decided yet');
    ELSIF NOT EXISTS (SELECT FROM duban.task_state s WHERE s.task = t.name AND s.status = 4
                       AND s.received > coalesce((SELECT max(duban.entry_received(d.entry)) FROM duban.closure_decision d WHERE d.task = t.name), '-infinity')) THEN
        RETURN duban.fault('task', 'not-done', 'first report it done, again after a refusal: duban report TASK --status done');
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION duban.closure_ask_fault(duban.signing_key, duban.task) IS 'why closing cannot be asked for; NULL when it can';

CREATE FUNCTION duban.closure_ask(p_entry bigint, p_ord int, p_key duban.signing_key, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t duban.task;
    fault text;
BEGIN
    SELECT x.* INTO t FROM duban.task x WHERE x.name = p ->> 'task';
    fault := duban.closure_ask_fault(p_key, t);
    IF fault IS NULL THEN
        INSERT INTO duban.closure (entry, ord, task, unit, text, evidence, key)
        VALUES (p_entry, p_ord, t.name, t.accountable, p ->> 'text', p -> 'evidence', p_key.key);
    END IF;
    PERFORM duban.request_act(p_entry, p_ord, p_entry || '.' || p_ord, CASE WHEN fault IS NULL THEN 'asked' ELSE 'refused' END,
                              t.name, NULL, NULL, fault);
END
$$;
COMMENT ON FUNCTION duban.closure_ask(bigint, int, duban.signing_key, jsonb) IS 'one closing asked for';

-- From this instant the task owes nothing: what is open or overdue is released, cases end.
CREATE FUNCTION duban.task_close(p_task text, p_entry bigint, p_received timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM duban.task_pin(p_task, p_received);
    UPDATE duban.task t SET closed = p_entry, released = 'infinity' WHERE t.name = p_task;
    PERFORM duban.cases_close(array_agg(c.task), array_agg(c.period), array_agg(c.unit), array_agg(p_entry), 'closed')
       FROM duban."case" c WHERE c.task = p_task AND c.closed IS NULL;
    DELETE FROM duban.agenda a WHERE a.task = p_task;
END
$$;
COMMENT ON FUNCTION duban.task_close(text, bigint, timestamptz) IS 'strikes a task off: it owes nothing any more';

-- What falls due after this instant is owed again.
CREATE FUNCTION duban.task_reopen(p_task text, p_received timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM duban.task_pin(p_task, p_received);
    UPDATE duban.task t SET closed = NULL, released = p_received WHERE t.name = p_task;
    DELETE FROM duban.agenda a WHERE a.task = p_task;
    INSERT INTO duban.agenda (task, period, unit, at)
    SELECT o.task, o.period, o.unit, duban.agenda_first(p.ladder, o.due, o.cutoff, p.zone, greatest(o.opens, p_received))
      FROM duban.obligation o JOIN duban.task t ON t.name = o.task JOIN duban.plan p ON p.handle = t.plan
     WHERE o.task = p_task AND o.cutoff > p_received
       AND NOT EXISTS (SELECT FROM duban.verdict v WHERE v.task = o.task AND v.period = o.period AND v.unit = o.unit AND NOT v.silence);
END
$$;
COMMENT ON FUNCTION duban.task_reopen(text, timestamptz) IS 'a closed task owes again what falls due from now on';

-- The completion clock starts again: at the task's deadline when that lies ahead, else so many working days from now.
CREATE FUNCTION duban.completion_again(p_task text, p_day date, p_entry bigint, p_received timestamptz) RETURNS duban.obligation
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t duban.task := duban.task_pin(p_task, p_received);
    o duban.obligation;
    d record;
BEGIN
    IF t.accountable IS NULL OR p_day IS NULL AND coalesce(t.approved, t.printed, t.inherited) IS NULL THEN
        RETURN NULL;
    END IF;
    d := duban.again_due(p_task, coalesce(p_day, t.approved, t.printed, t.inherited), p_received);
    IF d.cutoff <= p_received THEN
        d := duban.again_due(p_task, NULL, p_received);
    END IF;
    o := ROW(p_task, duban.slot_next(p_task, '-'), t.accountable, p_received, d.due, d.cutoff, NULL, NULL, 'completion', NULL);
    PERFORM duban.slot_add(o, p_entry, p_received);
    PERFORM duban.task_until(p_task, duban.day(o.due), p_received);
    RETURN o;
END
$$;
COMMENT ON FUNCTION duban.completion_again(text, date, bigint, timestamptz) IS 'makes the completion owed again; NULL for a task without a deadline';

CREATE FUNCTION duban.closure_decide_fault(p_key duban.signing_key, p jsonb, x duban.closure, t duban.task, p_received timestamptz) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    reopens boolean := p ->> 'decision' = 'reopen';
    fault text;
    decided bigint;
BEGIN
    IF NOT reopens AND x.entry IS NULL THEN
        RETURN duban.fault('request', 'unknown', 'no closing of this number was asked for; see duban close');
    ELSIF reopens AND t.name IS NULL THEN
        RETURN duban.fault('task', 'unknown', 'no task of this name is registered');
    END IF;
    fault := duban.decide_fault(p_key, t.name, coalesce(x.unit, t.accountable), x.key,
                                x.entry, duban.day(p_received));
    IF fault IS NOT NULL THEN
        RETURN fault;
    END IF;
    SELECT d.entry INTO decided FROM duban.closure_decision d WHERE d.request_entry = x.entry AND d.request_ord = x.ord;
    IF FOUND THEN
        RETURN duban.fault('request', 'decided', format('entry %s decided about it already', decided));
    ELSIF reopens AND t.closed IS NULL THEN
        RETURN duban.fault('task', 'open', 'the task is not closed');
    ELSIF NOT reopens AND t.withdrawn IS NOT NULL THEN
        RETURN duban.fault('task', 'withdrawn', format('the task was withdrawn by entry %s', t.withdrawn));
    ELSIF p ? 'due' AND (SELECT d.cutoff <= p_received FROM duban.again_due(t.name, (p ->> 'due')::date, p_received) d) THEN
        RETURN duban.fault('due', 'range', 'the new date is past');
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION duban.closure_decide_fault(duban.signing_key, jsonb, duban.closure, duban.task, timestamptz) IS 'why a key cannot decide so about closing a task; NULL when it can';

CREATE FUNCTION duban.closure_decide(p_entry bigint, p_ord int, p_received timestamptz, p_key duban.signing_key, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    place record := duban.item_place(p ->> 'request');
    x duban.closure;
    t duban.task;
    o duban.obligation;
    fault text;
    decision text := p ->> 'decision';
BEGIN
    SELECT y.* INTO x FROM duban.closure y WHERE y.entry = place.entry AND y.ord = place.ord;
    SELECT y.* INTO t FROM duban.task y WHERE y.name = coalesce(x.task, p ->> 'task');
    fault := duban.closure_decide_fault(p_key, p, x, t, p_received);
    IF fault IS NULL THEN
        IF decision = 'grant' THEN
            PERFORM duban.task_close(t.name, p_entry, p_received);
        ELSE
            IF decision = 'reopen' THEN
                PERFORM duban.task_reopen(t.name, p_received);
            END IF;
            o := duban.completion_again(t.name, (p ->> 'due')::date, p_entry, p_received);
        END IF;
        INSERT INTO duban.closure_decision (entry, ord, task, request_entry, request_ord, decision, reason, slot, due, post, key)
        VALUES (p_entry, p_ord, t.name, x.entry, x.ord, CASE decision WHEN 'grant' THEN 'granted' WHEN 'refuse' THEN 'refused' ELSE 'reopened' END,
                p ->> 'reason', o.period, o.due, p_key.code, p_key.key);
    END IF;
    PERFORM duban.request_act(p_entry, p_ord, CASE WHEN p ? 'request' THEN p ->> 'request' WHEN t.name IS NOT NULL THEN t.name ELSE '-' END,
                              CASE WHEN fault IS NOT NULL THEN 'refused' WHEN decision = 'grant' THEN 'granted' WHEN decision = 'refuse' THEN 'declined'
                                   ELSE 'reopened' END, t.name, o.period, o.due, fault);
END
$$;
COMMENT ON FUNCTION duban.closure_decide(bigint, int, timestamptz, duban.signing_key, jsonb) IS 'one decision about closing a task: granted, declined, reopened, refused (the decision itself cannot stand)';

CREATE FUNCTION duban.closure_apply(p_entry bigint, p_received timestamptz, p_key duban.signing_key, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    e record;
BEGIN
    FOR e IN SELECT x.body, (x.o - 1)::int AS ord, p ? 'requests' AS asks
               FROM jsonb_array_elements(coalesce(p -> 'requests', p -> 'decisions')) WITH ORDINALITY x (body, o) ORDER BY x.o LOOP
        IF e.asks THEN
            PERFORM duban.closure_ask(p_entry, e.ord, p_key, e.body);
        ELSE
            PERFORM duban.closure_decide(p_entry, e.ord, p_received, p_key, e.body);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.closure_apply(bigint, timestamptz, duban.signing_key, jsonb) IS 'closings asked for or decided about, tasks reopened; one outcome each';
