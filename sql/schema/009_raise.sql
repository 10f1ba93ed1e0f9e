-- SPDX-License-Identifier: BSD-2-Clause
-- raise: missing verdicts and alerts at their instants, under the log lock. A batch is decided item by item without a
-- query, addressees are looked up for all of it at once, and what came of it is written with one statement a table.

-- Numbers given out in a batch and not stored yet: a row updated once an alert would be read through all of
-- its versions of the same transaction, which is quadratic.
CREATE TYPE duban.raise_counts AS (events bigint, numbers jsonb);
COMMENT ON TYPE duban.raise_counts IS 'last event of the stream; last printed number by "kind year"';

CREATE FUNCTION duban.raise_counts_read() RETURNS duban.raise_counts
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT ROW(l.events, '{}')::duban.raise_counts FROM duban.log_lock l
$$;
COMMENT ON FUNCTION duban.raise_counts_read() IS 'counters at the start of a batch; only under the log lock';

CREATE FUNCTION duban.raise_counts_store(p duban.raise_counts) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE duban.log_lock SET events = p.events WHERE events <> p.events;
    INSERT INTO duban.alert_number AS x (kind, year, last)
    SELECT split_part(n.key, ' ', 1), split_part(n.key, ' ', 2)::int, n.value::int FROM jsonb_each_text(p.numbers) n
    ON CONFLICT (year, kind) DO UPDATE SET last = excluded.last;
END
$$;
COMMENT ON FUNCTION duban.raise_counts_store(duban.raise_counts) IS 'counters at the end of a batch; numbers have no gap';

-- What an alert is about, by what is owed.
CREATE FUNCTION duban.alert_kind(p_kind text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE p_kind WHEN 'completion' THEN 'task-overdue' WHEN 'resubmission' THEN 'returned' WHEN 'answer' THEN 'answer-missing'
                       WHEN 'promise' THEN 'promise-broken' WHEN 'credential' THEN 'expiring' ELSE 'report-missing' END
$$;
COMMENT ON FUNCTION duban.alert_kind(text) IS 'kind of an alert behind the due instant, by the kind of the obligation';

CREATE FUNCTION duban.alert_why(p_o duban.obligation, p_zone text, p_level int, p_repeats int, p_unanswered text[], p_passed text[]) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    due text := to_char(p_o.due AT TIME ZONE p_zone, 'YYYY-MM-DD HH24:MI');
    what text;
BEGIN
    what := CASE p_o.kind
        WHEN 'completion' THEN p_o.unit || ' has not reported ' || p_o.task || ' done'
        WHEN 'resubmission' THEN p_o.unit || ' has not sent ' || p_o.task || ' for ' || split_part(p_o.period, '!', 1) || ' again after its return'
        WHEN 'answer' THEN p_o.unit || ' has not answered what was asked about ' || p_o.task || ' (' || split_part(p_o.period, '!', 2) || ')'
        WHEN 'promise' THEN p_o.unit || ' has not sent the report on ' || p_o.task || ' that it promised in entry ' || split_part(substr(p_o.period, 6), '.', 1)
        WHEN 'credential' THEN p_o.unit || ' has not renewed ' || p_o.task
        ELSE p_o.unit || ' has not reported ' || p_o.task || ' for ' || p_o.period END;
    RETURN what || CASE WHEN p_level = 0 THEN ': it falls due ' ELSE ': it was due ' END || due || coalesce(' by rule ' || p_o.rule, '')
        || CASE WHEN p_repeats > 1 THEN '; notice ' || p_repeats ELSE '' END
        || CASE WHEN cardinality(p_unanswered) > 0 THEN '; not acknowledged by ' || array_to_string(p_unanswered, ', ') ELSE '' END
        || CASE WHEN cardinality(p_passed) > 0 THEN '; vacant: ' || array_to_string(p_passed, ', ') ELSE '' END || '.';
END
$$;
COMMENT ON FUNCTION duban.alert_why(duban.obligation, text, int, int, text[], text[]) IS 'why an alert exists, in one sentence';

-- The last step that an obligation climbs to: inherited ends stop at the office.
CREATE FUNCTION duban.step_last(p_ladder text, p_entry bigint, p_inherited boolean) RETURNS int
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT coalesce(max(s.step) FILTER (WHERE NOT p_inherited OR s.level = 0 OR 'office' = ANY (s.recipients)), 0)
              FROM duban.ladder_step s WHERE s.code = p_ladder AND s.entry = p_entry);
END
$$;
COMMENT ON FUNCTION duban.step_last(text, bigint, boolean) IS 'number of the last ladder step for an obligation';

-- What raise must know of one obligation; read for a whole batch at once.
CREATE TYPE duban.raise_item AS (
    task text,
    period text,
    unit text,
    o duban.obligation,
    c duban."case",
    zone text,
    l duban.ladder,
    inherited boolean,
    settled boolean,
    missing boolean,
    silences int,
    unanswered text[]
);
COMMENT ON TYPE duban.raise_item IS 'one obligation with its open case, its ladder, whether it is settled or declared missing since its cut-off, how often before, and who has left the newest alerts unacknowledged for too long';

-- Addressees of the newest step who could acknowledge and did not.
CREATE FUNCTION duban.unanswered(p_c duban."case", p_received timestamptz) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN ARRAY(
        SELECT DISTINCT a.post FROM duban.alert a
         WHERE a."case" = p_c."case" AND a.step = p_c.step AND NOT a.rehearsal
           AND NOT EXISTS (SELECT FROM duban.alert b JOIN duban.acknowledgement k ON k.alert = b.alert
                            WHERE b."case" = a."case" AND b.step = a.step AND b.post = a.post)
           AND EXISTS (SELECT FROM duban.signing_key k
                        WHERE k.revoked IS NULL AND coalesce(k.valid_from <= p_received, true) AND coalesce(k.valid_until > p_received, true)
                          AND (k.code IN (SELECT x FROM (SELECT a.post UNION ALL SELECT o.unit FROM duban.post o WHERE o.code = a.post) y (x))
                               OR EXISTS (SELECT FROM duban.delegate d WHERE d.post = a.post AND d.key = k.key
                                    AND duban.day(p_received) BETWEEN coalesce(d.from_date, '-infinity') AND coalesce(d.to_date, 'infinity'))))
         ORDER BY a.post);
END
$$;
COMMENT ON FUNCTION duban.unanswered(duban."case", timestamptz) IS 'addressees of the highest step of a case without an acknowledgement, of those that have a key to give one with';

CREATE FUNCTION duban.raise_items(p_task text[], p_period text[], p_unit text[], p_received timestamptz) RETURNS duban.raise_item[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (
    SELECT array_agg(ROW(x.task, x.period, x.unit, o.row, c.row, coalesce(p.zone, 'Asia/Shanghai'), l.row,
                         -- answers are between units: like inherited ends they climb to the office and no higher
                         t.printed IS NULL AND t.approved IS NULL AND (o.row).kind = 'completion' OR (o.row).kind = 'answer',
                         coalesce(v.settled OR (o.row).cutoff <= t.released, false), coalesce(v.missing OR w.missing, false), coalesce(w.silences, v.silences::int, 0),
                         CASE WHEN (c.row).answer_at <= p_received THEN duban.unanswered(c.row, p_received) END)::duban.raise_item ORDER BY x.n)
      FROM unnest(p_task, p_period, p_unit) WITH ORDINALITY x (task, period, unit, n)
      LEFT JOIN LATERAL (SELECT y AS row FROM duban.obligation y WHERE y.task = x.task AND y.period = x.period AND y.unit = x.unit LIMIT 1) o ON true
      LEFT JOIN LATERAL (SELECT y.* FROM duban.task y WHERE y.name = x.task LIMIT 1) t ON true
      LEFT JOIN LATERAL (SELECT y.* FROM duban.plan y WHERE y.handle = t.plan LIMIT 1) p ON true
      LEFT JOIN LATERAL (SELECT y AS row FROM duban."case" y WHERE y.task = x.task AND y.period = x.period AND y.unit = x.unit
                            AND y.closed IS NULL LIMIT 1) c ON true
      LEFT JOIN LATERAL (SELECT y AS row FROM duban.ladder y WHERE y.code = coalesce((c.row).ladder, p.ladder, (o.row).kind)
                            AND y.entry <= coalesce((c.row).ladder_entry, 9223372036854775807) ORDER BY y.entry DESC LIMIT 1) l ON true
      LEFT JOIN LATERAL (SELECT bool_or(NOT y.silence) AS settled, bool_or(y.silence AND y.received >= (o.row).cutoff) AS missing,
                                count(*) FILTER (WHERE y.silence) AS silences FROM duban.verdict y
                          WHERE y.task = x.task AND y.period = x.period AND y.unit = x.unit) v ON true
      -- silences before an extension and after it stand beside one another
      LEFT JOIN LATERAL (SELECT count(*)::int AS silences, bool_or(y.received >= (o.row).cutoff) AS missing FROM duban.verdict y
                          WHERE y.task = x.task AND y.unit = x.unit AND y.silence AND (y.period = x.period OR y.period LIKE x.period || '!e%')) w
             ON NOT t.plain AND v.silences > 0);
END
$$;
COMMENT ON FUNCTION duban.raise_items(text[], text[], text[], timestamptz) IS 'the facts that raise decides by, in the order asked';

-- Instants of all steps for one base; the same for everything that falls due together.
CREATE TYPE duban.raise_times AS (
    ladder text,
    ladder_entry bigint,
    due timestamptz,
    base timestamptz,
    base_step smallint,
    zone text,
    steps duban.ladder_step[],
    calendar_entry bigint,
    at timestamptz[],
    first_after int,
    last_step int,
    last_office int
);
COMMENT ON TYPE duban.raise_times IS 'ladder steps as instants: at[step]; steps from first_after on lie after the alert instant; last_step, and last_office for ends that are inherited';

CREATE FUNCTION duban.times_for(p_old duban.raise_times, p_l duban.ladder, p_c duban."case", p_zone text) RETURNS duban.raise_times
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r duban.raise_times;
BEGIN
    IF p_old.ladder = p_c.ladder AND p_old.ladder_entry = p_c.ladder_entry AND p_old.due = p_c.due AND p_old.base = p_c.base
       AND p_old.base_step = p_c.base_step AND p_old.zone = p_zone THEN
        RETURN p_old;
    END IF;
    r := p_old;
    IF (p_old.ladder = p_c.ladder AND p_old.ladder_entry = p_c.ladder_entry) IS NOT TRUE THEN
        r.steps := duban.ladder_steps(p_c.ladder, p_c.ladder_entry);
        r.calendar_entry := duban.calendar_entry(p_l.calendar);
        SELECT coalesce(min(s.step) FILTER (WHERE s.before IS NULL AND s.before_wait IS NULL), 32767), coalesce(max(s.step), 0),
               coalesce(max(s.step) FILTER (WHERE s.level = 0 OR 'office' = ANY (s.recipients)), 0)
          INTO r.first_after, r.last_step, r.last_office FROM unnest(r.steps) s;
    END IF;
    r.ladder := p_c.ladder;
    r.ladder_entry := p_c.ladder_entry;
    r.due := p_c.due;
    r.base := p_c.base;
    r.base_step := p_c.base_step;
    r.zone := p_zone;
    r.at := duban.steps_at(p_l, r.steps, r.calendar_entry, p_c.due, p_c.base, p_c.base_step, p_zone);
    RETURN r;
END
$$;
COMMENT ON FUNCTION duban.times_for(duban.raise_times, duban.ladder, duban."case", text) IS 'the given instants when they fit the case, else new ones';

-- The next step or repeat of a case, not before the end of a hold.
CREATE FUNCTION duban.times_next(p_at timestamptz[], p_first_after int, p_last int, p_c duban."case") RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN least(CASE WHEN p_c.step >= p_last THEN NULL WHEN p_c.step + 1 >= p_first_after THEN greatest(p_at[p_c.step + 1], p_c.held_until)
                      ELSE p_at[p_c.step + 1] END,
                 CASE WHEN p_c.repeat_at IS NOT NULL THEN greatest(p_c.repeat_at, p_c.held_until) END);
END
$$;
COMMENT ON FUNCTION duban.times_next(timestamptz[], int, int, duban."case") IS 'instant of the next step or repeat of a case; NULL after the last';

-- When a case goes on: its next step or repeat by the newest calendar, not before the end of a hold.
CREATE FUNCTION duban.case_next(p_case duban."case") RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ladder duban.ladder;
    times duban.raise_times;
    inherited boolean;
    zone text;
BEGIN
    SELECT x.* INTO ladder FROM duban.ladder x WHERE x.code = p_case.ladder AND x.entry = p_case.ladder_entry;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT p.zone, t.printed IS NULL AND t.approved IS NULL AND o.kind = 'completion' OR o.kind = 'answer' INTO zone, inherited
      FROM duban.obligation o LEFT JOIN duban.task t ON t.name = o.task LEFT JOIN duban.plan p ON p.handle = t.plan
     WHERE o.task = p_case.task AND o.period = p_case.period AND o.unit = p_case.unit;
    times := duban.times_for(NULL, ladder, p_case, coalesce(zone, 'Asia/Shanghai'));
    RETURN duban.times_next(times.at, times.first_after, CASE WHEN inherited THEN times.last_office ELSE times.last_step END, p_case);
END
$$;
COMMENT ON FUNCTION duban.case_next(duban."case") IS 'instant of the next ladder step or repeat of a case; NULL after the last';

-- What is to be done about one item.
CREATE TYPE duban.raise_work AS (
    n int,
    o duban.obligation,
    c duban."case",
    zone text,
    l duban.ladder,
    fresh boolean,
    last_step int,
    missing boolean,
    event text,
    fell timestamptz,
    held_step smallint,
    silent_at timestamptz,
    silences int,
    look timestamptz,
    unanswered text[],
    posts text[],
    roles text[],
    quiet_from time[],
    quiet_to time[],
    passed text[],
    lines text
);
COMMENT ON TYPE duban.raise_work IS 'what raise does about one obligation: whether silence is declared now, which event of its case falls (step, repeat, answer: nobody acknowledged), and to whom';

-- The case of an obligation that has none yet.
CREATE FUNCTION duban.case_new(p_o duban.obligation, p_l duban.ladder) RETURNS duban."case"
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c duban."case";
BEGIN
    c.task := p_o.task;
    c.period := p_o.period;
    c.unit := p_o.unit;
    c.due := p_o.due;
    c.cutoff := p_o.cutoff;
    c.ladder := p_l.code;
    c.ladder_entry := p_l.entry;
    c.step := 0;
    c.level := 0;
    -- who took over a lateness is chased from then on
    c.base := greatest(p_o.cutoff, p_o.opens);
    c.base_step := 0;
    c.round := 0;
    c.repeats := 0;
    RETURN c;
END
$$;
COMMENT ON FUNCTION duban.case_new(duban.obligation, duban.ladder) IS 'a case that is not stored yet, before its first step';

-- Decides one item; the agenda is a hint, this is the truth. p_pushes: blind periods or silences may move an instant.
CREATE FUNCTION duban.raise_decide(p_i duban.raise_item, p_n int, INOUT p_times duban.raise_times, p_received timestamptz, p_pushes boolean,
                                   OUT w duban.raise_work)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    o duban.obligation := p_i.o;
    c duban."case" := p_i.c;
    fresh boolean := c."case" IS NULL;
    last_step int;
    fell timestamptz;
    silent_at timestamptz := o.cutoff;
    answer timestamptz;
BEGIN
    IF fresh THEN
        c := duban.case_new(o, p_i.l);
    END IF;
    p_times := duban.times_for(p_times, p_i.l, c, p_i.zone);
    last_step := CASE WHEN fresh AND NOT o.kind = ANY ((p_i.l).kinds) THEN 0
                      WHEN p_i.inherited THEN p_times.last_office ELSE p_times.last_step END;
    IF fresh THEN
        -- the first reminder that is not before it opened
        WHILE c.step + 1 < p_times.first_after AND p_times.at[c.step + 1] < o.opens LOOP
            c.step := c.step + 1;
        END LOOP;
        c.next_at := duban.times_next(p_times.at, p_times.first_after, last_step, c);
    END IF;
    IF p_pushes THEN
        silent_at := duban.pushed_blind(o.cutoff);
    END IF;
    LOOP
        fell := c.next_at;
        IF p_pushes THEN
            fell := duban.pushed(fell, o.task, o.unit);
        END IF;
        EXIT WHEN fell IS NULL OR c.step + 1 >= p_times.first_after OR fell < o.cutoff;
        -- a reminder whose time has gone by
        c.step := c.step + 1;
        c.next_at := duban.times_next(p_times.at, p_times.first_after, last_step, c);
    END LOOP;
    w.n := p_n;
    w.o := o;
    w.zone := p_i.zone;
    w.l := p_i.l;
    w.fresh := fresh;
    w.last_step := last_step;
    w.silences := p_i.silences;
    -- after a long move what fell before the cut-off comes first
    w.missing := NOT p_i.missing AND p_received >= silent_at AND coalesce(fell >= o.cutoff, true);
    IF fell <= p_received THEN
        w.event := CASE WHEN c.repeat_at IS NOT NULL AND (c.step >= last_step OR p_times.at[c.step + 1] > c.repeat_at) THEN 'repeat' ELSE 'step' END;
        w.fell := fell;
        -- held, silenced or blind: what follows keeps its distance from when it fell
        w.held_step := CASE WHEN w.event = 'step' AND c.step + 1 >= p_times.first_after AND p_times.at[c.step + 1] < fell THEN c.step + 1 END;
    END IF;
    IF c.answer_at IS NOT NULL AND c.step < last_step THEN
        answer := greatest(CASE WHEN p_pushes THEN duban.pushed(c.answer_at, o.task, o.unit) ELSE c.answer_at END, c.held_until);
        IF answer <= p_received AND cardinality(p_i.unanswered) > 0 AND (w.fell IS NULL OR answer < w.fell) THEN
            w.event := 'answer';
            w.fell := answer;
            w.held_step := NULL;
            w.unanswered := p_i.unanswered;
        END IF;
    END IF;
    w.c := c;
    w.silent_at := CASE WHEN NOT p_i.missing AND NOT w.missing THEN silent_at END;
    w.look := least(fell, w.silent_at, CASE WHEN answer > p_received THEN answer END);
END
$$;
COMMENT ON FUNCTION duban.raise_decide(duban.raise_item, int, duban.raise_times, timestamptz, boolean) IS 'what is due of one obligation at an instant';

-- Addressees by roles on a day: posts with a holder, and what was vacant; raise asks for a whole batch below.
CREATE FUNCTION duban.recipients(p_roles text[], p_task text, p_unit text, p_day date, OUT posts text[], OUT vacant text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wanted text;
    named text[];
    code text;
BEGIN
    posts := '{}';
    vacant := '{}';
    FOREACH wanted IN ARRAY p_roles LOOP
        IF wanted = 'leader' THEN
            named := ARRAY(SELECT CASE WHEN l.roster THEN coalesce(m.code, l.code) ELSE l.code END
                             FROM duban.task_leader l
                             LEFT JOIN duban.roster_member m ON l.roster AND m.roster = l.code
                                  AND p_day BETWEEN coalesce(m.from_date, '-infinity') AND coalesce(m.to_date, 'infinity')
                            WHERE l.task = p_task ORDER BY l.ordinal, m.code);
        ELSIF wanted IN ('contact', 'head') THEN
            named := ARRAY(SELECT o.code FROM duban.post o WHERE o.unit = p_unit AND o.role = wanted ORDER BY o.code);
        ELSE
            named := ARRAY(SELECT o.code FROM duban.post o WHERE o.unit IS NULL AND o.role = wanted ORDER BY o.code);
        END IF;
        IF cardinality(named) = 0 THEN
            vacant := vacant || wanted;
        END IF;
        FOREACH code IN ARRAY named LOOP
            IF duban.vacant(code, p_day) THEN
                vacant := vacant || code;
            ELSIF NOT code = ANY (posts) THEN
                posts := posts || code;
            END IF;
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.recipients(text[], text, text, date) IS 'who is alerted by a role; vacant lists posts without a holder, empty rosters and roles that nobody has';

-- Addressees of steps: posts that are held that day, and what is vacant.
CREATE FUNCTION duban.recipients(p_n int[], p_task text[], p_unit text[], p_ladder text[], p_entry bigint[], p_step int[], p_day date)
RETURNS TABLE (n int, posts text[], roles text[], quiet_from time[], quiet_to time[], vacant text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT y.n, array_agg(y.code ORDER BY y.o) FILTER (WHERE y.held), array_agg(y.role ORDER BY y.o) FILTER (WHERE y.held),
           array_agg(y.quiet_from ORDER BY y.o) FILTER (WHERE y.held), array_agg(y.quiet_to ORDER BY y.o) FILTER (WHERE y.held),
           array_agg(y.code ORDER BY y.o) FILTER (WHERE NOT y.held)
      FROM (SELECT z.*, row_number() OVER (PARTITION BY z.n, z.code ORDER BY z.o) AS again
              FROM (SELECT x.n, coalesce(p.code, r.role) AS code, h.held IS NOT NULL AND q.retired IS NOT TRUE AS held, q.role, q.quiet_from, q.quiet_to,
                           row_number() OVER (ORDER BY x.n, r.o, p.place, p.code) AS o
                      FROM unnest(p_n, p_task, p_unit, p_ladder, p_entry, p_step) x (n, task, unit, ladder, entry, step)
                      LEFT JOIN LATERAL (SELECT s.recipients FROM duban.ladder_step s WHERE s.code = x.ladder AND s.entry = x.entry AND s.step = x.step LIMIT 1) s ON true
                     CROSS JOIN LATERAL unnest(s.recipients) WITH ORDINALITY r (role, o)
                      LEFT JOIN LATERAL (
                            SELECT v.code, 0 AS place FROM duban.post v WHERE v.unit = x.unit AND v.role = r.role AND r.role IN ('contact', 'head')
                            UNION ALL
                            SELECT v.code, 0 FROM duban.post v WHERE v.unit IS NULL AND v.role = r.role AND r.role NOT IN ('contact', 'head', 'leader')
                            UNION ALL
                            SELECT CASE WHEN l.roster THEN coalesce(m.code, l.code) ELSE l.code END, l.ordinal
                              FROM duban.task_leader l
                              LEFT JOIN duban.roster_member m ON l.roster AND m.roster = l.code
                                   AND p_day BETWEEN coalesce(m.from_date, '-infinity') AND coalesce(m.to_date, 'infinity')
                             WHERE l.task = x.task AND r.role = 'leader') p ON true
                      LEFT JOIN LATERAL (SELECT true AS held FROM duban.holder h WHERE h.post = p.code
                                            AND p_day BETWEEN coalesce(h.from_date, '-infinity') AND coalesce(h.to_date, 'infinity') LIMIT 1) h ON true
                      LEFT JOIN LATERAL (SELECT v.role, v.quiet_from, v.quiet_to, (SELECT u.retired <= p_day FROM duban.unit u WHERE u.code = v.unit LIMIT 1) AS retired
                                           FROM duban.post v WHERE v.code = p.code LIMIT 1) q ON true) z) y
     WHERE y.again = 1
     GROUP BY y.n;
END
$$;
COMMENT ON FUNCTION duban.recipients(int[], text[], text[], text[], bigint[], int[], date) IS 'who is alerted by each step; vacant lists posts without a holder, empty rosters and roles that nobody has';

-- Gives each event its addressees; a level whose posts are all vacant is passed at once.
CREATE FUNCTION duban.raise_addresses(p_works duban.raise_work[], p_received timestamptz) RETURNS duban.raise_work[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    works duban.raise_work[] := p_works;
    w duban.raise_work;
    asked int[];
    a_task text[];
    a_unit text[];
    a_ladder text[];
    a_entry bigint[];
    a_step int[];
    again int[];
    target int;
    r record;
BEGIN
    FOR i IN 1 .. cardinality(works) LOOP
        IF works[i].event IS NOT NULL THEN
            asked := asked || i;
        END IF;
    END LOOP;
    WHILE cardinality(asked) > 0 LOOP
        a_task := '{}';
        a_unit := '{}';
        a_ladder := '{}';
        a_entry := '{}';
        a_step := '{}';
        FOR i IN 1 .. cardinality(asked) LOOP
            w := works[asked[i]];
            a_task := a_task || (w.o).task;
            a_unit := a_unit || (w.o).unit;
            a_ladder := a_ladder || (w.l).code;
            a_entry := a_entry || (w.l).entry;
            a_step := a_step || (w.c).step + (w.event <> 'repeat')::int;
        END LOOP;
        again := '{}';
        FOR r IN SELECT x.* FROM duban.recipients(asked, a_task, a_unit, a_ladder, a_entry, a_step, duban.day(p_received)) x LOOP
            w := works[r.n];
            target := (w.c).step + (w.event <> 'repeat')::int;
            w.posts := coalesce(r.posts, '{}');
            w.roles := r.roles;
            w.quiet_from := r.quiet_from;
            w.quiet_to := r.quiet_to;
            IF r.vacant IS NOT NULL THEN
                w.passed := coalesce(w.passed, '{}') || r.vacant;
                SELECT coalesce(w.lines, '') || string_agg(format(E'vacant %s %s\n', s.level, v), '' ORDER BY o) INTO w.lines
                  FROM unnest(r.vacant) WITH ORDINALITY y (v, o)
                 CROSS JOIN LATERAL (SELECT z.level FROM duban.ladder_step z WHERE z.code = (w.l).code AND z.entry = (w.l).entry AND z.step = target LIMIT 1) s;
            END IF;
            IF w.posts = '{}' AND w.event <> 'repeat' AND target < w.last_step AND w.fell >= (w.o).cutoff THEN
                w.c.step := target;
                again := again || r.n;
            END IF;
            works[r.n] := w;
        END LOOP;
        asked := again;
    END LOOP;
    RETURN works;
END
$$;
COMMENT ON FUNCTION duban.raise_addresses(duban.raise_work[], timestamptz) IS 'addressees of what falls; vacant levels are passed on the way and named';

-- End of the quiet hours that an instant lies in; NULL outside them.
CREATE FUNCTION duban.quiet_end(p_at timestamptz, p_from time, p_to time, p_off boolean, p_calendar text, p_calendar_entry bigint, p_zone text)
RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    local timestamp := p_at AT TIME ZONE p_zone;
    reached timestamp := local;
BEGIN
    LOOP
        IF p_off AND NOT duban.working(p_calendar, p_calendar_entry, reached::date) THEN
            reached := reached::date + 1;
        ELSIF p_from < p_to AND reached::time >= p_from AND reached::time < p_to
              OR p_from > p_to AND reached::time < p_to THEN
            reached := reached::date + p_to;
        ELSIF p_from > p_to AND reached::time >= p_from THEN
            reached := reached::date + 1;
        ELSE
            EXIT;
        END IF;
    END LOOP;
    RETURN CASE WHEN reached > local THEN reached AT TIME ZONE p_zone END;
END
$$;
COMMENT ON FUNCTION duban.quiet_end(timestamptz, time, time, boolean, text, bigint, text) IS 'when mail and hooks may speak again; p_off: days that are not worked are quiet too';

-- Moves the case of an event on, before its entry is written.
CREATE FUNCTION duban.case_move(p_w duban.raise_work, INOUT p_times duban.raise_times, p_received timestamptz, OUT c duban."case")
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s duban.ladder_step;
BEGIN
    c := p_w.c;
    p_times := duban.times_for(p_times, p_w.l, c, p_w.zone);
    IF p_w.event <> 'repeat' THEN
        IF p_w.held_step IS NOT NULL THEN
            c.base := p_w.fell;
            c.base_step := p_w.held_step;
            p_times := duban.times_for(p_times, p_w.l, c, p_w.zone);
        END IF;
        c.step := c.step + 1;
        s := p_times.steps[c.step];
        c.round := CASE WHEN s.level = c.level THEN c.round + 1 ELSE 1 END;
        c.level := s.level;
        c.repeats := 1;
        c.answer_at := CASE WHEN s.answer IS NOT NULL AND c.step < p_w.last_step AND cardinality(p_w.posts) > 0
                            THEN duban.delay_add(duban.delay_of(s.answer), p_w.fell, p_w.l, p_times.calendar_entry, NULL, p_w.zone) END;
    ELSE
        s := p_times.steps[c.step];
        c.round := c.round + 1;
        c.repeats := c.repeats + 1;
    END IF;
    c.repeat_at := CASE WHEN c.repeats < s.rounds THEN duban.delay_add(duban.delay_of(s.repeat), p_w.fell, p_w.l, p_times.calendar_entry, NULL, p_w.zone) END;
    IF c.held_until <= p_received THEN
        c.held_until := NULL;
    END IF;
    c.next_at := duban.times_next(p_times.at, p_times.first_after, p_w.last_step, c);
END
$$;
COMMENT ON FUNCTION duban.case_move(duban.raise_work, duban.raise_times, timestamptz) IS 'a case after an event: step, level, round, when it goes on';

-- The alerts of one event, numbered, and the lines that its entry says about them.
CREATE FUNCTION duban.raise_alerts(p_w duban.raise_work, p_c duban."case", p_times duban.raise_times, INOUT p_counts duban.raise_counts, p_received timestamptz,
                                   p_index bigint, OUT alerts duban.alert[], OUT lines text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a duban.alert;
    l duban.ladder := p_w.l;
    of_year text := to_char(p_received AT TIME ZONE p_w.zone, 'YYYY');
    word text := CASE p_c.level WHEN 0 THEN '提醒' WHEN 1 THEN '催办' ELSE '督办' END;
    printed text;
    last int;
    fell text := to_char(p_w.fell AT TIME ZONE 'UTC', 'YYYYMMDD"T"HH24MISS"Z"');
BEGIN
    alerts := '{}';
    lines := coalesce(p_w.lines, '');
    a.kind := CASE WHEN p_c.level = 0 THEN 'reminder' WHEN p_w.event = 'answer' THEN 'alert-unacknowledged' ELSE duban.alert_kind((p_w.o).kind) END;
    a.why := duban.alert_why(p_w.o, p_w.zone, p_c.level, p_c.repeats, p_w.unanswered, p_w.passed);
    a."case" := p_c."case";
    a.step := p_c.step;
    a.level := p_c.level;
    a.round := p_c.round;
    a.at := p_w.fell;
    a.raised := p_received;
    a.entry := p_index;
    FOR i IN 1 .. cardinality(p_w.posts) LOOP
        a.post := p_w.posts[i];
        a.rehearsal := l.rehearsal AND p_w.roles[i] NOT IN ('contact', 'head', 'office');
        IF printed IS NULL OR a.rehearsal <> (printed <> word) THEN
            IF printed IS NOT NULL THEN
                p_counts.numbers := p_counts.numbers || jsonb_build_object(printed || ' ' || of_year, last);
            END IF;
            printed := CASE WHEN a.rehearsal THEN '演练' || word ELSE word END;
            last := coalesce((p_counts.numbers ->> (printed || ' ' || of_year))::int,
                             (SELECT x.last FROM duban.alert_number x WHERE x.year = of_year::int AND x.kind = printed), 0);
        END IF;
        last := last + 1;
        p_counts.events := p_counts.events + 1;
        a.alert := p_counts.events;
        a.number := printed || '〔' || of_year || '〕' || last || '号';
        a.bundle := 'L' || a.level || '-' || a.post || '-' || fell;
        a.deliver_at := NULL;
        IF (l.quiet_from IS NOT NULL OR p_w.quiet_from[i] IS NOT NULL) AND NOT l.quiet_except && ARRAY[a.post, p_w.roles[i]] THEN
            a.deliver_at := duban.quiet_end(p_received, coalesce(p_w.quiet_from[i], l.quiet_from), coalesce(p_w.quiet_to[i], l.quiet_to),
                                            l.quiet_off, l.calendar, p_times.calendar_entry, p_w.zone);
        END IF;
        alerts := alerts || a;
        lines := lines || CASE WHEN a.rehearsal THEN 'rehearsal ' ELSE 'alert ' END || a.alert || ' ' || a.post || ' ' || a.number || E'\n'
              || CASE WHEN a.deliver_at IS NULL THEN '' ELSE 'quiet ' || a.alert || ' ' || duban.utc_second(a.deliver_at) || E'\n' END;
    END LOOP;
    IF printed IS NOT NULL THEN
        p_counts.numbers := p_counts.numbers || jsonb_build_object(printed || ' ' || of_year, last);
    END IF;
END
$$;
COMMENT ON FUNCTION duban.raise_alerts(duban.raise_work, duban."case", duban.raise_times, duban.raise_counts, timestamptz, bigint) IS 'alerts of one event, one per addressee';

CREATE FUNCTION duban.missing_entry(p_o duban.obligation, p_received text, p_registry bigint) RETURNS bytea
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN convert_to(format(E'duban-entry/v1\nkind missing\nreceived %s\ntask %s\nperiod %s\nunit %s\ndue %s\nrule %s\ncalendar %s\nregistry %s\n',
        p_received, p_o.task, p_o.period, p_o.unit, duban.utc_second(p_o.due), coalesce(p_o.rule, '-'), coalesce(p_o.calendar, '-'), p_registry), 'UTF8');
END
$$;
COMMENT ON FUNCTION duban.missing_entry(duban.obligation, text, bigint) IS 'entry of a verdict on silence';

CREATE FUNCTION duban.alert_entry(p_w duban.raise_work, p_c duban."case", p_received text, p_lines text, p_registry bigint) RETURNS bytea
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    o duban.obligation := p_w.o;
BEGIN
    RETURN convert_to(format(E'duban-entry/v1\nkind alert\nreceived %s\nat %s\ncase %s\ntask %s\nperiod %s\nunit %s\ndue %s\nrule %s\ncalendar %s\nladder %s@%s\nstep %s\nlevel %s\n',
        p_received, duban.utc_micro(p_w.fell), p_c."case", o.task, o.period, o.unit, duban.utc_second(o.due), coalesce(o.rule, '-'),
        coalesce(o.calendar, '-'), p_c.ladder, p_c.ladder_entry, p_c.step, p_c.level)
        || CASE WHEN p_c.round > 1 THEN 'round ' || p_c.round || E'\n' ELSE '' END
        || CASE WHEN cardinality(p_w.unanswered) > 0 THEN 'unacknowledged ' || array_to_string(p_w.unanswered, E'\nunacknowledged ') || E'\n' ELSE '' END
        || p_lines || 'registry ' || p_registry || E'\n', 'UTF8');
END
$$;
COMMENT ON FUNCTION duban.alert_entry(duban.raise_work, duban."case", text, text, bigint) IS 'entry of one step of a case';

-- Writes what a batch came to: one statement a table.
CREATE FUNCTION duban.raise_store(p_received timestamptz, p_silent duban.verdict[], p_opened duban."case"[], p_moved duban."case"[], p_alerts duban.alert[],
                                  p_look duban.agenda[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF cardinality(p_silent) > 0 THEN
        INSERT INTO duban.verdict SELECT x.* FROM unnest(p_silent) x;
    END IF;
    IF cardinality(p_opened) > 0 THEN
        INSERT INTO duban."case" SELECT x.* FROM unnest(p_opened) x;
    END IF;
    IF cardinality(p_moved) > 0 THEN
        UPDATE duban."case" c SET step = x.step, level = x.level, base = x.base, base_step = x.base_step, held_until = x.held_until, next_at = x.next_at,
                                  round = x.round, repeats = x.repeats, repeat_at = x.repeat_at, answer_at = x.answer_at, from_entry = x.from_entry
          FROM unnest(p_moved) x WHERE c."case" = x."case";
    END IF;
    IF cardinality(p_alerts) > 0 THEN
        INSERT INTO duban.alert SELECT x.* FROM unnest(p_alerts) x;
    END IF;
    UPDATE duban.agenda a SET at = x.at FROM unnest(p_look) x
     WHERE a.task = x.task AND a.period = x.period AND a.unit = x.unit AND x.at IS NOT NULL;
    DELETE FROM duban.agenda a USING unnest(p_look) x
     WHERE a.task = x.task AND a.period = x.period AND a.unit = x.unit AND x.at IS NULL;
END
$$;
COMMENT ON FUNCTION duban.raise_store(timestamptz, duban.verdict[], duban."case"[], duban."case"[], duban.alert[], duban.agenda[]) IS 'verdicts, cases, alerts and looks of one batch';

-- A batch as of an instant: everything that does not depend on a clock; replay calls it for one item at a time.
CREATE FUNCTION duban.raise_at(p_task text[], p_period text[], p_unit text[], p_received timestamptz, p_index bigint, p_registry bigint)
RETURNS bytea[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    items duban.raise_item[] := coalesce(duban.raise_items(p_task, p_period, p_unit, p_received), '{}');
    i duban.raise_item;
    w duban.raise_work;
    works duban.raise_work[] := '{}';
    times duban.raise_times;
    counts duban.raise_counts := duban.raise_counts_read();
    pushes boolean := duban.pushes_since(items);
    received text := duban.utc_micro(p_received);
    entries bytea[] := '{}';
    silent duban.verdict[] := '{}';
    opened duban."case"[] := '{}';
    moved duban."case"[] := '{}';
    alerts duban.alert[] := '{}';
    looks duban.agenda[] := '{}';
    c duban."case";
    made record;
BEGIN
    FOR n IN 1 .. cardinality(items) LOOP
        i := items[n];
        IF i.task LIKE 'silence/%' THEN
            made := duban.silence_remind(i.task, i.unit, counts, p_received, p_index + cardinality(entries), p_registry);
            counts := made.p_counts;
            entries := entries || made.entries;
            looks := looks || ROW(i.task, i.period, i.unit, made.look)::duban.agenda;
        ELSIF i.settled OR (i.o).task IS NULL OR (i.l).code IS NULL THEN
            looks := looks || ROW(i.task, i.period, i.unit, NULL)::duban.agenda;
        ELSE
            made := duban.raise_decide(i, n, times, p_received, pushes);
            times := made.p_times;
            works := works || made.w;
        END IF;
    END LOOP;
    works := duban.raise_addresses(works, p_received);
    FOREACH w IN ARRAY works LOOP
        IF w.missing THEN
            silent := silent || ROW((w.o).task, (w.o).period || CASE WHEN w.silences > 0 THEN '!e' || w.silences ELSE '' END, (w.o).unit, true, 3,
                                    p_index + cardinality(entries), p_received, (w.o).rule, (w.o).calendar, false)::duban.verdict;
            entries := entries || duban.missing_entry(w.o, received, p_registry);
        END IF;
        IF w.event IS NOT NULL THEN
            made := duban.case_move(w, times, p_received);
            times := made.p_times;
            c := made.c;
            c.from_entry := p_index + cardinality(entries);
            IF w.fresh THEN
                c."case" := p_index + cardinality(entries);
                opened := opened || c;
            ELSE
                moved := moved || c;
            END IF;
            made := duban.raise_alerts(w, c, times, counts, p_received, p_index + cardinality(entries));
            counts := made.p_counts;
            alerts := alerts || made.alerts;
            entries := entries || duban.alert_entry(w, c, received, made.lines, p_registry);
            w.look := least(c.next_at, c.answer_at, w.silent_at);
        END IF;
        looks := looks || ROW((w.o).task, (w.o).period, (w.o).unit, w.look)::duban.agenda;
    END LOOP;
    PERFORM duban.raise_store(p_received, silent, opened, moved, alerts, looks);
    PERFORM duban.raise_counts_store(counts);
    RETURN entries;
END
$$;
COMMENT ON FUNCTION duban.raise_at(text[], text[], text[], timestamptz, bigint, bigint) IS 'raises what is due of some obligations at an instant and returns the entries to append';

CREATE FUNCTION duban.next_due() RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- a plan that was cached while a table was still empty must not scan it when it has grown
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
BEGIN
    RETURN (SELECT (extract(epoch FROM least((SELECT min(a.at) FROM duban.agenda a), (SELECT min(e.at) FROM duban.effect e WHERE e.applied IS NULL)) - (clock_timestamp() + l.clock_offset)) * 1000000)::bigint
              FROM duban.log_lock l);
END
$$;
COMMENT ON FUNCTION duban.next_due() IS 'microseconds until the next agenda item, 0 or less when one is due, NULL when there is none';

-- All of a batch together: a subtransaction each would cost more than the raising, and overflow what other sessions
-- know of ours (64 per transaction). When it fails, one by one; what cannot be judged is put off.
CREATE FUNCTION duban.raise_claimed(p_task text[], p_period text[], p_unit text[], p_received timestamptz, p_index bigint, p_registry bigint)
RETURNS bytea[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    entries bytea[] := '{}';
BEGIN
    BEGIN
        RETURN duban.raise_at(p_task, p_period, p_unit, p_received, p_index, p_registry);
    EXCEPTION WHEN data_exception OR no_data_found OR too_many_rows OR integrity_constraint_violation THEN
        RAISE WARNING 'a batch of obligations cannot be judged together: %', SQLERRM;
    END;
    FOR n IN 1 .. cardinality(p_task) LOOP
        BEGIN
            entries := entries || duban.raise_at(p_task[n:n], p_period[n:n], p_unit[n:n], p_received, p_index + cardinality(entries), p_registry);
        EXCEPTION WHEN data_exception OR no_data_found OR too_many_rows OR integrity_constraint_violation THEN
            RAISE WARNING 'obligation % % of % cannot be judged and is put off an hour: %', p_task[n], p_period[n], p_unit[n], SQLERRM;
            UPDATE duban.agenda x SET at = p_received + interval '1 hour' WHERE x.task = p_task[n] AND x.period = p_period[n] AND x.unit = p_unit[n];
            INSERT INTO duban.put_off (task, period, unit, at, why) VALUES (p_task[n], p_period[n], p_unit[n], p_received, SQLERRM)
            ON CONFLICT (task, period, unit) DO UPDATE SET at = excluded.at, why = excluded.why;
        END;
    END LOOP;
    RETURN entries;
END
$$;
COMMENT ON FUNCTION duban.raise_claimed(text[], text[], text[], timestamptz, bigint, bigint) IS 'raise_at for a batch, or for each of its items when the batch fails; what cannot be judged is put off, and the view v_schedule_warning says so';

CREATE FUNCTION duban.raise(p_limit int, p_blind_us bigint DEFAULT NULL, p_drain_us bigint DEFAULT NULL, OUT raised int, OUT next_us bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- a cached plan made while a table was still empty must not scan it when it has grown
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    opened record;
    claimed record;
    entries bytea[];
    events bigint;
    blind bytea;
BEGIN
    opened := duban.log_open(9223372036854775807, NULL);
    IF EXISTS (SELECT FROM duban.effect e WHERE e.applied IS NULL AND e.at <= opened.received) THEN
        raised := duban.effects_raise(opened.received, opened.wall, opened.registry, opened.old_size, opened.old_frontier);
        next_us := duban.next_due();
        RETURN;
    END IF;
    blind := duban.blind_found(opened.received, opened.wall, opened.old_size, opened.registry, p_blind_us, p_drain_us);
    -- by the index alone: sorting what falls together again for each batch would cost more than raising it
    SELECT array_agg(x.task ORDER BY x.at) AS task, array_agg(x.period ORDER BY x.at) AS period, array_agg(x.unit ORDER BY x.at) AS unit, count(*) AS n
      INTO claimed
      FROM (SELECT y.* FROM duban.agenda y
             WHERE y.at <= least(opened.received, (SELECT min(z.at) + interval '1 hour' FROM duban.agenda z)) ORDER BY y.at LIMIT least(p_limit, 256) FOR UPDATE) x;
    raised := claimed.n;
    events := (SELECT l.events FROM duban.log_lock l);
    entries := CASE WHEN blind IS NULL THEN '{}' ELSE ARRAY[blind] END;
    IF raised > 0 THEN
        entries := entries || duban.raise_claimed(claimed.task, claimed.period, claimed.unit, opened.received, opened.old_size + cardinality(entries), opened.registry);
    END IF;
    IF EXISTS (SELECT FROM duban.put_off x WHERE x.at < opened.received) THEN
        DELETE FROM duban.put_off x USING unnest(claimed.task, claimed.period, claimed.unit) y (task, period, unit)
         WHERE x.task = y.task AND x.period = y.period AND x.unit = y.unit AND x.at < opened.received;
    END IF;
    PERFORM duban.delivery_plan(events, (SELECT l.events FROM duban.log_lock l), opened.received);
    IF cardinality(entries) > 0 THEN
        PERFORM duban.log_extend(entries, opened.received, opened.wall, opened.old_size, opened.old_frontier);
        NOTIFY duban_entry;
        NOTIFY duban_alert;
    END IF;
    next_us := duban.next_due();
END
$$;
COMMENT ON FUNCTION duban.raise(int, bigint, bigint) IS 'raises what is due, at most 256 obligations, in order of their instants; before it, an outage of over p_blind_us is recorded with p_drain_us for the outboxes; next_us as in next_due()';
