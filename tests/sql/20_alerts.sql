-- The ladder: reminders, levels, vacancy, holds, closing; each at its instant.
BEGIN;
\i tests/sql/helpers.inc
SELECT plan(33);
SELECT t.genesis('2022-04-02T08:00:00+08:00');
SELECT t.registry();
SELECT t.clock('2022-04-07T08:00:00+08:00');
SELECT t.plan();
SELECT t.settle();
SELECT is((SELECT count(*) FROM duban.alert), 0::bigint, 'a reminder before the registration is skipped');
SELECT t.clock('2022-04-07T09:00:00+08:00'), t.settle();
SELECT is((SELECT count(*) FROM duban.alert WHERE kind = 'reminder'), 4::bigint, 'one working day before the due day the contacts are reminded');
SELECT is((SELECT min(number) FROM duban.alert), '提醒〔2022〕1号', 'with a printed number');
SELECT t.one('u001', 'p1/1', '2022Q1');
SELECT is((SELECT array_agg(reason) FROM duban.closing), ARRAY['reported'], 'a report withdraws the reminder');
SELECT is((SELECT event FROM duban.closing), 5::bigint, 'by an event of the same sequence');
SELECT t.clock('2022-04-08T17:30:50+08:00'), t.settle();
SELECT is((SELECT count(*) FROM duban.verdict WHERE silence), 0::bigint, 'nobody is missing before the cut-off');
SELECT t.clock('2022-04-08T17:31:00+08:00'), t.settle();
SELECT is((SELECT count(*) FROM duban.verdict WHERE silence), 3::bigint, 'missing at the cut-off');
SELECT is((SELECT array_agg(post ORDER BY post) FROM duban.alert a JOIN duban."case" c ON c."case" = a."case" WHERE a.level = 1 AND c.task = 'p1/2'),
          ARRAY['office', 'u001-contact', 'u001-head'], 'level 1: contact, head and office, one alert each');
SELECT is((SELECT count(DISTINCT at) FROM duban.alert WHERE level = 1 AND at = '2022-04-08T17:31:00+08'), 1::bigint, 'at the alert instant');
SELECT is((SELECT min(raised) >= '2022-04-08T17:31:00+08' FROM duban.alert WHERE level = 1), true, 'not before it');
SELECT is(t.one('u001', 'p1/2', '2022Q1') ->> 'outcome', 'late', 'after the cut-off a report is late');
SELECT is((SELECT count(*) FROM duban.verdict WHERE task = 'p1/2' AND period = '2022Q1'), 2::bigint, 'missing stays beside late');
-- acknowledgements
SELECT is(t.act('u001', 'acknowledge', jsonb_build_object('alerts', jsonb_build_array((SELECT min(alert) FROM duban.alert WHERE level = 1 AND post = 'office')))) -> 0 ->> 'outcome',
          'refused', 'nobody acknowledges what went to another post');
SELECT is(t.act('office', 'acknowledge', jsonb_build_object('alerts', (SELECT jsonb_agg(alert ORDER BY alert) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE a.level = 1 AND a.post = 'office' AND c.task = 'p1/i1'))) -> 0 ->> 'outcome',
          'acknowledged', 'the office acknowledges');
SELECT is((SELECT held_until FROM duban."case" WHERE task = 'p1/i1')::timestamp(0) AT TIME ZONE 'UTC' > '2022-04-15T17:30+08', true, 'and holds five working days');
SELECT is(t.act('u002', 'acknowledge', jsonb_build_object('alerts', (SELECT jsonb_agg(alert) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE a.level = 1 AND a.post = 'u002-contact' AND c.task = 'p1/3'))) -> 0 ->> 'outcome',
          'acknowledged', 'the owing unit may acknowledge');
SELECT is((SELECT held_until FROM duban."case" WHERE task = 'p1/3'), NULL, 'and holds nothing');
SELECT is(t.act('office', 'acknowledge', jsonb_build_object('alerts', (SELECT jsonb_agg(alert ORDER BY alert) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE a.level = 1 AND a.post = 'office' AND c.task = 'p1/i1'))) -> 0 ->> 'outcome',
          'already', 'once');
SELECT t.clock('2022-04-11T17:31:00+08:00'), t.settle();
SELECT is((SELECT array_agg(a.level || ' ' || a.post ORDER BY a.level, a.post) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE a.level > 1 AND c.task = 'p1/3'),
          ARRAY['3 chief'], 'level 2 is vacant (an empty group of leaders) and passed at once');
SELECT ok((SELECT a.why LIKE '%vacant: g02%' FROM duban.alert a JOIN duban."case" c USING ("case") WHERE a.level = 3 AND c.task = 'p1/3'), 'and the alert says so');
SELECT is((SELECT count(*) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE a.level > 1 AND c.task = 'p1/i1'), 0::bigint, 'what is held does not climb');
SELECT t.clock('2022-04-15T17:25:00+08:00'), t.settle();
SELECT is((SELECT count(*) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE a.level > 1 AND c.task = 'p1/i1'), 0::bigint, 'not before the hold ends');
SELECT t.clock('2022-04-15T17:35:00+08:00'), t.settle();
SELECT is((SELECT array_agg(a.post) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE a.level > 1 AND c.task = 'p1/i1'), ARRAY['chief'], 'then the next level at once; a task without leaders has level 2 vacant');
SELECT t.one('u002', 'p1/3', '2022Q1');
SELECT is((SELECT reason FROM duban."case" WHERE task = 'p1/3' AND period = '2022Q1'), 'reported', 'a report closes the case');
-- completion: printed end climbs to the chief, inherited end stops at the office
SELECT t.one('u001', 'p1/1', '2022Q2'), t.one('u001', 'p1/2', '2022Q2');
SELECT t.clock('2022-07-01T00:00:00+08:00'), t.settle();
SELECT is((SELECT array_agg(DISTINCT kind) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.task = 'p1/2' AND c.period = '-' AND a.level = 1), ARRAY['task-overdue'], 'a task not done by its printed end is overdue at midnight');
SELECT t.clock('2023-03-01T00:00:00+08:00'), t.settle();
SELECT is((SELECT max(a.level) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.task = 'p1/2' AND c.period = '-'), 3::smallint, 'a printed end climbs to the chief');
SELECT is((SELECT max(a.level) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.task = 'p1/1' AND c.period = '-'), 1::smallint, 'an inherited end stops at the office');
SELECT is((SELECT count(*) FROM duban.missing_verdicts), 0::bigint, 'no verdict is missing');
SELECT is((SELECT count(*) FROM duban.missing_alerts), 0::bigint, 'no alert is missing');
SELECT is((SELECT count(*) FROM (SELECT alert FROM duban.alert UNION SELECT event FROM duban.closing) x), (SELECT events FROM duban.log_lock), 'event numbers have no gap');
SELECT is((SELECT bool_and(ordered) FROM (SELECT at >= lag(at, 1, at) OVER (ORDER BY alert) AS ordered FROM duban.alert WHERE raised > '2023-01-01') x), true, 'a long move raises in order of instants');
SELECT is((SELECT duban.tree_root(h.size, h.frontier) FROM duban.head h ORDER BY h.size DESC LIMIT 1), duban.tree_hash(0, (SELECT max(size) FROM duban.head)), 'one root');
SELECT is((SELECT count(*) FROM duban.stream_resume(NULL, 0, 100000)), (SELECT events FROM duban.log_lock), 'the stream holds every event');
SELECT * FROM finish();
ROLLBACK;
