-- SPDX-License-Identifier: BSD-2-Clause
-- $1 limit, $2 cursor (plan and ordinal of the last task), $3 plan, $4 unit, $5 state (each NULL = any):
-- the ledger as the client may see it.
SELECT l.cursor, json_strip_nulls(json_build_object(
           'task', l.task, 'plan', l.plan, 'no', l.no, 'kind', l.kind, 'title', l.title, 'unit', l.unit, 'unit_name', l.unit_name,
           'co_leads', l.co_leads, 'participants', l.participants, 'leaders', l.leaders, 'deadline', l.printed,
           'deadline_raw', l.printed_raw, 'inherited', l.inherited, 'continuous', l.continuous, 'status', l.status,
           'progress', l.progress, 'last_period', l.last_period, 'last_entry', l.last_entry, 'last_received', duban.utc_micro(l.last_received),
           'text', duban.report_body(l.last_entry, l.last_ord) ->> 'text',
           'period', l.open_period, 'due', duban.utc_second(l.open_due), 'state', l.state, 'overdue', l.overdue,
           'completion', l.completion))::text AS item
  FROM (SELECT t.plan || '~' || t.ordinal AS cursor, t.ordinal, v.*
          FROM duban.task t JOIN duban.v_ledger v ON v.task = t.name
         WHERE ($2::text IS NULL OR (t.plan, t.ordinal) > (split_part($2::text, '~', 1), split_part($2::text, '~', 2)::int))
           AND ($3::text IS NULL OR t.plan = $3::text)
           AND ($4::text IS NULL OR t.accountable = $4::text)
           AND ($5::text IS NULL OR v.state = $5::text)
         ORDER BY t.plan, t.ordinal LIMIT $1::int) l
 ORDER BY l.plan, l.ordinal
