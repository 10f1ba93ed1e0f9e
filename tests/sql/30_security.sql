-- Who sees and does what: readers by session_user, receivers by the setting, append alone writes.
BEGIN;
\i tests/sql/helpers.inc
SELECT plan(52);
SELECT t.genesis('2022-04-02T08:00:00+08:00');
SELECT t.registry(), t.plan();
SELECT t.act('office', 'registry', '{"changes":[{"set":"login","login":"t_u001","for":"u001"},{"set":"login","login":"t_u003","for":"u003"},
    {"set":"login","login":"t_contact","for":"u001-contact"},{"set":"login","login":"t_leader","for":"leader-01"},
    {"set":"login","login":"t_office","for":"office"},{"set":"login","login":"t_all","for":"*"}]}');
SELECT t.act('office', 'contact', '{"contacts":[{"post":"u001-contact","name":"甲","phone":"1"},{"post":"u002-contact","name":"乙","phone":"2"}]}');
SELECT t.settle();
SELECT t.one('u001', 'p1/1', '2022Q1'), t.one('u002', 'p1/3', '2022Q1');
SELECT t.clock('2022-04-08T17:31:00+08:00'), t.settle();
CREATE ROLE t_u001 LOGIN IN ROLE duban_reader;
CREATE ROLE t_u003 LOGIN IN ROLE duban_reader;
CREATE ROLE t_contact LOGIN IN ROLE duban_reader;
CREATE ROLE t_leader LOGIN IN ROLE duban_reader;
CREATE ROLE t_office LOGIN IN ROLE duban_reader;
CREATE ROLE t_all LOGIN IN ROLE duban_reader;
CREATE ROLE t_nobody LOGIN IN ROLE duban_reader;
CREATE ROLE t_auditor LOGIN IN ROLE duban_auditor;
CREATE SCHEMA own;
GRANT ALL ON SCHEMA own TO PUBLIC;
GRANT USAGE ON SCHEMA public, t TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC;
GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA pg_temp TO PUBLIC;
GRANT ALL ON ALL SEQUENCES IN SCHEMA pg_temp TO PUBLIC;

SET SESSION AUTHORIZATION t_u001;
SELECT is(ARRAY(SELECT x::text FROM (SELECT task FROM duban.v_ledger) q (x) ORDER BY 1), ARRAY['p1/1', 'p1/2', 'p1/4'], 'a unit sees the tasks in which it has a part');
SELECT is(ARRAY(SELECT x::text FROM (SELECT DISTINCT unit FROM duban.v_due) q (x) ORDER BY 1), ARRAY['u001'], 'and what is owed on them');
SELECT is(ARRAY(SELECT x::text FROM (SELECT task FROM duban.v_report) q (x) ORDER BY 1), ARRAY['p1/1'], 'and the reports on them');
SELECT is((SELECT text FROM duban.v_report), 'text of p1/1', 'with their texts');
SELECT is(duban.report_body((SELECT max(entry) FROM duban.report) + 1, 0::smallint), NULL, 'the text of a foreign report is not given by function either');
SELECT is(ARRAY(SELECT x::text FROM (SELECT post FROM duban.contact) q (x) ORDER BY 1), ARRAY['u001-contact'], 'telephone numbers of its own posts only');
SELECT throws_ok('SELECT * FROM duban.statement', '42501', NULL, 'no statements');
SELECT throws_ok('SELECT * FROM duban.log_entry', '42501', NULL, 'no raw entries');
SELECT throws_ok('SELECT * FROM duban.signing_key', '42501', NULL, 'no keys');
SELECT throws_ok('SELECT * FROM duban.registry_object', '42501', NULL, 'no registry bodies: they hold the whole plan');
SELECT throws_ok($$ INSERT INTO duban.verdict VALUES ('p1/2', '2022Q1', 'u001', false, 1, 1, now(), '', '') $$, '42501', NULL, 'a reader writes nothing');
SELECT throws_ok($$ UPDATE duban.task_state SET progress = 100 $$, '42501', NULL, 'nor changes');
SELECT throws_ok($$ SELECT duban.tasks_of('u002', '2022-04-02') $$, '42501', NULL, 'the inner function is not callable');
SELECT throws_ok($$ SELECT duban.receiver_tasks() $$, '42501', NULL, 'nor the receivers'' one');
SELECT throws_ok('SELECT * FROM duban.append_act(0, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL)', '42501', NULL, 'nor append');
SELECT throws_ok('SELECT * FROM duban.raise(1)', '42501', NULL, 'nor raise');
SELECT throws_ok('SELECT duban.genesis(NULL, NULL, NULL, NULL)', '42501', NULL, 'nor genesis');
SET LOCAL duban.client = '*';
SELECT is((SELECT count(*) FROM duban.v_ledger), 3::bigint, 'the receivers'' setting does not help a reader');
SET ROLE duban_reader;
SELECT is((SELECT count(*) FROM duban.v_ledger), 3::bigint, 'nor SET ROLE to the group: session_user counts');
RESET ROLE;
SELECT throws_ok('SET ROLE duban_auditor', '42501', NULL, 'nor to another group');
CREATE VIEW own.mine AS SELECT * FROM duban.task;
SELECT is((SELECT count(*) FROM own.mine), 3::bigint, 'nor a view of one''s own');
CREATE FUNCTION own.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE 'saw %', $1; RETURN true; END $$;
SELECT is((SELECT count(*) FROM duban.task WHERE own.leak(name)), 3::bigint, 'nor a cheap function in the condition');
CREATE FUNCTION own.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT '2000-01-01'::timestamptz $$;
SET search_path = own, duban, public, pg_catalog;
SELECT public.is((SELECT count(*) FROM duban.v_overdue), 1::bigint, 'nor a search_path with a false now()');
RESET search_path;
SET search_path = public, pg_catalog;
SET row_security = off;
SELECT throws_ok('SELECT count(*) FROM duban.task', '42501', NULL, 'row_security = off is an error, not a door');
SET row_security = on;
RESET SESSION AUTHORIZATION;

SET SESSION AUTHORIZATION t_contact;
SELECT is(ARRAY(SELECT x::text FROM (SELECT task FROM duban.v_ledger) q (x) ORDER BY 1), ARRAY['p1/1', 'p1/2', 'p1/4'], 'a contact reads as its unit');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_u003;
SELECT is(ARRAY(SELECT x::text FROM (SELECT task FROM duban.v_ledger) q (x) ORDER BY 1), ARRAY['p1/1', 'p1/5'], 'a member of a roster sees the roster''s tasks');
SELECT is_empty('SELECT * FROM duban.v_due WHERE unit = ''u003''', 'and owes nothing');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_leader;
SELECT is(ARRAY(SELECT x::text FROM (SELECT task FROM duban.v_ledger) q (x) ORDER BY 1), ARRAY['p1/1', 'p1/2', 'p1/5'], 'a leader sees the tasks supervised');
SELECT is((SELECT count(DISTINCT task) FROM duban.v_alert), 1::bigint, 'and their alerts');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_office;
SELECT is((SELECT count(*) FROM duban.v_ledger), 6::bigint, 'the office sees all');
SELECT is((SELECT count(*) FROM duban.contact), 2::bigint, 'with contacts');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_all;
SELECT is((SELECT count(*) FROM duban.v_unassigned), 2::bigint, '* sees all');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_nobody;
SELECT is_empty('SELECT * FROM duban.task', 'a login that the registry does not know sees nothing');
SELECT is_empty('SELECT * FROM duban.v_due', 'nothing at all');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION t_auditor;
SELECT isnt_empty('SELECT * FROM duban.statement', 'an auditor reads statements');
SELECT is((SELECT count(*) FROM duban.v_report), 2::bigint, 'and every report');
SELECT throws_ok($$ DELETE FROM duban.log_entry $$, '42501', NULL, 'and changes nothing');
SELECT is_empty('SELECT * FROM duban.orphans', 'orphans is for auditors');
RESET SESSION AUTHORIZATION;

RESET duban.client;
SET SESSION AUTHORIZATION duban_receiver;
SELECT is_empty('SELECT * FROM duban.task', 'a receiver without a client sees nothing');
SET LOCAL duban.client = 'u003';
SELECT is(ARRAY(SELECT x::text FROM (SELECT name FROM duban.task) q (x) ORDER BY 1), ARRAY['p1/1', 'p1/5'], 'with one, what the client sees');
SET LOCAL duban.client = '*';
SELECT is((SELECT count(*) FROM duban.task), 6::bigint, 'for an operator all');
SELECT throws_ok('UPDATE duban.log_lock SET clock_offset = ''1 day''', '42501', NULL, 'a receiver cannot move the clock');
SELECT throws_ok('SELECT 1 FROM duban.log_lock FOR UPDATE', '42501', NULL, 'nor take the log lock');
SELECT throws_ok($$ INSERT INTO duban.log_entry VALUES (999, '', '') $$, '42501', NULL, 'nor write the log past append');
SELECT throws_ok('SELECT * FROM duban.raise(1)', '42501', NULL, 'nor raise');
SELECT throws_ok('SELECT duban.genesis(NULL, NULL, NULL, NULL)', '42501', NULL, 'nor begin a log');
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION duban_alerter;
SELECT lives_ok('SELECT * FROM duban.raise(1)', 'the alerter raises');
SELECT throws_ok('SELECT * FROM duban.append_act(0, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL)', '42501', NULL, 'and appends nothing else');
SELECT throws_ok('DELETE FROM duban.agenda', '42501', NULL, 'nor touches its own agenda');
RESET SESSION AUTHORIZATION;
SELECT is_empty($$ SELECT c.relname, a.privilege_type FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
    JOIN pg_roles r ON r.oid = a.grantee WHERE c.relnamespace = 'duban'::regnamespace AND r.rolname = 'duban_append'
     AND c.relname IN ('log_entry', 'head', 'checkpoint', 'tile', 'statement', 'verdict', 'report', 'alert') AND a.privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE') $$,
    'append itself can never change or delete what is logged');
SELECT is_empty($$ SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'duban'::regnamespace AND (p.proacl IS NULL OR EXISTS (SELECT FROM aclexplode(p.proacl) a WHERE a.grantee = 0)) $$,
    'no function is open to everybody');
SELECT is_empty($$ SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'duban'::regnamespace AND c.relkind IN ('r', 'v') AND obj_description(c.oid, 'pg_class') IS NULL
    UNION ALL SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'duban'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL
    UNION ALL SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'duban'::regnamespace AND p.prosecdef AND NOT 'search_path=pg_catalog, pg_temp' = ANY (p.proconfig) $$,
    'everything is commented, every definer function pins its path');
SELECT * FROM finish();
ROLLBACK;
