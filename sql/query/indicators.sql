-- SPDX-License-Identifier: BSD-2-Clause
-- also as of
-- $1 limit, $2 cursor (task and place of the target), $3 plan, $4 unit (each NULL = any): targets with their newest value and pace.
SELECT i.task || '~' || i.place AS cursor, json_strip_nulls(json_build_object(
           'task', i.task, 'plan', i.plan, 'title', left(i.title, 200), 'unit', i.unit, 'unit_name', i.unit_name, 'name', i.name, 'op', i.op,
           'target', i.target::text, 'measure', i.measure, 'baseline', i.baseline::text, 'cumulative', nullif(i.cumulative, false),
           'value', i.value::text, 'period', i.period, 'entry', i.entry, 'share', i.share::text, 'expected', i.expected::text, 'expected_now', i.expected_now::text,
           'behind', i.behind::text, 'met', i.met, 'fell_from', i.fell_from::text, 'unexplained', nullif(i.unexplained, false)))::text AS item
  FROM duban.v_indicator i
 WHERE ($3::text IS NULL OR i.plan = $3::text)
   AND ($4::text IS NULL OR i.unit = $4::text OR i.unit_name = $4::text)
   AND ($2::text IS NULL OR (i.task, i.place) > (split_part($2::text, '~', 1), split_part($2::text, '~', 2)::int))
 ORDER BY i.task, i.place LIMIT $1::int
