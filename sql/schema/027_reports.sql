-- SPDX-License-Identifier: BSD-2-Clause
-- Findings: what counts against a unit, each with the entry that holds it and what the unit said about it.

CREATE INDEX case_obligation ON duban."case" (task, period, unit);

CREATE VIEW duban.v_finding WITH (security_invoker = true) AS
SELECT t.plan, o.task, coalesce(t.title, t.text) AS title, nullif(split_part(o.period, '!', 1), '-') AS period, o.kind, o.unit, u.name AS unit_name, o.due,
       CASE x.report WHEN 2 THEN 'late' WHEN 4 THEN 'returned-late' ELSE 'missing' END AS finding, x.entry, x.received, x.made_up,
       a.entry AS answer_entry, a.answer
  FROM duban.obligation o
  JOIN duban.task t ON t.name = o.task
  JOIN duban.unit u ON u.code = o.unit
 CROSS JOIN LATERAL (SELECT max(v.verdict) FILTER (WHERE NOT v.silence) AS report, min(v.entry) AS entry, min(v.received) AS received,
                            max(v.verdict) AS worst, min(v.entry) FILTER (WHERE NOT v.silence) AS made_up
                       FROM duban.verdict v WHERE v.task = o.task AND v.period = o.period AND v.unit = o.unit) x
  LEFT JOIN LATERAL (SELECT y.entry, y.answer FROM (
        (SELECT r.entry, duban.report_body(r.entry, r.ord) ->> 'text' AS answer FROM duban.report r
          WHERE r.task = o.task AND r.unit = o.unit AND r.entry >= x.entry AND r.outcome IN (1, 2, 4)
            AND (r.period = split_part(o.period, '!', 1) OR split_part(o.period, '!', 1) = '-') ORDER BY r.entry DESC, r.ord DESC LIMIT 1)
        UNION ALL
        (SELECT k.entry, k.comment FROM duban."case" c JOIN duban.alert e ON e."case" = c."case"
           JOIN duban.acknowledgement k ON k.alert = e.alert JOIN duban.post s ON s.code = k.post AND s.unit = o.unit
          WHERE c.task = o.task AND c.period = o.period AND c.unit = o.unit AND k.comment IS NOT NULL ORDER BY k.entry DESC LIMIT 1)) y
       WHERE y.answer IS NOT NULL ORDER BY y.entry DESC LIMIT 1) a ON true
 WHERE x.worst > 1;
COMMENT ON VIEW duban.v_finding IS 'what counts against a unit: late, missing, returned-late, with the entry of the verdict, the report that made up for it, and the unit''s newest answer (report or comment) with its entry';

GRANT SELECT ON duban.v_finding TO duban_receiver, duban_alerter, duban_reader, duban_auditor;
