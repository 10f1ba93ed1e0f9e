-- Ladders: waits, repeats, answers, quiet hours, rehearsal, holds until a day, delegates, told by telephone, texts.
BEGIN;
\i tests/sql/helpers.inc
SELECT plan(55);
SELECT t.genesis('2022-04-02T08:00:00+08:00');
SELECT t.registry();
CREATE FUNCTION t.ladder(p jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce((o -> 0 ->> 'outcome') || coalesce(' ' || (o -> 0 -> 'errors' -> 0 ->> 'code'), ''), '')
      FROM (SELECT t.act('office', 'registry', jsonb_build_object('changes', jsonb_build_array(
            '{"set":"ladder","code":"standard","name":"s","calendar":"cn","hold":5}'::jsonb || p))) AS o) x
$$;
-- how a delay is read
SELECT is(duban.delay_of('3'), ROW('day', 3)::duban.delay, 'a bare number is working days');
SELECT is(duban.delay_of('90m'), ROW('clock', 5400000000)::duban.delay, 'minutes of clock time');
SELECT is(duban.delay_of('36h'), ROW('clock', 129600000000)::duban.delay, 'hours of clock time');
SELECT is(duban.delay_of('2d'), ROW('clock', 172800000000)::duban.delay, 'days of clock time');
SELECT is(duban.delay_of('30wm'), ROW('office', 1800000000)::duban.delay, 'minutes within office hours');
SELECT is(duban.delay_of('6wh'), ROW('office', 21600000000)::duban.delay, 'hours within office hours');
SELECT is(duban.office_add('2022-04-08 17:00', 3600000000, 'cn', 0, '09:00', '17:30'), '2022-04-11 09:30'::timestamp, 'half an hour on Friday, half an hour on Monday');
SELECT is(duban.office_add('2022-04-08 17:00', 1800000000, 'cn', 0, '09:00', '17:30'), '2022-04-08 17:30'::timestamp, 'to the close of the day');
SELECT is(duban.office_add('2022-04-02 20:00', 60000000, 'cn', 0, '09:00', '17:30'), '2022-04-06 09:01'::timestamp, 'over a holiday');
-- what a ladder must not be
SELECT is(t.ladder('{"steps":[{"level":1,"after":2,"to":["head"]},{"level":2,"after":1,"to":["leader"]}]}'), 'refused order', 'steps out of order are refused');
SELECT is(t.ladder('{"steps":[{"level":1,"after":"90m","to":["head"]},{"level":2,"after":"60m","to":["leader"]}]}'), 'refused order', 'waits out of order as well');
SELECT is(t.ladder('{"opens":"18:00","closes":"09:00","steps":[{"level":1,"after":0,"to":["head"]}]}'), 'refused range', 'office hours end behind their beginning');
SELECT is(t.ladder('{"quiet_from":"18:00","steps":[{"level":1,"after":0,"to":["head"]}]}'), 'refused range', 'quiet hours have two ends');
SELECT is(t.ladder('{"steps":[{"level":1,"after":0,"repeat":1,"to":["head"]}]}'), 'refused rounds', 'a repeat has a cap');
SELECT is(t.ladder('{"hold_max":10,"silence_max":7,"quiet_from":"17:00","quiet_to":"08:30","quiet_off":true,"quiet_except":["chief"],"steps":[
    {"level":0,"before":"2h","to":["contact"]},
    {"level":1,"after":0,"to":["contact","head","office"],"repeat":"1h","rounds":3,"texts":[{"kind":"report-missing","text":"{unit} {period} {due} {number}"}]},
    {"level":2,"after":1,"to":["leader"],"answer":"4h","channels":["mail"]},
    {"level":3,"after":"5d","to":["chief"]}]}'), 'applied', 'a ladder with everything');
SELECT t.clock('2022-04-07T08:00:00+08:00');
SELECT t.plan();
SELECT t.settle();
SELECT t.clock('2022-04-08T15:30:00+08:00'), t.settle();
SELECT is((SELECT count(*) FROM duban.alert WHERE kind = 'reminder' AND at = '2022-04-08T15:30+08'), 4::bigint, 'a reminder two hours before');
SELECT is((SELECT count(*) FROM duban.alert WHERE deliver_at IS NOT NULL), 0::bigint, 'not in quiet hours');
SELECT t.clock('2022-04-08T17:31:00+08:00'), t.settle();
SELECT is((SELECT DISTINCT deliver_at FROM duban.alert WHERE level = 1), '2022-04-11T08:30+08'::timestamptz, 'quiet hours: over the weekend to Monday 08:30');
SELECT is((SELECT e.data::jsonb ->> 'text' FROM duban.alert a JOIN duban."case" c USING ("case") CROSS JOIN LATERAL duban.alert_events(ARRAY[a.alert]) e WHERE c.task = 'p1/2' AND a.level = 1 AND a.post = 'office'),
          (SELECT '单位u001 2022Q1 2022-04-08 17:30 ' || number FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.task = 'p1/2' AND a.level = 1 AND a.post = 'office'), 'the ladder''s text');
SELECT t.clock('2022-04-08T18:31:00+08:00'), t.settle();
SELECT is((SELECT array_agg(a.round ORDER BY a.round) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.task = 'p1/2' AND a.level = 1 AND a.post = 'office'), ARRAY[1, 2]::smallint[], 'again after an hour');
SELECT ok((SELECT a.why LIKE '%; notice 2.' FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.task = 'p1/2' AND a.level = 1 AND a.post = 'office' AND a.round = 2), 'and says so');
SELECT t.clock('2022-04-10T18:31:00+08:00'), t.settle();
SELECT is((SELECT max(round) FROM duban.alert WHERE level = 1), 3::smallint, 'at most three times');
SELECT is((SELECT count(*) FROM (SELECT 1 FROM duban.alert GROUP BY "case", level, round, post HAVING count(*) > 1) x), 0::bigint, 'each once');
SELECT is((SELECT count(DISTINCT bundle) FROM duban.alert WHERE level = 1 AND post = 'office'), 3::bigint, 'one bundle a round for the office');
-- the supervisor has a deadline too
SELECT t.clock('2022-04-11T17:31:00+08:00'), t.settle();
SELECT is((SELECT count(*) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE a.post = 'leader-01' AND a.level = 2 AND c.task = 'p1/2'), 1::bigint, 'level 2');
SELECT is((SELECT channels FROM duban.ladder_step s JOIN duban."case" c ON c.ladder = s.code AND c.ladder_entry = s.entry AND c.step = s.step WHERE c.task = 'p1/2' AND c.period = '2022Q1'), ARRAY['mail'], 'by the channels of the step');
SELECT is(t.act('leader-01', 'acknowledge', jsonb_build_object('alerts', (SELECT jsonb_agg(alert) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE a.post = 'leader-01' AND c.task = 'p1/1'), 'until', '2022-05-20')) -> 0 -> 'errors' -> 0 ->> 'code',
          'range', 'an acknowledgement holds no longer than the ladder lets it');
SELECT is(t.act('leader-01', 'acknowledge', jsonb_build_object('alerts', (SELECT jsonb_agg(alert) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE a.post = 'leader-01' AND c.task = 'p1/1'), 'until', '2022-04-12')) -> 0 ->> 'outcome',
          'acknowledged', 'it holds until the day that it names');
SELECT is((SELECT held_until FROM duban."case" WHERE task = 'p1/1' AND period = '2022Q1'), '2022-04-13T00:00+08'::timestamptz, 'to the end of that day');
SELECT t.clock('2022-04-11T21:31:00+08:00'), t.settle();
SELECT is((SELECT array_agg(a.kind || ' ' || a.post) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE a.level = 3 AND c.task = 'p1/2'), ARRAY['alert-unacknowledged chief'], 'four hours without an answer: the next level');
SELECT ok((SELECT a.why LIKE '%not acknowledged by leader-01%' FROM duban.alert a WHERE a.kind = 'alert-unacknowledged' LIMIT 1), 'says who did not');
SELECT is((SELECT deliver_at FROM duban.alert WHERE level = 3 LIMIT 1), NULL, 'the chief is excepted from quiet hours');
SELECT is((SELECT count(*) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE a.level = 3 AND c.task = 'p1/1' AND c.period = '2022Q1'), 0::bigint, 'who acknowledged is left alone');
-- 督查室 was told on the telephone
SELECT is(t.act('u001', 'acknowledge', jsonb_build_object('alerts', (SELECT jsonb_agg(alert) FROM duban.alert WHERE level = 3 AND post = 'chief'), 'told', '{"by":"甲","to":"丁","at":"2022-04-11T22:00:00+08:00","how":"电话"}'::jsonb)) -> 0 ->> 'outcome',
          'refused', 'a unit tells nobody');
SELECT is(t.act('office', 'acknowledge', jsonb_build_object('alerts', (SELECT jsonb_agg(alert) FROM duban.alert WHERE level = 3 AND post = 'chief'), 'told', '{"by":"甲","to":"丁","at":"2022-04-11T22:00:00+08:00","how":"电话"}'::jsonb)) -> 0 ->> 'outcome',
          'acknowledged', 'the office does');
SELECT is((SELECT told ->> 'how' FROM duban.v_alert WHERE level = 3 AND post = 'chief' LIMIT 1), '电话', 'marked as such');
SELECT is((SELECT count(*) FROM duban."case" c JOIN duban.alert a USING ("case") WHERE a.level = 3 AND c.held_until IS NOT NULL), 0::bigint, 'and holds nothing');
-- a delegate acknowledges for the post
SELECT t.act('office', 'registry', jsonb_build_object('changes', jsonb_build_array(
    jsonb_build_object('set', 'post', 'code', 'leader-01', 'name', '丙', 'role', 'leader', 'holders', '[{"name":"丙"}]'::jsonb,
        'delegates', jsonb_build_array(jsonb_build_object('name', '戊', 'key', encode(t.key('u003'), 'hex'), 'from', '2022-04-01', 'to', '2022-04-30'))))));
SELECT is(t.act('u003', 'acknowledge', jsonb_build_object('alerts', (SELECT jsonb_agg(alert) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE a.post = 'leader-01' AND c.task = 'p1/2'))) -> 0 ->> 'outcome',
          'acknowledged', 'a delegate acknowledges with a key of their own');
SELECT is((SELECT delegate || ' ' || post FROM duban.v_alert WHERE post = 'leader-01' AND task = 'p1/2'), '戊 leader-01', 'it reads so: the delegate, for the post');
SELECT set_config('duban.client', 'u003', true);
SELECT alert AS leaders FROM duban.alert WHERE post = 'leader-01' ORDER BY alert LIMIT 1 \gset
SELECT ok(duban.client_sees(:leaders) AND duban.alert_paper(:leaders) IS NOT NULL, 'the delegate sees what went to the post');
SELECT is((SELECT array_agg(DISTINCT post ORDER BY post) FROM duban.client_alerts(0, false, 1000)), (SELECT array_agg(DISTINCT e.posts[1] ORDER BY e.posts[1])
    FROM duban.stream_resume(duban.posts_seen('u003'), 0, 1000) e WHERE e.kind = 'alert'), 'list and stream hold the same posts');
SELECT is((SELECT count(*) FROM duban.client_alerts(0, false, 1000) WHERE post NOT IN ('leader-01', 'u003-contact', 'u003-head')), 0::bigint, 'and no other');
SELECT t.clock('2022-05-02T08:00:00+08:00'), t.settle();
SELECT is(t.act('u003', 'acknowledge', jsonb_build_object('alerts', (SELECT jsonb_agg(alert) FROM duban.alert a WHERE a.post = 'leader-01'))) -> 0 ->> 'outcome', 'refused', 'not when the delegation is over');
SELECT is(duban.alert_paper(:leaders), NULL, 'nor is it seen any more');
SELECT is((SELECT count(*) FROM duban.client_alerts(0, false, 1000) WHERE post = 'leader-01'), 0::bigint, 'nor listed');
SELECT is((SELECT count(*) FROM duban.missing_alerts), 0::bigint, 'no alert is missing');
-- a rehearsal, and nobody with a key above
SELECT is(t.ladder('{"rehearsal":true,"steps":[{"level":1,"after":0,"to":["contact","office"]},{"level":2,"after":"1h","to":["leader"],"answer":"1h"},{"level":3,"after":2,"to":["chief"]}]}'), 'applied', 'a rehearsal');
SELECT t.clock('2022-07-07T18:31:00+08:00');
DO $$ BEGIN WHILE (SELECT pending FROM duban.materialise(1000)) > 0 LOOP END LOOP; END $$;
SELECT t.settle();
SELECT is((SELECT array_agg(DISTINCT a.level || ' ' || a.rehearsal) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.period = '2022Q2' AND c.task = 'p1/2'), ARRAY['1 false', '2 true'], 'above the office only as a rehearsal');
SELECT ok((SELECT bool_and(number LIKE '演练督办%') FROM duban.alert WHERE rehearsal), 'numbered apart');
SELECT is((SELECT DISTINCT posts FROM duban.stream_resume(NULL, 0, 100000) e JOIN duban.alert a ON a.alert = e.event AND a.rehearsal), '{}'::text[], 'on the stream of nobody but operators');
SELECT t.clock('2022-07-07T20:00:00+08:00'), t.settle();
SELECT is((SELECT count(*) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.period = '2022Q2' AND a.level = 3 AND c.task = 'p1/2'), 0::bigint, 'nobody answers a rehearsal');
-- a silence over the supervisor's time to answer: it runs out when the silence ends
SELECT is(t.ladder('{"steps":[{"level":1,"after":0,"to":["contact","office"],"answer":"1h"},{"level":2,"after":5,"to":["leader"]}]}'), 'applied', 'the office has an hour');
SELECT t.clock('2022-10-07T17:31:00+08:00');
DO $$ BEGIN WHILE (SELECT pending FROM duban.materialise(1000)) > 0 LOOP END LOOP; END $$;
SELECT t.settle();
SELECT t.act('office', 'silence', '{"silences":[{"tasks":["p1/1"],"until":"2022-10-08T09:00:00+08:00","reason":"r"}]}');
SELECT t.clock('2022-10-07T18:31:00+08:00'), t.settle();
SELECT is((SELECT count(*) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE a.kind = 'alert-unacknowledged' AND c.period = '2022Q3'), 0::bigint, 'an hour later nobody is told of what is silenced');
SELECT t.clock('2022-10-08T09:00:00+08:00'), t.settle();
SELECT is((SELECT a.at FROM duban.alert a JOIN duban."case" c USING ("case") WHERE a.kind = 'alert-unacknowledged' AND c.period = '2022Q3'), '2022-10-08T09:00+08'::timestamptz, 'but when it ends');
SELECT is((SELECT duban.tree_root(h.size, h.frontier) FROM duban.head h ORDER BY h.size DESC LIMIT 1), duban.tree_hash(0, (SELECT max(size) FROM duban.head)), 'one root');
SELECT * FROM finish();
ROLLBACK;
