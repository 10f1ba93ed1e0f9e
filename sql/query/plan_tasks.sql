-- SPDX-License-Identifier: BSD-2-Clause
-- $1 limit, $2 cursor (ordinal of the last task), $3 plan: its tasks as they stand, in the members of a plan statement.
SELECT t.ordinal::text AS cursor, duban.task_body(t)::text AS item
  FROM duban.task t
 WHERE t.plan = $3::text AND t.withdrawn IS NULL AND ($2::text IS NULL OR t.ordinal > $2::int)
 ORDER BY t.ordinal LIMIT $1::int
