-- SPDX-License-Identifier: BSD-2-Clause
-- $1 size or NULL for the newest: a signed head.
SELECT c.size AS cursor, c.note AS item FROM duban.checkpoint c
 WHERE $1::bigint IS NULL OR c.size = $1::bigint ORDER BY c.size DESC LIMIT 1
