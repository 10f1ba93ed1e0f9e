-- What runs out is an obligation of its owner: made, settled, taken back and chased; the ladder is its own.
BEGIN;
\i tests/sql/helpers.inc
SELECT plan(45);
SELECT t.genesis('2022-04-02T08:00:00+08:00');
SELECT t.registry();
CREATE FUNCTION t.set(p jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT t.act('office', 'registry', jsonb_build_object('changes', p)) $$;
CREATE FUNCTION t.until(p_name text, p_for text, p_until text, p_more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT t.set(jsonb_build_array(t.key_object(p_name, p_for, false) || jsonb_build_object('until', p_until) || p_more))
$$;
CREATE FUNCTION t.name(p_name text) RETURNS text LANGUAGE sql AS $$ SELECT 'key/' || encode(t.key(p_name), 'hex') $$;
CREATE FUNCTION t.client(p_hex text, p_for text, p_until text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT t.set(jsonb_build_array(jsonb_build_object('set', 'client', 'certificate', repeat(p_hex, 32), 'name', p_for, 'for', p_for, 'until', p_until)))
$$;
SELECT t.until('u001-a', 'u001', '2022-07-01T00:00:00+08:00');
SELECT is((SELECT count(*) FROM duban.credential), 0::bigint, 'without a ladder for it nothing is owed');
SELECT t.set('[{"set":"ladder","code":"credential","name":"c","calendar":"cn","hold":5,"kinds":["credential"],"renew":20,"steps":[
    {"level":0,"before":3,"time":"09:00","to":["owner"]},{"level":1,"after":0,"to":["owner","office"]},{"level":2,"after":2,"to":["chief"]}]}]');
SELECT is((SELECT array_agg(kind || ' ' || owner || ' ' || state ORDER BY kind) FROM duban.v_credential), ARRAY['calendar office later', 'key u001 later'], 'its first version reaches all that is registered');
SELECT is((SELECT due FROM duban.v_credential WHERE kind = 'key'), '2022-06-11T00:00:00+08'::timestamptz, 'twenty days before the end');
SELECT is((SELECT due FROM duban.v_credential WHERE kind = 'calendar'), '2023-12-12T00:00:00+08'::timestamptz, 'a calendar: before its last day');
SELECT is((SELECT opens FROM duban.v_credential WHERE kind = 'key'), '2022-05-22T00:00:00+08'::timestamptz, 'it opens as long before');
SELECT t.until('u002-a', 'u002', '2022-04-12T08:00:00+08:00');
SELECT ok((SELECT due BETWEEN '2022-04-07T07:59+08' AND '2022-04-07T08:00+08' FROM duban.v_credential WHERE owner = 'u002'), 'a short-lived one: at half of its time');
SELECT t.until('u003-a', 'u003', '2022-04-01T00:00:00+08:00');
SELECT is((SELECT count(*) FROM duban.credential WHERE owner = 'u003'), 0::bigint, 'what has run out already burdens nobody');
SELECT t.client('c1', 'leader-01', '2022-06-01T00:00:00+08:00'), t.client('c2', 'u001-contact', '2022-09-01T00:00:00+08:00');
SELECT is((SELECT array_agg(owner ORDER BY due) FROM duban.v_credential WHERE kind = 'client'), ARRAY['leader-01', 'u001'], 'a post above the units owns its own; others their unit');
SELECT t.settle();
-- nobody renews u002's
SELECT t.clock('2022-04-08T00:00:00+08:00'), t.settle();
SELECT is((SELECT array_agg(a.kind || ' ' || a.post ORDER BY a.post) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.unit = 'u002' AND c.task LIKE 'key/%' AND a.level = 1),
    ARRAY['expiring office', 'expiring u002-contact'], 'the owner and the office are told');
SELECT is((SELECT left(a.why, strpos(a.why, '2022-04-07') + 9) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.unit = 'u002' AND a.level = 1 AND a.post = 'office'),
    'u002 has not renewed its signing key ' || left(encode(t.key('u002-a'), 'hex'), 32) || ', which runs out: it was due 2022-04-07', 'in plain words');
SELECT is((SELECT verdict FROM duban.verdict WHERE task = t.name('u002-a') AND silence), 3::smallint, 'missing, as any silence');
SELECT is((SELECT state FROM duban.v_credential WHERE owner = 'u002'), 'overdue', 'overdue');
SELECT ok((SELECT data::jsonb ->> 'kind' = 'expiring' AND data::jsonb ->> 'period' = 'expires' FROM duban.stream_resume(NULL, 0, 1000) WHERE posts = '{u002-contact}' AND data::jsonb ->> 'level' = '1' LIMIT 1), 'it is on the stream');
SELECT is(t.act('u002', 'acknowledge', (SELECT jsonb_build_object('alerts', jsonb_build_array(a.alert)) FROM duban.alert a JOIN duban."case" c USING ("case")
    WHERE c.task = t.name('u002-a') AND a.post = 'u002-contact' AND a.level = 1)) #>> '{0,outcome}', 'acknowledged', 'and can be acknowledged');
SELECT t.clock('2022-04-20T00:00:00+08:00'), t.settle();
SELECT is((SELECT max(level) FROM duban."case" WHERE task = t.name('u002-a')), 2::smallint, 'it climbs its own ladder');
SELECT t.until('u002-b', 'u002', '2023-04-20T00:00:00+08:00');
SELECT is((SELECT state || ' ' || verdict FROM duban.v_credential WHERE credential = t.name('u002-a')), 'renewed late', 'a successor settles it, late');
SELECT is((SELECT reason FROM duban."case" WHERE task = t.name('u002-a')), 'renewed', 'and closes the case');
SELECT is((SELECT count(*) FROM duban.agenda WHERE task = t.name('u002-a')), 0::bigint, 'nobody looks at it any more');
SELECT is((SELECT state FROM duban.v_credential WHERE credential = t.name('u002-b')), 'later', 'the successor has an end of its own');
-- in time; too early; for somebody else
SELECT t.until('u001-b', 'u001', '2023-05-01T00:00:00+08:00');
SELECT is((SELECT state FROM duban.v_credential WHERE credential = t.name('u001-a')), 'later', 'a key registered before the time has come is a colleague''s');
SELECT t.clock('2022-05-23T00:00:00+08:00'), t.settle();
SELECT is((SELECT state FROM duban.v_credential WHERE credential = t.name('u001-a')), 'open', 'the time has come');
SELECT t.until('u001-a', 'u001', '2022-07-01T00:00:00+08:00');
SELECT t.until('u003-b', 'u003', '2023-05-01T00:00:00+08:00');
SELECT is((SELECT state FROM duban.v_credential WHERE credential = t.name('u001-a')), 'open', 'neither the same again nor another unit''s key renews it');
SELECT t.set(jsonb_build_array(t.key_object('u001-c', 'u001', true) || '{"until":"2024-01-01T00:00:00+08:00"}'));
SELECT is((SELECT state FROM duban.v_credential WHERE credential = t.name('u001-a')), 'open', 'nor an operator''s key a clerk''s');
SELECT t.until('u001-d', 'u001', '2023-06-01T00:00:00+08:00');
SELECT is((SELECT state || ' ' || verdict FROM duban.v_credential WHERE credential = t.name('u001-a')), 'renewed on-time', 'a successor in time');
SELECT is((SELECT count(*) FROM duban.v_credential WHERE owner = 'u001' AND kind = 'key' AND state = 'later'), 3::bigint, 'each of the others runs on');
SELECT is((SELECT count(*) FROM duban."case" WHERE task = t.name('u001-a') AND level > 0), 0::bigint, 'without an alert');
-- extended, shortened, revoked
SELECT t.until('u001-d', 'u001', '2023-12-01T00:00:00+08:00');
SELECT is((SELECT array_agg(state ORDER BY due) FROM duban.v_credential WHERE credential = t.name('u001-d')), ARRAY['renewed', 'later'], 'a later end of the same key renews it');
SELECT t.until('u001-d', 'u001', '2023-11-01T00:00:00+08:00');
SELECT is((SELECT array_agg(state ORDER BY opens) FROM duban.v_credential WHERE credential = t.name('u001-d') AND state <> 'renewed'), ARRAY['later', 'withdrawn'], 'an earlier end takes its place');
SELECT t.until('u001-d', 'u001', '2023-11-01T00:00:00+08:00', '{"revoked":"lost"}');
SELECT is((SELECT count(*) FROM duban.v_credential WHERE credential = t.name('u001-d') AND state = 'later'), 0::bigint, 'a revoked key does not run out any more');
SELECT is((SELECT count(*) FROM duban.obligation WHERE task = t.name('u001-d') AND NOT EXISTS (SELECT FROM duban.verdict v WHERE v.task = obligation.task AND v.period = obligation.period)), 0::bigint, 'nothing is owed for it');
-- a leader's certificate; the calendar
SELECT is((SELECT array_agg(DISTINCT a.post) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.unit = 'leader-01' AND a.level IN (0, 1)), ARRAY['leader-01', 'office'], 'a leader is told about his own');
SELECT t.client('c3', 'leader-01', '2023-06-01T00:00:00+08:00');
SELECT is((SELECT state FROM duban.v_credential WHERE credential = 'client/' || repeat('c1', 32)), 'renewed', 'a new certificate settles the old one');
SELECT t.set('[{"set":"calendar","code":"cn","name":"cn","source":"test","from":"2022-01-01","to":"2024-12-31","off":[],"work":[]}]');
SELECT is((SELECT array_agg(state || ' ' || expires::date ORDER BY expires) FROM duban.v_credential WHERE kind = 'calendar'), ARRAY['renewed 2023-12-31', 'later 2024-12-31'], 'the next year''s calendar settles the last one''s');
-- which of several is renewed, by what
CREATE FUNCTION t.state(p_name text) RETURNS text LANGUAGE sql AS $$ SELECT state FROM duban.v_credential WHERE credential = t.name(p_name) $$;
SELECT t.until('u003-e', 'u003', '2022-06-10T00:00:00+08:00'), t.until('u003-f', 'u003', '2022-06-08T00:00:00+08:00');
SELECT is(t.state('u003-e') || ' ' || t.state('u003-f'), 'open open', 'what ends sooner renews nothing');
SELECT t.client('c4', 'u003-contact', '2023-06-01T00:00:00+08:00');
SELECT is(t.state('u003-f'), 'open', 'nor does a certificate renew a key');
SELECT t.set('[{"set":"ladder","code":"credential","name":"d","calendar":"cn","hold":5,"kinds":["credential"],"renew":20,"steps":[
    {"level":1,"after":0,"to":["owner","office"]}]}]');
SELECT is(t.state('u003-e') || ' ' || t.state('u003-f'), 'open open', 'nor one that was there before, when the ladder changes');
SELECT t.until('u003-g', 'u003', '2023-06-01T00:00:00+08:00');
SELECT is(t.state('u003-e') || ' ' || t.state('u003-f'), 'open renewed', 'one successor renews one, that which ends first');
SELECT is((SELECT array_agg(task ORDER BY task) FROM duban.agenda WHERE unit = 'u003' AND task IN (t.name('u003-e'), t.name('u003-f'))), ARRAY[t.name('u003-e')], 'and nobody looks at it any more, though no alert fell');
SELECT t.client('c5', 'u002-contact', '2022-06-10T00:00:00+08:00'), t.client('c4', 'u002-contact', '2023-06-01T00:00:00+08:00');
SELECT is((SELECT array_agg(owner || ' ' || state ORDER BY owner) FROM duban.v_credential WHERE credential = 'client/' || repeat('c4', 32)), ARRAY['u002 later', 'u003 withdrawn'], 'what changes its owner is owed by the new one');
SELECT is((SELECT state FROM duban.v_credential WHERE credential = 'client/' || repeat('c5', 32)), 'open', 'and is no successor there');
SELECT duban.credential_end(c, c.from_entry, c.cutoff, 'renewed') FROM duban.credential c WHERE c.task = t.name('u003-e');
SELECT is((SELECT verdict FROM duban.v_credential WHERE credential = t.name('u003-e')), 'late', 'at the end of its minute it is late');
SELECT is((SELECT count(*) FROM duban.v_due WHERE kind = 'credential'), 0::bigint, 'the ledger of tasks is not burdened with it');
SELECT is((SELECT count(*) FROM duban.missing_alerts), 0::bigint, 'no alert is missing');
SELECT is((SELECT count(*) FROM duban.missing_verdicts), 0::bigint, 'no verdict is missing');
CREATE ROLE t_u001 LOGIN IN ROLE duban_reader;
SELECT t.set('[{"set":"login","login":"t_u001","for":"u001"}]');
GRANT USAGE ON SCHEMA public TO PUBLIC; GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA pg_temp TO PUBLIC; GRANT ALL ON ALL SEQUENCES IN SCHEMA pg_temp TO PUBLIC;
SET SESSION AUTHORIZATION t_u001;
SELECT is((SELECT array_agg(DISTINCT owner) FROM duban.v_credential), ARRAY['u001'], 'a unit sees its own');
RESET SESSION AUTHORIZATION;
SELECT * FROM finish();
ROLLBACK;
