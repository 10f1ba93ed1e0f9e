-- The past: what every view showed after each entry is what it shows as of that entry, for ever.
BEGIN;
\i tests/sql/helpers.inc
SELECT no_plan();
SELECT t.genesis('2022-04-02T08:00:00+08:00');

-- the live clock stands still at the newest entry while a picture is taken
CREATE OR REPLACE FUNCTION duban.now() RETURNS timestamptz LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(nullif(current_setting('t.now', true), '')::timestamptz, statement_timestamp() + l.clock_offset) FROM duban.log_lock l
$$;
CREATE TABLE t.picture (entry bigint, view text, rows bigint, digest text, PRIMARY KEY (entry, view));
CREATE FUNCTION t.digest(p_schema text, p_view text, OUT rows bigint, OUT digest text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SELECT count(*), md5(string_agg(x::text, E''\n'' ORDER BY x::text)) FROM %I.%I x', p_schema, p_view) INTO rows, digest;
END $$;
CREATE FUNCTION t.picture() RETURNS void LANGUAGE plpgsql AS $$
DECLARE last bigint := (SELECT max(index) FROM duban.log_entry);
BEGIN
    WHILE (SELECT pending FROM duban.materialise(1000)) > 0 LOOP END LOOP;
    PERFORM set_config('t.now', duban.received_of(last)::text, true);
    INSERT INTO t.picture SELECT last, c.relname, d.rows, d.digest FROM pg_class c CROSS JOIN LATERAL t.digest('duban', c.relname) d
     WHERE c.relnamespace = 'duban'::regnamespace AND c.relkind = 'v' ON CONFLICT DO NOTHING;
    PERFORM set_config('t.now', '', true);
END $$;
CREATE FUNCTION t.registry_set(p jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM t.act('office', 'registry', jsonb_build_object('changes', jsonb_build_array(p))), t.picture();
END $$;
CREATE FUNCTION t.said(p_unit text, p_task text, p_period text, p_status int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM t.one(p_unit, p_task, p_period, p_status), t.picture();
END $$;
-- any other statement; it must do something
CREATE FUNCTION t.does(p_name text, p_kind text, p_body jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE o jsonb := t.act(p_name, p_kind, p_body);
BEGIN
    IF EXISTS (SELECT FROM jsonb_array_elements(o) x WHERE x ->> 'outcome' = 'refused') THEN
        RAISE EXCEPTION '% of % is refused: %', p_kind, p_name, o;
    END IF;
    PERFORM t.picture();
    RETURN (SELECT max(index) FROM duban.log_entry);
END $$;
CREATE FUNCTION t.last(p_task text) RETURNS text LANGUAGE sql AS $$
    SELECT r.entry || '.' || r.ord FROM duban.report r WHERE r.task = p_task AND r.outcome IN (1, 2, 4, 6) ORDER BY r.entry DESC, r.ord DESC LIMIT 1
$$;
CREATE FUNCTION t.asked(p_task text) RETURNS text LANGUAGE sql AS $$
    SELECT object FROM duban.v_decision WHERE task = p_task AND decision = 'asked' ORDER BY entry DESC LIMIT 1
$$;
-- one alert after the other, so that there is a picture between them
CREATE FUNCTION t.until(p_to text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM t.clock(p_to), t.picture();
    WHILE (SELECT next_us FROM duban.raise(1)) <= 0 LOOP
        PERFORM t.picture();
    END LOOP;
    PERFORM t.picture();
END $$;

SELECT t.picture(), t.registry(), t.picture(), t.plan(), t.picture();
SELECT t.registry_set('{"set":"light","code":"a","name":"a","steps":[{"when":["previous = red"],"light":"yellow","zh":"上期红"},{"when":["behind > 20"],"light":"red","zh":"落后{behind}"},{"light":"green","zh":"平"}]}');
SELECT t.said('u001', 'p1/1', '2022Q1', 1), t.said('u001', 'p1/1', '2022Q1', 2), t.said('u002', 'p1/1', '2022Q1', 1), t.said('u001', 'p1/99', '2022Q1', 1);
SELECT t.act('office', 'contact', '{"contacts":[{"post":"u001-contact","name":"甲","phone":"1"},{"post":"u002-contact","name":"乙","phone":"2"}]}'), t.picture();
SELECT t.until('2022-04-08T17:31:00+08:00');
SELECT t.act('office', 'acknowledge', jsonb_build_object('alerts', (SELECT jsonb_agg(alert) FROM duban.alert WHERE post = 'office'))), t.picture();
SELECT t.registry_set('{"set":"unit","code":"u002","name":"改名","aliases":[{"name":"旧名","to":"2022-04-30"}]}');
SELECT t.registry_set('{"set":"roster","code":"g01","name":"各单位","of":"units","members":[{"code":"u002"},{"code":"u003","to":"2022-05-01"}]}');
SELECT t.registry_set('{"set":"post","code":"leader-01","name":"丙二","role":"leader","holders":[{"name":"丙"},{"name":"戊","from":"2022-06-01"}]}');
SELECT t.said('u002', 'p1/3', '2022Q1', 3), t.until('2022-04-12T18:00:00+08:00');
-- reviews, extensions, questions, amendments, closing, records, a plan that wants countersignatures
SELECT t.does('office', 'review', jsonb_build_object('reviews', jsonb_build_array(jsonb_build_object('report', t.last('p1/1'), 'decision', 'return', 'reason', '没有数据', 'due', '2022-04-20'))));
SELECT t.said('u001', 'p1/1', '2022Q1', 2);
SELECT t.does('office', 'review', jsonb_build_object('reviews', jsonb_build_array(jsonb_build_object('report', t.last('p1/1'), 'decision', 'accept'))));
SELECT t.does('office', 'review', jsonb_build_object('reviews', jsonb_build_array(jsonb_build_object('report', t.last('p1/3'), 'decision', 'return', 'reason', '空话'))));
SELECT t.does('u001', 'extension', '{"requests":[{"task":"p1/2","until":"2022-08-15","reason":"汛期","progress":40}]}');
SELECT t.does('office', 'extension', jsonb_build_object('decisions', jsonb_build_array(jsonb_build_object('request', t.asked('p1/2'), 'decision', 'grant', 'reason', '同意'))));
SELECT t.does('u001', 'extension', '{"requests":[{"task":"p1/2","until":"2022-09-15","reason":"又有汛期","progress":40}]}');
SELECT t.does('office', 'extension', jsonb_build_object('decisions', jsonb_build_array(jsonb_build_object('request', t.asked('p1/2'), 'decision', 'grant', 'reason', '同意'))));
SELECT t.does('u001', 'ask', '{"asks":[{"task":"p1/1","units":["u003","u002"],"due":"2022-04-25","text":"请报数据"}]}');
SELECT t.does('u002', 'answer', jsonb_build_object('answers', jsonb_build_array(jsonb_build_object('ask', (SELECT entry || '.' || ord FROM duban.ask WHERE asked = 'u002'), 'text', '三个'))));
SELECT t.does('office', 'plan', '{"amend":"p1","basis":"政办〔2022〕9号","from":"2022-04-12","changes":[{"change":"set","task":"3","leads":["u001"],"title":"改题"},
    {"change":"new","task":"6","kind":"task","text":"six","leads":["u002"],"leaders":["leader-01"],"deadline":"2022-12-31"}]}');
SELECT t.does('office', 'plan', '{"amend":"p1","basis":"政办〔2022〕10号","from":"2022-05-01","changes":[{"change":"withdraw","task":"6"}]}');
SELECT t.does('office', 'registry', jsonb_build_object('changes', jsonb_build_array(t.key_object('u001-head', 'u001-head', false), t.key_object('u002-head', 'u002-head', false))));
SELECT t.does('office', 'plan', '{"plan":{"handle":"p2","title":"副署","from":"2022-01-01","to":"2022-12-31","source_sha256":"01","countersign":true,"tasks":[
    {"task":"1","no":"1","kind":"task","text":"one of two","leads":["u001"],"leaders":["leader-01"]}]}}');
SELECT t.said('u001', 'p2/1', '2022Q2', 1), t.until('2022-04-22T18:00:00+08:00');
SELECT t.until('2022-05-02T09:00:00+08:00');
-- the rule changes: the periods that are not open get other instants
SELECT t.registry_set('{"set":"rule","code":"quarterly","name":"q2","cadence":"quarterly","of":"next","working_day":8,"time":"12:00","shift":"none","calendar":"cn","zone":"Asia/Shanghai"}');
SELECT t.registry_set('{"set":"ladder","code":"standard","name":"s2","calendar":"cn","hold":2,"steps":[{"level":0,"before":2,"time":"10:00","to":["contact"]},{"level":1,"after":0,"to":["contact","office"]},{"level":2,"after":2,"to":["leader"]}]}');
SELECT t.registry_set('{"set":"light","code":"a","name":"a2","steps":[{"when":["overdue > 0"],"light":"red","zh":"逾期"},{"light":"green","zh":"平"}]}');
SELECT t.until('2022-06-30T10:00:00+08:00'), t.said('u001', 'p1/2', '2022Q2', 4), t.until('2022-07-01T10:00:00+08:00');
SELECT t.said('u001', 'p1/1', '2022Q2', 1), t.registry_set('{"set":"unit","code":"u001","name":"另名"}');
SELECT t.until('2022-07-18T18:00:00+08:00');
SELECT t.act('leader-01', 'acknowledge', jsonb_build_object('alerts', (SELECT jsonb_agg(alert) FROM duban.alert WHERE post = 'leader-01'))), t.picture();
SELECT t.said('u001', 'p2/1', '2022Q2', 1);
SELECT t.does('u001-head', 'countersign', jsonb_build_object('reports', jsonb_build_array(t.last('p2/1'))));
SELECT t.does('u001', 'closure', '{"requests":[{"task":"p1/2","text":"已办结","evidence":[{"name":"a.pdf","size":1,"sha256":"0000000000000000000000000000000000000000000000000000000000000000"}]}]}');
SELECT t.does('office', 'closure', jsonb_build_object('decisions', jsonb_build_array(jsonb_build_object('request', t.asked('p1/2'), 'decision', 'grant', 'reason', '属实'))));
SELECT t.until('2022-07-25T10:00:00+08:00'), t.said('u001', 'p1/3', '2022Q2', 2)
, t.picture();
SELECT t.does('office', 'closure', '{"decisions":[{"task":"p1/2","decision":"reopen","reason":"反弹"}]}');
SELECT t.until('2023-02-01T10:00:00+08:00');

SELECT cmp_ok((SELECT count(DISTINCT entry) FROM t.picture), '>', 60::bigint, 'a history with pictures after its entries');
SELECT cmp_ok((SELECT count(*) FROM (SELECT view FROM t.picture GROUP BY view HAVING count(DISTINCT digest) > 1) x), '>', 7::bigint, 'in which the views change');
SELECT is_empty($$ SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'duban'::regnamespace AND c.relkind = 'v'
    AND to_regclass(format('duban_asof.%I', c.relname)) IS NULL $$, 'every view has its past');
CREATE FUNCTION t.past() RETURNS TABLE (entry bigint, view text, was bigint, is bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE p t.picture; d record;
BEGIN
    FOR p IN SELECT * FROM t.picture ORDER BY 1, 2 LOOP
        PERFORM set_config('duban.as_of', p.entry::text, true);
        d := t.digest('duban_asof', p.view);
        IF d.digest IS DISTINCT FROM p.digest THEN
            RETURN QUERY SELECT p.entry, p.view, p.rows, d.rows;
        END IF;
    END LOOP;
END $$;
SELECT is_empty('SELECT * FROM t.past()', 'each view as of each entry shows what it showed then');

-- an instant between two entries: the log as it stood, the clock at the instant
SET LOCAL duban.as_of = '2022-04-08T17:30:59+08:00';
SELECT is((SELECT count(*) FROM duban_asof.v_overdue), 0::bigint, 'a second before the cut-off nothing is overdue');
SELECT is(duban.as_of_now(), '2022-04-08T17:30:59+08:00'::timestamptz, 'the clock stands at the instant');
SET LOCAL duban.as_of = '2022-04-08T17:31:00+08:00';
SELECT cmp_ok((SELECT count(*) FROM duban_asof.v_overdue), '>', 0::bigint, 'at the cut-off it is, whatever was written when');
SELECT is(duban.received_of(duban.as_of_entry()) <= duban.as_of_now() AND duban.received_of(duban.as_of_entry() + 1) > duban.as_of_now(), true, 'the entry is the last one by then');
SET LOCAL duban.as_of = '2022-05-01T00:00:00+08:00';
SELECT is((SELECT name FROM duban_asof.unit WHERE code = 'u001'), '单位u001', 'names are those of the time');
SELECT is((SELECT name FROM duban_asof.unit WHERE code = 'u002'), '改名', 'also a new one');
SET LOCAL duban.as_of = '';
SELECT throws_ok('SELECT * FROM duban_asof.v_due', '22023', NULL, 'without duban.as_of there is no answer');
SET LOCAL duban.as_of = '999999';
SELECT throws_ok('SELECT * FROM duban_asof.v_due', '22023', NULL, 'nor for an entry that does not exist');
SET LOCAL duban.as_of = '2020-01-01T00:00:00Z';
SELECT throws_ok('SELECT * FROM duban_asof.v_due', '22023', NULL, 'nor before the log began');
SET LOCAL duban.as_of = '2999-01-01T00:00:00Z';
SELECT throws_ok('SELECT * FROM duban_asof.v_due', '22023', NULL, 'nor in the future');
SET LOCAL duban.as_of = 'yesterday evening';
SELECT throws_ok('SELECT * FROM duban_asof.v_due', '22007', NULL, 'nor for words');

-- the rights are today's
SELECT t.act('office', 'registry', '{"changes":[{"set":"login","login":"t_u002","for":"u002"}]}');
CREATE ROLE t_u002 LOGIN IN ROLE duban_reader;
CREATE ROLE t_nobody LOGIN IN ROLE duban_reader;
GRANT USAGE ON SCHEMA public, t TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA public, pg_temp TO PUBLIC;
GRANT ALL ON ALL SEQUENCES IN SCHEMA public, pg_temp TO PUBLIC;
SET LOCAL duban.as_of = '20';
SET SESSION AUTHORIZATION t_u002;
SELECT is(ARRAY(SELECT task FROM duban_asof.v_ledger ORDER BY 1), ARRAY['p1/1', 'p1/5', 'p1/i1'], 'a unit sees the past of its tasks');
SELECT throws_ok('SELECT * FROM duban_asof.statement', '42501', NULL, 'and no statements');
SELECT is_empty('SELECT * FROM duban.case_past WHERE task = ''p1/2''', 'nor older versions of what is not its own');
SELECT isnt_empty('SELECT * FROM duban.case_past', 'older versions of its own, yes');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_nobody;
SELECT is_empty('SELECT * FROM duban_asof.v_ledger', 'who sees nothing now sees nothing of the past');
RESET SESSION AUTHORIZATION;

-- what does not say how it stands in time is refused
CREATE TABLE duban.t_timeless (a int);
SELECT throws_like('SELECT duban.asof_build()', '%t_timeless has no place in time%', 'a table without a place in time');
DROP TABLE duban.t_timeless;
CREATE TABLE duban.t_changing (entry bigint, a int);
GRANT UPDATE ON duban.t_changing TO duban_append;
SELECT throws_like('SELECT duban.asof_build()', '%t_changing has no place in time%', 'a table that changes and does not keep its versions');
ALTER TABLE duban.t_changing ADD COLUMN from_entry bigint NOT NULL DEFAULT duban.entry_now();
SELECT lives_ok('SELECT duban.asof_build()', 'with them it is taken in');
INSERT INTO duban.t_changing (entry, a) VALUES (1, 1);
SELECT duban.entry_begin(duban.entry_now() + 5, now());
UPDATE duban.t_changing SET a = 2;
UPDATE duban.t_changing SET a = 3;
SELECT is(ARRAY(SELECT a FROM duban.t_changing_past), ARRAY[1], 'an older version is kept once an entry');
SELECT is(ARRAY(SELECT a FROM duban.t_changing WHERE from_entry = duban.entry_now()), ARRAY[3], 'the new one knows its entry');
SELECT duban.entry_end();
SELECT * FROM finish();
ROLLBACK;
