-- SPDX-License-Identifier: BSD-2-Clause
-- $1 limit, $2 cursor (not used), $3 task, $4 period: why its obligations are not raised (further), for whoever may see the task.
SELECT 'end' AS cursor, w.item::text AS item
  FROM duban.task t CROSS JOIN LATERAL (SELECT x AS item FROM duban.why_not(t.name, $4::text) x) w
 WHERE t.name = $3::text AND $2::text IS NULL
 LIMIT $1::int
