-- Five hundred deadlines of one office at one instant, raised in batches: one mail, numbers without a gap whatever fails or
-- is rolled back, each with its own facts although all are decided together; a case keeps the ladder that it began with.
BEGIN;
\i tests/sql/helpers.inc
SELECT plan(17);
SELECT t.genesis('2022-04-02T08:00:00+08:00');
SELECT t.registry();
SELECT t.act('office', 'registry', '{"changes":[{"set":"channel","code":"mail","name":"邮件","kind":"mail","detail":"titles"},
    {"set":"post","code":"office","name":"督查室","role":"office","holders":[{"name":"甲"}],"channels":["mail","stream"]}]}');
SELECT t.act('office', 'contact', '{"contacts":[{"post":"office","name":"甲","mail":"office@example.org"}]}');
SELECT t.act('office', 'plan', jsonb_build_object('plan', jsonb_build_object('handle', 's1', 'title', 'x', 'from', '2022-01-01', 'to', '2022-12-31', 'source_sha256', '00', 'tasks',
    (SELECT jsonb_agg(jsonb_build_object('task', g::text, 'no', g::text, 'kind', 'task', 'text', 'task ' || g, 'leads', jsonb_build_array('u00' || g % 2 + 1), 'leaders', '["leader-01"]'::jsonb)) FROM generate_series(1, 500) g))));
SELECT t.clock('2022-04-08T10:00:00+08:00'); -- reminders
SELECT t.settle();
SELECT t.act('office', 'plan', '{"plan":{"handle":"s2","title":"x","from":"2022-01-01","to":"2022-12-31","source_sha256":"00","tasks":[{"task":"1","no":"1","kind":"task","text":"y","leads":["u003"],"leaders":["leader-01"]}]}}');
SELECT t.settle();
SELECT is((SELECT count(*) FROM duban.obligation WHERE period = '2022Q1'), 501::bigint, '501 reports are owed');
-- those who reported are left alone, in the midst of the others
SELECT t.one('u002', 's1/7', '2022Q1');
SELECT t.one('u001', 's1/250', '2022Q1');
-- one of them cannot be judged
UPDATE duban.plan SET zone = 'Asia/Nowhere' WHERE handle = 's2';
SELECT t.act('office', 'registry', '{"changes":[{"set":"clock","to":"2022-04-08T17:31:00+08:00"}]}');
SELECT duban.raise(50);
SELECT cmp_ok((SELECT count(*) FROM duban.alert WHERE post = 'office' AND level = 1), '>', 0::bigint, 'a batch of fifty');
SELECT is((SELECT count(*) FROM duban.delivery_claim('a', '{}', 100, 60, 7, 'Asia/Shanghai')), 0::bigint, 'no mail yet: others of the instant are still to be raised');
CREATE TEMP TABLE before AS SELECT events, (SELECT max(last) FROM duban.alert_number WHERE kind = '催办') AS number FROM duban.log_lock;
SAVEPOINT lost;
SELECT duban.raise(200);
ROLLBACK TO lost;
SELECT is((SELECT ROW(events, (SELECT max(last) FROM duban.alert_number WHERE kind = '催办'))::text FROM duban.log_lock), (SELECT ROW(events, number)::text FROM before), 'a batch that was rolled back leaves no number');
DO $$ BEGIN WHILE (SELECT next_us FROM duban.raise(50)) <= 0 LOOP END LOOP; END $$;
SELECT is((SELECT count(*) FROM duban.alert a WHERE a.post = 'office' AND a.level = 1), 498::bigint, 'all are raised but who reported and what cannot be judged');
SELECT is((SELECT string_agg(task, ' ') FROM duban.put_off), 's2/1', 'which is put off, and says so');
SELECT is((SELECT count(*) || ' ' || max(substring(number FROM '〕(\d+)号')::int) FROM duban.alert WHERE number LIKE '催办%'),
          (SELECT 3 * 498 || ' ' || last FROM duban.alert_number WHERE kind = '催办'), 'printed numbers have no gap');
SELECT is((SELECT count(*) FROM duban.alert) + (SELECT count(*) FROM duban.closing), (SELECT events FROM duban.log_lock), 'nor have the events');
SELECT is((SELECT count(*) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE a.level = 1 AND (a.why !~ (c.unit || ' has not reported ' || c.task || ' for 2022Q1: it was due') OR a.post NOT IN ('office', c.unit || '-contact', c.unit || '-head'))),
          0::bigint, 'each says its own');
SELECT is((SELECT count(*) FROM duban.alert a JOIN duban."case" c USING ("case") JOIN duban.log_entry e ON e.index = a.entry
            WHERE a.level = 1 AND convert_from(e.entry, 'UTF8') !~ (E'\ntask ' || c.task || E'\nperiod 2022Q1\nunit ' || c.unit || E'\n.*\nalert ' || a.alert || ' ' || a.post || ' ' || a.number)),
          0::bigint, 'and so do the entries');
SELECT is((SELECT count(*) FROM duban.verdict v JOIN duban.log_entry e ON e.index = v.entry WHERE v.silence AND convert_from(e.entry, 'UTF8') !~ (E'kind missing\n.*\ntask ' || v.task || E'\n')), 0::bigint, 'verdicts too');
SELECT is((SELECT string_agg(channel || ' ' || (body::json -> 'count'), ', ') FROM duban.delivery_claim('a', '{}', 100, 60, 7, 'Asia/Shanghai') x (d, n, channel, k, target, lang, body)), 'mail 498', 'one mail for all of them');
SELECT is((SELECT count(*) FROM duban.missing_alerts) + (SELECT count(*) FROM duban.missing_verdicts WHERE task <> 's2/1'), 0::bigint, 'nothing is missing');
-- a new version of the ladder: running cases keep theirs
SELECT is(t.act('office', 'registry', '{"changes":[{"set":"ladder","code":"standard","name":"s","calendar":"cn","hold":5,"steps":[{"level":1,"after":0,"to":["office"]},{"level":2,"after":9,"to":["chief"]}]}]}') -> 0 ->> 'outcome', 'applied', 'the ladder is changed');
SELECT t.clock('2022-04-11T17:31:01+08:00');
SELECT t.settle();
SELECT is((SELECT count(*) || ' ' || string_agg(DISTINCT a.post, ' ') FROM duban.alert a WHERE a.level = 2), '498 leader-01', 'after one working day level 2 as it was, for cases that run');
-- what is put off is raised when it can be judged, by the ladder of that day
UPDATE duban.plan SET zone = 'Asia/Shanghai' WHERE handle = 's2';
UPDATE duban.agenda SET at = (SELECT duban.now()) WHERE task = 's2/1' AND period = '2022Q1';
SELECT t.settle();
SELECT is((SELECT string_agg(a.post || ' ' || a.level, ', ') FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.task = 's2/1' AND a.level > 0), 'office 1', 'a case that begins now follows the new one');
SELECT is((SELECT count(*) FROM duban.missing_alerts) + (SELECT count(*) FROM duban.missing_verdicts) + (SELECT count(*) FROM duban.put_off), 0::bigint, 'nothing is left');
SELECT * FROM finish();
ROLLBACK;
