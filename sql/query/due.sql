-- SPDX-License-Identifier: BSD-2-Clause
-- also as of
-- $1 limit, $2 cursor (due, task, slot and unit of the last item), NULL at first: what the client owes
-- and what it submitted last; posts see the tasks they supervise, operators all. What is owed again
-- stands in the place of what was returned.
SELECT i.cursor, json_strip_nulls(json_build_object(
           'obligation', i.task || '@' || i.slot, 'unit', i.unit, 'unit_name', i.unit_name, 'task', i.task,
           'period', CASE i.kind WHEN 'answer' THEN k.period ELSE i.period END, 'title', i.title, 'kind', CASE i.kind WHEN 'resubmission' THEN 'report' ELSE i.kind END,
           'due', duban.utc_second(i.due), 'task_due', i.task_due,
           'state', i.state, 'reason', i.reason, 'waiting', i.waiting, 'asked_until', i.asked_until,
           'returned', CASE WHEN i.state = 'returned' THEN (
               SELECT json_build_object('report', w.report_entry || '.' || w.report_ord, 'post', w.post, 'round', w.round,
                                        'text', duban.report_body(w.report_entry, w.report_ord) ->> 'text')
                 FROM duban.review w WHERE w.task = i.task AND w.slot = i.slot) END,
           'ask', k.ask, 'asked_by', k.unit, 'text', k.text, 'explain', CASE WHEN i.kind = 'report' THEN
               (SELECT json_agg(json_build_object('name', f.name, 'from', f.fell_from::text, 'to', f.value::text, 'period', f.period, 'entry', f.entry) ORDER BY f.entry, f.name)
                  FROM duban.v_fallen f WHERE f.task = i.task AND f.unit = i.unit AND f.explanation IS NULL) END, 'targets', (SELECT json_agg(json_strip_nulls(json_build_object('name', g.name, 'op', g.op, 'value', g.value::text, 'unit', g.unit,
                                              'cumulative', CASE WHEN g.cumulative THEN true END)) ORDER BY g.ordinal)
                                           FROM duban.target g WHERE g.task = i.task),
           'last', (SELECT json_build_object('period', s.period, 'status', duban.status_name(s.status),
                           'progress', nullif(s.progress, -1), 'text', b.body ->> 'text', 'values', b.body -> 'values',
                           'entry', s.entry, 'received', duban.utc_micro(s.received))
                      FROM duban.task_state s CROSS JOIN LATERAL (SELECT duban.report_body(s.entry, s.ord) AS body) b
                     WHERE s.task = i.task)))::text AS item
  FROM (SELECT extract(epoch FROM d.due)::bigint || '~' || d.task || '~' || d.slot || '~' || d.unit AS cursor, d.*
          FROM (SELECT v.*, row_number() OVER (PARTITION BY v.task, v.unit, CASE WHEN v.kind IN ('completion', 'answer') THEN v.kind END, v.state IN ('submitted', 'accepted')
                                                   ORDER BY v.due DESC) AS newest
                  FROM duban.v_due v
                 WHERE ((SELECT duban.receiver_code()) = '*' OR v.unit = (SELECT duban.receiver_code())
                        OR EXISTS (SELECT FROM duban.post o WHERE o.code = (SELECT duban.receiver_code())))
                   AND NOT EXISTS (SELECT FROM duban.slot s JOIN duban.obligation a ON a.task = s.task AND a.period = s.period
                                    WHERE s.task = v.task AND s.base = split_part(v.slot, '!', 1) AND a.unit = v.unit AND a.opens > v.opens)) d
         WHERE (d.state NOT IN ('submitted', 'accepted') OR d.newest = 1)
           AND ($2::text IS NULL OR (d.due, d.task, d.slot, d.unit)
                > (to_timestamp(split_part($2::text, '~', 1)::bigint), split_part($2::text, '~', 2), split_part($2::text, '~', 3), split_part($2::text, '~', 4)))
         ORDER BY d.due, d.task, d.slot, d.unit LIMIT $1::int) i
  LEFT JOIN duban.v_ask k ON i.kind = 'answer' AND k.task = i.task AND 'ask!' || k.ask = i.slot
 ORDER BY i.due, i.task, i.slot, i.unit
