-- SPDX-License-Identifier: BSD-2-Clause
-- raise: missing verdicts and alerts at their instants, under the log lock.

-- Addressees of a ladder step on a day: posts with a holder, and what was vacant.
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
COMMENT ON FUNCTION duban.recipients(text[], text, text, date) IS 'who is alerted by a step; vacant lists posts without a holder, empty rosters and roles that nobody has';

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

CREATE FUNCTION duban.alert_why(p_unit text, p_task text, p_period text, p_due timestamptz, p_zone text, p_level int,
                                p_rule text, p_vacant text[], p_kind text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE p_kind
                WHEN 'completion' THEN format('%s has not reported %s done', p_unit, p_task)
                WHEN 'resubmission' THEN format('%s has not sent %s for %s again, which was returned', p_unit, p_task, split_part(p_period, '!', 1))
                WHEN 'answer' THEN format('%s has not answered what was asked about %s (%s)', p_unit, p_task, split_part(p_period, '!', 2))
                ELSE format('%s has not reported %s for %s', p_unit, p_task, p_period) END
        || format(': %s %s', CASE WHEN p_level = 0 THEN 'it falls due' ELSE 'it was due' END,
                  to_char(p_due AT TIME ZONE p_zone, 'YYYY-MM-DD HH24:MI'))
        || coalesce(format(' by rule %s', p_rule), '')
        || CASE WHEN cardinality(p_vacant) > 0 THEN '; vacant: ' || array_to_string(p_vacant, ', ') ELSE '' END || '.';
END
$$;
COMMENT ON FUNCTION duban.alert_why(text, text, text, timestamptz, text, int, text, text[], text) IS 'why an alert exists, in one sentence';

-- The last step that an obligation climbs to: inherited ends stop at the office.
CREATE FUNCTION duban.step_last(p_ladder text, p_entry bigint, p_inherited boolean) RETURNS int
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT coalesce(max(s.step) FILTER (WHERE NOT p_inherited OR s.level = 0 OR 'office' = ANY (s.recipients)), 0)
              FROM duban.ladder_step s WHERE s.code = p_ladder AND s.entry = p_entry);
END
$$;
COMMENT ON FUNCTION duban.step_last(text, bigint, boolean) IS 'number of the last ladder step for an obligation';

CREATE FUNCTION duban.raise_missing(p_o duban.obligation, p_at timestamptz, p_index bigint, p_registry bigint) RETURNS bytea
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- a silence after a granted extension stands beside the one before it
    INSERT INTO duban.verdict (task, period, unit, silence, verdict, entry, received, rule, calendar)
    SELECT p_o.task, CASE WHEN count(*) = 0 THEN p_o.period ELSE p_o.period || '!e' || count(*) END, p_o.unit, true, 3, p_index, p_at,
           p_o.rule, p_o.calendar
      FROM duban.verdict v
     WHERE v.task = p_o.task AND v.unit = p_o.unit AND v.silence AND (v.period = p_o.period OR v.period LIKE p_o.period || '!e%');
    RETURN convert_to(format(E'duban-entry/v1\nkind missing\nreceived %s\ntask %s\nperiod %s\nunit %s\ndue %s\nrule %s\ncalendar %s\nregistry %s\n',
        duban.utc_micro(p_at), p_o.task, p_o.period, p_o.unit, duban.utc_second(p_o.due), coalesce(p_o.rule, '-'),
        coalesce(p_o.calendar, '-'), p_registry), 'UTF8');
END
$$;
COMMENT ON FUNCTION duban.raise_missing(duban.obligation, timestamptz, bigint, bigint) IS 'the verdict on silence and its entry';

-- What raise must know of one obligation; read for a whole batch at once.
CREATE TYPE duban.raise_item AS (
    o duban.obligation,
    c duban."case",
    zone text,
    ladder text,
    ladder_entry bigint,
    inherited boolean,
    settled boolean,
    missing boolean
);
COMMENT ON TYPE duban.raise_item IS 'one obligation with its open case, the ladder of its plan, and whether it is settled or declared missing';

CREATE FUNCTION duban.raise_items(p_task text[], p_period text[], p_unit text[]) RETURNS SETOF duban.raise_item
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY
    -- answers are between units: like inherited ends they climb to the office and no higher
    SELECT o.row, c.row, p.zone, l.code, l.entry, t.printed IS NULL AND t.approved IS NULL AND (o.row).kind = 'completion' OR (o.row).kind = 'answer',
           coalesce(v.settled OR (o.row).cutoff <= t.released, false), coalesce(v.missing, false) OR NOT t.plain AND EXISTS (
               SELECT FROM duban.verdict y WHERE y.task = x.task AND y.unit = x.unit AND y.silence AND y.period LIKE x.period || '!e%'
                  AND y.received >= (o.row).cutoff)
      FROM unnest(p_task, p_period, p_unit) WITH ORDINALITY x (task, period, unit, n)
      LEFT JOIN LATERAL (SELECT y AS row FROM duban.obligation y WHERE y.task = x.task AND y.period = x.period AND y.unit = x.unit LIMIT 1) o ON true
      LEFT JOIN LATERAL (SELECT y.* FROM duban.task y WHERE y.name = x.task LIMIT 1) t ON true
      LEFT JOIN LATERAL (SELECT y.* FROM duban.plan y WHERE y.handle = t.plan LIMIT 1) p ON true
      LEFT JOIN LATERAL (SELECT y.code, y.entry FROM duban.ladder y WHERE y.code = p.ladder ORDER BY y.entry DESC LIMIT 1) l ON true
      LEFT JOIN LATERAL (SELECT y AS row FROM duban."case" y WHERE y.task = x.task AND y.period = x.period AND y.unit = x.unit
                            AND y.closed IS NULL LIMIT 1) c ON true
      LEFT JOIN LATERAL (SELECT bool_or(NOT y.silence) AS settled, bool_or(y.silence AND y.received >= (o.row).cutoff) AS missing FROM duban.verdict y
                          WHERE y.task = x.task AND y.period = x.period AND y.unit = x.unit) v ON true
     ORDER BY x.n;
END
$$;
COMMENT ON FUNCTION duban.raise_items(text[], text[], text[]) IS 'the facts that raise decides by, in the order asked';

-- Instants of all steps for one base; the same for everything that falls due together.
CREATE TYPE duban.raise_times AS (
    ladder text,
    ladder_entry bigint,
    due timestamptz,
    base timestamptz,
    base_after int,
    zone text,
    at timestamptz[],
    first_after int
);
COMMENT ON TYPE duban.raise_times IS 'ladder steps as instants: at[step]; steps from first_after on lie after the alert instant';

CREATE FUNCTION duban.times_for(p_old duban.raise_times, p_c duban."case", p_zone text) RETURNS duban.raise_times
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r duban.raise_times;
BEGIN
    IF p_old.ladder = p_c.ladder AND p_old.ladder_entry = p_c.ladder_entry AND p_old.due = p_c.due AND p_old.base = p_c.base
       AND p_old.base_after = p_c.base_after AND p_old.zone = p_zone THEN
        RETURN p_old;
    END IF;
    r := ROW(p_c.ladder, p_c.ladder_entry, p_c.due, p_c.base, p_c.base_after, p_zone, NULL, NULL);
    SELECT array_agg(duban.step_at(s.code, s.entry, s.step, p_c.due, p_c.base, p_c.base_after, p_zone) ORDER BY s.step),
           min(s.step) FILTER (WHERE s.after IS NOT NULL)
      INTO r.at, r.first_after
      FROM duban.ladder_step s WHERE s.code = p_c.ladder AND s.entry = p_c.ladder_entry;
    RETURN r;
END
$$;
COMMENT ON FUNCTION duban.times_for(duban.raise_times, duban."case", text) IS 'the given instants when they fit the case, else new ones';

CREATE FUNCTION duban.times_next(p_times duban.raise_times, p_c duban."case") RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE WHEN p_c.step + 1 >= p_times.first_after THEN greatest(p_times.at[p_c.step + 1], p_c.held_until)
                ELSE p_times.at[p_c.step + 1] END;
END
$$;
COMMENT ON FUNCTION duban.times_next(duban.raise_times, duban."case") IS 'instant of the next step of a case, not before the end of a hold';

-- Raises the next step of a case; passes vacant levels on the way. Writes the alerts, returns the entry.
CREATE FUNCTION duban.raise_step(INOUT p_c duban."case", INOUT p_times duban.raise_times, INOUT p_counts duban.raise_counts, p_o duban.obligation, p_last int,
                                 p_received timestamptz, p_index bigint, p_registry bigint, OUT entry bytea)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s duban.ladder_step;
    fell timestamptz := p_c.next_at;
    zone text := p_times.zone;
    r record;
    lines text := '';
    passed text[] := '{}';
    what text;
    word text;
    of_year text := to_char(p_received AT TIME ZONE p_times.zone, 'YYYY');
    last int;
BEGIN
    LOOP
        SELECT x.* INTO STRICT s FROM duban.ladder_step x
         WHERE x.code = p_c.ladder AND x.entry = p_c.ladder_entry AND x.step = p_c.step + 1;
        IF s.after IS NOT NULL AND p_times.at[s.step] < p_c.held_until THEN
            -- held: what follows keeps its distance from the end of the hold
            p_c.base := p_c.held_until;
            p_c.base_after := s.after;
            p_times := duban.times_for(p_times, p_c, zone);
        END IF;
        p_c.step := s.step;
        p_c.level := s.level;
        r := duban.recipients(s.recipients, p_c.task, p_c.unit, (p_received AT TIME ZONE zone)::date);
        IF cardinality(r.vacant) > 0 THEN
            passed := passed || r.vacant;
            SELECT lines || string_agg(format(E'vacant %s %s\n', s.level, v), '') INTO lines FROM unnest(r.vacant) v;
        END IF;
        EXIT WHEN cardinality(r.posts) > 0 OR s.before IS NOT NULL OR p_c.step >= p_last;
    END LOOP;
    what := CASE WHEN s.level = 0 THEN 'reminder' WHEN p_o.kind = 'completion' THEN 'task-overdue'
                 WHEN p_o.kind = 'resubmission' THEN 'returned'
                 WHEN p_o.kind = 'answer' THEN 'answer-missing' ELSE 'report-missing' END;
    IF cardinality(r.posts) > 0 THEN
        word := CASE s.level WHEN 0 THEN '提醒' WHEN 1 THEN '催办' ELSE '督办' END;
        last := coalesce((p_counts.numbers ->> (word || ' ' || of_year))::int,
                         (SELECT x.last FROM duban.alert_number x WHERE x.year = of_year::int AND x.kind = word), 0);
        WITH added AS (
            INSERT INTO duban.alert (alert, number, bundle, kind, "case", step, level, post, at, raised, entry, why)
            SELECT p_counts.events + x.o, word || '〔' || of_year || '〕' || last + x.o || '号',
                   format('L%s-%s-%s', s.level, x.post, to_char(fell AT TIME ZONE 'UTC', 'YYYYMMDD"T"HH24MISS"Z"')),
                   what, p_c."case", s.step, s.level, x.post, fell, p_received, p_index,
                   duban.alert_why(p_c.unit, p_c.task, p_c.period, p_c.due, zone, s.level, p_o.rule, passed, p_o.kind)
              FROM unnest(r.posts) WITH ORDINALITY x (post, o)
            RETURNING alert, post, number)
        SELECT lines || string_agg(format(E'alert %s %s %s\n', a.alert, a.post, a.number), '' ORDER BY a.alert) INTO lines FROM added a;
        p_counts.events := p_counts.events + cardinality(r.posts);
        p_counts.numbers := p_counts.numbers || jsonb_build_object(word || ' ' || of_year, last + cardinality(r.posts));
    END IF;
    entry := convert_to(format(E'duban-entry/v1\nkind alert\nreceived %s\nat %s\ncase %s\ntask %s\nperiod %s\nunit %s\ndue %s\nrule %s\ncalendar %s\nladder %s@%s\nstep %s\nlevel %s\n',
        duban.utc_micro(p_received), duban.utc_micro(fell), p_c."case", p_c.task, p_c.period, p_c.unit, duban.utc_second(p_c.due),
        coalesce(p_o.rule, '-'), coalesce(p_o.calendar, '-'), p_c.ladder, p_c.ladder_entry, s.step, s.level)
        || lines || format(E'registry %s\n', p_registry), 'UTF8');
    IF p_c.held_until <= p_received THEN
        p_c.held_until := NULL;
    END IF;
    p_c.next_at := CASE WHEN p_c.step < p_last THEN duban.times_next(p_times, p_c) END;
END
$$;
COMMENT ON FUNCTION duban.raise_step(duban."case", duban.raise_times, duban.raise_counts, duban.obligation, int, timestamptz, bigint, bigint)
    IS 'raises one step: alerts one per recipient, the case moved on, the entry returned';

-- The case of an obligation that has none yet: its first step is the first reminder not before it opened.
CREATE FUNCTION duban.case_new(p_i duban.raise_item, p_index bigint) RETURNS duban."case"
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c duban."case";
BEGIN
    c."case" := p_index;
    c.task := (p_i.o).task;
    c.period := (p_i.o).period;
    c.unit := (p_i.o).unit;
    c.due := (p_i.o).due;
    c.cutoff := (p_i.o).cutoff;
    c.ladder := p_i.ladder;
    c.ladder_entry := p_i.ladder_entry;
    c.step := 0;
    c.level := 0;
    -- who took over a lateness is chased from then on
    c.base := greatest(c.cutoff, (p_i.o).opens);
    c.base_after := 0;
    RETURN c;
END
$$;
COMMENT ON FUNCTION duban.case_new(duban.raise_item, bigint) IS 'a case that is not stored yet, before its first step';

-- One item: what is due is raised, the hint moves on. Returns the entries to append.
CREATE FUNCTION duban.raise_one(p_i duban.raise_item, INOUT p_times duban.raise_times, INOUT p_counts duban.raise_counts, p_received timestamptz, p_index bigint,
                                p_registry bigint, OUT entries bytea[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    o duban.obligation := p_i.o;
    c duban."case" := p_i.c;
    missing boolean := p_i.missing;
    step record;
    last_step int;
    look timestamptz;
BEGIN
    entries := '{}';
    IF c."case" IS NULL THEN
        c := duban.case_new(p_i, p_index);
        p_times := duban.times_for(p_times, c, p_i.zone);
        WHILE c.step + 1 < p_times.first_after AND p_times.at[c.step + 1] < o.opens LOOP
            c.step := c.step + 1;
        END LOOP;
        c.next_at := duban.times_next(p_times, c);
    ELSE
        p_times := duban.times_for(p_times, c, p_i.zone);
    END IF;
    -- after a long move what fell before the cut-off comes first
    IF p_received >= o.cutoff AND NOT missing AND coalesce(c.next_at >= o.cutoff, true) THEN
        entries := entries || duban.raise_missing(o, p_received, p_index, p_registry);
        missing := true;
        c."case" := CASE WHEN c."case" = p_index THEN p_index + 1 ELSE c."case" END;
    END IF;
    last_step := duban.step_last(c.ladder, c.ladder_entry, p_i.inherited);
    IF c.step < last_step AND c.next_at <= p_received THEN
        step := duban.raise_step(c, p_times, p_counts, o, last_step, p_received, p_index + cardinality(entries), p_registry);
        c := step.p_c;
        p_times := step.p_times;
        p_counts := step.p_counts;
        entries := entries || step.entry;
        c.from_entry := p_index + cardinality(entries) - 1;
        INSERT INTO duban."case" AS x SELECT c.*
        ON CONFLICT ("case") DO UPDATE SET step = excluded.step, level = excluded.level, base = excluded.base,
            base_after = excluded.base_after, held_until = excluded.held_until, next_at = excluded.next_at, from_entry = excluded.from_entry;
    END IF;
    look := least(CASE WHEN c.step < last_step THEN c.next_at END, CASE WHEN NOT missing THEN o.cutoff END);
    IF look IS NULL THEN
        DELETE FROM duban.agenda a WHERE a.task = o.task AND a.period = o.period AND a.unit = o.unit;
    ELSE
        UPDATE duban.agenda a SET at = look WHERE a.task = o.task AND a.period = o.period AND a.unit = o.unit;
    END IF;
END
$$;
COMMENT ON FUNCTION duban.raise_one(duban.raise_item, duban.raise_times, duban.raise_counts, timestamptz, bigint, bigint)
    IS 'recomputes the rule for one obligation and raises what is due; the agenda is a hint, this is the truth';

-- The same; an item that cannot be judged is put off.
CREATE FUNCTION duban.raise_one_or_none(p_i duban.raise_item, INOUT p_times duban.raise_times, INOUT p_counts duban.raise_counts,
                                        p_received timestamptz, p_index bigint, p_registry bigint, OUT entries bytea[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made record;
BEGIN
    entries := '{}';
    made := duban.raise_one(p_i, p_times, p_counts, p_received, p_index, p_registry);
    p_times := made.p_times;
    p_counts := made.p_counts;
    entries := made.entries;
EXCEPTION WHEN data_exception OR no_data_found OR too_many_rows OR integrity_constraint_violation THEN
    RAISE WARNING 'obligation % % of % cannot be judged and is put off an hour: %', (p_i.o).task, (p_i.o).period, (p_i.o).unit, SQLERRM;
    UPDATE duban.agenda x SET at = p_received + interval '1 hour'
     WHERE x.task = (p_i.o).task AND x.period = (p_i.o).period AND x.unit = (p_i.o).unit;
    INSERT INTO duban.put_off (task, period, unit, at, why) VALUES ((p_i.o).task, (p_i.o).period, (p_i.o).unit, p_received, SQLERRM)
    ON CONFLICT (task, period, unit) DO UPDATE SET at = excluded.at, why = excluded.why;
END
$$;
COMMENT ON FUNCTION duban.raise_one_or_none(duban.raise_item, duban.raise_times, duban.raise_counts, timestamptz, bigint, bigint)
    IS 'raise_one in a subtransaction: nothing and a later look when it fails; the view v_schedule_warning says so';

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

CREATE FUNCTION duban.raise(p_limit int, OUT raised int, OUT next_us bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- a cached plan made while a table was still empty must not scan it when it has grown
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    opened record;
    claimed record;
    i duban.raise_item;
    n int := 0;
    times duban.raise_times;
    counts duban.raise_counts;
    one_by_one boolean := false;
    made record;
    entries bytea[] := '{}';
BEGIN
    opened := duban.log_open(9223372036854775807, NULL);
    raised := 0;
    IF EXISTS (SELECT FROM duban.effect e WHERE e.applied IS NULL AND e.at <= opened.received) THEN
        raised := duban.effects_raise(opened.received, opened.wall, opened.registry, opened.old_size, opened.old_frontier);
        next_us := duban.next_due();
        RETURN;
    END IF;
    SELECT array_agg(x.task ORDER BY x.at, x.task, x.period) AS task, array_agg(x.period ORDER BY x.at, x.task, x.period) AS period,
           array_agg(x.unit ORDER BY x.at, x.task, x.period) AS unit
      INTO claimed
      FROM (SELECT y.* FROM duban.agenda y
             WHERE y.at <= opened.received
               AND y.at <= (SELECT min(z.at) + interval '1 hour' FROM duban.agenda z)
             ORDER BY y.at, y.task, y.period LIMIT least(p_limit, 256) FOR UPDATE) x;
    LOOP
        -- first all together: a subtransaction each would cost more than the raising, and overflow what other
        -- sessions know of ours (64 per transaction)
        BEGIN
            counts := duban.raise_counts_read();
            entries := '{}';
            raised := 0;
            n := 0;
            FOR i IN SELECT * FROM duban.raise_items(claimed.task, claimed.period, claimed.unit) LOOP
                n := n + 1;
                raised := raised + 1;
                IF i.settled OR (i.o).task IS NULL THEN
                    DELETE FROM duban.agenda x WHERE x.task = claimed.task[n] AND x.period = claimed.period[n] AND x.unit = claimed.unit[n];
                    CONTINUE;
                END IF;
                IF one_by_one THEN
                    made := duban.raise_one_or_none(i, times, counts, opened.received, opened.old_size + cardinality(entries), opened.registry);
                ELSE
                    made := duban.raise_one(i, times, counts, opened.received, opened.old_size + cardinality(entries), opened.registry);
                END IF;
                times := made.p_times;
                counts := made.p_counts;
                entries := entries || made.entries;
            END LOOP;
            EXIT;
        EXCEPTION WHEN data_exception OR no_data_found OR too_many_rows OR integrity_constraint_violation THEN
            IF one_by_one THEN
                RAISE;
            END IF;
            one_by_one := true;
        END;
    END LOOP;
    PERFORM duban.delivery_plan((SELECT l.events FROM duban.log_lock l), counts.events, opened.received);
    PERFORM duban.raise_counts_store(counts);
    IF EXISTS (SELECT FROM duban.put_off x WHERE x.at < opened.received) THEN
        DELETE FROM duban.put_off x USING unnest(claimed.task, claimed.period, claimed.unit) y (task, period, unit)
         WHERE x.task = y.task AND x.period = y.period AND x.unit = y.unit AND x.at < opened.received;
    END IF;
    IF cardinality(entries) > 0 THEN
        PERFORM duban.log_extend(entries, opened.received, opened.wall, opened.old_size, opened.old_frontier);
        NOTIFY duban_entry;
        NOTIFY duban_alert;
    END IF;
    next_us := duban.next_due();
END
$$;
COMMENT ON FUNCTION duban.raise(int) IS 'raises what is due, at most 256 obligations, in order of their instants; next_us as in next_due()';
