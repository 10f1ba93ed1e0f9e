-- SPDX-License-Identifier: BSD-2-Clause
-- $1 alert: what a numbered 催办单 or 督办单 says, for the post that got it; operators all.
SELECT a.alert::text AS cursor, json_strip_nulls(json_build_object(
           'alert', a.alert, 'number', a.number, 'kind', a.kind, 'case', a."case", 'level', a.level, 'post', a.post, 'post_name', a.post_name,
           'holder', (SELECT h.name FROM duban.holder h WHERE h.post = a.post AND duban.day(a.raised) BETWEEN coalesce(h.from_date, '-infinity') AND coalesce(h.to_date, 'infinity')
                       ORDER BY h.from_date DESC NULLS LAST LIMIT 1),
           'unit', a.unit, 'unit_name', u.name,
           'contact', (SELECT json_build_object('name', coalesce(k.name, h.name), 'phone', k.phone) FROM duban.post o LEFT JOIN duban.contact k ON k.post = o.code
                         LEFT JOIN LATERAL (SELECT x.name FROM duban.holder x WHERE x.post = o.code
                                AND duban.day(a.raised) BETWEEN coalesce(x.from_date, '-infinity') AND coalesce(x.to_date, 'infinity') LIMIT 1) h ON true
                        WHERE o.unit = a.unit AND o.role = 'contact' ORDER BY o.code LIMIT 1),
           'task', a.task, 'no', t.no, 'title', t.title, 'text', t.text, 'plan_title', p.title, 'plan_number', p.number, 'issuer', p.issuer, 'period', a.period,
           'deadline', coalesce(t.approved, t.printed, t.inherited),
           'leaders', (SELECT json_agg(coalesce(o.name, r.name) ORDER BY l.ordinal) FROM duban.task_leader l LEFT JOIN duban.post o ON o.code = l.code
                         LEFT JOIN duban.roster r ON r.code = l.code WHERE l.task = a.task),
           'due', duban.utc_second(a.due), 'raised', duban.utc_micro(a.raised), 'entry', a.entry, 'why', a.why,
           'told', (SELECT json_agg(json_build_object('number', x.number, 'level', x.level, 'post_name', x.post_name, 'raised', duban.utc_micro(x.raised)) ORDER BY x.alert)
                      FROM duban.v_alert x WHERE x."case" = a."case" AND x.alert < a.alert),
           'last', (SELECT json_build_object('period', s.period, 'status', duban.status_name(s.status), 'progress', nullif(s.progress, -1), 'entry', s.entry, 'received', duban.utc_micro(s.received))
                      FROM duban.task_state s WHERE s.task = a.task),
           'open', a.open, 'reason', a.reason, 'acknowledged', a.acknowledged))::text AS item
  FROM duban.v_alert a
  JOIN duban.task t ON t.name = a.task
  JOIN duban.plan p ON p.handle = t.plan
  JOIN duban.unit u ON u.code = a.unit
 WHERE a.alert = $1::text::bigint
   AND (current_setting('duban.client', true) = '*' OR a.post IN (
        SELECT o.code FROM duban.post o WHERE current_setting('duban.client', true) IN (o.code, o.unit)))
