-- SPDX-License-Identifier: BSD-2-Clause
-- The arithmetic of reporting rules: which periods there are and on which day each is due. This is the only
-- implementation: the ledger, `duban rule test` and replay call it.

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
