-- Amendments, mergers, changes of holders: what follows, what stays.
BEGIN;
\i tests/sql/helpers.inc
SELECT plan(75);
SELECT t.genesis('2022-04-02T08:00:00+08:00');
SELECT t.registry();
SELECT t.clock('2022-04-02T09:00:00+08:00');
SELECT t.plan();
SELECT t.settle();
CREATE FUNCTION t.amend(p_from text, p_changes jsonb, p_plan text DEFAULT 'p1') RETURNS jsonb LANGUAGE sql AS $$
    SELECT t.act('office', 'plan', jsonb_build_object('amend', p_plan, 'basis', '政办〔2022〕9号', 'from', p_from, 'changes', p_changes))
$$;
CREATE FUNCTION t.owed(p_task text) RETURNS text[] LANGUAGE sql AS $$
    SELECT array_agg(o.period || ' ' || o.unit ORDER BY o.period, o.unit) FROM duban.obligation o WHERE o.task = p_task
$$;
-- refused: all or nothing, each with its reason
SELECT is(t.amend('2022-04-02', '[{"change":"set","task":"1","title":"x"},{"change":"set","task":"99","title":"x"}]'),
    '[{"object":"p1/1","outcome":"refused","errors":[{"field":"changes","code":"not-applied","detail":"not applied because of change 2"}]},
      {"object":"p1/99","outcome":"refused","errors":[{"field":"task","code":"unknown","detail":"the plan has no task p1/99; see duban ledger"}]}]'::jsonb, 'one bad change undoes the others');
SELECT is((SELECT title FROM duban.task WHERE name = 'p1/1'), NULL, 'nothing was changed');
SELECT is(t.amend('2022-04-02', '[{"change":"set","task":"1","leads":["u9"]}]') #>> '{0,errors,0,code}', 'unknown', 'an unknown unit is refused');
SELECT is(t.amend('2022-04-02', '[{"change":"set","task":"1","leaders":["u001"]}]') #>> '{0,errors,0,field}', 'leaders', 'a unit is no leader');
SELECT is(t.amend('2022-04-02', '[{"change":"new","task":"1","kind":"task","text":"x"}]') #>> '{0,errors,0,code}', 'taken', 'a number that is taken is refused');
SELECT is(t.amend('2022-04-02', '[{"change":"set","task":"1","title":"x"}]', 'p9') #>> '{0,errors,0,field}', 'amend', 'an unknown plan is refused');
SELECT throws_ok($$ SELECT t.act('u001', 'plan', '{"amend":"p1","from":"2022-04-02","changes":[]}') $$, 'DB005', NULL, 'only an operator amends');
SELECT is((SELECT count(*) FROM duban.effect), 0::bigint, 'refused changes leave no effect');
SELECT is(t.amend('2022-04-02', '[{"change":"set","task":"1","text":"one"}]') -> 0 ->> 'outcome', 'unchanged', 'the same text changes nothing');

-- text, title, targets
SELECT is(t.amend('2022-04-02', '[{"change":"set","task":"i1","title":"增速","targets":[{"name":"增速","op":">=","value":"6.0","unit":"%","baseline":"5.0"}]}]') -> 0 ->> 'outcome', 'amended', 'a target is amended');
SELECT is((SELECT value || ' ' || baseline FROM duban.target WHERE task = 'p1/i1'), '6.0 5.0', 'the new value stands');
SELECT is((SELECT old #>> '{0,value}' FROM duban.v_task_amendment WHERE task = 'p1/i1' AND member = 'targets'), '5.5', 'the old one stays visible');
SELECT is((SELECT basis FROM duban.v_task_amendment WHERE task = 'p1/i1' AND member = 'title'), '政办〔2022〕9号', 'with its basis');
SELECT is(t.owed('p1/i1'), ARRAY['- u002', '2022Q1 u002'], 'what was not open yet was taken back');
SELECT t.settle();
SELECT is(t.owed('p1/i1'), ARRAY['- u002', '2022Q1 u002', '2022Q2 u002', '2022Q3 u002'], 'and is made again');
SELECT is(t.one('u002', 'p1/i1', '2022Q1') ->> 'outcome', 'on-time', 'an amended task takes reports');
SELECT is(t.one('u002', 'p1/i1', '2022Q1') ->> 'outcome', 'correction', 'a second one is a correction');

-- another lead while a period is open: the open period and the completion follow
SELECT is(t.amend('2022-04-03', '[{"change":"set","task":"2","leads":["u002","u001"]}]') -> 0 ->> 'outcome', 'scheduled', 'a day to come: scheduled');
SELECT is((SELECT accountable FROM duban.task WHERE name = 'p1/2'), 'u001', 'until then nothing changes');
SELECT is(t.one('u002', 'p1/2', '2022Q1') ->> 'outcome', 'refused', 'nor who may report');
SELECT t.clock('2022-04-03T00:00:00+08:00'), t.settle(), t.settle();
SELECT is((SELECT accountable FROM duban.task WHERE name = 'p1/2'), 'u002', 'on the day the new lead answers');
SELECT is((SELECT split_part(convert_from(entry, 'UTF8'), E'\n', 2) FROM duban.log_entry WHERE index = (SELECT max(applied) FROM duban.effect)), 'kind effect', 'by an entry of its own');
SELECT ok((SELECT convert_from(e.entry, 'UTF8') ~ E'\nat 2022-04-02T16:00:00.000000Z\nof \\d+\\.1\nwhat amendment\nsubject p1/2\nregistry \\d+\n$' FROM duban.log_entry e WHERE e.index = (SELECT max(applied) FROM duban.effect)), 'which names instant, statement and task');
SELECT is(t.owed('p1/2'), ARRAY['- u002', '2022Q1 u002', '2022Q2 u002'], 'open period, completion and those ahead are the new lead''s');
SELECT is(t.one('u001', 'p1/2', '2022Q1') ->> 'outcome', 'not-owed', 'the old lead, now a co-lead, owes nothing');
SELECT is((SELECT array_agg(unit || ' ' || (until IS NULL)::text ORDER BY from_at) FROM duban.v_tenure WHERE task = 'p1/2'), ARRAY['u001 false', 'u002 true'], 'who was accountable when');
SELECT is((SELECT count(*) FROM duban.agenda WHERE task = 'p1/2' AND unit = 'u001'), 0::bigint, 'nobody looks at the old lead');
SELECT is((SELECT count(*) FROM duban.agenda WHERE task = 'p1/2' AND unit = 'u002'), 3::bigint, 'but at the new one');
SELECT t.clock('2022-04-08T17:31:00+08:00'), t.settle();
SELECT is((SELECT array_agg(unit) FROM duban.verdict WHERE task = 'p1/2' AND silence), ARRAY['u002'], 'the one who took over is missing, once');

-- another lead after the cut-off: the missing report stays where it is, the period that is open follows
SELECT is((SELECT array_agg(unit) FROM duban.verdict WHERE task = 'p1/1' AND silence), ARRAY['u001'], 'u001 missed Q1');
SELECT t.amend('2022-04-08', '[{"change":"set","task":"1","leads":["u002"]}]'), t.settle();
SELECT is(t.owed('p1/1'), ARRAY['- u002', '2022Q1 u001', '2022Q2 u002', '2022Q3 u002', '2022Q4 u002'], 'the overdue report stays with the old lead');
SELECT is((SELECT closed FROM duban."case" WHERE task = 'p1/1' AND period = '2022Q1'), NULL, 'and its case open');
SELECT is(t.one('u002', 'p1/1', '2022Q1') ->> 'outcome', 'not-owed', 'the new lead does not owe it');
SELECT is(t.one('u001', 'p1/1', '2022Q1') ->> 'outcome', 'late', 'the old lead files it late though no longer assigned');
SELECT is((SELECT reason FROM duban."case" WHERE task = 'p1/1' AND period = '2022Q1'), 'reported', 'and that closes the case');
SELECT is(t.one('u001', 'p1/1', '2022Q2') #>> '{errors,0,code}', 'not-assigned', 'for the open period it has no part any more');

-- dates
SELECT is(t.amend('2022-04-08', '[{"change":"set","task":"2","deadline":"2022-09-30","deadline_raw":"9月底"}]') -> 0 ->> 'outcome', 'amended', 'a later deadline');
SELECT t.settle();
SELECT is((SELECT due FROM duban.obligation WHERE task = 'p1/2' AND period = '-'), '2022-09-30T23:59+08'::timestamptz, 'completion is owed by the new day');
SELECT is(t.owed('p1/2'), ARRAY['- u002', '2022Q1 u002', '2022Q2 u002', '2022Q3 u002'], 'and reports go on until it');
SELECT is((SELECT old #>> '{}' FROM duban.v_task_amendment WHERE task = 'p1/2' AND member = 'deadline'), '2022-06-30', 'the old day stays visible');
SELECT t.amend('2022-04-08', '[{"change":"set","task":"2","clear":["deadline","deadline_raw","deadline_source"],"continuous":true}]'), t.settle();
SELECT is(t.owed('p1/2'), ARRAY['2022Q1 u002', '2022Q2 u002', '2022Q3 u002', '2022Q4 u002'], 'a continuous task owes no completion');
SELECT t.amend('2022-04-08', '[{"change":"set","task":"2","clear":["continuous"],"deadline":"2022-04-10"}]'), t.settle();
SELECT t.clock('2022-04-11T00:00:00+08:00'), t.settle();
SELECT is((SELECT verdict FROM duban.verdict WHERE task = 'p1/2' AND period = '-'), 3::smallint, 'a deadline that passes is missed');
SELECT t.amend('2022-04-11', '[{"change":"set","task":"2","deadline":"2022-04-20"}]'), t.settle();
SELECT is((SELECT reason FROM duban."case" WHERE task = 'p1/2' AND period = '-'), 'amended', 'its case closes when the day is moved');
SELECT is((SELECT array_agg(period) FROM duban.obligation WHERE task = 'p1/2' AND kind = 'completion'), ARRAY['-!1'], 'what follows a declared silence has a slot of its own');

-- new and withdrawn
SELECT is(t.amend('2022-04-11', '[{"change":"new","task":"6","kind":"task","text":"six","leads":["u001"],"leaders":["leader-01"]},{"change":"withdraw","task":"3","reason":"并入"}]'),
    '[{"object":"p1/6","outcome":"added","errors":[]},{"object":"p1/3","outcome":"withdrawn","errors":[]}]', 'a task added, one withdrawn');
SELECT t.settle();
SELECT is(t.owed('p1/6'), ARRAY['- u001', '2022Q2 u001', '2022Q3 u001', '2022Q4 u001'], 'the new one owes from the open period on');
SELECT is(t.one('u001', 'p1/6', '2022Q1') ->> 'outcome', 'not-owed', 'not what was before it');
SELECT is(t.one('u001', 'p1/6', '2022Q2') ->> 'outcome', 'on-time', 'but what is open');
SELECT is(t.owed('p1/3'), NULL, 'the withdrawn one owes nothing');
SELECT is((SELECT array_agg(reason) FROM duban."case" WHERE task = 'p1/3'), ARRAY['withdrawn'], 'its case is closed');
SELECT is((SELECT count(*) FROM duban.verdict WHERE task = 'p1/3' AND silence), 1::bigint, 'its verdict stays');
SELECT is(t.one('u002', 'p1/3', '2022Q2') #>> '{errors,0,code}', 'withdrawn', 'reports on it are refused with the entry');
SELECT is((SELECT state FROM duban.v_ledger WHERE task = 'p1/3'), 'withdrawn', 'the ledger says so');
SELECT is(t.amend('2022-04-11', '[{"change":"set","task":"3","title":"x"}]') #>> '{0,errors,0,code}', 'withdrawn', 'and it is amended no more');
SELECT is((SELECT count(*) FROM duban.v_unassigned WHERE task = 'p1/3'), 0::bigint, 'nor unassigned');

-- a merger: u002 becomes u004 and u005
SELECT is(t.act('office', 'registry', '{"changes":[{"set":"unit","code":"u002","name":"单位u002","retired":"2022-05-01","successor":["u009"]}]}') #>> '{0,errors,0,field}', 'successor', 'an unknown successor is refused');
SELECT is(t.act('office', 'registry', '{"changes":[{"set":"unit","code":"u002","name":"单位u002","successor":["u001"]}]}') #>> '{0,errors,0,code}', 'shape', 'a successor without a day is refused');
SELECT t.act('office', 'registry', jsonb_build_object('changes', '[{"set":"unit","code":"u004","name":"单位u004"},{"set":"unit","code":"u005","name":"单位u005"},
    {"set":"post","code":"u004-contact","name":"x","role":"contact","unit":"u004","holders":[{"name":"戊"}]},
    {"set":"unit","code":"u002","name":"单位u002","retired":"2022-05-01","successor":["u004","u005"]}]'::jsonb || t.key_object('u004', 'u004', false)));
SELECT is((SELECT accountable FROM duban.task WHERE name = 'p1/1'), 'u002', 'before the day nothing changes');
SELECT t.clock('2022-05-01T00:00:00+08:00'), t.settle();
SELECT is((SELECT array_agg(name || ' ' || accountable ORDER BY name) FROM duban.task WHERE accountable LIKE 'u004%'), ARRAY['p1/1 u004', 'p1/2 u004', 'p1/i1 u004'], 'its tasks follow the first successor');
SELECT is((SELECT array_agg(code || ' ' || role ORDER BY ordinal, code) FROM duban.assignment WHERE task = 'p1/1' AND NOT roster), ARRAY['u004 lead', 'u005 co-lead'], 'the other is co-lead');
SELECT is((SELECT array_agg(DISTINCT unit) FROM duban.obligation WHERE task IN ('p1/1', 'p1/i1') AND period > '2022Q1'), ARRAY['u004'], 'what is open and ahead is the successor''s');
SELECT is((SELECT array_agg(period || ' ' || unit ORDER BY period) FROM duban.obligation o WHERE task = 'p1/2' AND NOT EXISTS (SELECT FROM duban.verdict v WHERE v.task = o.task AND v.period = o.period AND v.unit = o.unit AND NOT silence)),
    ARRAY['-!1 u004', '2022Q1 u004', '2022Q2 u004'], 'and what was overdue');
SELECT is((SELECT array_agg(a.post) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.unit = 'u004' AND c.task = 'p1/2' AND c.period = '2022Q1' AND a.level = 1 AND a.post LIKE 'u%'), ARRAY['u004-contact'], 'the successor''s contact is told');
SELECT is((SELECT count(*) FROM duban."case" WHERE unit = 'u002' AND closed IS NULL), 0::bigint, 'no case of the retired unit is open');
SELECT is((SELECT array_agg(task) FROM duban.v_task_amendment WHERE change = 'succession' AND task = 'p1/2' AND member = 'leads'), ARRAY['p1/2'], 'the merger is in the task''s history');
SELECT is(t.one('u004', 'p1/1', '2022Q2') ->> 'outcome', 'on-time', 'the successor reports');
SELECT is((SELECT count(*) FROM duban.missing_alerts), 0::bigint, 'no alert is missing');
-- where every lead owes, a co-lead that leaves owes no more and one that comes owes the open period
SELECT t.act('office', 'registry', '{"changes":[{"set":"rule","code":"each","name":"each","cadence":"quarterly","of":"next","working_day":5,"time":"17:30","shift":"none","calendar":"cn","zone":"Asia/Shanghai","owes":"leads"}]}');
SELECT t.act('office', 'plan', '{"plan":{"handle":"p3","title":"三","from":"2022-01-01","to":"2022-12-31","rule":"each","source_sha256":"00","tasks":[{"task":"1","kind":"task","text":"x","leads":["u001","u003"]}]}}');
SELECT t.settle();
SELECT is((SELECT array_agg(unit ORDER BY unit) FROM duban.obligation WHERE task = 'p3/1' AND period = '2022Q2'), ARRAY['u001', 'u003'], 'both leads owe');
SELECT t.amend('2022-05-01', '[{"change":"set","task":"1","leads":["u001","u005"]}]', 'p3'), t.settle();
SELECT is((SELECT array_agg(unit ORDER BY unit) FROM duban.obligation WHERE task = 'p3/1' AND period = '2022Q2'), ARRAY['u001', 'u005'], 'the one that comes owes the open period, the one that leaves does not');
SELECT is((SELECT array_agg(unit ORDER BY unit) FROM duban.obligation WHERE task = 'p3/1' AND period = '2022Q3'), ARRAY['u001', 'u005'], 'nor those ahead');
SELECT t.act('office', 'registry', '{"changes":[{"set":"unit","code":"u005","name":"单位u005","retired":"2022-05-01","successor":["u003"]}]}'), t.settle(), t.settle();
SELECT is((SELECT array_agg(unit ORDER BY unit) FROM duban.obligation WHERE task = 'p3/1' AND period > '2022Q1' AND kind = 'report'), ARRAY['u001', 'u001', 'u001', 'u003', 'u003', 'u003'], 'a merger of a co-lead passes what it owes');
-- a post's holder changes: what comes goes to the new one, what was sent stays
SELECT t.act('office', 'registry', '{"changes":[{"set":"post","code":"leader-01","name":"丙","role":"leader","holders":[{"name":"丙","to":"2022-04-30"},{"name":"新任","from":"2022-05-01"}]},
    {"set":"post","code":"u001-contact","name":"x","role":"contact","unit":"u001","holders":[{"name":"乙","to":"2022-04-30"}]}]}');
CREATE TEMP TABLE sent AS SELECT * FROM duban.alert;
SELECT t.clock('2022-07-11T17:31:00+08:00'), t.settle();
SELECT is((SELECT count(*) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE a.post = 'leader-01' AND a.raised > '2022-07-01' AND c.task = 'p1/2' AND c.period = '2022Q2'), 1::bigint, 'the leader''s post gets what comes, whoever holds it');
SELECT is((SELECT count(*) FROM duban.alert a WHERE a.post = 'u001-contact' AND a.raised > '2022-05-01'), 0::bigint, 'a post that nobody holds gets none');
SELECT is((SELECT count(*) FROM sent s WHERE NOT EXISTS (SELECT FROM duban.alert a WHERE a.alert = s.alert AND a.post = s.post AND a.why = s.why)), 0::bigint, 'what was sent stays');
SELECT is((SELECT count(*) FROM duban.alert WHERE post = 'u002-contact' AND raised > '2022-05-01'), 0::bigint, 'a retired unit is alerted no more');
SELECT * FROM finish();
ROLLBACK;
