-- Nobody grants what they asked for: under a second post, as a delegate, by another key, after a post was handed over.
BEGIN;
\i tests/sql/helpers.inc
SELECT plan(37);
SELECT t.genesis('2022-04-02T08:00:00+08:00');
SELECT t.registry();
CREATE FUNCTION t.set(p jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT t.act('office', 'registry', jsonb_build_object('changes', jsonb_build_array(p))) -> 0 ->> 'outcome'
$$;
CREATE FUNCTION t.post(p_code text, p_role text, p_unit text, p_holders text[], p_delegates jsonb DEFAULT '[]') RETURNS text LANGUAGE sql AS $$
    SELECT t.set(jsonb_strip_nulls(jsonb_build_object('set', 'post', 'code', p_code, 'name', p_code, 'role', p_role, 'unit', p_unit,
        'holders', (SELECT jsonb_agg(jsonb_build_object('name', h)) FROM unnest(p_holders) h), 'delegates', nullif(p_delegates, '[]'))))
$$;
CREATE FUNCTION t.delegate(p_name text, p_key text, p_from text DEFAULT NULL, p_to text DEFAULT NULL) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('name', p_name, 'key', encode(t.key(p_key), 'hex'), 'from', p_from, 'to', p_to)))
$$;
CREATE FUNCTION t.code(p jsonb) RETURNS text LANGUAGE sql AS $$ SELECT coalesce(p -> 'errors' -> 0 ->> 'code', p ->> 'outcome') $$;
CREATE FUNCTION t.review(p_by text, p_report text) RETURNS text LANGUAGE sql AS $$
    SELECT t.code(t.act(p_by, 'review', jsonb_build_object('reviews', jsonb_build_array(jsonb_build_object('report', p_report, 'decision', 'accept')))) -> 0)
$$;
CREATE FUNCTION t.extend(p_by text, p_task text, p_until text) RETURNS text LANGUAGE sql AS $$
    SELECT t.code(t.act(p_by, 'extension', jsonb_build_object('requests', jsonb_build_array(jsonb_build_object('task', p_task, 'until', p_until, 'reason', '汛期', 'progress', 40)))) -> 0)
$$;
CREATE FUNCTION t.decide(p_by text, p_kind text, p_decision text) RETURNS text LANGUAGE sql AS $$
    SELECT t.code(t.act(p_by, p_kind, jsonb_build_object('decisions', jsonb_build_array(jsonb_build_object('decision', p_decision, 'reason', '意见', 'request',
        CASE p_kind WHEN 'extension' THEN (SELECT entry || '.' || ord FROM duban.extension ORDER BY entry DESC LIMIT 1)
                    ELSE (SELECT entry || '.' || ord FROM duban.closure ORDER BY entry DESC LIMIT 1) END)))) -> 0)
$$;
CREATE FUNCTION t.reopen(p_by text, p_task text) RETURNS text LANGUAGE sql AS $$
    SELECT t.code(t.act(p_by, 'closure', jsonb_build_object('decisions', jsonb_build_array(jsonb_build_object('task', p_task, 'decision', 'reopen', 'reason', '反弹')))) -> 0)
$$;
CREATE FUNCTION t.close(p_by text, p_task text) RETURNS text LANGUAGE sql AS $$
    SELECT t.code(t.act(p_by, 'closure', jsonb_build_object('requests', jsonb_build_array(jsonb_build_object('task', p_task, 'text', '已办结',
        'evidence', jsonb_build_array(jsonb_build_object('name', 'a.pdf', 'size', 1, 'sha256', repeat('0', 64))))))) -> 0)
$$;
CREATE FUNCTION t.last(p_task text) RETURNS text LANGUAGE sql AS $$
    SELECT r.entry || '.' || r.ord FROM duban.report r WHERE r.task = p_task AND r.outcome <> 5 ORDER BY r.entry DESC, r.ord DESC LIMIT 1
$$;
CREATE FUNCTION t.silence(p_by text, p_what jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT t.code(t.act(p_by, 'silence', jsonb_build_object('silences', jsonb_build_array(p_what || '{"until":"2022-04-06","reason":"防汛"}'))) -> 0)
$$;
-- 甲 is the office; 王 五 is contact of u001; 赵六 its head; 钱七 a second person of the office; 孙八 leads the tasks
SELECT t.post('office', 'office', NULL, ARRAY['甲', '钱七']);
SELECT t.post('u001-contact', 'contact', 'u001', ARRAY['王五']), t.post('u001-head', 'head', 'u001', ARRAY['赵六']);
SELECT t.post('leader-01', 'leader', NULL, ARRAY['孙八']);
SELECT t.set(t.key_object(k, c, false)) FROM (VALUES ('u001-head', 'u001-head'), ('leader-01b', 'leader-01'), ('office-2', 'office'), ('deputy', 'leader-01')) x (k, c);
SELECT t.plan(), t.settle();

-- a request by the contact; the very person turns up as somebody who may decide
SELECT is(t.extend('u001-contact', 'p1/2', '2022-09-30'), 'asked', 'the contact asks for an extension');
SELECT is(t.decide('u001-head', 'extension', 'grant'), 'own', 'another person of the unit grants nothing');
SELECT is(t.decide('u001', 'extension', 'grant'), 'own', 'nor the unit''s own key');
SELECT t.post('leader-01', 'leader', NULL, ARRAY['王五']);
SELECT is(t.decide('leader-01', 'extension', 'grant'), 'same-person', 'a second post');
SELECT is(t.decide('leader-01b', 'extension', 'grant'), 'same-person', 'another key of that post');
SELECT t.post('leader-01', 'leader', NULL, ARRAY['王　五 ']);
SELECT is(t.decide('leader-01', 'extension', 'grant'), 'same-person', 'the name with spaces of another width is the same name');
SELECT t.post('leader-01', 'leader', NULL, ARRAY['孙八'], t.delegate('王五', 'deputy'));
SELECT is(t.decide('deputy', 'extension', 'grant'), 'same-person', 'as the delegate of a leader');
SELECT t.post('leader-01', 'leader', NULL, ARRAY['王五'], t.delegate('周九', 'deputy'));
SELECT is(t.decide('deputy', 'extension', 'grant'), 'same-person', 'by the hand of a delegate');
SELECT t.post('leader-01', 'leader', NULL, ARRAY['赵六']);
SELECT is(t.decide('leader-01', 'extension', 'grant'), 'same-person', 'the unit''s head under another post does not decide about the unit either');

-- the post from which it was asked is handed over; who asked moves to where it is decided
SELECT t.post('u001-contact', 'contact', 'u001', ARRAY['郑十']);
SELECT t.post('leader-01', 'leader', NULL, ARRAY['王五']);
SELECT is(t.decide('leader-01', 'extension', 'grant'), 'same-person', 'struck from the registry since, the one who asked is still the one who asked');
SELECT t.post('office', 'office', NULL, ARRAY['王五']);
SELECT is(t.decide('office-2', 'extension', 'grant'), 'same-person', 'also when they move to the office');
SELECT t.post('office', 'office', NULL, ARRAY['甲', '钱七']), t.post('leader-01', 'leader', NULL, ARRAY['孙八']);
SELECT is(t.decide('leader-01', 'extension', 'grant'), 'granted', 'somebody else grants it');

-- asked through a delegate of the contact: both the delegate and the one they act for have asked
SELECT t.set(t.key_object('helper', 'u001-contact', false));
SELECT t.post('u001-contact', 'contact', 'u001', ARRAY['王五'], t.delegate('吴一', 'helper'));
SELECT is(t.extend('helper', 'p1/2', '2022-10-31'), 'asked', 'a delegate asks');
SELECT t.post('u001-contact', 'contact', 'u001', ARRAY['郑十']);
SELECT t.post('leader-01', 'leader', NULL, ARRAY['吴一']);
SELECT is(t.decide('leader-01', 'extension', 'grant'), 'same-person', 'and does not grant it');
SELECT t.post('leader-01', 'leader', NULL, ARRAY['王五']);
SELECT is(t.decide('leader-01', 'extension', 'grant'), 'same-person', 'nor the one for whom it was asked');
SELECT t.post('leader-01', 'leader', NULL, ARRAY['孙八'], t.delegate('吴一', 'deputy', '2022-01-01', '2022-04-01'));
SELECT is(t.decide('deputy', 'extension', 'refuse'), 'declined', 'a delegation that is over makes nobody the same person');

-- reviews
SELECT t.post('u001-contact', 'contact', 'u001', ARRAY['王五']);
SELECT t.report('u001-contact', ARRAY[('u001', 'p1/2', '2022Q1', 1, 50, NULL)::t.row]);
SELECT t.post('leader-01', 'leader', NULL, ARRAY['王五']), t.post('u001-contact', 'contact', 'u001', ARRAY['郑十']);
SELECT is(t.review('leader-01', t.last('p1/2')), 'same-person', 'a review after the posts changed hands');
SELECT t.post('office', 'office', NULL, ARRAY['郑十']);
SELECT is(t.review('office-2', t.last('p1/2')), 'same-person', 'nor by one who holds a post of the unit now');
SELECT t.post('office', 'office', NULL, ARRAY['甲', '钱七']);
SELECT is(t.review('office-2', t.last('p1/2')), 'accepted', 'the office reviews it');

-- office records: nobody enters for their own unit in the office's name
CREATE FUNCTION t.record(p_by text, p_unit text, p_task text) RETURNS text LANGUAGE sql AS $$
    SELECT t.code(t.act(p_by, 'record', jsonb_build_object('records', jsonb_build_array(jsonb_build_object('task', p_task, 'period', '2022Q1',
        'status', 'on-track', 'for', p_unit, 'source', 'paper', 'received_on', '2022-04-02')))) -> 0)
$$;
SELECT t.post('office', 'office', NULL, ARRAY['甲', '赵六']);
SELECT is(t.record('office-2', 'u001', 'p1/1'), 'same-person', 'a record for a unit whose head sits in the office');
SELECT t.post('office', 'office', NULL, ARRAY['甲', '钱七']);
SELECT is(t.record('office-2', 'u001', 'p1/1'), 'on-time', 'somebody else of the office records it');

-- amendments: the deadline of one's own unit
CREATE FUNCTION t.amend(p jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT t.code(t.act('office', 'plan', jsonb_build_object('amend', 'p1', 'from', '2022-04-02', 'changes', jsonb_build_array(p))) -> 0)
$$;
SELECT t.post('office', 'office', NULL, ARRAY['甲', '赵六']);
SELECT is(t.amend('{"change":"set","task":"2","deadline":"2022-12-31"}'), 'same-person', 'an operator moves no date of their own unit');
SELECT is(t.amend('{"change":"withdraw","task":"2"}'), 'same-person', 'nor withdraws its task');
SELECT is(t.amend('{"change":"set","task":"3","title":"x"}'), 'amended', 'but amends those of others');

-- silences
SELECT is(t.silence('office', '{"units":["u001"]}'), 'same-person', 'nobody silences what chases their own unit');
SELECT is(t.silence('office', '{"tasks":["p1/2"]}'), 'same-person', 'nor one of its tasks');
SELECT is(t.silence('office', '{"units":["u002"]}'), 'applied', 'but others');
SELECT t.post('office', 'office', NULL, ARRAY['甲', '钱七']);
SELECT t.post('leader-01', 'leader', NULL, ARRAY['赵六']);
SELECT is(t.silence('leader-01', '{"tasks":["p1/2"]}'), 'same-person', 'a leader who heads the unit does not either');

-- closing and reopening
SELECT t.one('u001', 'p1/2', '2022Q1', 4);
SELECT is(t.close('u001', 'p1/2'), 'asked', 'closing is asked for with the unit''s key');
SELECT is(t.decide('leader-01', 'closure', 'grant'), 'same-person', 'which is anybody''s of the unit: its head as a leader does not close it');
SELECT t.post('u001-head', 'head', 'u001', ARRAY['冯二']);
SELECT is(t.decide('leader-01', 'closure', 'grant'), 'same-person', 'also when somebody else is head since');
SELECT is(t.decide('office-2', 'closure', 'grant'), 'granted', 'the office closes it');
SELECT t.post('leader-01', 'leader', NULL, ARRAY['冯二']);
SELECT is(t.reopen('leader-01', 'p1/2'), 'same-person', 'nor does one of the unit reopen it under another post');

-- an acknowledgement above the unit holds its climb, but not one's own
SELECT t.clock('2022-04-11T17:31:00+08:00'), t.settle();
CREATE FUNCTION t.hold(p_task text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE n bigint := (SELECT max(a.alert) FROM duban.alert a JOIN duban."case" c USING ("case") WHERE a.post = 'office' AND c.task = p_task AND a.level > 0);
BEGIN
    PERFORM t.act('office', 'acknowledge', jsonb_build_object('alerts', jsonb_build_array(n)));
    RETURN (SELECT held_until IS NOT NULL FROM duban.acknowledgement WHERE alert = n);
END $$;
SELECT t.post('office', 'office', NULL, ARRAY['甲', '乙']); -- 乙 holds the posts of u002
SELECT is(t.hold('p1/i1'), false, 'an acknowledgement of a case of one''s own unit holds nothing');
SELECT t.post('office', 'office', NULL, ARRAY['甲', '钱七']);
SELECT is(t.hold('p1/3'), true, 'of another''s it does');
-- countersigning is the head's: no clerk by a key of the unit, no delegate of the head by a key of another post
SELECT t.act('office', 'plan', '{"plan":{"handle":"p2","title":"会签","from":"2022-04-01","to":"2022-12-31","source_sha256":"00","countersign":true,"tasks":[
    {"task":"1","kind":"task","text":"one","leads":["u001"],"leaders":["leader-01"]}]}}'), t.settle();
SELECT t.one('u001', 'p2/1', '2022Q2');
SELECT t.post('u001-head', 'head', 'u001', ARRAY['冯二'], t.delegate('郑十', 'u001-contact'));
SELECT is(t.code(t.act('u001-contact', 'countersign', jsonb_build_object('reports', jsonb_build_array(t.last('p2/1')))) -> 0), 'right', 'the contact as the head''s delegate does not countersign');
SELECT is((SELECT count(*) FROM duban.missing_verdicts) + (SELECT count(*) FROM duban.orphans), 0::bigint, 'nothing hangs loose');
SELECT * FROM finish();
ROLLBACK;
