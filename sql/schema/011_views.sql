-- SPDX-License-Identifier: BSD-2-Clause
-- Who sees what, and the documented views (docs/sql.md): a public interface.

-- What a person's own login reads: '*', a unit or post, or NULL.
CREATE FUNCTION duban.reader_code() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- a plan that was cached while a table was still empty must not scan it when it has grown
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN (
    SELECT CASE WHEN o.role IN ('office', 'chief') THEN '*' WHEN o.unit IS NOT NULL THEN o.unit ELSE l.code END
      FROM duban.login l LEFT JOIN duban.post o ON o.code = l.code WHERE l.login = session_user);
END
$$;
COMMENT ON FUNCTION duban.reader_code() IS 'what the session''s login reads: * for all, a unit, a post; by session_user, which SET ROLE does not change';

-- For whom a receiver reads in this transaction.
CREATE FUNCTION duban.receiver_code() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- a plan that was cached while a table was still empty must not scan it when it has grown
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN (
    SELECT CASE WHEN o.role IN ('office', 'chief') THEN '*' WHEN o.unit IS NOT NULL THEN o.unit ELSE x.code END
      FROM (SELECT current_setting('duban.client', true) AS code) x LEFT JOIN duban.post o ON o.code = x.code);
END
$$;
COMMENT ON FUNCTION duban.receiver_code() IS 'client for whom a receiver reads, from the transaction-local setting duban.client';

CREATE FUNCTION duban.tasks_of(p_code text, p_day date) RETURNS SETOF text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT a.task FROM duban.assignment a WHERE a.code = p_code
    UNION
    SELECT a.task FROM duban.roster_member m JOIN duban.assignment a ON a.code = m.roster AND a.roster
     WHERE m.code = p_code AND p_day BETWEEN coalesce(m.from_date, '-infinity') AND coalesce(m.to_date, 'infinity')
    UNION
    SELECT l.task FROM duban.task_leader l WHERE l.code = p_code
    UNION
    SELECT l.task FROM duban.roster_member m JOIN duban.task_leader l ON l.code = m.roster AND l.roster
     WHERE m.code = p_code AND p_day BETWEEN coalesce(m.from_date, '-infinity') AND coalesce(m.to_date, 'infinity')
    UNION
    SELECT c.task FROM duban.credential c WHERE c.owner = p_code;
END
$$;
COMMENT ON FUNCTION duban.tasks_of(text, date) IS 'tasks in which a unit has a part or which a post supervises, and what it is to renew';

CREATE FUNCTION duban.reader_tasks() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT duban.tasks_of(duban.reader_code(), duban.day(duban.now()))
$$;
COMMENT ON FUNCTION duban.reader_tasks() IS 'tasks that the session''s login may read';

CREATE FUNCTION duban.receiver_tasks() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT duban.tasks_of(duban.receiver_code(), duban.day(duban.now()))
$$;
COMMENT ON FUNCTION duban.receiver_tasks() IS 'tasks that the client of this transaction may read';

CREATE FUNCTION duban.task_read_by(p_task text, p_code text, p_day date) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM duban.assignment a WHERE a.task = p_task AND a.code = p_code)
        OR EXISTS (SELECT FROM duban.task_leader l WHERE l.task = p_task AND l.code = p_code)
        OR EXISTS (SELECT FROM duban.assignment a JOIN duban.roster_member m ON m.roster = a.code AND m.code = p_code
                    WHERE a.task = p_task AND a.roster AND p_day BETWEEN coalesce(m.from_date, '-infinity') AND coalesce(m.to_date, 'infinity'))
        OR EXISTS (SELECT FROM duban.task_leader l JOIN duban.roster_member m ON m.roster = l.code AND m.code = p_code
                    WHERE l.task = p_task AND l.roster AND p_day BETWEEN coalesce(m.from_date, '-infinity') AND coalesce(m.to_date, 'infinity'));
END
$$;
COMMENT ON FUNCTION duban.task_read_by(text, text, date) IS 'whether a task is among tasks_of a unit or post, without making the list';

-- A report's own JSON out of its statement, for whoever may read the task.
CREATE FUNCTION duban.report_body(p_entry bigint, p_ord smallint) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    who text;
    body jsonb;
BEGIN
    who := CASE WHEN pg_has_role(session_user, 'duban_auditor', 'member') OR session_user = 'duban_owner' THEN '*'
                WHEN EXISTS (SELECT FROM duban.login l WHERE l.login = session_user) THEN duban.reader_code()
                WHEN pg_has_role(session_user, 'duban_receiver', 'member') THEN duban.receiver_code() END;
    IF who IS NULL OR who <> '*' AND NOT EXISTS (
        SELECT FROM duban.report r WHERE r.entry = p_entry AND r.ord = p_ord AND duban.task_read_by(r.task, who, duban.day(duban.now())))
       AND NOT EXISTS (
        SELECT FROM duban.report_same r WHERE r.report_entry = p_entry AND r.report_ord = p_ord AND duban.task_read_by(r.task, who, duban.day(duban.now()))) THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(x.payload -> 'reports', x.payload -> 'records') -> p_ord::int INTO body
      FROM duban.statement s CROSS JOIN LATERAL (SELECT convert_from(s.payload, 'UTF8')::jsonb AS payload) x
     WHERE s.entry = p_entry AND s.payload_type IN ('application/vnd.duban.report.v1+json', 'application/vnd.duban.record.v1+json');
    RETURN body;
END
$$;
COMMENT ON FUNCTION duban.report_body(bigint, smallint) IS 'one report as it was signed (text, values, next step); NULL for a task that the session may not read';

-- A sender's clock is a claim: far off, it is flagged, never refused. Held against the real clock.
CREATE FUNCTION duban.iat_flagged(p_entry bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN (SELECT NOT (convert_from(s.payload, 'UTF8')::jsonb ->> 'iat')::timestamptz
                       BETWEEN h.wall - interval '24 hours' AND h.wall + interval '5 minutes'
              FROM duban.statement s
             CROSS JOIN LATERAL (SELECT x.wall FROM duban.head x WHERE x.size > s.entry ORDER BY x.size LIMIT 1) h
             WHERE s.entry = p_entry);
END
$$;
COMMENT ON FUNCTION duban.iat_flagged(bigint) IS 'true when the sender''s clock was over 5 minutes ahead or 24 hours behind the real one';

-- period: as printed; slot: the obligation's own name, which is another one when a period is owed again.
CREATE VIEW duban.v_due WITH (security_invoker = true) AS
SELECT t.plan, o.task, nullif(split_part(o.period, '!', 1), '-') AS period, o.unit, u.name AS unit_name, o.kind,
       coalesce(t.title, t.text) AS title, o.opens, o.due, o.cutoff, coalesce(t.approved, t.printed, t.inherited) AS task_due,
       CASE WHEN v.task IS NULL THEN CASE WHEN o.kind = 'resubmission' THEN 'returned'
                                          WHEN o.cutoff <= (SELECT duban.now()) THEN 'overdue' ELSE 'open' END
            WHEN o.kind = 'completion' THEN CASE WHEN t.closed IS NULL THEN 'submitted' ELSE 'accepted' END
            WHEN w.decision = 'accepted' AND NOT EXISTS (
                 SELECT FROM duban.report r WHERE r.task = o.task AND r.entry > w.entry AND r.period = w.period AND r.unit = o.unit
                    AND r.outcome IN (1, 2, 4)) THEN 'accepted'
            ELSE 'submitted' END AS state,
       v.received AS submitted, o.rule, o.calendar,
       CASE WHEN v.task IS NULL AND o.kind = 'resubmission' THEN w.reason END AS reason,
       (SELECT r.entry || '.' || r.ord FROM duban.report r
         WHERE v.task IS NULL AND r.task = o.task AND r.period = split_part(o.period, '!', 1) AND r.unit = o.unit AND r.outcome = 6
           AND NOT EXISTS (SELECT FROM duban.countersignature c WHERE c.report_entry = r.entry AND c.report_ord = r.ord)
         ORDER BY r.entry DESC, r.ord DESC LIMIT 1) AS waiting,
       (SELECT x.until FROM duban.extension x
         WHERE v.task IS NULL AND x.task = o.task AND x.period = o.period AND x.unit = o.unit
           AND NOT EXISTS (SELECT FROM duban.extension_decision d WHERE d.request_entry = x.entry AND d.request_ord = x.ord)
         ORDER BY x.entry DESC LIMIT 1) AS asked_until,
       o.period AS slot
  FROM duban.obligation o
  JOIN duban.task t ON t.name = o.task
  JOIN duban.unit u ON u.code = o.unit
  LEFT JOIN duban.verdict v ON v.task = o.task AND v.period = o.period AND v.unit = o.unit AND NOT v.silence
  LEFT JOIN LATERAL (SELECT x.decision, x.reason, x.entry, x.period FROM duban.review x
                      WHERE x.task = o.task AND x.period = split_part(o.period, '!', 1) AND x.unit = o.unit
                      ORDER BY x.entry DESC, x.ord DESC LIMIT 1) w ON true
 WHERE o.opens <= (SELECT duban.now()) AND (v.task IS NOT NULL OR t.released IS NULL OR o.cutoff > t.released);
COMMENT ON VIEW duban.v_due IS 'every opened obligation: report, completion, resubmission, by unit, with due instant and state (open, overdue, returned, submitted, accepted); what closing a task released is left out';

CREATE VIEW duban.v_overdue WITH (security_invoker = true) AS
SELECT t.plan, o.task, nullif(split_part(o.period, '!', 1), '-') AS period, o.unit, u.name AS unit_name, o.kind,
       coalesce(t.title, t.text) AS title, o.due, o.cutoff, 'overdue'::text AS state,
       (SELECT duban.now()) - o.cutoff AS late_by, c."case", c.level, c.held_until, c.next_at, o.period AS slot
  FROM duban.obligation o
  JOIN duban.task t ON t.name = o.task
  JOIN duban.unit u ON u.code = o.unit
  LEFT JOIN duban."case" c ON c.task = o.task AND c.period = o.period AND c.unit = o.unit AND c.closed IS NULL
 WHERE o.cutoff <= (SELECT duban.now()) AND (t.released IS NULL OR o.cutoff > t.released)
   AND NOT EXISTS (SELECT FROM duban.verdict v WHERE v.task = o.task AND v.period = o.period AND v.unit = o.unit AND NOT v.silence);
COMMENT ON VIEW duban.v_overdue IS 'obligations whose cut-off has passed without a report, with the level that the case has reached';

CREATE VIEW duban.v_ledger WITH (security_invoker = true) AS
SELECT t.plan, t.name AS task, t.no, t.kind, t.section, coalesce(t.title, t.text) AS title, t.text,
       t.accountable AS unit, u.name AS unit_name,
       ARRAY(SELECT a.code FROM duban.assignment a WHERE a.task = t.name AND a.role = 'co-lead' ORDER BY a.ordinal) AS co_leads,
       ARRAY(SELECT a.code FROM duban.assignment a WHERE a.task = t.name AND a.role = 'participant' ORDER BY a.ordinal) AS participants,
       ARRAY(SELECT l.code FROM duban.task_leader l WHERE l.task = t.name ORDER BY l.ordinal) AS leaders,
       t.printed, t.printed_raw, t.inherited, t.continuous,
       duban.status_name(s.status) AS status, nullif(s.progress, -1) AS progress, s.period AS last_period,
       s.entry AS last_entry, s.ord AS last_ord, s.received AS last_received,
       d.period AS open_period, d.due AS open_due,
       CASE WHEN t.withdrawn IS NOT NULL THEN 'withdrawn' WHEN t.accountable IS NULL THEN 'unassigned' WHEN t.closed IS NOT NULL THEN 'closed' WHEN d.state IS NOT NULL THEN d.state
            WHEN s.task IS NULL THEN 'silent' ELSE 'reported' END AS state,
       d.overdue, duban.verdict_name(f.verdict) AS completion,
       (SELECT count(*) FROM duban.extension e WHERE e.task = t.name) AS extensions,
       (SELECT count(*) FROM duban.extension_decision e WHERE e.task = t.name AND e.decision = 'granted') AS extended,
       (SELECT count(*) FROM duban.review e WHERE e.task = t.name AND e.decision = 'returned') AS returned,
       t.approved, t.closed
  FROM duban.task t
  LEFT JOIN duban.unit u ON u.code = t.accountable
  LEFT JOIN duban.task_state s ON s.task = t.name
  LEFT JOIN duban.verdict f ON f.task = t.name AND f.period = '-' AND f.unit = t.accountable AND NOT f.silence
  -- what is owed, looked up once: the first that is open, and how many are overdue
  LEFT JOIN LATERAL (SELECT (array_agg(y.period) FILTER (WHERE y.open))[1] AS period, (array_agg(y.due) FILTER (WHERE y.open))[1] AS due,
                            (array_agg(CASE WHEN y.kind = 'resubmission' THEN 'returned' WHEN y.late THEN 'overdue' ELSE 'open' END) FILTER (WHERE y.open))[1] AS state,
                            count(*) FILTER (WHERE y.late) AS overdue
                       FROM (SELECT nullif(split_part(o.period, '!', 1), '-') AS period, o.due, o.kind, o.opens <= (SELECT duban.now()) AS open,
                                    o.cutoff <= (SELECT duban.now()) AS late
                               FROM duban.obligation o
                              WHERE o.task = t.name AND (t.released IS NULL OR o.cutoff > t.released)
                                AND (o.opens <= (SELECT duban.now()) OR o.cutoff <= (SELECT duban.now()))
                                AND NOT EXISTS (SELECT FROM duban.verdict v WHERE v.task = o.task AND v.period = o.period AND v.unit = o.unit AND NOT v.silence)
                              ORDER BY o.due, o.period, o.unit) y) d ON true;
COMMENT ON VIEW duban.v_ledger IS 'the ledger: one row per task with owners, three deadlines kept apart (printed, inherited, approved), newest report and what is owed next; extensions asked and granted, reports returned';

CREATE VIEW duban.v_report WITH (security_invoker = true) AS
SELECT r.task, nullif(r.period, '-') AS period, r.unit, duban.outcome_name(coalesce(c.outcome, r.outcome)) AS outcome,
       duban.status_name(r.status) AS status, nullif(r.progress, -1) AS progress,
       b.body ->> 'text' AS text, b.body -> 'values' AS "values", b.body ->> 'risk' AS risk, b.body ->> 'next' AS next,
       (b.body ->> 'next_by')::date AS next_by, r.due, r.rule, r.calendar, duban.outcome_name(r.completion) AS completion,
       r.entry, r.ord, duban.iat_flagged(r.entry) AS iat_flagged, r.by_office, c.entry AS countersigned
  FROM duban.report r
  LEFT JOIN duban.countersignature c ON c.report_entry = r.entry AND c.report_ord = r.ord
  LEFT JOIN LATERAL (SELECT duban.report_body(r.entry, r.ord) AS body) b ON true
 WHERE r.outcome <> 5;
COMMENT ON VIEW duban.v_report IS 'accepted reports with their texts as signed; by_office: entered by the office for the unit; countersigned: the entry by which a waiting one came to count';

CREATE VIEW duban.v_second_verdict WITH (security_invoker = true) AS
SELECT t.plan, v.task, v.period, v.unit, duban.verdict_name(v.verdict) AS first, v.entry AS first_entry, v.received,
       x.second, q.due AS first_due, s.due AS second_due, v.rule, v.calendar AS first_calendar, s.calendar AS second_calendar, s.entry
  FROM duban.second_due s
  JOIN duban.plan_period q ON q.plan = s.plan AND q.period = s.period
  JOIN duban.task t ON t.plan = s.plan
  JOIN duban.verdict v ON v.task = t.name AND v.period = s.period
  JOIN duban.obligation o ON o.task = v.task AND o.period = v.period AND o.unit = v.unit AND o.cutoff = q.cutoff
  LEFT JOIN duban.verdict r ON v.silence AND r.task = v.task AND r.period = v.period AND r.unit = v.unit AND NOT r.silence
 CROSS JOIN LATERAL (SELECT CASE WHEN NOT v.silence THEN CASE WHEN v.received < s.cutoff THEN 'on-time' ELSE 'late' END
                                 WHEN r.received < s.cutoff THEN 'not-missing'
                                 WHEN s.cutoff > (SELECT duban.now()) AND r.received IS NULL THEN 'open' ELSE 'missing' END AS second) x
 WHERE x.second <> duban.verdict_name(v.verdict)
   AND NOT EXISTS (SELECT FROM duban.second_due y WHERE y.plan = s.plan AND y.period = s.period AND y.entry > s.entry);
COMMENT ON VIEW duban.v_second_verdict IS 'verdicts that a corrected calendar would have decided otherwise: the first stays, the second stands beside it with the entry of the correction';

CREATE VIEW duban.v_verdict WITH (security_invoker = true) AS
SELECT t.plan, v.task, nullif(v.period, '-') AS period, v.unit, duban.verdict_name(v.verdict) AS verdict, v.received,
       v.rule, v.calendar, v.entry, v.by_office, s.second, s.second_due, s.second_calendar, s.entry AS second_entry,
       v.verdict = 2 AND coalesce(duban.was_blind(o.cutoff, v.received), false) AS blind
  FROM duban.verdict v
  JOIN duban.task t ON t.name = v.task
  LEFT JOIN duban.obligation o ON o.task = v.task AND o.period = v.period AND o.unit = v.unit
  -- most periods were never corrected: that is asked first
  LEFT JOIN LATERAL (SELECT x.* FROM duban.v_second_verdict x
                      WHERE (SELECT EXISTS (SELECT FROM duban.second_due y WHERE y.plan = t.plan AND y.period = v.period))
                        AND x.task = v.task AND x.period = v.period AND x.unit = v.unit AND x.first_entry = v.entry OFFSET 0) s ON true;
COMMENT ON VIEW duban.v_verdict IS 'every verdict with the entry that holds it; missing stays beside a late that follows; PERIOD!N: owed again, PERIOD!eN: a further silence after an extension; by_office: by a report that the office entered; second: what a corrected calendar would have decided, where it differs; blind: late, but nobody could have delivered in time: the cut-off lay in a blind period or its drain time';

CREATE VIEW duban.v_unit_punctuality WITH (security_invoker = true) AS
SELECT x.plan, x.period, x.unit, x.unit_name, x.expected, x.on_time, x.late, x.missing, x.open, x.decided, x.by_office, x.returned, x.returned_late,
       round(100.0 * x.on_time / nullif(x.decided, 0), 1) AS punctuality,
       round(100.0 * (x.on_time + x.late) / nullif(x.decided, 0), 1) AS completeness, x.blind
  FROM (SELECT t.plan, o.period, o.unit, u.name AS unit_name, count(*) AS expected,
               count(*) FILTER (WHERE v.verdict = 1) AS on_time, count(*) FILTER (WHERE v.verdict IN (2, 4)) AS late,
               count(*) FILTER (WHERE v.verdict IS NULL AND o.cutoff <= (SELECT duban.now())) AS missing,
               count(*) FILTER (WHERE v.verdict IS NULL AND o.cutoff > (SELECT duban.now())) AS open,
               count(*) FILTER (WHERE v.verdict IS NOT NULL OR o.cutoff <= (SELECT duban.now())) AS decided,
               count(*) FILTER (WHERE v.by_office) AS by_office,
               count(*) FILTER (WHERE v.verdict = 2 AND duban.was_blind(o.cutoff, v.received)) AS blind,
               count(*) FILTER (WHERE EXISTS (SELECT FROM duban.review w WHERE w.task = o.task AND w.period = o.period AND w.unit = o.unit AND w.decision = 'returned')) AS returned,
               count(*) FILTER (WHERE EXISTS (SELECT FROM duban.review w JOIN duban.verdict y ON y.task = w.task AND y.period = w.slot AND y.unit = w.unit
                                               WHERE w.task = o.task AND w.period = o.period AND w.unit = o.unit AND y.verdict = 4)) AS returned_late
          FROM duban.obligation o
          JOIN duban.task t ON t.name = o.task
          JOIN duban.unit u ON u.code = o.unit
          LEFT JOIN duban.verdict v ON v.task = o.task AND v.period = o.period AND v.unit = o.unit AND NOT v.silence
         WHERE o.kind = 'report' AND o.opens <= (SELECT duban.now()) AND (v.task IS NOT NULL OR t.released IS NULL OR o.cutoff > t.released)
         GROUP BY t.plan, o.period, o.unit, u.name) x;
COMMENT ON VIEW duban.v_unit_punctuality IS 'reports by unit and period: expected (what was owed), on time, late, missing, open; punctuality and completeness in percent of decided; by_office: of those in, how many the office entered; returned: at least once, returned_late: sent again too late; blind: of the late ones, those that nobody could have delivered in time';

CREATE VIEW duban.v_unassigned WITH (security_invoker = true) AS
SELECT t.plan, t.name AS task, t.no, coalesce(t.title, t.text) AS title,
       CASE WHEN a.code IS NULL THEN 'no lead' ELSE 'lead is a group' END AS why, a.code AS lead, r.name AS lead_name
  FROM duban.task t
  LEFT JOIN duban.assignment a ON a.task = t.name AND a.role = 'lead'
  LEFT JOIN duban.roster r ON r.code = a.code
 WHERE t.accountable IS NULL AND t.withdrawn IS NULL
   AND NOT EXISTS (SELECT FROM duban.obligation o WHERE o.task = t.name AND o.kind = 'report');
COMMENT ON VIEW duban.v_unassigned IS 'tasks that owe nothing because no single unit leads them and their rule asks no other';

CREATE VIEW duban.v_alert WITH (security_invoker = true) AS
SELECT a.alert, a.number, a.bundle, a.kind, a."case", a.level, a.post, o.name AS post_name, c.task, nullif(split_part(c.period, '!', 1), '-') AS period,
       c.unit, c.due, a.at, a.raised, a.why, a.entry, c.closed IS NULL AS open, c.reason,
       k.entry AS acknowledged, k.comment, k.held_until, a.round, a.rehearsal, a.deliver_at, k.delegate, k.told
  FROM duban.alert a
  JOIN duban."case" c ON c."case" = a."case"
  JOIN duban.post o ON o.code = a.post
  LEFT JOIN LATERAL (SELECT x.* FROM duban.acknowledgement x WHERE x.alert = a.alert ORDER BY x.entry LIMIT 1) k ON true;
COMMENT ON VIEW duban.v_alert IS 'numbered alerts with case, addressee and acknowledgement (by a delegate for the post, or told by 督查室); rehearsal: delivered to nobody';

CREATE VIEW duban.v_calendar_gap WITH (security_invoker = true) AS
SELECT q.plan, q.period, q.due, q.rule, q.calendar FROM duban.plan_period q WHERE NOT q.loaded AND q.owed;
COMMENT ON VIEW duban.v_calendar_gap IS 'periods whose due day lies outside the loaded calendar and counts Monday to Friday for now';

CREATE VIEW duban.missing_verdicts WITH (security_invoker = true) AS
SELECT o.task, o.period, o.unit, o.cutoff FROM duban.obligation o
 WHERE o.cutoff < (SELECT duban.now()) - interval '2 minutes'
   AND NOT EXISTS (SELECT FROM duban.task t WHERE t.name = o.task AND o.cutoff <= t.released)
   AND NOT EXISTS (SELECT FROM duban.verdict v WHERE v.task = o.task AND v.period = o.period AND v.unit = o.unit)
   AND duban.pushed_blind(o.cutoff) < (SELECT duban.now()) - interval '2 minutes';
COMMENT ON VIEW duban.missing_verdicts IS 'must be empty: obligations past their cut-off without any verdict (a cut-off in a blind period counts from the end of its drain time)';

-- Whether what is due of a lateness has been raised: the first step behind the due instant, then each next one.
CREATE VIEW duban.missing_alerts WITH (security_invoker = true) AS
SELECT o.task, o.period, o.unit, o.cutoff, c."case", c.level, c.next_at
  FROM duban.obligation o
  LEFT JOIN duban.task t ON t.name = o.task
  LEFT JOIN duban.plan p ON p.handle = t.plan
  LEFT JOIN duban."case" c ON c.task = o.task AND c.period = o.period AND c.unit = o.unit AND c.closed IS NULL
 CROSS JOIN LATERAL (SELECT x.* FROM duban.ladder x WHERE x.code = coalesce(c.ladder, p.ladder, o.kind)
                        AND x.entry <= coalesce(c.ladder_entry, 9223372036854775807) ORDER BY x.entry DESC LIMIT 1) l
 WHERE o.cutoff < (SELECT duban.now()) - interval '2 minutes' AND (t.released IS NULL OR o.cutoff > t.released)
   AND NOT EXISTS (SELECT FROM duban.verdict v WHERE v.task = o.task AND v.period = o.period AND v.unit = o.unit AND NOT v.silence)
   AND (c."case" IS NULL AND o.kind = ANY (l.kinds) AND EXISTS (SELECT FROM duban.ladder_step s WHERE s.code = l.code AND s.entry = l.entry AND s.after = 0)
            AND duban.pushed(o.cutoff, o.task, o.unit) < (SELECT duban.now()) - interval '2 minutes'
        OR duban.pushed(c.next_at, o.task, o.unit) < (SELECT duban.now()) - interval '2 minutes'
        OR c.step > 0 AND c.next_at IS NULL AND c.step < duban.step_last(c.ladder, c.ladder_entry, t.printed IS NULL AND t.approved IS NULL AND o.kind = 'completion' OR o.kind = 'answer')
        OR c.level = 0 AND greatest(c.next_at, c.held_until) > duban.pushed(o.cutoff, o.task, o.unit)
            AND EXISTS (SELECT FROM duban.ladder_step s WHERE s.code = c.ladder AND s.entry = c.ladder_entry AND s.after = 0));
COMMENT ON VIEW duban.missing_alerts IS 'must be empty: latenesses whose ladder step has passed without being raised';

CREATE VIEW duban.orphans WITH (security_invoker = true) AS
SELECT 'statement' AS kind, s.entry, NULL::text AS task FROM duban.statement s WHERE NOT EXISTS (SELECT FROM duban.log_entry e WHERE e.index = s.entry)
UNION ALL SELECT 'report', r.entry, r.task FROM duban.report r WHERE NOT EXISTS (SELECT FROM duban.statement s WHERE s.entry = r.entry)
UNION ALL SELECT 'verdict', v.entry, v.task FROM duban.verdict v WHERE NOT EXISTS (SELECT FROM duban.log_entry e WHERE e.index = v.entry)
UNION ALL SELECT 'alert', a.entry, NULL FROM duban.alert a WHERE NOT EXISTS (SELECT FROM duban.log_entry e WHERE e.index = a.entry)
UNION ALL SELECT 'assignment', NULL, a.task FROM duban.assignment a WHERE NOT EXISTS (SELECT FROM duban.task t WHERE t.name = a.task);
COMMENT ON VIEW duban.orphans IS 'must be empty: rows that point at an entry, statement or task that does not exist';
