-- Working days, periods, due days by each form of rule, what a new version changes.
BEGIN;
\i tests/sql/helpers.inc
SELECT plan(38);
SELECT t.genesis('2022-01-04T08:00:00+08:00');
SELECT ok(duban.working('cn', 0, '2022-01-29'), 'Saturday 2022-01-29 is a working day');
SELECT ok(NOT duban.working('cn', 0, '2022-01-22'), 'an ordinary Saturday is not');
SELECT ok(NOT duban.working('cn', 0, '2022-04-05'), 'a holiday is not');
SELECT ok(duban.working('cn', 0, '2022-04-06'), 'an ordinary Wednesday is');
SELECT is(duban.working_day_add('cn', 0, '2022-04-01', 1), '2022-04-02'::date, 'the day after a Friday may be a worked Saturday');
SELECT is(duban.working_day_add('cn', 0, '2022-04-02', 1), '2022-04-06'::date, 'a long holiday is jumped over');
SELECT is(duban.working_day_add('cn', 0, '2022-04-06', -1), '2022-04-02'::date, 'backwards too');
SELECT is(duban.working_day_add('cn', 0, '2022-04-03', 0), '2022-04-03'::date, 'zero is the day itself');
SELECT results_eq($$ SELECT period FROM duban.periods('quarterly', '2022-02-10', '2022-10-01') $$, ARRAY['2022Q1', '2022Q2', '2022Q3', '2022Q4'], 'quarters that overlap');
SELECT results_eq($$ SELECT period FROM duban.periods('monthly', '2021-12-31', '2022-02-01') $$, ARRAY['2021-12', '2022-01', '2022-02'], 'months');
SELECT results_eq($$ SELECT period FROM duban.periods('half-yearly', '2022-07-01', '2023-01-01') $$, ARRAY['2022H2', '2023H1'], 'half-years');
SELECT is((SELECT to_date FROM duban.periods('monthly', '2024-02-01', '2024-02-29')), '2024-02-29'::date, '29 February exists in 2024');

CREATE FUNCTION t.day(p_rule jsonb, p_from date, p_to date) RETURNS date LANGUAGE plpgsql AS $$
DECLARE r jsonb;
BEGIN
    r := t.act('office', 'registry', jsonb_build_object('changes', jsonb_build_array(
        '{"set":"rule","code":"x","name":"x","cadence":"monthly","of":"this","time":"17:30","shift":"none","calendar":"cn","zone":"Asia/Shanghai"}'::jsonb || p_rule)));
    RETURN duban.rule_day('x', (SELECT max(entry) FROM duban.reporting_rule WHERE code = 'x'), 0, p_from, p_to);
END $$;
SELECT is(t.day('{"day":28}', '2022-02-01', '2022-02-28'), '2022-02-28'::date, 'day 28 of the month');
SELECT is(t.day('{"day":31}', '2022-02-01', '2022-02-28'), '2022-02-28'::date, 'day 31 is the last day');
SELECT is(t.day('{"day":31}', '2024-02-01', '2024-02-29'), '2024-02-29'::date, 'also in a leap year');
SELECT is(t.day('{"day":-1}', '2022-04-01', '2022-04-30'), '2022-04-30'::date, 'the last day');
SELECT is(t.day('{"day":10,"of":"next"}', '2022-03-01', '2022-03-31'), '2022-04-10'::date, 'the 10th for last month');
SELECT is(t.day('{"day":5,"of":"next","shift":"next"}', '2022-03-01', '2022-03-31'), '2022-04-06'::date, 'shifted to the next working day');
SELECT is(t.day('{"day":5,"of":"next","shift":"previous"}', '2022-03-01', '2022-03-31'), '2022-04-02'::date, 'shifted to the one before');
SELECT is(t.day('{"day":5,"of":"next","shift":"none"}', '2022-03-01', '2022-03-31'), '2022-04-05'::date, 'not shifted');
SELECT is(t.day('{"working_day":-5}', '2022-04-01', '2022-04-30'), '2022-04-25'::date, 'fifth-last working day');
SELECT is(t.day('{"working_day":-6}', '2022-04-01', '2022-04-30'), '2022-04-24'::date, 'the sixth-last is a worked Sunday');
SELECT is(t.day('{"working_day":1,"cadence":"quarterly","of":"this"}', '2022-04-01', '2022-06-30'), '2022-04-01'::date, 'first working day of this quarter');
SELECT is(t.day('{"day":20,"cadence":"quarterly","of":"next"}', '2022-01-01', '2022-03-31'), '2022-04-20'::date, 'the 20th of the next quarter''s first month');
SELECT is(t.day('{"day":-1,"cadence":"half-yearly","of":"this"}', '2022-01-01', '2022-06-30'), '2022-06-30'::date, 'the end of the half-year');
SELECT is(t.act('office', 'registry', '{"changes":[{"set":"rule","code":"y","name":"y","cadence":"monthly","of":"this","day":1,"time":"17:30","shift":"none","calendar":"none","zone":"Asia/Shanghai"}]}') #>> '{0,errors,0,code}', 'unknown', 'a rule with an unknown calendar is refused');

-- a plan, its schedule, and a new version of its rule
SELECT t.registry();
SELECT t.plan();
SELECT t.settle();
SELECT is(ARRAY(SELECT period::text FROM duban.plan_period ORDER BY ordinal), ARRAY['2022Q1', '2022Q2', '2022Q3', '2022Q4'], 'four quarters');
SELECT is((SELECT max(period) FROM duban.obligation WHERE period <> '-'), '2022Q3', 'the open one and two ahead are made');
SELECT is((SELECT next_due FROM duban.plan_period WHERE period = '2022Q4'), NULL, 'the last has no next');
SELECT t.clock('2022-04-09T00:00:00+08:00'), t.settle();
SELECT is((SELECT max(period) FROM duban.obligation WHERE period <> '-'), '2022Q4', 'Q4 is made when Q2 is open');
SELECT t.act('office', 'registry', jsonb_build_object('changes', jsonb_build_array((SELECT body || '{"working_day":8}' FROM duban.registry_object WHERE object = 'rule/quarterly'))));
SELECT t.settle();
SELECT is((SELECT rule FROM duban.plan_period WHERE period = '2022Q2'), 'quarterly@0', 'an opened period keeps the version of the rule');
SELECT isnt((SELECT rule FROM duban.plan_period WHERE period = '2022Q3'), 'quarterly@0', 'one that is not open takes the new one');
SELECT is((SELECT count(*) FROM duban.obligation o JOIN duban.plan_period q USING (period) WHERE o.due <> q.due), 0::bigint, 'obligations that were made ahead follow');
SELECT is((SELECT count(*) FROM duban.obligation o LEFT JOIN duban.agenda a USING (task, period, unit) WHERE o.cutoff > duban.now() AND a.at IS NULL), 0::bigint, 'each is on the agenda');
SELECT is(duban.step_at('standard', 0, 4, '2022-04-08T17:30+08', '2022-04-08T17:31+08', 0, 'Asia/Shanghai'), '2022-04-11T17:31+08'::timestamptz, 'one working day after a Friday evening is Monday, same time');
SELECT is(duban.step_at('standard', 0, 5, '2022-04-08T17:30+08', '2022-04-08T17:31+08', 0, 'Asia/Shanghai'), '2022-04-13T17:31+08'::timestamptz, 'three working days');
SELECT is(duban.step_at('standard', 0, 1, '2022-04-08T17:30+08', '2022-04-08T17:31+08', 0, 'Asia/Shanghai'), '2022-04-02T09:00+08'::timestamptz, 'three working days before 8 April 2022 is the worked Saturday');
SELECT is((SELECT due FROM duban.completion_due('2024-02-29', 'Asia/Shanghai')), '2024-02-29T23:59+08'::timestamptz, 'a date alone means 23:59');
SELECT * FROM finish();
ROLLBACK;
