-- SPDX-License-Identifier: BSD-2-Clause
-- Reporting rules: every form of a rule with dates worked by hand, who owes, starts, windows, exceptions, faults.
BEGIN;
\i tests/sql/helpers.inc
SELECT plan(114);
SELECT t.genesis('2022-01-04T08:00:00+08:00');
SELECT t.registry();
-- 2022, as in tests/sql/helpers.inc: off 4, 5 April, 2–4 May, 3 June; worked 29, 30 January, 2, 24 April, 7 May
--      Mo Tu We Th Fr Sa Su            Mo Tu We Th Fr Sa Su
-- Jan                    1  2   Apr                1 [2] 3
--       3  4  5  6  7  8  9         (4)(5) 6  7  8  9 10
--      10 11 12 13 14 15 16         11 12 13 14 15 16 17
--      17 18 19 20 21 22 23         18 19 20 21 22 23[24]
--      24 25 26 27 28[29][30]       25 26 27 28 29 30
--      31                      May                       1
--                                  (2)(3)(4) 5  6 [7] 8
CREATE FUNCTION t.rule(p jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT '{"set":"rule","code":"x","name":"x","cadence":"monthly","of":"this","time":"17:30","shift":"none","calendar":"cn","zone":"Asia/Shanghai"}'::jsonb || p
$$;
CREATE FUNCTION t.dates(p jsonb, p_from text, p_to text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(x.period || ' ' || coalesce(to_char(((x.item ->> 'due')::timestamptz AT TIME ZONE 'Asia/Shanghai'), 'MM-DD HH24:MI'), 'never')
                      || CASE WHEN x.item ->> 'skipped' = 'true' THEN ' skipped' ELSE '' END, '; ' ORDER BY x.from_date)
      FROM duban.rule_preview((t.rule(p))::text, NULL, p_from, p_to) x
$$;
-- ---- periods and their names
SELECT is(t.dates('{"cadence":"daily","day":1}', '2022-02-27', '2022-03-02'), '2022-02-27 02-27 17:30; 2022-02-28 02-28 17:30; 2022-03-01 03-01 17:30; 2022-03-02 03-02 17:30', 'days');
SELECT is(t.dates('{"cadence":"daily","every":10,"from":"2022-01-05","day":10}', '2022-01-01', '2022-02-01'), '2022-01-05 01-14 17:30; 2022-01-15 01-24 17:30; 2022-01-25 02-03 17:30', 'every ten days from the 5th: the tenth day of each, named by the first');
SELECT is(t.dates('{"cadence":"daily","every":3,"from":"2022-01-05","of":"next","day":1}', '2022-01-09', '2022-01-11'), '2022-01-08 01-11 17:30; 2022-01-11 01-14 17:30', 'every three days: the 9th lies in the one that began on the 8th');
SELECT is(t.dates('{"cadence":"weekly","weekday":2}', '2022-01-01', '2022-01-12'), '2021-W52 12-28 17:30; 2022-W01 01-04 17:30; 2022-W02 01-11 17:30', 'weeks are those of ISO 8601: 1 January 2022 is in week 52 of 2021');
SELECT is(t.dates('{"cadence":"weekly","weekday":4}', '2026-12-28', '2027-01-05'), '2026-W53 12-31 17:30; 2027-W01 01-07 17:30', '2026 has 53 weeks');
SELECT is(t.dates('{"cadence":"weekly","every":2,"from":"2022-01-05","weekday":1,"week":2}', '2022-01-01', '2022-01-31'), '2022-W01 01-10 17:30; 2022-W03 01-24 17:30; 2022-W05 02-07 17:30', 'every second week, counted from the Monday before the given Wednesday: the second Monday');
SELECT is(t.dates('{"cadence":"weekly","day":7}', '2022-01-31', '2022-01-31'), '2022-W05 02-06 17:30', 'a week over the end of a month has seven days');
SELECT is(t.dates('{"cadence":"ten-day","day":10}', '2022-02-01', '2022-02-28'), '2022-02-1 02-10 17:30; 2022-02-2 02-20 17:30; 2022-02-3 02-28 17:30', 'ten-day periods; the last of February has eight days');
SELECT is(t.dates('{"cadence":"ten-day","day":-1}', '2022-01-25', '2022-01-25'), '2022-01-3 01-31 17:30', '… the last of January eleven');
SELECT is(t.dates('{"cadence":"half-monthly","day":-1}', '2024-02-01', '2024-02-29'), '2024-02H1 02-15 17:30; 2024-02H2 02-29 17:30', 'half-months, 29 February');
SELECT is(t.dates('{"cadence":"monthly","every":2,"from":"2022-02-10","day":-1}', '2022-01-01', '2022-07-01'), '2022-02 03-31 17:30; 2022-04 05-31 17:30; 2022-06 07-31 17:30', 'every two months from February: the last day of the second');
SELECT is(t.dates('{"cadence":"monthly","every":5,"from":"2021-11-01","day":1}', '2022-01-01', '2022-12-31'), '2021-11 11-01 17:30; 2022-04 04-01 17:30; 2022-09 09-01 17:30', 'every five months, over the year''s end');
SELECT is(t.dates('{"cadence":"quarterly","month":-1,"day":30}', '2022-01-01', '2022-12-31'), '2022Q1 03-30 17:30; 2022Q2 06-30 17:30; 2022Q3 09-30 17:30; 2022Q4 12-30 17:30', 'the 30th of the quarter''s last month');
SELECT is(t.dates('{"cadence":"half-yearly","month":3,"day":31}', '2022-01-01', '2022-12-31'), '2022H1 03-31 17:30; 2022H2 09-30 17:30', 'the third month of the half-year; September has 30 days');
SELECT is(t.dates('{"cadence":"yearly","month":2,"day":31}', '2023-01-01', '2024-12-31'), '2023 02-28 17:30; 2024 02-29 17:30', 'a year: the last of February, 29 in 2024');
SELECT is(t.dates('{"cadence":"yearly","month":2,"day":29}', '2023-01-01', '2024-12-31'), '2023 02-28 17:30; 2024 02-29 17:30', '29 February in a year without one is the last day');
SELECT is(t.dates('{"cadence":"quarterly","of":"next","day":20,"from":"2022-04-01"}', '2022-01-01', '2022-12-31'), '2022Q2 07-20 17:30; 2022Q3 10-20 17:30; 2022Q4 01-20 17:30', 'the 20th of the next quarter''s first month, from the second quarter on');
SELECT is(t.dates('{"day":28,"to":"2022-03-15"}', '2022-01-01', '2022-12-31'), '2022-01 01-28 17:30; 2022-02 02-28 17:30; 2022-03 03-28 17:30', 'the last period begins by the rule''s end');

-- ---- days and shifts
SELECT is(t.dates('{"day":4}', '2022-04-01', '2022-04-30'), '2022-04 04-04 17:30', 'the 4th of April is a holiday: not moved');
SELECT is(t.dates('{"day":4,"shift":"next"}', '2022-04-01', '2022-04-30'), '2022-04 04-06 17:30', 'next: 5 is off, 6');
SELECT is(t.dates('{"day":4,"shift":"previous"}', '2022-04-01', '2022-04-30'), '2022-04 04-02 17:30', 'previous: 3 is a Sunday, Saturday the 2nd is worked');
SELECT is(t.dates('{"day":4,"shift":"after","shift_days":3}', '2022-04-01', '2022-04-30'), '2022-04 04-08 17:30', 'third working day after: 6, 7, 8');
SELECT is(t.dates('{"day":4,"shift":"skip"}', '2022-04-01', '2022-05-31'), '2022-04 04-04 17:30 skipped; 2022-05 05-04 17:30 skipped', 'skip: not owed');
SELECT is(t.dates('{"day":2,"shift":"next"}', '2022-04-01', '2022-04-30'), '2022-04 04-02 17:30', 'a moved working day (调休) is a working day');
SELECT is(t.dates('{"day":24,"shift":"after","shift_days":2}', '2022-04-01', '2022-04-30'), '2022-04 04-24 17:30', '… also a Sunday');
SELECT is(t.dates('{"cadence":"weekly","weekday":2,"time":"12:00","shift":"after","shift_days":2}', '2022-04-04', '2022-05-08'), '2022-W14 04-07 12:00; 2022-W15 04-12 12:00; 2022-W16 04-19 12:00; 2022-W17 04-26 12:00; 2022-W18 05-06 12:00', 'Tuesday 12:00; 5 April: 6, 7; 3 May: 5, 6');
SELECT is(t.dates('{"working_day":-5}', '2022-04-01', '2022-04-30'), '2022-04 04-25 17:30', 'fifth-last working day: 29, 28, 27, 26, 25');
SELECT is(t.dates('{"working_day":21}', '2022-04-01', '2022-04-30'), '2022-04 04-29 17:30', 'April has 21 working days: 1 2 6 7 8, 11–15, 18–22, 24, 25–29');
SELECT is(t.dates('{"working_day":22}', '2022-04-01', '2022-04-30'), '2022-04 05-05 17:30', '… the 22nd is counted on into May');
SELECT is(t.dates('{"weekday":5,"week":-1}', '2022-04-01', '2022-05-31'), '2022-04 04-29 17:30; 2022-05 05-27 17:30', 'last Friday');
SELECT is(t.dates('{"weekday":5,"week":5}', '2022-04-01', '2022-05-31'), '2022-04 04-29 17:30; 2022-05 never', 'fifth Friday: May has none');
SELECT is(t.dates('{"weekday":5,"week":-5}', '2022-04-01', '2022-05-31'), '2022-04 04-01 17:30; 2022-05 never', 'fifth-last Friday');
SELECT is(t.dates('{"day":-31}', '2022-04-01', '2022-05-31'), '2022-04 04-01 17:30; 2022-05 05-01 17:30', 'the 31st-last day of a shorter month is its first');
SELECT is(t.dates('{"day":28,"except":[{"period":"2022-02"},{"period":"2022-03","due":"2022-04-04","time":"09:00"},{"period":"2022-04","due":"2022-04-27"}]}', '2022-01-01', '2022-04-30'), '2022-01 01-28 17:30; 2022-02 02-28 17:30 skipped; 2022-03 04-04 09:00; 2022-04 04-27 17:30', 'exceptions: left out, or with a day of their own, which is not moved');
SELECT is((SELECT x.item ->> 'cutoff' FROM duban.rule_preview(t.rule('{"day":28,"grace":90}')::text, NULL, '2022-01-01', '2022-01-31') x), '2022-01-28T11:01:00Z', 'grace of 90 minutes: late from 19:01');
SELECT is((SELECT x.item ->> 'closes' FROM duban.rule_preview(t.rule('{"day":1,"closes":3}')::text, NULL, '2022-04-01', '2022-04-30') x), '2022-04-07T09:31:00Z', 'closes three working days later: 2, 6, 7');
SELECT is((SELECT x.item ->> 'opens' FROM duban.rule_preview(t.rule('{"day":28}')::text, NULL, '2022-01-01', '2022-02-28') x WHERE x.period = '2022-02'), '2022-01-28T09:31:00Z', 'a period opens with the cut-off of the one before');
SELECT is((SELECT string_agg(x.period, ' ') FROM duban.rule_preview(t.rule('{"day":28}')::text, NULL, '2023-11-01', '2024-02-29') x WHERE x.item ->> 'beyond_calendar' = 'true'), '2024-01 2024-02', 'past the loaded calendar');
SELECT is(t.dates('{"day":28,"zone":"UTC"}', '2022-01-01', '2022-01-31'), '2022-01 01-29 01:30', 'the rule''s own zone');
SELECT is(duban.rule_day('quarterly', 0, 0, '2022-01-01', '2022-03-31'), '2022-04-08'::date, 'the shipped rule');

-- ---- what is wrong with a rule
CREATE FUNCTION t.wrong(p jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT (t.act('office', 'registry', jsonb_build_object('changes', jsonb_build_array(t.rule(p)))) #>> '{0,errors,0,field}')
$$;
SELECT is(t.wrong(x::jsonb), f, 'refused: ' || x) FROM (VALUES
    ('{"day":5,"working_day":5}', 'day'), ('{"working_day":0}', 'day'), ('{"day":5,"every":2}', 'every'),
    ('{"cadence":"quarterly","day":5,"every":2,"from":"2022-01-01"}', 'every'), ('{"day":5,"month":2}', 'month'), ('{"cadence":"weekly","day":5,"month":1}', 'month'),
    ('{"cadence":"quarterly","day":5,"month":-4}', 'month'), ('{"day":5,"week":1}', 'week'), ('{"day":5,"shift":"after"}', 'shift_days'), ('{"day":5,"shift_days":2}', 'shift_days'),
    ('{"day":5,"from":"2022-02-01","to":"2022-01-01"}', 'to'), ('{"day":5,"asked":["u001"]}', 'asked'), ('{"day":5,"owes":"asked","asked":["nobody"]}', 'asked'),
    ('{"day":5,"starts":[{"unit":"nobody","from":"2022-01-01"}]}', 'starts'), ('{"day":5,"zone":"Asia/Nowhere"}', 'zone'), ('{"day":5,"calendar":"none"}', 'calendar'),
    ('{"day":5,"except":[{"period":"2022Q1"}]}', 'except'), ('{"cadence":"monthly","every":2,"from":"2022-01-01","day":5,"except":[{"period":"2022-02"}]}', 'except'),
    ('{"day":5,"every":0}', 'rule'), ('{"working_day":100000}', 'rule'), ('{"weekday":8}', 'rule')) v (x, f);
SELECT is((SELECT x.item #>> '{error,field}' FROM duban.rule_preview('nosuch', NULL, NULL, NULL) x), 'rule', 'a rule that the registry does not have');
SELECT is((SELECT x.item #>> '{error,field}' FROM duban.rule_preview('quarterly', 'nosuch', NULL, NULL) x), 'calendar', '… a calendar');
SELECT is((SELECT x.item #>> '{error,field}' FROM duban.rule_preview('quarterly', NULL, '2022-01-01', '2100-01-01') x), 'to', '… too long a time');

-- ---- who owes
CREATE FUNCTION t.put(p_code text, p jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT t.act('office', 'registry', jsonb_build_object('changes', jsonb_build_array(t.rule(p) || jsonb_build_object('code', p_code)))) #>> '{0,outcome}'
$$;
CREATE FUNCTION t.planned(p_handle text, p_rule text) RETURNS text LANGUAGE sql AS $$
    SELECT t.act('office', 'plan', jsonb_build_object('plan', jsonb_build_object('handle', p_handle, 'title', p_handle, 'from', '2022-01-01', 'to', '2022-12-31', 'rule', p_rule, 'source_sha256', '00',
        'tasks', '[{"task":"1","no":"1","kind":"task","text":"one","leads":["u001","u002"],"units":["g01"]},{"task":"2","no":"2","kind":"task","text":"two","leads":["g01"]},
                   {"task":"3","no":"3","kind":"task","text":"three","units":["u001"],"continuous":true}]'::jsonb))) #>> '{0,outcome}'
$$;
CREATE FUNCTION t.owing(p_plan text, p_period text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(split_part(o.task, '/', 2) || ':' || o.unit, ' ' ORDER BY o.task, o.unit), '-') FROM duban.obligation o
     WHERE o.task LIKE p_plan || '/%' AND o.period = p_period
$$;
SELECT t.put('lead', '{"day":28}'), t.put('leads', '{"day":28,"owes":"leads"}'), t.put('all', '{"day":28,"owes":"all"}'), t.put('asked', '{"day":28,"owes":"asked","asked":["g01"]}'),
       t.put('start', '{"day":28,"owes":"leads","closes":2,"starts":[{"unit":"u002","from":"2022-02-10"},{"unit":"u001","from":"2022-01-20"}]}');
SELECT t.planned('lead', 'lead'), t.planned('leads', 'leads'), t.planned('all', 'all'), t.planned('asked', 'asked'), t.planned('start', 'start');
SELECT t.settle();
SELECT is(t.owing('lead', '2022-01'), '1:u001', 'the accountable lead');
SELECT is(t.owing('leads', '2022-01'), '1:u001 1:u002 2:u003', 'every lead; a group is its members');
SELECT is(t.owing('all', '2022-01'), '1:u001 1:u002 1:u003 2:u003 3:u001', 'every unit');
SELECT is(t.owing('asked', '2022-01'), '1:u001 1:u003 2:u003', 'who is asked, beside the lead');
SELECT is(t.owing('start', '2022-01'), '1:u001 2:u003', 'a unit whose start is not before the cut-off owes nothing');
SELECT is(t.owing('start', '2022-02'), '1:u001 1:u002 2:u003', '… later it does');
SELECT is(t.owing('all', '-'), '1:u001', 'completion is owed by the accountable unit alone');
SELECT is((SELECT string_agg(unit || ' ' || to_char(opens AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI'), '; ' ORDER BY unit) FROM duban.obligation WHERE task = 'start/1' AND period = '2022-02'), 'u001 01-28 17:31; u002 02-10 00:00', 'each from its own beginning');
SELECT is((SELECT string_agg(DISTINCT plain::text, ' ') FROM duban.plan_period WHERE plan = 'start'), 'false', 'such periods are off the plain path');
SELECT is((SELECT string_agg(DISTINCT plain::text, ' ') FROM duban.plan_period WHERE plan = 'leads'), 'true', '… rules with more owing units only are not');
SELECT is((SELECT string_agg(ROW(o.task, o.period, o.unit, o.opens, o.due, o.cutoff, o.rule, o.calendar, o.kind)::text, E'\n' ORDER BY x.task, x.period, x.unit)
             FROM duban.obligation x CROSS JOIN LATERAL duban.obligation_of(x.task, x.period, x.unit) o),
          (SELECT string_agg(ROW(x.task, x.period, x.unit, x.opens, x.due, x.cutoff, x.rule, x.calendar, x.kind)::text, E'\n' ORDER BY x.task, x.period, x.unit)
             FROM duban.obligation x), 'one by one the same as in slices');
SELECT is((SELECT string_agg(task, ' ') FROM duban.v_unassigned WHERE plan IN ('leads', 'lead') AND task LIKE '%/2'), 'lead/2', 'a group that owes is not unassigned');

SELECT is((t.one('u002', 'leads/1', '2022-01') ->> 'outcome'), 'on-time', 'a co-lead has a verdict of its own');
SELECT is((SELECT count(*) FROM duban.task_state WHERE task = 'leads/1'), 0::bigint, '… and its text is not the task''s newest');
SELECT is((t.one('u001', 'leads/1', '2022-01') ->> 'outcome'), 'on-time', 'the accountable unit');
SELECT is((t.one('u002', 'leads/1', '2022-01') ->> 'outcome'), 'correction', 'a second report of the co-lead');
SELECT is((SELECT r.unit FROM duban.task_state s JOIN duban.report r ON r.entry = s.entry WHERE s.task = 'leads/1'), 'u001', '… the newest text stays the accountable unit''s');
SELECT is((t.one('u003', 'leads/2', '2022-01') ->> 'outcome'), 'on-time', 'a member of the leading group');
SELECT is((SELECT count(*) FROM duban.task_state WHERE task = 'leads/2'), 1::bigint, '… whose text is the newest when nobody is accountable');
SELECT is((t.one('u003', 'leads/1', '2022-01') ->> 'outcome'), 'not-owed', 'a participant under "leads"');
SELECT is((duban.judge('u002', 'start/1', '2022-02', NULL, '2022-02-09 23:59:59+08')).outcome, 3::smallint, 'before its start: not owed');
SELECT is((duban.judge('u002', 'start/1', '2022-02', NULL, '2022-02-10 00:00+08')).outcome, 1::smallint, 'from its start on: on time');
SELECT is((duban.judge('u001', 'start/1', '2022-02', NULL, '2022-02-28 17:30:59.999+08')).outcome, 1::smallint, 'the last instant');
SELECT is((duban.judge('u001', 'start/1', '2022-02', NULL, '2022-02-28 17:31+08')).outcome, 2::smallint, 'late');
SELECT is((duban.judge('u001', 'start/1', '2022-02', NULL, '2022-03-02 17:30:59.999+08')).outcome, 2::smallint, '… until the window closes: 1, 2 March');
SELECT is((duban.judge('u001', 'start/1', '2022-02', NULL, '2022-03-02 17:31+08')).outcome, 3::smallint, '… and no more');

-- a group changes: who owes an open period stays, later ones follow
SELECT t.clock('2022-01-29T00:00:00+08:00'), t.settle();
SELECT t.act('office', 'registry', '{"changes":[{"set":"roster","code":"g01","name":"各单位","of":"units","members":[{"code":"u001","from":"2022-03-01"},{"code":"u002"}]}]}');
SELECT t.settle();
SELECT is(t.owing('leads', '2022-02'), '1:u001 1:u002 2:u003', 'the open period keeps its members');
SELECT is(t.owing('leads', '2022-03'), '1:u001 1:u002 2:u002', 'the next one, which opens on 28 February, has the new ones of that day');
SELECT is((duban.judge('u003', 'leads/2', '2022-02', NULL, '2022-02-20 00:00+08')).outcome, 1::smallint, 'who left the group still owes the open period');
SELECT is((SELECT count(*) FROM duban.obligation o LEFT JOIN duban.agenda a USING (task, period, unit) WHERE o.cutoff > duban.now() AND a.at IS NULL
            AND NOT EXISTS (SELECT FROM duban.verdict v WHERE v.task = o.task AND v.period = o.period AND v.unit = o.unit AND NOT v.silence)), 0::bigint, 'each open obligation is on the agenda');

-- ---- faults stop their own obligations only
SELECT t.put('fridays', '{"weekday":5,"week":5}');
SELECT t.planned('fridays', 'fridays');
SELECT t.put('never', '{"day":5,"from":"2030-01-01"}');
SELECT t.planned('never', 'never');
INSERT INTO duban.registry_object (object, entry, body) SELECT 'rule/poison', 1, '{}';
INSERT INTO duban.reporting_rule (code, entry, name, cadence, of, day, at, calendar, zone) VALUES ('poison', 1, 'p', 'monthly', 'this', 5, '17:30', 'nowhere', 'Asia/Shanghai'), ('zone', 1, 'p', 'monthly', 'this', 5, '17:30', 'cn', 'Asia/Shanghai');
INSERT INTO duban.registry_object (object, entry, body) SELECT 'rule/zone', 1, '{}';
UPDATE duban.reporting_rule SET zone = 'No/Where' WHERE code = 'zone';
SELECT is(t.planned('poison', 'poison'), 'registered', 'a rule whose calendar is gone does not refuse the plan');
SELECT is(t.planned('zone', 'zone'), 'registered', '… nor one whose zone is unknown');
SELECT is(t.planned('good', 'lead'), 'registered', 'a good plan behind them');
SELECT t.settle();
SELECT is(t.owing('good', '2022-02'), '1:u001', '… has its obligations');
SELECT is((SELECT string_agg(plan || ' ' || coalesce(period, '-') || ': ' || why, '; ' ORDER BY plan, period NULLS FIRST) FROM duban.v_rule_fault WHERE plan <> 'fridays'),
    'never -: the rule has no period within the plan; poison -: no calendar nowhere in the registry; zone -: time zone "No/Where" not recognized', 'the others say why they have none');
SELECT is((SELECT count(*) FROM duban.v_rule_fault WHERE plan = 'fridays'), 8::bigint, 'a fifth Friday: April, July, September and December 2022 only');
SELECT is((SELECT count(*) FROM duban.v_schedule_warning WHERE plan = 'zone' AND code IN ('rule', 'plan')) > 0, true, 'the operator''s list has them');
UPDATE duban.reporting_rule SET zone = 'Asia/Shanghai' WHERE code = 'zone';
UPDATE duban.plan SET zone = 'Asia/Shanghai' WHERE handle = 'zone';
SELECT duban.plan_schedule('zone', '-infinity');
UPDATE duban.materialised SET ordinal = least(ordinal, 0), again = true, wanted_at = '-infinity' WHERE plan = 'zone';
SELECT t.settle();
SELECT is(t.owing('zone', '2022-02'), '1:u001', 'mended, it has its obligations');
-- what cannot be judged when it falls due is put off, named, and looked at again
UPDATE duban.plan SET zone = 'No/Where' WHERE handle = 'asked';
SELECT t.clock('2022-02-28T17:31:00+08:00'), t.settle();
SELECT is((SELECT count(*) FROM duban.verdict WHERE task = 'lead/1' AND period = '2022-02' AND silence), 1::bigint, 'others fall due');
SELECT is((SELECT count(*) FROM duban.verdict WHERE task LIKE 'asked/%' AND period = '2022-02'), 0::bigint, '… beside one plan that cannot be judged');
SELECT is((SELECT count(*) > 0 FROM duban.v_schedule_warning WHERE code = 'obligation' AND plan = 'asked' AND detail LIKE '%No/Where%'), true, '… which the operator is told');
SELECT is(t.act('office', 'registry', jsonb_build_object('changes', jsonb_build_array((SELECT body || '{"to":"2024-12-31"}' FROM duban.registry_object WHERE object = 'calendar/cn')))) #>> '{0,outcome}',
    'applied', 'a new calendar is taken in spite of that plan');
SELECT is((SELECT string_agg(DISTINCT split_part(calendar, '@', 1) || ' ' || (split_part(calendar, '@', 2) <> '0'), ', ') FROM duban.plan_period WHERE opens > duban.now() AND plan IN ('lead', 'leads', 'all')), 'cn true', '… and reaches the others'' periods to come');
UPDATE duban.plan SET zone = 'Asia/Shanghai' WHERE handle = 'asked';
SELECT t.clock('2022-02-28T18:40:00+08:00'), t.settle();
SELECT is((SELECT count(*) FROM duban.verdict WHERE task = 'asked/1' AND period = '2022-02' AND silence), 2::bigint, 'an hour later it is judged');
SELECT is((SELECT count(*) FROM duban.put_off), 0::bigint, '… and off the list');

-- a server clock that was stepped marks nobody: not back, not forward against the monotonic clock
UPDATE duban.head SET wall = wall + interval '1 hour' WHERE size = (SELECT max(size) FROM duban.head);
SELECT throws_ok($$ SELECT * FROM duban.raise(256) $$, 'DB003');
SELECT throws_ok($$ SELECT t.one('u001', 'lead/1', '2022-03') $$, 'DB003');
SELECT is((SELECT count(*) FROM duban.verdict WHERE task = 'lead/1' AND period = '2022-03'), 0::bigint, 'stepped back an hour: no verdict, no report taken');
UPDATE duban.head SET wall = wall - interval '1 hour' WHERE size = (SELECT max(size) FROM duban.head);
SELECT throws_ok($$ SELECT * FROM duban.append((SELECT registry FROM duban.log_lock), clock_timestamp() - interval '6 minutes', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}') $$, 'DB003');
SELECT is(t.one('u001', 'lead/1', '2022-03') ->> 'outcome', 'on-time', 'set right, it goes on');
SELECT * FROM finish();
ROLLBACK;
