-- Silences, blind periods, promises, and what explains them.
BEGIN;
\i tests/sql/helpers.inc
SELECT plan(60);
SELECT t.genesis('2022-04-02T08:00:00+08:00');
SELECT t.registry();
SELECT t.act('office', 'registry', '{"changes":[{"set":"ladder","code":"standard","name":"s","calendar":"cn","hold":5,"kinds":["report","completion","promise"],"silence_max":10,"steps":[
    {"level":0,"before":1,"time":"09:00","to":["contact"]},{"level":1,"after":0,"to":["contact","head","office"]},{"level":2,"after":1,"to":["leader"]},{"level":3,"after":3,"to":["chief"]}]}]}');
SELECT t.clock('2022-04-06T08:00:00+08:00');
SELECT t.plan();
SELECT t.settle();
CREATE FUNCTION t.silence(p_name text, p jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT (o -> 0 ->> 'outcome') || coalesce(' ' || (o -> 0 -> 'errors' -> 0 ->> 'code'), '')
      FROM (SELECT t.act(p_name, 'silence', jsonb_build_object('silences', jsonb_build_array('{"until":"2022-04-12","reason":"汛情"}'::jsonb || p))) AS o) x
$$;
CREATE FUNCTION t.levels(p_task text, p_period text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(DISTINCT a.level::text, ' ' ORDER BY a.level::text), '-') FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.task = p_task AND c.period = p_period
$$;
SELECT is(t.silence('office', '{"units":["nowhere"]}'), 'refused unknown', 'a silence names what exists');
SELECT is(t.silence('office', '{}'), 'refused empty', 'and names something');
SELECT is(t.silence('office', '{"units":["u001"],"until":"2022-04-30"}'), 'refused range', 'no longer than the ladder lets it');
SELECT is(t.silence('office', '{"units":["u001"],"until":"2022-04-01"}'), 'refused range', 'not into the past');
SELECT is(t.silence('leader-01', '{"units":["u001"]}'), 'refused not-allowed', 'a leader silences no unit');
SELECT is(t.silence('leader-01', '{"tasks":["p1/3"]}'), 'refused not-allowed', 'nor tasks of others');
SELECT is(t.silence('u001', '{"tasks":["p1/1"]}'), 'refused not-allowed', 'a unit silences nothing');
SELECT is(t.silence('leader-01', '{"tasks":["p1/1"],"until":"2022-04-10"}'), 'applied', 'a leader silences a task of their own');
SELECT is(t.silence('office', '{"units":["u002"]}'), 'applied', 'the office a unit');
SELECT t.clock('2022-04-07T09:00:00+08:00'), t.settle();
SELECT is(t.levels('p1/1', '2022Q1') || t.levels('p1/2', '2022Q1') || t.levels('p1/3', '2022Q1'), '-0-', 'no reminder under a silence');
SELECT t.clock('2022-04-08T17:31:00+08:00'), t.settle();
SELECT is((SELECT count(*) FROM duban.verdict WHERE silence), 4::bigint, 'verdicts do not wait');
SELECT is(t.levels('p1/1', '2022Q1') || t.levels('p1/2', '2022Q1') || t.levels('p1/3', '2022Q1'), '-0 1-', 'alerts do');
SELECT is((SELECT count(*) FROM duban.missing_alerts) + (SELECT count(*) FROM duban.missing_verdicts), 0::bigint, 'and nothing is missing');
SELECT is((SELECT x ->> 'reason' FROM duban.why_not('p1/1', '2022Q1') x), 'silenced', 'why not: a silence');
SELECT is((SELECT x ->> 'text' FROM duban.why_not('p1/1', '2022Q1') x), '汛情', 'with its reason');
SELECT t.clock('2022-04-10T00:00:01+08:00'), t.settle();
SELECT is((SELECT array_agg(post) FROM duban.alert WHERE kind = 'silence-ending' AND post = 'leader-01'), ARRAY['leader-01'], 'the author is reminded a day before the end');
SET LOCAL duban.client = 'leader-01';
SET LOCAL ROLE duban_receiver;
SELECT count(*) AS seen FROM duban.v_alert WHERE kind = 'silence-ending' AND post = 'leader-01' \gset
RESET ROLE;
SELECT is(:seen, 1, 'and sees that reminder, although it is of no task');
SET LOCAL duban.client = 'u001';
SET LOCAL ROLE duban_receiver;
SELECT count(*) AS seen FROM duban.v_alert WHERE kind = 'silence-ending' \gset
RESET ROLE;
RESET duban.client;
SELECT is(:seen, 0, 'others do not');
SELECT t.clock('2022-04-11T00:00:01+08:00'), t.settle();
SELECT is((SELECT array_agg(DISTINCT a.at) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.task = 'p1/1' AND a.level = 1), ARRAY['2022-04-11T00:00+08'::timestamptz], 'level 1 falls when it ends');
SELECT is((SELECT next_at FROM duban."case" WHERE task = 'p1/1' AND closed IS NULL AND period = '2022Q1'), '2022-04-12T00:00+08'::timestamptz, 'the next one keeps its distance');
SELECT is((SELECT duban.why_alert(min(alert))::jsonb -> 'moved' -> 0 ->> 'by' FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.task = 'p1/1' AND a.level = 1), 'silence', 'why tells the silence');
SELECT is((SELECT duban.why_alert(min(alert))::jsonb -> 'ladder' ->> 'planned' FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.task = 'p1/1' AND a.level = 1), '2022-04-08T09:31:00.000000Z', 'and the printed instant');
-- ended early
SELECT is(t.act('u001', 'silence', jsonb_build_object('ends', jsonb_build_array((SELECT silence FROM duban.v_silence WHERE author = 'office')))) -> 0 ->> 'outcome', 'refused', 'not by anybody');
SELECT is(t.act('office', 'silence', jsonb_build_object('ends', jsonb_build_array((SELECT replace(silence, '.', '.0') FROM duban.v_silence WHERE author = 'office')))) -> 0 ->> 'outcome', 'refused', 'a silence has one name');
SELECT is((SELECT count(*) FROM duban.v_silence WHERE author = 'office' AND lifted IS NOT NULL), 0::bigint, 'by another one nothing is ended');
SELECT is(t.act('office', 'silence', jsonb_build_object('ends', jsonb_build_array((SELECT silence FROM duban.v_silence WHERE author = 'office')))) -> 0 ->> 'outcome', 'ended', 'the office ends its own');
SELECT t.settle();
SELECT is(t.levels('p1/3', '2022Q1'), '1', 'what waited falls');
SELECT is((SELECT count(*) FROM duban.alert WHERE kind = 'silence-ending'), 1::bigint, 'no reminder of what was ended');
SELECT is((SELECT lasts FROM duban.v_silence WHERE author = 'office'), false, 'it lasts no more');
-- promises
SELECT is((SELECT count(*) FROM duban.promise), 0::bigint, 'nobody promised anything');
CREATE FUNCTION t.promise(p_name text, p_task text, p_period text, p_by text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE k duban.signing_key; payload bytea; r record;
BEGIN
    SELECT * INTO STRICT k FROM duban.signing_key x WHERE x.key = t.key(p_name);
    payload := convert_to((t.head(p_name, k.last_seq + 1) || jsonb_build_object('reports', jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('task', p_task, 'next_by', p_by)))))::text, 'UTF8');
    SELECT * INTO r FROM duban.append((SELECT registry FROM duban.log_lock), NULL, '{}', '{}',
        ARRAY[k.id], ARRAY[k.last_seq + 1], ARRAY[k.last_id], ARRAY[k.last_seq + 1], ARRAY[sha256(payload)],
        ARRAY[sha256(payload)], ARRAY[payload], ARRAY['\x00'::bytea], ARRAY[k.id], ARRAY[k.last_seq + 1], ARRAY[E'key x\n'],
        ARRAY[1], ARRAY[0]::smallint[], ARRAY[p_name], ARRAY[p_task], ARRAY[p_period], ARRAY[1]::smallint[], ARRAY[5]::smallint[], ARRAY[false], ARRAY[NULL]::text[],
        CASE WHEN p_by IS NULL THEN '{}' ELSE ARRAY[1] END, CASE WHEN p_by IS NULL THEN '{}' ELSE ARRAY[NULL]::text[] END,
        CASE WHEN p_by IS NULL THEN '{}' ELSE ARRAY[NULL]::text[] END);
    RETURN r.outcomes[1]::jsonb -> 0;
END $$;
SELECT is(t.promise('u001', 'p1/2', '2022Q1', '2022-04-13') ->> 'outcome', 'late', 'a late report with a promise');
SELECT is((SELECT kind || ' ' || period FROM duban.obligation WHERE task = 'p1/2' AND kind = 'promise'), (SELECT 'promise next!' || max(entry) || '.0' FROM duban.report WHERE task = 'p1/2'), 'owes the next one');
SELECT is((SELECT state FROM duban.v_due WHERE task = 'p1/2' AND kind = 'promise'), 'open', 'and it shows');
SELECT t.clock('2022-04-14T00:00:00+08:00'), t.settle();
SELECT is((SELECT array_agg(DISTINCT a.kind) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.period LIKE 'next!%' AND a.level = 1), ARRAY['promise-broken'], 'a broken promise is chased');
SELECT is(t.promise('u001', 'p1/2', '2022Q2', '2022-04-20') ->> 'outcome', 'on-time', 'the report comes, with another promise');
SELECT is((SELECT array_agg(verdict ORDER BY silence) FROM duban.verdict WHERE period LIKE 'next!%'), ARRAY[2, 3]::smallint[], 'late beside missing');
SELECT is((SELECT reason FROM duban."case" WHERE period LIKE 'next!%'), 'reported', 'its case is closed');
SELECT is(t.promise('u001', 'p1/2', '2022Q2', NULL) ->> 'outcome', 'correction', 'the next report');
SELECT is((SELECT count(*) FROM duban.verdict WHERE period LIKE 'next!%' AND verdict = 1), 1::bigint, 'keeps it in time');
SELECT is((SELECT count(*) FROM duban.promise WHERE kept IS NULL), 0::bigint, 'nothing is open');
SELECT is((SELECT expected FROM duban.v_unit_punctuality WHERE unit = 'u001' AND period = '2022Q2'), 2::bigint, 'promises are no reports of the plan');
-- blind periods
SELECT is((SELECT count(*) FROM duban.blind), 0::bigint, 'no outage yet');
SELECT t.one('u001', 'p1/1', '2022Q2');
SELECT t.clock('2022-07-07T17:00:00+08:00');
DO $$ BEGIN WHILE (SELECT pending FROM duban.materialise(1000)) > 0 LOOP END LOOP; END $$;
SELECT t.settle();
SELECT duban.awake(60000000, 600000000);
SELECT is((SELECT count(*) FROM duban.alive), 1::bigint, 'a sign of life');
UPDATE duban.alive SET at = clock_timestamp() - interval '1800 seconds';
SELECT t.clock('2022-07-07T17:35:00+08:00');
SELECT duban.awake(60000000, 600000000);
SELECT is((SELECT count(*) FROM duban.blind WHERE ended - began > interval '29 minutes' AND drained - ended = interval '10 minutes'), 1::bigint, 'half an hour was blind, then the outboxes empty');
SELECT is((SELECT substring(convert_from(entry, 'UTF8') FROM E'kind ([a-z]+)') FROM duban.log_entry WHERE index = (SELECT max(entry) FROM duban.blind)), 'blind', 'it is an entry');
SELECT t.settle();
SELECT is((SELECT count(*) FROM duban.verdict WHERE period = '2022Q2' AND silence), 0::bigint, 'nothing is declared missing yet');
SELECT is((SELECT x ->> 'reason' FROM duban.why_not('p1/3', '2022Q2') x), 'blind', 'why not: the outage');
SELECT is(t.one('u002', 'p1/3', '2022Q2') ->> 'outcome', 'late', 'what comes now is late by the clock');
SELECT is((SELECT blind FROM duban.v_verdict WHERE task = 'p1/3' AND period = '2022Q2'), true, 'and marked: nobody could have delivered');
SELECT is((SELECT late || ' ' || blind FROM duban.v_unit_punctuality WHERE unit = (SELECT accountable FROM duban.task WHERE name = 'p1/3') AND period = '2022Q2'), '1 1', 'and counted apart');
SELECT is((SELECT count(*) FROM duban.missing_alerts) + (SELECT count(*) FROM duban.missing_verdicts), 0::bigint, 'nothing is missing meanwhile');
SELECT t.clock('2022-07-07T17:50:00+08:00'), t.settle();
SELECT is((SELECT count(*) FROM duban.verdict WHERE period = '2022Q2' AND silence), 1::bigint, 'then who is still silent is missing');
SELECT is((SELECT count(DISTINCT bundle) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.period = '2022Q2' AND a.post = 'office' AND a.level = 1), 1::bigint, 'one bundle a post');
SELECT is((SELECT DISTINCT a.at FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.period = '2022Q2' AND a.level = 1), (SELECT drained FROM duban.blind), 'when the outboxes are empty');
SELECT is((SELECT duban.why_alert(min(alert))::jsonb -> 'moved' -> 0 ->> 'by' FROM duban.alert a JOIN duban."case" c USING ("case") WHERE c.period = '2022Q2' AND a.level = 1), 'blind', 'and why says so');
SELECT is((SELECT blind FROM duban.v_verdict WHERE task = 'p1/i1' AND period = '2022Q2'), false, 'silence has no excuse');
-- ladder test
SELECT is((SELECT array_agg(x ->> 'at') FROM duban.ladder_test('standard', NULL, '2022-04-08T17:30', 'p1/2') x), ARRAY['2022-04-07T01:00:00Z', '2022-04-08T09:31:00Z', '2022-04-11T09:31:00Z', '2022-04-13T09:31:00Z'], 'what a ladder would do');
SELECT is((SELECT x -> 'posts' FROM duban.ladder_test('standard', NULL, '2022-04-08T17:30', 'p1/2') x WHERE x ->> 'level' = '2'), '["leader-01"]'::jsonb, 'to whom');
SELECT is((SELECT count(*) FROM duban.ladder_test('none', NULL, '2022-04-08', NULL)), 0::bigint, 'an unknown ladder does nothing');
SELECT is((SELECT duban.tree_root(h.size, h.frontier) FROM duban.head h ORDER BY h.size DESC LIMIT 1), duban.tree_hash(0, (SELECT max(size) FROM duban.head)), 'one root');
SELECT * FROM finish();
ROLLBACK;
