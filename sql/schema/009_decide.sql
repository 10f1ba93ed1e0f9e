-- SPDX-License-Identifier: BSD-2-Clause
-- What is due of an obligation at an instant: the facts, the instants of its ladder, the decision. The agenda is a hint,
-- this is the truth.

-- What an alert is about, by what is owed.
CREATE FUNCTION duban.alert_kind(p_kind text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE p_kind WHEN 'completion' THEN 'task-overdue' WHEN 'resubmission' THEN 'returned' WHEN 'answer' THEN 'answer-missing'
                       WHEN 'promise' THEN 'promise-broken' WHEN 'credential' THEN 'expiring' ELSE 'report-missing' END;
END
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
        WHEN 'credential' THEN p_o.unit || ' has not renewed its ' || CASE split_part(p_o.task, '/', 1) WHEN 'key' THEN 'signing key ' WHEN 'client' THEN 'client certificate '
            ELSE 'calendar ' END || left(split_part(p_o.task, '/', 2), 32) || ', which runs out'
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
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
-- a plan that was cached while a table was still empty must not scan it when it has grown
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
BEGIN
    RETURN ARRAY(
        SELECT a.post
          -- offset 0: by case, whatever a plan of an empty table thinks of an index in the wanted order
          FROM (SELECT b.post, b.rehearsal, EXISTS (SELECT FROM duban.acknowledgement k WHERE k.alert = b.alert) AS acknowledged
                  FROM duban.alert b WHERE b."case" = p_c."case" AND b.step = p_c.step OFFSET 0) a
         WHERE EXISTS (SELECT FROM (
                           SELECT k.* FROM duban.signing_key k WHERE k.code IN (a.post, (SELECT o.unit FROM duban.post o WHERE o.code = a.post))
                           UNION ALL
                           SELECT k.* FROM duban.delegate d JOIN duban.signing_key k ON k.key = d.key
                            WHERE d.post = a.post AND duban.day(p_received) BETWEEN coalesce(d.from_date, '-infinity') AND coalesce(d.to_date, 'infinity')) k
                        WHERE k.revoked IS NULL AND coalesce(k.valid_from <= p_received, true) AND coalesce(k.valid_until > p_received, true))
         GROUP BY a.post HAVING bool_or(NOT a.rehearsal) AND NOT bool_or(a.acknowledged)
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

-- What is to be done about some items that are alike in all that decides.
CREATE TYPE duban.raise_work AS (
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
    look timestamptz,
    unanswered text[]
);
COMMENT ON TYPE duban.raise_work IS 'what raise does about one obligation, or about all that are alike: whether silence is declared now, which event of its case falls (step, repeat, answer: nobody acknowledged)';

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
CREATE FUNCTION duban.raise_decide(p_i duban.raise_item, INOUT p_times duban.raise_times, p_received timestamptz, p_pushes boolean,
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
    w.o := o;
    w.zone := p_i.zone;
    w.l := p_i.l;
    w.fresh := fresh;
    w.last_step := last_step;
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
COMMENT ON FUNCTION duban.raise_decide(duban.raise_item, duban.raise_times, timestamptz, boolean) IS 'what is due of one obligation at an instant';

-- What of two items must be the same for one decision to serve both; and what a silence
-- covers is alike to nothing else.
CREATE FUNCTION duban.raise_alike(p_items duban.raise_item[], p_pushes boolean) RETURNS TABLE (members int[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT array_agg(x.n::int ORDER BY x.n) FROM unnest(p_items) WITH ORDINALITY x (task, period, unit, o, c, zone, l, inherited, settled, missing, silences, unanswered, n)
     WHERE x.task NOT LIKE 'silence/%' AND NOT x.settled AND (x.o).task IS NOT NULL AND (x.l).code IS NOT NULL
     GROUP BY (x.o).kind, (x.o).opens, (x.o).due, (x.o).cutoff, (x.l).code, (x.l).entry, x.zone, x.inherited, x.missing, x.unanswered,
              (x.c)."case" IS NULL, (x.c).due, (x.c).cutoff, (x.c).step, (x.c).level, (x.c).base, (x.c).base_step, (x.c).held_until, (x.c).next_at,
              (x.c).round, (x.c).repeats, (x.c).repeat_at, (x.c).answer_at, 
              CASE WHEN p_pushes AND EXISTS (SELECT FROM duban.silence_target s WHERE s.target IN ('task/' || x.task, 'unit/' || x.unit)) THEN x.task END,
              CASE WHEN p_pushes AND EXISTS (SELECT FROM duban.silence_target s WHERE s.target IN ('task/' || x.task, 'unit/' || x.unit)) THEN x.unit END
     ORDER BY min(x.n);
END
$$;
COMMENT ON FUNCTION duban.raise_alike(duban.raise_item[], boolean) IS 'items that are neither settled nor without a ladder, those that are alike together, by their positions: thousands that fall due together are decided once';

-- Moves the case of an event on, before its entry is written.
CREATE FUNCTION duban.case_move(p_w duban.raise_work, p_told boolean, INOUT p_times duban.raise_times, p_received timestamptz, OUT c duban."case")
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
        c.answer_at := CASE WHEN s.answer IS NOT NULL AND c.step < p_w.last_step AND p_told
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
COMMENT ON FUNCTION duban.case_move(duban.raise_work, boolean, duban.raise_times, timestamptz) IS 'a case after an event: step, level, round, when it goes on';
