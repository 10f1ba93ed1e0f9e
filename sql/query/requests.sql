-- SPDX-License-Identifier: BSD-2-Clause
-- $1 limit, $2 cursor (entry and ordinal), $3 kind (extension, closure; NULL = both): requests that wait for
-- a decision, in order of their entries.
SELECT lpad(split_part(i.request, '.', 1), 18, '0') || '.' || lpad(split_part(i.request, '.', 2), 4, '0') AS cursor, json_strip_nulls(json_build_object(
           'request', i.request, 'kind', i.kind, 'task', i.task, 'title', i.title, 'period', i.period, 'unit', i.unit,
           'due', duban.utc_second(i.due), 'until', i.until, 'reason', CASE i.kind WHEN 'extension' THEN i.reason END,
           'text', CASE i.kind WHEN 'closure' THEN i.reason END, 'progress', i.progress,
           'extensions', CASE i.kind WHEN 'extension' THEN i.extensions END, 'evidence', i.evidence))::text AS item
  FROM (SELECT v.* FROM duban.v_request v
         WHERE ($3::text IS NULL OR v.kind = $3::text)
           AND ($2::text IS NULL OR (v.entry, split_part(v.request, '.', 2)::int)
                > (split_part($2::text, '.', 1)::bigint, split_part($2::text, '.', 2)::int))
         ORDER BY v.entry, split_part(v.request, '.', 2)::int LIMIT $1::int) i
 ORDER BY i.entry, split_part(i.request, '.', 2)::int
