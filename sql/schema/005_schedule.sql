-- SPDX-License-Identifier: BSD-2-Clause
-- Working days, periods, due instants, the schedule of a plan, obligations made ahead.

CREATE FUNCTION duban.calendar_entry(p_code text) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT max(c.entry) FROM duban.calendar c WHERE c.code = p_code);
END
$$;
COMMENT ON FUNCTION duban.calendar_entry(text) IS 'newest version of a calendar';

CREATE FUNCTION duban.working(p_code text, p_entry bigint, p_day date) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN coalesce((SELECT d.work FROM duban.calendar_day d
                      WHERE d.code = p_code AND d.entry = p_entry AND d.day = p_day),
                    extract(isodow FROM p_day) < 6);
END
$$;
COMMENT ON FUNCTION duban.working(text, bigint, date) IS 'whether a day is worked; days outside the loaded years count Monday to Friday';

-- The n-th working day after a day (n > 0) or before it (n < 0); n = 0 is the day itself.
CREATE FUNCTION duban.working_day_add(p_code text, p_entry bigint, p_day date, p_n int) RETURNS date
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    reached date := p_day;
    left_over int := abs(p_n);
    worked boolean;
BEGIN
    WHILE left_over > 0 LOOP
        reached := reached + sign(p_n)::int;
        SELECT d.work INTO worked FROM duban.calendar_day d
         WHERE d.code = p_code AND d.entry = p_entry AND d.day = reached;
        IF coalesce(worked, extract(isodow FROM reached) < 6) THEN
            left_over := left_over - 1;
        END IF;
    END LOOP;
    RETURN reached;
END
$$;
COMMENT ON FUNCTION duban.working_day_add(text, bigint, date, int) IS 'n-th working day after (or, negative, before) a day';

-- A delay as it is written: 3 (working days), 90m 36h 2d (clock time), 30wm 6wh (within office hours).
CREATE TYPE duban.delay AS (measure text, n bigint);
COMMENT ON TYPE duban.delay IS 'measure: day = working days, clock or office = microseconds; n of them';

CREATE FUNCTION duban.delay_of(p text) RETURNS duban.delay
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    unit text := ltrim(p, '0123456789');
BEGIN
    IF p IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN ROW(CASE WHEN unit = '' THEN 'day' WHEN unit LIKE 'w%' THEN 'office' ELSE 'clock' END, rtrim(p, 'mhdw')::bigint
        * CASE WHEN unit = '' THEN 1 WHEN unit LIKE '%m' THEN 60000000 WHEN unit LIKE '%h' THEN 3600000000 ELSE 86400000000 END)::duban.delay;
END
$$;
COMMENT ON FUNCTION duban.delay_of(text) IS 'a delay as written in a ladder';

-- Microseconds of office hours behind an instant; lands on the close of a day rather than the next opening.
CREATE FUNCTION duban.office_add(p_from timestamp, p_us bigint, p_calendar text, p_entry bigint, p_opens time, p_closes time)
RETURNS timestamp
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    reached date := p_from::date;
    clock time := p_from::time;
    left_over bigint := p_us;
    length bigint;
BEGIN
    LOOP
        IF clock < p_closes AND duban.working(p_calendar, p_entry, reached) THEN
            clock := greatest(clock, p_opens);
            length := extract(epoch FROM p_closes - clock) * 1000000;
            IF left_over <= length THEN
                RETURN reached + clock + left_over * interval '1 microsecond';
            END IF;
            left_over := left_over - length;
        END IF;
        reached := reached + 1;
        clock := '00:00';
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.office_add(timestamp, bigint, text, bigint, time, time) IS 'instant that lies so much office time behind another, in local time';

CREATE FUNCTION duban.delay_add(p duban.delay, p_from timestamptz, p_ladder duban.ladder, p_calendar_entry bigint, p_at time, p_zone text)
RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    local timestamp := p_from AT TIME ZONE p_zone;
BEGIN
    IF p.measure = 'clock' THEN
        RETURN p_from + p.n * interval '1 microsecond';
    ELSIF p.measure = 'office' THEN
        RETURN duban.office_add(local, p.n, p_ladder.calendar, p_calendar_entry, p_ladder.opens, p_ladder.closes) AT TIME ZONE p_zone;
    END IF;
    RETURN (duban.working_day_add(p_ladder.calendar, p_calendar_entry, local::date, p.n::int) + coalesce(p_at, local::time)) AT TIME ZONE p_zone;
END
$$;
COMMENT ON FUNCTION duban.delay_add(duban.delay, timestamptz, duban.ladder, bigint, time, text) IS 'the instant a delay behind another; working days at a stated time, or at the same time of day';

-- What is left of a delay behind another one of the same measure; of another measure: all of it.
CREATE FUNCTION duban.delay_rest(p duban.delay, p_passed duban.delay) RETURNS duban.delay
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p.measure = p_passed.measure THEN
        RETURN ROW(p.measure, greatest(p.n - p_passed.n, 0))::duban.delay;
    END IF;
    RETURN p;
END
$$;
COMMENT ON FUNCTION duban.delay_rest(duban.delay, duban.delay) IS 'distance between two steps of a ladder';

-- Instants of some steps: before the due day, or behind the base; none lies before the step in front of it.
CREATE FUNCTION duban.steps_at(p_ladder duban.ladder, p_steps duban.ladder_step[], p_calendar_entry bigint, p_due timestamptz,
                               p_base timestamptz, p_base_step int, p_zone text) RETURNS timestamptz[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s duban.ladder_step;
    result timestamptz[] := '{}';
    passed duban.delay;
    reached timestamptz := '-infinity';
    fell timestamptz;
BEGIN
    IF p_base_step > 0 THEN
        passed := duban.delay_of(coalesce(p_steps[p_base_step].after_wait, p_steps[p_base_step].after::text));
    END IF;
    FOREACH s IN ARRAY p_steps LOOP
        IF s.before IS NOT NULL THEN
            fell := (duban.working_day_add(p_ladder.calendar, p_calendar_entry, (p_due AT TIME ZONE p_zone)::date, -s.before) + s.at) AT TIME ZONE p_zone;
        ELSIF s.before_wait IS NOT NULL THEN
            fell := p_due - (duban.delay_of(s.before_wait)).n * interval '1 microsecond';
        ELSE
            fell := duban.delay_add(CASE WHEN p_base_step > 0 THEN duban.delay_rest(duban.delay_of(coalesce(s.after_wait, s.after::text)), passed)
                                         ELSE duban.delay_of(coalesce(s.after_wait, s.after::text)) END,
                                    p_base, p_ladder, p_calendar_entry, s.at, p_zone);
        END IF;
        reached := greatest(reached, fell, CASE WHEN s.before IS NULL AND s.before_wait IS NULL THEN p_base END);
        result := result || reached;
    END LOOP;
    RETURN result;
END
$$;
COMMENT ON FUNCTION duban.steps_at(duban.ladder, duban.ladder_step[], bigint, timestamptz, timestamptz, int, text) IS 'instants of the steps of a ladder: reminders before the due instant, the others behind a base; base_step > 0: they keep their distance from that step, which fell at the base';

CREATE FUNCTION duban.ladder_steps(p_ladder text, p_entry bigint) RETURNS duban.ladder_step[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT array_agg(s ORDER BY s.step) FROM duban.ladder_step s WHERE s.code = p_ladder AND s.entry = p_entry);
END
$$;
COMMENT ON FUNCTION duban.ladder_steps(text, bigint) IS 'steps of one version of a ladder in order';

CREATE FUNCTION duban.step_at(p_ladder text, p_ladder_entry bigint, p_step int, p_due timestamptz,
                              p_base timestamptz, p_base_step int, p_zone text) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    l duban.ladder;
BEGIN
    SELECT x.* INTO l FROM duban.ladder x WHERE x.code = p_ladder AND x.entry = p_ladder_entry;
    RETURN (duban.steps_at(l, duban.ladder_steps(p_ladder, p_ladder_entry), duban.calendar_entry(l.calendar), p_due, p_base, p_base_step, p_zone))[p_step];
END
$$;
COMMENT ON FUNCTION duban.step_at(text, bigint, int, timestamptz, timestamptz, int, text) IS 'instant of one ladder step, as in steps_at; NULL when there is none';

-- The first instant at which an obligation needs a look: a reminder that is not past, or its cut-off.
CREATE FUNCTION duban.agenda_first(p_ladder text, p_due timestamptz, p_cutoff timestamptz, p_zone text,
                                   p_after timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    l duban.ladder;
    reminders duban.ladder_step[];
    first_at timestamptz;
BEGIN
    SELECT x.* INTO l FROM duban.ladder x WHERE x.code = p_ladder ORDER BY x.entry DESC LIMIT 1;
    SELECT array_agg(s ORDER BY s.step) INTO reminders FROM unnest(duban.ladder_steps(l.code, l.entry)) s WHERE s.before IS NOT NULL OR s.before_wait IS NOT NULL;
    IF reminders IS NOT NULL THEN
        SELECT min(x.at) INTO first_at
          FROM unnest(duban.steps_at(l, reminders, duban.calendar_entry(l.calendar), p_due, p_cutoff, 0, p_zone)) x (at)
         WHERE x.at >= p_after;
    END IF;
    RETURN least(p_cutoff, first_at);
END
$$;
COMMENT ON FUNCTION duban.agenda_first(text, timestamptz, timestamptz, text, timestamptz) IS 'first reminder that lies after the registration, or the cut-off';

-- How far the periods of a plan must be made at an instant: the open one and two more.
CREATE FUNCTION duban.materialise_target(p_plan text, p_at timestamptz) RETURNS int
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT least(coalesce(max(q.ordinal) FILTER (WHERE q.opens <= p_at), 0) + 2, coalesce(max(q.ordinal), 0))
      FROM duban.plan_period q WHERE q.plan = p_plan
$$;
COMMENT ON FUNCTION duban.materialise_target(text, timestamptz) IS 'ordinal of the last period to be made: the newest open one and two ahead';

-- When a plan whose periods are made up to an ordinal wants more: when the last but one of them opens.
CREATE FUNCTION duban.materialise_wanted(p_plan text, p_ordinal int) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce((SELECT min(q.opens) FROM duban.plan_period q WHERE q.plan = p_plan AND q.ordinal >= p_ordinal - 1), 'infinity')
     WHERE EXISTS (SELECT FROM duban.plan_period q WHERE q.plan = p_plan AND q.ordinal > p_ordinal)
    UNION ALL SELECT 'infinity' LIMIT 1
$$;
COMMENT ON FUNCTION duban.materialise_wanted(text, int) IS 'instant from which on more periods must be made; infinity when all are';

CREATE FUNCTION duban.completion_due(p_deadline date, p_zone text, OUT due timestamptz, OUT cutoff timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (p_deadline + time '23:59') AT TIME ZONE p_zone, (p_deadline + 1)::timestamp AT TIME ZONE p_zone
$$;
COMMENT ON FUNCTION duban.completion_due(date, text) IS 'a date alone means 23:59 of that day; the cut-off is the next midnight';

-- Obligations of the periods p_first..p_last (0: the completions) for the tasks between two names, with the
-- instant of the first look at each. A pure function of the ledger: materialise stores it, replay compares it.
CREATE FUNCTION duban.obligation_rows(p_plan duban.plan, p_first int, p_last int, p_after text, p_upto text)
RETURNS TABLE (task text, period text, unit text, opens timestamptz, due timestamptz, cutoff timestamptz, rule text,
               calendar text, kind text, at timestamptz)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_mergejoin = off SET jit = off
SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    q record;
BEGIN
    IF p_first <= 0 THEN
        RETURN QUERY
        SELECT t.name, '-'::text, t.accountable, p_plan.received, d.due, d.cutoff, NULL::text, NULL::text, 'completion'::text, d.at
          FROM (SELECT x.deadline, c.due, c.cutoff, duban.agenda_first(p_plan.ladder, c.due, c.cutoff, p_plan.zone, p_plan.received) AS at
                  FROM (SELECT DISTINCT coalesce(y.printed, y.inherited) AS deadline FROM duban.task y
                         WHERE y.name > p_after AND y.name <= p_upto) x
                 CROSS JOIN LATERAL duban.completion_due(x.deadline, p_plan.zone) c
                 WHERE x.deadline IS NOT NULL AND c.cutoff > p_plan.received OFFSET 0) d
          JOIN duban.task t ON coalesce(t.printed, t.inherited) = d.deadline
         WHERE t.name > p_after AND t.name <= p_upto AND t.accountable IS NOT NULL AND t.since = '-infinity';
    END IF;
    FOR q IN
        SELECT x.period, x.from_date, x.opens, x.due, x.cutoff, x.rule, x.calendar, r.owes <> 'lead' OR r.starts <> '[]' AS many,
               r AS version, duban.agenda_first(p_plan.ladder, x.due, x.cutoff, p_plan.zone, x.opens) AS at
          FROM duban.plan_period x
          JOIN duban.reporting_rule r ON r.code = split_part(x.rule, '@', 1) AND r.entry = split_part(x.rule, '@', 2)::bigint
         WHERE x.plan = p_plan.handle AND x.ordinal BETWEEN p_first AND p_last AND x.owed
         ORDER BY x.ordinal
    LOOP
        IF NOT q.many THEN
            RETURN QUERY
            SELECT t.name, q.period, t.accountable, q.opens, q.due, q.cutoff, q.rule, q.calendar, 'report'::text, q.at
              FROM duban.task t
             WHERE t.name > p_after AND t.name <= p_upto AND t.accountable IS NOT NULL AND q.from_date <= t.ends
               AND q.opens > t.since;
        ELSE
            RETURN QUERY
            SELECT o.task, q.period, o.unit, greatest(q.opens, o.start), q.due, q.cutoff, q.rule, q.calendar, 'report'::text,
                   CASE WHEN o.start > q.opens THEN duban.agenda_first(p_plan.ladder, q.due, q.cutoff, p_plan.zone, o.start) ELSE q.at END
              FROM duban.owers(q.version, p_after || E'\001', p_upto, q.opens) o
              JOIN duban.task t ON t.name = o.task
             WHERE o.start < q.cutoff AND q.from_date <= t.ends AND q.opens > t.since;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.obligation_rows(duban.plan, int, int, text, text) IS 'the obligations that a plan gives for a range of periods and of task names';

-- What one task owes by the schedule in a range of periods.
CREATE FUNCTION duban.task_rows(p_task text, p_first int, p_last int)
RETURNS TABLE (task text, period text, unit text, opens timestamptz, due timestamptz, cutoff timestamptz, rule text,
               calendar text, kind text, at timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.* FROM duban.task t
      JOIN duban.plan p ON p.handle = t.plan
     -- a bound just below the name: no other name lies between the two
     CROSS JOIN LATERAL duban.obligation_rows(p, p_first, p_last, left(t.name, -1) || chr(ascii(right(t.name, 1)) - 1) || '~', t.name) r
     WHERE t.name = p_task
$$;
COMMENT ON FUNCTION duban.task_rows(text, int, int) IS 'obligations of one task for a range of periods (0: its completion), as materialise would make them';

CREATE FUNCTION duban.obligation_of(p_task text, p_period text, p_unit text)
RETURNS TABLE (task text, period text, unit text, opens timestamptz, due timestamptz, cutoff timestamptz, rule text,
               calendar text, kind text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.task, r.period, r.unit, r.opens, r.due, r.cutoff, r.rule, r.calendar, r.kind
      FROM duban.task t
      LEFT JOIN duban.plan_period q ON q.plan = t.plan AND q.period = p_period
     CROSS JOIN LATERAL duban.task_rows(p_task, coalesce(q.ordinal, 0), coalesce(q.ordinal, 0)) r
     WHERE t.name = p_task AND r.period = p_period AND r.unit = p_unit
$$;
COMMENT ON FUNCTION duban.obligation_of(text, text, text) IS 'one obligation as the plan gives it, whether it is made already or not; no row: it is not owed';

CREATE FUNCTION duban.task_obligations(p_task text, p_at timestamptz)
RETURNS TABLE (task text, period text, unit text, opens timestamptz, due timestamptz, cutoff timestamptz, rule text,
               calendar text, kind text, at timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.* FROM duban.task t
     CROSS JOIN LATERAL duban.task_rows(p_task, 0, (SELECT coalesce(max(q.ordinal), 0) FROM duban.plan_period q WHERE q.plan = t.plan AND q.opens <= p_at)) r
     WHERE t.name = p_task
       AND (r.period = '-' OR EXISTS (SELECT FROM duban.plan_period q WHERE q.plan = t.plan AND q.period = r.period AND q.opens <= p_at))
$$;
COMMENT ON FUNCTION duban.task_obligations(text, timestamptz) IS 'what a task owes by the schedule in the periods that are open at an instant, and its completion';

-- A new schedule is laid over an old one: what had not opened by p_redo and is not what the schedule says now goes,
-- with its look. A task that was pinned since keeps what it was pinned with. Planned anew: hash joins are wanted here.
CREATE FUNCTION duban.obligations_replace(p_plan duban.plan, p_first int, p_last int, p_after text, p_upto text, p_redo timestamptz, p_at timestamptz)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off
SET enable_hashjoin = on SET enable_mergejoin = on SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM set_config('duban.replacing', '1', true);
    WITH wanted AS MATERIALIZED (SELECT r.* FROM duban.obligation_rows(p_plan, p_first, p_last, p_after, p_upto) r),
    gone AS (
        DELETE FROM duban.obligation o USING (
            SELECT x.task, x.period, x.unit FROM duban.obligation x JOIN duban.task t ON t.name = x.task
              LEFT JOIN wanted r ON r.task = x.task AND r.period = x.period AND r.unit = x.unit AND r.opens = x.opens AND r.due = x.due
                                AND r.cutoff = x.cutoff AND r.rule = x.rule AND r.calendar = x.calendar
             WHERE x.task > p_after AND x.task <= p_upto AND t.name > p_after AND t.name <= p_upto AND x.kind = 'report'
               AND x.opens > greatest(t.since, p_redo) AND (x.from_entry IS NULL OR x.opens > p_at) AND r.task IS NULL) y
         WHERE o.task = y.task AND o.period = y.period AND o.unit = y.unit
        RETURNING o.task, o.period, o.unit)
    DELETE FROM duban.agenda a USING gone g WHERE a.task = g.task AND a.period = g.period AND a.unit = g.unit;
    PERFORM set_config('duban.replacing', '', true);
END
$$;
COMMENT ON FUNCTION duban.obligations_replace(duban.plan, int, int, text, text, timestamptz, timestamptz) IS 'takes away the obligations of an older schedule for a range of task names; what is wanted in their place is made by the caller';

-- One task at once, when a statement or raise needs it before its slice has come.
CREATE FUNCTION duban.obligations_refresh(p_task text, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t duban.task;
    p duban.plan;
    m duban.materialised;
BEGIN
    SELECT x.* INTO t FROM duban.task x WHERE x.name = p_task;
    SELECT x.* INTO m FROM duban.materialised x WHERE x.plan = t.plan AND x.redo IS NOT NULL;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT x.* INTO STRICT p FROM duban.plan x WHERE x.handle = t.plan;
    PERFORM duban.obligations_replace(p, 1, 2147483647, left(t.name, -1) || chr(ascii(right(t.name, 1)) - 1) || '~', t.name, m.redo, p_at);
    WITH made AS (
        INSERT INTO duban.obligation (task, period, unit, opens, due, cutoff, rule, calendar, kind, from_entry)
        SELECT r.task, r.period, r.unit, r.opens, r.due, r.cutoff, r.rule, r.calendar, r.kind, NULL::bigint
          FROM duban.task_rows(p_task, 1, 2147483647) r WHERE r.opens <= p_at
        ON CONFLICT DO NOTHING RETURNING *)
    INSERT INTO duban.agenda (task, period, unit, at)
    SELECT x.task, x.period, x.unit, duban.agenda_first(p.ladder, x.due, x.cutoff, p.zone, x.opens) FROM made x
    ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION duban.obligations_refresh(text, timestamptz) IS 'lays a new schedule over what one task owed by an older one, when its plan waits for that';

CREATE FUNCTION duban.obligations_current(p_task text[], p_at timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM duban.materialised m WHERE m.redo IS NOT NULL) THEN
        PERFORM duban.obligations_refresh(x.task, p_at) FROM (SELECT DISTINCT y AS task FROM unnest(p_task) y ORDER BY 1) x;
    END IF;
END
$$;
COMMENT ON FUNCTION duban.obligations_current(text[], timestamptz) IS 'obligations_refresh for what raise is about to judge; cheap when no plan waits';

-- The first look at what is open and has no case, after its ladder or calendar changed: computed once for all
-- that fall due together. A look that somebody holds is being taken. A plan that cannot be computed keeps its looks.
CREATE FUNCTION duban.agenda_renew(p_plan duban.plan, p_after text, p_upto text, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off
SET enable_hashjoin = on SET enable_mergejoin = on SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    WITH owed AS MATERIALIZED (
        SELECT a.task, a.period, a.unit, a.at, o.due, o.cutoff, greatest(o.opens, p_at) AS after
          FROM duban.agenda a JOIN duban.obligation o ON o.task = a.task AND o.period = a.period AND o.unit = a.unit
         WHERE a.task > p_after AND a.task <= p_upto AND o.task > p_after AND o.task <= p_upto AND o.cutoff > p_at
           AND NOT EXISTS (SELECT FROM duban."case" c WHERE c.task = o.task AND c.period = o.period AND c.unit = o.unit)
           FOR UPDATE OF a SKIP LOCKED),
    looks AS MATERIALIZED (
        SELECT d.due, d.cutoff, d.after, duban.agenda_first(p_plan.ladder, d.due, d.cutoff, p_plan.zone, d.after) AS at
          FROM (SELECT DISTINCT x.due, x.cutoff, x.after FROM owed x) d)
    UPDATE duban.agenda a SET at = l.at
      FROM owed o JOIN looks l ON l.due = o.due AND l.cutoff = o.cutoff AND l.after = o.after
     WHERE a.task = o.task AND a.period = o.period AND a.unit = o.unit AND o.at <> l.at;
EXCEPTION WHEN data_exception OR no_data_found OR too_many_rows OR integrity_constraint_violation THEN
    RAISE WARNING 'the agenda of plan % stays as it is: %', p_plan.handle, SQLERRM;
END
$$;
COMMENT ON FUNCTION duban.agenda_renew(duban.plan, text, text, timestamptz) IS 'when to look first at what a range of tasks owes, by the newest ladder and calendar';

-- One slice: all wanted periods of the next tasks by name, so that every index is walked in its own order.
CREATE FUNCTION duban.materialise_slice(p_plan duban.plan, p_first int, p_last int, p_after text, p_limit int, p_again boolean,
                                        p_redo timestamptz, p_at timestamptz, OUT reached text, OUT made bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    -- names of a plan's tasks begin with its handle and "/"; "0" is what follows "/"
    SELECT max(x.name) INTO reached
      FROM (SELECT t.name FROM duban.task t WHERE t.name > p_after AND t.name > p_plan.handle || '/' AND t.name < p_plan.handle || '0'
             ORDER BY t.name LIMIT p_limit) x;
    made := 0;
    IF reached IS NULL THEN
        RETURN;
    END IF;
    p_after := greatest(p_after, p_plan.handle || '/');
    IF p_redo IS NOT NULL THEN
        PERFORM duban.obligations_replace(p_plan, greatest(p_first, 1), p_last, p_after, reached, p_redo, p_at);
    END IF;
    IF p_again OR p_redo IS NOT NULL THEN
        WITH made AS (
            INSERT INTO duban.obligation (task, period, unit, opens, due, cutoff, rule, calendar, kind)
            SELECT r.task, r.period, r.unit, r.opens, r.due, r.cutoff, r.rule, r.calendar, r.kind
              FROM duban.obligation_rows(p_plan, p_first, p_last, p_after, reached) r ORDER BY r.task, r.period, r.unit
            ON CONFLICT DO NOTHING RETURNING task, period, unit)
        INSERT INTO duban.agenda (task, period, unit, at)
        SELECT r.task, r.period, r.unit, r.at
          FROM duban.obligation_rows(p_plan, p_first, p_last, p_after, reached) r JOIN made m USING (task, period, unit)
        ON CONFLICT DO NOTHING;
    ELSE
        WITH made AS MATERIALIZED (
            SELECT r.* FROM duban.obligation_rows(p_plan, p_first, p_last, p_after, reached) r ORDER BY r.task, r.period, r.unit),
        stored AS (
            INSERT INTO duban.obligation (task, period, unit, opens, due, cutoff, rule, calendar, kind)
            SELECT m.task, m.period, m.unit, m.opens, m.due, m.cutoff, m.rule, m.calendar, m.kind FROM made m)
        INSERT INTO duban.agenda (task, period, unit, at) SELECT m.task, m.period, m.unit, m.at FROM made m;
    END IF;
    GET DIAGNOSTICS made = ROW_COUNT;
    IF p_redo IS NOT NULL THEN
        PERFORM duban.agenda_renew(p_plan, p_after, reached, p_at);
    END IF;
END
$$;
COMMENT ON FUNCTION duban.materialise_slice(duban.plan, int, int, text, int, boolean, timestamptz, timestamptz) IS 'makes the obligations of the next tasks of a plan; reached = the last of them, NULL when none is left';

-- What is worth a word to the operator about the periods that were just made.
CREATE FUNCTION duban.materialise_warning(p_plan text, p_first int, p_last int) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(x.text, '; ') FROM (
        SELECT format('plan %s: period %s is due outside the loaded calendar %s', q.plan, q.period, q.calendar) AS text
          FROM duban.plan_period q WHERE q.plan = p_plan AND q.ordinal BETWEEN p_first AND p_last AND q.owed AND NOT q.loaded
        UNION ALL
        SELECT format('plan %s: rule %s makes nothing%s: %s', f.plan, f.rule, coalesce(' for ' || nullif(f.period, '-'), ''), f.why)
          FROM (SELECT y.* FROM duban.rule_fault y WHERE y.plan = p_plan ORDER BY y.period LIMIT 5) f) x
$$;
COMMENT ON FUNCTION duban.materialise_warning(text, int, int) IS 'calendar gaps and faulty rules of a plan, as one log line; NULL when there are none';

-- A slice of one plan, or a note why its obligations cannot be made: a plan that fails stops no other.
CREATE FUNCTION duban.materialise_plan(p_at timestamptz, p_limit int, INOUT m duban.materialised, OUT made bigint, OUT warning text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p duban.plan;
    s record;
BEGIN
    made := 0;
    SELECT x.* INTO STRICT p FROM duban.plan x WHERE x.handle = m.plan FOR SHARE;
    m.upto := coalesce(m.upto, duban.materialise_target(m.plan, p_at));
    IF m.ordinal >= m.upto AND m.redo IS NULL THEN
        m.upto := NULL;
        m.wanted_at := duban.materialise_wanted(m.plan, m.ordinal);
        RETURN;
    END IF;
    BEGIN
        s := duban.materialise_slice(p, CASE WHEN m.ordinal < 0 THEN 0 ELSE m.ordinal + 1 END, m.upto, m.reached, p_limit, m.again, m.redo, p_at);
    EXCEPTION WHEN unique_violation THEN
        -- some of it exists: a statement made it, or an earlier pass was cut off
        m.again := true;
        s := duban.materialise_slice(p, CASE WHEN m.ordinal < 0 THEN 0 ELSE m.ordinal + 1 END, m.upto, m.reached, p_limit, true, m.redo, p_at);
    END;
    made := s.made;
    m.fault := NULL;
    IF s.reached IS NOT NULL THEN
        m.reached := s.reached;
        RETURN;
    END IF;
    warning := duban.materialise_warning(m.plan, m.ordinal + 1, m.upto);
    m.ordinal := greatest(m.upto, 0);
    m.redo := NULL;
    m.upto := NULL;
    m.reached := '';
    m.again := false;
    m.wanted_at := duban.materialise_wanted(m.plan, m.ordinal);
EXCEPTION WHEN data_exception OR no_data_found OR too_many_rows OR integrity_constraint_violation THEN
    m.fault := SQLERRM;
    m.wanted_at := p_at + interval '1 hour';
    warning := format('the obligations of plan %s cannot be made, again in an hour: %s', m.plan, SQLERRM);
END
$$;
COMMENT ON FUNCTION duban.materialise_plan(timestamptz, int, duban.materialised) IS 'one slice of one plan; a fault is kept with the plan and tried again later';

-- What single tasks owe in periods to come, after an entry that changed them took it back.
CREATE FUNCTION duban.materialise_tasks(p_limit int) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
    p duban.plan;
    made bigint := 0;
BEGIN
    FOR r IN
        DELETE FROM duban.remake x USING (SELECT y.task FROM duban.remake y ORDER BY y.task LIMIT p_limit FOR UPDATE SKIP LOCKED) z
         WHERE x.task = z.task RETURNING x.task
    LOOP
        made := made + 1;
        SELECT x.* INTO p FROM duban.plan x WHERE x.handle = (SELECT t.plan FROM duban.task t WHERE t.name = r.task) FOR SHARE;
        WITH stored AS (
            INSERT INTO duban.obligation (task, period, unit, opens, due, cutoff, rule, calendar, kind)
            SELECT o.task, o.period, o.unit, o.opens, o.due, o.cutoff, o.rule, o.calendar, o.kind
              FROM duban.materialised m CROSS JOIN LATERAL duban.task_rows(r.task, 0, m.ordinal) o
             WHERE m.plan = p.handle AND m.ordinal >= 0
            ON CONFLICT DO NOTHING RETURNING *)
        INSERT INTO duban.agenda (task, period, unit, at)
        SELECT s.task, s.period, s.unit, duban.agenda_first(p.ladder, s.due, s.cutoff, p.zone, s.opens) FROM stored s
        ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN made;
END
$$;
COMMENT ON FUNCTION duban.materialise_tasks(int) IS 'makes again what single tasks owe ahead; returns how many tasks';

-- One slice of the plan that has waited longest; never under the log lock.
CREATE FUNCTION duban.materialise(p_limit int, OUT made bigint, OUT pending bigint, OUT warning text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    m duban.materialised;
    done record;
    at timestamptz := duban.now();
BEGIN
    made := duban.materialise_tasks(p_limit / 50 + 1);
    SELECT x.* INTO m FROM duban.materialised x
     WHERE x.wanted_at <= at ORDER BY x.wanted_at, x.plan LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
        -- what a crash takes away is made again: no need to wait for the disk
        PERFORM set_config('synchronous_commit', 'off', true);
        done := duban.materialise_plan(at, p_limit, m);
        made := made + greatest(done.made, 1);
        warning := done.warning;
        UPDATE duban.materialised x
           SET ordinal = (done.m).ordinal, upto = (done.m).upto, reached = (done.m).reached, again = (done.m).again,
               wanted_at = (done.m).wanted_at, fault = (done.m).fault, redo = (done.m).redo
         WHERE x.plan = m.plan;
    END IF;
    pending := (SELECT count(*) FROM duban.materialised x WHERE x.wanted_at <= at) + (SELECT count(*) FROM duban.remake);
END
$$;
COMMENT ON FUNCTION duban.materialise(int) IS 'makes the next slice of obligations; pending = plans that are not complete yet; warning = a line for the operator''s log';
