-- SPDX-License-Identifier: BSD-2-Clause
-- Reviews (accept, return) and countersignatures. Nobody reviews their own report.

-- The report that counts for a period: the newest that was not refused, not kept beside, and not waiting.
CREATE FUNCTION duban.report_newest(p_task text, p_period text, p_unit text, OUT entry bigint, OUT ord smallint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT r.entry, r.ord INTO entry, ord FROM duban.report r
      LEFT JOIN duban.countersignature c ON c.report_entry = r.entry AND c.report_ord = r.ord
     WHERE r.task = p_task AND r.period = p_period AND r.unit = p_unit AND coalesce(c.outcome, r.outcome) IN (1, 2, 4)
     ORDER BY coalesce(c.entry, r.entry) DESC, coalesce(c.ord, r.ord) DESC LIMIT 1;
END
$$;
COMMENT ON FUNCTION duban.report_newest(text, text, text) IS 'the report of a period that counts now';

CREATE FUNCTION duban.report_named(p_name text) RETURNS duban.report
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    n record := duban.item_place(p_name);
    r duban.report;
BEGIN
    SELECT x.* INTO r FROM duban.report x WHERE x.entry = n.entry AND x.ord = n.ord;
    RETURN r;
END
$$;
COMMENT ON FUNCTION duban.report_named(text) IS 'report by ENTRY.ORDINAL';

-- A date alone means 23:59 of that day in the plan's zone; without one, so many working days from now.
CREATE FUNCTION duban.again_due(p_task text, p_day date, p_received timestamptz, OUT due timestamptz, OUT cutoff timestamptz)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    zone text;
    calendar text;
    days int;
BEGIN
    SELECT p.zone, r.calendar, r.resubmit INTO STRICT zone, calendar, days
      FROM duban.task t JOIN duban.plan p ON p.handle = t.plan
      JOIN LATERAL (SELECT x.* FROM duban.reporting_rule x WHERE x.code = p.rule ORDER BY x.entry DESC LIMIT 1) r ON true
     WHERE t.name = p_task;
    p_day := coalesce(p_day, duban.working_day_add(calendar, duban.calendar_entry(calendar), (p_received AT TIME ZONE zone)::date, coalesce(days, 3)));
    SELECT d.due, d.cutoff INTO due, cutoff FROM duban.completion_due(p_day, zone) d;
END
$$;
COMMENT ON FUNCTION duban.again_due(text, date, timestamptz) IS 'when something that is owed again is due: the named day, or the rule''s number of working days (3) after today, at 23:59';

CREATE FUNCTION duban.review_fault(p_key duban.signing_key, r duban.report, p_review jsonb, p_received timestamptz) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    newest record;
    fault text;
    t duban.task;
BEGIN
    IF r.entry IS NULL OR r.outcome = 5 THEN
        RETURN duban.fault('report', 'unknown', 'no accepted report of this number; see duban review');
    END IF;
    fault := duban.decide_fault(p_key, r.task, r.unit,
                 CASE WHEN NOT r.by_office THEN (SELECT s.key FROM duban.statement s WHERE s.entry = r.entry) END,
                 r.entry, duban.day(p_received));
    IF fault IS NOT NULL THEN
        RETURN fault;
    END IF;
    IF r.outcome = 3 THEN
        RETURN duban.fault('report', 'not-owed', 'this report was kept beside: nobody owed it, so it is neither accepted nor returned');
    END IF;
    newest := duban.report_newest(r.task, r.period, r.unit);
    IF r.outcome = 6 AND NOT EXISTS (SELECT FROM duban.countersignature c WHERE c.report_entry = r.entry AND c.report_ord = r.ord) THEN
        RETURN duban.fault('report', 'waiting', 'this report waits for the countersignature of the unit''s head');
    ELSIF (newest.entry, newest.ord) <> (r.entry, r.ord) THEN
        RETURN duban.fault('report', 'superseded', format('the unit has sent this period again since: review %s.%s', newest.entry, newest.ord));
    END IF;
    SELECT x.* INTO t FROM duban.task x WHERE x.name = r.task;
    IF p_review ->> 'decision' = 'return' AND t.closed IS NOT NULL THEN
        RETURN duban.fault('report', 'closed', format('the task was closed by entry %s: reopen it first', t.closed));
    ELSIF p_review ->> 'decision' = 'return'
          AND (SELECT d.cutoff <= p_received FROM duban.again_due(r.task, (p_review ->> 'due')::date, p_received) d) THEN
        RETURN duban.fault('due', 'range', 'the new date is past');
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION duban.review_fault(duban.signing_key, duban.report, jsonb, timestamptz) IS 'why a report cannot be reviewed so; NULL when it can';

-- Accepting what was returned takes the return back: the period is not owed again.
CREATE FUNCTION duban.review_one(p_entry bigint, p_ord int, p_received timestamptz, p_key duban.signing_key, r duban.report, p jsonb)
RETURNS duban.review
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    w duban.review;
    o duban.obligation;
BEGIN
    w := ROW(p_entry, p_ord, r.entry, r.ord, r.task, r.period, r.unit, CASE p ->> 'decision' WHEN 'accept' THEN 'accepted' ELSE 'returned' END,
             p ->> 'reason', NULL, NULL, NULL, NULL, p_key.code, p_key.key)::duban.review;
    o := duban.obligation_open(r.task, r.period, r.unit);
    IF o.kind = 'resubmission' THEN
        PERFORM duban.obligation_drop(o.task, o.period, o.unit, p_entry, 'closed');
    END IF;
    IF w.decision = 'returned' THEN
        SELECT d.due, d.cutoff INTO w.due, w.cutoff FROM duban.again_due(r.task, (p ->> 'due')::date, p_received) d;
        w.slot := duban.slot_next(r.task, r.period);
        w.round := 1 + (SELECT count(*) FROM duban.review x WHERE x.task = r.task AND x.period = r.period AND x.unit = r.unit AND x.decision = 'returned');
        PERFORM duban.slot_add(ROW(r.task, w.slot, r.unit, p_received, w.due, w.cutoff, NULL, NULL, 'resubmission', NULL)::duban.obligation,
                               p_entry, p_received);
    END IF;
    INSERT INTO duban.review SELECT w.*;
    RETURN w;
END
$$;
COMMENT ON FUNCTION duban.review_one(bigint, int, timestamptz, duban.signing_key, duban.report, jsonb) IS 'records one review; a return makes the period owed again under a slot';

CREATE FUNCTION duban.review_apply(p_entry bigint, p_received timestamptz, p_key duban.signing_key, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    e record;
    r duban.report;
    w duban.review;
    fault text;
    last text;
BEGIN
    FOR e IN SELECT x.body, (x.o - 1)::int AS ord FROM jsonb_array_elements(p -> 'reviews') WITH ORDINALITY x (body, o) ORDER BY x.o LOOP
        r := duban.report_named(e.body ->> 'report');
        fault := duban.review_fault(p_key, r, e.body, p_received);
        last := CASE WHEN fault IS NULL THEN (SELECT x.decision FROM duban.review x WHERE x.report_entry = r.entry AND x.report_ord = r.ord
                                               AND x.task = r.task ORDER BY x.entry DESC, x.ord DESC LIMIT 1) END;
        w := NULL;
        IF fault IS NULL AND last IS DISTINCT FROM (CASE e.body ->> 'decision' WHEN 'accept' THEN 'accepted' ELSE 'returned' END) THEN
            w := duban.review_one(p_entry, e.ord, p_received, p_key, r, e.body);
        END IF;
        INSERT INTO duban.act (entry, ord, object, outcome, errors, line, members)
        SELECT p_entry, e.ord, e.body ->> 'report', x.outcome, fault,
               format(E'%s %s %s %s - -\n', e.body ->> 'report', coalesce(w.slot, CASE WHEN fault IS NULL THEN r.period END, '-'), x.outcome,
                      coalesce(duban.utc_second(w.due), '-')),
               CASE WHEN fault IS NULL THEN format(',"task":"%s","period":"%s"', r.task, coalesce(w.slot, r.period)) END
               || coalesce(',"due":"' || duban.utc_second(w.due) || '"', '')
          FROM (SELECT CASE WHEN fault IS NOT NULL THEN 'refused' WHEN w.entry IS NULL THEN 'already' ELSE w.decision END AS outcome) x;
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.review_apply(bigint, timestamptz, duban.signing_key, jsonb) IS 'reviews: one outcome per report: accepted, returned, already, refused';

CREATE FUNCTION duban.countersign_fault(p_key duban.signing_key, r duban.report) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF r.entry IS NULL OR r.outcome = 5 OR duban.key_unit(p_key.code) IS DISTINCT FROM r.unit THEN
        RETURN duban.fault('reports', 'unknown', 'the unit has no accepted report of this number');
    ELSIF NOT EXISTS (SELECT FROM duban.post o WHERE o.code = p_key.code AND o.role = 'head') THEN
        RETURN duban.fault('key', 'right', format('%s is not the head of %s: only the head countersigns', p_key.code, r.unit));
    ELSIF r.outcome <> 6 THEN
        RETURN duban.fault('reports', 'not-waiting', 'this report counts as it is: its plan asks for no countersignature, or the head signed it himself');
    ELSIF EXISTS (SELECT FROM duban.report y WHERE y.task = r.task AND y.period = r.period AND y.unit = r.unit
                   AND y.outcome IN (1, 2, 4, 6) AND (y.entry, y.ord) > (r.entry, r.ord)) THEN
        RETURN duban.fault('reports', 'superseded', 'the unit has sent this period again since: countersign the newest');
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION duban.countersign_fault(duban.signing_key, duban.report) IS 'why a key cannot countersign a report; NULL when it can';

CREATE FUNCTION duban.countersign_apply(p_entry bigint, p_received timestamptz, p_key duban.signing_key, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    e record;
    r duban.report;
    x record;
    fault text;
BEGIN
    FOR e IN SELECT y.name, (y.o - 1)::int AS ord FROM jsonb_array_elements_text(p -> 'reports') WITH ORDINALITY y (name, o) ORDER BY y.o LOOP
        r := duban.report_named(e.name);
        fault := duban.countersign_fault(p_key, r);
        IF fault IS NULL AND EXISTS (SELECT FROM duban.countersignature c WHERE c.report_entry = r.entry AND c.report_ord = r.ord) THEN
            INSERT INTO duban.act (entry, ord, object, outcome, members)
            VALUES (p_entry, e.ord, r.task, 'already', format(',"report":"%s"', e.name));
        ELSIF fault IS NULL THEN
            x := duban.report_count_all(p_entry, p_received, r);
            IF (x.j).outcome <> 5 THEN
                x.members := nullif(coalesce(x.members, '') || duban.report_more_one(p_entry, e.ord::smallint, p_received, r.unit, r.task, r.period, (x.j).outcome,
                    (SELECT convert_from(s.payload, 'UTF8')::jsonb -> 'reports' -> r.ord::int FROM duban.statement s WHERE s.entry = r.entry) - 'early_warning'), '');
            END IF;
            INSERT INTO duban.countersignature (entry, ord, report_entry, report_ord, task, period, unit, outcome, post, key)
            VALUES (p_entry, e.ord, r.entry, r.ord, r.task, r.period, r.unit, (x.j).outcome, p_key.code, p_key.key);
            PERFORM duban.report_act(p_entry, e.ord, r, x.j, x.completion, x.completion_due, x.line, x.members);
        ELSE
            INSERT INTO duban.act (entry, ord, object, outcome, errors, members)
            VALUES (p_entry, e.ord, '-', 'refused', fault, format(',"report":"%s"', e.name));
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.countersign_apply(bigint, timestamptz, duban.signing_key, jsonb) IS 'countersignatures: each report counts from this instant on';
