-- Lights: the judge of conditions, what a rule may say, history by the same function. The palettes of
-- conf/lights have their worked quarter in tests/system/080_lights.t.
BEGIN;
\i tests/sql/helpers.inc
SELECT no_plan();
SELECT t.genesis('2022-04-02T08:00:00+08:00');
SELECT t.registry();
CREATE FUNCTION t.light(p_code text, p_steps jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT r ->> 'outcome' || coalesce(' ' || (r -> 'errors' -> 0 ->> 'code'), '') FROM (SELECT t.act('office', 'registry', jsonb_build_object('changes',
        jsonb_build_array(jsonb_build_object('set', 'light', 'code', p_code, 'name', p_code, 'steps', p_steps)))) -> 0) x (r)
$$;
SELECT is(t.light('a', '[{"when":["behind > 30"],"light":"red","zh":"落后{behind}"},{"light":"green","zh":"平"}]'), 'applied', 'a light rule');
SELECT is(t.light('a', '[{"when":["behind > 30"],"light":"red","zh":"落后{behind}"},{"light":"green","zh":"平"}]'), 'unchanged', 'the same again');
SELECT is(t.light('b', '[{"when":["mood > 30"],"light":"red","zh":"x"},{"light":"green","zh":"x"}]'), 'refused condition', 'an unknown fact');
SELECT is(t.light('b', '[{"when":["behind is 3"],"light":"red","zh":"x"},{"light":"green","zh":"x"}]'), 'refused condition', 'an unknown comparison');
SELECT is(t.light('b', '[{"when":["behind > much"],"light":"red","zh":"x"},{"light":"green","zh":"x"}]'), 'refused condition', 'a number that is none');
SELECT is(t.light('b', '[{"when":["done > no"],"light":"red","zh":"x"},{"light":"green","zh":"x"}]'), 'refused condition', 'a flag that is compared by size');
SELECT is(t.light('b', '[{"when":["done = maybe"],"light":"red","zh":"x"},{"light":"green","zh":"x"}]'), 'refused condition', 'a flag is yes or no');
SELECT is(t.light('b', '[{"when":["behind > 1"],"light":"red","zh":"x"}]'), 'refused order', 'no step for all the others');
SELECT is(t.light('b', '[{"light":"green","zh":"x"},{"light":"red","zh":"x"}]'), 'refused order', 'a step that nothing reaches');
SELECT is((SELECT count(*) FROM duban.light WHERE code = 'b'), 0::bigint, 'nothing of what was refused is kept');
SELECT is(t.light('b', '[{"when":["overdue >= 1","previous = red"],"light":"red","zh":"又红"},{"when":["overdue >= 1"],"light":"red","zh":"{overdue}项逾期","en":"{overdue} overdue"},{"light":"green","zh":"无"}]'), 'applied', 'a rule that looks back');
SELECT is((SELECT previous FROM duban.light WHERE code = 'b'), true, 'it is known to look back');

SELECT is(duban.fact_holds('{"a": 30}', 'a', '>', '30'), false, '30 > 30');
SELECT is(duban.fact_holds('{"a": 30}', 'a', '>=', '30.0'), true, '30 >= 30.0');
SELECT is(duban.fact_holds('{"a": 4.5}', 'a', '<', '10'), true, '4.5 < 10, as numbers');
SELECT is(duban.fact_holds('{"a": "x"}', 'a', '!=', 'y'), true, 'words differ');
SELECT is(duban.fact_holds('{}', 'a', '!=', 'y'), NULL, 'what is not known holds nothing');
SELECT is((duban.light_judge('a', (SELECT max(entry) FROM duban.light WHERE code = 'a'), '{"behind": 30}')).light, 'green', 'on the threshold');
SELECT is((duban.light_judge('a', (SELECT max(entry) FROM duban.light WHERE code = 'a'), '{"behind": 30.1}')).why, '落后30.1', 'above it, with the number in the reason');
SELECT is((duban.light_judge('a', (SELECT max(entry) FROM duban.light WHERE code = 'a'), '{}')).light, 'green', 'an unknown fact is no reason');

SELECT is(ARRAY(SELECT duban.months_between(a::date, b::date) FROM (VALUES ('2022-01-01', '2022-04-01'), ('2022-01-01', '2022-03-31'), ('2022-01-31', '2022-02-28'),
    ('2022-04-01', '2022-01-01'), ('2021-12-15', '2023-01-15')) x (a, b)), ARRAY[3, 2, 0, 0, 13], 'whole months');

SELECT t.plan(), t.settle();
SELECT t.report('u001', ARRAY[('u001', 'p1/1', '2022Q1', 1, 20, NULL)::t.row]);
-- 31 March is day 90 of 365: 24.7 %; u001 says 20, u002 nothing
SELECT is((SELECT facts - '{months_silent,days_to_due,days_to_deadline}'::text[] FROM duban.v_light WHERE task = 'p1/1' AND rule = 'a'),
    '{"status":"on-track","progress":20,"expected":24.7,"behind":4.7,"short":19.0,"not_started":"no","months_idle":0,"silent":"no",
      "overdue":0,"misses":0,"missing":"no","late":"no","cured":"no","done":"no","returned":0,"extensions":0,"closed":"no","completion":"open"}', 'facts in the open first quarter');
SELECT t.clock('2022-04-08T17:31:00+08:00'), t.settle();
SELECT is((SELECT light || ' ' || why FROM duban.v_light WHERE task = 'p1/3' AND rule = 'b'), 'red 1项逾期', 'what fell due is red, and says why');
SELECT is((SELECT why_en FROM duban.v_light WHERE task = 'p1/3' AND rule = 'b'), '1 overdue', 'in English too');
SELECT is((SELECT light FROM duban.v_light WHERE task = 'p1/1' AND rule = 'b'), 'green', 'who reported is green');
SELECT is_empty('SELECT FROM duban.v_light WHERE task IN (''p1/4'', ''p1/5'')', 'a task without a lead has no light');
SELECT t.clock('2022-05-09T09:00:00+08:00'), t.settle();
SELECT t.one('u002', 'p1/3', '2022Q1');
SELECT is((SELECT light FROM duban.v_light WHERE task = 'p1/3' AND rule = 'b'), 'green', 'made up later');
SELECT is((SELECT facts ->> 'cured' FROM duban.v_light WHERE task = 'p1/3' AND rule = 'a'), 'yes', 'but known as cured');
SELECT t.clock('2022-07-11T09:00:00+08:00'), t.settle();
SELECT is((SELECT facts ->> 'previous' FROM duban.v_light WHERE task = 'p1/3' AND rule = 'b'), 'green', 'at the end of Q2''s time Q1 was made up');
SELECT is((SELECT facts ->> 'previous' FROM duban.v_light WHERE task = 'i1' AND rule = 'b') IS NULL, true, 'no such task, no light');

-- the past by the same function, and by duban_asof
SELECT is((SELECT light FROM duban.light_at('p1/3', 'b', '2022-04-20T00:00:00+08:00')), 'red', 'it was red in April');
SELECT is((SELECT light FROM duban.light_at('p1/3', 'b', '2022-05-10T00:00:00+08:00')), 'green', 'and green in May');
SELECT is_empty('SELECT * FROM duban.light_at(''p1/3'', ''b'', ''2022-04-02T07:00:00+08:00'')', 'before the rule there was no light');
SELECT is(t.light('a', '[{"light":"blue","zh":"新"}]'), 'applied', 'the rule changes');
SELECT is((SELECT light FROM duban.v_light WHERE task = 'p1/3' AND rule = 'a'), 'blue', 'now by the new version');
SELECT is((SELECT light FROM duban.light_at('p1/3', 'a', '2022-05-10T00:00:00+08:00')), 'green', 'the past by the old one');
SET LOCAL duban.as_of = '2022-04-20T00:00:00+08:00';
SELECT is((SELECT light FROM duban_asof.v_light WHERE task = 'p1/3' AND rule = 'b'), 'red', 'the view as of April');
SET LOCAL duban.as_of = '2022-05-10T00:00:00+08:00';
SELECT is((SELECT light FROM duban_asof.v_light WHERE task = 'p1/3' AND rule = 'a'), 'green', 'and of May');
SELECT * FROM finish();
ROLLBACK;
