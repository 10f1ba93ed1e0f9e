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

GRANT SELECT ON duban.v_quiet, duban.v_unverifiable, duban.v_workload
    TO duban_receiver, duban_alerter, duban_reader, duban_auditor;
