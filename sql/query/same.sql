-- SPDX-License-Identifier: BSD-2-Clause
-- also as of
-- $1 limit, $2 cursor (two tasks), $3 plan (NULL = any): tasks of two plans that look the same and are not declared so.
SELECT c.task || '~' || c.other AS cursor, json_build_object('task', c.task, 'other', c.other, 'unit', c.unit, 'why', c.why, 'title', left(c.title, 200))::text AS item
  FROM duban.v_same_candidate c
 WHERE ($3::text IS NULL OR c.plan = $3::text)
   AND ($2::text IS NULL OR (c.task, c.other) > (split_part($2::text, '~', 1), split_part($2::text, '~', 2)))
 ORDER BY c.task, c.other LIMIT $1::int
