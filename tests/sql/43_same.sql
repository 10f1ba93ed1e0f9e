-- Filed once: one report settles the tasks of several plans that are declared the same, each with its verdict.
BEGIN;
\i tests/sql/helpers.inc
SELECT plan(31);
SELECT t.genesis('2022-04-02T08:00:00+08:00');
SELECT t.registry();
SELECT t.act('office', 'registry', '{"changes":[{"set":"rule","code":"monthly","name":"m","cadence":"monthly","of":"next","day":5,"time":"17:30","shift":"none","calendar":"cn","zone":"Asia/Shanghai"},{"set":"login","login":"t_leader2","for":"leader-01"}]}');
SELECT t.clock('2022-04-02T09:00:00+08:00');
SELECT t.plan();
SELECT t.act('office', 'plan', '{"plan":{"handle":"p2","title":"计划二","from":"2022-01-01","to":"2022-12-31","rule":"monthly","source_sha256":"01","tasks":[
    {"task":"1","kind":"task","text":"ONE。","leads":["u001"]},{"task":"2","kind":"indicator","text":"x","leads":["u002"],"targets":[{"name":"增 速","value":"6","unit":"%"}]},
    {"task":"3","kind":"task","text":"other","leads":["u001"]}]}}');
SELECT t.settle();
CREATE FUNCTION t.same(p_code text, p_tasks text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT t.act('office', 'registry', jsonb_build_object('changes', jsonb_build_array(
        jsonb_build_object('set', 'same', 'code', p_code, 'tasks', to_jsonb(string_to_array(p_tasks, ' ')))))) -> 0
$$;
SELECT is((SELECT array_agg(task || ' ' || other || ' ' || why ORDER BY task) FROM duban.v_same_candidate WHERE plan = 'p2'), ARRAY['p2/1 p1/1 text', 'p2/2 p1/i1 indicator'], 'equal text and equal indicator are offered');
SELECT is(t.same('a', 'p1/1 p9/1') #>> '{errors,0,code}', 'unknown', 'an unknown task is refused');
SELECT is(t.same('a', 'p1/1 p1/2') #>> '{errors,0,code}', 'plan', 'two tasks of one plan too');
SELECT is(t.same('a', 'p1/1 p2/2') #>> '{errors,0,code}', 'unit', 'and two units');
SELECT is(t.same('a', 'p1/1 p2/1') ->> 'outcome', 'applied', 'declared');
SELECT is(t.same('b', 'p1/2 p2/1') #>> '{errors,0,code}', 'taken', 'a task stands in one declaration');
SELECT is((SELECT count(*) FROM duban.v_same_candidate WHERE task = 'p2/1'), 0::bigint, 'it is offered no more');
-- Q1 ends on the day on which March ends
SELECT is(t.one('u001', 'p1/1', '2022Q1') #> '{same,0}', '{"task":"p2/1","period":"2022-03","outcome":"on-time","due":"2022-04-05T09:30:00Z","next_due":"2022-05-05T09:30:00Z","rule":"monthly@2","calendar":"cn@0","errors":[]}'::jsonb, 'one report, two outcomes');
SELECT is((SELECT array_agg(task || ' ' || period ORDER BY task) FROM duban.verdict WHERE verdict = 1), ARRAY['p1/1 2022Q1', 'p2/1 2022-03'], 'two verdicts');
SELECT is((SELECT line FROM duban.report), E'p2/1 2022-03 on-time 2022-04-05T09:30:00Z monthly@2 cn@0\n', 'the second is in the digest');
SELECT is((SELECT substring(convert_from(e.entry, 'UTF8') FROM 'outcomes-sha256 (.*)\n') FROM duban.log_entry e WHERE e.index = (SELECT entry FROM duban.report)),
    encode(sha256(convert_to(E'p1/1 2022Q1 on-time 2022-04-08T09:30:00Z quarterly@0 cn@0\np2/1 2022-03 on-time 2022-04-05T09:30:00Z monthly@2 cn@0\n', 'UTF8')), 'hex'), 'of the entry');
SELECT is((SELECT entry FROM duban.task_state WHERE task = 'p2/1'), (SELECT entry FROM duban.report), 'both show the same text');
SELECT is(t.one('u001', 'p2/1', '2022-03') ->> 'outcome', 'correction', 'a report of its own corrects it');
SELECT is((SELECT jsonb_array_length(x -> 'same') || (x #>> '{same,0,outcome}') FROM (SELECT t.one('u001', 'p1/1', '2022Q1') AS x) y), '1correction', 'a correction corrects both');
SELECT is(t.one('u002', 'p1/i1', '2022Q1') ->> 'same', NULL, 'what is not declared is alone');
-- both in one statement: each is settled by its own
SELECT is(t.same('c', 'p1/i1 p2/2') ->> 'outcome', 'applied', 'a second declaration');
SELECT is((SELECT array_agg(o ->> 'outcome' || coalesce(o ->> 'same', '')) FROM jsonb_array_elements(t.report('u002', ARRAY[('u002', 'p1/i1', '2022Q1', 1, 10, NULL), ('u002', 'p2/2', '2022-03', 1, 20, NULL)]::t.row[])) o), ARRAY['correction', 'on-time'], 'both in one statement');
-- a month in the middle of a quarter settles no quarter
SELECT t.clock('2022-05-03T09:00:00+08:00'), t.settle();
SELECT is((SELECT x ->> 'outcome' || coalesce(x ->> 'same', '') FROM (SELECT t.one('u001', 'p2/1', '2022-04') AS x) y), 'on-time', 'April settles no quarter');
-- late in one plan, on time in the other; open cases close
SELECT t.clock('2022-07-06T09:00:00+08:00'), t.settle();
SELECT is((SELECT count(*) FROM duban."case" WHERE task = 'p2/1' AND period = '2022-06' AND closed IS NULL), 1::bigint, 'June is overdue');
SELECT is((SELECT x ->> 'outcome' || (x #>> '{same,0,outcome}') FROM (SELECT t.one('u001', 'p1/1', '2022Q2', 4) AS x) y), 'on-timelate', 'on time for the quarter, late for the month');
SELECT is((SELECT reason FROM duban."case" WHERE task = 'p2/1' AND period = '2022-06'), 'reported', 'its case closes');
SELECT is((SELECT count(*) FROM duban.verdict WHERE period = '-' AND verdict = 1 AND task IN ('p1/1', 'p2/1')), 2::bigint, 'done in one is done in both');
-- a repeated answer says the same
SELECT is((SELECT duban.outcomes_of(entry, 'application/vnd.duban.report.v1+json')::jsonb #>> '{0,same,0,period}' FROM duban.report ORDER BY entry DESC LIMIT 1), '2022-06', 'the receipt can be had again');
SELECT is((SELECT count(*) FROM duban.v_same), 4::bigint, 'what is declared can be read');
-- who may read one of them reads the report
CREATE ROLE t_leader2 LOGIN IN ROLE duban_reader;
GRANT ALL ON SCHEMA t TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA pg_temp TO PUBLIC; GRANT ALL ON ALL SEQUENCES IN SCHEMA pg_temp TO PUBLIC;
SET SESSION AUTHORIZATION t_leader2;
SELECT is((SELECT count(*) FROM duban.report_same WHERE task = 'p2/1'), 0::bigint, 'a leader of one task sees not what it came to for the other');
SELECT isnt(duban.report_body((SELECT max(entry) FROM duban.report WHERE task = 'p1/1'), 0::smallint), NULL, 'but the report');
RESET SESSION AUTHORIZATION;
-- taken apart
SELECT is(t.same('a', 'p1/2 p2/3') ->> 'outcome', 'applied', 'a declaration is replaced');
SELECT t.clock('2022-07-08T09:00:00+08:00'), t.settle();
SELECT is(t.one('u001', 'p1/1', '2022Q3') ->> 'same', NULL, 'the former tasks are reported apart');
SELECT is((SELECT count(*) FROM duban.missing_verdicts), 0::bigint, 'no verdict is missing');
SELECT is((SELECT count(*) FROM duban.missing_alerts), 0::bigint, 'no alert is missing');
SELECT is((SELECT count(*) FROM duban.orphans), 0::bigint, 'no orphans');
SELECT * FROM finish();
ROLLBACK;
