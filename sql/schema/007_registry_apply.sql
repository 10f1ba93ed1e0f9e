-- SPDX-License-Identifier: BSD-2-Clause
-- How a signed registry, contact or plan statement changes the ledger. All or nothing.

-- Leaves the statement's changes undone and says why (caught in act_apply).
CREATE FUNCTION duban.refuse(p_ord int, p_field text, p_code text, p_detail text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%', p_detail USING ERRCODE = 'DB010',
        DETAIL = json_build_object('ord', p_ord, 'field', p_field, 'code', p_code, 'detail', p_detail)::text;
END
$$;
COMMENT ON FUNCTION duban.refuse(int, text, text, text) IS 'refuses the whole statement because of one change';

CREATE FUNCTION duban.check_code(p_ord int, p_field text, p_code text, p_kinds text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM unnest(p_kinds) k JOIN duban.registry_object o ON o.object = k || '/' || p_code) THEN
        PERFORM duban.refuse(p_ord, p_field, 'unknown', format('%s "%s" is not in the registry: add it in front of what names it',
                                                               array_to_string(p_kinds, ' or '), p_code));
    END IF;
END
$$;
COMMENT ON FUNCTION duban.check_code(int, text, text, text[]) IS 'refuses a code that names nothing of these kinds';

CREATE FUNCTION duban.set_unit(p_entry bigint, p jsonb) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO duban.unit (code, name, retired, entry)
    VALUES (p ->> 'code', p ->> 'name', (p ->> 'retired')::date, p_entry)
    ON CONFLICT (code) DO UPDATE SET name = excluded.name, retired = excluded.retired, entry = excluded.entry;
    DELETE FROM duban.unit_alias a WHERE a.unit = p ->> 'code';
    INSERT INTO duban.unit_alias (unit, name, from_date, to_date)
    SELECT p ->> 'code', a ->> 'name', (a ->> 'from')::date, (a ->> 'to')::date
      FROM jsonb_array_elements(coalesce(p -> 'aliases', '[]')) a
$$;
COMMENT ON FUNCTION duban.set_unit(bigint, jsonb) IS 'sets a unit and its aliases';

CREATE FUNCTION duban.set_roster(p_entry bigint, p_ord int, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO duban.roster (code, name, of, entry) VALUES (p ->> 'code', p ->> 'name', p ->> 'of', p_entry)
    ON CONFLICT (code) DO UPDATE SET name = excluded.name, of = excluded.of, entry = excluded.entry;
    PERFORM duban.check_code(p_ord, 'members', m ->> 'code', ARRAY[CASE p ->> 'of' WHEN 'units' THEN 'unit' ELSE 'post' END])
       FROM jsonb_array_elements(p -> 'members') m;
    DELETE FROM duban.roster_member r WHERE r.roster = p ->> 'code';
    INSERT INTO duban.roster_member (roster, code, from_date, to_date)
    SELECT p ->> 'code', m ->> 'code', (m ->> 'from')::date, (m ->> 'to')::date FROM jsonb_array_elements(p -> 'members') m;
    INSERT INTO duban.roster_version (roster, entry, received, code, from_date, to_date)
    SELECT p ->> 'code', p_entry, duban.received_now(), x.code, x.from_date, x.to_date
      FROM (SELECT NULL AS code, NULL::date AS from_date, NULL::date AS to_date
            UNION ALL SELECT m ->> 'code', (m ->> 'from')::date, (m ->> 'to')::date FROM jsonb_array_elements(p -> 'members') m) x;
END
$$;
COMMENT ON FUNCTION duban.set_roster(bigint, int, jsonb) IS 'sets a roster and its members, and keeps this version of them';

CREATE FUNCTION duban.set_post(p_entry bigint, p_ord int, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (p ->> 'role' IN ('contact', 'head')) <> (p ? 'unit') THEN
        PERFORM duban.refuse(p_ord, 'unit', 'shape', 'contact and head posts name their unit, other posts none');
    END IF;
    IF p ? 'unit' THEN
        PERFORM duban.check_code(p_ord, 'unit', p ->> 'unit', ARRAY['unit']);
    END IF;
    IF (p ? 'quiet_from') <> (p ? 'quiet_to') THEN
        PERFORM duban.refuse(p_ord, 'quiet_to', 'range', 'quiet hours have a beginning and an end');
    END IF;
    INSERT INTO duban.post (code, name, role, unit, lang, entry, quiet_from, quiet_to)
    VALUES (p ->> 'code', p ->> 'name', p ->> 'role', p ->> 'unit', p ->> 'lang', p_entry, (p ->> 'quiet_from')::time, (p ->> 'quiet_to')::time)
    ON CONFLICT (code) DO UPDATE SET name = excluded.name, role = excluded.role, unit = excluded.unit, lang = excluded.lang, entry = excluded.entry,
        quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to;
    PERFORM duban.set_post_channels(p_ord, p);
    DELETE FROM duban.holder h WHERE h.post = p ->> 'code';
    INSERT INTO duban.holder (post, name, from_date, to_date)
    SELECT p ->> 'code', h ->> 'name', (h ->> 'from')::date, (h ->> 'to')::date
      FROM jsonb_array_elements(coalesce(p -> 'holders', '[]')) h;
    DELETE FROM duban.delegate d WHERE d.post = p ->> 'code';
    INSERT INTO duban.delegate (post, name, key, from_date, to_date)
    SELECT p ->> 'code', d ->> 'name', decode(d ->> 'key', 'hex'), (d ->> 'from')::date, (d ->> 'to')::date
      FROM jsonb_array_elements(coalesce(p -> 'delegates', '[]')) d;
END
$$;
COMMENT ON FUNCTION duban.set_post(bigint, int, jsonb) IS 'sets a post, its channels, holders and delegates';

CREATE FUNCTION duban.set_calendar(p_entry bigint, p_ord int, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM jsonb_array_elements_text(p -> 'off') o JOIN jsonb_array_elements_text(p -> 'work') w ON o = w) THEN
        PERFORM duban.refuse(p_ord, 'work', 'contradiction', 'a day is listed both as off and as worked');
    END IF;
    INSERT INTO duban.calendar (code, entry, name, source, from_date, to_date)
    VALUES (p ->> 'code', p_entry, p ->> 'name', p ->> 'source', (p ->> 'from')::date, (p ->> 'to')::date);
    INSERT INTO duban.calendar_day (code, entry, day, work)
    SELECT DISTINCT p ->> 'code', p_entry, x.day::date, x.work
      FROM (SELECT o AS day, false AS work FROM jsonb_array_elements_text(p -> 'off') o
            UNION ALL SELECT w, true FROM jsonb_array_elements_text(p -> 'work') w) x;
END
$$;
COMMENT ON FUNCTION duban.set_calendar(bigint, int, jsonb) IS 'adds a version of a calendar';

CREATE FUNCTION duban.set_rule(p_entry bigint, p_ord int, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r duban.reporting_rule := duban.rule_row(p_entry, p);
    wrong text[] := duban.rule_check(r);
BEGIN
    IF wrong IS NOT NULL THEN
        PERFORM duban.refuse(p_ord, wrong[1], wrong[2], wrong[3]);
    END IF;
    PERFORM duban.check_code(p_ord, 'calendar', r.calendar, ARRAY['calendar']);
    PERFORM duban.check_code(p_ord, 'starts', s ->> 'unit', ARRAY['unit']) FROM jsonb_array_elements(r.starts) s;
    PERFORM duban.check_code(p_ord, 'asked', a, ARRAY['unit', 'roster']) FROM unnest(r.asked) a;
    INSERT INTO duban.reporting_rule SELECT r.*;
END
$$;
COMMENT ON FUNCTION duban.set_rule(bigint, int, jsonb) IS 'adds a version of a reporting rule';

-- A ladder as it is written, as rows; refusals are set_ladder's.
CREATE FUNCTION duban.ladder_of(p jsonb, p_entry bigint) RETURNS duban.ladder
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT ROW(p ->> 'code', p_entry, p ->> 'name', p ->> 'calendar', (p ->> 'hold')::int,
               greatest((p ->> 'hold_max')::int, (p ->> 'hold')::int), coalesce((p ->> 'opens')::time, '09:00'),
               coalesce((p ->> 'closes')::time, '17:30'), coalesce((p ->> 'rehearsal')::boolean, false),
               CASE WHEN p ? 'kinds' THEN ARRAY(SELECT jsonb_array_elements_text(p -> 'kinds'))
                    ELSE '{report,completion,resubmission,answer,credential}' END,
               (p ->> 'quiet_from')::time, (p ->> 'quiet_to')::time, coalesce((p ->> 'quiet_off')::boolean, false),
               ARRAY(SELECT jsonb_array_elements_text(coalesce(p -> 'quiet_except', '[]'))),
               coalesce((p ->> 'silence_max')::int, 14), coalesce((p ->> 'renew')::int, 30))::duban.ladder
$$;
COMMENT ON FUNCTION duban.ladder_of(jsonb, bigint) IS 'head of a ladder from its registry object';

CREATE FUNCTION duban.ladder_steps_of(p jsonb, p_entry bigint) RETURNS SETOF duban.ladder_step
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT p ->> 'code', p_entry, o::smallint, (s ->> 'level')::smallint,
           CASE WHEN s ->> 'before' ~ '^[0-9]+$' THEN (s ->> 'before')::int END, CASE WHEN s ->> 'after' ~ '^[0-9]+$' THEN (s ->> 'after')::int END,
           (s ->> 'time')::time, ARRAY(SELECT jsonb_array_elements_text(s -> 'to')),
           CASE WHEN s ->> 'before' !~ '^[0-9]+$' THEN s ->> 'before' END, CASE WHEN s ->> 'after' !~ '^[0-9]+$' THEN s ->> 'after' END,
           s ->> 'repeat', coalesce((s ->> 'rounds')::smallint, 1::smallint), s ->> 'answer',
           ARRAY(SELECT jsonb_array_elements_text(coalesce(s -> 'channels', '[]'))),
           (SELECT coalesce(jsonb_object_agg(t ->> 'kind', t ->> 'text'), '{}') FROM jsonb_array_elements(coalesce(s -> 'texts', '[]')) t)
      FROM jsonb_array_elements(p -> 'steps') WITH ORDINALITY x (s, o) ORDER BY o
$$;
COMMENT ON FUNCTION duban.ladder_steps_of(jsonb, bigint) IS 'steps of a ladder from its registry object';

CREATE FUNCTION duban.set_ladder(p_entry bigint, p_ord int, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    l duban.ladder := duban.ladder_of(p, p_entry);
    s duban.ladder_step[] := ARRAY(SELECT x FROM duban.ladder_steps_of(p, p_entry) x ORDER BY x.step);
BEGIN
    PERFORM duban.check_code(p_ord, 'calendar', p ->> 'calendar', ARRAY['calendar']);
    IF l.opens >= l.closes THEN
        PERFORM duban.refuse(p_ord, 'closes', 'range', 'office hours end behind their beginning, on the same day');
    ELSIF (l.quiet_from IS NULL) <> (l.quiet_to IS NULL) THEN
        PERFORM duban.refuse(p_ord, 'quiet_to', 'range', 'quiet hours have a beginning and an end');
    ELSIF EXISTS (SELECT FROM unnest(s) y WHERE (y.repeat IS NOT NULL) <> (y.rounds > 1)) THEN
        PERFORM duban.refuse(p_ord, 'steps', 'rounds', 'a step that is repeated has both "repeat" and "rounds"');
    ELSIF EXISTS (SELECT FROM unnest(s) y WHERE (y.before IS NOT NULL OR y.before_wait IS NOT NULL) AND (y.repeat IS NOT NULL OR y.answer IS NOT NULL)) THEN
        PERFORM duban.refuse(p_ord, 'steps', 'reminder', 'a reminder before the due day is neither repeated nor answered');
    ELSIF EXISTS (SELECT FROM unnest(s) y WHERE y.before_wait LIKE '%w%') THEN
        PERFORM duban.refuse(p_ord, 'steps', 'before', 'a reminder is counted in working days or in clock time, not in office hours');
    ELSIF EXISTS (SELECT FROM (SELECT y.*, lag(y) OVER (ORDER BY y.step) AS b FROM unnest(s) y) x
                   WHERE x.level < (x.b).level
                      OR (x.before IS NOT NULL OR x.before_wait IS NOT NULL) AND ((x.b).after IS NOT NULL OR (x.b).after_wait IS NOT NULL)
                      OR x.after < (x.b).after OR x.before > (x.b).before
                      OR (duban.delay_of(x.after_wait)).measure = (duban.delay_of((x.b).after_wait)).measure
                         AND (duban.delay_of(x.after_wait)).n < (duban.delay_of((x.b).after_wait)).n) THEN
        PERFORM duban.refuse(p_ord, 'steps', 'order', 'steps stand in order of level and time: first those before the due day, then those after it');
    END IF;
    INSERT INTO duban.ladder SELECT l.*;
    INSERT INTO duban.ladder_step SELECT x.* FROM unnest(s) x;
END
$$;
COMMENT ON FUNCTION duban.set_ladder(bigint, int, jsonb) IS 'adds a version of a ladder';

CREATE FUNCTION duban.set_key(p_entry bigint, p_ord int, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM duban.check_code(p_ord, 'for', p ->> 'for', ARRAY['unit', 'post']);
    IF sha256(decode(p ->> 'spki', 'base64')) <> decode(p ->> 'key', 'hex') THEN
        PERFORM duban.refuse(p_ord, 'key', 'digest', 'key is not the SHA-256 of spki');
    END IF;
    IF EXISTS (SELECT FROM duban.signing_key k WHERE k.key = decode(p ->> 'key', 'hex')
                AND (k.code <> p ->> 'for' OR k.alg <> p ->> 'alg' OR k.operator <> coalesce((p ->> 'operator')::boolean, false))) THEN
        PERFORM duban.refuse(p_ord, 'for', 'changed', 'a key keeps owner and algorithm for ever: enrol a new one');
    END IF;
    INSERT INTO duban.signing_key (id, key, spki, alg, code, operator, valid_from, valid_until, revoked, entry)
    VALUES (p_entry * 65536 + p_ord, decode(p ->> 'key', 'hex'), decode(p ->> 'spki', 'base64'), p ->> 'alg', p ->> 'for',
            coalesce((p ->> 'operator')::boolean, false), (p ->> 'from')::timestamptz, (p ->> 'until')::timestamptz,
            p ->> 'revoked', p_entry)
    ON CONFLICT (key) DO UPDATE SET valid_from = excluded.valid_from, valid_until = excluded.valid_until,
        revoked = excluded.revoked, entry = excluded.entry;
END
$$;
COMMENT ON FUNCTION duban.set_key(bigint, int, jsonb) IS 'registers a signing key or changes its validity; its chain stays';

CREATE FUNCTION duban.set_client(p_entry bigint, p_ord int, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM duban.check_code(p_ord, 'for', x, ARRAY['unit', 'post'])
       FROM (SELECT p ->> 'for' UNION ALL SELECT jsonb_array_elements_text(coalesce(p -> 'deliver', '[]'))) y (x);
    INSERT INTO duban.client (certificate, name, code, operator, deliver, valid_until, revoked, entry)
    VALUES (decode(p ->> 'certificate', 'hex'), p ->> 'name', p ->> 'for', coalesce((p ->> 'operator')::boolean, false),
            ARRAY(SELECT jsonb_array_elements_text(coalesce(p -> 'deliver', '[]'))), (p ->> 'until')::timestamptz,
            p ->> 'revoked', p_entry)
    ON CONFLICT (certificate) DO UPDATE SET name = excluded.name, code = excluded.code, operator = excluded.operator,
        deliver = excluded.deliver, valid_until = excluded.valid_until, revoked = excluded.revoked, entry = excluded.entry;
END
$$;
COMMENT ON FUNCTION duban.set_client(bigint, int, jsonb) IS 'registers a client certificate';

CREATE FUNCTION duban.set_login(p_entry bigint, p_ord int, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p ->> 'for' <> '*' THEN
        PERFORM duban.check_code(p_ord, 'for', p ->> 'for', ARRAY['unit', 'post']);
    END IF;
    INSERT INTO duban.login (login, code, entry) VALUES (p ->> 'login', p ->> 'for', p_entry)
    ON CONFLICT (login) DO UPDATE SET code = excluded.code, entry = excluded.entry;
END
$$;
COMMENT ON FUNCTION duban.set_login(bigint, int, jsonb) IS 'maps a database login to what it reads';

CREATE FUNCTION duban.object_name(p jsonb) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE p ->> 'set' WHEN 'key' THEN 'key/' || (p ->> 'key') WHEN 'client' THEN 'client/' || (p ->> 'certificate')
                            WHEN 'login' THEN 'login/' || (p ->> 'login') WHEN 'clock' THEN 'clock'
                            WHEN 'contact' THEN 'contact/' || (p ->> 'post')
                            ELSE (p ->> 'set') || '/' || (p ->> 'code') END
$$;
COMMENT ON FUNCTION duban.object_name(jsonb) IS 'name of a registry object, as in outcomes';

-- One change; returns applied or unchanged.
CREATE FUNCTION duban.registry_set(p_entry bigint, p_ord int, p jsonb) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    name text := duban.object_name(p);
BEGIN
    IF EXISTS (SELECT FROM duban.registry_object o WHERE o.object = name AND o.body = p) THEN
        RETURN 'unchanged';
    END IF;
    IF p ->> 'set' = 'unit' AND EXISTS (SELECT FROM duban.registry_object o WHERE o.object = 'roster/' || (p ->> 'code'))
       OR p ->> 'set' = 'roster' AND EXISTS (SELECT FROM duban.registry_object o WHERE o.object = 'unit/' || (p ->> 'code')) THEN
        PERFORM duban.refuse(p_ord, 'code', 'taken', format('code "%s" names a unit and a roster', p ->> 'code'));
    END IF;
    CASE p ->> 'set'
        WHEN 'unit' THEN
            PERFORM duban.set_unit(p_entry, p);
            PERFORM duban.unit_retire(p_entry, p_ord, p);
        WHEN 'same' THEN PERFORM duban.set_same(p_entry, p_ord, p);
        WHEN 'roster' THEN PERFORM duban.set_roster(p_entry, p_ord, p);
        WHEN 'post' THEN PERFORM duban.set_post(p_entry, p_ord, p);
        WHEN 'calendar' THEN PERFORM duban.set_calendar(p_entry, p_ord, p);
        WHEN 'rule' THEN PERFORM duban.set_rule(p_entry, p_ord, p);
        WHEN 'ladder' THEN PERFORM duban.set_ladder(p_entry, p_ord, p);
        WHEN 'light' THEN PERFORM duban.set_light(p_entry, p_ord, p);
        WHEN 'key' THEN PERFORM duban.set_key(p_entry, p_ord, p);
        WHEN 'client' THEN PERFORM duban.set_client(p_entry, p_ord, p);
        WHEN 'login' THEN PERFORM duban.set_login(p_entry, p_ord, p);
        WHEN 'channel' THEN PERFORM duban.set_channel(p_entry, p_ord, p);
        WHEN 'contact' THEN
            PERFORM duban.check_code(p_ord, 'post', p ->> 'post', ARRAY['post']);
            INSERT INTO duban.contact (post, name, phone, mail, entry)
            VALUES (p ->> 'post', p ->> 'name', p ->> 'phone', p ->> 'mail', p_entry)
            ON CONFLICT (post) DO UPDATE SET name = excluded.name, phone = excluded.phone, mail = excluded.mail, entry = excluded.entry;
        ELSE PERFORM duban.refuse(p_ord, 'set', 'unknown', 'no such kind of registry object');
    END CASE;
    INSERT INTO duban.registry_object (object, entry, body) VALUES (name, p_entry, p)
    ON CONFLICT (object) DO UPDATE SET entry = excluded.entry, body = excluded.body;
    RETURN 'applied';
END
$$;
COMMENT ON FUNCTION duban.registry_set(bigint, int, jsonb) IS 'sets one registry object';

-- A new calendar moves the next step of cases that run; their ladders stay. A case that cannot
-- be computed goes on when it did.
CREATE FUNCTION duban.case_next_or_same(p_case duban."case") RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN duban.case_next(p_case);
EXCEPTION WHEN data_exception OR no_data_found OR too_many_rows OR integrity_constraint_violation THEN
    RETURN p_case.next_at;
END
$$;
COMMENT ON FUNCTION duban.case_next_or_same(duban."case") IS 'when a case goes on; as it was when that cannot be computed';

CREATE FUNCTION duban.cases_move(p_changed text[], p_one_by_one boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    WITH moved AS (
        UPDATE duban."case" c SET next_at = CASE WHEN p_one_by_one THEN duban.case_next_or_same(c) ELSE duban.case_next(c) END
          FROM duban.ladder l
         WHERE c.closed IS NULL AND c.next_at IS NOT NULL AND l.code = c.ladder AND l.entry = c.ladder_entry AND 'calendar/' || l.calendar = ANY (p_changed)
        RETURNING c.task, c.period, c.unit, c.next_at)
    UPDATE duban.agenda a SET at = least(a.at, m.next_at) FROM moved m WHERE a.task = m.task AND a.period = m.period AND a.unit = m.unit;
END
$$;
COMMENT ON FUNCTION duban.cases_move(text[], boolean) IS 'recomputes when open cases go on; one by one: each in a subtransaction of its own';

CREATE FUNCTION duban.cases_recount(p_changed text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM unnest(p_changed) x WHERE x LIKE 'calendar/%') THEN
        RETURN;
    END IF;
    BEGIN
        PERFORM duban.cases_move(p_changed, false);
    EXCEPTION WHEN data_exception OR no_data_found OR too_many_rows OR integrity_constraint_violation THEN
        PERFORM duban.cases_move(p_changed, true);
    END;
END
$$;
COMMENT ON FUNCTION duban.cases_recount(text[]) IS 'recomputes when open cases go on, by a calendar that has changed';

-- Plans whose schedule or obligations to come depend on what has changed.
CREATE FUNCTION duban.plans_touched(p_changed text[]) RETURNS SETOF duban.plan
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT x.* FROM duban.plan x
      LEFT JOIN LATERAL (SELECT y.calendar, y.owes FROM duban.reporting_rule y WHERE y.code = x.rule ORDER BY y.entry DESC LIMIT 1) r ON true
      LEFT JOIN LATERAL (SELECT y.calendar FROM duban.ladder y WHERE y.code = x.ladder ORDER BY y.entry DESC LIMIT 1) l ON true
     WHERE ARRAY['rule/' || x.rule, 'ladder/' || x.ladder, 'calendar/' || r.calendar, 'calendar/' || l.calendar] && p_changed
        OR r.owes <> 'lead' AND EXISTS (SELECT FROM unnest(p_changed) c JOIN duban.assignment a ON 'roster/' || a.code = c AND a.roster
                                         WHERE a.task > x.handle || '/' AND a.task < x.handle || '0')
     ORDER BY x.handle
$$;
COMMENT ON FUNCTION duban.plans_touched(text[]) IS 'plans that a new version of a rule, ladder or calendar reaches, or of a group when groups owe';

-- Under the log lock only the periods are written anew: what they change of obligations is replaced by materialise, in
-- slices and behind the lock (materialised.redo). In a replay nothing was made ahead, and nothing is replaced.
CREATE FUNCTION duban.plan_reschedule(p_plan text, p_received timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    kept int := duban.plan_schedule(p_plan, p_received);
BEGIN
    UPDATE duban.materialised m
       SET ordinal = least(m.ordinal, kept), upto = NULL, reached = '', again = true, wanted_at = '-infinity', fault = NULL,
           redo = CASE WHEN m.ordinal >= 0 OR m.upto IS NOT NULL THEN coalesce(m.redo, p_received) END
     WHERE m.plan = p_plan;
END
$$;
COMMENT ON FUNCTION duban.plan_reschedule(text, timestamptz) IS 'makes the schedule of a plan anew from an instant on; obligations that had not opened follow in slices';

-- New versions of rules, calendars, ladders and groups reach every period that is not open yet.
CREATE FUNCTION duban.reschedule(p_changed text[], p_received timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM duban.calendars_correct(p_changed, duban.entry_now(), p_received);
    PERFORM duban.plan_reschedule(x.handle, p_received) FROM duban.plans_touched(p_changed) x;
    PERFORM duban.cases_recount(p_changed);
END
$$;
COMMENT ON FUNCTION duban.reschedule(text[], timestamptz) IS 'recomputes what is not open yet of the plans whose rule, calendar, ladder or groups changed';

CREATE FUNCTION duban.plan_check(p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    bad text;
BEGIN
    IF (p ->> 'from')::date > (p ->> 'to')::date THEN
        PERFORM duban.refuse(1, 'to', 'range', 'the plan ends before it begins');
    END IF;
    PERFORM duban.check_code(1, 'rule', coalesce(p ->> 'rule', 'quarterly'), ARRAY['rule']);
    PERFORM duban.check_code(1, 'ladder', coalesce(p ->> 'ladder', 'standard'), ARRAY['ladder']);
    SELECT string_agg(x.task, ', ') INTO bad FROM (
        SELECT t ->> 'task' AS task FROM jsonb_array_elements(p -> 'tasks') t GROUP BY 1 HAVING count(*) > 1 LIMIT 5) x;
    IF bad IS NOT NULL THEN
        PERFORM duban.refuse(1, 'tasks', 'duplicate', format('task numbers stand twice: %s', bad));
    END IF;
    SELECT string_agg(x.code, ', ') INTO bad FROM (
        SELECT DISTINCT c.code FROM jsonb_array_elements(p -> 'tasks') t
         CROSS JOIN LATERAL (SELECT jsonb_array_elements_text(coalesce(t -> 'leads', '[]'))
                             UNION ALL SELECT jsonb_array_elements_text(coalesce(t -> 'units', '[]'))) c (code)
         WHERE NOT EXISTS (SELECT FROM duban.unit u WHERE u.code = c.code)
           AND NOT EXISTS (SELECT FROM duban.roster r WHERE r.code = c.code AND r.of = 'units') LIMIT 5) x;
    IF bad IS NOT NULL THEN
        PERFORM duban.refuse(1, 'leads', 'unknown', format('not in the registry as a unit or a roster of units: %s', bad));
    END IF;
    SELECT string_agg(x.code, ', ') INTO bad FROM (
        SELECT DISTINCT c.code FROM jsonb_array_elements(p -> 'tasks') t
         CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(t -> 'leaders', '[]')) c (code)
         WHERE NOT EXISTS (SELECT FROM duban.post o WHERE o.code = c.code)
           AND NOT EXISTS (SELECT FROM duban.roster r WHERE r.code = c.code AND r.of = 'posts') LIMIT 5) x;
    IF bad IS NOT NULL THEN
        PERFORM duban.refuse(1, 'leaders', 'unknown', format('not in the registry as a post or a roster of posts: %s', bad));
    END IF;
END
$$;
COMMENT ON FUNCTION duban.plan_check(jsonb) IS 'refuses a plan that names what is not registered';

CREATE FUNCTION duban.plan_tasks(p_entry bigint, p jsonb) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO duban.task (name, plan, ordinal, no, kind, section, title, text, accountable, printed, printed_raw,
                            printed_source, inherited, continuous, ends, entry, baseline, target, nature)
    SELECT (p ->> 'handle') || '/' || (t ->> 'task'), p ->> 'handle', o + coalesce((p ->> 'behind')::int, 0), t ->> 'no', t ->> 'kind',
           ARRAY(SELECT jsonb_array_elements_text(coalesce(t -> 'section', '[]'))), t ->> 'title', t ->> 'text',
           (SELECT u.code FROM duban.unit u WHERE u.code = t -> 'leads' ->> 0),
           (t ->> 'deadline')::date, t ->> 'deadline_raw', t ->> 'deadline_source',
           CASE WHEN t ? 'deadline' OR c.continuous THEN NULL ELSE (p ->> 'to')::date END, c.continuous,
           CASE WHEN c.continuous THEN greatest((p ->> 'to')::date, (t ->> 'deadline')::date)
                ELSE coalesce((t ->> 'deadline')::date, (p ->> 'to')::date) END, p_entry,
           t ->> 'baseline', t ->> 'target', t ->> 'nature'
      FROM jsonb_array_elements(p -> 'tasks') WITH ORDINALITY x (t, o)
     CROSS JOIN LATERAL (SELECT coalesce((t ->> 'continuous')::boolean, false) AS continuous) c;
$$;
COMMENT ON FUNCTION duban.plan_tasks(bigint, jsonb) IS 'writes the tasks of a plan';

CREATE FUNCTION duban.plan_owners(p jsonb) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO duban.assignment (task, code, role, ordinal, roster)
    SELECT (p ->> 'handle') || '/' || (t ->> 'task'), l.code,
           CASE WHEN NOT l.lead THEN 'participant' WHEN l.o = 1 THEN 'lead' ELSE 'co-lead' END,
           row_number() OVER (PARTITION BY t ->> 'task' ORDER BY l.lead DESC, l.o),
           EXISTS (SELECT FROM duban.roster r WHERE r.code = l.code)
      FROM jsonb_array_elements(p -> 'tasks') t
     CROSS JOIN LATERAL (
        SELECT a, true, o FROM jsonb_array_elements_text(coalesce(t -> 'leads', '[]')) WITH ORDINALITY y (a, o)
        UNION ALL
        SELECT a, false, o FROM jsonb_array_elements_text(coalesce(t -> 'units', '[]')) WITH ORDINALITY y (a, o)
     ) l (code, lead, o)
     ORDER BY t ->> 'task', l.lead DESC, l.o
    ON CONFLICT DO NOTHING;
    INSERT INTO duban.task_leader (task, code, ordinal, roster)
    SELECT (p ->> 'handle') || '/' || (t ->> 'task'), l.code, l.o, EXISTS (SELECT FROM duban.roster r WHERE r.code = l.code)
      FROM jsonb_array_elements(p -> 'tasks') t
     CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(t -> 'leaders', '[]')) WITH ORDINALITY l (code, o)
    ON CONFLICT DO NOTHING;
    INSERT INTO duban.target (task, ordinal, name, op, value, unit, baseline, cumulative)
    SELECT (p ->> 'handle') || '/' || (t ->> 'task'), g.o, g.x ->> 'name', g.x ->> 'op', (g.x ->> 'value')::numeric, g.x ->> 'unit',
           (g.x ->> 'baseline')::numeric, coalesce((g.x ->> 'cumulative')::boolean, false)
      FROM jsonb_array_elements(p -> 'tasks') t
     CROSS JOIN LATERAL jsonb_array_elements(coalesce(t -> 'targets', '[]')) WITH ORDINALITY g (x, o);
    INSERT INTO duban.target_point (task, ordinal, period, value)
    SELECT (p ->> 'handle') || '/' || (t ->> 'task'), g.o, c ->> 'period', (c ->> 'value')::numeric
      FROM jsonb_array_elements(p -> 'tasks') t
     CROSS JOIN LATERAL jsonb_array_elements(coalesce(t -> 'targets', '[]')) WITH ORDINALITY g (x, o)
     CROSS JOIN LATERAL jsonb_array_elements(coalesce(g.x -> 'curve', '[]')) c
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION duban.plan_owners(jsonb) IS 'writes owners, leaders and targets of the tasks of a plan';


CREATE FUNCTION duban.plan_apply(p_entry bigint, p_received timestamptz, p jsonb) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    handle text := p ->> 'handle';
    rule text := coalesce(p ->> 'rule', 'quarterly');
BEGIN
    IF EXISTS (SELECT FROM duban.registry_object o WHERE o.object = 'plan/' || handle AND o.body = p) THEN
        RETURN 'unchanged';
    END IF;
    IF EXISTS (SELECT FROM duban.plan x WHERE x.handle = p ->> 'handle') THEN
        PERFORM duban.refuse(1, 'handle', 'taken', format('plan "%s" is registered with other contents: choose another handle', handle));
    END IF;
    PERFORM duban.plan_check(p);
    INSERT INTO duban.registry_object (object, entry, body) VALUES ('plan/' || handle, p_entry, p);
    INSERT INTO duban.plan (handle, title, number, issuer, issued, from_date, to_date, rule, ladder, zone, source_sha256, entry, received, countersign)
    VALUES (handle, p ->> 'title', p ->> 'number', p ->> 'issuer', (p ->> 'issued')::date, (p ->> 'from')::date,
            (p ->> 'to')::date, rule, coalesce(p ->> 'ladder', 'standard'),
            (SELECT r.zone FROM duban.reporting_rule r WHERE r.code = rule ORDER BY r.entry DESC LIMIT 1),
            p ->> 'source_sha256', p_entry, p_received, coalesce((p ->> 'countersign')::boolean, false));
    PERFORM duban.plan_tasks(p_entry, p);
    UPDATE duban.task t SET plain = false WHERE t.plan = p ->> 'handle' AND p ->> 'countersign' = 'true';
    PERFORM duban.plan_owners(p);
    PERFORM duban.succession_of_plan(handle, p_received, p_entry);
    PERFORM duban.plan_schedule(handle, '-infinity');
    INSERT INTO duban.materialised (plan) VALUES (handle);
    NOTIFY duban_agenda;
    RETURN 'registered';
END
$$;
COMMENT ON FUNCTION duban.plan_apply(bigint, timestamptz, jsonb) IS 'registers a plan, or says that it is registered already';
