-- SPDX-License-Identifier: BSD-2-Clause
-- Tasks that are judged one by one (task.plain = false): slots made by statements, extended and closed tasks,
-- reports that wait for a countersignature. And who may decide about whose request.

CREATE FUNCTION duban.fault(p_field text, p_code text, p_detail text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_array(jsonb_build_object('field', p_field, 'code', p_code, 'detail', p_detail))::text
$$;
COMMENT ON FUNCTION duban.fault(text, text, text) IS 'errors of one outcome, as in receipts';

CREATE FUNCTION duban.entry_received(p_entry bigint) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT substring(convert_from(e.entry, 'UTF8') FROM E'\nreceived ([^\n]+)')::timestamptz FROM duban.log_entry e WHERE e.index = p_entry
$$;
COMMENT ON FUNCTION duban.entry_received(bigint) IS 'instant of an entry, as the entry says';

-- "12.1" and "12" (which is 12.0), as statements name reports and requests.
CREATE FUNCTION duban.item_place(p_name text, OUT entry bigint, OUT ord int)
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT split_part(p_name, '.', 1)::bigint, coalesce(nullif(split_part(p_name, '.', 2), ''), '0')::int
$$;
COMMENT ON FUNCTION duban.item_place(text) IS 'where an item stands that is named ENTRY.ORDINAL';

CREATE FUNCTION duban.task_zone(p_task text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT p.zone FROM duban.task t JOIN duban.plan p ON p.handle = t.plan WHERE t.name = p_task);
END
$$;
COMMENT ON FUNCTION duban.task_zone(text) IS 'time zone of a task''s plan; NULL for what is no task';

-- ---- who decides ---------------------------------------------------------------------------------------------

CREATE FUNCTION duban.key_unit(p_code text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT u.code FROM duban.unit u WHERE u.code = p_code
    UNION ALL SELECT o.unit FROM duban.post o WHERE o.code = p_code LIMIT 1
$$;
COMMENT ON FUNCTION duban.key_unit(text) IS 'unit for which the keys of a unit or post report; NULL for posts above the units';

-- Names are compared as one writes them: width, case and spaces do not make another person.
CREATE FUNCTION duban.name_key(p_name text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT lower(regexp_replace(normalize(p_name, NFKC), '[[:space:]·]', '', 'g'))
$$;
COMMENT ON FUNCTION duban.name_key(text) IS 'a person''s name without what may differ between two registrations of it';

-- Posts of a unit, or the post itself, as the registry stood behind an entry (NULL: now).
CREATE FUNCTION duban.posts_at(p_code text, p_entry bigint) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE WHEN p_entry IS NULL THEN duban.posts_of(p_code) ELSE ARRAY(
        SELECT o.code FROM duban.post o WHERE p_code IN (o.code, o.unit) AND o.from_entry <= p_entry
        UNION SELECT o.code FROM duban.post_past o WHERE p_code IN (o.code, o.unit) AND o.from_entry <= p_entry AND o.to_entry > p_entry) END;
END
$$;
COMMENT ON FUNCTION duban.posts_at(text, bigint) IS 'posts of a unit or post, by the registry as an entry left it (NULL: now)';

-- Names behind a key on a day: the holders of its post (of all posts of its unit, for a unit's key), and the
-- delegate whose it is. A delegate acts for the holder: both count. What was struck from the registry since counts
-- for its time: who asked does not grant after the post was handed over.
CREATE FUNCTION duban.persons(p_key bytea, p_day date, p_entry bigint DEFAULT NULL) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    posts text[] := duban.posts_at((SELECT k.code FROM duban.signing_key k WHERE k.key = p_key), p_entry);
BEGIN
    RETURN ARRAY(
        SELECT DISTINCT duban.name_key(x.name) FROM (
            SELECT h.name, h.from_date, h.to_date FROM duban.holder h WHERE h.post = ANY (posts) AND h.from_entry <= coalesce(p_entry, h.from_entry)
            UNION ALL SELECT h.name, h.from_date, h.to_date FROM duban.holder_past h
             WHERE h.post = ANY (posts) AND h.from_entry <= p_entry AND h.to_entry > p_entry
            UNION ALL SELECT d.name, d.from_date, d.to_date FROM duban.delegate d WHERE d.key = p_key AND d.from_entry <= coalesce(p_entry, d.from_entry)
            UNION ALL SELECT d.name, d.from_date, d.to_date FROM duban.delegate_past d
             WHERE d.key = p_key AND d.from_entry <= p_entry AND d.to_entry > p_entry) x
         WHERE p_day BETWEEN coalesce(x.from_date, '-infinity') AND coalesce(x.to_date, 'infinity') AND duban.name_key(x.name) <> '');
END
$$;
COMMENT ON FUNCTION duban.persons(bytea, date, bigint) IS 'names of those who may be behind a key on a day, by the registry as an entry left it (NULL: now)';

CREATE FUNCTION duban.unit_persons(p_unit text, p_day date) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    posts text[] := duban.posts_of(p_unit);
BEGIN
    RETURN ARRAY(
        SELECT DISTINCT duban.name_key(x.name) FROM (
            SELECT h.name, h.from_date, h.to_date FROM duban.holder h WHERE h.post = ANY (posts)
            UNION ALL SELECT d.name, d.from_date, d.to_date FROM duban.delegate d WHERE d.post = ANY (posts)) x
         WHERE p_day BETWEEN coalesce(x.from_date, '-infinity') AND coalesce(x.to_date, 'infinity') AND duban.name_key(x.name) <> '');
END
$$;
COMMENT ON FUNCTION duban.unit_persons(text, date) IS 'names of those who hold a post of a unit on a day, or act for one';

-- Whether somebody behind a key belongs to a unit by another post: such a one decides nothing about it.
CREATE FUNCTION duban.same_person(p_key bytea, p_unit text, p_day date) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT duban.persons(p_key, p_day) && duban.unit_persons(p_unit, p_day)
$$;
COMMENT ON FUNCTION duban.same_person(bytea, text, date) IS 'whether somebody behind a key holds a post of the unit too, or acts for one';

-- NULL when the key may decide about what another key asked for by an entry; else the fault.
CREATE FUNCTION duban.decide_fault(p_key duban.signing_key, p_task text, p_unit text, p_by bytea, p_by_entry bigint, p_day date)
RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF duban.key_unit(p_key.code) = p_unit THEN
        RETURN duban.fault('key', 'own', format('%s cannot decide about its own task: the office or a leader of the task does', p_unit));
    ELSIF duban.office_key(p_key) IS NOT TRUE AND NOT duban.leads_task(p_key.code, p_task, p_day) THEN
        RETURN duban.fault('key', 'right', format('%s is neither the office nor a leader of %s', p_key.code, p_task));
    ELSIF p_key.key = p_by
          OR duban.persons(p_key.key, p_day) && duban.persons(p_by, duban.day(duban.entry_received(p_by_entry)), p_by_entry) THEN
        RETURN duban.fault('key', 'same-person', 'the same person asked for this under another post: somebody else must decide');
    ELSIF duban.same_person(p_key.key, p_unit, p_day) THEN
        RETURN duban.fault('key', 'same-person', format('the same person holds a post of %s: somebody else must decide', p_unit));
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION duban.decide_fault(duban.signing_key, text, text, bytea, bigint, date) IS 'why a key may not decide: own unit, no right, same person by key or by name, then or now; NULL when it may';

CREATE FUNCTION duban.office_key(p_key duban.signing_key) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (p_key).operator OR EXISTS (SELECT FROM duban.post o WHERE o.code = (p_key).code AND o.role = 'office')
$$;
COMMENT ON FUNCTION duban.office_key(duban.signing_key) IS 'whether a key speaks for the office: its post, or an operator''s key';

-- ---- obligations that statements make ----------------------------------------------------------------------------

CREATE FUNCTION duban.obligation_put(p_o duban.obligation, p_received timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM duban.agenda a WHERE a.task = p_o.task AND a.period = p_o.period AND a.unit = p_o.unit;
    DELETE FROM duban.obligation o WHERE o.task = p_o.task AND o.period = p_o.period AND o.unit = p_o.unit;
    p_o.from_entry := duban.entry_now();
    INSERT INTO duban.obligation SELECT p_o.*;
    INSERT INTO duban.agenda (task, period, unit, at)
    SELECT p_o.task, p_o.period, p_o.unit, duban.agenda_first(p.ladder, p_o.due, p_o.cutoff, p.zone, greatest(p_o.opens, p_received))
      FROM duban.task t JOIN duban.plan p ON p.handle = t.plan WHERE t.name = p_o.task;
    NOTIFY duban_agenda;
END
$$;
COMMENT ON FUNCTION duban.obligation_put(duban.obligation, timestamptz) IS 'makes an obligation, or puts it in the place of the one of that name; raise looks at it from then on';

CREATE FUNCTION duban.obligation_drop(p_task text, p_period text, p_unit text, p_entry bigint, p_reason text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM duban.cases_close(ARRAY[p_task], ARRAY[p_period], ARRAY[p_unit], ARRAY[p_entry], p_reason);
    DELETE FROM duban.agenda a WHERE a.task = p_task AND a.period = p_period AND a.unit = p_unit;
    DELETE FROM duban.obligation o WHERE o.task = p_task AND o.period = p_period AND o.unit = p_unit;
END
$$;
COMMENT ON FUNCTION duban.obligation_drop(text, text, text, bigint, text) IS 'takes an obligation back and closes its case; its verdicts stay';

-- From here on the obligations of a task are rows of their own, not what the plan's schedule says (task.since).
CREATE FUNCTION duban.task_pin(p_task text, p_received timestamptz) RETURNS duban.task
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t duban.task;
    p duban.plan;
BEGIN
    SELECT x.* INTO STRICT t FROM duban.task x WHERE x.name = p_task;
    SELECT x.* INTO STRICT p FROM duban.plan x WHERE x.handle = t.plan;
    PERFORM duban.obligations_refresh(p_task, p_received);
    WITH made AS (
        INSERT INTO duban.obligation (task, period, unit, opens, due, cutoff, rule, calendar, kind, from_entry)
        SELECT o.task, o.period, o.unit, o.opens, o.due, o.cutoff, o.rule, o.calendar, o.kind, NULL::bigint
          FROM duban.task_obligations(p_task, p_received) o
        ON CONFLICT DO NOTHING RETURNING *)
    INSERT INTO duban.agenda (task, period, unit, at)
    SELECT m.task, m.period, m.unit, duban.agenda_first(p.ladder, m.due, m.cutoff, p.zone, m.opens) FROM made m
    ON CONFLICT DO NOTHING;
    UPDATE duban.task x SET plain = false, since = greatest(x.since, p_received) WHERE x.name = p_task RETURNING x.* INTO t;
    RETURN t;
END
$$;
COMMENT ON FUNCTION duban.task_pin(text, timestamptz) IS 'writes down what a task owes from the schedule up to an instant, so that single obligations of it can be changed';

-- The last day of a task moves forward: periods that begin up to the new day and can still be kept are owed too.
CREATE FUNCTION duban.task_until(p_task text, p_day date, p_received timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t duban.task := duban.task_pin(p_task, p_received);
BEGIN
    IF t.continuous OR p_day <= t.ends OR t.accountable IS NULL THEN
        RETURN;
    END IF;
    UPDATE duban.task x SET ends = p_day WHERE x.name = p_task;
    PERFORM duban.obligation_put(ROW(t.name, q.period, t.accountable, q.opens, q.due, q.cutoff, q.rule, q.calendar, 'report', NULL)::duban.obligation, p_received)
       FROM duban.plan_period q
      WHERE q.plan = t.plan AND q.owed AND q.from_date > t.ends AND q.from_date <= p_day AND q.cutoff > p_received
        AND q.ordinal <= duban.materialise_target(t.plan, p_received);
END
$$;
COMMENT ON FUNCTION duban.task_until(text, date, timestamptz) IS 'moves the end of a task forward; periods whose cut-off is past by then are not owed after the fact';

-- The open obligation behind a task and a printed period ('-': completion): the newest slot that is not settled.
CREATE FUNCTION duban.obligation_open(p_task text, p_period text, p_unit text) RETURNS duban.obligation
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    o duban.obligation;
BEGIN
    SELECT x.* INTO o FROM duban.obligation x
     WHERE x.task = p_task AND split_part(x.period, '!', 1) = p_period AND x.unit = p_unit
       AND x.kind IN ('report', 'resubmission', 'completion')
       AND NOT EXISTS (SELECT FROM duban.verdict v WHERE v.task = x.task AND v.period = x.period AND v.unit = x.unit AND NOT v.silence)
     ORDER BY x.opens DESC, x.period COLLATE "C" DESC LIMIT 1;
    RETURN o;
END
$$;
COMMENT ON FUNCTION duban.obligation_open(text, text, text) IS 'what a unit still owes for a printed period or the completion, also when it is owed again; NULL when nothing';

CREATE FUNCTION duban.slot_next(p_task text, p_period text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT p_period || '!' || 1 + (SELECT count(*) FROM duban.slot s WHERE s.task = p_task AND s.base = p_period)
$$;
COMMENT ON FUNCTION duban.slot_next(text, text) IS 'name of the next slot of a period; names are never used twice';

CREATE FUNCTION duban.slot_add(p_o duban.obligation, p_entry bigint, p_received timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO duban.slot (task, period, base, entry) VALUES (p_o.task, p_o.period, split_part(p_o.period, '!', 1), p_entry);
    UPDATE duban.task t SET plain = false WHERE t.name = p_o.task AND t.plain;
    PERFORM duban.obligation_put(p_o, p_received);
END
$$;
COMMENT ON FUNCTION duban.slot_add(duban.obligation, bigint, timestamptz) IS 'a period or completion is owed again, under a name of its own';

-- ---- judging -----------------------------------------------------------------------------------------------------

CREATE FUNCTION duban.special_period(t duban.task, INOUT q duban.plan_period, p_unit text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    o duban.obligation;
BEGIN
    IF q.opens <= t.since THEN
        SELECT x.* INTO o FROM duban.obligation x WHERE x.task = t.name AND x.period = q.period AND x.unit = p_unit;
        IF FOUND THEN
            q.closes := q.closes + (o.cutoff - q.cutoff); -- the window moves with an extension
            q.due := o.due;
            q.cutoff := o.cutoff;
        END IF;
    END IF;
    q.owed := q.owed AND t.closed IS NULL
              AND (t.released IS NULL OR q.cutoff > t.released
                   OR EXISTS (SELECT FROM duban.verdict v WHERE v.task = t.name AND v.period = q.period AND v.unit = p_unit AND NOT v.silence));
END
$$;
COMMENT ON FUNCTION duban.special_period(duban.task, duban.plan_period, text) IS 'a period of the schedule as it stands for one task: extended, or released by closing the task';

-- The completion that a report of status done settles now; period NULL when there is none.
CREATE FUNCTION duban.completion_open(t duban.task, p_unit text) RETURNS duban.obligation
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    o duban.obligation;
BEGIN
    IF t.since > '-infinity' THEN
        RETURN duban.obligation_open(t.name, '-', p_unit);
    END IF;
    SELECT t.name, '-', p_unit, p.received, d.due, d.cutoff, NULL, NULL, 'completion', NULL INTO o
      FROM duban.plan p CROSS JOIN LATERAL duban.completion_due(coalesce(t.printed, t.inherited), p.zone) d
     WHERE p.handle = t.plan AND t.accountable = p_unit AND d.cutoff > p.received
       AND NOT EXISTS (SELECT FROM duban.verdict v WHERE v.task = t.name AND v.period = '-' AND v.unit = p_unit AND NOT v.silence);
    RETURN o;
END
$$;
COMMENT ON FUNCTION duban.completion_open(duban.task, text) IS 'the completion that a unit owes for a task at this moment';

-- Verdict of a slot and what the receipt says of it.
CREATE FUNCTION duban.slot_settle(p_o duban.obligation, p_name text, p_late int, p_entry bigint, p_received timestamptz,
                                  p_by_office boolean, OUT line text, OUT members text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    verdict smallint := CASE WHEN p_received < p_o.cutoff THEN 1 ELSE p_late END;
BEGIN
    INSERT INTO duban.verdict (task, period, unit, silence, verdict, entry, received, by_office)
    VALUES (p_o.task, p_o.period, p_o.unit, false, verdict, p_entry, p_received, p_by_office);
    PERFORM duban.cases_close(ARRAY[p_o.task], ARRAY[p_o.period], ARRAY[p_o.unit], ARRAY[p_entry], 'reported');
    line := format(E'%s %s %s %s - -\n', p_o.task, p_o.period, duban.verdict_name(verdict), duban.utc_second(p_o.due));
    members := format(',"%s":"%s","%s_due":"%s","%s_period":"%s"', p_name, duban.verdict_name(verdict), p_name,
                      duban.utc_second(p_o.due), p_name, p_o.period);
END
$$;
COMMENT ON FUNCTION duban.slot_settle(duban.obligation, text, int, bigint, timestamptz, boolean) IS 'settles a resubmission or a completion that was owed again';

-- What one accepted report settles beside its period. completion: verdict of the task''s own, first deadline.
CREATE FUNCTION duban.slots_settle(t duban.task, p_unit text, p_period text, p_status smallint, p_outcome smallint,
    p_entry bigint, p_received timestamptz, p_by_office boolean,
    OUT line text, OUT members text, OUT completion smallint, OUT completion_due timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    o duban.obligation;
    x record;
BEGIN
    IF p_outcome = 4 THEN
        o := duban.obligation_open(t.name, p_period, p_unit);
        IF o.kind = 'resubmission' THEN
            x := duban.slot_settle(o, 'resubmission', 4, p_entry, p_received, p_by_office);
            line := x.line;
            members := x.members;
        END IF;
    END IF;
    IF p_status = 4 AND t.closed IS NULL THEN
        o := duban.completion_open(t, p_unit);
        IF o.period = '-' THEN
            completion := CASE WHEN p_received < o.cutoff THEN 1 ELSE 2 END;
            completion_due := o.due;
        ELSIF o.period IS NOT NULL THEN
            x := duban.slot_settle(o, 'completion', 2, p_entry, p_received, p_by_office);
            line := coalesce(line, '') || x.line;
            members := coalesce(members, '') || x.members;
        END IF;
    END IF;
END
$$;
COMMENT ON FUNCTION duban.slots_settle(duban.task, text, text, smallint, smallint, bigint, timestamptz, boolean) IS 'resubmissions and completions that a report settles';

-- The version of the rule by which the period is owed says so; when it says nothing, the plan does.
CREATE FUNCTION duban.countersigned(t duban.task, p_period text, p_unit text, p_key bigint) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT NOT coalesce((SELECT (duban.rule_version(q.rule)).countersign FROM duban.plan_period q WHERE q.plan = (t).plan AND q.period = p_period),
                        (SELECT p.countersign FROM duban.plan p WHERE p.handle = (t).plan), false)
        OR EXISTS (SELECT FROM duban.signing_key k JOIN duban.post o ON o.code = k.code
                    WHERE k.id = p_key AND o.role = 'head' AND o.unit = p_unit)
$$;
COMMENT ON FUNCTION duban.countersigned(duban.task, text, text, bigint) IS 'whether a report of this key counts as it is: neither the rule of its period nor its plan asks for no countersignature, or the head signed it himself';

-- Called by append for a batch that holds reports of such tasks.
CREATE FUNCTION duban.special_apply(p_old_size bigint, p_received timestamptz, s_key bigint[], r_statement int[], r_unit text[],
    r_task text[], r_period text[], r_status smallint[], r_ord smallint[], r_progress smallint[], INOUT o_outcome smallint[], INOUT o_completion smallint[],
    INOUT o_completion_due timestamptz[], OUT o_line text[], OUT o_members text[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    t duban.task;
    x record;
    more record;
    done text[] := '{}';
BEGIN
    FOR i IN 1 .. cardinality(r_task) LOOP
        CONTINUE WHEN o_outcome[i] > 4;
        SELECT y.* INTO t FROM duban.task y WHERE y.name = r_task[i];
        CONTINUE WHEN t.plain;
        IF o_outcome[i] <> 3 AND NOT duban.countersigned(t, r_period[i], r_unit[i], s_key[r_statement[i]]) THEN
            o_outcome[i] := 6;
            CONTINUE;
        END IF;
        x := duban.slots_settle(t, r_unit[i], r_period[i], r_status[i], o_outcome[i], p_old_size + r_statement[i] - 1, p_received, false);
        o_line[i] := x.line;
        o_members[i] := x.members;
        IF o_outcome[i] <> 3 AND EXISTS (SELECT FROM duban.same_task s WHERE s.task = t.name) THEN
            more := duban.same_settle(t, ROW(p_old_size + r_statement[i] - 1, r_ord[i], t.name, r_period[i], r_unit[i], r_status[i],
                r_progress[i], o_outcome[i], NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false)::duban.report, r_task, p_old_size + r_statement[i] - 1, p_received);
            o_line[i] := coalesce(x.line || more.line, x.line, more.line);
            o_members[i] := coalesce(x.members || more.members, x.members, more.members);
        END IF;
        IF x.completion IS NOT NULL AND NOT t.name = ANY (done) THEN
            done := done || t.name;
            o_completion[i] := x.completion;
            o_completion_due[i] := x.completion_due;
        END IF;
    END LOOP;
    -- arrays that are read beside the others start at 1 and are as long
    o_line := ARRAY(SELECT o_line[i] FROM generate_series(1, cardinality(r_task)) i ORDER BY i);
    o_members := ARRAY(SELECT o_members[i] FROM generate_series(1, cardinality(r_task)) i ORDER BY i);
END
$$;
COMMENT ON FUNCTION duban.special_apply(bigint, timestamptz, bigint[], int[], text[], text[], text[], smallint[], smallint[], smallint[], smallint[], smallint[], timestamptz[])
    IS 'what reports of such tasks settle beside their period, and which of them wait for a countersignature';

-- One report that counts by another statement than its own: countersigned, or entered by the office.
CREATE FUNCTION duban.report_count(p_entry bigint, p_received timestamptz, p_report duban.report,
                                   OUT j duban.judgement, OUT line text, OUT members text, OUT completion smallint, OUT completion_due timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r duban.report := p_report;
    t duban.task;
    x record;
BEGIN
    j := duban.judge(r.unit, r.task, r.period, r.errors, p_received);
    IF j.outcome = 5 THEN
        RETURN;
    END IF;
    SELECT y.* INTO t FROM duban.task y WHERE y.name = r.task;
    x := duban.slots_settle(t, r.unit, r.period, r.status, j.outcome, p_entry, p_received, r.by_office);
    line := x.line;
    members := x.members;
    completion := x.completion;
    completion_due := x.completion_due;
    INSERT INTO duban.verdict (task, period, unit, silence, verdict, entry, received, rule, calendar, by_office)
    SELECT r.task, v.period, r.unit, false, v.verdict, p_entry, p_received, v.rule, v.calendar, r.by_office
      FROM (VALUES (r.period, j.outcome, j.rule, j.calendar), ('-', completion, NULL, NULL)) v (period, verdict, rule, calendar)
     WHERE v.verdict <= 2;
    PERFORM duban.cases_close(array_agg(r.task), array_agg(v.period), array_agg(r.unit), array_agg(p_entry), 'reported')
       FROM (VALUES (r.period, j.outcome), ('-', completion)) v (period, verdict) WHERE v.verdict <= 2;
    INSERT INTO duban.task_state AS s (task, entry, ord, period, status, progress, received)
    SELECT r.task, r.entry, r.ord, r.period, r.status, r.progress, p_received WHERE j.outcome IN (1, 2, 4) AND j.beside IS NOT TRUE
    ON CONFLICT (task) DO UPDATE SET entry = excluded.entry, ord = excluded.ord, period = excluded.period,
        status = excluded.status, progress = excluded.progress, received = excluded.received;
END
$$;
COMMENT ON FUNCTION duban.report_count(bigint, timestamptz, duban.report) IS 'verdicts, newest state and closed cases of one report, by the instant of the statement that makes it count';

-- Its object in that statement''s receipt, and its lines in the digest.
CREATE FUNCTION duban.report_act(p_entry bigint, p_ord int, r duban.report, j duban.judgement, p_completion smallint,
                                 p_completion_due timestamptz, p_line text, p_members text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO duban.act (entry, ord, object, outcome, errors, line, members)
    SELECT p_entry, p_ord, r.task, duban.outcome_name(j.outcome), j.errors,
           duban.outcome_line(r.task, r.period, j.outcome, j.due, j.rule, j.calendar, p_completion, p_completion_due) || coalesce(p_line, ''),
           (SELECT string_agg(format(',%s:%s', to_json(m.key), m.value), '' ORDER BY m.key COLLATE "C")
              FROM jsonb_each(duban.outcome_json(r.task, r.period, j.outcome, j.due, j.next_due, j.rule, j.calendar, p_completion,
                                                 p_completion_due, NULL, NULL)::jsonb) m
             WHERE m.key NOT IN ('task', 'outcome', 'errors'))
           || format(',"report":"%s.%s"', r.entry, r.ord) || coalesce(p_members, '');
END
$$;
COMMENT ON FUNCTION duban.report_act(bigint, int, duban.report, duban.judgement, smallint, timestamptz, text, text) IS 'outcome of a report that another statement made count';

GRANT EXECUTE ON FUNCTION duban.fault, duban.entry_received, duban.item_place, duban.task_zone, duban.key_unit, duban.name_key, duban.posts_at, duban.persons,
    duban.unit_persons, duban.same_person, duban.decide_fault, duban.office_key,
    duban.obligation_put, duban.obligation_drop, duban.task_pin, duban.task_until, duban.obligation_open, duban.slot_next,
    duban.slot_add, duban.special_period, duban.completion_open, duban.slot_settle, duban.slots_settle, duban.countersigned,
    duban.special_apply, duban.report_count, duban.report_act TO duban_append;
GRANT SELECT, INSERT ON duban.slot TO duban_append;
GRANT UPDATE ON duban.task TO duban_append;
ALTER TABLE duban.slot ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON duban.slot FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.slot FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.slot TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
GRANT SELECT ON duban.slot TO duban_receiver, duban_alerter, duban_reader, duban_auditor;
