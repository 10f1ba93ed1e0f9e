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

CREATE FUNCTION duban.periods(p_cadence text, p_from date, p_to date)
RETURNS TABLE (period text, from_date date, to_date date)
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE p_cadence
             WHEN 'monthly' THEN to_char(s.d, 'YYYY-MM')
             WHEN 'quarterly' THEN to_char(s.d, 'YYYY"Q"Q')
             ELSE to_char(s.d, 'YYYY"H"') || CASE WHEN extract(month FROM s.d) < 7 THEN '1' ELSE '2' END END,
           s.d::date, (s.d + m.step - interval '1 day')::date
      FROM (SELECT CASE p_cadence WHEN 'monthly' THEN interval '1 month'
                                  WHEN 'quarterly' THEN interval '3 months'
                                  ELSE interval '6 months' END AS step) m,
           generate_series(date_trunc('year', p_from::timestamp), p_to::timestamp, m.step) s (d)
     WHERE s.d + m.step > p_from::timestamp
     ORDER BY s.d
$$;
COMMENT ON FUNCTION duban.periods(text, date, date) IS 'periods of a cadence that overlap a range of days';

-- The day on which the report for a period is due (docs/rules.md); calendar version p_calendar_entry.
CREATE FUNCTION duban.rule_day(p_rule text, p_entry bigint, p_calendar_entry bigint, p_from date, p_to date)
RETURNS date
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r duban.reporting_rule;
    start_day date := p_from;
    end_day date := p_to;
    due_day date;
BEGIN
    SELECT x.* INTO STRICT r FROM duban.reporting_rule x WHERE x.code = p_rule AND x.entry = p_entry;
    IF r.of = 'next' THEN
        start_day := p_to + 1;
        end_day := (start_day + CASE r.cadence WHEN 'monthly' THEN interval '1 month'
                                               WHEN 'quarterly' THEN interval '3 months'
                                               ELSE interval '6 months' END)::date - 1;
    END IF;
    IF r.working_day > 0 THEN
        RETURN duban.working_day_add(r.calendar, p_calendar_entry, start_day - 1, r.working_day);
    ELSIF r.working_day < 0 THEN
        RETURN duban.working_day_add(r.calendar, p_calendar_entry, end_day + 1, r.working_day);
    ELSIF r.day > 0 THEN
        due_day := least(start_day + r.day - 1, end_day);
        IF r.day <= 31 THEN
            due_day := least(due_day, (date_trunc('month', start_day::timestamp) + interval '1 month')::date - 1);
        END IF;
    ELSE
        due_day := greatest(end_day + r.day + 1, start_day);
    END IF;
    IF r.shift = 'none' OR duban.working(r.calendar, p_calendar_entry, due_day) THEN
        RETURN due_day;
    END IF;
    RETURN duban.working_day_add(r.calendar, p_calendar_entry, due_day, CASE r.shift WHEN 'next' THEN 1 ELSE -1 END);
END
$$;
COMMENT ON FUNCTION duban.rule_day(text, bigint, bigint, date, date) IS 'due day of a period by one version of a rule and a calendar';

-- (Re)computes the periods of a plan that are not open at p_at; opened ones keep their versions.
CREATE FUNCTION duban.plan_schedule(p_plan text, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p duban.plan;
    r duban.reporting_rule;
    cal duban.calendar;
    per record;
    kept int;
    last_cutoff timestamptz := '-infinity';
    due_day date;
    due_at timestamptz;
BEGIN
    SELECT x.* INTO STRICT p FROM duban.plan x WHERE x.handle = p_plan FOR UPDATE;
    DELETE FROM duban.plan_period q WHERE q.plan = p_plan AND q.opens > p_at;
    SELECT count(*) INTO kept FROM duban.plan_period q WHERE q.plan = p_plan;
    SELECT coalesce(max(q.cutoff), '-infinity') INTO last_cutoff FROM duban.plan_period q WHERE q.plan = p_plan;
    SELECT x.* INTO STRICT r FROM duban.reporting_rule x WHERE x.code = p.rule ORDER BY x.entry DESC LIMIT 1;
    SELECT x.* INTO STRICT cal FROM duban.calendar x WHERE x.code = r.calendar ORDER BY x.entry DESC LIMIT 1;
    FOR per IN
        SELECT x.*, row_number() OVER () AS ordinal FROM duban.periods(r.cadence, p.from_date, p.to_date) x
    LOOP
        CONTINUE WHEN EXISTS (SELECT FROM duban.plan_period q WHERE q.plan = p_plan
                               AND (q.period = per.period OR q.from_date >= per.from_date));
        due_day := duban.rule_day(r.code, r.entry, cal.entry, per.from_date, per.to_date);
        due_at := (due_day + r.at) AT TIME ZONE r.zone;
        kept := kept + 1;
        INSERT INTO duban.plan_period (plan, period, ordinal, from_date, to_date, opens, due, cutoff, owed, rule, calendar, loaded)
        VALUES (p_plan, per.period, kept, per.from_date, per.to_date, greatest(p.received, last_cutoff),
                due_at, due_at + interval '1 minute', due_at + interval '1 minute' > p.received,
                r.code || '@' || r.entry, cal.code || '@' || cal.entry,
                due_day BETWEEN cal.from_date AND cal.to_date);
        last_cutoff := greatest(last_cutoff, due_at + interval '1 minute');
    END LOOP;
    UPDATE duban.plan_period q SET next_from = n.next_from, next_due = n.next_due
      FROM (SELECT x.period, lead(x.from_date) OVER w AS next_from, lead(x.due) OVER w AS next_due
              FROM duban.plan_period x WHERE x.plan = p_plan WINDOW w AS (ORDER BY x.ordinal)) n
     WHERE q.plan = p_plan AND q.period = n.period;
END
$$;
COMMENT ON FUNCTION duban.plan_schedule(text, timestamptz) IS 'writes the schedule of a plan from an instant on; the version of rule and calendar in force when a period opens is the one that counts';

-- When a ladder step falls for an obligation.
CREATE FUNCTION duban.step_at(p_ladder text, p_ladder_entry bigint, p_step int, p_due timestamptz,
                              p_base timestamptz, p_base_after int, p_zone text) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s record;
BEGIN
    SELECT x.before, x.after, x.at, l.calendar INTO s
      FROM duban.ladder_step x JOIN duban.ladder l ON l.code = x.code AND l.entry = x.entry
     WHERE x.code = p_ladder AND x.entry = p_ladder_entry AND x.step = p_step;
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF s.before IS NOT NULL THEN
        RETURN (duban.working_day_add(s.calendar, duban.calendar_entry(s.calendar), (p_due AT TIME ZONE p_zone)::date, -s.before)
                + s.at) AT TIME ZONE p_zone;
    END IF;
    RETURN (duban.working_day_add(s.calendar, duban.calendar_entry(s.calendar), (p_base AT TIME ZONE p_zone)::date,
                                  greatest(s.after - p_base_after, 0))
            + coalesce(s.at, (p_base AT TIME ZONE p_zone)::time)) AT TIME ZONE p_zone;
END
$$;
COMMENT ON FUNCTION duban.step_at(text, bigint, int, timestamptz, timestamptz, int, text) IS 'instant of a ladder step: before the due day at a time of day, or working days after the alert instant at the same time of day';

-- The first instant at which an obligation needs a look: a reminder that is not past, or its cut-off.
CREATE FUNCTION duban.agenda_first(p_ladder text, p_due timestamptz, p_cutoff timestamptz, p_zone text,
                                   p_after timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT least(p_cutoff, min(x.at)) FROM (
        SELECT duban.step_at(s.code, s.entry, s.step, p_due, p_cutoff, 0, p_zone) AS at
          FROM duban.ladder_step s
         WHERE s.code = p_ladder AND s.before IS NOT NULL
           AND s.entry = (SELECT max(l.entry) FROM duban.ladder l WHERE l.code = p_ladder)) x
     WHERE x.at >= p_after
$$;
COMMENT ON FUNCTION duban.agenda_first(text, timestamptz, timestamptz, text, timestamptz) IS 'first reminder that lies after the registration, or the cut-off';

-- How far the periods of a plan must be made at an instant: the open one and two more.
CREATE FUNCTION duban.materialise_target(p_plan text, p_at timestamptz) RETURNS int
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT least(coalesce(max(q.ordinal) FILTER (WHERE q.opens <= p_at), 0) + 2, max(q.ordinal))
      FROM duban.plan_period q WHERE q.plan = p_plan
$$;
COMMENT ON FUNCTION duban.materialise_target(text, timestamptz) IS 'ordinal of the last period to be made: the newest open one and two ahead';

CREATE FUNCTION duban.materialise_periods(p_plan duban.plan, p_ordinal int, p_from int, p_limit int) RETURNS int
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    WITH slice AS (
        SELECT t.name, t.ordinal, t.accountable, t.ends, t.since FROM duban.task t
         WHERE t.plan = p_plan.handle AND t.ordinal > p_from ORDER BY t.ordinal LIMIT p_limit),
    period AS (
        SELECT q.*, duban.agenda_first(p_plan.ladder, q.due, q.cutoff, p_plan.zone, q.opens) AS first_at
          FROM duban.plan_period q WHERE q.plan = p_plan.handle AND q.ordinal = p_ordinal AND q.owed),
    made AS (
        INSERT INTO duban.obligation (task, period, unit, opens, due, cutoff, rule, calendar)
        SELECT s.name, q.period, s.accountable, q.opens, q.due, q.cutoff, q.rule, q.calendar
          FROM slice s CROSS JOIN period q
         WHERE s.accountable IS NOT NULL AND q.from_date <= s.ends AND q.opens > s.since
        ON CONFLICT DO NOTHING RETURNING task, period, unit),
    noted AS (
        INSERT INTO duban.agenda (task, period, unit, at)
        SELECT m.task, m.period, m.unit, q.first_at FROM made m JOIN period q ON q.period = m.period
        ON CONFLICT DO NOTHING)
    SELECT coalesce(max(s.ordinal), 2147483647) FROM slice s
$$;
COMMENT ON FUNCTION duban.materialise_periods(duban.plan, int, int, int) IS 'makes one slice of the report obligations of a period; returns the last task ordinal, or the greatest integer at the end';

CREATE FUNCTION duban.completion_due(p_deadline date, p_zone text, OUT due timestamptz, OUT cutoff timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (p_deadline + time '23:59') AT TIME ZONE p_zone, (p_deadline + 1)::timestamp AT TIME ZONE p_zone
$$;
COMMENT ON FUNCTION duban.completion_due(date, text) IS 'a date alone means 23:59 of that day; the cut-off is the next midnight';

CREATE FUNCTION duban.materialise_completions(p_plan duban.plan, p_from int, p_limit int) RETURNS int
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    WITH slice AS (
        SELECT t.name, t.ordinal, t.accountable, coalesce(t.printed, t.inherited) AS deadline FROM duban.task t
         WHERE t.plan = p_plan.handle AND t.ordinal > p_from AND t.since = '-infinity' ORDER BY t.ordinal LIMIT p_limit),
    owed AS (
        SELECT s.name, s.accountable, o.*
          FROM slice s CROSS JOIN LATERAL duban.completion_due(s.deadline, p_plan.zone) o
         WHERE s.accountable IS NOT NULL AND s.deadline IS NOT NULL AND o.cutoff > p_plan.received),
    day AS (
        SELECT d.due, duban.agenda_first(p_plan.ladder, d.due, d.cutoff, p_plan.zone, p_plan.received) AS first_at
          FROM (SELECT DISTINCT o.due, o.cutoff FROM owed o) d),
    made AS (
        INSERT INTO duban.obligation (task, period, unit, opens, due, cutoff, kind)
        SELECT o.name, '-', o.accountable, p_plan.received, o.due, o.cutoff, 'completion' FROM owed o
        ON CONFLICT DO NOTHING RETURNING task, unit, due),
    noted AS (
        INSERT INTO duban.agenda (task, period, unit, at)
        SELECT m.task, '-', m.unit, d.first_at FROM made m JOIN day d ON d.due = m.due
        ON CONFLICT DO NOTHING)
    SELECT coalesce(max(s.ordinal), 2147483647) FROM slice s
$$;

COMMENT ON FUNCTION duban.materialise_completions(duban.plan, int, int) IS 'makes one slice of the completion obligations; returns the last task ordinal, or the greatest integer at the end';

-- One slice of the plan that is furthest behind; never under the log lock.
CREATE FUNCTION duban.materialise(p_limit int, OUT made int, OUT pending bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p duban.plan;
    m duban.materialised;
    reached int;
    at timestamptz := duban.now();
BEGIN
    made := 0;
    SELECT x.* INTO m FROM duban.materialised x
     WHERE x.ordinal < 0 OR x.ordinal < duban.materialise_target(x.plan, at)
     ORDER BY x.plan LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
        SELECT x.* INTO p FROM duban.plan x WHERE x.handle = m.plan FOR SHARE;
        IF m.ordinal < 0 THEN
            reached := duban.materialise_completions(p, m.task_ordinal, p_limit);
        ELSE
            reached := duban.materialise_periods(p, m.ordinal + 1, m.task_ordinal, p_limit);
        END IF;
        made := p_limit;
        UPDATE duban.materialised x
           SET ordinal = m.ordinal + (reached = 2147483647)::int,
               task_ordinal = CASE WHEN reached = 2147483647 THEN 0 ELSE reached END
         WHERE x.plan = m.plan;
    END IF;
    SELECT count(*) INTO pending FROM duban.materialised x
     WHERE x.ordinal < 0 OR x.ordinal < duban.materialise_target(x.plan, at);
END
$$;
COMMENT ON FUNCTION duban.materialise(int) IS 'makes the next slice of obligations; pending = plans that are not complete yet';
