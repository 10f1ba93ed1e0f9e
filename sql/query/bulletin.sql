-- SPDX-License-Identifier: BSD-2-Clause
-- also as of
-- $1 plan (NULL: the newest that has the period), $2 period (NULL: the newest past its cut-off): the figures and
-- draft lists of a circular (通报); what the client may not see is not in it.
WITH plan AS (
    SELECT p.*, q.period, q.from_date AS period_from, q.to_date AS period_to, q.opens, q.due, q.cutoff
      FROM duban.plan p JOIN duban.plan_period q ON q.plan = p.handle
     WHERE ($1::text IS NULL OR p.handle = $1::text) AND q.owed
       AND (q.period = $2::text OR $2::text IS NULL AND q.cutoff <= duban.now())
     ORDER BY p.entry DESC, q.ordinal DESC LIMIT 1),
unit AS (
    SELECT u.*, w.asked, w.days FROM plan p
      JOIN duban.v_unit_punctuality u ON u.plan = p.handle AND u.period = p.period
      LEFT JOIN duban.v_workload w ON w.plan = u.plan AND w.period = u.period AND w.unit = u.unit),
finding AS (
    SELECT f.* FROM plan p JOIN duban.v_finding f ON f.plan = p.handle
     WHERE f.kind <> 'completion' AND (f.period = p.period OR f.period LIKE p.period || '!%')
        OR f.kind = 'completion' AND duban.day(f.due) BETWEEN p.period_from AND p.period_to),
completed AS (
    SELECT v.task, v.unit, v.entry, coalesce(t.title, t.text) AS title, u.name AS unit_name
      FROM plan p JOIN duban.task t ON t.plan = p.handle
      JOIN duban.verdict v ON v.task = t.name AND v.period = '-' AND v.unit = t.accountable AND v.verdict = 1
      JOIN duban.unit u ON u.code = v.unit
     WHERE v.received >= p.opens AND v.received < p.cutoff)
SELECT p.period AS cursor, json_strip_nulls(json_build_object(
    'at', duban.utc_micro(duban.now()),
    'plan', p.handle, 'title', p.title, 'number', p.number, 'issuer', p.issuer,
    'period', p.period, 'from', p.period_from, 'to', p.period_to, 'due', duban.utc_second(p.due),
    'total', (SELECT json_build_object('units', count(*), 'expected', coalesce(sum(u.expected), 0), 'on_time', coalesce(sum(u.on_time), 0), 'late', coalesce(sum(u.late), 0),
                     'missing', coalesce(sum(u.missing), 0), 'open', coalesce(sum(u.open), 0), 'decided', coalesce(sum(u.decided), 0), 'by_office', coalesce(sum(u.by_office), 0),
                     'asked', coalesce(sum(u.asked), 0)) FROM unit u),
    'units', (SELECT coalesce(json_agg(json_build_object('unit', u.unit, 'unit_name', u.unit_name, 'expected', u.expected, 'on_time', u.on_time, 'late', u.late,
                     'missing', u.missing, 'open', u.open, 'decided', u.decided, 'by_office', u.by_office, 'asked', coalesce(u.asked, 0)) ORDER BY u.unit), '[]') FROM unit u),
    'lights', (SELECT coalesce(json_agg(json_build_object('rule', l.rule, 'light', l.light, 'tasks', l.n, 'of', l.all) ORDER BY l.rule, l.light), '[]')
                 FROM (SELECT v.rule, v.light, count(*) AS n, sum(count(*)) OVER (PARTITION BY v.rule) AS all
                         FROM duban.v_light v WHERE v.plan = p.handle GROUP BY v.rule, v.light) l),
    'praise', (SELECT coalesce(json_agg(x.line ORDER BY x.unit, x.entry), '[]') FROM (
        SELECT u.unit, e.entry, json_build_object('unit', u.unit, 'unit_name', u.unit_name, 'why', 'all-on-time', 'on_time', u.on_time, 'of', u.expected, 'entry', e.entry) AS line
          FROM unit u CROSS JOIN LATERAL (SELECT max(v.entry) AS entry FROM duban.task t JOIN duban.verdict v ON v.task = t.name AND v.period = p.period AND v.unit = u.unit
                                           WHERE t.plan = p.handle AND t.accountable = u.unit) e
         WHERE u.on_time = u.expected AND NOT EXISTS (SELECT FROM duban.v_overdue o WHERE o.plan = p.handle AND o.unit = u.unit)
        UNION ALL
        SELECT c.unit, c.entry, json_build_object('unit', c.unit, 'unit_name', c.unit_name, 'why', 'completed', 'task', c.task, 'title', c.title, 'entry', c.entry)
          FROM completed c) x),
    'criticism', (SELECT coalesce(json_agg(json_build_object('unit', f.unit, 'unit_name', f.unit_name, 'task', f.task, 'title', f.title, 'period', f.period, 'kind', f.kind,
                     'finding', f.finding, 'due', duban.utc_second(f.due), 'entry', f.entry, 'made_up', f.made_up, 'answer', f.answer, 'answer_entry', f.answer_entry)
                     ORDER BY f.unit, f.task, f.due), '[]') FROM finding f),
    'quiet', (SELECT coalesce(json_agg(json_build_object('unit', v.unit, 'unit_name', v.unit_name, 'task', v.task, 'title', v.title, 'days_silent', v.days_silent, 'missed', v.missed,
                     'entry', v.last_entry) ORDER BY v.days_silent DESC, v.task), '[]') FROM duban.v_quiet v WHERE v.plan = p.handle),
    'returned', (SELECT coalesce(json_agg(json_build_object('unit', v.unit, 'unit_name', v.unit_name, 'task', v.task, 'title', v.title, 'round', v.round, 'reason', v.reason, 'state', v.state,
                     'entry', v.entry) ORDER BY v.unit, v.task, v.entry), '[]') FROM duban.v_returned v WHERE v.plan = p.handle AND v.period = p.period),
    'extended', (SELECT coalesce(json_agg(json_build_object('unit', v.unit, 'unit_name', v.unit_name, 'task', v.task, 'title', v.title, 'first_deadline', v.first_deadline, 'deadline', v.deadline,
                     'granted', v.granted, 'reason', v.last_reason, 'entry', v.last_entry) ORDER BY v.unit, v.task), '[]') FROM duban.v_extended v WHERE v.plan = p.handle),
    'unassigned', (SELECT count(*) FROM duban.v_unassigned v WHERE v.plan = p.handle),
    'unverifiable', (SELECT count(*) FROM duban.v_unverifiable v WHERE v.plan = p.handle)))::text AS item
  FROM plan p
