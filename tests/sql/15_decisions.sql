-- Reviews, returns, countersignatures, extensions, closing, office records: each with those who must not.
BEGIN;
\i tests/sql/helpers.inc
SELECT plan(159);
SELECT t.genesis('2022-04-02T08:00:00+08:00');
SELECT t.registry();
SELECT t.act('office', 'registry', jsonb_build_object('changes', jsonb_build_array(
    t.key_object('u001-head', 'u001-head', false), t.key_object('u002-head', 'u002-head', false), t.key_object('office-2', 'office', false),
    '{"set":"post","code":"leader-02","name":"兼","role":"leader","holders":[{"name":"乙"}]}'::jsonb, t.key_object('leader-02', 'leader-02', false),
    '{"set":"post","code":"leader-03","name":"旁","role":"leader","holders":[{"name":"戊"}]}'::jsonb, t.key_object('leader-03', 'leader-03', false),
    jsonb_build_object('set', 'post', 'code', 'leader-01', 'name', '丙', 'role', 'leader', 'holders', '[{"name":"丙"}]'::jsonb,
        'delegates', jsonb_build_array(jsonb_build_object('name', '乙', 'key', encode(t.key('delegate'), 'hex')))),
    t.key_object('delegate', 'leader-01', false),
    '{"set":"roster","code":"g02","name":"各位领导","of":"posts","members":[{"code":"leader-02"}]}'::jsonb)));
SELECT t.clock('2022-04-07T08:00:00+08:00');
SELECT t.plan(), t.settle();

CREATE FUNCTION t.review(p_by text, p_decision text, p_report text, p_due text DEFAULT NULL) RETURNS jsonb LANGUAGE sql AS $$
    SELECT t.act(p_by, 'review', jsonb_build_object('reviews', jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
        'report', p_report, 'decision', p_decision, 'reason', CASE p_decision WHEN 'return' THEN '没有数据' END, 'due', p_due))))) -> 0
$$;
CREATE FUNCTION t.extend(p_by text, p_task text, p_period text, p_until text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT t.act(p_by, 'extension', jsonb_build_object('requests', jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
        'task', p_task, 'period', p_period, 'until', p_until, 'reason', '汛期', 'progress', 40))))) -> 0
$$;
CREATE FUNCTION t.decide(p_by text, p_kind text, p_decision text, p_request text, p_more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT t.act(p_by, p_kind, jsonb_build_object('decisions', jsonb_build_array(jsonb_build_object(
        'request', p_request, 'decision', p_decision, 'reason', '意见') || p_more))) -> 0
$$;
CREATE FUNCTION t.close(p_by text, p_task text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT t.act(p_by, 'closure', jsonb_build_object('requests', jsonb_build_array(jsonb_build_object('task', p_task, 'text', '已办结',
        'evidence', jsonb_build_array(jsonb_build_object('name', 'a.pdf', 'size', 1, 'sha256', repeat('0', 64))))))) -> 0
$$;
CREATE FUNCTION t.reopen(p_by text, p_task text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT t.act(p_by, 'closure', jsonb_build_object('decisions', jsonb_build_array(jsonb_build_object('task', p_task, 'decision', 'reopen', 'reason', '反弹')))) -> 0
$$;
CREATE FUNCTION t.last(p_task text) RETURNS text LANGUAGE sql AS $$
    SELECT r.entry || '.' || r.ord FROM duban.report r WHERE r.task = p_task AND r.outcome <> 5 ORDER BY r.entry DESC, r.ord DESC LIMIT 1
$$;
CREATE FUNCTION t.code(p jsonb) RETURNS text LANGUAGE sql AS $$ SELECT coalesce(p -> 'errors' -> 0 ->> 'code', p ->> 'outcome') $$;
CREATE FUNCTION t.due_state(p_task text, p_slot text) RETURNS text LANGUAGE sql AS $$ SELECT state FROM duban.v_due WHERE task = p_task AND slot = p_slot $$;

-- ---- review: who may ----------------------------------------------------------------------------------
SELECT t.one('u001', 'p1/2', '2022Q1');
SELECT is(t.code(t.review('u001', 'accept', t.last('p1/2'))), 'own', 'a unit does not review its own report');
SELECT is(t.code(t.review('u001-head', 'accept', t.last('p1/2'))), 'own', 'nor does its head');
SELECT is(t.code(t.review('u002', 'return', t.last('p1/2'))), 'right', 'nor another unit');
SELECT is(t.code(t.review('chief', 'accept', t.last('p1/2'))), 'right', 'nor the chief, who does not lead the task');
SELECT is(t.code(t.review('leader-03', 'accept', t.last('p1/2'))), 'right', 'nor a leader of other tasks');
SELECT is(t.code(t.review('delegate', 'accept', t.last('p1/2'))), 'same-person', 'nor a delegate of the leader who holds a post of the unit');
SELECT is(t.code(t.review('office', 'accept', '1.0')), 'unknown', 'an unknown report is named');
SELECT is((SELECT count(*) FROM duban.review), 0::bigint, 'nothing of that was recorded');
SELECT is(t.code(t.review('office', 'return', t.last('p1/2'), '2022-04-06')), 'range', 'a new date is not past');
SELECT is(t.code(t.review('leader-01', 'accept', t.last('p1/2'))), 'accepted', 'a leader of the task accepts');
SELECT is(t.due_state('p1/2', '2022Q1'), 'accepted', 'and the list says so');
SELECT is(t.code(t.review('office', 'accept', t.last('p1/2'))), 'already', 'once');
-- a leader through a roster, with the name of the unit's contact, as one who asked under another post
SELECT t.one('u002', 'p1/3', '2022Q1');
SELECT is(t.code(t.review('leader-02', 'accept', t.last('p1/3'))), 'same-person', 'the same name in the unit and as leader is one person');
SELECT is(t.code(t.review('office-2', 'accept', t.last('p1/3'))), 'accepted', 'a second key of the office reviews too');

-- ---- return ---------------------------------------------------------------------------------------------
SELECT t.one('u001', 'p1/1', '2022Q1');
SELECT is(t.review('office', 'return', t.last('p1/1')) ->> 'outcome', 'returned', 'the office returns a report');
SELECT is((SELECT (slot, round, reason, due AT TIME ZONE 'Asia/Shanghai')::text FROM duban.review WHERE decision = 'returned'),
          '(2022Q1!1,1,没有数据,"2022-04-12 23:59:00")', 'it is owed again in three working days, at 23:59');
SELECT is((SELECT members FROM duban.act WHERE outcome = 'returned'), ',"task":"p1/1","period":"2022Q1!1","due":"2022-04-12T15:59:00Z"', 'the receipt says until when');
SELECT is((SELECT line FROM duban.act WHERE outcome = 'returned'), t.last('p1/1') || E' 2022Q1!1 returned 2022-04-12T15:59:00Z - -\n', 'and so does the digest');
SELECT is((SELECT (kind, unit)::text FROM duban.obligation WHERE period = '2022Q1!1'), '(resubmission,u001)', 'an obligation of its own');
SELECT is(t.due_state('p1/1', '2022Q1!1'), 'returned', 'the list shows it as returned');
SELECT is((SELECT (period, kind, reason)::text FROM duban.v_due WHERE slot = '2022Q1!1'), '(2022Q1,resubmission,没有数据)', 'with the reason, under the printed period');
SELECT is((SELECT verdict FROM duban.verdict WHERE task = 'p1/1' AND period = '2022Q1'), 1::smallint, 'the verdict of the first report stays');
SELECT is(t.code(t.review('office', 'return', t.last('p1/1'))), 'already', 'returned once');
SELECT t.clock('2022-04-12T23:59:30+08:00'), t.settle();
SELECT is((SELECT array_agg(DISTINCT a.kind) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.period = '2022Q1!1'), ARRAY['reminder'], 'reminded before it is due');
SELECT t.clock('2022-04-13T00:00:00+08:00'), t.settle();
SELECT is((SELECT array_agg(DISTINCT a.kind) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.period = '2022Q1!1' AND a.level = 1), ARRAY['returned'], 'chased when it is not sent again');
SELECT ok((SELECT a.why LIKE 'u001 has not sent p1/1 for 2022Q1 again%' FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.period = '2022Q1!1' AND a.level = 1 LIMIT 1), 'in words of its own');
SELECT is((SELECT duban.verdict_name(verdict) FROM duban.verdict WHERE period = '2022Q1!1' AND silence), 'missing', 'missing by silence');
CREATE TEMP TABLE again AS SELECT t.one('u001', 'p1/1', '2022Q1') AS o;
SELECT is((SELECT o ->> 'outcome' FROM again), 'correction', 'sent again it is a correction');
SELECT is((SELECT o ->> 'resubmission' FROM again), 'returned-late', 'and late as a resubmission');
SELECT is((SELECT o ->> 'resubmission_due' FROM again), '2022-04-12T15:59:00Z', 'with its own due');
SELECT is((SELECT o ->> 'resubmission_period' FROM again), '2022Q1!1', 'and its slot');
SELECT is((SELECT line FROM duban.report WHERE line IS NOT NULL), E'p1/1 2022Q1!1 returned-late 2022-04-12T15:59:00Z - -\n', 'which stand in the digest');
SELECT is((SELECT reason FROM duban."case" WHERE period = '2022Q1!1'), 'reported', 'its case closes');
SELECT is(t.due_state('p1/1', '2022Q1!1'), 'submitted', 'and it counts as submitted');
SELECT is(t.one('u001', 'p1/1', '2022Q1') -> 'resubmission', NULL, 'a further one is a correction only');
SELECT is(t.code(t.review('office', 'accept', split_part((SELECT min(report_entry || '.' || report_ord) FROM duban.review WHERE task = 'p1/1'), ' ', 1))), 'superseded', 'the old text is not reviewed any more');
SELECT is(t.code(t.review('office', 'return', t.last('p1/1'), '2022-04-15')), 'returned', 'returned again');
SELECT is((SELECT max(slot) || max(round) FROM duban.review WHERE task = 'p1/1'), '2022Q1!22', 'is the second round');
SELECT is(t.one('u001', 'p1/1', '2022Q1') ->> 'resubmission', 'on-time', 'in time this time');
SELECT is(t.code(t.review('office', 'return', t.last('p1/1'))), 'returned', 'a third time');
SELECT is(t.code(t.review('office', 'accept', t.last('p1/1'))), 'accepted', 'taken back by accepting');
SELECT is((SELECT count(*) FROM duban.obligation WHERE period = '2022Q1!3'), 0::bigint, 'it is owed no more');
SELECT is((SELECT (returned, returned_late)::text FROM duban.v_unit_punctuality WHERE unit = 'u001' AND period = '2022Q1'), '(1,1)', 'punctuality counts returned and returned-late apart');
SELECT t.one('u002', 'p1/1', '2022Q1');
SELECT is(t.code(t.review('office', 'return', t.last('p1/1'))), 'not-owed', 'what a co-lead sent beside is not returned');
-- bulk: one bad element hurts no other
SELECT is((SELECT array_agg(x ->> 'outcome') FROM jsonb_array_elements(t.act('office', 'review', jsonb_build_object('reviews', jsonb_build_array(
    jsonb_build_object('report', '9999.0', 'decision', 'accept'), jsonb_build_object('report', (SELECT entry || '.' || ord FROM duban.report_newest('p1/2', '2022Q1', 'u001')), 'decision', 'return', 'reason', '复核')))) ) x),
    ARRAY['refused', 'returned'], 'a list is reviewed one by one; what was accepted may be returned later');
SELECT is(t.one('u001', 'p1/2', '2022Q1') ->> 'resubmission', 'on-time', 'and is sent again');

-- ---- extension of a completion ---------------------------------------------------------------------------
SELECT t.clock('2022-06-20T09:00:00+08:00'), t.settle();
SELECT is(t.code(t.extend('u002', 'p1/2', NULL, '2022-09-30')), 'not-owed', 'only who owes it asks for an extension');
SELECT is(t.code(t.extend('office', 'p1/2', NULL, '2022-09-30')), 'not-owed', 'not the office');
SELECT is(t.code(t.extend('u001', 'p1/9', NULL, '2022-09-30')), 'unknown', 'of a task that exists');
SELECT is(t.code(t.extend('u001', 'p1/2', NULL, '2022-06-30')), 'range', 'to a day behind the old one');
SELECT is(t.code(t.extend('u001', 'p1/2', '2022Q3', '2022-12-30')), 'not-owed', 'not for a period that is not open');
SELECT is(t.extend('u001', 'p1/2', NULL, '2022-09-30') ->> 'outcome', 'asked', 'before expiry it is asked for');
CREATE TEMP TABLE ask AS SELECT entry || '.' || ord AS id FROM duban.extension;
SELECT is(t.code(t.extend('u001', 'p1/2', NULL, '2022-10-31')), 'pending', 'once at a time');
SELECT is(t.code(t.decide('u001-head', 'extension', 'grant', (SELECT id FROM ask))), 'own', 'the unit grants itself nothing');
SELECT is(t.code(t.decide('delegate', 'extension', 'grant', (SELECT id FROM ask))), 'same-person', 'nor the same person as a leader''s delegate');
SELECT is(t.code(t.decide('chief', 'extension', 'grant', (SELECT id FROM ask))), 'right', 'nor one without a part in it');
SELECT is(t.code(t.decide('office', 'extension', 'grant', '1.0')), 'unknown', 'an unknown request is named');
SELECT is(t.code(t.decide('office', 'extension', 'grant', (SELECT id FROM ask), '{"until":"2022-06-30"}')), 'range', 'nothing is granted to the old day');
SELECT is((SELECT due AT TIME ZONE 'Asia/Shanghai' FROM duban.obligation WHERE task = 'p1/2' AND period = '-'), '2022-06-30 23:59', 'until here the old date holds');
SELECT t.clock('2022-07-01T00:00:00+08:00'), t.settle();
SELECT is((SELECT count(*) FROM duban."case" WHERE task = 'p1/2' AND period = '-' AND closed IS NULL), 1::bigint, 'an undecided request stops nothing');
SELECT is(t.decide('leader-01', 'extension', 'grant', (SELECT id FROM ask), '{"until":"2022-09-20"}') ->> 'outcome', 'granted', 'the leader grants an earlier day');
SELECT is((SELECT reason FROM duban."case" WHERE task = 'p1/2' AND period = '-'), 'extended', 'the case of the old date closes');
SELECT is((SELECT reason FROM duban.closing ORDER BY event DESC LIMIT 1), 'extended', 'and says why on the stream');
SELECT is((SELECT (printed, approved, ends)::text FROM duban.task WHERE name = 'p1/2'), '(2022-06-30,2022-09-20,2022-09-20)', 'printed and approved date stand side by side, the end follows');
SELECT is((SELECT due AT TIME ZONE 'Asia/Shanghai' FROM duban.obligation WHERE task = 'p1/2' AND period = '-'), '2022-09-20 23:59', 'it is due on the new day');
SELECT is((SELECT array_agg(period ORDER BY period) FROM duban.obligation WHERE task = 'p1/2' AND kind = 'report'), ARRAY['2022Q1', '2022Q2', '2022Q3'], 'reports are owed up to the new end');
SELECT is(t.code(t.decide('office', 'extension', 'refuse', (SELECT id FROM ask))), 'decided', 'decided once');
SELECT t.one('u001', 'p1/2', '2022Q2');
SELECT t.clock('2022-09-21T00:00:00+08:00'), t.settle();
SELECT is((SELECT array_agg(period ORDER BY period) FROM duban.verdict WHERE task = 'p1/2' AND silence AND split_part(period, '!', 1) = '-'), ARRAY['-', '-!e1'], 'a second silence stands beside the first');
SELECT is(t.code(t.extend('u001', 'p1/2', NULL, '2022-10-30')), 'expired', 'after expiry nothing is asked for');
SELECT is((SELECT count(*) FROM duban."case" WHERE task = 'p1/2' AND period = '-' AND closed IS NULL), 1::bigint, 'and the new date is chased');

-- ---- extension of one period ------------------------------------------------------------------------------
SELECT is(t.extend('u001', 'p1/2', '2022Q3', '2022-10-12') ->> 'code', NULL, 'a period that is open');
SELECT is(t.code(t.extend('u001', 'p1/1', '2022Q2', '2022-10-12')), 'expired', 'a period that is past');
SELECT is(t.extend('u001', 'p1/1', '2022Q3', '2022-10-14') ->> 'outcome', 'asked', 'a period');
SELECT is(t.decide('office', 'extension', 'refuse', (SELECT max(entry)::text FROM duban.extension)) ->> 'outcome', 'declined', 'is refused; an entry alone names its first');
SELECT is(t.extend('u001', 'p1/1', '2022Q3', '2022-10-31') ->> 'outcome', 'asked', 'asked again');
SELECT is(t.decide('office', 'extension', 'grant', (SELECT max(entry) || '.0' FROM duban.extension)) ->> 'due', '2022-10-31T09:30:00Z', 'granted to the day, at the rule''s time');
SELECT t.clock('2022-10-20T09:00:00+08:00'), t.settle();
SELECT is((SELECT count(*) FROM duban.verdict WHERE task = 'p1/1' AND period = '2022Q3'), 0::bigint, 'the printed cut-off passes without a verdict');
SELECT is((SELECT count(*) FROM duban.verdict WHERE task = 'i1' AND silence), 0::bigint, 'only for that task');
SELECT is(t.one('u001', 'p1/1', '2022Q3') ->> 'outcome', 'on-time', 'a report before the new date is on time');
SELECT is((SELECT due AT TIME ZONE 'Asia/Shanghai' FROM duban.report WHERE task = 'p1/1' ORDER BY entry DESC LIMIT 1), '2022-10-31 17:30', 'by the new date');
SELECT is((SELECT (extensions, extended)::text FROM duban.v_ledger WHERE task = 'p1/1'), '(2,1)', 'asked and granted are counted');

-- ---- closing --------------------------------------------------------------------------------------------
SELECT is(t.code(t.close('u002', 'p1/2')), 'not-accountable', 'closing is asked for by the accountable unit');
SELECT is(t.code(t.close('office', 'p1/2')), 'not-accountable', 'not by the office');
SELECT is(t.code(t.close('u001', 'p1/2')), 'not-done', 'what is not done is not closed');
SELECT is(t.one('u001', 'p1/2', '2022Q3', 4) ->> 'completion', 'late', 'done after the granted date is late');
SELECT is(t.close('u001', 'p1/2') ->> 'outcome', 'asked', 'done, it may be closed');
CREATE TEMP TABLE closing AS SELECT entry || '.' || ord AS id FROM duban.closure;
SELECT is(t.code(t.close('u001', 'p1/2')), 'pending', 'asked once at a time');
SELECT is(t.code(t.decide('u001', 'closure', 'grant', (SELECT id FROM closing))), 'own', 'nobody closes their own task');
SELECT is(t.code(t.decide('u001-contact', 'closure', 'grant', (SELECT id FROM closing))), 'own', 'under no post of the unit');
SELECT is(t.code(t.decide('delegate', 'closure', 'grant', (SELECT id FROM closing))), 'same-person', 'nor as somebody else''s delegate');
SELECT is(t.code(t.decide('u002', 'closure', 'grant', (SELECT id FROM closing))), 'right', 'nor another unit');
SELECT is(t.decide('office', 'closure', 'refuse', (SELECT id FROM closing)) ->> 'outcome', 'declined', 'refused');
SELECT is((SELECT (slot, due AT TIME ZONE 'Asia/Shanghai')::text FROM duban.closure_decision), '(-!1,"2022-10-25 23:59:00")', 'the completion clock starts again: the deadline is past, so in three working days');
SELECT is((SELECT state FROM duban.v_due WHERE task = 'p1/2' AND slot = '-!1'), 'open', 'it is owed');
SELECT is(t.code(t.close('u001', 'p1/2')), 'not-done', 'and to be reported done again first');
SELECT t.clock('2022-10-26T00:00:00+08:00'), t.settle();
SELECT is((SELECT array_agg(DISTINCT a.kind) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.period = '-!1' AND a.level = 1), ARRAY['task-overdue'], 'else it is overdue');
CREATE TEMP TABLE done AS SELECT t.one('u001', 'p1/2', '2022Q3', 4) AS o;
SELECT is((SELECT o ->> 'completion' || ' ' || (o ->> 'completion_period') || ' ' || (o ->> 'completion_due') FROM done), 'late -!1 2022-10-25T15:59:00Z', 'its verdict has a slot of its own');
SELECT is(t.close('u001', 'p1/2') ->> 'outcome', 'asked', 'asked again');
SELECT is((SELECT completion FROM duban.v_ledger WHERE task = 'p1/2'), 'late', 'the first verdict stays');
SELECT t.one('u001', 'p1/1', '2022Q4', 4);
SELECT is(t.decide('leader-01', 'closure', 'grant', (SELECT max(entry) || '.0' FROM duban.closure)) ->> 'outcome', 'granted', 'granted');
SELECT is((SELECT state FROM duban.v_ledger WHERE task = 'p1/2'), 'closed', 'struck off');
SELECT is((SELECT state FROM duban.v_due WHERE task = 'p1/2' AND slot = '-'), 'accepted', 'and its completion accepted');
SELECT is((SELECT count(*) FROM duban.v_due WHERE task = 'p1/2' AND state IN ('open', 'overdue', 'returned')), 0::bigint, 'it owes nothing');
SELECT is((SELECT count(*) FROM duban."case" WHERE task = 'p1/2' AND closed IS NULL), 0::bigint, 'nothing is chased');
SELECT is(t.one('u001', 'p1/2', '2022Q4') ->> 'outcome', 'not-owed', 'what is reported for it is kept beside');
SELECT is(t.one('u001', 'p1/2', '2022Q3') ->> 'outcome', 'not-owed', 'a further report is kept beside');
SELECT is(t.code(t.extend('u001', 'p1/2', NULL, '2023-01-30')), 'closed', 'nothing is extended');
SELECT is(t.code(t.close('u001', 'p1/2')), 'closed', 'nor closed again');
SELECT is(t.code(t.review('office', 'return', (SELECT entry || '.' || ord FROM duban.report_newest('p1/2', '2022Q3', 'u001')))), 'closed', 'nor returned');
SELECT is(t.code(t.reopen('u001', 'p1/2')), 'own', 'the unit does not reopen');
SELECT is(t.code(t.reopen('office', 'p1/1')), 'open', 'what is open is not reopened');
SELECT is(t.reopen('office', 'p1/2') ->> 'outcome', 'reopened', 'the office reopens');
SELECT is((SELECT slot FROM duban.closure_decision WHERE decision = 'reopened'), '-!2', 'its completion is owed again');
-- a task that owes: closing releases what is open and what is overdue
SELECT t.one('u002', 'p1/3', '2022Q3', 4);
SELECT is((SELECT count(*) FROM duban.v_overdue WHERE task = 'p1/3'), 1::bigint, 'overdue in Q2');
SELECT t.close('u002', 'p1/3');
SELECT t.decide('office', 'closure', 'grant', (SELECT max(entry) || '.0' FROM duban.closure));
SELECT is((SELECT count(*) FROM duban.v_overdue WHERE task = 'p1/3'), 0::bigint, 'closed, it is not overdue');
SELECT is((SELECT count(*) FROM duban."case" WHERE task = 'p1/3' AND reason = 'closed'), 1::bigint, 'the case says why it ended');
SELECT t.clock('2023-02-01T09:00:00+08:00'), t.settle();
SELECT is((SELECT count(*) FROM duban.verdict WHERE task = 'p1/3' AND period = '2022Q4'), 0::bigint, 'and nothing is missing later');
SELECT t.reopen('leader-02', 'p1/3');
SELECT is((SELECT count(*) FROM duban.v_overdue WHERE task = 'p1/3'), 0::bigint, 'reopened, what fell due while it was closed is not owed');
SELECT is(t.one('u002', 'p1/3', '2022Q4') ->> 'outcome', 'not-owed', 'nor counted when it comes');

-- ---- office records ---------------------------------------------------------------------------------------
CREATE FUNCTION t.record(p_by text, p_task text, p_for text, p_period text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT t.act(p_by, 'record', jsonb_build_object('records', jsonb_build_array(jsonb_build_object('task', p_task, 'period', p_period,
        'status', 'on-track', 'progress', 30, 'text', '纸质', 'for', p_for, 'source', 'paper', 'received_on', '2022-07-01',
        'scan', jsonb_build_object('sha256', repeat('a', 64)))))) -> 0
$$;
SELECT is(t.code(t.record('u002', 'p1/i1', 'u002', '2022Q4')), 'right', 'a unit enters nothing for itself');
SELECT is(t.code(t.record('leader-01', 'p1/i1', 'u002', '2022Q4')), 'right', 'nor a leader');
SELECT is(t.code(t.record('office', 'p1/i1', 'nobody', '2022Q4')), 'unknown', 'the unit is known');
CREATE TEMP TABLE rec AS SELECT t.record('office', 'p1/i1', '单位u002', '2022Q4') AS o;
SELECT is((SELECT o ->> 'outcome' FROM rec), 'late', 'judged by the instant of its entry, not by the claimed day');
SELECT is((SELECT o ->> 'task' || ' ' || (o ->> 'period') FROM rec), 'p1/i1 2022Q4', 'the receipt names task and period');
SELECT is((SELECT (unit, source, received_on)::text FROM duban.office_record), '(u002,paper,2022-07-01)', 'the claim stands beside');
SELECT is((SELECT by_office FROM duban.verdict WHERE task = 'p1/i1' AND period = '2022Q4' AND NOT silence), true, 'the verdict says who entered it');
SELECT is((SELECT (late, by_office)::text FROM duban.v_unit_punctuality WHERE unit = 'u002' AND period = '2022Q4'), '(1,1)', 'counted apart');
SELECT is((SELECT status FROM duban.v_ledger WHERE task = 'p1/i1'), 'on-track', 'it is the task''s newest report');
SELECT is((SELECT text FROM duban.v_report WHERE task = 'p1/i1' AND by_office), '纸质', 'with its text');
SELECT is(t.code(t.review('office', 'accept', t.last('p1/i1'))), 'accepted', 'the office may review what it entered for a unit');
SELECT is((t.act('office', 'record', '{"records":[{"task":"p1/i1","period":"2022Q4","status":"on-track","for":"u002","source":"phone","received_on":"2022-07-02","values":[{"name":"增速","value":"5.1","unit":"亿元"}]}]}') -> 0 -> 'errors' -> 0 ->> 'code'),
          'unit-of-measure', 'a wrong measure is refused as in any report');
SELECT is((t.act('office', 'record', '{"records":[{"task":"p1/i1","period":"2022Q4","status":"on-track","for":"u002","source":"phone","received_on":"2022-07-02","values":[{"name":"增速","value":"5.1","unit":"%"}]}]}') -> 0 ->> 'outcome'),
          'correction', 'a further record corrects');
SELECT is((SELECT value FROM duban.report_value WHERE task = 'p1/i1'), 5.1, 'and its values count');

-- ---- countersignature ---------------------------------------------------------------------------------------
SELECT t.act('office', 'plan', '{"plan":{"handle":"p2","title":"会签","from":"2023-01-01","to":"2023-12-31","source_sha256":"00","countersign":true,"tasks":[
    {"task":"1","kind":"task","text":"one","leads":["u001"],"leaders":["leader-01"]},
    {"task":"2","kind":"task","text":"two","leads":["u001"],"leaders":["leader-01"]}]}}');
SELECT t.settle();
SELECT is(t.one('u001', 'p2/1', '2023Q1') ->> 'outcome', 'waiting', 'a report of such a plan waits');
SELECT is((SELECT count(*) FROM duban.verdict WHERE task = 'p2/1'), 0::bigint, 'and settles nothing');
SELECT is(t.due_state('p2/1', '2023Q1'), 'open', 'the period is still open');
SELECT is((SELECT waiting FROM duban.v_due WHERE slot = '2023Q1' AND task = 'p2/1'), t.last('p2/1'), 'the list names what waits');
CREATE FUNCTION t.sign(p_by text, p_report text) RETURNS jsonb LANGUAGE sql AS $$ SELECT t.act(p_by, 'countersign', jsonb_build_object('reports', jsonb_build_array(p_report))) -> 0 $$;
SELECT is(t.code(t.sign('u001', t.last('p2/1'))), 'right', 'the clerk does not countersign');
SELECT is(t.code(t.sign('u001-contact', t.last('p2/1'))), 'right', 'nor the contact');
SELECT is(t.code(t.sign('u002-head', t.last('p2/1'))), 'unknown', 'nor the head of another unit');
SELECT is(t.code(t.sign('u001-head', t.last('p1/1'))), 'not-waiting', 'what does not wait is not countersigned');
SELECT is(t.code(t.review('office', 'accept', t.last('p2/1'))), 'waiting', 'nor reviewed yet');
CREATE TEMP TABLE first_text AS SELECT t.last('p2/1') AS id;
SELECT t.one('u001', 'p2/1', '2023Q1');
SELECT is(t.code(t.sign('u001-head', (SELECT id FROM first_text))), 'superseded', 'the newest text is countersigned');
SELECT is(t.sign('u001-head', t.last('p2/1')) ->> 'outcome', 'on-time', 'countersigned before the cut-off it is on time');
SELECT is(t.code(t.sign('u001-head', t.last('p2/1'))), 'already', 'once');
SELECT is(t.due_state('p2/1', '2023Q1'), 'submitted', 'it is submitted');
SELECT is(t.report('u001-head', ARRAY[('u001', 'p2/2', '2023Q1', 1, 50, NULL)::t.row]) -> 0 ->> 'outcome', 'on-time', 'what the head signs himself needs no countersignature');
SELECT t.one('u001', 'p2/2', '2023Q1');
SELECT is((SELECT outcome FROM duban.report WHERE task = 'p2/2' ORDER BY entry DESC LIMIT 1), 6::smallint, 'a correction by the clerk waits too');
SELECT is((SELECT entry FROM duban.task_state WHERE task = 'p2/2'), (SELECT min(entry) FROM duban.report WHERE task = 'p2/2'), 'and the counted text stays the newest');
SELECT is(t.sign('u001-head', t.last('p2/2')) ->> 'outcome', 'correction', 'until it is countersigned');
SELECT is((SELECT entry FROM duban.task_state WHERE task = 'p2/2'), (SELECT max(entry) FROM duban.report WHERE task = 'p2/2'), 'then it is the newest');
SELECT is(t.review('office', 'return', t.last('p2/2')) ->> 'outcome', 'returned', 'a countersigned report is returned');
SELECT is(t.one('u001', 'p2/2', '2023Q1') ->> 'outcome', 'waiting', 'sent again it waits');
SELECT is(t.sign('u001-head', t.last('p2/2')) ->> 'resubmission', 'on-time', 'and counts when countersigned');
SELECT is(t.one('u001', 'p2/2', '2023Q2') ->> 'outcome', 'not-owed', 'an early warning needs nobody');
SELECT t.one('u001', 'p2/1', '2023Q1');
SELECT t.clock('2023-07-01T09:00:00+08:00'), t.settle();
SELECT t.one('u001', 'p2/1', '2023Q2');
SELECT t.clock('2023-07-07T17:31:00+08:00'), t.settle();
SELECT is((SELECT verdict FROM duban.verdict WHERE task = 'p2/1' AND period = '2023Q2'), 3::smallint, 'not countersigned by the cut-off it is missing');
SELECT is(t.sign('u001-head', t.last('p2/1')) ->> 'outcome', 'late', 'and late when it is countersigned');
SELECT is((SELECT reason FROM duban."case" WHERE task = 'p2/1' AND period = '2023Q2'), 'reported', 'which closes the case');
SELECT is((SELECT count(*) FROM duban.missing_verdicts) + (SELECT count(*) FROM duban.missing_alerts) + (SELECT count(*) FROM duban.orphans), 0::bigint, 'nothing is missing, nothing hangs loose');
SELECT * FROM finish();
ROLLBACK;
