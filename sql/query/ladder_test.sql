-- SPDX-License-Identifier: BSD-2-Clause
-- $1 limit, $2 cursor (not used), $3 code, $4 ladder as JSON, $5 due, $6 task: what a ladder would do.
SELECT 'end' AS cursor, x.item::text AS item
  FROM (SELECT y AS item FROM duban.ladder_test($3::text, $4::text, $5::text, (SELECT t.name FROM duban.task t WHERE t.name = $6::text)) y) x
 WHERE $2::text IS NULL
 LIMIT $1::int
