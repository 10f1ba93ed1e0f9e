-- SPDX-License-Identifier: BSD-2-Clause
-- Lights: named, versioned rules over facts. A colour is computed, never stored, and says why.

-- The instant of an entry, and the last entry at an instant; heads are few and in order, so a search by halves finds it.
CREATE FUNCTION duban.received_of(p_entry bigint) RETURNS timestamptz
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- a plan that was cached while a table was still empty must not scan it when it has grown
SET enable_seqscan = off SET jit = off AS $$
BEGIN
    RETURN (SELECT h.received FROM duban.head h WHERE h.size > p_entry ORDER BY h.size LIMIT 1);
END
$$;
COMMENT ON FUNCTION duban.received_of(bigint) IS 'instant of an entry; NULL when the log is not that long';

CREATE FUNCTION duban.entry_at(p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- a plan that was cached while a table was still empty must not scan it when it has grown
SET enable_seqscan = off SET jit = off AS $$
DECLARE
    lo bigint := -1;
    hi bigint := (SELECT h.size FROM duban.head h ORDER BY h.size DESC LIMIT 1);
    middle bigint;
BEGIN
    -- entry lo is not behind the instant, entry hi is (or does not exist)
    WHILE hi - lo > 1 LOOP
        middle := (lo + hi) / 2;
        IF duban.received_of(middle) <= p_at THEN
            lo := middle;
        ELSE
            hi := middle;
        END IF;
    END LOOP;
    RETURN CASE WHEN lo >= 0 THEN lo END;
END
$$;
COMMENT ON FUNCTION duban.entry_at(timestamptz) IS 'last entry received by an instant; NULL before the first';

CREATE TABLE duban.light (
    code text COLLATE "C" NOT NULL,
    entry bigint NOT NULL,
    name text NOT NULL,
    source text,
    standard boolean NOT NULL,
    previous boolean NOT NULL,
    PRIMARY KEY (code, entry)
);
COMMENT ON TABLE duban.light IS 'versions of light rules; standard: the one that duban ledger shows unless another is asked for; previous: a condition looks at the light of the period before';

CREATE TABLE duban.light_step (
    code text COLLATE "C" NOT NULL,
    entry bigint NOT NULL,
    step smallint NOT NULL,
    light text NOT NULL,
    meaning text,
    zh text NOT NULL,
    en text NOT NULL,
    PRIMARY KEY (code, entry, step)
);
COMMENT ON TABLE duban.light_step IS 'steps of a light rule in order: the first whose conditions all hold gives colour and reason; the last has none';

CREATE TABLE duban.light_condition (
    code text COLLATE "C" NOT NULL,
    entry bigint NOT NULL,
    step smallint NOT NULL,
    ord smallint NOT NULL,
    fact text NOT NULL,
    op text NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (code, entry, step, ord)
);
COMMENT ON TABLE duban.light_condition IS 'conditions of a step: a named fact (docs/lights.md), a comparison, a value';

-- The facts that a condition may name, with the kind of their values.
CREATE FUNCTION duban.light_fact_kind(p_fact text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN p_fact IN ('progress', 'expected', 'behind', 'short', 'share', 'months_idle', 'months_silent', 'overdue', 'overdue_days',
                        'misses', 'days_to_due', 'days_to_deadline', 'returned', 'extensions') THEN 'number'
        WHEN p_fact IN ('not_started', 'silent', 'missing', 'late', 'cured', 'done', 'closed') THEN 'flag'
        WHEN p_fact IN ('status', 'completion', 'previous') THEN 'word' END
$$;
COMMENT ON FUNCTION duban.light_fact_kind(text) IS 'number, flag (yes, no) or word; NULL for what is no fact';

CREATE FUNCTION duban.fact_holds(p_facts jsonb, p_fact text, p_op text, p_value text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE pg_catalog.jsonb_typeof(p_facts -> p_fact)
        WHEN 'number' THEN CASE p_op
            WHEN '<' THEN (p_facts ->> p_fact)::numeric < p_value::numeric
            WHEN '<=' THEN (p_facts ->> p_fact)::numeric <= p_value::numeric
            WHEN '>' THEN (p_facts ->> p_fact)::numeric > p_value::numeric
            WHEN '>=' THEN (p_facts ->> p_fact)::numeric >= p_value::numeric
            WHEN '=' THEN (p_facts ->> p_fact)::numeric = p_value::numeric
            ELSE (p_facts ->> p_fact)::numeric <> p_value::numeric END
        ELSE CASE p_op WHEN '=' THEN p_facts ->> p_fact = p_value ELSE p_facts ->> p_fact <> p_value END END
$$;
COMMENT ON FUNCTION duban.fact_holds(jsonb, text, text, text) IS 'one comparison; NULL when the fact is not known';

CREATE FUNCTION duban.light_text(p_text text, p_facts jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    done text := '';
    a int;
    b int;
BEGIN
    LOOP -- without a query: this runs twice for each light of a view
        a := strpos(p_text, '{');
        b := strpos(substr(p_text, a), '}');
        EXIT WHEN a = 0 OR b = 0;
        IF p_facts ? substr(p_text, a + 1, b - 2) THEN
            done := done || left(p_text, a - 1) || (p_facts ->> substr(p_text, a + 1, b - 2));
            p_text := substr(p_text, a + b);
        ELSE
            done := done || left(p_text, a);
            p_text := substr(p_text, a + 1);
        END IF;
    END LOOP;
    RETURN done || p_text;
END
$$;
COMMENT ON FUNCTION duban.light_text(text, jsonb) IS 'a reason in which {fact} became its value';

-- The one judge of all light rules: the first step whose conditions all hold. Without SET, as task_facts.
CREATE FUNCTION duban.light_judge(p_code text, p_entry bigint, p_facts jsonb)
RETURNS TABLE (light text, meaning text, why text, why_en text)
LANGUAGE sql STABLE AS $$
    SELECT x.light, x.meaning, CASE WHEN pg_catalog.strpos(x.zh, '{') > 0 THEN duban.light_text(x.zh, p_facts) ELSE x.zh END,
           CASE WHEN pg_catalog.strpos(x.en, '{') > 0 THEN duban.light_text(x.en, p_facts) ELSE x.en END
      FROM (SELECT s.light, s.meaning, s.zh, s.en FROM duban.light_step s
             WHERE s.code = p_code AND s.entry = p_entry
               AND NOT EXISTS (SELECT FROM duban.light_condition c WHERE c.code = s.code AND c.entry = s.entry AND c.step = s.step
                                AND duban.fact_holds(p_facts, c.fact, c.op, c.value) IS NOT TRUE)
             ORDER BY s.step LIMIT 1) x
$$;
COMMENT ON FUNCTION duban.light_judge(text, bigint, jsonb) IS 'colour, meaning and reason by one version of a light rule and the facts; {fact} in the reason becomes its value';

CREATE FUNCTION duban.months_between(p_from date, p_to date) RETURNS int
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_to > p_from THEN (pg_catalog.date_part('year', pg_catalog.age(p_to, p_from)) * 12
                                         + pg_catalog.date_part('month', pg_catalog.age(p_to, p_from)))::int ELSE 0 END
$$;
COMMENT ON FUNCTION duban.months_between(date, date) IS 'whole months from a day to another, 0 when it lies before';

-- What can be known of a task at an instant (docs/lights.md). Without SET: it is inlined into views, where a function
-- of its own would find out anew for each row who is asking.
CREATE FUNCTION duban.task_facts(t duban.task, p_at timestamptz)
RETURNS TABLE (facts jsonb)
LANGUAGE sql STABLE AS $$
    SELECT pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
               'status', duban.status_name(r.status), 'progress', f.progress, 'expected', f.expected,
               'behind', CASE WHEN r.status = 4 THEN 0 ELSE greatest(f.expected - coalesce(f.progress, f.share, 0), 0) END,
               'short', CASE WHEN r.status = 4 OR f.expected = 0 THEN 0
                             ELSE greatest(pg_catalog.round(100 * (f.expected - coalesce(f.progress, f.share, 0)) / f.expected, 1), 0) END,
               'share', f.share,
               'not_started', CASE WHEN r.entry IS NULL OR r.status = 0 THEN 'yes' ELSE 'no' END,
               'months_idle', CASE WHEN r.entry IS NULL OR r.status = 0 THEN duban.months_between(p.from_date, f.day + 1) ELSE 0 END,
               'silent', CASE WHEN r.entry IS NULL THEN 'yes' ELSE 'no' END,
               'months_silent', duban.months_between(duban.day(coalesce(duban.received_of(r.entry), p.received)), duban.day(p_at)),
               'overdue', o.overdue, 'overdue_days', duban.day(p_at) - duban.day(o.since), 'misses', o.misses,
               'missing', CASE WHEN o.received IS NULL AND o.cutoff IS NOT NULL THEN 'yes' ELSE 'no' END,
               'late', CASE WHEN o.received >= o.cutoff THEN 'yes' ELSE 'no' END,
               'cured', CASE WHEN o.received >= o.cutoff AND o.silent THEN 'yes' ELSE 'no' END,
               'days_to_due', duban.day(o.next_due) - duban.day(p_at), 'days_to_deadline', f.deadline - duban.day(p_at),
               'done', CASE WHEN r.status = 4 THEN 'yes' ELSE 'no' END,
               'returned', (SELECT pg_catalog.count(*) FROM duban.review w WHERE w.task = t.name AND w.decision = 'returned' AND duban.received_of(w.entry) <= p_at),
               'extensions', (SELECT pg_catalog.count(*) FROM duban.extension_decision w WHERE w.task = t.name AND w.decision = 'granted' AND duban.received_of(w.entry) <= p_at),
               'closed', CASE WHEN t.closed IS NULL THEN 'no' ELSE 'yes' END,
               'completion', coalesce(duban.verdict_name(c.verdict), 'open')))
      FROM duban.plan p
      LEFT JOIN LATERAL (SELECT x.* FROM (
            (SELECT y.entry, y.status, y.progress FROM duban.report y WHERE y.task = t.name AND y.outcome IN (1, 2, 4) AND duban.received_of(y.entry) <= p_at
              ORDER BY y.entry DESC, y.ord DESC LIMIT 1)
            -- a waiting one counts from its countersignature on
            UNION ALL (SELECT c.entry, y.status, y.progress FROM duban.countersignature c JOIN duban.report y ON y.entry = c.report_entry AND y.ord = c.report_ord
              WHERE c.task = t.name AND c.outcome IN (1, 2, 4) AND duban.received_of(c.entry) <= p_at ORDER BY c.entry DESC, c.ord DESC LIMIT 1)) x
                          ORDER BY x.entry DESC LIMIT 1) r ON true
      -- the newest period that was open
      LEFT JOIN LATERAL (SELECT y.to_date FROM duban.plan_period y WHERE y.plan = t.plan AND y.opens <= p_at AND y.from_date <= t.ends
                          ORDER BY y.ordinal DESC LIMIT 1) q ON true
      -- what is owed, each obligation with its verdicts by one look-up; missed, cured …: of the newest report whose cut-off had passed
      LEFT JOIN LATERAL (SELECT pg_catalog.count(*) FILTER (WHERE x.cutoff <= p_at AND x.received IS NULL) AS overdue,
                                pg_catalog.min(x.cutoff) FILTER (WHERE x.cutoff <= p_at AND x.received IS NULL) AS since,
                                pg_catalog.min(x.due) FILTER (WHERE x.cutoff > p_at AND x.received IS NULL) AS next_due,
                                pg_catalog.count(*) FILTER (WHERE x.silent) AS misses,
                                (pg_catalog.array_agg(x.cutoff) FILTER (WHERE x.passed))[1] AS cutoff,
                                (pg_catalog.array_agg(x.received) FILTER (WHERE x.passed))[1] AS received,
                                (pg_catalog.array_agg(x.silent) FILTER (WHERE x.passed))[1] AS silent
                           FROM (SELECT y.due, y.cutoff, v.received, v.silent, y.unit = t.accountable AND y.kind = 'report' AND y.cutoff <= p_at AS passed
                                   FROM duban.obligation y
                                  CROSS JOIN LATERAL (SELECT pg_catalog.max(z.received) FILTER (WHERE NOT z.silence) AS received, pg_catalog.bool_or(z.silence) AS silent
                                                        FROM duban.verdict z
                                                       WHERE z.task = y.task AND z.period = y.period AND z.unit = y.unit AND z.received <= p_at) v
                                  WHERE y.task = t.name AND y.opens <= p_at AND (v.received IS NOT NULL OR t.released IS NULL OR y.cutoff > t.released)
                                  ORDER BY y.due DESC, y.period, y.unit) x) o ON true
      LEFT JOIN LATERAL (SELECT v.verdict FROM duban.verdict v WHERE v.task = t.name AND v.period = '-' AND v.unit = t.accountable
                            AND v.received <= p_at ORDER BY v.silence LIMIT 1) c ON true
      CROSS JOIN LATERAL (SELECT coalesce(t.approved, t.printed, t.inherited) AS deadline, least(duban.day(p_at), coalesce(q.to_date, duban.day(p_at))) AS day,
                                 CASE WHEN r.status = 4 THEN 100 ELSE nullif(r.progress, -1)::numeric END AS progress,
                                 (SELECT pg_catalog.round(100 * (v.value - coalesce(g.baseline, 0)) / (g.value - coalesce(g.baseline, 0)), 1)
                                    FROM duban.target g
                                   CROSS JOIN LATERAL (SELECT x.value FROM duban.report_value x WHERE x.task = g.task AND x.name = g.name AND x.lead AND x.received <= p_at
                                                        ORDER BY x.entry DESC, x.ord DESC, x.n DESC LIMIT 1) v
                                   WHERE g.task = t.name AND g.value <> coalesce(g.baseline, 0) ORDER BY g.ordinal LIMIT 1) AS share OFFSET 0) d -- once, not wherever it is used
      CROSS JOIN LATERAL (SELECT d.*, least(greatest(pg_catalog.round(100.0 * (d.day - p.from_date + 1) / nullif(d.deadline - p.from_date + 1, 0), 1), 0), 100) AS expected OFFSET 0) f
     WHERE p.handle = t.plan
$$;
COMMENT ON FUNCTION duban.task_facts(duban.task, timestamptz) IS 'the facts of a task at an instant, as one JSON object; what is not known is left out';

-- The same, and what was so in the last microsecond before the open period opened, when a rule looks back. Both by
-- one look-up, so that a view over many tasks stays one plan.
CREATE FUNCTION duban.light_facts(t duban.task, p_at timestamptz)
RETURNS TABLE (facts jsonb, before jsonb)
LANGUAGE sql STABLE AS $$
    SELECT (pg_catalog.array_agg(f.facts) FILTER (WHERE NOT w.past))[1], (pg_catalog.array_agg(f.facts) FILTER (WHERE w.past))[1]
      FROM (SELECT false AS past, p_at AS at
            UNION ALL
            SELECT true, q.opens - interval '1 microsecond'
              FROM (SELECT y.opens FROM duban.plan_period y WHERE y.plan = t.plan AND y.opens <= p_at AND y.from_date <= t.ends AND y.ordinal > 1
                     ORDER BY y.ordinal DESC LIMIT 1) q
             WHERE (SELECT EXISTS (SELECT FROM duban.light x WHERE x.previous))) w
     CROSS JOIN LATERAL duban.task_facts(t, w.at) f
$$;
COMMENT ON FUNCTION duban.light_facts(duban.task, timestamptz) IS 'the facts of a task at an instant and at the end of the period before; before: NULL in the first period, and when no rule looks back';

-- Facts with the colour that the same version of the rule gave at the end of the period before; none in the first.
CREATE FUNCTION duban.light_looking_back(p_code text, p_entry bigint, p_previous boolean, p_facts jsonb, p_before jsonb)
RETURNS TABLE (facts jsonb)
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN p_previous THEN p_facts || pg_catalog.jsonb_build_object('previous',
                     coalesce((SELECT j.light FROM duban.light_judge(p_code, p_entry, p_before) j WHERE p_before IS NOT NULL), 'none'))
                ELSE p_facts END OFFSET 0
$$;
COMMENT ON FUNCTION duban.light_looking_back(text, bigint, boolean, jsonb, jsonb) IS 'facts for a rule, with the light before for one that looks back';

-- A light at any instant, by the version of the rule that was in force.
CREATE FUNCTION duban.light_at(p_task text, p_rule text, p_at timestamptz)
RETURNS TABLE (light text, meaning text, why text, why_en text, rule_entry bigint, facts jsonb)
LANGUAGE sql STABLE AS $$
    SELECT j.light, j.meaning, j.why, j.why_en, l.entry, g.facts
      FROM duban.task t
     CROSS JOIN (SELECT y.* FROM duban.light y WHERE y.code = p_rule AND duban.received_of(y.entry) <= p_at ORDER BY y.entry DESC LIMIT 1) l
     CROSS JOIN LATERAL duban.light_facts(t, p_at) f
     CROSS JOIN LATERAL duban.light_looking_back(l.code, l.entry, l.previous, f.facts, f.before) g
     CROSS JOIN LATERAL duban.light_judge(l.code, l.entry, g.facts) j
     WHERE t.name = p_task
$$;
COMMENT ON FUNCTION duban.light_at(text, text, timestamptz) IS 'the light of a task at an instant, with its reason and facts';

-- Not "task_facts(t.name, (SELECT duban.now()))": a function with a subquery as argument is not inlined.
CREATE VIEW duban.v_light WITH (security_invoker = true) AS
SELECT t.plan, t.name AS task, coalesce(t.title, t.text) AS title, t.accountable AS unit, l.code AS rule, l.entry AS rule_entry, l.standard,
       j.light, j.meaning, j.why, j.why_en, g.facts
  FROM duban.task t
 CROSS JOIN (SELECT (SELECT duban.now()) AS at) n
 CROSS JOIN LATERAL duban.light_facts(t, n.at) f
 CROSS JOIN (SELECT DISTINCT ON (y.code) y.* FROM duban.light y ORDER BY y.code, y.entry DESC) l
 CROSS JOIN LATERAL duban.light_looking_back(l.code, l.entry, l.previous, f.facts, f.before) g
 CROSS JOIN LATERAL duban.light_judge(l.code, l.entry, g.facts) j
 WHERE t.accountable IS NOT NULL AND t.withdrawn IS NULL;
COMMENT ON VIEW duban.v_light IS 'the light of each task by each light rule now: colour, meaning, reason (why, why_en) and the facts it stands on; never stored';

-- ---- how a registry statement sets a light ----------------------------------------------------------------

CREATE FUNCTION duban.set_light(p_entry bigint, p_ord int, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c record;
BEGIN
    FOR c IN
        SELECT x.n, jsonb_array_length(coalesce(x.s -> 'when', '[]')) AS conditions, count(*) OVER () AS last,
               regexp_match(w.text, '^ *([a-z_]+) *(<=|>=|<>|!=|<|>|=) *([^ ].*?) *$') AS part, w.text
          FROM jsonb_array_elements(p -> 'steps') WITH ORDINALITY x (s, n)
          LEFT JOIN LATERAL jsonb_array_elements_text(x.s -> 'when') w (text) ON true
         ORDER BY x.n
    LOOP
        IF (c.conditions = 0) <> (c.n = jsonb_array_length(p -> 'steps')) THEN
            PERFORM duban.refuse(p_ord, 'steps', 'order', 'the last step, and only it, has no conditions: it is the light of all the others');
        END IF;
        CONTINUE WHEN c.conditions = 0;
        IF c.part IS NULL OR duban.light_fact_kind(c.part[1]) IS NULL THEN
            PERFORM duban.refuse(p_ord, 'when', 'condition', format('step %s: "%s" is not FACT OP VALUE with a fact of docs/lights.md', c.n, c.text));
        ELSIF duban.light_fact_kind(c.part[1]) = 'number' AND c.part[3] !~ '^-?[0-9]+(\.[0-9]+)?$'
           OR duban.light_fact_kind(c.part[1]) <> 'number' AND c.part[2] NOT IN ('=', '!=', '<>')
           OR duban.light_fact_kind(c.part[1]) = 'flag' AND c.part[3] NOT IN ('yes', 'no') THEN
            PERFORM duban.refuse(p_ord, 'when', 'condition',
                format('step %s: "%s": numbers compare with numbers; flags are = yes or = no; words have = and !=', c.n, c.text));
        END IF;
    END LOOP;
    INSERT INTO duban.light (code, entry, name, source, standard, previous)
    VALUES (p ->> 'code', p_entry, p ->> 'name', p ->> 'source', coalesce((p ->> 'standard')::boolean, false),
            jsonb_path_exists(p, '$.steps[*].when[*] ? (@ like_regex "^ *previous")'));
    INSERT INTO duban.light_step (code, entry, step, light, meaning, zh, en)
    SELECT p ->> 'code', p_entry, x.n, x.s ->> 'light', x.s ->> 'meaning', x.s ->> 'zh', coalesce(x.s ->> 'en', x.s ->> 'zh')
      FROM jsonb_array_elements(p -> 'steps') WITH ORDINALITY x (s, n);
    INSERT INTO duban.light_condition (code, entry, step, ord, fact, op, value)
    SELECT p ->> 'code', p_entry, x.n, w.n, m.part[1], m.part[2], m.part[3]
      FROM jsonb_array_elements(p -> 'steps') WITH ORDINALITY x (s, n)
     CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(x.s -> 'when', '[]')) WITH ORDINALITY w (text, n)
     CROSS JOIN LATERAL regexp_match(w.text, '^ *([a-z_]+) *(<=|>=|<>|!=|<|>|=) *([^ ].*?) *$') m (part);
END
$$;
COMMENT ON FUNCTION duban.set_light(bigint, int, jsonb) IS 'adds a version of a light rule';

-- ---- rights ---------------------------------------------------------------------------------------------------
GRANT CREATE ON SCHEMA duban TO duban_append;
ALTER FUNCTION duban.received_of OWNER TO duban_append;
ALTER FUNCTION duban.entry_at OWNER TO duban_append;
REVOKE CREATE ON SCHEMA duban FROM duban_append;
GRANT SELECT ON duban.light, duban.light_step, duban.light_condition, duban.v_light TO duban_append, duban_receiver, duban_alerter, duban_reader, duban_auditor;
GRANT INSERT ON duban.light, duban.light_step, duban.light_condition TO duban_append;
GRANT EXECUTE ON FUNCTION duban.set_light, duban.light_fact_kind TO duban_append;
GRANT EXECUTE ON FUNCTION duban.fact_holds, duban.light_judge, duban.light_text, duban.months_between, duban.task_facts, duban.light_facts,
    duban.light_looking_back, duban.light_at TO duban_receiver, duban_alerter, duban_reader, duban_auditor;
