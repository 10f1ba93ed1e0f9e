-- SPDX-License-Identifier: BSD-2-Clause
-- also as of
-- $1 post, $2 plan (NULL: all): what a post must know on two pages. A leader: the tasks it supervises; contact and
-- head: those that their unit answers for; office and chief: all.
WITH post AS (SELECT o.* FROM duban.post o WHERE o.code = $1::text),
task AS (
    SELECT t.*, coalesce(t.approved, t.printed, t.inherited) AS deadline, u.name AS unit_name
      FROM post o JOIN duban.task t ON o.role IN ('office', 'chief') OR t.accountable = o.unit OR t.name IN (
                SELECT l.task FROM duban.task_leader l WHERE l.code = $1::text
                UNION SELECT l.task FROM duban.roster_member m JOIN duban.task_leader l ON l.code = m.roster AND l.roster
                 WHERE m.code = $1::text AND duban.day(duban.now()) BETWEEN coalesce(m.from_date, '-infinity') AND coalesce(m.to_date, 'infinity'))
      LEFT JOIN duban.unit u ON u.code = t.accountable
     WHERE t.withdrawn IS NULL AND ($2::text IS NULL OR t.plan = $2::text)),
state AS (
    SELECT t.name, t.title, t.text, t.accountable AS unit, t.unit_name, t.deadline, t.closed, s.status, s.progress, s.entry, s.ord, s.received, s.period,
           b.body ->> 'risk' AS risk, b.body ->> 'next' AS next, b.body ->> 'next_by' AS next_by, b.body ->> 'text' AS word
      FROM task t JOIN duban.task_state s ON s.task = t.name
     CROSS JOIN LATERAL (SELECT duban.report_body(s.entry, s.ord) AS body) b),
overdue AS (
    SELECT o.task, count(*) AS n, min(o.due) AS due, max(o.level) AS level FROM task t JOIN duban.v_overdue o ON o.task = t.name GROUP BY o.task),
light AS (
    SELECT v.* FROM task t JOIN duban.v_light v ON v.task = t.name
     WHERE v.rule = (SELECT y.code FROM duban.light y WHERE y.standard AND y.entry = (SELECT max(z.entry) FROM duban.light z WHERE z.code = y.code) ORDER BY y.entry DESC LIMIT 1))
SELECT o.code AS cursor, json_strip_nulls(json_build_object(
    'at', duban.utc_micro(duban.now()), 'post', o.code, 'post_name', o.name, 'role', o.role,
    'holder', (SELECT h.name FROM duban.holder h WHERE h.post = o.code AND duban.day(duban.now()) BETWEEN coalesce(h.from_date, '-infinity') AND coalesce(h.to_date, 'infinity')
                ORDER BY h.from_date DESC NULLS LAST LIMIT 1),
    'total', (SELECT json_build_object('tasks', count(*), 'reported', count(s.name), 'done', count(*) FILTER (WHERE s.status = 4), 'at_risk', count(*) FILTER (WHERE s.status = 2),
                     'blocked', count(*) FILTER (WHERE s.status = 3), 'overdue', count(d.task), 'closed', count(*) FILTER (WHERE t.closed IS NOT NULL))
                FROM task t LEFT JOIN state s ON s.name = t.name LEFT JOIN overdue d ON d.task = t.name),
    'exceptions', (SELECT coalesce(json_agg(json_build_object('task', t.name, 'title', coalesce(t.title, t.text), 'unit', t.accountable, 'unit_name', t.unit_name, 'overdue', d.n, 'due', duban.utc_second(d.due),
                     'level', d.level, 'light', l.light, 'why', l.why, 'why_en', l.why_en, 'status', duban.status_name(s.status), 'entry', s.entry)
                     ORDER BY d.level DESC NULLS LAST, d.due, t.plan, t.ordinal), '[]')
                     FROM task t LEFT JOIN overdue d ON d.task = t.name LEFT JOIN light l ON l.task = t.name LEFT JOIN state s ON s.name = t.name
                    WHERE d.task IS NOT NULL OR l.light IN ('red', 'orange')),
    'lights', (SELECT coalesce(json_agg(json_build_object('light', x.light, 'tasks', x.n) ORDER BY x.light), '[]') FROM (SELECT l.light, count(*) AS n FROM light l GROUP BY l.light) x),
    'quiet', (SELECT coalesce(json_agg(json_build_object('task', v.task, 'title', v.title, 'unit_name', v.unit_name, 'days_silent', v.days_silent, 'missed', v.missed, 'entry', v.last_entry) ORDER BY v.days_silent DESC, v.task), '[]')
                FROM task t JOIN duban.v_quiet v ON v.task = t.name),
    'trend', (SELECT coalesce(json_agg(json_build_object('period', x.period, 'expected', x.expected, 'on_time', x.on_time, 'late', x.late, 'missing', x.missing, 'open', x.open,
                     'progress', x.progress, 'of', x.reported) ORDER BY x.due), '[]')
                FROM (SELECT b.period, min(b.due) AS due, count(*) AS expected, count(*) FILTER (WHERE v.verdict = 1) AS on_time, count(*) FILTER (WHERE v.verdict IN (2, 4)) AS late,
                             count(*) FILTER (WHERE v.verdict IS NULL AND b.cutoff <= duban.now()) AS missing, count(*) FILTER (WHERE v.verdict IS NULL AND b.cutoff > duban.now()) AS open,
                             round(avg(r.progress), 1)::text AS progress, count(r.progress) AS reported
                        FROM task t JOIN duban.obligation b ON b.task = t.name AND b.kind = 'report' AND b.opens <= duban.now()
                        LEFT JOIN duban.verdict v ON v.task = b.task AND v.period = b.period AND v.unit = b.unit AND NOT v.silence
                        LEFT JOIN LATERAL (SELECT CASE WHEN y.status = 4 THEN 100 ELSE nullif(y.progress, -1) END AS progress FROM duban.report y
                                            WHERE y.task = b.task AND y.period = b.period AND y.outcome IN (1, 2, 4) ORDER BY y.entry DESC, y.ord DESC LIMIT 1) r ON true
                       GROUP BY b.period ORDER BY min(b.due) DESC LIMIT 6) x),
    'risks', (SELECT coalesce(json_agg(json_build_object('task', s.name, 'title', coalesce(s.title, s.text), 'unit_name', s.unit_name, 'status', duban.status_name(s.status), 'progress', nullif(s.progress, -1),
                     'risk', coalesce(s.risk, s.word), 'entry', s.entry) ORDER BY s.status DESC, s.entry), '[]')
                FROM state s WHERE s.closed IS NULL AND (s.status IN (2, 3) OR s.risk IS NOT NULL)),
    'next', (SELECT coalesce(json_agg(json_build_object('task', s.name, 'unit_name', s.unit_name, 'next', s.next, 'next_by', s.next_by, 'entry', s.entry) ORDER BY s.next_by, s.name), '[]')
               FROM state s WHERE s.next IS NOT NULL AND s.status <> 4 AND s.closed IS NULL),
    'deadlines', (SELECT coalesce(json_agg(json_build_object('task', t.name, 'title', coalesce(t.title, t.text), 'unit_name', t.unit_name, 'deadline', t.deadline,
                     'days', t.deadline - duban.day(duban.now()), 'progress', nullif(s.progress, -1)) ORDER BY t.deadline, t.plan, t.ordinal), '[]')
                    FROM task t LEFT JOIN state s ON s.name = t.name
                   WHERE t.closed IS NULL AND coalesce(s.status, 0) <> 4 AND t.deadline BETWEEN duban.day(duban.now()) AND duban.day(duban.now()) + 30),
    'decisions', (SELECT coalesce(json_agg(x.line ORDER BY x.entry), '[]') FROM (
        SELECT a.entry, json_build_object('wanted', 'acknowledge', 'alert', a.alert, 'number', a.number, 'level', a.level, 'task', a.task, 'why', a.why, 'entry', a.entry) AS line
          FROM duban.v_alert a WHERE a.post = o.code AND a.open AND a.acknowledged IS NULL AND a.level > 0
                AND ((SELECT duban.receiver_code()) = '*' OR a.post = ANY ((SELECT duban.receiver_posts())::text[]) AND NOT a.rehearsal)
        UNION ALL
        SELECT r.entry, json_build_object('wanted', r.kind, 'request', r.request, 'task', r.task, 'unit_name', u.name, 'why', r.reason, 'until', r.until, 'entry', r.entry)
          FROM task t JOIN duban.v_request r ON r.task = t.name LEFT JOIN duban.unit u ON u.code = r.unit
        UNION ALL
        SELECT s.entry, json_build_object('wanted', 'unblock', 'task', s.name, 'unit_name', s.unit_name, 'why', coalesce(s.risk, s.word), 'entry', s.entry)
          FROM state s WHERE s.status = 3 AND s.closed IS NULL) x)))::text AS item
  FROM post o WHERE $2::text IS NULL OR EXISTS (SELECT FROM duban.plan p WHERE p.handle = $2::text)
