-- SPDX-License-Identifier: BSD-2-Clause
-- What the office asks for every quarter, as documented views (docs/sql.md). Counts, never rankings; every rate
-- stands beside its denominator. All of them are seen through the reader's own rights.

CREATE VIEW duban.v_quiet WITH (security_invoker = true) AS
SELECT t.plan, t.name AS task, coalesce(t.title, t.text) AS title, t.accountable AS unit, u.name AS unit_name,
       s.received AS last_received, s.entry AS last_entry, duban.status_name(s.status) AS status,
       duban.months_between(duban.day(coalesce(s.received, p.received)), duban.day((SELECT duban.now()))) AS months_silent,
       duban.day((SELECT duban.now())) - duban.day(coalesce(s.received, p.received)) AS days_silent, m.missed
  FROM duban.task t
  JOIN duban.plan p ON p.handle = t.plan
  JOIN duban.unit u ON u.code = t.accountable
  LEFT JOIN duban.task_state s ON s.task = t.name
 CROSS JOIN LATERAL (SELECT count(*) AS missed FROM duban.obligation o
                      WHERE o.task = t.name AND o.unit = t.accountable AND o.kind = 'report' AND o.cutoff <= (SELECT duban.now())
                        AND o.opens > coalesce(s.received, '-infinity')
                        AND NOT EXISTS (SELECT FROM duban.verdict v WHERE v.task = o.task AND v.period = o.period AND v.unit = o.unit AND NOT v.silence)) m
 WHERE t.withdrawn IS NULL AND t.closed IS NULL AND coalesce(s.status, 0) <> 4 AND (m.missed > 0 OR s.task IS NULL AND p.received < (SELECT duban.now()) - interval '744 hours');
COMMENT ON VIEW duban.v_quiet IS 'tasks that have gone quiet: a period fell due after the last word and nothing came, or nothing ever came for a month; the longest silence is the loudest';

CREATE VIEW duban.v_unverifiable WITH (security_invoker = true) AS
SELECT t.plan, t.name AS task, t.no, coalesce(t.title, t.text) AS title, t.accountable AS unit, u.name AS unit_name, t.continuous
  FROM duban.task t
  LEFT JOIN duban.unit u ON u.code = t.accountable
 WHERE t.withdrawn IS NULL AND t.printed IS NULL AND t.approved IS NULL
   AND NOT EXISTS (SELECT FROM duban.target g WHERE g.task = t.name AND g.value IS NOT NULL);
COMMENT ON VIEW duban.v_unverifiable IS 'tasks that nobody can check: neither a number to reach nor a date of their own';

CREATE VIEW duban.v_workload WITH (security_invoker = true) AS
SELECT t.plan, q.period, o.unit, u.name AS unit_name, count(*) FILTER (WHERE o.kind = 'report') AS reports,
       count(*) FILTER (WHERE o.kind = 'completion') AS completions, count(*) FILTER (WHERE o.kind NOT IN ('report', 'completion')) AS extra,
       count(DISTINCT o.task) AS tasks, count(DISTINCT duban.day(o.due)) AS days, count(*) AS asked
  FROM duban.obligation o
  JOIN duban.task t ON t.name = o.task
  JOIN duban.unit u ON u.code = o.unit
  LEFT JOIN LATERAL (SELECT y.period FROM duban.plan_period y WHERE y.plan = t.plan AND y.opens <= o.opens ORDER BY y.ordinal DESC LIMIT 1) q ON true
 WHERE o.opens <= (SELECT duban.now())
 GROUP BY t.plan, q.period, o.unit, u.name;
COMMENT ON VIEW duban.v_workload IS 'how much was asked of each unit while a period was the newest open one: reports, completions, extra (returns, questions, promises), of how many tasks, falling due on how many days';

CREATE VIEW duban.v_returned WITH (security_invoker = true) AS
SELECT t.plan, w.task, coalesce(t.title, t.text) AS title, w.period, w.unit, u.name AS unit_name, w.round, w.reason, w.post, w.due, w.slot,
       w.report_entry || '.' || w.report_ord AS report,
       CASE WHEN v.task IS NOT NULL THEN duban.verdict_name(v.verdict) WHEN t.released >= w.cutoff THEN 'released'
            WHEN w.cutoff <= (SELECT duban.now()) THEN 'missing' ELSE 'open' END AS state, v.entry AS resubmitted, w.entry, w.ord
  FROM duban.obligation o
  JOIN duban.review w ON w.task = o.task AND w.slot = o.period AND w.unit = o.unit
  JOIN duban.task t ON t.name = w.task
  JOIN duban.unit u ON u.code = w.unit
  LEFT JOIN duban.verdict v ON v.task = w.task AND v.period = w.slot AND v.unit = w.unit AND NOT v.silence
 WHERE o.kind = 'resubmission' AND w.decision = 'returned';
COMMENT ON VIEW duban.v_returned IS 'reports that were returned: by whom and why, the how-manieth time, and what became of it (open, on-time, returned-late, missing)';

CREATE VIEW duban.v_extended WITH (security_invoker = true) AS
SELECT t.plan, t.name AS task, coalesce(t.title, t.text) AS title, t.accountable AS unit, u.name AS unit_name, coalesce(t.printed, t.inherited) AS first_deadline,
       coalesce(t.approved, t.printed, t.inherited) AS deadline, x.granted, x.refused, x.asked, x.last_reason, x.last_entry
  FROM duban.task t
  LEFT JOIN duban.unit u ON u.code = t.accountable
 CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE d.decision = 'granted') AS granted, count(*) FILTER (WHERE d.decision = 'refused') AS refused, count(*) AS asked,
                            (array_agg(e.reason ORDER BY e.entry DESC, e.ord DESC))[1] AS last_reason, max(e.entry) AS last_entry
                       FROM duban.extension e LEFT JOIN duban.extension_decision d ON d.request_entry = e.entry AND d.request_ord = e.ord
                      WHERE e.task = t.name) x
 WHERE t.withdrawn IS NULL AND x.granted > 1;
COMMENT ON VIEW duban.v_extended IS 'tasks whose time was extended more than once: the date that was printed or inherited, the one that holds, and how often was asked, granted and refused';

CREATE VIEW duban.v_office_record WITH (security_invoker = true) AS
SELECT t.plan, o.period, o.unit, u.name AS unit_name, count(*) AS records, count(*) FILTER (WHERE v.verdict = 1) AS on_time,
       count(*) FILTER (WHERE v.verdict IN (2, 4)) AS late, min(v.entry) AS first_entry, max(v.entry) AS last_entry
  FROM duban.obligation o
  JOIN duban.task t ON t.name = o.task
  JOIN duban.unit u ON u.code = o.unit
  JOIN duban.verdict v ON v.task = o.task AND v.period = o.period AND v.unit = o.unit AND NOT v.silence AND v.by_office
 WHERE o.kind = 'report'
 GROUP BY t.plan, o.period, o.unit, u.name;
COMMENT ON VIEW duban.v_office_record IS 'verdicts that rest on what the office entered for a unit (paper, mail, chat), counted apart by unit and period';

GRANT SELECT ON duban.v_quiet, duban.v_returned, duban.v_extended, duban.v_office_record, duban.v_unverifiable, duban.v_workload
    TO duban_receiver, duban_alerter, duban_reader, duban_auditor;
