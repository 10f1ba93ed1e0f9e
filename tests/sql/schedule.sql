-- SPDX-License-Identifier: BSD-2-Clause
-- Working days, due days of every form of rule, periods.
SET client_min_messages = warning;
BEGIN;
SET LOCAL search_path = public, pg_catalog;
SELECT plan(37);

INSERT INTO duban.calendar (code, entry, name, source, from_date, to_date)
VALUES ('cn', 0, 'cn', 'test', '2022-01-01', '2022-12-31');
INSERT INTO duban.calendar_day (code, entry, day, work)
SELECT 'cn', 0, d::date, true FROM unnest(ARRAY['2022-01-29', '2022-01-30', '2022-04-02', '2022-04-24', '2022-05-07', '2022-10-08', '2022-10-09']) d
UNION ALL
SELECT 'cn', 0, d::date, false FROM unnest(ARRAY['2022-01-03', '2022-01-31', '2022-02-01', '2022-02-02', '2022-02-03', '2022-02-04',
    '2022-04-04', '2022-04-05', '2022-05-02', '2022-05-03', '2022-05-04', '2022-06-03', '2022-09-12', '2022-10-03', '2022-10-04',
    '2022-10-05', '2022-10-06', '2022-10-07']) d;

SELECT ok(duban.working('cn', 0, '2022-01-29'), 'Saturday 2022-01-29 is worked');
SELECT ok(NOT duban.working('cn', 0, '2022-04-04'), 'Monday 2022-04-04 is off');
SELECT ok(NOT duban.working('cn', 0, '2022-04-03'), 'a Sunday is off');
SELECT ok(duban.working('cn', 0, '2022-04-06'), 'a Wednesday is worked');
SELECT ok(duban.working('cn', 0, '2031-01-01'), 'outside the loaded years: Monday to Friday');
SELECT is((SELECT count(*)::int FROM generate_series('2022-01-01'::date, '2022-12-31', '1 day') d WHERE duban.working('cn', 0, d::date)), 249,
    '249 working days in 2022');
SELECT is(duban.working_day_add('cn', 0, '2022-03-31', 5), '2022-04-08'::date, 'fifth working day of April 2022');
SELECT is(duban.working_day_add('cn', 0, '2022-04-08', -1), '2022-04-07'::date, 'one working day before');
SELECT is(duban.working_day_add('cn', 0, '2022-04-08', -3), '2022-04-02'::date, 'three before, over a holiday and a worked Saturday');
SELECT is(duban.working_day_add('cn', 0, '2022-04-08', 1), '2022-04-11'::date, 'one after, over a weekend');
SELECT is(duban.working_day_add('cn', 0, '2022-04-08', 0), '2022-04-08'::date, 'none');

CREATE FUNCTION pg_temp.rule(p_cadence text, p_of text, p_day int, p_working int, p_shift text, p_from date, p_to date) RETURNS date
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM duban.reporting_rule WHERE code = 'r';
    INSERT INTO duban.reporting_rule (code, entry, name, cadence, of, day, working_day, at, shift, calendar, zone)
    VALUES ('r', 0, 'r', p_cadence, p_of, p_day, p_working, '17:30', p_shift, 'cn', 'Asia/Shanghai');
    RETURN duban.rule_day('r', 0, 0, p_from, p_to);
END
$$;
SELECT is(pg_temp.rule('quarterly', 'next', NULL, 5, 'none', '2022-01-01', '2022-03-31'), '2022-04-08'::date, 'the shipped rule, Q1');
SELECT is(pg_temp.rule('quarterly', 'next', NULL, 5, 'none', '2022-04-01', '2022-06-30'), '2022-07-07'::date, 'the shipped rule, Q2');
SELECT is(pg_temp.rule('quarterly', 'next', NULL, 5, 'none', '2022-07-01', '2022-09-30'), '2022-10-12'::date, 'the shipped rule, Q3: after the holiday, two worked weekend days');
SELECT is(pg_temp.rule('monthly', 'this', 28, NULL, 'none', '2022-03-01', '2022-03-31'), '2022-03-28'::date, 'by the 28th');
SELECT is(pg_temp.rule('monthly', 'this', 31, NULL, 'none', '2022-04-01', '2022-04-30'), '2022-04-30'::date, 'the 31st of a month with 30 days');
SELECT is(pg_temp.rule('monthly', 'this', 30, NULL, 'none', '2022-02-01', '2022-02-28'), '2022-02-28'::date, 'the 30th of February');
SELECT is(pg_temp.rule('monthly', 'this', 31, NULL, 'none', '2024-02-01', '2024-02-29'), '2024-02-29'::date, '… in a leap year');
SELECT is(pg_temp.rule('monthly', 'next', 5, NULL, 'none', '2022-03-01', '2022-03-31'), '2022-04-05'::date, 'the 5th of the next month, a holiday, shift none');
SELECT is(pg_temp.rule('monthly', 'next', 5, NULL, 'next', '2022-03-01', '2022-03-31'), '2022-04-06'::date, '… shift next');
SELECT is(pg_temp.rule('monthly', 'next', 5, NULL, 'previous', '2022-03-01', '2022-03-31'), '2022-04-02'::date, '… shift previous: a worked Saturday');
SELECT is(pg_temp.rule('monthly', 'next', 2, NULL, 'next', '2022-03-01', '2022-03-31'), '2022-04-02'::date, 'a worked Saturday is not shifted');
SELECT is(pg_temp.rule('monthly', 'this', NULL, -6, 'none', '2022-04-01', '2022-04-30'), '2022-04-24'::date, 'sixth-last working day of April: the worked Sunday');
SELECT is(pg_temp.rule('monthly', 'this', NULL, -1, 'none', '2022-09-01', '2022-09-30'), '2022-09-30'::date, 'last working day');
SELECT is(pg_temp.rule('quarterly', 'next', 20, NULL, 'none', '2022-01-01', '2022-03-31'), '2022-04-20'::date, 'the 20th of the next quarter''s first month');
SELECT is(pg_temp.rule('half-yearly', 'next', NULL, 1, 'none', '2022-01-01', '2022-06-30'), '2022-07-01'::date, 'first working day after the half year');
SELECT is(pg_temp.rule('half-yearly', 'this', NULL, -1, 'none', '2022-07-01', '2022-12-31'), '2022-12-30'::date, 'last working day of the half year');

SELECT is((SELECT string_agg(period, ' ') FROM duban.periods('quarterly', '2022-02-15', '2022-12-31')), '2022Q1 2022Q2 2022Q3 2022Q4', 'quarters that overlap');
SELECT is((SELECT string_agg(period, ' ') FROM duban.periods('half-yearly', '2021-07-01', '2022-06-30')), '2021H2 2022H1', 'half years');
SELECT is((SELECT string_agg(period, ' ') FROM duban.periods('monthly', '2022-11-30', '2023-01-01')), '2022-11 2022-12 2023-01', 'months over a year''s end');
SELECT is((SELECT count(*)::int FROM duban.periods('monthly', '2016-01-01', '2020-12-31')), 60, 'sixty months');
SELECT is((SELECT to_date FROM duban.periods('quarterly', '2024-01-01', '2024-03-31')), '2024-03-31'::date, 'a quarter ends on its last day');
SELECT is((SELECT to_date FROM duban.periods('monthly', '2024-02-10', '2024-02-11')), '2024-02-29'::date, 'February of a leap year');

SELECT is((SELECT due FROM duban.completion_due('2022-12-31', 'Asia/Shanghai')), '2022-12-31 23:59+08'::timestamptz, 'a date alone means 23:59');
SELECT is((SELECT cutoff FROM duban.completion_due('2022-12-31', 'Asia/Shanghai')), '2023-01-01 00:00+08'::timestamptz, '… on time until midnight');
SELECT is(duban.utc_micro('2022-04-08 17:30:00.5+08'), '2022-04-08T09:30:00.500000Z', 'entries write UTC with microseconds');
SELECT is(duban.utc_second('2022-04-08 17:30:00+08'), '2022-04-08T09:30:00Z', 'outcome lines write UTC with seconds');
SELECT * FROM finish();
ROLLBACK;
