-- SPDX-License-Identifier: BSD-2-Clause
-- $1 limit, $2 cursor (object name), $3 kind (NULL = all): registry objects as they were set; operators only.
SELECT o.object AS cursor, (o.body || jsonb_build_object('entry', o.entry))::text AS item
  FROM duban.registry_object o
 WHERE o.object NOT LIKE 'plan/%' AND ($2::text IS NULL OR o.object > $2::text)
   AND ($3::text IS NULL OR o.object LIKE $3::text || '/%')
 ORDER BY o.object LIMIT $1::int
