-- SPDX-License-Identifier: BSD-2-Clause
-- also as of
-- $1 handle: one plan.
SELECT p.handle AS cursor, json_strip_nulls(json_build_object('plan', p.handle, 'title', p.title, 'number', p.number, 'issuer', p.issuer,
           'issued', p.issued, 'from', p.from_date, 'to', p.to_date, 'entry', p.entry, 'source_sha256', p.source_sha256,
           'rule', p.rule, 'ladder', p.ladder, 'countersign', nullif(p.countersign, false),
           'amendments', (SELECT json_agg(json_strip_nulls(json_build_object('entry', a.entry, 'at', duban.utc_second(a.at), 'basis', a.basis,
                                 'old', a.old, 'new', a.new)) ORDER BY a.entry, a.ord) FROM duban.plan_amendment a WHERE a.plan = p.handle),
           'tasks', (SELECT count(*) FROM duban.task t WHERE t.plan = p.handle)))::text AS item
  FROM duban.plan p WHERE p.handle = $1::text
