-- Values against target, baseline and time; values that fall; early warnings.
BEGIN;
\i tests/sql/helpers.inc
SELECT plan(46);
SELECT t.genesis('2022-04-02T08:00:00+08:00');
SELECT t.registry();
SELECT t.clock('2022-04-02T09:00:00+08:00');
SELECT t.act('office', 'plan', '{"plan":{"handle":"p1","title":"计划","from":"2022-01-01","to":"2022-12-31","source_sha256":"00","tasks":[
    {"task":"1","kind":"task","text":"one","leads":["u001"],"units":["u003"],"leaders":["leader-01"],
     "targets":[{"name":"项目","op":">=","value":"100","unit":"个","cumulative":true},{"name":"城镇化率","op":">=","value":"65","unit":"%","baseline":"60"},
                {"name":"能耗","op":"<=","value":"50"},{"name":"投资","op":">=","value":"80","unit":"亿元","baseline":"20","curve":[{"period":"2022Q1","value":"26"},{"period":"2022Q2","value":"50"},{"period":"2022Q4","value":"80"}]}]},
    {"task":"2","kind":"task","text":"two","leads":["u002"],"leaders":["g02"]}]}}');
SELECT t.settle();
-- one report with values, and whatever else the body holds; the receiver marks it
CREATE FUNCTION t.full(p_name text, p_task text, p_period text, p_body jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE k duban.signing_key; payload bytea; r record;
BEGIN
    SELECT * INTO STRICT k FROM duban.signing_key x WHERE x.key = t.key(p_name);
    payload := convert_to((t.head(p_name, k.last_seq + 1) || jsonb_build_object('reports', jsonb_build_array(p_body)))::text, 'UTF8');
    SELECT * INTO r FROM duban.append((SELECT registry FROM duban.log_lock), NULL, '{}', '{}',
        ARRAY[k.id], ARRAY[k.last_seq + 1], ARRAY[k.last_id], ARRAY[k.last_seq + 1], ARRAY[sha256(payload)],
        ARRAY[sha256(payload)], ARRAY[payload], ARRAY['\x00'::bytea], ARRAY[k.id], ARRAY[k.last_seq + 1], ARRAY[E'key x\n'],
        ARRAY[1], ARRAY[0]::smallint[], ARRAY[p_name], ARRAY[p_task], ARRAY[p_period],
        ARRAY[2]::smallint[], ARRAY[50]::smallint[], ARRAY[false], ARRAY[NULL]::text[],
        ARRAY[1], ARRAY[NULL]::text[], ARRAY[NULL]::text[]);
    RETURN r.outcomes[1]::jsonb -> 0;
END $$;
CREATE FUNCTION t.values(VARIADIC p text[]) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('values', jsonb_agg(jsonb_build_object('name', split_part(x, '=', 1), 'value', split_part(x, '=', 2)))) FROM unnest(p) x
$$;
SELECT is((SELECT array_agg(name || ' ' || coalesce(expected::text, '-') || ' ' || coalesce(behind::text, '-') ORDER BY name COLLATE "C") FROM duban.v_indicator),
    ARRAY['城镇化率 25.2 25.2', '投资 10.9 10.9', '能耗 - -', '项目 25.2 25.2'], 'before any report: expected by now (day 92 of 365), all of it behind');
SELECT is(t.full('u001', 'p1/1', '2022Q1', t.values('项目=20', '城镇化率=61.5', '能耗=40', '投资=26')) ->> 'outcome', 'on-time', 'a report with values');
SELECT is((SELECT count(*) FROM duban.report_value WHERE lead), 4::bigint, 'they are stored');
SELECT is((SELECT value || ' ' || share || ' ' || expected || ' ' || behind FROM duban.v_indicator WHERE name = '项目'), '20 20.0 24.7 4.7', 'counted up: 20 of 100 where 90 of 365 days have passed');
SELECT is((SELECT share || ' ' || expected || ' ' || behind FROM duban.v_indicator WHERE name = '城镇化率'), '30.0 24.7 0.0', 'from a baseline: 1.5 of 5 points, ahead of time');
SELECT is((SELECT share || ' ' || expected || ' ' || behind FROM duban.v_indicator WHERE name = '投资'), '10.0 10.0 0.0', 'by the plan curve: 6 of 60');
SELECT is((SELECT met::text || coalesce(behind::text, '-') FROM duban.v_indicator WHERE name = '能耗'), 'true-', 'a ceiling is kept or not, it has no pace');
SELECT is((SELECT met FROM duban.v_indicator WHERE name = '项目'), false, 'a target that is not reached is not met');
SELECT is(duban.pace((SELECT g FROM duban.target g WHERE name = '投资'), 'p1', '2022-01-01', '2022-12-31', '2022-09-30'), ((50 + 30 * 92::numeric / 184 - 20) / 60), 'between two points of a curve in a straight line');
SELECT is(round(duban.pace((SELECT g FROM duban.target g WHERE name = '投资'), 'p1', '2022-01-01', '2022-12-31', '2023-03-01'), 2), 1.00, 'behind the last point its value');
SELECT is(duban.pace((SELECT g FROM duban.target g WHERE name = '项目'), 'p1', '2022-01-01', '2022-12-31', '2021-12-31'), 0::numeric, 'nothing before the plan');
SELECT is(duban.pace((SELECT g FROM duban.target g WHERE name = '项目'), 'p1', '2022-01-01', '2022-12-31', '2024-12-31'), 1::numeric, 'all behind it');
-- a participant's value is kept and is not the task's
SELECT is(t.full('u003', 'p1/1', '2022Q1', t.values('项目=99')) ->> 'outcome', 'not-owed', 'a participant reports');
SELECT is((SELECT value FROM duban.v_indicator WHERE name = '项目'), 20::numeric, 'the lead''s value stands');
-- values that fall
SELECT is(t.full('u001', 'p1/1', '2022Q1', t.values('城镇化率=61')) ->> 'fell', NULL, 'a rate may fall');
SELECT is(t.full('u001', 'p1/1', '2022Q1', t.values('项目=18')) -> 'fell', '[{"name":"项目","from":"20","to":"18"}]'::jsonb, 'a cumulative value that falls is said in the receipt');
SELECT is((SELECT name || explanation IS NULL FROM duban.v_fallen), true, 'and asked about');
SELECT is((SELECT unexplained FROM duban.v_indicator WHERE name = '项目'), true, 'also beside the indicator');
SELECT is(t.full('u001', 'p1/1', '2022Q1', t.values('项目=18') || '{"explanation":"两个项目终止"}') ->> 'fell', NULL, 'the same value again does not fall');
SELECT is((SELECT explanation FROM duban.v_fallen), '两个项目终止', 'the explanation is kept beside it');
SELECT is((SELECT unexplained FROM duban.v_indicator WHERE name = '项目'), false, 'nothing is asked any more');
SELECT isnt(t.full('u001', 'p1/1', '2022Q1', t.values('项目=17') || '{"explanation":"又一个"}') ->> 'fell', NULL, 'falling with an explanation at once');
SELECT is((SELECT count(*) FROM duban.v_fallen WHERE explanation IS NULL), 0::bigint, 'asks nothing');
SELECT is(t.full('u001', 'p1/9', '2022Q1', t.values('项目=1')) ->> 'outcome', 'refused', 'a refused report');
SELECT is((SELECT count(*) FROM duban.report_value WHERE task = 'p1/9'), 0::bigint, 'leaves no value');
-- early warning: whatever the period, also by a participant, at once
SELECT is(t.full('u003', 'p1/1', '2022Q3', '{"status":"at-risk","early_warning":"征地受阻"}') ->> 'warned', 'true', 'a warning for a period that is not open');
SELECT is((SELECT count(*) FROM duban.alert WHERE kind = 'early-warning'), 0::bigint, 'the statement itself alerts nobody');
SELECT is((SELECT next_us <= 0 FROM (SELECT duban.next_due() AS next_us) x), true, 'but it is due at once');
SELECT t.settle();
SELECT is((SELECT array_agg(post || ' ' || level ORDER BY alert) FROM duban.alert WHERE kind = 'early-warning'), ARRAY['leader-01 2', 'office 2'], 'leader and office are told');
SELECT is((SELECT min(number) FROM duban.alert WHERE kind = 'early-warning'), '预警〔2022〕1号', 'by a number of its own');
SELECT ok((SELECT min(why) ~ 'u003 says early that p1/1 cannot be met: 征地受阻 \(report \d+\.0\)' FROM duban.alert WHERE kind = 'early-warning'), 'with the reason');
SELECT ok((SELECT convert_from(e.entry, 'UTF8') ~ E'^duban-entry/v1\nkind alert\nreceived .*\ntask p1/1\nperiod warning!\\d+.0\nunit u003\n' FROM duban.log_entry e JOIN duban.alert a ON a.entry = e.index LIMIT 1), 'and an entry');
SELECT is((SELECT count(*) FROM duban.stream_open(NULL, 0, 1000000, 100) WHERE kind = 'alert'), 2::bigint, 'it is on the stream until noticed');
SELECT is(t.act('leader-01', 'acknowledge', jsonb_build_object('alerts', (SELECT jsonb_agg(alert) FROM duban.alert WHERE post = 'leader-01' AND kind = 'early-warning'), 'decision', '协调')) -> 0 ->> 'outcome', 'acknowledged', 'the leader takes note');
SELECT is((SELECT open FROM duban.v_warning), false, 'which closes the warning');
SELECT is((SELECT reason FROM duban.closing), 'acknowledged', 'on the stream too');
SELECT t.full('u002', 'p1/2', '2022Q1', '{"status":"blocked","early_warning":"资金"}'), t.settle();
SELECT is((SELECT posts FROM duban.v_warning WHERE task = 'p1/2'), ARRAY['office', 'chief'], 'without a leader the chief is told');
-- a report that waits for the head's signature counts nowhere yet, nor do its values
SELECT t.act('office', 'registry', jsonb_build_object('changes', jsonb_build_array(t.key_object('u001-head', 'u001-head', false))));
SELECT t.act('office', 'plan', '{"plan":{"handle":"p2","title":"会签","from":"2022-01-01","to":"2022-12-31","source_sha256":"00","countersign":true,"tasks":[
    {"task":"1","kind":"task","text":"one","leads":["u001"],"leaders":["leader-01"],"targets":[{"name":"里程","op":">=","value":"100","cumulative":true}]}]}}'), t.settle();
SELECT is(t.full('u001', 'p2/1', '2022Q1', t.values('里程=30') || '{"explanation":"x"}') ->> 'outcome', 'waiting', 'a report with values waits');
SELECT is((SELECT row(value, share, entry)::text FROM duban.v_indicator WHERE task = 'p2/1'), '(,0.0,)', 'its values do not count');
SELECT is((SELECT count(*) FROM duban.report_value WHERE task = 'p2/1') + (SELECT count(*) FROM duban.report_explanation WHERE task = 'p2/1'), 0::bigint, 'nothing of it is kept beside');
SELECT ok((SELECT f.facts ->> 'share' IS NULL FROM duban.task t CROSS JOIN LATERAL duban.task_facts(t, duban.now()) f WHERE t.name = 'p2/1'), 'nor do the lights see them');
SELECT t.act('u001-head', 'countersign', jsonb_build_object('reports', jsonb_build_array((SELECT entry || '.' || ord FROM duban.report WHERE task = 'p2/1'))));
SELECT is((SELECT value FROM duban.v_indicator WHERE task = 'p2/1'), 30::numeric, 'countersigned they do');
SELECT is((SELECT entry FROM duban.v_indicator WHERE task = 'p2/1'), (SELECT max(entry) FROM duban.countersignature), 'from that entry on');
SELECT is((SELECT next_us IS NULL OR next_us > 0 FROM (SELECT duban.next_due() AS next_us) x), true, 'nothing is left over');
SELECT is((SELECT count(*) FROM duban.missing_alerts), 0::bigint, 'no alert is missing');
SELECT is((SELECT count(*) FROM (SELECT alert FROM duban.alert UNION SELECT event FROM duban.closing) x), (SELECT events FROM duban.log_lock), 'event numbers have no gap');
SELECT * FROM finish();
ROLLBACK;
