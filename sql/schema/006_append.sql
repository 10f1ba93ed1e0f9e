-- SPDX-License-Identifier: BSD-2-Clause
-- append: reports get their place, verdicts, entries and ledger rows in one transaction.

CREATE TYPE duban.judgement AS (
    outcome smallint, due timestamptz, next_due timestamptz, rule text, calendar text, errors text,
    special boolean, beside boolean
);
COMMENT ON TYPE duban.judgement IS 'what one report came to, before the batch it is in is looked at; special: duban.special_apply has more to say; beside: not the accountable unit''s, and never the newest text of the task';

-- Who owes a period: the accountable unit, or whom else the rule names (duban.owers); of a task that was changed
-- since the period opened, whoever the entry that changed it left with the obligation.
CREATE FUNCTION duban.owed_from(t duban.task, q duban.plan_period, p_unit text) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r duban.reporting_rule;
    start timestamptz;
BEGIN
    IF q.opens <= t.since THEN
        RETURN (SELECT o.opens FROM duban.obligation o WHERE o.task = t.name AND o.period = q.period AND o.unit = p_unit);
    ELSIF NOT q.owed THEN
        RETURN NULL;
    ELSIF q.plain AND t.accountable = p_unit THEN
        RETURN q.opens;
    END IF;
    r := duban.rule_version(q.rule);
    start := duban.unit_start(r, p_unit);
    RETURN CASE WHEN start < q.cutoff AND (t.accountable = p_unit OR r.owes <> 'lead' AND EXISTS (
                     SELECT FROM duban.owers(r, t.name, t.name, q.opens) o WHERE o.unit = p_unit)) THEN greatest(q.opens, start) END;
END
$$;
COMMENT ON FUNCTION duban.owed_from(duban.task, duban.plan_period, text) IS 'instant from which on a unit may send the report that it owes for a period; NULL: it owes none';

CREATE FUNCTION duban.owes(t duban.task, q duban.plan_period, p_unit text) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN duban.owed_from(t, q, p_unit) IS NOT NULL;
END
$$;
COMMENT ON FUNCTION duban.owes(duban.task, duban.plan_period, text) IS 'whether a unit owes the report of a period';

-- Outcome of one report that is not the plain case: why it is refused or owes nothing.
CREATE FUNCTION duban.judge(p_unit text, p_task text, p_period text, p_errors text, p_received timestamptz)
RETURNS duban.judgement
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t duban.task;
    q duban.plan_period;
    j duban.judgement;
    opens timestamptz;
    owed boolean;
BEGIN
    j.outcome := 5;
    IF p_errors IS NOT NULL THEN
        j.errors := p_errors;
        RETURN j;
    END IF;
    SELECT x.* INTO t FROM duban.task x WHERE x.name = p_task;
    IF NOT FOUND THEN
        j.errors := '[{"field":"task","code":"unknown","detail":"no task of this name is registered; see duban due"}]';
        RETURN j;
    END IF;
    SELECT x.* INTO q FROM duban.plan_period x WHERE x.plan = t.plan AND x.period = p_period AND x.from_date <= t.ends;
    opens := CASE WHEN q.plan IS NOT NULL THEN duban.owed_from(t, q, p_unit) END;
    owed := opens IS NOT NULL;
    IF NOT owed AND NOT EXISTS (SELECT FROM duban.assignment a
                    WHERE a.task = t.name AND (a.code = p_unit OR a.roster AND EXISTS (
                          SELECT FROM duban.members(a.code, duban.day(p_received)) m WHERE m = p_unit))) THEN
        j.errors := '[{"field":"task","code":"not-assigned","detail":"this task names no part for the unit"}]';
        RETURN j;
    END IF;
    IF q.plan IS NULL THEN
        j.errors := '[{"field":"period","code":"unknown","detail":"the task has no such period; see duban show"}]';
        RETURN j;
    END IF;
    IF t.withdrawn IS NOT NULL AND NOT owed THEN
        j.errors := format('[{"field":"task","code":"withdrawn","detail":"the task was withdrawn by entry %s"}]', t.withdrawn);
        RETURN j;
    END IF;
    j.outcome := 3;
    j.special := NOT t.plain;
    IF j.special THEN
        q := duban.special_period(t, q, p_unit);
    END IF;
    IF NOT owed OR NOT q.owed THEN
        RETURN j;
    END IF;
    j.due := q.due;
    j.next_due := CASE WHEN q.next_from <= t.ends THEN q.next_due END;
    j.rule := q.rule;
    j.calendar := q.calendar;
    j.beside := t.accountable <> p_unit;
    IF opens <= p_received THEN
        j.outcome := CASE WHEN EXISTS (SELECT FROM duban.verdict v WHERE v.task = p_task AND v.period = p_period
                                        AND v.unit = p_unit AND NOT v.silence) THEN 4
                        WHEN p_received < q.cutoff THEN 1
                        WHEN p_received < coalesce(q.closes, 'infinity') THEN 2 ELSE 3 END;
    END IF;
    RETURN j;
END
$$;
COMMENT ON FUNCTION duban.judge(text, text, text, text, timestamptz) IS 'outcome of one report by the ledger as it stands, every reason included';

-- Units of measure that a report names and that differ from the printed target of that name.
CREATE FUNCTION duban.measure_faults(p_task text[], m_report int[], m_name text[], m_unit text[])
RETURNS TABLE (n int, errors text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.report, '[' || string_agg(json_build_object('field', 'values', 'code', 'unit-of-measure', 'detail',
               format('%s is measured in %s, not in %s', m.name, g.unit, m.unit))::text, ',') || ']'
      FROM unnest(m_report, m_name, m_unit) m (report, name, unit) -- without a name: marks a report that carries more
      JOIN LATERAL (SELECT min(x.unit) AS unit FROM duban.target x
                     WHERE x.task = p_task[m.report] AND x.name = m.name AND x.unit IS NOT NULL
                    HAVING NOT bool_or(x.unit = m.unit)) g ON true
     GROUP BY m.report
$$;
COMMENT ON FUNCTION duban.measure_faults(text[], int[], text[], text[]) IS 'reports whose unit of measure contradicts the target of the task';

CREATE FUNCTION duban.repeats(r_unit text[], r_task text[], r_period text[], r_errors text[]) RETURNS boolean[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT array_agg(x.earlier ORDER BY x.n) FROM (
        SELECT r.n, coalesce(bool_or(r.errors IS NULL) OVER (PARTITION BY r.unit, r.task, r.period ORDER BY r.n
                             ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false) AS earlier
          FROM unnest(r_unit, r_task, r_period, r_errors) WITH ORDINALITY r (unit, task, period, errors, n)) x
$$;
COMMENT ON FUNCTION duban.repeats(text[], text[], text[], text[]) IS 'which reports of a batch repeat an earlier one without faults';

-- The plain text forms of one outcome: its line(s) in the digest and its object in the receipt.
CREATE FUNCTION duban.outcome_line(p_task text, p_period text, p_outcome smallint, p_due timestamptz, p_rule text,
                                   p_calendar text, p_completion smallint, p_completion_due timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN p_outcome = 5 AND p_task !~ '^[!-~]+$' THEN '-' ELSE p_task END || ' '
        || CASE WHEN p_outcome = 5 AND p_period !~ '^[!-~]+$' THEN '-' ELSE p_period END || ' '
        || duban.outcome_name(p_outcome) || ' '
        || coalesce(pg_catalog.to_char(p_due AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '-') || ' '
        || coalesce(p_rule, '-') || ' ' || coalesce(p_calendar, '-') || E'\n'
        || CASE WHEN p_completion IS NULL THEN '' ELSE p_task || ' - ' || duban.outcome_name(p_completion) || ' '
        || pg_catalog.to_char(p_completion_due AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || E' - -\n' END
$$;
COMMENT ON FUNCTION duban.outcome_line(text, text, smallint, timestamptz, text, text, smallint, timestamptz) IS 'outcome line of docs/log.md; a text that is not printable ASCII without spaces is written -';

CREATE FUNCTION duban.outcome_json(p_task text, p_period text, p_outcome smallint, p_due timestamptz,
    p_next_due timestamptz, p_rule text, p_calendar text, p_completion smallint, p_completion_due timestamptz, p_errors text,
    p_members text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT '{"task":' || CASE WHEN p_outcome = 5 THEN pg_catalog.to_json(p_task)::text ELSE '"' || p_task || '"' END
        || CASE WHEN p_period = '-' THEN '' WHEN p_outcome = 5 THEN ',"period":' || pg_catalog.to_json(p_period)::text
                ELSE ',"period":"' || p_period || '"' END
        || ',"outcome":"' || duban.outcome_name(p_outcome) || '"'
        || coalesce(',"due":"' || pg_catalog.to_char(p_due AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || '"', '')
        || coalesce(',"next_due":"' || pg_catalog.to_char(p_next_due AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || '"', '')
        || coalesce(',"rule":"' || p_rule || '","calendar":"' || p_calendar || '"', '')
        || coalesce(',"completion":"' || duban.outcome_name(p_completion) || '","completion_due":"'
                    || pg_catalog.to_char(p_completion_due AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || '"', '')
        || coalesce(p_members, '') || ',"errors":' || coalesce(p_errors, '[]') || '}'
$$;
COMMENT ON FUNCTION duban.outcome_json(text, text, smallint, timestamptz, timestamptz, text, text, smallint, timestamptz, text, text) IS 'outcome object of a receipt; the same for a first answer and a repeated one';

-- Closes the open cases of settled obligations and puts the withdrawals on the stream.
CREATE FUNCTION duban.cases_close(p_task text[], p_period text[], p_unit text[], p_entry bigint[], p_reason text)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    closed int;
    cases bigint[];
    entries bigint[];
BEGIN
    -- LIMIT 1 and = ANY: one look-up each, also by a plan that was made while no case was open
    SELECT array_agg(y."case" ORDER BY y."case"), array_agg(y.entry ORDER BY y."case") INTO cases, entries
      FROM (SELECT c."case", min(x.entry) AS entry
              FROM unnest(p_task, p_period, p_unit, p_entry) x (task, period, unit, entry)
             CROSS JOIN LATERAL (SELECT k."case" FROM duban."case" k
                                  WHERE k.task = x.task AND k.period = x.period AND k.unit = x.unit AND k.closed IS NULL LIMIT 1) c
             GROUP BY c."case") y;
    IF cases IS NULL THEN
        RETURN;
    END IF;
    WITH done AS (
        UPDATE duban."case" c SET closed = entries[array_position(cases, c."case")], reason = p_reason, next_at = NULL, held_until = NULL
         WHERE c."case" = ANY (cases)
        RETURNING c."case", c.closed AS entry),
    added AS (
        INSERT INTO duban.closing (event, "case", reason, entry)
        SELECT l.events + row_number() OVER (ORDER BY d.entry, d."case"), d."case", p_reason, d.entry
          FROM done d CROSS JOIN duban.log_lock l
        RETURNING 1)
    SELECT count(*) INTO closed FROM added;
    IF closed > 0 THEN
        UPDATE duban.log_lock SET events = events + closed;
        NOTIFY duban_alert;
    END IF;
END
$$;
COMMENT ON FUNCTION duban.cases_close(text[], text[], text[], bigint[], text) IS 'closes cases and numbers the withdrawals; only under the log lock';

-- Counts statements in which every report is refused; over 100 per key and hour: DB002.
CREATE FUNCTION duban.refusals_count(s_key bigint[], r_statement int[], o_outcome smallint[], p_received timestamptz)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    over text;
BEGIN
    WITH refused AS (
        SELECT r.s, s_key[r.s] AS key FROM unnest(r_statement, o_outcome) r (s, outcome)
         GROUP BY r.s HAVING bool_and(r.outcome = 5)),
    numbered AS (
        SELECT f.s, f.key, row_number() OVER (PARTITION BY f.key ORDER BY f.s)
               + CASE WHEN k.refused_hour = date_trunc('hour', p_received, 'UTC') THEN k.refused ELSE 0 END AS n
          FROM refused f JOIN duban.signing_key k ON k.id = f.key),
    counted AS (
        UPDATE duban.signing_key k SET refused_hour = date_trunc('hour', p_received, 'UTC'), refused = x.n
          FROM (SELECT n.key, max(n.n) AS n FROM numbered n GROUP BY n.key) x WHERE k.id = x.key)
    SELECT string_agg(n.s::text, ',') INTO over FROM numbered n WHERE n.n > 100;
    IF over IS NOT NULL THEN
        RAISE EXCEPTION 'over 100 statements refused in an hour' USING ERRCODE = 'DB002', DETAIL = over;
    END IF;
END
$$;
COMMENT ON FUNCTION duban.refusals_count(bigint[], int[], smallint[], timestamptz) IS 'limit on statements in which every report is refused';

-- Everything of append that does not depend on a clock; replay calls it with the recorded instant.
CREATE FUNCTION duban.append_at(p_received timestamptz, p_wall timestamptz, p_old_size bigint, p_old_frontier bytea[],
    c_key bigint[], c_seq bigint[], c_prev bytea[], c_last_seq bigint[], c_last_id bytea[],
    s_id bytea[], s_payload bytea[], s_sig bytea[], s_key bigint[], s_seq bigint[], s_tail text[],
    r_statement int[], r_ord smallint[], r_unit text[], r_task text[], r_period text[],
    r_status smallint[], r_progress smallint[], r_repeat boolean[], r_errors text[],
    m_report int[], m_name text[], m_unit text[],
    OUT entries bytea[], OUT outcomes text[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
-- a cached plan made while a table was still empty must not scan it when it has grown
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    chained int;
    leaves bytea[];
    o_outcome smallint[];
    o_due timestamptz[];
    o_next_due timestamptz[];
    o_rule text[];
    o_calendar text[];
    o_errors text[];
    o_completion smallint[];
    o_completion_due timestamptz[];
    o_line text[];
    o_members text[];
    special boolean := false;
    beside int[] := '{}';
    entry_head text := E'duban-entry/v1\nkind statement\nreceived ' || duban.utc_micro(p_received) || E'\n';
    j duban.judgement;
    f record;
BEGIN
    -- the plain case for all reports at once: the accountable lead, an open owed period
    SELECT array_agg(CASE WHEN x.plain THEN CASE WHEN x.again THEN 4 WHEN p_received < x.cutoff THEN 1 ELSE 2 END END::smallint),
           array_agg(x.due), array_agg(x.next_due), array_agg(x.rule), array_agg(x.calendar)
      INTO o_outcome, o_due, o_next_due, o_rule, o_calendar
      FROM (SELECT q.cutoff, q.due, q.rule, q.calendar, r_repeat[r.n] OR v.task IS NOT NULL AS again,
                   CASE WHEN q.next_from <= t.ends THEN q.next_due END AS next_due,
                   r_errors[r.n] IS NULL AND t.plain AND t.accountable = r_unit[r.n] AND q.from_date <= t.ends AND q.plain
                   AND q.opens <= p_received AS plain
              FROM generate_series(1, cardinality(r_task)) r (n)
              -- LIMIT 1: one look-up by primary key each, whatever a plan made while the tables were empty thinks
              LEFT JOIN LATERAL (SELECT y.* FROM duban.task y WHERE y.name = r_task[r.n] LIMIT 1) t ON true
              LEFT JOIN LATERAL (SELECT y.* FROM duban.plan_period y WHERE y.plan = t.plan AND y.period = r_period[r.n] LIMIT 1) q ON true
              LEFT JOIN LATERAL (SELECT y.task FROM duban.verdict y WHERE y.task = r_task[r.n] AND y.period = r_period[r.n]
                                    AND y.unit = r_unit[r.n] AND y.silence = false LIMIT 1) v ON true
             ORDER BY r.n) x; -- one sort for all five; a subscript is cheaper than a place in unnest()
    -- what stays NULL below is read as NULL beside each report, for nothing; what is set is as long as r_task
    IF cardinality(m_report) > 0 THEN
        o_members := array_fill(NULL::text, ARRAY[cardinality(r_task)]);
        FOR f IN SELECT * FROM duban.measure_faults(r_task, m_report, m_name, m_unit) LOOP
            IF o_outcome[f.n] IS NOT NULL THEN
                o_outcome[f.n] := NULL;
                r_errors[f.n] := f.errors;
                -- what repeated it repeats nothing now
                r_repeat := duban.repeats(r_unit, r_task, r_period, r_errors);
                o_outcome := array_replace(o_outcome, 4::smallint, NULL);
            END IF;
        END LOOP;
    END IF;
    IF array_position(o_outcome, NULL) IS NOT NULL THEN
        o_errors := array_fill(NULL::text, ARRAY[cardinality(r_task)]);
        FOR i IN 1 .. cardinality(r_task) LOOP
            CONTINUE WHEN o_outcome[i] IS NOT NULL;
            j := duban.judge(r_unit[i], r_task[i], r_period[i], r_errors[i], p_received);
            o_outcome[i] := CASE WHEN r_repeat[i] AND j.outcome IN (1, 2) THEN 4 ELSE j.outcome END;
            o_due[i] := j.due;
            o_next_due[i] := j.next_due;
            o_rule[i] := j.rule;
            o_calendar[i] := j.calendar;
            o_errors[i] := j.errors;
            special := special OR j.special IS TRUE;
            IF j.beside THEN
                beside := beside || i;
            END IF;
        END LOOP;
        IF special THEN
            o_completion := array_fill(NULL::smallint, ARRAY[cardinality(r_task)]);
            o_completion_due := array_fill(NULL::timestamptz, ARRAY[cardinality(r_task)]);
            SELECT x.o_outcome, x.o_completion, x.o_completion_due, x.o_line, x.o_members
              INTO o_outcome, o_completion, o_completion_due, o_line, o_members
              FROM duban.special_apply(p_old_size, p_received, s_key, r_statement, r_unit, r_task, r_period, r_status, r_ord, r_progress,
                                       o_outcome, o_completion, o_completion_due) x;
        END IF;
        IF array_position(o_outcome, 5::smallint) IS NOT NULL THEN
            PERFORM duban.refusals_count(s_key, r_statement, o_outcome, p_received);
        END IF;
    END IF;

    IF array_position(r_status, 4::smallint) IS NOT NULL THEN
        o_completion := coalesce(o_completion, array_fill(NULL::smallint, ARRAY[cardinality(r_task)]));
        o_completion_due := coalesce(o_completion_due, array_fill(NULL::timestamptz, ARRAY[cardinality(r_task)]));
        FOR f IN
            SELECT DISTINCT ON (r.task) r.n, d.due, CASE WHEN p_received < d.cutoff THEN 1 ELSE 2 END::smallint AS verdict
              FROM unnest(r_unit, r_task, r_status, o_outcome) WITH ORDINALITY r (unit, task, status, outcome, n)
              JOIN duban.task t ON t.name = r.task AND t.accountable = r.unit AND t.plain
              JOIN duban.plan p ON p.handle = t.plan
              CROSS JOIN LATERAL duban.completion_due(coalesce(t.printed, t.inherited), p.zone) d
             WHERE r.status = 4 AND r.outcome <> 5 AND d.cutoff > p.received
               AND NOT EXISTS (SELECT FROM duban.verdict v WHERE v.task = r.task AND v.period = '-' AND v.unit = r.unit AND NOT v.silence)
             ORDER BY r.task, r.n
        LOOP
            o_completion[f.n] := f.verdict;
            o_completion_due[f.n] := f.due;
        END LOOP;
    END IF;

    IF cardinality(m_report) > 0 THEN
        o_members := duban.report_more(p_old_size, p_received, s_payload, r_statement, r_ord, r_unit, r_task, r_period, o_outcome, m_report, o_members);
    END IF;
    -- all that a batch leaves behind in one statement: its arrays are read once
    WITH r AS MATERIALIZED (
        SELECT p_old_size + x.s - 1 AS entry, x.*,
               duban.outcome_line(x.task, x.period, x.outcome, x.due, x.rule, x.calendar, x.completion, x.completion_due)
               || coalesce(x.more, '') AS line,
               duban.outcome_json(x.task, x.period, x.outcome, x.due, x.next_due, x.rule, x.calendar, x.completion,
                                  x.completion_due, x.errors, x.members) AS object
          FROM (SELECT g.n, r_statement[g.n] AS s, r_ord[g.n] AS ord, r_task[g.n] AS task, r_period[g.n] AS period,
                       r_unit[g.n] AS unit, r_status[g.n] AS status, r_progress[g.n] AS progress, o_outcome[g.n] AS outcome,
                       o_due[g.n] AS due, o_next_due[g.n] AS next_due, o_rule[g.n] AS rule, o_calendar[g.n] AS calendar,
                       o_completion[g.n] AS completion, o_completion_due[g.n] AS completion_due, o_errors[g.n] AS errors,
                       o_line[g.n] AS more, o_members[g.n] AS members
                  FROM generate_series(1, cardinality(r_task)) g (n)
                OFFSET 0) x), -- each subscript once, however often it is used above
    chains AS (
        UPDATE duban.signing_key k SET last_seq = c.last_seq, last_id = c.last_id
          FROM (SELECT c_key[g.n] AS key, c_seq[g.n] AS seq, c_prev[g.n] AS prev, c_last_seq[g.n] AS last_seq, c_last_id[g.n] AS last_id
                  FROM generate_series(1, cardinality(c_key)) g (n)) c
         WHERE k.id = c.key AND k.last_seq = c.seq - 1 AND k.last_id = c.prev
        RETURNING 1),
    reports AS (
        INSERT INTO duban.report (entry, ord, task, period, unit, status, progress, outcome, due, next_due, rule, calendar,
                                  completion, completion_due, errors, line, members)
        SELECT r.entry, r.ord, r.task, r.period, r.unit, r.status, r.progress, r.outcome, r.due, r.next_due,
               r.rule, r.calendar, r.completion, r.completion_due, r.errors, r.more, r.members FROM r),
    verdicts AS (
        INSERT INTO duban.verdict (task, period, unit, silence, verdict, entry, received, rule, calendar)
        SELECT r.task, r.period, r.unit, false, r.outcome, r.entry, p_received, r.rule, r.calendar
          FROM r WHERE r.outcome <= 2
        UNION ALL
        SELECT r.task, '-', r.unit, false, r.completion, r.entry, p_received, NULL, NULL
          FROM r WHERE r.completion IS NOT NULL),
    states AS (
        INSERT INTO duban.task_state AS x (task, entry, ord, period, status, progress, received)
        SELECT DISTINCT ON (r.task) r.task, r.entry, r.ord, r.period, r.status, r.progress, p_received
          FROM r WHERE r.outcome IN (1, 2, 4) AND r.n <> ALL (beside)
         ORDER BY r.task, r.n DESC
        ON CONFLICT (task) DO UPDATE SET entry = excluded.entry, ord = excluded.ord, period = excluded.period,
            status = excluded.status, progress = excluded.progress, received = excluded.received),
    statements AS (
        INSERT INTO duban.statement (entry, id, payload_type, payload, signature, key, key_id, seq)
        SELECT p_old_size + x.s - 1, s_id[x.s], 'application/vnd.duban.report.v1+json', s_payload[x.s], s_sig[x.s], k.key, k.id, s_seq[x.s]
          FROM generate_series(1, cardinality(s_id)) x (s)
          JOIN duban.signing_key k ON k.id = s_key[x.s]
         -- else a place that is taken would be told as a broken constraint, not as a broken chain
         WHERE (SELECT count(*) FROM chains) = cardinality(c_key)),
    texts AS MATERIALIZED (
        SELECT z.index, z.outcome, z.entry, sha256('\x00'::bytea || z.entry) AS leaf
          FROM (SELECT p_old_size + x.s - 1 AS index, '[' || x.objects || ']' AS outcome,
                       convert_to(entry_head || s_tail[x.s] || 'outcomes-sha256 '
                                  || encode(sha256(convert_to(x.lines, 'UTF8')), 'hex') || E'\n', 'UTF8') AS entry
                  FROM (SELECT y.s, string_agg(y.line, '') AS lines, string_agg(y.object, ',') AS objects
                          FROM (SELECT r.s, r.line, r.object FROM r ORDER BY r.s, r.n) y GROUP BY y.s) x
                OFFSET 0) z),
    logged AS (
        INSERT INTO duban.log_entry (index, entry, hash)
        SELECT t.index, t.entry, t.leaf FROM texts t)
    SELECT array_agg(t.entry), array_agg(t.outcome), array_agg(t.leaf), (SELECT count(*) FROM chains)
      INTO entries, outcomes, leaves, chained FROM (SELECT x.* FROM texts x ORDER BY x.index) t;
    IF chained <> cardinality(c_key) THEN
        RAISE EXCEPTION 'a statement does not follow its key''s chain' USING ERRCODE = 'DB001';
    END IF;
    IF EXISTS (SELECT FROM duban."case" c WHERE c.closed IS NULL) THEN
        PERFORM duban.cases_close(array_agg(r.task), array_agg(r.period), array_agg(r.unit), array_agg(r.entry), 'reported')
           FROM (SELECT x.task, x.period, x.unit, p_old_size + x.s - 1 AS entry
                   FROM unnest(r_statement, r_task, r_period, r_unit, o_outcome) x (s, task, period, unit, outcome)
                  WHERE x.outcome <= 2
                 UNION ALL
                 SELECT x.task, '-', x.unit, p_old_size + x.s - 1
                   FROM unnest(r_statement, r_task, r_unit, o_completion) x (s, task, unit, completion)
                  WHERE x.completion IS NOT NULL) r;
    END IF;
    IF (cardinality(m_report) > 0 OR EXISTS (SELECT FROM duban.promise p WHERE p.kept IS NULL)) AND duban.promises_concern(s_payload, r_task) THEN
        PERFORM duban.promises_apply(p_received, p_old_size, s_payload, r_statement, r_ord, r_unit, r_task, r_status, o_outcome);
    END IF;
    PERFORM duban.log_grow(leaves, p_received, p_wall, p_old_size, p_old_frontier);
END
$$;
COMMENT ON FUNCTION duban.append_at(timestamptz, timestamptz, bigint, bytea[], bigint[], bigint[], bytea[], bigint[], bytea[], bytea[], bytea[], bytea[], bigint[], bigint[], text[], int[], smallint[], text[], text[], text[], smallint[], smallint[], boolean[], text[], int[], text[], text[])
    IS 'the part of append that depends on nothing but its arguments and the ledger; replay uses it';

CREATE FUNCTION duban.append(p_registry bigint, p_expected timestamptz, p_head_size bigint[], p_head_note text[],
    c_key bigint[], c_seq bigint[], c_prev bytea[], c_last_seq bigint[], c_last_id bytea[],
    s_id bytea[], s_payload bytea[], s_sig bytea[], s_key bigint[], s_seq bigint[], s_tail text[],
    r_statement int[], r_ord smallint[], r_unit text[], r_task text[], r_period text[],
    r_status smallint[], r_progress smallint[], r_repeat boolean[], r_errors text[],
    m_report int[], m_name text[], m_unit text[],
    OUT received timestamptz, OUT received_text text, OUT old_size bigint, OUT old_frontier bytea[],
    OUT entries bytea[], OUT outcomes text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    opened record;
BEGIN
    opened := duban.log_open(p_registry, p_expected);
    received := opened.received;
    received_text := duban.utc_micro(received);
    old_size := opened.old_size;
    old_frontier := opened.old_frontier;
    SELECT a.entries, a.outcomes INTO entries, outcomes
      FROM duban.append_at(received, opened.wall, old_size, old_frontier, c_key, c_seq, c_prev, c_last_seq, c_last_id,
               s_id, s_payload, s_sig, s_key, s_seq, s_tail, r_statement, r_ord, r_unit, r_task, r_period, r_status,
               r_progress, r_repeat, r_errors, m_report, m_name, m_unit) a;
    IF cardinality(p_head_size) > 0 THEN
        PERFORM duban.seal(p_head_size, p_head_note);
    END IF;
END
$$;
COMMENT ON FUNCTION duban.append(bigint, timestamptz, bigint[], text[], bigint[], bigint[], bytea[], bigint[], bytea[], bytea[], bytea[], bytea[], bigint[], bigint[], text[], int[], smallint[], text[], text[], text[], smallint[], smallint[], boolean[], text[], int[], text[], text[])
    IS 'one batch of report statements: places, verdicts, entries, ledger; DB001 chain, DB002 rate, DB003 clock, DB004 registry';
