-- SPDX-License-Identifier: BSD-2-Clause
-- A lead asks chosen participants; their answers reach the lead, whose report may cite them.

CREATE TABLE duban.ask (
    entry bigint NOT NULL,
    ord int NOT NULL,
    task text COLLATE "C" NOT NULL,
    period text COLLATE "C",
    unit text COLLATE "C" NOT NULL,
    asked text COLLATE "C" NOT NULL,
    text text NOT NULL,
    due timestamptz NOT NULL,
    cutoff timestamptz NOT NULL,
    key bytea NOT NULL,
    PRIMARY KEY (entry, ord)
);
CREATE INDEX ask_task ON duban.ask (task);
COMMENT ON TABLE duban.ask IS 'what a lead (unit) asked of another unit (asked) for a task; owed as obligation ask!<entry>.<ord> of kind answer';

CREATE TABLE duban.answer (
    entry bigint NOT NULL,
    ord int NOT NULL,
    ask_entry bigint NOT NULL,
    ask_ord int NOT NULL,
    task text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    outcome smallint NOT NULL,
    text text,
    "values" jsonb,
    received timestamptz NOT NULL,
    PRIMARY KEY (entry, ord)
);
CREATE INDEX answer_task ON duban.answer (task);
CREATE INDEX answer_ask ON duban.answer (ask_entry, ask_ord);
COMMENT ON TABLE duban.answer IS 'answers with their outcome: 1 on-time, 2 late, 3 not-owed, 4 correction';

CREATE FUNCTION duban.ask_due(p_due text, p_zone text, OUT due timestamptz, OUT cutoff timestamptz)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_due ~ '^\d{4}-\d\d-\d\d$' THEN
        SELECT x.due, x.cutoff INTO due, cutoff FROM duban.completion_due(p_due::date, p_zone) x;
    ELSE
        due := date_trunc('minute', p_due::timestamptz);
        cutoff := due + interval '60000000 microseconds';
    END IF;
END
$$;
COMMENT ON FUNCTION duban.ask_due(text, text) IS 'a date means 23:59 of that day, an instant its whole minute';

-- Why a unit cannot be asked; NULL when it can.
CREATE FUNCTION duban.ask_fault(t duban.task, p_period text, p_unit text, p_asked text, p_name text, p_cutoff timestamptz,
                                p_received timestamptz) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF t.name IS NULL THEN
        RETURN duban.fault('task', 'unknown', 'no task of this name is registered; see duban due');
    ELSIF t.withdrawn IS NOT NULL OR t.closed IS NOT NULL THEN
        RETURN duban.fault('task', 'ended', format('%s was withdrawn or struck off: nothing is asked about it any more', t.name));
    ELSIF p_unit IS NULL OR NOT EXISTS (SELECT FROM duban.assignment a WHERE a.task = t.name AND a.code = p_unit AND a.role <> 'participant') THEN
        RETURN duban.fault('task', 'right', format('only a lead of %s asks about it', t.name));
    ELSIF p_asked IS NULL THEN
        RETURN duban.fault('units', 'unknown', format('no unit is called "%s" today', p_name));
    ELSIF p_asked = p_unit THEN
        RETURN duban.fault('units', 'own', 'a unit does not ask itself');
    ELSIF NOT EXISTS (SELECT FROM duban.assignment a WHERE a.task = t.name AND (a.code = p_asked OR a.roster AND EXISTS (
                          SELECT FROM duban.members(a.code, duban.day(p_received)) m WHERE m = p_asked))) THEN
        RETURN duban.fault('units', 'not-assigned', format('%s names no part for %s', t.name, p_asked));
    ELSIF p_period IS NOT NULL AND NOT EXISTS (SELECT FROM duban.plan_period q WHERE q.plan = t.plan AND q.period = p_period) THEN
        RETURN duban.fault('period', 'unknown', 'the task has no such period; see duban show');
    ELSIF p_cutoff <= p_received THEN
        RETURN duban.fault('due', 'past', 'it would be due before it is asked');
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION duban.ask_fault(duban.task, text, text, text, text, timestamptz, timestamptz) IS 'why a unit cannot be asked; NULL when it can';

CREATE FUNCTION duban.ask_one(p_entry bigint, p_ord int, p_received timestamptz, p_key duban.signing_key, p jsonb, p_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t duban.task;
    d record;
    unit text := duban.key_unit(p_key.code);
    asked text := duban.unit_code(p_name, duban.day(p_received));
    slot text := format('ask!%s.%s', p_entry, p_ord);
    fault text;
BEGIN
    SELECT x.* INTO t FROM duban.task x WHERE x.name = p ->> 'task';
    d := duban.ask_due(p ->> 'due', coalesce((SELECT x.zone FROM duban.plan x WHERE x.handle = t.plan), 'Asia/Shanghai'));
    fault := duban.ask_fault(t, p ->> 'period', unit, asked, p_name, d.cutoff, p_received);
    IF fault IS NOT NULL THEN
        INSERT INTO duban.act (entry, ord, object, outcome, errors)
        VALUES (p_entry, p_ord, CASE WHEN p ->> 'task' ~ '^[!-~]+$' THEN p ->> 'task' ELSE '-' END, 'refused', fault);
        RETURN;
    END IF;
    INSERT INTO duban.ask (entry, ord, task, period, unit, asked, text, due, cutoff, key)
    VALUES (p_entry, p_ord, t.name, p ->> 'period', unit, asked, p ->> 'text', d.due, d.cutoff, p_key.key);
    PERFORM duban.obligation_put(ROW(t.name, slot, asked, p_received, d.due, d.cutoff, NULL, NULL, 'answer', p_entry)::duban.obligation, p_received);
    INSERT INTO duban.act (entry, ord, object, outcome, line, members)
    VALUES (p_entry, p_ord, t.name, 'asked', format(E'%s %s asked %s - -\n', t.name, slot, duban.utc_second(d.due)),
            format(',"period":"%s","ask":"%s.%s","asked":"%s","due":"%s"', slot, p_entry, p_ord, asked, duban.utc_second(d.due)));
END
$$;
COMMENT ON FUNCTION duban.ask_one(bigint, int, timestamptz, duban.signing_key, jsonb, text) IS 'asks one unit';

CREATE FUNCTION duban.ask_apply(p_entry bigint, p_received timestamptz, p_key duban.signing_key, p jsonb) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    SELECT duban.ask_one(p_entry, x.n::int, p_received, p_key, x.ask, x.unit)
      FROM (SELECT a.ask, u.unit, row_number() OVER (ORDER BY a.o, u.o) AS n
              FROM jsonb_array_elements(p -> 'asks') WITH ORDINALITY a (ask, o)
             CROSS JOIN LATERAL jsonb_array_elements_text(a.ask -> 'units') WITH ORDINALITY u (unit, o)) x
     ORDER BY x.n
$$;
COMMENT ON FUNCTION duban.ask_apply(bigint, timestamptz, duban.signing_key, jsonb) IS 'a statement of kind ask: one outcome per unit asked';

CREATE FUNCTION duban.answer_one(p_entry bigint, p_ord int, p_received timestamptz, p_key duban.signing_key, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    place record := duban.item_place(p ->> 'ask');
    k duban.ask;
    o duban.obligation;
    by_unit text := duban.key_unit(p_key.code);
    outcome smallint;
    slot text := 'ask!' || (p ->> 'ask');
BEGIN
    SELECT x.* INTO k FROM duban.ask x WHERE x.entry = place.entry AND x.ord = place.ord;
    SELECT x.* INTO o FROM duban.obligation x WHERE x.task = k.task AND x.period = slot AND x.unit = by_unit;
    IF k.entry IS NULL OR o.task IS NULL AND k.asked IS DISTINCT FROM by_unit THEN
        INSERT INTO duban.act (entry, ord, object, outcome, errors)
        VALUES (p_entry, p_ord, '-', 'refused', duban.fault('ask', 'unknown', format('nobody asked %s under the number %s; see duban due', coalesce(by_unit, p_key.code), p ->> 'ask')));
        RETURN;
    END IF;
    outcome := CASE WHEN o.task IS NULL THEN 3
                    WHEN EXISTS (SELECT FROM duban.verdict v WHERE v.task = k.task AND v.period = slot AND v.unit = by_unit AND NOT v.silence) THEN 4
                    WHEN p_received < o.cutoff THEN 1 ELSE 2 END;
    INSERT INTO duban.answer (entry, ord, ask_entry, ask_ord, task, unit, outcome, text, "values", received)
    VALUES (p_entry, p_ord, k.entry, k.ord, k.task, by_unit, outcome, p ->> 'text', p -> 'values', p_received);
    IF outcome <= 2 THEN
        INSERT INTO duban.verdict (task, period, unit, silence, verdict, entry, received)
        VALUES (k.task, slot, by_unit, false, outcome, p_entry, p_received);
        PERFORM duban.cases_close(ARRAY[k.task], ARRAY[slot], ARRAY[by_unit], ARRAY[p_entry], 'reported');
    END IF;
    INSERT INTO duban.act (entry, ord, object, outcome, line, members)
    VALUES (p_entry, p_ord, k.task, duban.outcome_name(outcome),
            format(E'%s %s %s %s - -\n', k.task, slot, duban.outcome_name(outcome), duban.utc_second(k.due)),
            format(',"period":"%s","ask":"%s.%s","answer":"%s.%s","due":"%s"', slot, k.entry, k.ord, p_entry, p_ord, duban.utc_second(k.due)));
END
$$;
COMMENT ON FUNCTION duban.answer_one(bigint, int, timestamptz, duban.signing_key, jsonb) IS 'one answer: its verdict, its case closed';

CREATE FUNCTION duban.answer_apply(p_entry bigint, p_received timestamptz, p_key duban.signing_key, p jsonb) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    SELECT duban.answer_one(p_entry, x.o::int, p_received, p_key, x.answer)
      FROM jsonb_array_elements(p -> 'answers') WITH ORDINALITY x (answer, o) ORDER BY x.o
$$;
COMMENT ON FUNCTION duban.answer_apply(bigint, timestamptz, duban.signing_key, jsonb) IS 'a statement of kind answer: one outcome per answer';

CREATE VIEW duban.v_ask WITH (security_invoker = true) AS
SELECT t.plan, k.task, k.entry || '.' || k.ord AS ask, k.period, k.unit, coalesce(o.unit, k.asked) AS asked, u.name AS asked_name, k.text,
       k.due, k.cutoff,
       CASE WHEN v.task IS NOT NULL THEN duban.verdict_name(v.verdict) WHEN o.task IS NULL THEN 'dropped'
            WHEN k.cutoff <= (SELECT duban.now()) THEN 'missing' ELSE 'open' END AS state,
       a.entry || '.' || a.ord AS answer, a.text AS answer_text, a."values" AS answer_values, a.received AS answered, k.entry, k.ord
  FROM duban.ask k
  JOIN duban.task t ON t.name = k.task
  LEFT JOIN duban.obligation o ON o.task = k.task AND o.period = 'ask!' || k.entry || '.' || k.ord
  LEFT JOIN duban.unit u ON u.code = coalesce(o.unit, k.asked)
  LEFT JOIN duban.verdict v ON v.task = k.task AND v.period = o.period AND v.unit = o.unit AND NOT v.silence
  LEFT JOIN LATERAL (SELECT x.* FROM duban.answer x WHERE x.ask_entry = k.entry AND x.ask_ord = k.ord
                      ORDER BY x.entry DESC, x.ord DESC LIMIT 1) a ON true;
COMMENT ON VIEW duban.v_ask IS 'what leads asked of other units, with state (open, on-time, late, missing, dropped) and the newest answer';

GRANT INSERT ON duban.ask, duban.answer TO duban_append;
GRANT SELECT ON duban.ask, duban.answer TO duban_append, duban_receiver, duban_alerter, duban_reader, duban_auditor;
GRANT SELECT ON duban.v_ask TO duban_receiver, duban_alerter, duban_reader, duban_auditor;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA duban FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA duban TO duban_append;
ALTER TABLE duban.ask ENABLE ROW LEVEL SECURITY;
ALTER TABLE duban.answer ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON duban.ask FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.ask FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.ask TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
CREATE POLICY reader ON duban.answer FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.answer FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.answer TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
