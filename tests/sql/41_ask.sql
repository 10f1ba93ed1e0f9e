-- A lead asks participants: owed, answered, late, missing; who may ask whom.
BEGIN;
\i tests/sql/helpers.inc
SELECT plan(29);
SELECT t.genesis('2022-04-02T08:00:00+08:00');
SELECT t.registry();
SELECT t.clock('2022-04-02T09:00:00+08:00');
SELECT t.plan();
SELECT t.settle();
CREATE FUNCTION t.ask(p_by text, p_task text, p_units text, p_due text DEFAULT '2022-04-06', p_more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT t.act(p_by, 'ask', jsonb_build_object('asks', jsonb_build_array(
        jsonb_build_object('task', p_task, 'units', to_jsonb(string_to_array(p_units, ' ')), 'due', p_due, 'text', '请报数据') || p_more)))
$$;
CREATE FUNCTION t.answer(p_by text, p_ask text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT t.act(p_by, 'answer', jsonb_build_object('answers', jsonb_build_array(
        jsonb_build_object('ask', p_ask, 'text', '已完成三个', 'values', '[{"name":"个数","value":"3"}]'::jsonb)))) -> 0
$$;
SELECT is(t.ask('u003', 'p1/1', 'u001') #>> '{0,errors,0,code}', 'right', 'a participant does not ask');
SELECT is(t.ask('leader-01', 'p1/1', 'u001') #>> '{0,errors,0,code}', 'right', 'nor a leader');
SELECT is(t.ask('u001', 'p1/2', 'u003') #>> '{0,errors,0,code}', 'not-assigned', 'only units that have a part are asked');
SELECT is(t.ask('u001', 'p1/1', 'u001') #>> '{0,errors,0,code}', 'own', 'nobody asks himself');
SELECT is(t.ask('u001', 'p1/1', 'nobody') #>> '{0,errors,0,field}', 'units', 'an unknown unit is refused');
SELECT is(t.ask('u001', 'p1/9', 'u003') #>> '{0,errors,0,field}', 'task', 'an unknown task too');
SELECT is(t.ask('u001', 'p1/1', 'u003', '2022-04-01') #>> '{0,errors,0,code}', 'past', 'and a day that has passed');
SELECT is(t.ask('u001', 'p1/1', 'u003', '2022-04-06', '{"period":"2022-03"}') #>> '{0,errors,0,field}', 'period', 'and a period that the plan does not have');
SELECT is((SELECT count(*) FROM duban.obligation WHERE kind = 'answer'), 0::bigint, 'what is refused burdens nobody');
SELECT is((SELECT array_agg(o ->> 'outcome' || ' ' || (o ->> 'asked')) FROM jsonb_array_elements(t.ask('u001', 'p1/1', '单位u003 u002', '2022-04-06', '{"period":"2022Q1"}')) o), ARRAY['asked u003', 'asked u002'], 'two units, by name and by code');
CREATE TEMP TABLE a AS SELECT asked, entry || '.' || ord AS n FROM duban.ask;
SELECT is((SELECT array_agg(unit || ' ' || kind || ' ' || state ORDER BY unit) FROM duban.v_due WHERE kind = 'answer'), ARRAY['u002 answer open', 'u003 answer open'], 'each owes an answer');
SELECT is((SELECT due FROM duban.ask WHERE asked = 'u003'), '2022-04-06T23:59+08'::timestamptz, 'a date means its last minute');
SELECT is(t.answer('u001', (SELECT n FROM a WHERE asked = 'u003')) #>> '{errors,0,code}', 'unknown', 'only who was asked answers');
SELECT is(t.answer('u003', '0.1') #>> '{errors,0,code}', 'unknown', 'and only what was asked');
SELECT is(t.answer('u003', (SELECT n FROM a WHERE asked = 'u003')) ->> 'outcome', 'on-time', 'the answer is on time');
SELECT is(t.answer('u003', (SELECT n FROM a WHERE asked = 'u003')) ->> 'outcome', 'correction', 'a second one corrects it');
SELECT is((SELECT state || ' ' || answer_text FROM duban.v_ask WHERE asked = 'u003'), 'on-time 已完成三个', 'the lead sees it');
SELECT ok((SELECT convert_from(e.entry, 'UTF8') LIKE '%' || encode(sha256(convert_to(format(E'p1/1 ask!%s on-time 2022-04-06T15:59:00Z - -\n', (SELECT n FROM a WHERE asked = 'u003')), 'UTF8')), 'hex') || '%' FROM duban.log_entry e WHERE index = (SELECT min(entry) FROM duban.answer)), 'the verdict is in the leaf');
SELECT t.clock('2022-04-07T00:00:00+08:00'), t.settle();
SELECT is((SELECT verdict FROM duban.verdict WHERE unit = 'u002' AND period LIKE 'ask!%'), 3::smallint, 'silence is missing');
SELECT is((SELECT array_agg(a.kind || ' ' || a.post ORDER BY a.post) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.period LIKE 'ask!%' AND a.level > 0), ARRAY['answer-missing office', 'answer-missing u002-contact', 'answer-missing u002-head'], 'the unit and the office are told');
SELECT is((SELECT state FROM duban.v_ask WHERE asked = 'u002'), 'missing', 'the lead sees that too');
SELECT t.clock('2022-04-20T00:00:00+08:00'), t.settle();
SELECT is((SELECT max(a.level) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.period LIKE 'ask!%'), 1::smallint, 'it climbs no higher than the office');
SELECT is((SELECT count(*) FROM duban.missing_alerts WHERE period LIKE 'ask!%'), 0::bigint, 'and the audit view knows that');
SELECT is(t.answer('u002', (SELECT n FROM a WHERE asked = 'u002')) ->> 'outcome', 'late', 'a late answer');
SELECT is((SELECT reason FROM duban."case" WHERE period LIKE 'ask!%'), 'reported', 'closes the case');
SELECT is((SELECT count(*) FROM duban.missing_alerts), 0::bigint, 'no alert is missing');
-- the asked unit merges: what it owes follows
SELECT t.ask('u001', 'p1/1', 'u002', '2022-06-01T12:00:00+08:00');
SELECT t.act('office', 'registry', '{"changes":[{"set":"unit","code":"u002","name":"单位u002","retired":"2022-04-20","successor":["u003"]}]}');
SELECT is((SELECT array_agg(asked) FROM duban.v_ask WHERE state = 'open'), ARRAY['u003'], 'the successor is asked now');
SELECT is(t.answer('u003', (SELECT ask FROM duban.v_ask WHERE state = 'open')) ->> 'outcome', 'on-time', 'and answers');
SELECT is((SELECT cutoff - due FROM duban.ask ORDER BY entry DESC LIMIT 1), '1 minute'::interval, 'an instant means its minute');
SELECT * FROM finish();
ROLLBACK;
