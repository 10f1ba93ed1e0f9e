-- Places, verdicts, outcomes, entries of report statements.
BEGIN;
\i tests/sql/helpers.inc
SELECT plan(39);
SELECT t.genesis('2022-04-02T08:00:00+08:00');
SELECT is((SELECT count(*) FROM duban.log_entry), 1::bigint, 'genesis is entry 0');
SELECT ok(convert_from(entry, 'UTF8') LIKE E'duban-entry/v1\nkind genesis\nreceived 2022-04-02T00:00:0%Z\norigin test.example/pgtap/test\n%', 'and says origin and test time') FROM duban.log_entry;
SELECT throws_ok($$ SELECT t.genesis('2022-04-02T08:00:00+08:00') $$, 'DB006');
SELECT is((SELECT count(*) FROM jsonb_array_elements(t.registry()) o WHERE o ->> 'outcome' <> 'applied'), 0::bigint, 'the registry is applied');
SELECT is(t.registry() -> 0 ->> 'outcome', 'unchanged', 'the same again changes nothing');
SELECT t.clock('2022-04-02T09:00:00+08:00');
SELECT is(t.plan() -> 0 ->> 'outcome', 'registered', 'the plan is registered');
SELECT is(t.plan() -> 0 ->> 'outcome', 'unchanged', 'the same plan again changes nothing');
SELECT is((SELECT due FROM duban.plan_period WHERE period = '2022Q1'), '2022-04-08T17:30+08'::timestamptz, 'fifth working day of April 2022: 1, 2 (a worked Saturday), 6, 7, 8');
SELECT is((SELECT opens FROM duban.plan_period WHERE period = '2022Q2'), '2022-04-08T17:31+08'::timestamptz, 'Q2 opens when the cut-off of Q1 has passed');
SELECT t.settle();
SELECT is((SELECT count(*) FROM duban.obligation WHERE period = '2022Q1'), 4::bigint, 'tasks without a single lead owe nothing');
SELECT is((SELECT array_agg(task ORDER BY task) FROM duban.v_unassigned), ARRAY['p1/4', 'p1/5'], 'and are listed');
SELECT is((SELECT count(*) FROM duban.obligation WHERE period = '-'), 3::bigint, 'completion is owed by printed and inherited ends, not by continuous tasks');
SELECT is(t.one('u001', 'p1/1', '2022Q1') ->> 'outcome', 'on-time', 'the lead is on time');
SELECT is(t.one('u001', 'p1/1', '2022Q1') ->> 'outcome', 'correction', 'a second report is a correction');
SELECT is(t.one('u001', 'p1/1', '2022Q2') ->> 'outcome', 'not-owed', 'a period that is not open is not owed');
SELECT is(t.one('u002', 'p1/1', '2022Q1') ->> 'outcome', 'not-owed', 'a co-lead owes nothing');
SELECT is(t.one('u003', 'p1/1', '2022Q1') ->> 'outcome', 'not-owed', 'a participant by roster owes nothing');
SELECT is(t.one('u003', 'p1/2', '2022Q1') #>> '{errors,0,code}', 'not-assigned', 'a stranger is refused');
SELECT is(t.one('u001', 'p1/99', '2022Q1') #>> '{errors,0,code}', 'unknown', 'an unknown task is refused');
SELECT is(t.one('u001', 'p1/2', '2022Q3') #>> '{errors,0,field}', 'period', 'a period behind the end of the task is unknown');
SELECT is(t.one('u001', 'p1/2', '2022-03') ->> 'outcome', 'refused', 'a period of another cadence is unknown');
SELECT is(t.one('u001', 'p1/2', '2022Q1', 4) ->> 'completion', 'on-time', 'the first report done stops the clock of the task');
SELECT is(t.one('u001', 'p1/2', '2022Q1', 4) ->> 'completion', NULL, 'once');
SELECT is((SELECT array_agg(o ->> 'outcome') FROM jsonb_array_elements(t.report('u002', ARRAY[
    ('u002', 'p1/3', '2022Q1', 1, 101, '[{"field":"progress","code":"range","detail":"x"}]'), ('u002', 'p1/3', '2022Q1', 1, 10, NULL),
    ('u002', 'p1/3', '2022Q1', 1, 20, NULL), ('u002', 'p1/i1', '2022Q1', 1, 20, NULL)]::t.row[])) o),
    ARRAY['refused', 'on-time', 'correction', 'on-time'], 'each report has its own outcome');
SELECT is(t.measured('u002', 'p1/i1', '2022Q1', '增速', '万元') #>> '{0,errors,0,code}', 'unit-of-measure', 'a unit of measure that is not the target''s is refused');
SELECT is((SELECT array_agg(o ->> 'outcome') FROM jsonb_array_elements(t.measured('u002', 'p1/i1', '2022Q1', '增速', '%')) o), ARRAY['correction', 'correction'], 'the right one is not');
SELECT is((SELECT progress FROM duban.task_state WHERE task = 'p1/3'), 20::smallint, 'the newest text shows');
SELECT is((SELECT encode(sha256(convert_to(E'p1/1 2022Q1 on-time 2022-04-08T09:30:00Z quarterly@0 cn@0\n', 'UTF8')), 'hex')),
          (SELECT substring(convert_from(e.entry, 'UTF8') FROM 'outcomes-sha256 (.*)\n') FROM duban.log_entry e JOIN duban.verdict v ON v.entry = e.index WHERE v.task = 'p1/1'),
          'the entry commits to the outcome line');
SELECT throws_ok($$ SELECT * FROM duban.append((SELECT registry FROM duban.log_lock), NULL, '{}', '{}', ARRAY[(SELECT id FROM duban.signing_key WHERE code = 'u001')], ARRAY[99::bigint], ARRAY['\x00'::bytea], ARRAY[99::bigint], ARRAY['\x00'::bytea], '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}') $$, 'DB001');
SELECT throws_ok($$ SELECT * FROM duban.append(0, NULL, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}') $$, 'DB004');
SELECT throws_ok($$ SELECT * FROM duban.append((SELECT registry FROM duban.log_lock), clock_timestamp() - interval '6 minutes', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}') $$, 'DB003');
SELECT t.clock('2022-04-08T17:30:58+08:00');
SELECT is(t.one('u002', 'p1/i1', '2022Q1') ->> 'outcome', 'correction', 'still the same period');
SELECT t.clock('2022-04-08T17:31:00+08:00');
SELECT is(t.one('u001', 'p1/1', '2022Q2') ->> 'outcome', 'on-time', 'Q2 is open at the cut-off of Q1');
SELECT is((SELECT duban.tree_root(h.size, h.frontier) FROM duban.head h ORDER BY h.size DESC LIMIT 1), duban.tree_hash(0, (SELECT max(size) FROM duban.head)), 'frontier and leaves give one root');
SELECT is((SELECT bool_or(iat_flagged) FROM duban.v_report), NULL, 'a statement without a claim is not flagged');
UPDATE duban.statement SET payload = convert_to((convert_from(payload, 'UTF8')::jsonb || '{"iat":"2020-01-01T00:00:00Z"}')::text, 'UTF8')
 WHERE entry = (SELECT max(entry) FROM duban.report WHERE outcome = 1);
SELECT is((SELECT count(*) FROM duban.v_report WHERE iat_flagged), 1::bigint, 'a claim of years ago is flagged');
SELECT duban.log_migration('999_example', repeat('ab', 32));
SELECT ok(convert_from(entry, 'UTF8') LIKE E'duban-entry/v1\nkind migration\nreceived %Z\nname 999_example\nchecksum abab%ab\nregistry %\n', 'a migration after the log began is an entry') FROM duban.log_entry ORDER BY index DESC LIMIT 1;
SELECT is((SELECT count(*) FROM duban.orphans), 0::bigint, 'no orphans');
SELECT throws_ok($$ SELECT t.report('u003', array_fill(('u003', 'p1/none', '2022Q1', 1, 1, NULL)::t.row, ARRAY[1])) FROM generate_series(1, 101) $$, 'DB002');
SELECT * FROM finish();
ROLLBACK;
