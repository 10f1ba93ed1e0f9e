-- SPDX-License-Identifier: BSD-2-Clause
-- also as of
-- $1 task name: one task with owners, deadlines, targets, obligations and its newest report.
SELECT t.name AS cursor, json_strip_nulls(json_build_object(
           'task', t.name, 'plan', t.plan, 'no', t.no, 'kind', t.kind, 'section', t.section, 'title', t.title, 'text', t.text,
           'unit', t.accountable, 'unit_name', u.name,
           'assignments', (SELECT json_agg(json_build_object('code', a.code, 'name', coalesce(x.name, r.name), 'role', a.role, 'roster', a.roster) ORDER BY a.ordinal)
                             FROM duban.assignment a LEFT JOIN duban.unit x ON x.code = a.code LEFT JOIN duban.roster r ON r.code = a.code
                            WHERE a.task = t.name),
           'leaders', (SELECT json_agg(json_build_object('code', l.code, 'name', coalesce(o.name, r.name)) ORDER BY l.ordinal)
                         FROM duban.task_leader l LEFT JOIN duban.post o ON o.code = l.code LEFT JOIN duban.roster r ON r.code = l.code
                        WHERE l.task = t.name),
           'deadline', t.printed, 'deadline_raw', t.printed_raw, 'deadline_source', t.printed_source, 'inherited', t.inherited,
           'approved', t.approved, 'closed', t.closed, 'countersign', (SELECT nullif(coalesce((SELECT r.countersign FROM duban.reporting_rule r WHERE r.code = p.rule ORDER BY r.entry DESC LIMIT 1), p.countersign), false)
                                                                       FROM duban.plan p WHERE p.handle = t.plan),
           'continuous', t.continuous,
           'targets', (SELECT json_agg(json_strip_nulls(json_build_object('name', g.name, 'op', g.op, 'value', g.value::text, 'unit', g.unit)) ORDER BY g.ordinal)
                         FROM duban.target g WHERE g.task = t.name),
           'periods', (SELECT json_agg(json_strip_nulls(json_build_object('period', q.period, 'opens', duban.utc_second(q.opens), 'due', duban.utc_second(coalesce(o.due, q.due)),
                                  'printed_due', CASE WHEN o.due <> q.due THEN duban.utc_second(q.due) END,
                                  'owed', q.owed, 'state', CASE WHEN NOT q.owed THEN 'never-owed' WHEN v.task IS NOT NULL THEN duban.verdict_name(v.verdict)
                                                                WHEN t.closed IS NOT NULL OR coalesce(o.cutoff, q.cutoff) <= t.released THEN 'released'
                                                                WHEN coalesce(o.cutoff, q.cutoff) <= duban.now() THEN 'overdue' WHEN q.opens <= duban.now() THEN 'open' ELSE 'ahead' END,
                                  'rule', q.rule, 'calendar', q.calendar)) ORDER BY q.ordinal)
                         FROM duban.plan_period q
                         LEFT JOIN duban.verdict v ON v.task = t.name AND v.period = q.period AND v.unit = t.accountable AND NOT v.silence
                         LEFT JOIN duban.obligation o ON o.task = t.name AND o.period = q.period AND o.unit = t.accountable
                        WHERE q.plan = t.plan AND q.from_date <= t.ends),
           'again', (SELECT json_agg(json_strip_nulls(json_build_object('period', d.period, 'kind', d.kind, 'due', duban.utc_second(d.due), 'state', d.state,
                             'reason', d.reason)) ORDER BY d.opens) FROM duban.v_due d WHERE d.task = t.name AND d.slot LIKE '%!%'),
           'decisions', (SELECT json_agg(json_strip_nulls(json_build_object('entry', v.entry, 'kind', v.kind, 'decision', v.decision, 'object', v.object, 'period', v.period,
                             'post', v.post, 'reason', v.reason, 'until', v.until, 'due', duban.utc_second(v.due), 'round', v.round)) ORDER BY v.entry, v.ord)
                           FROM duban.v_decision v WHERE v.task = t.name),
           'last', (SELECT json_build_object('period', s.period, 'status', duban.status_name(s.status), 'progress', nullif(s.progress, -1),
                           'entry', s.entry, 'received', duban.utc_micro(s.received), 'report', duban.report_body(s.entry, s.ord))
                      FROM duban.task_state s WHERE s.task = t.name),
           'cases', (SELECT json_agg(json_strip_nulls(json_build_object('case', c."case", 'period', nullif(split_part(c.period, '!', 1), '-'), 'level', c.level,
                             'held_until', duban.utc_second(c.held_until), 'next', duban.utc_second(c.next_at), 'open', c.closed IS NULL, 'reason', c.reason)) ORDER BY c."case")
                       FROM duban."case" c WHERE c.task = t.name),
           'lights', (SELECT json_agg(json_strip_nulls(json_build_object('rule', v.rule, 'light', v.light, 'meaning', v.meaning, 'why', v.why, 'why_en', v.why_en)) ORDER BY v.rule)
                        FROM duban.v_light v WHERE v.task = t.name),
           'indicators', (SELECT json_agg(json_strip_nulls(json_build_object('name', i.name, 'value', i.value::text, 'op', i.op, 'target', i.target::text, 'unit', i.measure,
                                 'baseline', i.baseline::text, 'period', i.period, 'share', i.share::text, 'expected', i.expected::text, 'behind', i.behind::text,
                                 'met', i.met, 'cumulative', nullif(i.cumulative, false), 'fell_from', i.fell_from::text, 'unexplained', nullif(i.unexplained, false))))
                            FROM duban.v_indicator i WHERE i.task = t.name),
           'asks', (SELECT json_agg(json_strip_nulls(json_build_object('ask', k.ask, 'asked', k.asked, 'name', k.asked_name, 'period', k.period, 'text', k.text,
                           'due', duban.utc_second(k.due), 'state', k.state, 'answer', k.answer, 'answer_text', k.answer_text, 'values', k.answer_values)) ORDER BY k.entry, k.ord)
                      FROM duban.v_ask k WHERE k.task = t.name),
           'warnings', (SELECT json_agg(json_strip_nulls(json_build_object('report', w.report, 'unit', w.unit, 'warned', duban.utc_second(w.warned), 'why', w.why, 'open', w.open)) ORDER BY w."case")
                          FROM duban.v_warning w WHERE w.task = t.name),
           'same', (SELECT json_agg(json_build_object('task', o.task, 'code', o.code) ORDER BY o.task)
                      FROM duban.same_task s JOIN duban.same_task o ON o.code = s.code AND o.task <> s.task WHERE s.task = t.name),
           'former', (SELECT json_agg(json_build_object('unit', x.unit, 'name', x.unit_name, 'until', duban.utc_second(x.until), 'entry', x.entry) ORDER BY x.until)
                        FROM duban.v_tenure x WHERE x.task = t.name AND x.until IS NOT NULL),
           'amendments', (SELECT json_agg(json_strip_nulls(json_build_object('entry', a.entry, 'at', duban.utc_second(a.at), 'change', a.change, 'basis', a.basis,
                                 'old', a.old, 'new', a.new)) ORDER BY a.entry, a.ord) FROM duban.task_amendment a WHERE a.task = t.name),
           'withdrawn', t.withdrawn, 'entry', t.entry))::text AS item
  FROM duban.task t LEFT JOIN duban.unit u ON u.code = t.accountable
 WHERE t.name = $1::text
