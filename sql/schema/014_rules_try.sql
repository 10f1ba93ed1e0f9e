-- SPDX-License-Identifier: BSD-2-Clause
-- Trying a rule before it is signed, by the arithmetic of 014_periods; and what is wrong with one that is set.

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

REVOKE ALL ON FUNCTION duban.rule_row, duban.rule_check, duban.rule_try, duban.calendar_try, duban.rule_preview FROM PUBLIC;
GRANT EXECUTE ON FUNCTION duban.rule_row, duban.rule_check, duban.rule_try, duban.calendar_try, duban.rule_preview TO duban_append;
GRANT EXECUTE ON FUNCTION duban.rule_preview, duban.rule_try, duban.calendar_try, duban.rule_check, duban.rule_row, duban.rule_schedule,
    duban.rule_due, duban.rule_weekday, duban.rule_range, duban.worked_add, duban.is_worked, duban.calendar_days, duban.periods,
    duban.period_next, duban.period_start, duban.period_name, duban.cadence_months TO duban_receiver;
