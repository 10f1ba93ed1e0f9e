-- SPDX-License-Identifier: BSD-2-Clause
-- also as of
-- $1 limit, $2 cursor (due, task and period of the last item), NULL at first: what the client owes
-- and what it submitted last; posts see the tasks they supervise, operators all.
SELECT i.cursor, json_strip_nulls(json_build_object(
           'obligation', i.task || '@' || coalesce(i.period, '-'), 'unit', i.unit, 'unit_name', i.unit_name, 'task', i.task,
           'period', i.period, 'title', i.title, 'kind', i.kind, 'due', duban.utc_second(i.due), 'task_due', i.task_due,
           'state', i.state, 'targets', (SELECT json_agg(json_strip_nulls(json_build_object('name', g.name, 'op', g.op, 'value', g.value::text, 'unit', g.unit)) ORDER BY g.ordinal)
                                           FROM duban.target g WHERE g.task = i.task),
           'last', (SELECT json_build_object('period', s.period, 'status', duban.status_name(s.status),
                           'progress', nullif(s.progress, -1), 'text', b.body ->> 'text', 'values', b.body -> 'values',
                           'entry', s.entry, 'received', duban.utc_micro(s.received))
                      FROM duban.task_state s CROSS JOIN LATERAL (SELECT duban.report_body(s.entry, s.ord) AS body) b
                     WHERE s.task = i.task)))::text AS item
  FROM (SELECT extract(epoch FROM d.due)::bigint || '~' || d.task || '~' || coalesce(d.period, '-') AS cursor, d.*
          FROM (SELECT v.*, row_number() OVER (PARTITION BY v.task, v.unit, v.kind, v.state = 'submitted' ORDER BY v.due DESC) AS newest
                  FROM duban.v_due v
                 WHERE (SELECT duban.receiver_code()) = '*' OR v.unit = (SELECT duban.receiver_code())
                    OR EXISTS (SELECT FROM duban.post o WHERE o.code = (SELECT duban.receiver_code()))) d
         WHERE (d.state <> 'submitted' OR d.newest = 1)
           AND ($2::text IS NULL OR (d.due, d.task, coalesce(d.period, '-'))
                > (to_timestamp(split_part($2::text, '~', 1)::bigint), split_part($2::text, '~', 2), split_part($2::text, '~', 3)))
         ORDER BY d.due, d.task, coalesce(d.period, '-') LIMIT $1::int) i
 ORDER BY i.due, i.task, coalesce(i.period, '-')
