-- SPDX-License-Identifier: BSD-2-Clause
-- raise: missing verdicts and alerts at their instants, under the log lock. What is alike in a batch is decided once,
-- addressees are looked up for all of it at once, and what came of it is written with one statement a table.

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

-- Addressees of one event.
CREATE TYPE duban.raise_told AS (
    step int,
    posts text[],
    roles text[],
    quiet_from time[],
    quiet_to time[],
    passed text[],
    lines text
);
COMMENT ON TYPE duban.raise_told IS 'who is told of one event and of which step; passed: what was vacant on the way, and the lines of the entry that say so';

-- Gives each event its addressees; a level whose posts are all vacant is passed at once.
CREATE FUNCTION duban.raise_addresses(p_works duban.raise_work[], p_work int[], p_task text[], p_unit text[], p_day date) RETURNS duban.raise_told[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    told duban.raise_told[] := array_fill(NULL::duban.raise_told, ARRAY[cardinality(p_work)]);
    t duban.raise_told;
    w duban.raise_work;
    asked record;
    again int[] := ARRAY(SELECT x.n::int FROM unnest(p_work) WITH ORDINALITY x (work, n) WHERE (p_works[x.work]).event IS NOT NULL);
    r record;
BEGIN
    WHILE cardinality(again) > 0 LOOP
        SELECT array_agg(p_task[x.n] ORDER BY x.n) AS task, array_agg(p_unit[x.n] ORDER BY x.n) AS unit, array_agg((y.l).code ORDER BY x.n) AS ladder,
               array_agg((y.l).entry ORDER BY x.n) AS entry, array_agg(coalesce((told[x.n]).step, (y.c).step) + (y.event <> 'repeat')::int ORDER BY x.n) AS step, array_agg(x.n ORDER BY x.n) AS n
          INTO asked FROM unnest(again) x (n) JOIN unnest(p_works) WITH ORDINALITY y ON y.ordinality = p_work[x.n];
        again := '{}';
        FOR r IN SELECT x.*, z.step FROM duban.recipients(asked.n, asked.task, asked.unit, asked.ladder, asked.entry, asked.step, p_day) x
                   JOIN unnest(asked.n, asked.step) z (n, step) ON z.n = x.n LOOP
            t := told[r.n];
            t.posts := coalesce(r.posts, '{}');
            t.roles := r.roles;
            t.quiet_from := r.quiet_from;
            t.quiet_to := r.quiet_to;
            IF r.vacant IS NOT NULL THEN
                w := p_works[p_work[r.n]];
                t.passed := coalesce(t.passed, '{}') || r.vacant;
                SELECT coalesce(t.lines, '') || string_agg(format(E'vacant %s %s\n', s.level, v), '' ORDER BY o) INTO t.lines
                  FROM unnest(r.vacant) WITH ORDINALITY y (v, o)
                 CROSS JOIN LATERAL (SELECT z.level FROM duban.ladder_step z WHERE z.code = (w.l).code AND z.entry = (w.l).entry AND z.step = r.step LIMIT 1) s;
                IF t.posts = '{}' AND w.event <> 'repeat' AND r.step < w.last_step AND w.fell >= (w.o).cutoff THEN
                    t.step := r.step;
                    again := again || r.n;
                END IF;
            END IF;
            told[r.n] := t;
        END LOOP;
    END LOOP;
    RETURN told;
END
$$;
COMMENT ON FUNCTION duban.raise_addresses(duban.raise_work[], int[], text[], text[], date) IS 'addressees of what falls, at the places of p_work; vacant levels are passed on the way and named';

-- A case behind its event, and the calendar that it was reckoned by.
CREATE TYPE duban.raise_move AS (c duban."case", calendar_entry bigint);
COMMENT ON TYPE duban.raise_move IS 'a case after an event, without the names of whose it is';

-- Writes verdicts, new cases and alerts of a batch; gives back its entries in order, the cases that moved and the looks.
-- p_work and p_move say for each item which of p_works and p_moves is its own; entries begin at p_index.
CREATE FUNCTION duban.raise_write(p_items duban.raise_item[], p_works duban.raise_work[], p_work int[], p_told duban.raise_told[], p_moves duban.raise_move[],
                                  p_move int[], p_counts duban.raise_counts, p_received timestamptz, p_index bigint, p_registry bigint,
                                  OUT entries bytea[], OUT moved duban."case"[], OUT looks duban.agenda[], OUT events bigint, OUT numbers jsonb)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
-- everything here is in memory: lists of a few hundred against one another
SET enable_hashjoin = on SET enable_nestloop = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    received text := duban.utc_micro(p_received);
BEGIN
    WITH work AS MATERIALIZED (
        SELECT x.ordinality AS work, x.*, to_char(p_received AT TIME ZONE x.zone, 'YYYY') AS year, to_char(x.fell AT TIME ZONE 'UTC', 'YYYYMMDD"T"HH24MISS"Z"') AS bundle,
               duban.utc_second((x.o).due) AS due_text, duban.utc_micro(x.fell) AS fell_text
          FROM unnest(p_works) WITH ORDINALITY x),
    move AS MATERIALIZED (
        SELECT x.ordinality AS move, x.*, CASE (x.c).level WHEN 0 THEN '提醒' WHEN 1 THEN '催办' ELSE '督办' END AS word FROM unnest(p_moves) WITH ORDINALITY x),
    item AS MATERIALIZED (
        SELECT i.n, i.o, (i.c)."case" AS open, i.silences, w.missing, w.event, w.fresh, w.fell, w.zone, w.l, w.unanswered, w.silent_at, w.look, w.year, w.bundle, w.due_text, w.fell_text,
               m.c, m.word, m.calendar_entry, i.posts, i.roles, i.quiet_from, i.quiet_to, i.lines,
               CASE WHEN w.event IS NOT NULL THEN duban.alert_why(i.o, w.zone, (m.c).level, (m.c).repeats, w.unanswered, i.passed) END AS why,
               CASE WHEN (m.c).level = 0 THEN 'reminder' WHEN w.event = 'answer' THEN 'alert-unacknowledged' ELSE duban.alert_kind((i.o).kind) END AS kind,
               p_index - 1 + sum(w.missing::int + (w.event IS NOT NULL)::int) OVER (ORDER BY i.n) AS last -- of its entries
          FROM ROWS FROM (unnest(p_items), unnest(p_work), unnest(p_move), unnest(p_told)) WITH ORDINALITY
               i (task, period, unit, o, c, zone, l, inherited, settled, missing, silences, unanswered, work, move, step, posts, roles, quiet_from, quiet_to, passed, lines, n)
          JOIN work w ON w.work = i.work
          LEFT JOIN move m ON m.move = i.move),
    told AS MATERIALIZED (
        SELECT x.n, x.last, x.open, x.c, x.l, x.zone, x.calendar_entry, x.fell, x.year, x.bundle, t.post, t.role, t.quiet_from, t.quiet_to, t.k, r.rehearsal,
               CASE WHEN r.rehearsal THEN '演练' ELSE '' END || x.word AS printed, x.kind, x.why
          FROM item x CROSS JOIN LATERAL unnest(x.posts, x.roles, x.quiet_from, x.quiet_to) WITH ORDINALITY t (post, role, quiet_from, quiet_to, k)
         CROSS JOIN LATERAL (SELECT (x.l).rehearsal AND t.role NOT IN ('contact', 'head', 'office') AS rehearsal) r),
    series AS MATERIALIZED (
        SELECT t.printed, t.year, coalesce((p_counts.numbers ->> (t.printed || ' ' || t.year))::int,
                   (SELECT x.last FROM duban.alert_number x WHERE x.year = t.year::int AND x.kind = t.printed), 0) AS last, count(*) AS n
          FROM told t GROUP BY t.printed, t.year),
    alert AS MATERIALIZED (
        SELECT t.*, p_counts.events + row_number() OVER (ORDER BY t.n, t.k) AS alert,
               t.printed || '〔' || t.year || '〕' || s.last + row_number() OVER (PARTITION BY t.printed, t.year ORDER BY t.n, t.k) || '号' AS number,
               CASE WHEN ((t.l).quiet_from IS NOT NULL OR t.quiet_from IS NOT NULL) AND NOT (t.l).quiet_except && ARRAY[t.post, t.role] THEN
                   duban.quiet_end(p_received, coalesce(t.quiet_from, (t.l).quiet_from), coalesce(t.quiet_to, (t.l).quiet_to), (t.l).quiet_off, (t.l).calendar, t.calendar_entry, t.zone)
               END AS deliver_at
          FROM told t JOIN series s ON s.printed = t.printed AND s.year = t.year),
    line AS MATERIALIZED (
        SELECT a.n, string_agg(CASE WHEN a.rehearsal THEN 'rehearsal ' ELSE 'alert ' END || a.alert || ' ' || a.post || ' ' || a.number || E'\n'
                               || CASE WHEN a.deliver_at IS NULL THEN '' ELSE 'quiet ' || a.alert || ' ' || duban.utc_second(a.deliver_at) || E'\n' END, '' ORDER BY a.k) AS lines
          FROM alert a GROUP BY a.n),
    silent AS (
        INSERT INTO duban.verdict
        SELECT (x.o).task, (x.o).period || CASE WHEN x.silences > 0 THEN '!e' || x.silences ELSE '' END, (x.o).unit, true, 3,
               x.last - (x.event IS NOT NULL)::int, p_received, (x.o).rule, (x.o).calendar, false
          FROM item x WHERE x.missing),
    opened AS (
        INSERT INTO duban."case"
        SELECT x.last, (x.o).task, (x.o).period, (x.o).unit, (x.c).due, (x.c).cutoff, (x.c).ladder, (x.c).ladder_entry, (x.c).step, (x.c).level, (x.c).base,
               (x.c).base_step, (x.c).held_until, (x.c).next_at, NULL, NULL, (x.c).round, (x.c).repeats, (x.c).repeat_at, (x.c).answer_at, x.last
          FROM item x WHERE x.event IS NOT NULL AND x.fresh),
    raised AS (
        INSERT INTO duban.alert
        SELECT a.alert, a.number, 'L' || (a.c).level || '-' || a.post || '-' || a.bundle, a.kind, coalesce(a.open, a.last), (a.c).step, (a.c).level, a.post,
               a.fell, p_received, a.last, a.why, (a.c).round, a.rehearsal, a.deliver_at
          FROM alert a),
    written AS (
        SELECT x.n, 1 AS part, convert_to(format(E'duban-entry/v1\nkind missing\nreceived %s\ntask %s\nperiod %s\nunit %s\ndue %s\nrule %s\ncalendar %s\nregistry %s\n', received,
                   (x.o).task, (x.o).period, (x.o).unit, x.due_text, coalesce((x.o).rule, '-'), coalesce((x.o).calendar, '-'), p_registry), 'UTF8') AS entry
          FROM item x WHERE x.missing
        UNION ALL
        SELECT x.n, 2, convert_to(format(E'duban-entry/v1\nkind alert\nreceived %s\nat %s\ncase %s\ntask %s\nperiod %s\nunit %s\ndue %s\nrule %s\ncalendar %s\nladder %s@%s\nstep %s\nlevel %s\n',
                   received, x.fell_text, coalesce(x.open, x.last), (x.o).task, (x.o).period, (x.o).unit, x.due_text, coalesce((x.o).rule, '-'),
                   coalesce((x.o).calendar, '-'), (x.c).ladder, (x.c).ladder_entry, (x.c).step, (x.c).level)
               || CASE WHEN (x.c).round > 1 THEN 'round ' || (x.c).round || E'\n' ELSE '' END
               || CASE WHEN cardinality(x.unanswered) > 0 THEN 'unacknowledged ' || array_to_string(x.unanswered, E'\nunacknowledged ') || E'\n' ELSE '' END
               || coalesce(x.lines, '') || coalesce(y.lines, '') || 'registry ' || p_registry || E'\n', 'UTF8')
          FROM item x LEFT JOIN line y ON y.n = x.n WHERE x.event IS NOT NULL)
    SELECT coalesce((SELECT array_agg(x.entry ORDER BY x.n, x.part) FROM written x), '{}'),
           (SELECT array_agg(ROW(x.open, (x.o).task, (x.o).period, (x.o).unit, (x.c).due, (x.c).cutoff, (x.c).ladder, (x.c).ladder_entry, (x.c).step, (x.c).level, (x.c).base,
                                 (x.c).base_step, (x.c).held_until, (x.c).next_at, NULL, NULL, (x.c).round, (x.c).repeats, (x.c).repeat_at, (x.c).answer_at, x.last)::duban."case")
              FROM item x WHERE x.event IS NOT NULL AND NOT x.fresh),
           (SELECT array_agg(ROW((x.o).task, (x.o).period, (x.o).unit,
                                 CASE WHEN x.event IS NULL THEN x.look ELSE least((x.c).next_at, (x.c).answer_at, x.silent_at) END)::duban.agenda) FROM item x),
           p_counts.events + (SELECT count(*) FROM alert),
           p_counts.numbers || coalesce((SELECT jsonb_object_agg(s.printed || ' ' || s.year, s.last + s.n) FROM series s), '{}')
      INTO entries, moved, looks, events, numbers;
END
$$;
COMMENT ON FUNCTION duban.raise_write(duban.raise_item[], duban.raise_work[], int[], duban.raise_told[], duban.raise_move[], int[], duban.raise_counts, timestamptz, bigint, bigint) IS 'verdicts, new cases and numbered alerts of one batch, and the entries to append';

-- What else a batch changes: one statement a table.
CREATE FUNCTION duban.raise_store(p_moved duban."case"[], p_look duban.agenda[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF cardinality(p_moved) > 0 THEN
        UPDATE duban."case" c SET step = x.step, level = x.level, base = x.base, base_step = x.base_step, held_until = x.held_until, next_at = x.next_at,
                                  round = x.round, repeats = x.repeats, repeat_at = x.repeat_at, answer_at = x.answer_at, from_entry = x.from_entry
          FROM unnest(p_moved) x WHERE c."case" = x."case";
    END IF;
    UPDATE duban.agenda a SET at = x.at FROM unnest(p_look) x
     WHERE a.task = x.task AND a.period = x.period AND a.unit = x.unit AND x.at IS NOT NULL;
    IF EXISTS (SELECT FROM unnest(p_look) x WHERE x.at IS NULL) THEN
        DELETE FROM duban.agenda a USING unnest(p_look) x
         WHERE a.task = x.task AND a.period = x.period AND a.unit = x.unit AND x.at IS NULL;
    END IF;
END
$$;
COMMENT ON FUNCTION duban.raise_store(duban."case"[], duban.agenda[]) IS 'cases that move and looks of one batch';

-- Those who give silences are told that these end; they come first in their batch.
CREATE FUNCTION duban.raise_reminders(p_task text[], p_period text[], p_unit text[], INOUT p_counts duban.raise_counts, p_received timestamptz, p_index bigint, p_registry bigint,
                                      OUT entries bytea[], OUT looks duban.agenda[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
    made record;
BEGIN
    entries := '{}';
    looks := '{}';
    FOR r IN SELECT x.task, x.period, x.unit FROM unnest(p_task, p_period, p_unit) WITH ORDINALITY x (task, period, unit, n) WHERE x.task LIKE 'silence/%' ORDER BY x.n LOOP
        made := duban.silence_remind(r.task, r.unit, p_counts, p_received, p_index + cardinality(entries), p_registry);
        p_counts := made.p_counts;
        entries := entries || made.entries;
        looks := looks || ROW(r.task, r.period, r.unit, made.look)::duban.agenda;
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.raise_reminders(text[], text[], text[], duban.raise_counts, timestamptz, bigint, bigint) IS 'what is due of silences that end soon';

-- A batch as of an instant: everything that does not depend on a clock; replay calls it for one item at a time.
CREATE FUNCTION duban.raise_at(p_task text[], p_period text[], p_unit text[], p_received timestamptz, p_index bigint, p_registry bigint)
RETURNS bytea[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    items duban.raise_item[] := coalesce(duban.raise_items(p_task, p_period, p_unit, p_received), '{}');
    pushes boolean := duban.pushes_since(items);
    reminded record;
    times duban.raise_times;
    w duban.raise_work;
    works duban.raise_work[] := '{}';
    work int[] := array_fill(NULL::int, ARRAY[cardinality(items)]);
    told duban.raise_told[];
    moves duban.raise_move[] := '{}';
    move int[] := work;
    made record;
    alike record;
    n int;
BEGIN
    reminded := duban.raise_reminders(p_task, p_period, p_unit, duban.raise_counts_read(), p_received, p_index, p_registry);
    FOR alike IN SELECT x.members FROM duban.raise_alike(items, pushes) x LOOP
        made := duban.raise_decide(items[alike.members[1]], times, p_received, pushes);
        times := made.p_times;
        works := works || made.w;
        FOREACH n IN ARRAY alike.members LOOP
            work[n] := cardinality(works);
        END LOOP;
    END LOOP;
    told := duban.raise_addresses(works, work, p_task, p_unit, duban.day(p_received));
    FOR alike IN SELECT x.work, y.step, cardinality(y.posts) > 0 AS told, array_agg(x.n::int) AS members
                   FROM ROWS FROM (unnest(work), unnest(told)) WITH ORDINALITY x (work, step, posts, roles, quiet_from, quiet_to, passed, lines, n)
                  CROSS JOIN LATERAL (SELECT x.step, x.posts) y
                  WHERE (works[x.work]).event IS NOT NULL GROUP BY 1, 2, 3 ORDER BY min(x.n) LOOP
        w := works[alike.work];
        w.c.step := coalesce(alike.step, (w.c).step);
        made := duban.case_move(w, coalesce(alike.told, false), times, p_received);
        times := made.p_times;
        moves := moves || ROW(made.c, times.calendar_entry)::duban.raise_move;
        FOREACH n IN ARRAY alike.members LOOP
            move[n] := cardinality(moves);
        END LOOP;
    END LOOP;
    made := duban.raise_write(items, works, work, told, moves, move, reminded.p_counts, p_received, p_index + cardinality(reminded.entries), p_registry);
    PERFORM duban.raise_store(made.moved, reminded.looks || made.looks || ARRAY(
        SELECT ROW(x.task, x.period, x.unit, NULL)::duban.agenda FROM ROWS FROM (unnest(p_task, p_period, p_unit), unnest(work)) x (task, period, unit, work)
         WHERE x.work IS NULL AND x.task NOT LIKE 'silence/%'));
    PERFORM duban.raise_counts_store(ROW(made.events, made.numbers)::duban.raise_counts);
    RETURN reminded.entries || made.entries;
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
    PERFORM duban.obligations_current(p_task, p_received);
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

CREATE FUNCTION duban.raise(p_limit int, p_blind_us bigint DEFAULT NULL, p_drain_us bigint DEFAULT NULL, OUT raised int, OUT next_us bigint, OUT held_us bigint)
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
        held_us := (extract(epoch FROM clock_timestamp() - opened.wall) * 1000000)::bigint;
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
    held_us := (extract(epoch FROM clock_timestamp() - opened.wall) * 1000000)::bigint;
END
$$;
COMMENT ON FUNCTION duban.raise(int, bigint, bigint) IS 'raises what is due, at most 256 obligations, in order of their instants; before it, an outage of over p_blind_us is recorded with p_drain_us for the outboxes; next_us as in next_due(); held_us = how long the log lock was held, in microseconds';
