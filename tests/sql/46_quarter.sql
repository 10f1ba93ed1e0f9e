-- A quarter made by hand. Every number below was worked out on paper first; this is the paper.
--
-- Plan q, 2022, registered on 2 April 09:00. Reports of Q1 are due on Friday 8 April 17:30 (fifth working day),
-- late from 17:31 on; then Q2 opens. Looked at on 20 April, 12:00.
--
--   task  lead  date, number            Q1 report                     what else
--   1     u001  -                       6 April (in time)             7 April returned, owed again by 15 April;
--                                                                     14 April sent again (in time)
--   2     u001  30 June                 6 April (in time)             extended to 15 August, then to 30 September
--   3     u001  100 km                  10 April (missing, then late)
--   4     u002  continuous              6 April (in time)
--   5     u002  30 June                 10 April (missing, then late) extended once, to 15 July
--   6     u002  -                       none (missing)
--   7     u003  20 %                    12 April, entered by the office (missing, then late)
--   8     -     -                       nobody owes it
--
-- Punctuality of Q1:  u001: tasks 1, 2, 3: expected 3, in time 2, late 1, missing 0; 2/3 = 66.7 %, 3/3 = 100.0 %
--                     u002: tasks 4, 5, 6: expected 3, in time 1, late 1, missing 1; 1/3 = 33.3 %, 2/3 = 66.7 %
--                     u003: task 7: expected 1, in time 0, late 1, of them by the office 1; 0.0 %, 100.0 %
-- Of Q2 nothing is decided: expected 3, 3, 1, all open.
-- Asked while Q1 was the newest open period (2 April to 8 April 17:31):
--                     u001: 3 reports, 1 extra (the return); completion of 1, 2, 3 = 3: an extension asks for
--                           nothing new, it moves what was asked
--                     u002: 3 reports; completion of 5, 6 = 2; task 4 has no end
--                     u003: 1 report; completion of 7 = 1
-- and while Q2 was: 3, 3, 1 reports.
-- Days on which what was asked in Q1 falls due: u001: 8 April, 15 April, 30 September (2, extended), 31 December = 4;
--                     u002: 8 April, 15 July (5, extended), 31 December = 3; u003: 8 April, 31 December = 2.
BEGIN;
\i tests/sql/helpers.inc
SELECT no_plan();
SELECT t.genesis('2022-04-02T08:00:00+08:00');
SELECT t.registry();
SELECT t.clock('2022-04-02T09:00:00+08:00');
SELECT t.act('office', 'plan', '{"plan":{"handle":"q","title":"季度","from":"2022-01-01","to":"2022-12-31","source_sha256":"00","tasks":[
    {"task":"1","no":"1","kind":"task","text":"one","leads":["u001"],"leaders":["leader-01"]},
    {"task":"2","no":"2","kind":"task","text":"two","leads":["u001"],"leaders":["leader-01"],"deadline":"2022-06-30"},
    {"task":"3","no":"3","kind":"task","text":"three","leads":["u001"],"leaders":["leader-01"],"targets":[{"name":"里程","op":">=","value":"100","unit":"公里"}]},
    {"task":"4","no":"4","kind":"task","text":"four","leads":["u002"],"leaders":["leader-01"],"continuous":true},
    {"task":"5","no":"5","kind":"task","text":"five","leads":["u002"],"leaders":["leader-01"],"deadline":"2022-06-30"},
    {"task":"6","no":"6","kind":"task","text":"six","leads":["u002"],"leaders":["leader-01"]},
    {"task":"7","no":"7","kind":"task","text":"seven","leads":["u003"],"leaders":["leader-01"],"targets":[{"name":"比例","op":">=","value":"20","unit":"%"}]},
    {"task":"8","no":"8","kind":"task","text":"eight","units":["u001"],"leaders":["leader-01"]}]}}');
SELECT t.settle();
CREATE FUNCTION t.does(p_name text, p_kind text, p_body jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE o jsonb := t.act(p_name, p_kind, p_body);
BEGIN
    IF EXISTS (SELECT FROM jsonb_array_elements(o) x WHERE x ->> 'outcome' = 'refused') THEN
        RAISE EXCEPTION '% of % is refused: %', p_kind, p_name, o;
    END IF;
END $$;
CREATE FUNCTION t.extended(p_unit text, p_task text, p_until text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM t.does(p_unit, 'extension', jsonb_build_object('requests', jsonb_build_array(jsonb_build_object('task', p_task, 'until', p_until, 'reason', '汛期', 'progress', 40))));
    PERFORM t.does('office', 'extension', jsonb_build_object('decisions', jsonb_build_array(jsonb_build_object('request',
        (SELECT entry || '.' || ord FROM duban.extension ORDER BY entry DESC LIMIT 1), 'decision', 'grant', 'reason', '同意'))));
END $$;
SELECT t.clock('2022-04-06T10:00:00+08:00'), t.one('u001', 'q/1', '2022Q1'), t.one('u001', 'q/2', '2022Q1'), t.one('u002', 'q/4', '2022Q1');
SELECT t.clock('2022-04-07T10:00:00+08:00');
SELECT t.does('office', 'review', jsonb_build_object('reviews', jsonb_build_array(jsonb_build_object('report',
    (SELECT entry || '.' || ord FROM duban.report WHERE task = 'q/1'), 'decision', 'return', 'reason', '没有数据', 'due', '2022-04-15'))));
SELECT t.clock('2022-04-08T17:31:00+08:00'), t.settle();
SELECT t.clock('2022-04-10T10:00:00+08:00'), t.one('u001', 'q/3', '2022Q1'), t.one('u002', 'q/5', '2022Q1');
SELECT t.clock('2022-04-12T10:00:00+08:00');
SELECT t.does('office', 'record', jsonb_build_object('records', jsonb_build_array(jsonb_build_object('task', 'q/7', 'period', '2022Q1', 'status', 'on-track', 'progress', 10,
    'for', 'u003', 'source', 'paper', 'received_on', '2022-04-11', 'scan', jsonb_build_object('name', 'a.pdf', 'size', 1, 'sha256', repeat('0', 64))))));
SELECT t.clock('2022-04-14T10:00:00+08:00'), t.one('u001', 'q/1', '2022Q1');
SELECT t.extended('u001', 'q/2', '2022-08-15'), t.extended('u001', 'q/2', '2022-09-30'), t.extended('u002', 'q/5', '2022-07-15');
SELECT t.clock('2022-04-20T12:00:00+08:00'), t.settle();

SELECT results_eq($$ SELECT unit, expected, on_time, late, missing, open, decided, by_office, punctuality, completeness, returned FROM duban.v_unit_punctuality WHERE period = '2022Q1' ORDER BY unit $$,
    $$ VALUES ('u001' COLLATE "C", 3::bigint, 2::bigint, 1::bigint, 0::bigint, 0::bigint, 3::bigint, 0::bigint, 66.7, 100.0, 1::bigint),
              ('u002', 3, 1, 1, 1, 0, 3, 0, 33.3, 66.7, 0), ('u003', 1, 0, 1, 0, 0, 1, 1, 0.0, 100.0, 0) $$, 'punctuality and completeness of the first quarter');
SELECT results_eq($$ SELECT unit, expected, open, decided, punctuality FROM duban.v_unit_punctuality WHERE period = '2022Q2' ORDER BY unit $$,
    $$ VALUES ('u001' COLLATE "C", 3::bigint, 3::bigint, 0::bigint, NULL::numeric), ('u002', 3, 3, 0, NULL), ('u003', 1, 1, 0, NULL) $$, 'nothing of the second is decided');
SELECT results_eq($$ SELECT unit, reports, completions, extra, asked FROM duban.v_workload WHERE period = '2022Q1' ORDER BY unit $$,
    $$ VALUES ('u001' COLLATE "C", 3::bigint, 3::bigint, 1::bigint, 7::bigint), ('u002', 3, 2, 0, 5), ('u003', 1, 1, 0, 2) $$, 'what was asked of each unit in the first quarter');
SELECT results_eq($$ SELECT unit, reports, completions, extra, asked FROM duban.v_workload WHERE period = '2022Q2' ORDER BY unit $$,
    $$ VALUES ('u001' COLLATE "C", 3::bigint, 0::bigint, 0::bigint, 3::bigint), ('u002', 3, 0, 0, 3), ('u003', 1, 0, 0, 1) $$, 'and in the second');
SELECT results_eq($$ SELECT unit, days, tasks FROM duban.v_workload WHERE period = '2022Q1' ORDER BY unit $$,
    $$ VALUES ('u001' COLLATE "C", 4::bigint, 3::bigint), ('u002', 3, 3), ('u003', 2, 1) $$, 'on how many days it falls due, of how many tasks');
SELECT results_eq($$ SELECT task, period, unit FROM duban.v_overdue $$, $$ VALUES ('q/6' COLLATE "C", '2022Q1' COLLATE "C", 'u002' COLLATE "C") $$, 'overdue is the one that never came');
SELECT results_eq($$ SELECT task, missed, days_silent, months_silent FROM duban.v_quiet $$, $$ VALUES ('q/6' COLLATE "C", 1::bigint, 18, 0) $$,
    'it has gone quiet: 2 to 20 April are 18 days');
SELECT results_eq($$ SELECT task, period, round, state, reason FROM duban.v_returned $$, $$ VALUES ('q/1' COLLATE "C", '2022Q1' COLLATE "C", 1, 'on-time', '没有数据') $$, 'returned once, sent again in time');
SELECT results_eq($$ SELECT task, first_deadline, deadline, granted, refused FROM duban.v_extended $$,
    $$ VALUES ('q/2' COLLATE "C", '2022-06-30'::date, '2022-09-30'::date, 2::bigint, 0::bigint) $$, 'extended more than once is task 2, not task 5');
SELECT is(ARRAY(SELECT task::text FROM duban.v_unverifiable ORDER BY 1), ARRAY['q/1', 'q/4', 'q/6', 'q/8'], 'no number and no date: 1, 4, 6, 8');
SELECT is(ARRAY(SELECT task::text FROM duban.v_unassigned), ARRAY['q/8'], 'nobody leads task 8');
SELECT results_eq($$ SELECT unit, period, records, on_time, late FROM duban.v_office_record $$, $$ VALUES ('u003' COLLATE "C", '2022Q1' COLLATE "C", 1::bigint, 0::bigint, 1::bigint) $$,
    'one verdict rests on what the office entered');
SELECT results_eq($$ SELECT task, finding, made_up IS NOT NULL, answer FROM duban.v_finding ORDER BY task $$,
    $$ VALUES ('q/3' COLLATE "C", 'late', true, 'text of q/3'), ('q/5', 'late', true, 'text of q/5'), ('q/6', 'missing', false, NULL), ('q/7', 'late', true, NULL) $$, 'four findings, each with what was said');
SELECT is((SELECT count(*) FROM duban.v_finding f JOIN duban.verdict v ON v.entry = f.entry AND v.task = f.task AND v.silence), 4::bigint, 'each has its event: the silence was declared');
SELECT is((SELECT count(*) FROM duban.v_due WHERE kind = 'report' AND state = 'open'), 7::bigint, 'open: the seven reports of the second quarter');
-- the sums agree with each other
SELECT is((SELECT sum(late + missing) FROM duban.v_unit_punctuality), (SELECT count(*)::numeric FROM duban.v_finding WHERE kind = 'report'), 'late and missing are the findings');
SELECT is((SELECT sum(reports) FROM duban.v_workload), (SELECT sum(expected) FROM duban.v_unit_punctuality), 'reports asked are reports expected');

-- a month later still nothing: silence by the month
SELECT t.clock('2022-05-20T12:00:00+08:00'), t.settle();
SELECT is((SELECT days_silent || ' ' || months_silent FROM duban.v_quiet WHERE task = 'q/6'), '48 1', '2 April to 20 May: 48 days, one whole month');

-- each reader sees its own rows of every view
SELECT t.act('office', 'registry', '{"changes":[{"set":"login","login":"t_u003","for":"u003"},{"set":"login","login":"t_office","for":"office"}]}');
CREATE ROLE t_u003 LOGIN IN ROLE duban_reader;
CREATE ROLE t_office LOGIN IN ROLE duban_reader;
CREATE ROLE t_nobody LOGIN IN ROLE duban_reader;
GRANT USAGE ON SCHEMA public, t TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA public, pg_temp TO PUBLIC;
GRANT ALL ON ALL SEQUENCES IN SCHEMA public, pg_temp TO PUBLIC;
CREATE FUNCTION t.seen() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', (SELECT count(*) FROM duban.v_quiet), (SELECT count(*) FROM duban.v_unverifiable), (SELECT count(DISTINCT unit) FROM duban.v_workload),
        (SELECT count(*) FROM duban.v_returned), (SELECT count(*) FROM duban.v_extended), (SELECT count(*) FROM duban.v_office_record),
        (SELECT count(*) FROM duban.v_finding), (SELECT count(DISTINCT unit) FROM duban.v_unit_punctuality), (SELECT count(*) FROM duban.v_light))
$$;
SET SESSION AUTHORIZATION t_u003;
SELECT is(t.seen(), '0 0 1 0 0 1 1 1 0', 'a unit sees its own rows only');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_office;
SELECT is(t.seen(), '1 4 3 1 1 1 4 3 0', 'the office sees all');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_nobody;
SELECT is(t.seen(), '0 0 0 0 0 0 0 0 0', 'a stranger sees nothing');
RESET SESSION AUTHORIZATION;
SELECT * FROM finish();
ROLLBACK;
