-- SPDX-License-Identifier: BSD-2-Clause
-- $1 limit, $2 cursor (entry and ordinal), $3 plan, $4 unit, $5 period (each NULL = any): reports that
-- wait for a review, in order of their entries.
SELECT lpad(i.entry::text, 18, '0') || '.' || lpad(i.ord::text, 4, '0') AS cursor, json_strip_nulls(json_build_object(
           'report', i.report, 'task', i.task, 'title', i.title, 'period', i.period, 'unit', i.unit, 'unit_name', i.unit_name,
           'verdict', i.verdict, 'status', i.status, 'progress', i.progress, 'text', duban.report_body(i.entry, i.ord) ->> 'text',
           'received', duban.utc_micro(i.received), 'returned', i.returned, 'by_office', nullif(i.by_office, false)))::text AS item
  FROM (SELECT v.* FROM duban.v_review_due v
         WHERE ($2::text IS NULL OR (v.entry, v.ord::int) > (split_part($2::text, '.', 1)::bigint, split_part($2::text, '.', 2)::int))
           AND ($3::text IS NULL OR v.plan = $3::text)
           AND ($4::text IS NULL OR v.unit = $4::text)
           AND ($5::text IS NULL OR v.period = $5::text)
         ORDER BY v.entry, v.ord LIMIT $1::int) i
 ORDER BY i.entry, i.ord
