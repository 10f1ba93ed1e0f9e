-- SPDX-License-Identifier: BSD-2-Clause
-- Extensions: asked by the unit before expiry, decided by another. The old date stays in the request.

CREATE FUNCTION duban.extension_ask_fault(p_key duban.signing_key, p jsonb, t duban.task, o duban.obligation, p_received timestamptz)
RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    zone text := (SELECT x.zone FROM duban.plan x WHERE x.handle = t.plan);
BEGIN
    IF t.name IS NULL THEN
        RETURN duban.fault('task', 'unknown', 'no task of this name is registered; see duban due');
    ELSIF t.closed IS NOT NULL THEN
        RETURN duban.fault('task', 'closed', format('the task was closed by entry %s', t.closed));
    ELSIF o.task IS NULL THEN
        RETURN duban.fault('period', 'not-owed', 'the unit owes nothing here: not its task, never owed, not open yet, or settled');
    ELSIF o.cutoff <= p_received THEN
        RETURN duban.fault('period', 'expired', format('it was due %s: an extension is asked for before that', to_char(o.due AT TIME ZONE zone, 'YYYY-MM-DD HH24:MI')));
    ELSIF (p ->> 'until')::date <= (o.due AT TIME ZONE zone)::date THEN
        RETURN duban.fault('until', 'range', format('the new date must lie after %s', (o.due AT TIME ZONE zone)::date));
    ELSIF EXISTS (SELECT FROM duban.extension x WHERE x.task = t.name AND x.period = o.period AND x.unit = o.unit
                   AND NOT EXISTS (SELECT FROM duban.extension_decision d WHERE d.request_entry = x.entry AND d.request_ord = x.ord)) THEN
        RETURN duban.fault('task', 'pending', 'an extension is asked for already and not decided yet');
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION duban.extension_ask_fault(duban.signing_key, jsonb, duban.task, duban.obligation, timestamptz) IS 'why an extension cannot be asked for; NULL when it can';

CREATE FUNCTION duban.extension_ask(p_entry bigint, p_ord int, p_received timestamptz, p_key duban.signing_key, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t duban.task;
    o duban.obligation;
    unit text := duban.key_unit(p_key.code);
    fault text;
BEGIN
    SELECT x.* INTO t FROM duban.task x WHERE x.name = p ->> 'task';
    IF FOUND AND unit IS NOT NULL THEN
        IF t.withdrawn IS NULL AND (t.accountable = unit OR EXISTS (SELECT FROM duban.assignment a WHERE a.task = t.name AND a.code = unit)) THEN
            t := duban.task_pin(t.name, p_received);
        END IF;
        o := duban.obligation_open(t.name, coalesce(p ->> 'period', '-'), unit);
        IF o.opens > p_received THEN
            o := NULL;
        END IF;
    END IF;
    fault := duban.extension_ask_fault(p_key, p, t, o, p_received);
    IF fault IS NULL THEN
        INSERT INTO duban.extension (entry, ord, task, period, unit, due, until, reason, progress, key)
        VALUES (p_entry, p_ord, t.name, o.period, o.unit, o.due, (p ->> 'until')::date, p ->> 'reason', (p ->> 'progress')::int, p_key.key);
    END IF;
    PERFORM duban.request_act(p_entry, p_ord, p_entry || '.' || p_ord, CASE WHEN fault IS NULL THEN 'asked' ELSE 'refused' END,
                              t.name, o.period, o.due, fault);
END
$$;
COMMENT ON FUNCTION duban.extension_ask(bigint, int, timestamptz, duban.signing_key, jsonb) IS 'one extension asked for';

CREATE FUNCTION duban.request_act(p_entry bigint, p_ord int, p_object text, p_outcome text, p_task text, p_period text,
                                  p_due timestamptz, p_fault text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO duban.act (entry, ord, object, outcome, errors, line, members)
    SELECT p_entry, p_ord, p_object, p_outcome, p_fault,
           CASE WHEN p_fault IS NULL THEN format(E'%s %s %s %s - -\n', p_object, coalesce(p_period, '-'), p_outcome, coalesce(duban.utc_second(p_due), '-')) END,
           CASE WHEN p_fault IS NULL THEN
               coalesce(',"task":' || to_json(p_task), '') || coalesce(',"period":' || to_json(nullif(p_period, '-')), '')
               || coalesce(',"due":"' || duban.utc_second(p_due) || '"', '') END
$$;
COMMENT ON FUNCTION duban.request_act(bigint, int, text, text, text, text, timestamptz, text) IS 'outcome of a request or of a decision about one';

CREATE FUNCTION duban.extension_decide_fault(p_key duban.signing_key, p jsonb, x duban.extension, o duban.obligation, p_received timestamptz)
RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    fault text;
    zone text;
    decided bigint;
BEGIN
    IF x.entry IS NULL THEN
        RETURN duban.fault('request', 'unknown', 'no extension of this number was asked for; see duban extend');
    END IF;
    fault := duban.decide_fault(p_key, x.task, x.unit, x.key, x.entry, duban.day(p_received));
    IF fault IS NOT NULL THEN
        RETURN fault;
    END IF;
    SELECT d.entry INTO decided FROM duban.extension_decision d WHERE d.request_entry = x.entry AND d.request_ord = x.ord;
    IF FOUND THEN
        RETURN duban.fault('request', 'decided', format('entry %s decided about it already', decided));
    ELSIF p ->> 'decision' = 'grant' AND (o.task IS NULL OR (SELECT t.closed IS NOT NULL FROM duban.task t WHERE t.name = x.task)) THEN
        RETURN duban.fault('request', 'settled', 'it was reported or closed since: there is nothing left to extend');
    END IF;
    zone := duban.task_zone(x.task);
    IF p ->> 'decision' = 'grant' AND (coalesce((p ->> 'until')::date, x.until) <= (o.due AT TIME ZONE zone)::date
                                       OR coalesce((p ->> 'until')::date, x.until) < (p_received AT TIME ZONE zone)::date) THEN
        RETURN duban.fault('until', 'range', format('the new date must lie after %s and not in the past', (o.due AT TIME ZONE zone)::date));
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION duban.extension_decide_fault(duban.signing_key, jsonb, duban.extension, duban.obligation, timestamptz) IS 'why a key cannot decide so about an extension; NULL when it can';

-- The obligation with its new date takes the old one's place; the case that chased the old one ends.
CREATE FUNCTION duban.extension_grant(p_entry bigint, p_received timestamptz, x duban.extension, INOUT o duban.obligation, p_until date)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    zone text := duban.task_zone(x.task);
BEGIN
    -- the new day at the same time of day
    o.cutoff := o.cutoff - o.due + ((p_until + (o.due AT TIME ZONE zone)::time) AT TIME ZONE zone);
    o.due := (p_until + (o.due AT TIME ZONE zone)::time) AT TIME ZONE zone;
    PERFORM duban.task_pin(o.task, p_received);
    PERFORM duban.cases_close(ARRAY[o.task], ARRAY[o.period], ARRAY[o.unit], ARRAY[p_entry], 'extended');
    PERFORM duban.obligation_put(o, p_received);
    IF o.kind = 'completion' THEN
        UPDATE duban.task t SET approved = p_until WHERE t.name = o.task;
        PERFORM duban.task_until(o.task, p_until, p_received);
    END IF;
END
$$;
COMMENT ON FUNCTION duban.extension_grant(bigint, timestamptz, duban.extension, duban.obligation, date) IS 'moves an obligation to its granted date';

CREATE FUNCTION duban.extension_decide(p_entry bigint, p_ord int, p_received timestamptz, p_key duban.signing_key, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    place record := duban.item_place(p ->> 'request');
    x duban.extension;
    o duban.obligation;
    fault text;
    granted boolean := p ->> 'decision' = 'grant';
    until date;
BEGIN
    SELECT y.* INTO x FROM duban.extension y WHERE y.entry = place.entry AND y.ord = place.ord;
    SELECT y.* INTO o FROM duban.obligation y
     WHERE y.task = x.task AND y.period = x.period AND y.unit = x.unit
       AND NOT EXISTS (SELECT FROM duban.verdict v WHERE v.task = y.task AND v.period = y.period AND v.unit = y.unit AND NOT v.silence);
    fault := duban.extension_decide_fault(p_key, p, x, o, p_received);
    IF fault IS NULL THEN
        IF granted THEN
            until := coalesce((p ->> 'until')::date, x.until);
            o := duban.extension_grant(p_entry, p_received, x, o, until);
        END IF;
        INSERT INTO duban.extension_decision (entry, ord, request_entry, request_ord, task, decision, until, due, cutoff, reason, post, key)
        VALUES (p_entry, p_ord, x.entry, x.ord, x.task, CASE WHEN granted THEN 'granted' ELSE 'refused' END, until,
                CASE WHEN granted THEN o.due END, CASE WHEN granted THEN o.cutoff END, p ->> 'reason', p_key.code, p_key.key);
    END IF;
    PERFORM duban.request_act(p_entry, p_ord, p ->> 'request', CASE WHEN fault IS NOT NULL THEN 'refused' WHEN granted THEN 'granted' ELSE 'declined' END,
                              x.task, x.period, CASE WHEN granted THEN o.due ELSE x.due END, fault);
END
$$;
COMMENT ON FUNCTION duban.extension_decide(bigint, int, timestamptz, duban.signing_key, jsonb) IS 'one decision about an extension: granted, declined, refused (the decision itself cannot stand)';

CREATE FUNCTION duban.extension_apply(p_entry bigint, p_received timestamptz, p_key duban.signing_key, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    e record;
BEGIN
    FOR e IN SELECT x.body, (x.o - 1)::int AS ord, p ? 'requests' AS asks
               FROM jsonb_array_elements(coalesce(p -> 'requests', p -> 'decisions')) WITH ORDINALITY x (body, o) ORDER BY x.o LOOP
        IF e.asks THEN
            PERFORM duban.extension_ask(p_entry, e.ord, p_received, p_key, e.body);
        ELSE
            PERFORM duban.extension_decide(p_entry, e.ord, p_received, p_key, e.body);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.extension_apply(bigint, timestamptz, duban.signing_key, jsonb) IS 'extensions asked for or decided about, one outcome each';
