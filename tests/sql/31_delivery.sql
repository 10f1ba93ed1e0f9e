-- Delivery in the database: what is owed, claimed, recorded; fallback, withdrawal, dead letters, stuck_deliveries.
BEGIN;
\i tests/sql/helpers.inc
SELECT plan(60);
SELECT t.genesis('2022-04-02T08:00:00+08:00');
SELECT t.registry();
CREATE FUNCTION t.claim(p_by text DEFAULT 'a', p_busy text[] DEFAULT '{}', p_each int DEFAULT 100) RETURNS SETOF record LANGUAGE sql AS $$
    SELECT * FROM duban.delivery_claim(p_by, p_busy, p_each, 60, 7, 'Asia/Shanghai')
$$;
CREATE TEMP TABLE got (delivery text, attempt int, channel text, kind text, target text, lang text, body text);
CREATE FUNCTION t.take(p_by text DEFAULT 'a') RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM got;
    INSERT INTO got SELECT * FROM duban.delivery_claim(p_by, '{}', 100, 60, 7, 'Asia/Shanghai');
    RETURN (SELECT count(*) FROM got);
END $$;
GRANT ALL ON got TO public;
-- registry
SELECT is(t.act('office', 'registry', '{"changes":[{"set":"channel","code":"sms","name":"短信","kind":"spool","detail":"count"},
    {"set":"channel","code":"mail","name":"邮件","kind":"mail","detail":"full","fallback":"sms"},
    {"set":"channel","code":"hook","name":"平台","kind":"webhook","url":"https://10.1.2.3/in","detail":"titles","fallback":"sms","fallback_after":60}]}') -> 2 ->> 'outcome', 'applied', 'channels are registered');
SELECT is(t.act('office', 'registry', '{"changes":[{"set":"channel","code":"stream","name":"x","kind":"spool"}]}') -> 0 -> 'errors' -> 0 ->> 'code', 'taken', 'stream is no channel of the registry');
SELECT is(t.act('office', 'registry', '{"changes":[{"set":"channel","code":"x","name":"x","kind":"spool","fallback":"y"}]}') -> 0 -> 'errors' -> 0 ->> 'code', 'unknown', 'a stand-in must exist');
SELECT is(t.act('office', 'registry', '{"changes":[{"set":"channel","code":"sms","name":"x","kind":"mail"}]}') -> 0 -> 'errors' -> 0 ->> 'code', 'changed', 'a channel keeps its kind');
SELECT is(t.act('office', 'registry', '{"changes":[{"set":"post","code":"office","name":"督查室","role":"office","holders":[{"name":"甲"}],"channels":["nix"]}]}') -> 0 -> 'errors' -> 0 ->> 'code', 'unknown', 'a post names channels that exist');
SELECT is(t.act('office', 'registry', '{"changes":[{"set":"post","code":"office","name":"督查室","role":"office","holders":[{"name":"甲"}],"channels":["mail","hook","stream"],"lang":"en"}]}') -> 0 ->> 'outcome', 'applied', 'the office gets mail and a webhook');
SELECT is((SELECT count(*) FROM duban.post_channel), 3::bigint, 'in order');
SELECT t.act('office', 'contact', '{"contacts":[{"post":"office","name":"甲","mail":"office@example.org","phone":"1"},{"post":"u001-contact","name":"乙","phone":"2"}]}');
SELECT t.clock('2022-04-07T10:00:00+08:00');
SELECT t.plan();
SELECT t.settle();
SELECT is((SELECT count(*) FROM duban.delivery), 0::bigint, 'nothing is owed before an alert');
-- batches of 2: one message all the same
SELECT t.clock('2022-04-08T17:31:00+08:00');
DO $$ BEGIN WHILE (SELECT pending FROM duban.materialise(1000)) > 0 LOOP END LOOP; END $$;
SELECT duban.raise(2);
SELECT is((SELECT count(*) FROM duban.delivery), 2::bigint, 'owed in the transaction that raises');
SELECT is(t.take(), 0::bigint, 'but a bundle that is not whole waits');
SELECT is((SELECT count(*) FROM duban.delivery WHERE last_alert IS NULL), 2::bigint, 'and stays open');
SELECT t.settle();
SELECT is((SELECT count(*) FROM duban.delivery), 2::bigint, 'what is raised later joins it');
SELECT is((SELECT count(DISTINCT bundle) FROM duban.alert WHERE post = 'office'), 1::bigint, 'the office is owed one bundle');
SELECT is(t.take(), 2::bigint, 'whole: it is taken once for each channel');
SELECT is((SELECT body::json ->> 'count' FROM got WHERE channel = 'mail'), (SELECT count(*)::text FROM duban.alert WHERE post = 'office'), 'with every alert of the post');
SELECT is((SELECT target FROM got WHERE channel = 'mail'), 'office@example.org', 'to the address of the contact statement');
SELECT is((SELECT lang FROM got WHERE channel = 'mail'), 'en', 'in the language of the post');
SELECT ok((SELECT body::json -> 'alerts' -> 0 ->> 'why' IS NOT NULL FROM got WHERE channel = 'mail'), 'full tells why');
SELECT ok((SELECT body::json -> 'alerts' -> 0 ->> 'why' IS NULL AND body::json -> 'alerts' -> 0 ->> 'title' IS NOT NULL FROM got WHERE channel = 'hook'), 'titles does not');
SELECT is((SELECT count(*) FROM t.claim('b') x (a text, b int, c text, d text, e text, f text, g text)), 0::bigint, 'nobody else gets what is under lease');
-- recording
SELECT duban.delivery_record(g.delivery, 1, 'a', 'sent', 'sent', NULL, NULL, 5) FROM got g WHERE channel = 'mail';
SELECT is((SELECT state FROM duban.delivery WHERE channel = 'mail'), 'sent', 'sent is the end');
SELECT duban.delivery_record(g.delivery, 1, 'a', 'sent', 'sent', NULL, NULL, 5) FROM got g WHERE channel = 'mail';
SELECT is((SELECT count(*) FROM duban.delivery_attempt), 1::bigint, 'recording again is harmless');
SELECT duban.delivery_record(g.delivery, 1, 'a', 'retry', 'http-429', NULL, 600, 5) FROM got g WHERE channel = 'hook';
SELECT ok((SELECT next_at >= duban.now() + interval '9 minutes' AND state = 'waiting' FROM duban.delivery WHERE channel = 'hook'), 'Retry-After is honoured');
SELECT is((SELECT count(*) FROM duban.delivery WHERE channel = 'sms'), 0::bigint, 'no stand-in after one failure');
SELECT is(t.take(), 0::bigint, 'not before its time');
SELECT t.clock('2022-04-08T18:40:00+08:00');
SELECT is(t.take(), 1::bigint, 'then again');
SELECT is((SELECT attempt FROM got), 2, 'as the second attempt');
SELECT is((SELECT delivery FROM got), (SELECT delivery FROM duban.delivery_attempt WHERE reason = 'http-429'), 'under the same id');
SELECT is((SELECT array_agg(why) FROM duban.stuck_deliveries), ARRAY['failing'], 'an hour of failing shows');
SELECT duban.delivery_record(g.delivery, 1, 'b', 'dead', 'http-410', NULL, NULL, 5) FROM got g;
SELECT is((SELECT state FROM duban.delivery WHERE channel = 'hook'), 'waiting', 'an older attempt''s failure decides nothing');
SELECT duban.delivery_record(g.delivery, 2, 'a', 'retry', 'timeout', NULL, NULL, 5) FROM got g;
SELECT is((SELECT count(*) FROM duban.delivery WHERE channel = 'sms' AND fallback_of IS NOT NULL), 1::bigint, 'after its time the stand-in is called');
SELECT is(t.take(), 1::bigint, 'and gets it');
SELECT is((SELECT body::json ->> 'count' || ' ' || (body::json -> 'alerts')::text FROM got), (SELECT count(*)::text || ' []' FROM duban.alert WHERE post = 'office'), 'as a count only');
SELECT duban.delivery_record(g.delivery, 1, 'a', 'sent', 'spooled', NULL, NULL, 5) FROM got g;
SELECT is((SELECT count(*) FROM duban.stuck_deliveries), 0::bigint, 'what came through the stand-in is not stuck');
-- what is over is not sent
SELECT t.one('u001', task, '2022Q1') FROM (SELECT DISTINCT c.task FROM duban."case" c WHERE c.unit = 'u001' AND c.period = '2022Q1') x;
SELECT t.one('u002', task, '2022Q1') FROM (SELECT DISTINCT c.task FROM duban."case" c WHERE c.unit = 'u002' AND c.period = '2022Q1') x;
SELECT t.clock('2022-04-08T20:00:00+08:00');
SELECT is(t.take(), 0::bigint, 'nothing is sent about closed cases');
SELECT is((SELECT state || ' ' || reason FROM duban.delivery WHERE channel = 'hook'), 'withdrawn over', 'it is withdrawn');
-- who was told is told once that it is over
UPDATE duban.post SET quiet_from = '19:00', quiet_to = '08:00' WHERE code = 'office';
SELECT is(duban.delivery_sweep(), 2, 'those who were told are owed a word: by mail, and by the stand-in');
SELECT is((SELECT array_agg(DISTINCT next_at) FROM duban.delivery WHERE bundle LIKE 'C-%'), ARRAY['2022-04-09T08:00+08'::timestamptz], 'not in quiet hours');
UPDATE duban.post SET quiet_from = NULL, quiet_to = NULL WHERE code = 'office';
UPDATE duban.delivery SET next_at = duban.now() WHERE bundle LIKE 'C-%';
SELECT t.take();
SELECT is((SELECT string_agg(channel || ' ' || (body::json ->> 'kind') || ' ' || (body::json ->> 'count'), ', ' ORDER BY channel) FROM got),
          (SELECT format('mail closed %s, sms closed %s', n, n) FROM (SELECT count(DISTINCT c."case") AS n FROM duban."case" c JOIN duban.alert a USING ("case") WHERE a.post = 'office' AND a.level > 0 AND c.closed IS NOT NULL) x), 'one message for all of them');
SELECT duban.delivery_record(g.delivery, 1, 'a', 'sent', 'sent', NULL, NULL, 5) FROM got g;
SELECT t.clock('2022-04-08T21:00:00+08:00');
SELECT is(duban.delivery_sweep(), 0, 'once');
SELECT is((SELECT count(*) FROM duban.stuck_deliveries), 0::bigint, 'nothing is stuck');
-- test alerts, dead letters, a new address
SELECT is(t.act('office', 'test', '{"posts":["u001-contact","nobody"]}') -> 1 ->> 'outcome', 'refused', 'a test to an unknown post is refused');
SELECT is((SELECT kind || ' ' || number FROM duban.alert WHERE post = 'u001-contact' AND kind = 'test'), 'test 测试〔2022〕1号', 'the other one is numbered');
SELECT is((SELECT count(*) FROM duban.stream_resume(NULL, (SELECT events - 1 FROM duban.log_lock), 10) s WHERE s.data IS NOT NULL), 1::bigint, 'and stands on the stream');
SELECT throws_ok($$SELECT t.act('u001', 'test', '{"posts":["office"]}')$$, 'DB005', NULL, 'only an operator may test');
SELECT t.act('office', 'registry', '{"changes":[{"set":"post","code":"u001-contact","name":"x","role":"contact","unit":"u001","holders":[{"name":"乙"}],"channels":["mail"]}]}');
SELECT is((SELECT count(*) FROM duban.stuck_deliveries), 0::bigint, 'a new channel is not owed what was raised before');
SELECT t.act('office', 'test', '{"posts":["u001-contact"]}');
SELECT t.take();
SELECT is((SELECT state || ' ' || reason FROM duban.delivery WHERE bundle LIKE 'T-%' AND channel = 'mail'), 'dead no-address', 'without an address it is a dead letter');
SELECT is((SELECT why FROM duban.stuck_deliveries), 'dead', 'which shows');
SELECT t.act('office', 'contact', '{"contacts":[{"post":"u001-contact","name":"乙","mail":"b@example.org"}]}');
SELECT duban.delivery_sweep();
SELECT is((SELECT state FROM duban.delivery WHERE bundle LIKE 'T-%' AND channel = 'mail'), 'waiting', 'a new address opens it again');
SELECT t.clock('2022-04-16T20:00:00+08:00');
SELECT t.take();
SELECT is((SELECT state || ' ' || reason FROM duban.delivery WHERE bundle LIKE 'T-%' AND channel = 'mail'), 'dead expired', 'not for ever');
SELECT is(duban.delivery_retry('nope'), false, 'no such message');
SELECT is((SELECT array_agg(duban.delivery_retry(delivery)) FROM duban.delivery WHERE bundle LIKE 'T-%' AND channel = 'mail'), ARRAY[true], 'a dead one may be tried again');
SELECT is((SELECT state || ' ' || (next_at <= duban.now()) FROM duban.delivery WHERE bundle LIKE 'T-%' AND channel = 'mail'), 'waiting true', '… at once');
UPDATE duban.delivery SET state = 'dead' WHERE bundle LIKE 'T-%' AND channel = 'mail';
-- who may see that: the post, and no address for anybody who reads
SELECT set_config('duban.client', 'u001', true);
SET ROLE duban_receiver;
SELECT is((SELECT count(*) FROM duban.v_alert WHERE kind = 'test'), 2::bigint, 'the unit sees the tests of its contact');
SELECT isnt((SELECT count(*) FROM duban.v_delivery), 0::bigint, 'and what became of them');
SELECT throws_ok('SELECT target FROM duban.delivery', '42501', NULL, 'but no address');
RESET ROLE;
SELECT set_config('duban.client', 'u002', true);
SET ROLE duban_receiver;
SELECT is((SELECT count(*) FROM duban.v_alert WHERE kind = 'test'), 0::bigint, 'another unit sees none');
RESET ROLE;
SELECT ok(NOT has_column_privilege('duban_reader', 'duban.delivery', 'target', 'SELECT'), 'readers see no address either');
-- appended alerts become a part of their own; the planner waits for nobody
UPDATE duban.delivery SET last_alert = first_alert WHERE last_alert IS NULL;
SELECT t.clock('2022-07-08T17:31:00+08:00');
DO $$ BEGIN WHILE (SELECT pending FROM duban.materialise(1000)) > 0 LOOP END LOOP; END $$;
SELECT t.settle();
SELECT t.take();
INSERT INTO duban.alert SELECT (SELECT events FROM duban.log_lock) + 1, 'x', bundle, kind, "case", 9, 9, post, at, raised, entry, why
  FROM duban.alert WHERE post = 'office' AND alert IN (SELECT first_alert FROM duban.delivery) ORDER BY alert DESC LIMIT 1;
SELECT duban.delivery_plan((SELECT events FROM duban.log_lock), (SELECT events FROM duban.log_lock) + 1, duban.now());
SELECT is((SELECT count(*) FROM duban.delivery d WHERE d.channel = 'mail' AND d.bundle = (SELECT bundle FROM duban.alert ORDER BY alert DESC LIMIT 1)), 2::bigint, 'a late alert of a bundle that is on its way follows it');
DELETE FROM got;
INSERT INTO got SELECT * FROM duban.delivery_claim('a', '{}', 100, 60, 7, 'Asia/Shanghai');
SELECT is((SELECT body::json ->> 'follows' FROM got WHERE channel = 'mail' AND body::json ->> 'count' = '1'),
          (SELECT d.delivery FROM duban.delivery d WHERE d.channel = 'mail' AND d.bundle = (SELECT bundle FROM duban.alert ORDER BY alert DESC LIMIT 1) ORDER BY first_alert LIMIT 1), 'in the same thread');
SELECT * FROM finish();
ROLLBACK;
