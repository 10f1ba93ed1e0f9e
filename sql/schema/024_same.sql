-- SPDX-License-Identifier: BSD-2-Clause
-- Filed once: tasks of several plans that an operator declared the same. One report settles all of them, each with
-- its own verdict and its own line in the outcomes.

CREATE TABLE duban.same (
    code text COLLATE "C" PRIMARY KEY,
    name text,
    entry bigint NOT NULL,
    from_entry bigint NOT NULL DEFAULT duban.entry_now()
);
COMMENT ON TABLE duban.same IS 'declarations that tasks are the same';

CREATE TABLE duban.same_task (
    task text COLLATE "C" PRIMARY KEY,
    code text COLLATE "C" NOT NULL,
    from_entry bigint NOT NULL DEFAULT duban.entry_now()
);
CREATE INDEX same_task_code ON duban.same_task (code);
COMMENT ON TABLE duban.same_task IS 'tasks that are declared the same; a task stands in one declaration at most';

CREATE TABLE duban.report_same (
    report_entry bigint NOT NULL,
    report_ord smallint NOT NULL,
    task text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    outcome smallint NOT NULL,
    due timestamptz,
    completion smallint,
    entry bigint NOT NULL,
    PRIMARY KEY (report_entry, report_ord, task)
);
CREATE INDEX report_same_task ON duban.report_same (task, entry);
COMMENT ON TABLE duban.report_same IS 'what a report came to for the other tasks that are the same as its own; entry: by which it counts';

CREATE FUNCTION duban.set_same(p_entry bigint, p_ord int, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    bad text;
    units text[];
    names text[] := ARRAY(SELECT jsonb_array_elements_text(p -> 'tasks'));
BEGIN
    SELECT string_agg(x, ', ') INTO bad FROM unnest(names) x WHERE NOT EXISTS (SELECT FROM duban.task t WHERE t.name = x);
    IF bad IS NOT NULL THEN
        PERFORM duban.refuse(p_ord, 'tasks', 'unknown', format('no task of this name is registered: %s', bad));
    END IF;
    SELECT string_agg(s.task || ' (' || s.code || ')', ', ') INTO bad FROM duban.same_task s
     WHERE s.code <> p ->> 'code' AND s.task = ANY (names);
    IF bad IS NOT NULL THEN
        PERFORM duban.refuse(p_ord, 'tasks', 'taken', format('declared the same elsewhere: %s', bad));
    END IF;
    SELECT array_agg(DISTINCT t.plan) INTO units FROM duban.task t WHERE t.name = ANY (names);
    IF cardinality(units) < cardinality(names) THEN
        PERFORM duban.refuse(p_ord, 'tasks', 'plan', 'each task is of another plan: within one plan a task is reported by itself');
    END IF;
    SELECT array_agg(DISTINCT coalesce(t.accountable, '-')) INTO units FROM duban.task t WHERE t.name = ANY (names);
    IF cardinality(units) > 1 THEN
        PERFORM duban.refuse(p_ord, 'tasks', 'unit', format('one unit must be accountable for all of them, not %s', array_to_string(units, ', ')));
    END IF;
    INSERT INTO duban.same (code, name, entry, from_entry) VALUES (p ->> 'code', p ->> 'name', p_entry, p_entry)
    ON CONFLICT (code) DO UPDATE SET name = excluded.name, entry = excluded.entry;
    DELETE FROM duban.same_task s WHERE s.code = p ->> 'code';
    INSERT INTO duban.same_task (task, code, from_entry) SELECT DISTINCT x, p ->> 'code', p_entry FROM unnest(names) x;
    UPDATE duban.task t SET plain = false WHERE t.plain AND t.name = ANY (names);
END
$$;
COMMENT ON FUNCTION duban.set_same(bigint, int, jsonb) IS 'declares tasks of several plans the same';

-- One other task: the period that ends on the same day is settled too.
CREATE FUNCTION duban.same_one(t duban.task, p_report duban.report, p_end date, p_entry bigint, p_received timestamptz, OUT line text, OUT json text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r duban.report := p_report;
    x record;
    j duban.judgement;
BEGIN
    SELECT q.period INTO r.period FROM duban.plan_period q WHERE q.plan = t.plan AND q.to_date = p_end AND q.from_date <= t.ends;
    IF NOT FOUND OR t.withdrawn IS NOT NULL OR t.closed IS NOT NULL THEN
        RETURN;
    END IF;
    r.task := t.name;
    j := duban.judge(r.unit, r.task, r.period, NULL, p_received);
    IF j.outcome NOT IN (1, 2, 4) THEN
        RETURN;
    END IF;
    x := duban.report_count(p_entry, p_received, r);
    j := x.j;
    INSERT INTO duban.report_same (report_entry, report_ord, task, period, unit, outcome, due, completion, entry)
    VALUES (r.entry, r.ord, r.task, r.period, r.unit, j.outcome, j.due, x.completion, p_entry)
    ON CONFLICT DO NOTHING;
    line := duban.outcome_line(r.task, r.period, j.outcome, j.due, j.rule, j.calendar, x.completion, x.completion_due) || coalesce(x.line, '');
    json := duban.outcome_json(r.task, r.period, j.outcome, j.due, j.next_due, j.rule, j.calendar, x.completion, x.completion_due, NULL, x.members);
END
$$;
COMMENT ON FUNCTION duban.same_one(duban.task, duban.report, date, bigint, timestamptz) IS 'what a report comes to for one task that is the same';

-- The others of a report's declaration. A task that has a report of its own in the batch is left to it.
CREATE FUNCTION duban.same_settle(t duban.task, p_report duban.report, p_batch text[], p_entry bigint, p_received timestamptz, OUT line text, OUT members text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    other duban.task;
    end_day date;
    x record;
BEGIN
    SELECT q.to_date INTO end_day FROM duban.plan_period q WHERE q.plan = t.plan AND q.period = p_report.period;
    FOR other IN SELECT y.* FROM duban.same_task s JOIN duban.same_task o ON o.code = s.code AND o.task <> s.task JOIN duban.task y ON y.name = o.task
                  WHERE s.task = t.name AND NOT o.task = ANY (p_batch) ORDER BY o.task LOOP
        x := duban.same_one(other, p_report, end_day, p_entry, p_received);
        CONTINUE WHEN x.line IS NULL;
        line := coalesce(line, '') || x.line;
        members := coalesce(members || ',', '') || x.json;
    END LOOP;
    members := ',"same":[' || members || ']';
END
$$;
COMMENT ON FUNCTION duban.same_settle(duban.task, duban.report, text[], bigint, timestamptz) IS 'settles the other tasks of a declaration: further outcome lines, a member same in the receipt';

-- A report that counts by another statement than its own (countersigned, entered by the office) settles them too.
CREATE FUNCTION duban.report_count_all(p_entry bigint, p_received timestamptz, p_report duban.report,
                                       OUT j duban.judgement, OUT line text, OUT members text, OUT completion smallint, OUT completion_due timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    x record;
    more record;
    t duban.task;
BEGIN
    x := duban.report_count(p_entry, p_received, p_report);
    j := x.j;
    line := x.line;
    members := x.members;
    completion := x.completion;
    completion_due := x.completion_due;
    IF (x.j).outcome IN (1, 2, 4) AND EXISTS (SELECT FROM duban.same_task s WHERE s.task = p_report.task) THEN
        SELECT y.* INTO t FROM duban.task y WHERE y.name = p_report.task;
        more := duban.same_settle(t, p_report, ARRAY[p_report.task], p_entry, p_received);
        line := coalesce(x.line || more.line, x.line, more.line);
        members := coalesce(x.members || more.members, x.members, more.members);
    END IF;
END
$$;
COMMENT ON FUNCTION duban.report_count_all(bigint, timestamptz, duban.report) IS 'report_count, and the tasks that are the same';

-- What an operator may want to declare: same accountable unit, other plan, equal title, text or measured name.
CREATE FUNCTION duban.same_text(p text) RETURNS text
LANGUAGE sql IMMUTABLE COST 1000 SET search_path = pg_catalog, pg_temp AS $$
    SELECT nullif(regexp_replace(normalize(lower(p), NFKC), '[[:space:][:punct:]。，、；：（）“”《》]+', '', 'g'), '')
$$;
COMMENT ON FUNCTION duban.same_text(text) IS 'a text without white space, punctuation and width, for comparing';

-- Each likeness is a join of its own by equal values, so that a text is prepared once and not for each pair.
CREATE VIEW duban.v_same_candidate WITH (security_invoker = true) AS
SELECT a.plan, a.name AS task, b.plan AS other_plan, b.name AS other, x.unit, (ARRAY['text', 'title', 'indicator'])[x.why] AS why,
       coalesce(a.title, a.text) AS title
  FROM (SELECT p.unit, p.task, p.other, min(p.why) AS why
          FROM (SELECT c.accountable AS unit, c.name AS task, d.name AS other, 1 AS why
                  FROM duban.task c JOIN duban.task d ON d.accountable = c.accountable AND duban.same_text(d.text) = duban.same_text(c.text)
                 WHERE c.plan <> d.plan
                UNION ALL
                SELECT c.accountable, c.name, d.name, 2
                  FROM duban.task c JOIN duban.task d ON d.accountable = c.accountable AND duban.same_text(d.title) = duban.same_text(c.title)
                 WHERE c.plan <> d.plan AND c.title IS NOT NULL AND d.title IS NOT NULL
                UNION ALL
                SELECT c.accountable, c.name, d.name, 3
                  FROM duban.task c JOIN duban.target e ON e.task = c.name
                  JOIN duban.task d ON d.accountable = c.accountable
                  JOIN duban.target f ON f.task = d.name AND duban.same_text(f.name) = duban.same_text(e.name) AND f.unit IS NOT DISTINCT FROM e.unit
                 WHERE c.plan <> d.plan AND c.kind = 'indicator' AND d.kind = 'indicator') p
         GROUP BY p.unit, p.task, p.other) x
  JOIN duban.task a ON a.name = x.task
  JOIN duban.task b ON b.name = x.other
 WHERE a.withdrawn IS NULL AND b.withdrawn IS NULL
   AND NOT EXISTS (SELECT FROM duban.same_task s JOIN duban.same_task o ON o.code = s.code WHERE s.task = a.name AND o.task = b.name);
COMMENT ON VIEW duban.v_same_candidate IS 'tasks of two plans that look the same (equal text, title, or name and measure of an indicator) and are not declared so';

CREATE VIEW duban.v_same WITH (security_invoker = true) AS
SELECT s.code, s.name, o.task, t.plan, t.accountable AS unit, coalesce(t.title, t.text) AS title, s.entry
  FROM duban.same s JOIN duban.same_task o ON o.code = s.code JOIN duban.task t ON t.name = o.task;
COMMENT ON VIEW duban.v_same IS 'tasks that are declared the same: one report settles all of a code';

GRANT INSERT, UPDATE ON duban.same TO duban_append;
GRANT INSERT, DELETE ON duban.same_task TO duban_append;
GRANT INSERT ON duban.report_same TO duban_append;
GRANT SELECT ON duban.same, duban.same_task, duban.report_same TO duban_append, duban_receiver, duban_alerter, duban_reader, duban_auditor;
GRANT SELECT ON duban.v_same, duban.v_same_candidate TO duban_receiver, duban_alerter, duban_reader, duban_auditor;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA duban FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA duban TO duban_append;
GRANT EXECUTE ON FUNCTION duban.entry_received TO duban_receiver;
GRANT EXECUTE ON FUNCTION duban.same_text TO duban_receiver, duban_alerter, duban_reader, duban_auditor;
ALTER TABLE duban.same_task ENABLE ROW LEVEL SECURITY;
ALTER TABLE duban.report_same ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON duban.same_task FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.same_task FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.same_task TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
CREATE POLICY reader ON duban.report_same FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.report_same FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.report_same TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
