-- SPDX-License-Identifier: BSD-2-Clause
-- Values of reports against target, baseline and time; values that fall; early warnings. The receiver marks
-- reports that carry any of this (a row of the measure arrays without a name), so that plain ones cost nothing.

CREATE TABLE duban.report_value (
    entry bigint NOT NULL,
    ord smallint NOT NULL,
    n smallint NOT NULL,
    task text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    lead boolean NOT NULL,
    name text NOT NULL,
    value numeric NOT NULL,
    measure text,
    fell_from numeric,
    explained boolean NOT NULL,
    received timestamptz NOT NULL,
    PRIMARY KEY (entry, ord, n)
);
CREATE INDEX report_value_task ON duban.report_value (task, name, entry);
COMMENT ON TABLE duban.report_value IS 'values of accepted reports; lead: reported by who was accountable then; fell_from: the value before it when a cumulative one falls; explained: the report says why';

CREATE TABLE duban.report_explanation (
    entry bigint NOT NULL,
    ord smallint NOT NULL,
    task text COLLATE "C" NOT NULL,
    text text NOT NULL,
    PRIMARY KEY (entry, ord)
);
CREATE INDEX report_explanation_task ON duban.report_explanation (task, entry);
COMMENT ON TABLE duban.report_explanation IS 'why a cumulative value fell, as a report says it';

CREATE FUNCTION duban.value_before(p_task text, p_name text) RETURNS numeric
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT v.value FROM duban.report_value v WHERE v.task = p_task AND v.name = p_name AND v.lead
     ORDER BY v.entry DESC, v.ord DESC, v.n DESC LIMIT 1
$$;
COMMENT ON FUNCTION duban.value_before(text, text) IS 'newest value of a name that the accountable unit reported';

-- One report that carries more; returns what its receipt says of it.
CREATE FUNCTION duban.report_more_one(p_entry bigint, p_ord smallint, p_received timestamptz, p_unit text, p_task text, p_period text,
                                      p_outcome smallint, p jsonb) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    fell text;
    why text := p ->> 'explanation';
BEGIN
    WITH added AS (
        INSERT INTO duban.report_value (entry, ord, n, task, period, unit, lead, name, value, measure, fell_from, explained, received)
        SELECT p_entry, p_ord, x.n, p_task, p_period, p_unit, p_outcome <> 3, x.v ->> 'name', y.value, x.v ->> 'unit',
               CASE WHEN p_outcome <> 3 AND y.value < b.value AND EXISTS (SELECT FROM duban.target g
                         WHERE g.task = p_task AND g.name = x.v ->> 'name' AND g.cumulative) THEN b.value END,
               why IS NOT NULL, p_received
          FROM jsonb_array_elements(p -> 'values') WITH ORDINALITY x (v, n)
         CROSS JOIN LATERAL (SELECT (x.v ->> 'value')::numeric AS value) y
         CROSS JOIN LATERAL (SELECT duban.value_before(p_task, x.v ->> 'name') AS value) b
        RETURNING n, name, value, fell_from)
    SELECT json_agg(json_build_object('name', a.name, 'from', a.fell_from::text, 'to', a.value::text) ORDER BY a.n)::text INTO fell
      FROM added a WHERE a.fell_from IS NOT NULL;
    IF why IS NOT NULL THEN
        INSERT INTO duban.report_explanation (entry, ord, task, text) VALUES (p_entry, p_ord, p_task, why);
    END IF;
    IF p ? 'early_warning' THEN
        INSERT INTO duban.effect (entry, ord, kind, subject, at, body, from_entry)
        VALUES (p_entry, p_ord, 'warning', p_task, p_received,
                jsonb_build_object('unit', p_unit, 'period', p_period, 'status', p ->> 'status', 'reason', p ->> 'early_warning'), p_entry);
        NOTIFY duban_agenda;
    END IF;
    RETURN CASE WHEN fell IS NOT NULL THEN ',"fell":' || fell ELSE '' END
           || CASE WHEN p ? 'early_warning' THEN ',"warned":true' ELSE '' END;
END
$$;
COMMENT ON FUNCTION duban.report_more_one(bigint, smallint, timestamptz, text, text, text, smallint, jsonb) IS 'stores the values of one report, marks those that fell, passes an early warning on';

-- Called by append for a batch that holds marked reports; in order, so that each sees the values before it.
CREATE FUNCTION duban.report_more(p_old_size bigint, p_received timestamptz, s_payload bytea[], r_statement int[], r_ord smallint[],
                                  r_unit text[], r_task text[], r_period text[], o_outcome smallint[], m_report int[], o_members text[]) RETURNS text[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    i int;
    s int := 0;
    body jsonb;
    more text;
BEGIN
    o_members := coalesce(o_members, array_fill(NULL::text, ARRAY[cardinality(r_task)]));
    FOR i IN SELECT DISTINCT m FROM unnest(m_report) m ORDER BY m LOOP
        CONTINUE WHEN o_outcome[i] = 5;
        IF r_statement[i] <> s THEN
            s := r_statement[i];
            body := convert_from(s_payload[s], 'UTF8')::jsonb -> 'reports';
        END IF;
        more := duban.report_more_one(p_old_size + s - 1, r_ord[i], p_received, r_unit[i], r_task[i], r_period[i], o_outcome[i],
            -- what waits for a countersignature counts by that; a warning never waits
            CASE WHEN o_outcome[i] = 6 THEN (body -> r_ord[i]::int) - 'values' - 'explanation' ELSE body -> r_ord[i]::int END);
        o_members[i] := nullif(coalesce(o_members[i], '') || more, '');
    END LOOP;
    RETURN o_members;
END
$$;
COMMENT ON FUNCTION duban.report_more(bigint, timestamptz, bytea[], int[], smallint[], text[], text[], text[], smallint[], int[], text[]) IS 'values, explanations and early warnings of a batch';

-- ---- early warning -------------------------------------------------------------------------------------------

CREATE FUNCTION duban.warning_alerts(c duban."case", p_posts text[], p_reason text, p_received timestamptz, p_zone text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    counts duban.raise_counts := duban.raise_counts_read();
    of_year text := to_char(p_received AT TIME ZONE p_zone, 'YYYY');
    last int := coalesce((SELECT x.last FROM duban.alert_number x WHERE x.year = of_year::int AND x.kind = '预警'), 0);
    lines text;
BEGIN
    WITH added AS (
        INSERT INTO duban.alert (alert, number, bundle, kind, "case", step, level, post, at, raised, entry, why)
        SELECT counts.events + x.o, '预警〔' || of_year || '〕' || last + x.o || '号',
               format('W%s-%s', c."case", x.post), 'early-warning', c."case", c.step, c.level, x.post, c.due, p_received, c."case",
               format('%s says early that %s cannot be met: %s (report %s).', c.unit, c.task, p_reason, split_part(c.period, '!', 2))
          FROM unnest(p_posts) WITH ORDINALITY x (post, o)
        RETURNING alert, post, number)
    SELECT string_agg(format(E'alert %s %s %s\n', a.alert, a.post, a.number), '' ORDER BY a.alert) INTO lines FROM added a;
    PERFORM duban.delivery_plan(counts.events, counts.events + cardinality(p_posts), p_received);
    counts.events := counts.events + cardinality(p_posts);
    counts.numbers := jsonb_build_object('预警 ' || of_year, last + cardinality(p_posts));
    PERFORM duban.raise_counts_store(counts);
    RETURN lines;
END
$$;
COMMENT ON FUNCTION duban.warning_alerts(duban."case", text[], text, timestamptz, text) IS 'numbered alerts of an early warning, one per recipient';

CREATE FUNCTION duban.warning_raise(e duban.effect, p_received timestamptz, p_index bigint, p_registry bigint) RETURNS bytea
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c duban."case";
    p duban.plan;
    r record;
    lines text := '';
BEGIN
    UPDATE duban.effect x SET applied = p_index, from_entry = p_index WHERE x.entry = e.entry AND x.ord = e.ord;
    SELECT x.* INTO STRICT p FROM duban.task t JOIN duban.plan x ON x.handle = t.plan WHERE t.name = e.subject;
    r := duban.recipients(ARRAY['leader', 'office'], e.subject, e.body ->> 'unit', duban.day(p_received));
    IF NOT EXISTS (SELECT FROM unnest(r.posts) x JOIN duban.post o ON o.code = x WHERE o.role <> 'office') THEN
        r.posts := r.posts || (duban.recipients(ARRAY['chief'], e.subject, e.body ->> 'unit', duban.day(p_received))).posts;
    END IF;
    c."case" := p_index;
    c.task := e.subject;
    c.period := format('warning!%s.%s', e.entry, e.ord);
    c.unit := e.body ->> 'unit';
    c.due := e.at;
    c.cutoff := e.at;
    c.ladder := p.ladder;
    SELECT max(l.entry) INTO c.ladder_entry FROM duban.ladder l WHERE l.code = p.ladder;
    c.step := 0;
    c.level := 2;
    c.base := e.at;
    c.base_step := 0;
    c.round := 1;
    c.repeats := 1;
    c.from_entry := p_index;
    INSERT INTO duban."case" SELECT c.*;
    IF cardinality(r.vacant) > 0 THEN
        SELECT string_agg(format(E'vacant %s %s\n', c.level, v), '') INTO lines FROM unnest(r.vacant) v;
    END IF;
    IF cardinality(r.posts) > 0 THEN
        lines := lines || duban.warning_alerts(c, r.posts, e.body ->> 'reason', p_received, p.zone);
    END IF;
    RETURN convert_to(format(E'duban-entry/v1\nkind alert\nreceived %s\nat %s\ncase %s\ntask %s\nperiod %s\nunit %s\ndue %s\nrule -\ncalendar -\nladder %s@%s\nstep %s\nlevel %s\n',
        duban.utc_micro(p_received), duban.utc_micro(e.at), c."case", c.task, c.period, c.unit, duban.utc_second(c.due), c.ladder,
        c.ladder_entry, c.step, c.level) || lines || format(E'registry %s\n', p_registry), 'UTF8');
END
$$;
COMMENT ON FUNCTION duban.warning_raise(duban.effect, timestamptz, bigint, bigint) IS 'tells the leaders of a task and the office (without a leader: the chief) what a report warned of; the case stays open until one of them acknowledges';

-- Called by acknowledge: who was warned and says so closes the warning.
CREATE FUNCTION duban.warnings_close(p_entry bigint) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    SELECT duban.cases_close(array_agg(c.task), array_agg(c.period), array_agg(c.unit), array_agg(p_entry), 'acknowledged')
      FROM (SELECT DISTINCT c.task, c.period, c.unit
              FROM duban.acknowledgement k JOIN duban.alert a ON a.alert = k.alert AND a.kind = 'early-warning'
              JOIN duban."case" c ON c."case" = a."case" AND c.closed IS NULL
             WHERE k.entry = p_entry ORDER BY c.task, c.period, c.unit) c
$$;
COMMENT ON FUNCTION duban.warnings_close(bigint) IS 'closes the early warnings that an acknowledgement names';

-- ---- pace ----------------------------------------------------------------------------------------------------

-- Share of the way that should be behind a target on a day, 0 to 1: by its plan curve when it has one (between two
-- points in a straight line), else by time (序时进度). A target that is neither counted up nor measured from a
-- baseline is to stand all the time.
CREATE FUNCTION duban.pace(g duban.target, p_plan text, p_from date, p_to date, p_day date) RETURNS numeric
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    start_value numeric := coalesce(g.baseline, 0);
    before record;
    behind record;
    wanted numeric;
BEGIN
    IF EXISTS (SELECT FROM duban.target_point c WHERE c.task = g.task AND c.ordinal = g.ordinal) THEN
        SELECT q.to_date, c.value INTO before FROM duban.target_point c JOIN duban.plan_period q ON q.plan = p_plan AND q.period = c.period
         WHERE c.task = g.task AND c.ordinal = g.ordinal AND q.to_date <= p_day ORDER BY q.to_date DESC LIMIT 1;
        SELECT q.to_date, c.value INTO behind FROM duban.target_point c JOIN duban.plan_period q ON q.plan = p_plan AND q.period = c.period
         WHERE c.task = g.task AND c.ordinal = g.ordinal AND q.to_date > p_day ORDER BY q.to_date LIMIT 1;
        wanted := CASE WHEN behind.to_date IS NULL THEN before.value
                       ELSE coalesce(before.value, start_value) + (behind.value - coalesce(before.value, start_value))
                            * greatest(p_day - coalesce(before.to_date, p_from - 1), 0) / (behind.to_date - coalesce(before.to_date, p_from - 1)) END;
        RETURN (wanted - start_value) / nullif(g.value - start_value, 0);
    ELSIF g.baseline IS NULL AND NOT g.cumulative THEN
        RETURN 1;
    END IF;
    RETURN least(greatest(p_day - p_from + 1, 0)::numeric / greatest(p_to - p_from + 1, 1), 1);
END
$$;
COMMENT ON FUNCTION duban.pace(duban.target, text, date, date, date) IS 'share of a target that is expected by the end of a day';

CREATE VIEW duban.v_indicator WITH (security_invoker = true) AS
SELECT t.plan, t.name AS task, t.no, coalesce(t.title, t.text) AS title, t.accountable AS unit, u.name AS unit_name, g.name, g.op, g.value AS target,
       g.unit AS measure, g.baseline, g.cumulative, v.value, v.period, v.entry, v.received,
       round(100 * s.share, 1) AS share, round(100 * e.expected, 1) AS expected, round(100 * e.expected_now, 1) AS expected_now,
       round(CASE WHEN e.expected > s.share THEN 100 * (e.expected - s.share) ELSE 0 * s.share END, 1) AS behind,
       CASE g.op WHEN '<=' THEN v.value <= g.value WHEN '<' THEN v.value < g.value WHEN '>' THEN v.value > g.value
                 WHEN '~' THEN v.value >= g.value ELSE CASE WHEN coalesce(g.op, '=') IN ('=', '>=') THEN v.value >= g.value END END AS met,
       g.ordinal AS place, v.fell_from, v.fell_from IS NOT NULL AND NOT v.explained AND why.task IS NULL AS unexplained
  FROM duban.target g
  JOIN duban.task t ON t.name = g.task
  JOIN duban.plan p ON p.handle = t.plan
  LEFT JOIN duban.unit u ON u.code = t.accountable
  LEFT JOIN LATERAL (SELECT x.* FROM duban.report_value x WHERE x.task = g.task AND x.name = g.name AND x.lead
                      ORDER BY x.entry DESC, x.ord DESC, x.n DESC LIMIT 1) v ON true
  LEFT JOIN duban.plan_period q ON q.plan = t.plan AND q.period = v.period
  LEFT JOIN LATERAL (SELECT x.task FROM duban.report_explanation x WHERE x.task = t.name AND x.entry > v.entry LIMIT 1) why ON true
 CROSS JOIN LATERAL (SELECT CASE WHEN g.op IN ('<=', '<') THEN NULL
                                 ELSE (coalesce(v.value, g.baseline, 0) - coalesce(g.baseline, 0)) / nullif(g.value - coalesce(g.baseline, 0), 0) END AS share) s
 CROSS JOIN LATERAL (SELECT CASE WHEN g.op IN ('<=', '<') THEN NULL ELSE duban.pace(g, t.plan, p.from_date, d.ends,
                                 coalesce(q.to_date, duban.day((SELECT duban.now())))) END AS expected,
                            CASE WHEN g.op IN ('<=', '<') THEN NULL ELSE duban.pace(g, t.plan, p.from_date, d.ends,
                                 duban.day((SELECT duban.now()))) END AS expected_now
                       FROM (SELECT coalesce(t.approved, t.printed, t.inherited, t.ends) AS ends) d) e
 WHERE g.value IS NOT NULL AND t.withdrawn IS NULL;
COMMENT ON VIEW duban.v_indicator IS 'each target with its newest value: share of the way from the baseline (percent), share expected by the end of the reported period (without a report: by now) and by now, points behind, whether it is met, whether it fell without a word';

CREATE VIEW duban.v_fallen WITH (security_invoker = true) AS
SELECT t.plan, v.task, v.name, v.period, v.unit, v.fell_from, v.value, v.measure, v.entry, v.ord, v.received, x.text AS explanation, x.entry AS explained_by
  FROM duban.report_value v
  JOIN duban.task t ON t.name = v.task
  LEFT JOIN LATERAL (SELECT y.* FROM duban.report_explanation y WHERE y.task = v.task AND y.entry >= v.entry ORDER BY y.entry, y.ord LIMIT 1) x ON true
 WHERE v.fell_from IS NOT NULL;
COMMENT ON VIEW duban.v_fallen IS 'cumulative values that fell, with the explanation that was given; NULL: still asked for';

CREATE VIEW duban.v_warning WITH (security_invoker = true) AS
SELECT t.plan, c.task, c.unit, c.due AS warned, split_part(c.period, '!', 2) AS report, a.posts, a.why, c.closed IS NULL AS open, c.closed, c."case"
  FROM duban."case" c
  JOIN duban.task t ON t.name = c.task
  LEFT JOIN LATERAL (SELECT array_agg(x.post ORDER BY x.alert) AS posts, min(x.why) AS why FROM duban.alert x WHERE x."case" = c."case") a ON true
 WHERE c.period LIKE 'warning!%';
COMMENT ON VIEW duban.v_warning IS 'early warnings: who was told, and whether one of them has acknowledged';

GRANT INSERT ON duban.report_value, duban.report_explanation TO duban_append;
GRANT SELECT ON duban.report_value, duban.report_explanation TO duban_append, duban_receiver, duban_alerter, duban_reader, duban_auditor;
GRANT SELECT ON duban.v_indicator, duban.v_fallen, duban.v_warning TO duban_receiver, duban_alerter, duban_reader, duban_auditor;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA duban FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA duban TO duban_append;
GRANT EXECUTE ON FUNCTION duban.pace TO duban_receiver, duban_alerter, duban_reader, duban_auditor;
ALTER TABLE duban.report_value ENABLE ROW LEVEL SECURITY;
ALTER TABLE duban.report_explanation ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON duban.report_value FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.report_value FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.report_value TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
CREATE POLICY reader ON duban.report_explanation FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.report_explanation FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.report_explanation TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
