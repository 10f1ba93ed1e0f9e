-- Amendments of a plan itself; countersignature by the reporting rule; a new schedule laid over an old one in slices.
BEGIN;
\i tests/sql/helpers.inc
SELECT plan(69);
SELECT t.genesis('2022-04-02T08:00:00+08:00');
SELECT t.registry();
SELECT t.clock('2022-04-02T09:00:00+08:00');
SELECT t.act('office', 'registry', jsonb_build_object('changes', jsonb_build_array(
    '{"set":"rule","code":"monthly","name":"m","cadence":"monthly","of":"next","day":10,"time":"17:30","calendar":"cn","zone":"Asia/Shanghai"}'::jsonb,
    '{"set":"rule","code":"signed","name":"s","cadence":"quarterly","of":"next","working_day":5,"time":"17:30","calendar":"cn","zone":"Asia/Shanghai","countersign":true}'::jsonb,
    '{"set":"post","code":"leader-02","name":"庚","role":"leader","holders":[{"name":"庚"}]}'::jsonb,
    t.key_object('u001-head', 'u001-head', false), t.key_object('leader-02', 'leader-02', false))));
SELECT t.plan(), t.settle();
CREATE FUNCTION t.amend(p_from text, p_change jsonb, p_plan text DEFAULT 'p1') RETURNS jsonb LANGUAGE sql AS $$
    SELECT t.act('office', 'plan', jsonb_build_object('amend', p_plan, 'basis', '政办〔2022〕9号', 'from', p_from, 'changes', jsonb_build_array('{"change":"plan"}' || p_change))) -> 0
$$;
CREATE FUNCTION t.code(p jsonb) RETURNS text LANGUAGE sql AS $$ SELECT coalesce(p -> 'errors' -> 0 ->> 'code', p ->> 'outcome') $$;
CREATE FUNCTION t.owed(p_task text) RETURNS text[] LANGUAGE sql AS $$
    SELECT array_agg(o.period || ' ' || o.unit ORDER BY o.period, o.unit) FROM duban.obligation o WHERE o.task = p_task
$$;
CREATE FUNCTION t.loose() RETURNS bigint LANGUAGE sql AS $$
    SELECT (SELECT count(*) FROM duban.missing_verdicts) + (SELECT count(*) FROM duban.missing_alerts) + (SELECT count(*) FROM duban.orphans)
$$;
-- what is made is what the schedule says: nothing more, nothing less, each with its look
CREATE FUNCTION t.as_scheduled(p_plan text) RETURNS bigint LANGUAGE sql AS $$
    WITH want AS (SELECT r.task, r.period, r.unit, r.opens, r.due, r.cutoff, r.rule, r.calendar FROM duban.task t JOIN duban.materialised m ON m.plan = t.plan
                   CROSS JOIN LATERAL duban.task_rows(t.name, 1, m.ordinal) r WHERE t.plan = p_plan),
    have AS (SELECT o.task, o.period, o.unit, o.opens, o.due, o.cutoff, o.rule, o.calendar FROM duban.obligation o JOIN duban.task t ON t.name = o.task
              WHERE t.plan = p_plan AND o.kind = 'report' AND o.opens > t.since)
    SELECT (SELECT count(*) FROM (SELECT * FROM want EXCEPT SELECT * FROM have) x) + (SELECT count(*) FROM (SELECT * FROM have EXCEPT SELECT * FROM want) x)
         + (SELECT count(*) FROM duban.agenda a LEFT JOIN duban.obligation o USING (task, period, unit) WHERE o.task IS NULL AND a.task LIKE p_plan || '/%')
$$;

-- ---- refused ------------------------------------------------------------------------------------------------
SELECT is(t.code(t.amend('2022-04-02', '{"to":"2021-12-31"}')), 'range', 'a plan does not end before it begins');
SELECT is(t.code(t.amend('2022-04-02', '{"rule":"daily"}')), 'unknown', 'the rule is registered');
SELECT is(t.code(t.amend('2022-04-02', '{"ladder":"steep"}')), 'unknown', 'so is the ladder');
SELECT is(t.amend('2022-04-02', '{"leaders":[{"was":"leader-02","now":"leader-01"}]}') #>> '{errors,0,field}', 'leaders', 'the leader who goes leads a task of the plan');
SELECT is(t.code(t.amend('2022-04-02', '{"leaders":[{"was":"leader-01","now":"u001"}]}')), 'unknown', 'the one who comes is a post');
SELECT is(t.code(t.amend('2022-04-02', '{"title":"x"}', 'p9')), 'unknown', 'an unknown plan');
SELECT throws_ok($$ SELECT t.act('u001', 'plan', '{"amend":"p1","from":"2022-04-02","changes":[{"change":"plan","title":"x"}]}') $$, 'DB005', NULL, 'only an operator amends');
SELECT is(t.code(t.amend('2022-04-02', '{"title":"计划"}')), 'unchanged', 'the same title changes nothing');
SELECT is((SELECT count(*) FROM duban.plan_amendment), 0::bigint, 'nothing of that is kept');
SELECT is(t.act('office', 'plan', '{"amend":"p1","from":"2022-04-02","changes":[{"change":"plan","title":"x"},{"change":"set","task":"99","title":"x"}]}') #>> '{0,outcome}',
    'refused', 'one bad change undoes the others');
SELECT is((SELECT title FROM duban.plan), '计划', 'the title stays');

-- ---- words --------------------------------------------------------------------------------------------------
SELECT is(t.amend('2022-04-02', '{"title":"计划（修订）","number":"政发〔2022〕3号","issued":"2022-03-30"}') ->> 'outcome', 'amended', 'title, number, day of issue');
SELECT is((SELECT object FROM duban.act ORDER BY entry DESC LIMIT 1), 'plan/p1', 'the outcome names the plan');
SELECT is((SELECT (title, number, issued)::text FROM duban.plan), '(计划（修订）,政发〔2022〕3号,2022-03-30)', 'they stand');
SELECT is((SELECT array_agg(member || ' ' || (old #>> '{}') ORDER BY member) FROM duban.v_plan_amendment WHERE member = 'title'), ARRAY['title 计划'], 'the old title stays visible');
SELECT is((SELECT DISTINCT basis FROM duban.v_plan_amendment), '政办〔2022〕9号', 'with its basis');
SELECT t.amend('2022-04-02', '{"clear":["issued"]}');
SELECT is((SELECT issued FROM duban.plan), NULL, 'what is cleared is gone');
SELECT is((SELECT new FROM duban.v_plan_amendment WHERE member = 'issued' ORDER BY entry DESC LIMIT 1), 'null'::jsonb, 'and the amendment says so');
SELECT set_config('duban.as_of', (SELECT min(entry)::text FROM duban.plan), true);
SELECT is((SELECT title FROM duban_asof.plan), '计划', 'as of its registration the plan has its old title');
SELECT is((SELECT count(*) FROM duban_asof.v_plan_amendment), 0::bigint, 'and no amendment');

-- ---- a leader in the place of another, from a day to come ---------------------------------------------------------
SELECT t.amend('2022-04-02', '{"leaders":[{"was":"g02","now":"leader-02"}]}');
SELECT is((SELECT array_agg(code) FROM duban.task_leader WHERE task = 'p1/3'), ARRAY['leader-02'], 'a post for a roster');
SELECT is((SELECT roster FROM duban.task_leader WHERE task = 'p1/3'), false, 'which is none');
SELECT is(t.amend('2022-04-03', '{"leaders":[{"was":"leader-01","now":"leader-02"},{"was":"leader-02","now":"leader-01"}]}') ->> 'outcome', 'scheduled', 'a day to come: scheduled');
SELECT is((SELECT array_agg(code) FROM duban.task_leader WHERE task = 'p1/1'), ARRAY['leader-01'], 'until then nothing changes');
SELECT t.clock('2022-04-03T00:00:00+08:00'), t.settle(), t.settle();
SELECT is((SELECT array_agg(code ORDER BY task) FROM duban.task_leader), ARRAY['leader-02', 'leader-02', 'leader-01', 'leader-02'], 'on the day two leaders change places');
SELECT is((SELECT split_part(convert_from(entry, 'UTF8'), E'\n', 2) FROM duban.log_entry WHERE index = (SELECT max(applied) FROM duban.effect)), 'kind effect', 'by an entry of its own');
SELECT ok((SELECT convert_from(e.entry, 'UTF8') ~ E'\nwhat amendment\nsubject p1\n' FROM duban.log_entry e WHERE e.index = (SELECT max(applied) FROM duban.effect)), 'which names the plan');
SELECT is((SELECT (old, new)::text FROM duban.v_task_amendment WHERE task = 'p1/1' AND member = 'leaders'), '("[""leader-01""]","[""leader-02""]")', 'each task says what changed in it');
SELECT t.clock('2022-04-11T17:31:00+08:00'), t.settle();
SELECT is((SELECT array_agg(DISTINCT a.post) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.task = 'p1/2' AND a.level = 2), ARRAY['leader-02'], 'alerts go to the new leader');

-- ---- another reporting rule ------------------------------------------------------------------------------------
SELECT is(t.owed('p1/3'), ARRAY['2022Q1 u002', '2022Q2 u002', '2022Q3 u002', '2022Q4 u002'], 'quarterly so far');
SELECT is(t.amend('2022-04-11', '{"rule":"monthly"}') ->> 'outcome', 'amended', 'monthly from now on');
SELECT is(t.owed('p1/3'), ARRAY['2022Q1 u002', '2022Q2 u002', '2022Q3 u002', '2022Q4 u002'], 'under the log lock only the schedule is written');
SELECT is((SELECT array_agg(period ORDER BY ordinal) FROM duban.plan_period WHERE ordinal <= 5), ARRAY['2022Q1', '2022Q2', '2022-07', '2022-08', '2022-09'], 'the open quarter stays, months begin behind it');
SELECT t.settle();
SELECT is(t.owed('p1/3'), ARRAY['2022-07 u002', '2022-08 u002', '2022Q1 u002', '2022Q2 u002'], 'then the obligations follow');
SELECT is(t.as_scheduled('p1'), 0::bigint, 'all of them');
SELECT is((SELECT count(*) FROM duban.materialised WHERE redo IS NOT NULL), 0::bigint, 'and nothing waits');
SELECT is((SELECT count(*) FROM duban.obligation_past WHERE period IN ('2022Q3', '2022Q4')), 0::bigint, 'what had not opened never was');
SELECT is(t.one('u002', 'p1/3', '2022Q2') ->> 'outcome', 'on-time', 'the open quarter is reported');
SELECT is(t.one('u002', 'p1/3', '2022Q3') #>> '{errors,0,code}', 'unknown', 'the next quarter is none');
SELECT t.clock('2022-07-08T09:00:00+08:00'), t.settle();
SELECT is(t.one('u002', 'p1/3', '2022-07') ->> 'due', '2022-08-10T09:30:00Z', 'but July is');

-- ---- a new schedule that a statement meets before its slice has come -----------------------------------------------
SELECT t.act('office', 'registry', '{"changes":[{"set":"rule","code":"monthly","name":"m","cadence":"monthly","of":"next","day":12,"time":"17:30","calendar":"cn","zone":"Asia/Shanghai"}]}');
SELECT is((SELECT DISTINCT due AT TIME ZONE 'Asia/Shanghai' FROM duban.obligation WHERE task = 'p1/1' AND period = '2022-08'), '2022-09-10 17:30', 'not replaced yet');
SELECT t.act('office', 'registry', '{"changes":[{"set":"clock","to":"2022-08-11T09:00:00+08:00"}]}');
SELECT is((SELECT t.act('u001', 'extension', '{"requests":[{"task":"p1/1","period":"2022-08","until":"2022-09-20","reason":"汛期","progress":1}]}') -> 0 ->> 'due'), '2022-09-12T09:30:00Z',
    'a statement that needs the obligation has the one of the new schedule');
SELECT t.settle();
SELECT is((SELECT array_agg(DISTINCT due AT TIME ZONE 'Asia/Shanghai') FROM duban.obligation WHERE period = '2022-08'), ARRAY['2022-09-12 17:30'::timestamp], 'and so have all others');
SELECT is(t.as_scheduled('p1'), 0::bigint, 'nothing of the old schedule is left');
SELECT is(t.loose(), 0::bigint, 'nothing hangs loose');

-- ---- the end of the plan ------------------------------------------------------------------------------------------
SELECT is(t.amend('2022-08-11', '{"to":"2022-08-31"}') ->> 'outcome', 'amended', 'the plan ends earlier');
SELECT t.settle();
SELECT is((SELECT array_agg(DISTINCT inherited) FROM duban.task WHERE printed IS NULL AND NOT continuous), ARRAY['2022-08-31'::date], 'inherited deadlines follow');
SELECT is((SELECT (printed, inherited)::text FROM duban.task WHERE name = 'p1/2'), '(2022-06-30,)', 'printed ones do not');
SELECT is((SELECT due AT TIME ZONE 'Asia/Shanghai' FROM duban.obligation WHERE task = 'p1/1' AND period = '-'), '2022-08-31 23:59', 'completion is owed by the new end');
SELECT is((SELECT max(period) FROM duban.obligation WHERE task = 'p1/1' AND period LIKE '2022-%'), '2022-08', 'months behind the end are not owed');
SELECT is(t.amend('2022-08-11', '{"to":"2023-03-31"}') ->> 'outcome', 'amended', 'then later');
SELECT t.settle();
SELECT is((SELECT due AT TIME ZONE 'Asia/Shanghai' FROM duban.obligation WHERE task = 'p1/1' AND period = '-'), '2023-03-31 23:59', 'completion follows');
SELECT is((SELECT max(period) FROM duban.plan_period), '2023-03', 'periods go on until the new end');
SELECT is(t.as_scheduled('p1'), 0::bigint, 'obligations are those of the schedule');
SELECT is((SELECT count(*) FROM duban.verdict WHERE silence AND task = 'p1/1' AND period = '-'), 0::bigint, 'nobody is missing after the fact');
-- an end that moves forward after everything was over: what nobody could know of is not owed
SELECT t.clock('2023-07-20T09:00:00+08:00'), t.settle();
SELECT is(t.amend('2023-07-20', '{"to":"2023-12-31"}') ->> 'outcome', 'amended', 'a plan that was over goes on');
SELECT t.settle();
SELECT is((SELECT array_agg(period ORDER BY ordinal) FROM duban.plan_period WHERE owed AND period > '2023-03' AND opens <= '2023-07-20T09:00:01+08'), ARRAY['2023-07'], 'the period that is running is owed, those that passed are not');
SELECT is((SELECT count(*) FROM duban.verdict WHERE silence AND period IN ('2023-04', '2023-05', '2023-06')), 0::bigint, 'no silence is declared for them');
SELECT is(t.one('u002', 'p1/3', '2023-07') ->> 'outcome', 'on-time', 'and is reported');
SELECT is(t.loose(), 0::bigint, 'nothing hangs loose');

-- ---- countersignature by the rule ------------------------------------------------------------------------------------
SELECT t.act('office', 'plan', '{"plan":{"handle":"p2","title":"会签","from":"2023-07-01","to":"2024-12-31","rule":"signed","source_sha256":"00","tasks":[
    {"task":"1","kind":"task","text":"one","leads":["u001"],"leaders":["leader-01"]}]}}'), t.settle();
SELECT is(t.one('u001', 'p2/1', '2023Q3') ->> 'outcome', 'waiting', 'the rule asks for it, the plan does not');
SELECT is((SELECT t.act('u001-head', 'countersign', jsonb_build_object('reports', jsonb_build_array((SELECT entry || '.0' FROM duban.report ORDER BY entry DESC LIMIT 1)))) -> 0 ->> 'outcome'), 'on-time', 'the head signs');
SELECT t.act('office', 'registry', '{"changes":[{"set":"rule","code":"signed","name":"s","cadence":"quarterly","of":"next","working_day":5,"time":"17:30","calendar":"cn","zone":"Asia/Shanghai","countersign":false}]}'), t.settle();
SELECT is(t.one('u001', 'p2/1', '2023Q3') ->> 'outcome', 'waiting', 'a period that is open keeps its version of the rule');
SELECT is(t.amend('2023-07-20', '{"countersign":true}', 'p2') ->> 'outcome', 'amended', 'the plan asks for it');
SELECT t.clock('2023-10-12T17:31:00+08:00'), t.settle();
SELECT is(t.one('u001', 'p2/1', '2023Q4') ->> 'outcome', 'on-time', 'a rule that says no has the last word');
SELECT t.act('office', 'registry', '{"changes":[{"set":"rule","code":"signed","name":"s","cadence":"quarterly","of":"next","working_day":5,"time":"17:30","calendar":"cn","zone":"Asia/Shanghai"}]}'), t.settle();
SELECT t.clock('2024-01-15T17:31:00+08:00'), t.settle();
SELECT is(t.one('u001', 'p2/1', '2024Q1') ->> 'outcome', 'waiting', 'one that says nothing leaves it to the plan');
SELECT t.act('office', 'registry', '{"changes":[{"set":"rule","code":"monthly","name":"m","cadence":"monthly","of":"next","day":12,"time":"17:30","calendar":"cn","zone":"Asia/Shanghai","countersign":true}]}');
SELECT is((SELECT bool_or(plain) FROM duban.task WHERE plan = 'p1'), false, 'a new version that asks for it reaches plans that run');
SELECT is((SELECT (old, new)::text FROM duban.v_plan_amendment WHERE plan = 'p2' AND member = 'countersign'), '(false,true)', 'the amendment stays visible');
SELECT is(t.loose(), 0::bigint, 'nothing hangs loose');
SELECT * FROM finish();
ROLLBACK;
