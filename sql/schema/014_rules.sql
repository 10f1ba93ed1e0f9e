-- SPDX-License-Identifier: BSD-2-Clause
-- Reporting rules at work: who owes, the schedule of a plan, what a corrected calendar changes; and the rights
-- on 014_periods.

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

ALTER TABLE duban.put_off ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON duban.put_off FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.put_off FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.put_off TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
