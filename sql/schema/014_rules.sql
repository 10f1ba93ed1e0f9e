-- SPDX-License-Identifier: BSD-2-Clause
-- Reporting rules: which periods there are, on which day each is due, who owes, what a corrected calendar
-- changes. This is the only implementation of the arithmetic: the ledger, `duban rule test` and replay call it.

-- ---- periods --------------------------------------------------------------------------------------

CREATE FUNCTION duban.cadence_months(p_cadence text, p_every int) RETURNS int
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE p_cadence WHEN 'monthly' THEN p_every WHEN 'quarterly' THEN 3 WHEN 'half-yearly' THEN 6 WHEN 'yearly' THEN 12 END;
END
$$;
COMMENT ON FUNCTION duban.cadence_months(text, int) IS 'months of a period; NULL for periods that are not made of months';

CREATE FUNCTION duban.period_name(p_cadence text, p_first date) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE p_cadence
             WHEN 'daily' THEN to_char(p_first::timestamp, 'YYYY-MM-DD')
             WHEN 'weekly' THEN to_char(p_first::timestamp, 'IYYY"-W"IW')
             WHEN 'ten-day' THEN to_char(p_first::timestamp, 'YYYY-MM-') || least((extract(day FROM p_first)::int + 9) / 10, 3)
             WHEN 'half-monthly' THEN to_char(p_first::timestamp, 'YYYY-MM"H"') || CASE WHEN extract(day FROM p_first) < 16 THEN 1 ELSE 2 END
             WHEN 'monthly' THEN to_char(p_first::timestamp, 'YYYY-MM')
             WHEN 'quarterly' THEN to_char(p_first::timestamp, 'YYYY"Q"Q')
             WHEN 'half-yearly' THEN to_char(p_first::timestamp, 'YYYY"H"') || CASE WHEN extract(month FROM p_first) < 7 THEN 1 ELSE 2 END
             ELSE to_char(p_first::timestamp, 'YYYY') END;
END
$$;
COMMENT ON FUNCTION duban.period_name(text, date) IS 'name of a period by its first unit: 2022-03-15 2022-W12 2022-03-2 2022-03H1 2022-03 2022Q1 2022H1 2022';

-- p_origin: the day that the first period holds; only periods of several days, weeks or months depend on it.
CREATE FUNCTION duban.period_start(p_cadence text, p_every int, p_origin date, p_day date) RETURNS date
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    day date := greatest(p_day, p_origin);
    origin date := coalesce(p_origin, '0001-01-01');
    months int := duban.cadence_months(p_cadence, p_every);
    n int;
BEGIN
    CASE p_cadence
        WHEN 'daily' THEN
            RETURN day - (day - origin) % p_every;
        WHEN 'weekly' THEN
            origin := origin - (extract(isodow FROM origin)::int - 1);
            RETURN day - (day - origin) % (7 * p_every);
        WHEN 'ten-day' THEN
            RETURN date_trunc('month', day::timestamp)::date + least((extract(day FROM day)::int - 1) / 10, 2) * 10;
        WHEN 'half-monthly' THEN
            RETURN date_trunc('month', day::timestamp)::date + CASE WHEN extract(day FROM day) < 16 THEN 0 ELSE 15 END;
        ELSE
            n := extract(year FROM day)::int * 12 + extract(month FROM day)::int - 1;
            n := n - (n - CASE WHEN p_cadence = 'monthly' AND p_every > 1
                               THEN extract(year FROM origin)::int * 12 + extract(month FROM origin)::int - 1 ELSE 0 END) % months;
            RETURN make_date(n / 12, n % 12 + 1, 1);
    END CASE;
END
$$;
COMMENT ON FUNCTION duban.period_start(text, int, date, date) IS 'first day of the period that holds a day (of the first period, for a day before it)';

CREATE FUNCTION duban.period_next(p_cadence text, p_every int, p_first date) RETURNS date
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    day int := extract(day FROM p_first);
BEGIN
    CASE
        WHEN p_cadence = 'daily' THEN RETURN p_first + p_every;
        WHEN p_cadence = 'weekly' THEN RETURN p_first + 7 * p_every;
        WHEN p_cadence = 'ten-day' AND day < 21 THEN RETURN p_first + 10;
        WHEN p_cadence = 'half-monthly' AND day < 16 THEN RETURN p_first + 15;
        ELSE RETURN (date_trunc('month', p_first::timestamp)
                     + make_interval(months => coalesce(duban.cadence_months(p_cadence, p_every), 1)))::date;
    END CASE;
END
$$;
COMMENT ON FUNCTION duban.period_next(text, int, date) IS 'first day of the period behind the one that begins on a day';

CREATE FUNCTION duban.periods(p_cadence text, p_from date, p_to date, p_every int DEFAULT 1, p_first date DEFAULT NULL, p_last date DEFAULT NULL)
RETURNS TABLE (period text, from_date date, to_date date)
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    from_date := duban.period_start(p_cadence, p_every, p_first, p_from);
    WHILE from_date <= least(p_to, p_last) LOOP
        to_date := duban.period_next(p_cadence, p_every, from_date) - 1;
        period := duban.period_name(p_cadence, from_date);
        RETURN NEXT;
        from_date := to_date + 1;
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.periods(text, date, date, int, date, date) IS 'periods of a cadence that overlap a range of days, from the one that holds p_first to the last that begins up to p_last';

-- ---- due days -------------------------------------------------------------------------------------

CREATE FUNCTION duban.calendar_days(p_code text, p_entry bigint, OUT "off" date[], OUT "work" date[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT coalesce(array_agg(d.day) FILTER (WHERE NOT d.work), '{}'), coalesce(array_agg(d.day) FILTER (WHERE d.work), '{}')
      INTO "off", "work" FROM duban.calendar_day d WHERE d.code = p_code AND d.entry = p_entry;
END
$$;
COMMENT ON FUNCTION duban.calendar_days(text, bigint) IS 'the days of a calendar version that differ from Monday to Friday';

CREATE FUNCTION duban.is_worked(p_off date[], p_work date[], p_day date) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE WHEN extract(isodow FROM p_day) < 6 THEN NOT p_day = ANY (p_off) ELSE p_day = ANY (p_work) END;
END
$$;
COMMENT ON FUNCTION duban.is_worked(date[], date[], date) IS 'whether a day is worked, by the days of a calendar';

CREATE FUNCTION duban.worked_add(p_off date[], p_work date[], p_day date, p_n int) RETURNS date
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    step int := sign(p_n);
    left_over int := abs(p_n);
BEGIN
    WHILE left_over > 0 LOOP
        p_day := p_day + step;
        IF (CASE WHEN extract(isodow FROM p_day) < 6 THEN NOT p_day = ANY (p_off) ELSE p_day = ANY (p_work) END) THEN
            left_over := left_over - 1;
        END IF;
    END LOOP;
    RETURN p_day;
END
$$;
COMMENT ON FUNCTION duban.worked_add(date[], date[], date, int) IS 'n-th working day after (or, negative, before) a day; 0: the day itself';

-- Where the day is counted: the period or the one behind it, or one month of it.
CREATE FUNCTION duban.rule_range(r duban.reporting_rule, p_from date, p_to date, OUT first date, OUT last date)
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    first := p_from;
    last := p_to;
    IF r.of = 'next' THEN
        first := p_to + 1;
        last := duban.period_next(r.cadence, r.every, first) - 1;
    END IF;
    IF r.month IS NOT NULL THEN
        first := CASE WHEN r.month > 0 THEN date_trunc('month', first::timestamp) + make_interval(months => r.month - 1)
                      ELSE date_trunc('month', last::timestamp) + make_interval(months => r.month + 1) END;
    END IF;
    -- a day of the month is one of its first month, unless the rule names another
    IF r.month IS NOT NULL OR r.day BETWEEN 1 AND 31 AND duban.cadence_months(r.cadence, r.every) IS NOT NULL THEN
        last := date_trunc('month', first::timestamp) + interval '1 month' - interval '1 day';
    END IF;
END
$$;
COMMENT ON FUNCTION duban.rule_range(duban.reporting_rule, date, date) IS 'the days among which a rule picks the due day of a period';

CREATE FUNCTION duban.rule_weekday(r duban.reporting_rule, p_first date, p_last date) RETURNS date
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    n int := coalesce(r.week, 1);
    d date := CASE WHEN n > 0 THEN p_first + (r.weekday - extract(isodow FROM p_first)::int + 7) % 7 + 7 * (n - 1)
                   ELSE p_last - (extract(isodow FROM p_last)::int - r.weekday + 7) % 7 + 7 * (n + 1) END;
BEGIN
    RETURN CASE WHEN d BETWEEN p_first AND p_last THEN d END;
END
$$;
COMMENT ON FUNCTION duban.rule_weekday(duban.reporting_rule, date, date) IS 'n-th (or n-th last) such weekday of a range of days; NULL when there is none';

CREATE FUNCTION duban.rule_due(r duban.reporting_rule, p_off date[], p_work date[], p_from date, p_to date, OUT planned date, OUT day date)
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a date;
    b date;
BEGIN
    SELECT x.first, x.last INTO a, b FROM duban.rule_range(r, p_from, p_to) x;
    IF r.working_day IS NOT NULL THEN
        planned := CASE WHEN r.working_day > 0 THEN duban.worked_add(p_off, p_work, a - 1, r.working_day)
                        ELSE duban.worked_add(p_off, p_work, b + 1, r.working_day) END;
        day := planned;
        RETURN;
    ELSIF r.weekday IS NOT NULL THEN
        planned := duban.rule_weekday(r, a, b);
    ELSE
        planned := CASE WHEN r.day > 0 THEN least(a + r.day - 1, b) ELSE greatest(b + r.day + 1, a) END;
    END IF;
    day := planned;
    IF r.shift NOT IN ('none', 'skip') AND NOT duban.is_worked(p_off, p_work, planned) THEN
        day := duban.worked_add(p_off, p_work, planned, CASE r.shift WHEN 'next' THEN 1 WHEN 'previous' THEN -1 ELSE r.shift_days END);
    END IF;
END
$$;
COMMENT ON FUNCTION duban.rule_due(duban.reporting_rule, date[], date[], date, date) IS 'due day of a period, before (planned) and after shifting; NULL when the day does not exist';

CREATE FUNCTION duban.rule_day(p_rule text, p_entry bigint, p_calendar_entry bigint, p_from date, p_to date) RETURNS date
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r duban.reporting_rule;
    c record;
BEGIN
    SELECT x.* INTO STRICT r FROM duban.reporting_rule x WHERE x.code = p_rule AND x.entry = p_entry;
    c := duban.calendar_days(r.calendar, p_calendar_entry);
    RETURN (SELECT d.day FROM duban.rule_due(r, c.off, c.work, p_from, p_to) d);
END
$$;
COMMENT ON FUNCTION duban.rule_day(text, bigint, bigint, date, date) IS 'due day of a period by one version of a rule and a calendar';

-- Everything a rule says about a range of days, period by period.
CREATE FUNCTION duban.rule_schedule(r duban.reporting_rule, p_off date[], p_work date[], p_from date, p_to date)
RETURNS TABLE (period text, from_date date, to_date date, planned date, day date, due timestamptz, cutoff timestamptz,
               closes timestamptz, skipped boolean, exception boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    x jsonb;
    -- microseconds: an interval of days would depend on the session's time zone
    grace interval := (1 + r.grace) * interval '60000000 microseconds';
BEGIN
    FOR period, from_date, to_date IN
        SELECT p.* FROM duban.periods(r.cadence, p_from, p_to, r.every, r.from_date, r.to_date) p
    LOOP
        SELECT d.planned, d.day INTO planned, day FROM duban.rule_due(r, p_off, p_work, from_date, to_date) d;
        SELECT e INTO x FROM jsonb_array_elements(r.exceptions) e WHERE e ->> 'period' = period LIMIT 1;
        exception := x IS NOT NULL;
        skipped := exception AND NOT x ? 'due'
                   OR NOT exception AND r.shift = 'skip' AND coalesce(NOT duban.is_worked(p_off, p_work, day), false);
        day := coalesce((x ->> 'due')::date, day);
        planned := CASE WHEN x ? 'due' THEN day ELSE planned END;
        due := (day + coalesce((x ->> 'time')::time, r.at)) AT TIME ZONE r.zone;
        cutoff := due + grace;
        closes := NULL;
        IF r.closes IS NOT NULL AND day IS NOT NULL THEN
            closes := greatest(cutoff, (duban.worked_add(p_off, p_work, day, r.closes) + r.at) AT TIME ZONE r.zone + interval '60000000 microseconds');
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.rule_schedule(duban.reporting_rule, date[], date[], date, date) IS 'periods of a rule that overlap a range of days with due instant, cut-off and end of the window; day NULL: the rule names a day that the period has not';

-- ---- who owes -------------------------------------------------------------------------------------

CREATE FUNCTION duban.members_at(p_roster text, p_at timestamptz) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT v.code FROM duban.roster_version v
     WHERE v.roster = p_roster AND v.code IS NOT NULL
       AND v.entry = (SELECT x.entry FROM duban.roster_version x WHERE x.roster = p_roster AND x.received <= p_at
                       ORDER BY x.received DESC, x.entry DESC LIMIT 1)
       AND duban.day(p_at) BETWEEN coalesce(v.from_date, '-infinity') AND coalesce(v.to_date, 'infinity')
$$;
COMMENT ON FUNCTION duban.members_at(text, timestamptz) IS 'members of a roster on the day of an instant, as the registry stood at that instant';

CREATE FUNCTION duban.unit_start(r duban.reporting_rule, p_unit text) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(max((s ->> 'from')::date::timestamp AT TIME ZONE r.zone), '-infinity')
      FROM jsonb_array_elements(r.starts) s WHERE s ->> 'unit' = p_unit
$$;
COMMENT ON FUNCTION duban.unit_start(duban.reporting_rule, text) IS 'before this instant the rule does not hold for the unit';

CREATE FUNCTION duban.owers(r duban.reporting_rule, p_from text, p_upto text, p_at timestamptz)
RETURNS TABLE (task text, unit text, start timestamptz)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT o.task, o.unit, s.start FROM (
        SELECT t.name AS task, t.accountable AS unit FROM duban.task t
         WHERE t.name BETWEEN p_from AND p_upto AND t.accountable IS NOT NULL
        UNION
        SELECT a.task, m.unit FROM duban.assignment a
         CROSS JOIN LATERAL (SELECT a.code WHERE NOT a.roster UNION ALL SELECT x FROM duban.members_at(a.code, p_at) x WHERE a.roster) m (unit)
         WHERE r.owes <> 'lead' AND a.task BETWEEN p_from AND p_upto
           AND CASE r.owes WHEN 'leads' THEN a.role IN ('lead', 'co-lead') WHEN 'all' THEN true
                           ELSE a.code = ANY (r.asked) OR m.unit = ANY (r.asked) END) o
     CROSS JOIN LATERAL (SELECT CASE WHEN r.starts = '[]' THEN '-infinity' ELSE duban.unit_start(r, o.unit) END AS start) s;
END
$$;
COMMENT ON FUNCTION duban.owers(duban.reporting_rule, text, text, timestamptz) IS 'which units owe the reports of the tasks between two names, groups as they stood at an instant, with the start of the rule for each';

CREATE FUNCTION duban.rule_version(p_version text) RETURNS duban.reporting_rule
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r duban.reporting_rule;
BEGIN
    SELECT x.* INTO r FROM duban.reporting_rule x
     WHERE x.code = split_part(p_version, '@', 1) AND x.entry = split_part(p_version, '@', 2)::bigint;
    RETURN r;
END
$$;
COMMENT ON FUNCTION duban.rule_version(text) IS 'a version of a rule by its name code@entry';

-- ---- the schedule of a plan -----------------------------------------------------------------------

CREATE FUNCTION duban.plan_fault(p_plan text, p_period text, p_rule text, p_why text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO duban.rule_fault (plan, period, rule, why) VALUES (p_plan, p_period, p_rule, p_why)
    ON CONFLICT (plan, period) DO UPDATE SET rule = excluded.rule, why = excluded.why
$$;
COMMENT ON FUNCTION duban.plan_fault(text, text, text, text) IS 'notes what a rule cannot say for a plan';

-- Writes the periods that are not kept. A period opens when the cut-off of the one before has passed; one whose
-- own cut-off is not later (an exception moved the other) with the last earlier cut-off that is.
CREATE FUNCTION duban.plan_periods(p duban.plan, r duban.reporting_rule, cal duban.calendar, p_kept int, p_behind date, p_at timestamptz) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c record;
    per record;
    cutoffs timestamptz[] := ARRAY(SELECT q.cutoff FROM duban.plan_period q WHERE q.plan = p.handle ORDER BY q.cutoff);
    last_cutoff timestamptz := cutoffs[cardinality(cutoffs)];
    opens timestamptz;
    owed boolean;
BEGIN
    c := duban.calendar_days(cal.code, cal.entry);
    FOR per IN
        SELECT x.* FROM duban.rule_schedule(r, c.off, c.work, p.from_date, p.to_date) x WHERE x.from_date > p_behind ORDER BY x.from_date
    LOOP
        IF per.day IS NULL THEN
            PERFORM duban.plan_fault(p.handle, per.period, r.code || '@' || r.entry, 'the period has no such day') WHERE NOT per.skipped;
            CONTINUE;
        END IF;
        p_kept := p_kept + 1;
        opens := CASE WHEN last_cutoff < per.cutoff THEN last_cutoff ELSE (SELECT max(x) FROM unnest(cutoffs) x WHERE x < per.cutoff) END;
        -- a period that nobody could have known of is not owed after the fact
        owed := NOT per.skipped AND per.cutoff > greatest(p.received, p_at);
        INSERT INTO duban.plan_period (plan, period, ordinal, from_date, to_date, opens, due, cutoff, owed, rule, calendar, loaded,
                                       planned, closes, plain)
        VALUES (p.handle, per.period, p_kept, per.from_date, per.to_date, greatest(p.received, p_at, opens), per.due, per.cutoff, owed,
                r.code || '@' || r.entry, cal.code || '@' || cal.entry, per.day BETWEEN cal.from_date AND cal.to_date,
                per.planned, per.closes, owed AND per.closes IS NULL AND r.starts = '[]');
        cutoffs := cutoffs || per.cutoff;
        last_cutoff := greatest(last_cutoff, per.cutoff);
    END LOOP;
    RETURN p_kept;
END
$$;
COMMENT ON FUNCTION duban.plan_periods(duban.plan, duban.reporting_rule, duban.calendar, int, date, timestamptz) IS 'writes the periods of a plan that begin behind a day; returns how many there are then';

-- (Re)computes the periods of a plan that are not open at p_at; opened ones keep their versions.
CREATE FUNCTION duban.plan_schedule(p_plan text, p_at timestamptz) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p duban.plan;
    r duban.reporting_rule;
    cal duban.calendar;
    kept int;
    behind date;
BEGIN
    SELECT x.* INTO STRICT p FROM duban.plan x WHERE x.handle = p_plan FOR UPDATE;
    DELETE FROM duban.plan_period q WHERE q.plan = p_plan AND q.opens > p_at;
    DELETE FROM duban.rule_fault f WHERE f.plan = p_plan;
    -- a period of another cadence does not begin in one that is kept
    SELECT count(*), coalesce(max(q.to_date), '-infinity') INTO kept, behind FROM duban.plan_period q WHERE q.plan = p_plan;
    SELECT x.* INTO r FROM duban.reporting_rule x WHERE x.code = p.rule ORDER BY x.entry DESC LIMIT 1;
    SELECT x.* INTO cal FROM duban.calendar x WHERE x.code = r.calendar ORDER BY x.entry DESC LIMIT 1;
    IF cal.code IS NULL THEN
        PERFORM duban.plan_fault(p_plan, '-', coalesce(r.code || '@' || r.entry, p.rule),
                                 format('no %s in the registry', CASE WHEN r.code IS NULL THEN 'such rule' ELSE 'calendar ' || r.calendar END));
    ELSE
        BEGIN
            IF duban.plan_periods(p, r, cal, kept, behind, p_at) = 0 THEN
                PERFORM duban.plan_fault(p_plan, '-', r.code || '@' || r.entry, 'the rule has no period within the plan');
            END IF;
        EXCEPTION WHEN data_exception OR no_data_found OR too_many_rows OR integrity_constraint_violation THEN
            -- a rule that cannot be computed stops its own obligations, not the statement
            PERFORM duban.plan_fault(p_plan, '-', r.code || '@' || r.entry, SQLERRM);
        END;
    END IF;
    UPDATE duban.plan_period q SET next_from = n.from_date, next_due = n.due
      FROM (SELECT x.period, min(x.ordinal) FILTER (WHERE x.owed)
                   OVER (ORDER BY x.ordinal DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS next
              FROM duban.plan_period x WHERE x.plan = p_plan) y
      LEFT JOIN duban.plan_period n ON n.plan = p_plan AND n.ordinal = y.next
     WHERE q.plan = p_plan AND q.period = y.period;
    UPDATE duban.task t SET plain = false WHERE t.plan = p_plan AND t.plain AND r.countersign;
    RETURN kept;
END
$$;
COMMENT ON FUNCTION duban.plan_schedule(text, timestamptz) IS 'writes the schedule of a plan from an instant on; the version of rule and calendar in force when a period opens is the one that counts; returns how many periods were kept';

-- ---- corrected calendars --------------------------------------------------------------------------

-- Periods that had opened before a new version of a calendar: what it makes of them stands beside.
CREATE FUNCTION duban.calendar_correct(p_code text, p_entry bigint, p_received timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c record;
BEGIN
    c := duban.calendar_days(p_code, p_entry);
    INSERT INTO duban.second_due (plan, period, entry, received, due, cutoff, calendar)
    SELECT q.plan, q.period, p_entry, p_received, n.due, n.cutoff, p_code || '@' || p_entry
      FROM (SELECT x.rule, x.period, s.due, s.cutoff
              FROM (SELECT DISTINCT y.rule, y.period, y.from_date FROM duban.plan_period y
                     WHERE split_part(y.calendar, '@', 1) = p_code AND y.opens <= p_received AND y.owed) x
             CROSS JOIN LATERAL duban.rule_version(x.rule) r
             CROSS JOIN LATERAL duban.rule_schedule(r, c.off, c.work, x.from_date, x.from_date) s
             WHERE s.period = x.period AND s.day IS NOT NULL) n
      JOIN duban.plan_period q ON q.rule = n.rule AND q.period = n.period
      LEFT JOIN LATERAL (SELECT z.cutoff FROM duban.second_due z WHERE z.plan = q.plan AND z.period = q.period
                          ORDER BY z.entry DESC LIMIT 1) b ON true
     WHERE split_part(q.calendar, '@', 1) = p_code AND q.opens <= p_received AND q.owed
       AND n.cutoff <> coalesce(b.cutoff, q.cutoff);
END
$$;
COMMENT ON FUNCTION duban.calendar_correct(text, bigint, timestamptz) IS 'writes second_due for what had opened before a new version of a calendar; the first verdicts stay as they are';

CREATE FUNCTION duban.calendars_correct(p_changed text[], p_entry bigint, p_received timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    code text;
BEGIN
    FOR code IN SELECT DISTINCT substr(x, 10) FROM unnest(p_changed) x WHERE x LIKE 'calendar/%' ORDER BY 1 LOOP
        BEGIN
            PERFORM duban.calendar_correct(code, p_entry, p_received);
        EXCEPTION WHEN data_exception OR no_data_found OR too_many_rows OR integrity_constraint_violation THEN
            RAISE WARNING 'second verdicts by calendar % cannot be computed: %', code, SQLERRM;
        END;
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.calendars_correct(text[], bigint, timestamptz) IS 'the same for every calendar among the objects that an entry changed';

-- ---- trying a rule before it is signed ------------------------------------------------------------

CREATE FUNCTION duban.rule_row(p_entry bigint, p jsonb) RETURNS duban.reporting_rule
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r duban.reporting_rule;
BEGIN
    r.code := p ->> 'code';
    r.entry := p_entry;
    r.name := p ->> 'name';
    r.cadence := p ->> 'cadence';
    r.every := coalesce((p ->> 'every')::int, 1);
    r.from_date := (p ->> 'from')::date;
    r.to_date := (p ->> 'to')::date;
    r.of := p ->> 'of';
    r.month := (p ->> 'month')::int;
    r.day := (p ->> 'day')::int;
    r.working_day := (p ->> 'working_day')::int;
    r.weekday := (p ->> 'weekday')::int;
    r.week := (p ->> 'week')::int;
    r.at := (p ->> 'time')::time;
    r.shift := coalesce(p ->> 'shift', 'none');
    r.shift_days := (p ->> 'shift_days')::int;
    r.grace := coalesce((p ->> 'grace')::int, 0);
    r.closes := (p ->> 'closes')::int;
    r.owes := coalesce(p ->> 'owes', 'lead');
    r.asked := ARRAY(SELECT jsonb_array_elements_text(coalesce(p -> 'asked', '[]')));
    r.starts := coalesce(p -> 'starts', '[]');
    r.exceptions := coalesce(p -> 'except', '[]');
    r.calendar := p ->> 'calendar';
    r.zone := p ->> 'zone';
    r.resubmit := (p ->> 'resubmit')::int;
    r.countersign := (p ->> 'countersign')::boolean;
    RETURN r;
END
$$;
COMMENT ON FUNCTION duban.rule_row(bigint, jsonb) IS 'a rule as a row, from the object of a registry statement';

-- The first thing that is wrong with a rule: field, code, detail; NULL when nothing is.
CREATE FUNCTION duban.rule_check(r duban.reporting_rule) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    months int := duban.cadence_months(r.cadence, r.every);
    bad text;
BEGIN
    IF num_nonnulls(r.day, r.working_day, r.weekday) <> 1 THEN
        RETURN ARRAY['day', 'shape', 'a rule names one of day, working-day and weekday'];
    ELSIF r.day = 0 OR r.working_day = 0 OR r.week = 0 OR r.month = 0 THEN
        RETURN ARRAY['day', 'range', 'days, weeks and months are counted from 1, or from -1 backwards'];
    ELSIF r.every NOT BETWEEN 1 AND 366 OR abs(r.day) > 366 OR abs(r.working_day) > 250 OR r.weekday NOT BETWEEN 1 AND 7
          OR abs(r.week) > 53 OR r.shift_days NOT BETWEEN 1 AND 60 OR r.grace NOT BETWEEN 0 AND 44640 OR r.closes NOT BETWEEN 1 AND 250 THEN
        RETURN ARRAY['rule', 'range', 'a number is out of its range: see docs/registry.md'];
    ELSIF r.every > 1 AND (r.cadence NOT IN ('daily', 'weekly', 'monthly') OR r.from_date IS NULL) THEN
        RETURN ARRAY['every', 'range', 'every counts days, weeks or months from the day that "from" names'];
    ELSIF r.month IS NOT NULL AND (months IS NULL OR abs(r.month) > months) THEN
        RETURN ARRAY['month', 'range', format('a period of this cadence has %s months', coalesce(months, 0))];
    ELSIF r.week IS NOT NULL AND r.weekday IS NULL THEN
        RETURN ARRAY['week', 'shape', 'week goes with weekday: the n-th such day of the period'];
    ELSIF (r.shift = 'after') <> (r.shift_days IS NOT NULL) THEN
        RETURN ARRAY['shift_days', 'shape', 'shift-days goes with shift "after": the n-th working day after the day'];
    ELSIF r.from_date > r.to_date THEN
        RETURN ARRAY['to', 'range', 'the rule ends before it begins'];
    ELSIF r.asked <> '{}' AND r.owes <> 'asked' THEN
        RETURN ARRAY['asked', 'shape', 'asked goes with owes "asked"'];
    -- the list of zones is read from files: only for one that no rule names yet
    ELSIF NOT EXISTS (SELECT FROM duban.reporting_rule x WHERE x.zone = r.zone)
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_timezone_names z WHERE z.name = r.zone) THEN
        RETURN ARRAY['zone', 'unknown', format('time zone "%s" is not known', r.zone)];
    END IF;
    SELECT e ->> 'period' INTO bad FROM jsonb_array_elements(r.exceptions) e
     WHERE NOT EXISTS (SELECT FROM duban.periods(r.cadence, make_date(greatest(left(e ->> 'period', 4)::int, 1), 1, 1) - 7,
                                                 make_date(greatest(left(e ->> 'period', 4)::int, 1), 12, 31), r.every, r.from_date, r.to_date) x
                        WHERE x.period = e ->> 'period') LIMIT 1;
    IF bad IS NOT NULL THEN
        RETURN ARRAY['except', 'unknown', format('the rule has no period %s', bad)];
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION duban.rule_check(duban.reporting_rule) IS 'what is wrong with a rule, before it is set or tried';

CREATE FUNCTION duban.rule_try(p_rule text) RETURNS duban.reporting_rule
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r duban.reporting_rule;
BEGIN
    IF left(ltrim(p_rule), 1) = '{' THEN
        r := duban.rule_row(-1, p_rule::jsonb);
    ELSE
        SELECT x.* INTO r FROM duban.reporting_rule x WHERE x.code = p_rule ORDER BY x.entry DESC LIMIT 1;
    END IF;
    RETURN r;
END
$$;
COMMENT ON FUNCTION duban.rule_try(text) IS 'the rule that a JSON object describes, or the newest version of a code';

CREATE FUNCTION duban.calendar_try(p_calendar text, OUT cal duban.calendar, OUT "off" date[], OUT "work" date[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p jsonb;
BEGIN
    IF left(ltrim(p_calendar), 1) = '{' THEN
        p := p_calendar::jsonb;
        cal := ROW(p ->> 'code', -1, '', '', (p ->> 'from')::date, (p ->> 'to')::date);
        "off" := ARRAY(SELECT d::date FROM jsonb_array_elements_text(coalesce(p -> 'off', '[]')) d);
        "work" := ARRAY(SELECT d::date FROM jsonb_array_elements_text(coalesce(p -> 'work', '[]')) d);
    ELSE
        SELECT x.* INTO cal FROM duban.calendar x WHERE x.code = p_calendar ORDER BY x.entry DESC LIMIT 1;
        SELECT d.off, d.work INTO "off", "work" FROM duban.calendar_days(cal.code, cal.entry) d;
    END IF;
END
$$;
COMMENT ON FUNCTION duban.calendar_try(text) IS 'the calendar that a JSON object describes, or the newest version of a code';

-- The dates that a rule makes, as /v1/rules/test answers: one item a period, or one item with an error.
CREATE FUNCTION duban.rule_preview(p_rule text, p_calendar text, p_from text, p_to text) RETURNS TABLE (period text, from_date date, item json)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    r duban.reporting_rule := duban.rule_try(coalesce(p_rule, ''));
    c record;
    wrong text[];
    a date := coalesce(p_from::date, r.from_date, date_trunc('year', duban.day(duban.now())::timestamp)::date);
    b date := coalesce(p_to::date, a + 365);
BEGIN
    wrong := CASE WHEN r.cadence IS NULL THEN ARRAY['rule', 'unknown', 'the registry has no such rule']
                  WHEN a > b OR b - a > 7320 THEN ARRAY['to', 'range', 'from and to are at most 20 years apart']
                  ELSE duban.rule_check(r) END;
    IF wrong IS NULL THEN
        c := duban.calendar_try(coalesce(p_calendar, r.calendar));
        IF (c.cal).code IS NULL THEN
            wrong := ARRAY['calendar', 'unknown', format('the registry has no calendar %s', coalesce(p_calendar, r.calendar))];
        END IF;
    END IF;
    IF wrong IS NOT NULL THEN
        RETURN QUERY SELECT '', '-infinity'::date, json_build_object('error', json_build_object('field', wrong[1], 'code', wrong[2], 'detail', wrong[3]));
        RETURN;
    END IF;
    RETURN QUERY
    SELECT s.period, s.from_date, json_strip_nulls(json_build_object('rule', r.code, 'period', s.period, 'from', s.from_date, 'to', s.to_date,
               'opens', duban.utc_second(lag(s.cutoff) OVER (ORDER BY s.from_date)),
               'due', duban.utc_second(s.due), 'cutoff', duban.utc_second(s.cutoff), 'closes', duban.utc_second(s.closes),
               'planned', CASE WHEN s.planned <> s.day THEN s.planned END, 'skipped', nullif(s.skipped, false),
               'exception', nullif(s.exception, false), 'impossible', CASE WHEN s.day IS NULL THEN true END,
               'beyond_calendar', nullif(NOT s.day BETWEEN (c.cal).from_date AND (c.cal).to_date, false),
               'worked', CASE WHEN s.day IS NOT NULL THEN duban.is_worked(c.off, c.work, s.day) END))
      FROM duban.rule_schedule(r, c.off, c.work, a, b) s;
END
$$;
COMMENT ON FUNCTION duban.rule_preview(text, text, text, text) IS 'what a rule would make of a range of days: a rule or calendar by code, or as the JSON of a registry change';

-- ---- what an operator must look at ----------------------------------------------------------------

CREATE VIEW duban.v_rule_fault WITH (security_invoker = true) AS
SELECT f.plan, nullif(f.period, '-') AS period, f.rule, f.why, f.from_entry AS entry FROM duban.rule_fault f;
COMMENT ON VIEW duban.v_rule_fault IS 'what a rule cannot say: periods without obligations because the day does not exist, and plans (period NULL) whose schedule cannot be made';

CREATE VIEW duban.v_schedule_warning WITH (security_invoker = true) AS
SELECT 'calendar'::text AS code, g.plan, g.period, g.rule, g.calendar, g.due,
       format('its due day lies outside the loaded calendar %s and counts Monday to Friday for now', g.calendar) AS detail
  FROM duban.v_calendar_gap g
UNION ALL
SELECT 'rule', f.plan, f.period, f.rule, NULL, NULL, f.why FROM duban.v_rule_fault f
UNION ALL
SELECT 'plan', m.plan, NULL, p.rule, NULL, NULL, m.fault FROM duban.materialised m JOIN duban.plan p ON p.handle = m.plan WHERE m.fault IS NOT NULL
UNION ALL
SELECT 'obligation', t.plan, o.period, NULL, NULL, NULL, format('%s of %s cannot be judged: %s', o.task, o.unit, o.why)
  FROM duban.put_off o JOIN duban.task t ON t.name = o.task;
COMMENT ON VIEW duban.v_schedule_warning IS 'what the schedule cannot do or only guesses: calendar gaps, faulty rules, plans and obligations that are put off';

-- ---- rights ---------------------------------------------------------------------------------------

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA duban FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA duban TO duban_append;
GRANT SELECT ON duban.roster_version, duban.second_due, duban.rule_fault, duban.v_second_verdict, duban.v_rule_fault, duban.v_schedule_warning TO duban_append, duban_auditor;
GRANT INSERT ON duban.roster_version, duban.second_due TO duban_append;
GRANT SELECT, INSERT, UPDATE, DELETE ON duban.rule_fault, duban.put_off, duban.remake TO duban_append;
GRANT SELECT ON duban.put_off, duban.remake TO duban_auditor;
GRANT SELECT (plan, fault) ON duban.materialised TO duban_receiver, duban_alerter, duban_reader;
GRANT SELECT ON duban.second_due, duban.rule_fault, duban.put_off, duban.v_second_verdict, duban.v_rule_fault,
    duban.v_schedule_warning TO duban_receiver, duban_alerter, duban_reader;
GRANT EXECUTE ON FUNCTION duban.rule_preview, duban.rule_try, duban.calendar_try, duban.rule_check, duban.rule_row, duban.rule_schedule,
    duban.rule_due, duban.rule_weekday, duban.rule_range, duban.worked_add, duban.is_worked, duban.calendar_days, duban.periods,
    duban.period_next, duban.period_start, duban.period_name, duban.cadence_months TO duban_receiver;

ALTER TABLE duban.put_off ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON duban.put_off FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.put_off FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.put_off TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
