-- SPDX-License-Identifier: BSD-2-Clause
-- Amendments of a plan itself: title, number, period, reporting rule, ladder, countersignature, and one supervising
-- leader in the place of another in all of its tasks. Dated like those of tasks; what was before stays.

CREATE TABLE duban.plan_amendment (
    plan text COLLATE "C" NOT NULL,
    entry bigint NOT NULL,
    source bigint NOT NULL,
    ord int NOT NULL,
    at timestamptz NOT NULL,
    basis text,
    old jsonb NOT NULL,
    new jsonb NOT NULL,
    PRIMARY KEY (plan, entry, source, ord)
);
COMMENT ON TABLE duban.plan_amendment IS 'what changed in a plan itself: the members that differ, before and after; entry: where it took effect; source and ord: the statement and the change in it';

CREATE FUNCTION duban.plan_body(p duban.plan) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object('title', p.title, 'number', p.number, 'issuer', p.issuer, 'issued', p.issued,
        'from', p.from_date, 'to', p.to_date, 'rule', p.rule, 'ladder', p.ladder, 'countersign', p.countersign))
$$;
COMMENT ON FUNCTION duban.plan_body(duban.plan) IS 'the head of a plan in the members of a plan statement, as it stands now';

CREATE FUNCTION duban.plan_amended(p duban.plan, p_change jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (duban.plan_body(p) - ARRAY(SELECT jsonb_array_elements_text(coalesce(p_change -> 'clear', '[]'))))
           || (p_change - ARRAY['change', 'clear', 'leaders'])
$$;
COMMENT ON FUNCTION duban.plan_amended(duban.plan, jsonb) IS 'the head of a plan behind a change';

CREATE FUNCTION duban.plan_amendment_check(p_ord int, p duban.plan, c jsonb) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    new jsonb := duban.plan_amended(p, c);
    bad text;
BEGIN
    IF (new ->> 'from')::date > (new ->> 'to')::date THEN
        PERFORM duban.refuse(p_ord, 'to', 'range', 'the plan would end before it begins');
    END IF;
    PERFORM duban.check_code(p_ord, 'rule', new ->> 'rule', ARRAY['rule']);
    PERFORM duban.check_code(p_ord, 'ladder', new ->> 'ladder', ARRAY['ladder']);
    SELECT l ->> 'was' INTO bad FROM jsonb_array_elements(coalesce(c -> 'leaders', '[]')) l
     WHERE NOT EXISTS (SELECT FROM duban.task t JOIN duban.task_leader x ON x.task = t.name WHERE t.plan = p.handle AND x.code = l ->> 'was') LIMIT 1;
    IF bad IS NOT NULL THEN
        PERFORM duban.refuse(p_ord, 'leaders', 'unknown', format('no task of the plan is led by "%s"', bad));
    END IF;
    SELECT l ->> 'now' INTO bad FROM jsonb_array_elements(coalesce(c -> 'leaders', '[]')) l
     WHERE NOT EXISTS (SELECT FROM duban.post o WHERE o.code = l ->> 'now')
       AND NOT EXISTS (SELECT FROM duban.roster r WHERE r.code = l ->> 'now' AND r.of = 'posts') LIMIT 1;
    IF bad IS NOT NULL THEN
        PERFORM duban.refuse(p_ord, 'leaders', 'unknown', format('not in the registry as a post or a roster of posts: %s', bad));
    END IF;
    RETURN CASE WHEN new = duban.plan_body(p) AND NOT c ? 'leaders' THEN 'unchanged' ELSE 'amended' END;
END
$$;
COMMENT ON FUNCTION duban.plan_amendment_check(int, duban.plan, jsonb) IS 'refuses a change of a plan that cannot be made; else the outcome it will have';

-- In every task that the one led, the other stands; the task says what changed.
CREATE FUNCTION duban.plan_leaders(e duban.effect, p_plan text, p_leaders jsonb, p_at timestamptz, p_entry bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    was text[] := ARRAY(SELECT l ->> 'was' FROM jsonb_array_elements(p_leaders) WITH ORDINALITY x (l, o) ORDER BY o);
    now_is text[] := ARRAY(SELECT l ->> 'now' FROM jsonb_array_elements(p_leaders) WITH ORDINALITY x (l, o) ORDER BY o);
BEGIN
    INSERT INTO duban.task_amendment (task, entry, source, ord, at, change, basis, old, new)
    SELECT x.task, p_entry, e.entry, e.ord, p_at, 'set', e.body ->> 'basis', jsonb_build_object('leaders', x.old),
           jsonb_build_object('leaders', (SELECT jsonb_agg(y.code ORDER BY y.o) FROM (
               SELECT z.code, min(z.o) AS o FROM (
                   SELECT coalesce(now_is[array_position(was, c)], c) AS code, o FROM jsonb_array_elements_text(x.old) WITH ORDINALITY u (c, o)) z
                GROUP BY z.code) y))
      FROM (SELECT l.task, jsonb_agg(l.code ORDER BY l.ordinal) AS old FROM duban.task t JOIN duban.task_leader l ON l.task = t.name
             WHERE t.plan = p_plan AND t.withdrawn IS NULL GROUP BY l.task HAVING bool_or(l.code = ANY (was))) x
     ORDER BY x.task;
    DELETE FROM duban.task_leader l USING duban.task_amendment a WHERE a.entry = p_entry AND a.source = e.entry AND a.ord = e.ord AND l.task = a.task;
    INSERT INTO duban.task_leader (task, code, ordinal, roster)
    SELECT a.task, c, o, EXISTS (SELECT FROM duban.roster r WHERE r.code = c)
      FROM duban.task_amendment a CROSS JOIN LATERAL jsonb_array_elements_text(a.new -> 'leaders') WITH ORDINALITY u (c, o)
     WHERE a.entry = p_entry AND a.source = e.entry AND a.ord = e.ord;
END
$$;
COMMENT ON FUNCTION duban.plan_leaders(duban.effect, text, jsonb, timestamptz, bigint) IS 'puts supervising leaders in the place of others in all tasks of a plan';

CREATE FUNCTION duban.plan_amend(e duban.effect, p_at timestamptz, p_entry bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p duban.plan;
    c jsonb := e.body -> 'change';
    old jsonb;
    new jsonb;
    t duban.task;
BEGIN
    SELECT x.* INTO STRICT p FROM duban.plan x WHERE x.handle = e.subject FOR UPDATE;
    old := duban.plan_body(p);
    new := duban.plan_amended(p, c);
    UPDATE duban.plan x
       SET title = new ->> 'title', number = new ->> 'number', issuer = new ->> 'issuer', issued = (new ->> 'issued')::date,
           from_date = (new ->> 'from')::date, to_date = (new ->> 'to')::date, rule = new ->> 'rule', ladder = new ->> 'ladder',
           countersign = (new ->> 'countersign')::boolean
     WHERE x.handle = p.handle;
    PERFORM duban.plan_leaders(e, p.handle, c -> 'leaders', p_at, p_entry) WHERE c ? 'leaders';
    IF (new ->> 'countersign')::boolean THEN
        UPDATE duban.task x SET plain = false WHERE x.plan = p.handle AND x.plain;
    END IF;
    IF old -> 'to' <> new -> 'to' THEN
        -- written down by the old period before the new one is computed
        PERFORM duban.task_pin(x.name, p_at) FROM duban.task x WHERE x.plan = p.handle AND x.withdrawn IS NULL;
    END IF;
    IF old - ARRAY['title', 'number', 'issuer', 'issued', 'countersign'] <> new - ARRAY['title', 'number', 'issuer', 'issued', 'countersign'] THEN
        PERFORM duban.plan_reschedule(p.handle, p_at);
    END IF;
    IF old -> 'to' <> new -> 'to' THEN
        FOR t IN SELECT x.* FROM duban.task x WHERE x.plan = p.handle AND x.withdrawn IS NULL ORDER BY x.ordinal LOOP
            PERFORM duban.amendment_set(t, '{"change":"set"}', p_at, p_entry);
        END LOOP;
    END IF;
    INSERT INTO duban.plan_amendment (plan, entry, source, ord, at, basis, old, new)
    SELECT p.handle, p_entry, e.entry, e.ord, p_at, e.body ->> 'basis',
           coalesce(jsonb_object_agg(k, coalesce(old -> k, 'null')) FILTER (WHERE old -> k IS DISTINCT FROM new -> k), '{}')
           || CASE WHEN c ? 'leaders' THEN jsonb_build_object('leaders', (SELECT jsonb_agg(l -> 'was') FROM jsonb_array_elements(c -> 'leaders') l)) ELSE '{}' END,
           coalesce(jsonb_object_agg(k, coalesce(new -> k, 'null')) FILTER (WHERE old -> k IS DISTINCT FROM new -> k), '{}')
           || CASE WHEN c ? 'leaders' THEN jsonb_build_object('leaders', (SELECT jsonb_agg(l -> 'now') FROM jsonb_array_elements(c -> 'leaders') l)) ELSE '{}' END
      FROM jsonb_object_keys(old || new) k;
    NOTIFY duban_agenda;
END
$$;
COMMENT ON FUNCTION duban.plan_amend(duban.effect, timestamptz, bigint) IS 'makes one change of a plan itself and keeps what was before it';

CREATE VIEW duban.v_plan_amendment WITH (security_invoker = true) AS
SELECT a.plan, k.member, a.old -> k.member AS old, a.new -> k.member AS new, a.basis, a.at, a.entry, a.source, a.ord
  FROM duban.plan_amendment a
 CROSS JOIN LATERAL (SELECT jsonb_object_keys(a.old || a.new) AS member) k;
COMMENT ON VIEW duban.v_plan_amendment IS 'each member of a plan that an amendment changed, before and after';

REVOKE ALL ON FUNCTION duban.plan_body, duban.plan_amended, duban.plan_amendment_check, duban.plan_leaders, duban.plan_amend FROM PUBLIC;
GRANT EXECUTE ON FUNCTION duban.plan_body, duban.plan_amended, duban.plan_amendment_check, duban.plan_leaders, duban.plan_amend TO duban_append;
GRANT SELECT, INSERT ON duban.plan_amendment TO duban_append;
GRANT SELECT ON duban.plan_amendment, duban.v_plan_amendment TO duban_receiver, duban_alerter, duban_reader, duban_auditor;
