-- SPDX-License-Identifier: BSD-2-Clause
-- also as of
-- $1 limit, $2 cursor (plan and ordinal of the last task), $3 plan, $4 unit (code, name or alias of any time: also
-- tasks that it was accountable for once), $5 state (each NULL = any), $6 light rule (NULL = the standard one):
-- the ledger as the client may see it.
SELECT l.cursor, json_strip_nulls(json_build_object(
           'task', l.task, 'plan', l.plan, 'no', l.no, 'kind', l.kind, 'title', l.title, 'unit', l.unit, 'unit_name', l.unit_name,
           'co_leads', l.co_leads, 'participants', l.participants, 'leaders', l.leaders, 'deadline', l.printed,
           'deadline_raw', l.printed_raw, 'inherited', l.inherited, 'approved', l.approved, 'extensions', nullif(l.extensions, 0), 'extended', nullif(l.extended, 0),
           'returned', nullif(l.returned, 0), 'closed', l.closed, 'continuous', l.continuous, 'status', l.status,
           'progress', l.progress, 'last_period', l.last_period, 'last_entry', l.last_entry, 'last_received', duban.utc_micro(l.last_received),
           'text', duban.report_body(l.last_entry, l.last_ord) ->> 'text',
           'period', l.open_period, 'due', duban.utc_second(l.open_due), 'state', l.state, 'overdue', l.overdue,
           'completion', l.completion, 'former', (SELECT json_agg(json_build_object('unit', x.unit, 'name', x.unit_name, 'until', duban.utc_second(x.until)) ORDER BY x.until)
                                                    FROM duban.v_tenure x WHERE x.task = l.task AND x.until IS NOT NULL),
           'light', g.light, 'light_rule', g.rule, 'light_meaning', g.meaning, 'light_why', g.why, 'light_why_en', g.why_en))::text AS item
  FROM (SELECT t.plan || '~' || t.ordinal AS cursor, t.ordinal, v.*
          FROM duban.task t JOIN duban.v_ledger v ON v.task = t.name
         CROSS JOIN (SELECT ARRAY(SELECT u.code FROM duban.unit u WHERE $4::text IN (u.code, u.name)
                                  UNION SELECT a.unit FROM duban.unit_alias a WHERE a.name = $4::text) AS codes) w
         WHERE ($2::text IS NULL OR (t.plan, t.ordinal) > (split_part($2::text, '~', 1), split_part($2::text, '~', 2)::int))
           AND ($3::text IS NULL OR t.plan = $3::text)
           AND ($4::text IS NULL OR t.name IN (SELECT x.name FROM duban.task x WHERE x.accountable = ANY (w.codes)
                                                UNION SELECT x.task FROM duban.tenure x WHERE x.unit = ANY (w.codes)))
           AND ($5::text IS NULL OR v.state = $5::text)
         ORDER BY t.plan, t.ordinal LIMIT $1::int) l
  LEFT JOIN LATERAL (SELECT v.rule, v.light, v.meaning, v.why, v.why_en FROM duban.v_light v
                      WHERE v.task = l.task AND v.rule = (SELECT coalesce($6::text, (SELECT y.code FROM duban.light y WHERE y.standard
                            AND y.entry = (SELECT max(z.entry) FROM duban.light z WHERE z.code = y.code) ORDER BY y.entry DESC LIMIT 1)))) g ON true
 ORDER BY l.plan, l.ordinal
