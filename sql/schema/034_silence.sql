-- SPDX-License-Identifier: BSD-2-Clause
-- Silences: signed, dated, reasoned, ended. What falls inside one waits for its end; verdicts never do.

CREATE FUNCTION duban.pushes_since(p_items duban.raise_item[]) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first_at timestamptz;
BEGIN
    IF NOT EXISTS (SELECT FROM duban.blind) AND NOT EXISTS (SELECT FROM duban.silence) THEN
        RETURN false;
    END IF;
    SELECT min(coalesce(least((x.c).next_at, (x.c).answer_at), (x.o).opens)) INTO first_at FROM unnest(p_items) x;
    RETURN EXISTS (SELECT FROM duban.blind b WHERE b.drained > first_at) OR EXISTS (SELECT FROM duban.silence s WHERE s.ends > first_at);
END
$$;
COMMENT ON FUNCTION duban.pushes_since(duban.raise_item[]) IS 'whether a blind period or a silence can move an instant of a batch';

-- When the author is reminded that a silence ends.
CREATE FUNCTION duban.silence_reminder(p duban.silence) RETURNS timestamptz
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.until - least(86400000000, (extract(epoch FROM p.until - p.began) * 500000)::bigint) * interval '1 microsecond'
$$;
COMMENT ON FUNCTION duban.silence_reminder(duban.silence) IS 'a day before the end, or at half time of a shorter silence';

-- The longest that a silence over these may last: the shortest of the ladders concerned.
CREATE FUNCTION duban.silence_max(p_units text[], p_tasks text[]) RETURNS int
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(min(l.silence_max), 14)
      FROM (SELECT DISTINCT t.plan FROM duban.task t WHERE t.name = ANY (p_tasks) OR t.accountable = ANY (p_units)) x
      JOIN duban.plan p ON p.handle = x.plan
     CROSS JOIN LATERAL (SELECT y.silence_max FROM duban.ladder y WHERE y.code = p.ladder ORDER BY y.entry DESC LIMIT 1) l
$$;
COMMENT ON FUNCTION duban.silence_max(text[], text[]) IS 'days that a silence over units and tasks may last';

-- What is wrong with a silence, as the error of an outcome; NULL when nothing is.
CREATE FUNCTION duban.silence_fault(p_received timestamptz, p_key duban.signing_key, p_units text[], p_tasks text[], p_until timestamptz) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    role text := (SELECT o.role FROM duban.post o WHERE o.code = p_key.code);
    days int := duban.silence_max(p_units, p_tasks);
    bad text;
    field text;
    code text;
    detail text;
BEGIN
    SELECT string_agg(x, ', ') INTO bad FROM (
        SELECT u AS x FROM unnest(p_units) u WHERE NOT EXISTS (SELECT FROM duban.unit y WHERE y.code = u)
        UNION ALL SELECT t FROM unnest(p_tasks) t WHERE NOT EXISTS (SELECT FROM duban.task y WHERE y.name = t)) z;
    IF bad IS NOT NULL THEN
        field := 'tasks'; code := 'unknown'; detail := format('not a registered unit or task: %s', bad);
    ELSIF cardinality(p_units) + cardinality(p_tasks) = 0 THEN
        field := 'units'; code := 'empty'; detail := 'a silence names units or tasks';
    ELSIF NOT p_key.operator AND role IS DISTINCT FROM 'office'
          AND (role IS DISTINCT FROM 'leader' OR cardinality(p_units) > 0
               OR EXISTS (SELECT FROM unnest(p_tasks) t WHERE NOT duban.leads_task(p_key.code, t, duban.day(p_received)))) THEN
        field := 'tasks'; code := 'not-allowed'; detail := 'a silence is given by 督查室, or by a supervising leader for tasks of their own';
    ELSIF EXISTS (SELECT FROM (SELECT unnest(p_units) UNION SELECT t.accountable FROM duban.task t WHERE t.name = ANY (p_tasks)) y (unit)
                   WHERE duban.same_person(p_key.key, y.unit, duban.day(p_received))) THEN
        field := 'units'; code := 'same-person'; detail := 'the same person holds a post of a unit that would be spared: somebody else gives this silence';
    ELSIF p_until <= p_received THEN
        field := 'until'; code := 'range'; detail := 'a silence ends in the future';
    ELSIF p_until > p_received + days * interval '24 hours' THEN
        field := 'until'; code := 'range'; detail := format('a silence over these lasts %s days at the most', days);
    ELSE
        RETURN NULL;
    END IF;
    RETURN json_build_array(json_build_object('field', field, 'code', code, 'detail', detail))::text;
END
$$;
COMMENT ON FUNCTION duban.silence_fault(timestamptz, duban.signing_key, text[], text[], timestamptz) IS 'why a silence is refused';

CREATE FUNCTION duban.silence_end(p_entry bigint, p_received timestamptz, p_key duban.signing_key, p_id text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s duban.silence;
BEGIN
    SELECT x.* INTO s FROM duban.silence x WHERE x.entry = split_part(p_id, '.', 1)::bigint AND x.ord = split_part(p_id, '.', 2)::int
       AND x.entry || '.' || x.ord = p_id AND x.ends > p_received;
    IF NOT FOUND THEN
        RETURN '[{"field":"ends","code":"unknown","detail":"no silence of this name lasts; see duban silence"}]';
    ELSIF NOT p_key.operator AND s.author <> p_key.code AND NOT EXISTS (SELECT FROM duban.post o WHERE o.code = p_key.code AND o.role = 'office') THEN
        RETURN '[{"field":"ends","code":"not-allowed","detail":"a silence is ended by who gave it, or by 督查室"}]';
    END IF;
    UPDATE duban.silence x SET ends = p_received, lifted = p_entry WHERE x.entry = s.entry AND x.ord = s.ord;
    DELETE FROM duban.agenda a WHERE a.task = 'silence/' || p_id;
    UPDATE duban.agenda a SET at = p_received FROM duban.silence_target t
     WHERE t.entry = s.entry AND t.ord = s.ord AND t.target IN ('task/' || a.task, 'unit/' || a.unit) AND a.at > p_received AND a.at <= s.ends;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION duban.silence_end(bigint, timestamptz, duban.signing_key, text) IS 'ends a silence early; returns the error of its outcome, or NULL';

CREATE FUNCTION duban.silence_apply(p_entry bigint, p_received timestamptz, p_key duban.signing_key, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
    units text[];
    tasks text[];
    until timestamptz;
    fault text;
    made duban.silence;
BEGIN
    FOR r IN SELECT x.s, x.o::int FROM jsonb_array_elements(coalesce(p -> 'silences', '[]')) WITH ORDINALITY x (s, o) ORDER BY x.o LOOP
        units := ARRAY(SELECT coalesce(duban.unit_code(u, duban.day(p_received)), u) FROM jsonb_array_elements_text(coalesce(r.s -> 'units', '[]')) u);
        tasks := ARRAY(SELECT jsonb_array_elements_text(coalesce(r.s -> 'tasks', '[]')));
        until := CASE WHEN length(r.s ->> 'until') = 10 THEN ((r.s ->> 'until')::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' ELSE (r.s ->> 'until')::timestamptz END;
        fault := duban.silence_fault(p_received, p_key, units, tasks, until);
        IF fault IS NULL THEN
            INSERT INTO duban.silence (entry, ord, began, ends, until, reason, author, key)
            VALUES (p_entry, r.o, p_received, until, until, r.s ->> 'reason', p_key.code, p_key.key) RETURNING * INTO made;
            INSERT INTO duban.silence_target (entry, ord, target)
            SELECT DISTINCT p_entry, r.o, x FROM (SELECT 'unit/' || u FROM unnest(units) u UNION ALL SELECT 'task/' || t FROM unnest(tasks) t) y (x);
            INSERT INTO duban.agenda (task, period, unit, at) VALUES (format('silence/%s.%s', p_entry, r.o), '-', p_key.code, duban.silence_reminder(made));
        END IF;
        INSERT INTO duban.act (entry, ord, object, outcome, errors)
        VALUES (p_entry, r.o, format('silence/%s.%s', p_entry, r.o), CASE WHEN fault IS NULL THEN 'applied' ELSE 'refused' END, fault);
    END LOOP;
    FOR r IN SELECT x.s, x.o::int + jsonb_array_length(coalesce(p -> 'silences', '[]')) AS o
               FROM jsonb_array_elements_text(coalesce(p -> 'ends', '[]')) WITH ORDINALITY x (s, o) ORDER BY x.o LOOP
        fault := duban.silence_end(p_entry, p_received, p_key, r.s);
        INSERT INTO duban.act (entry, ord, object, outcome, errors)
        VALUES (p_entry, r.o, 'silence/' || r.s, CASE WHEN fault IS NULL THEN 'ended' ELSE 'refused' END, fault);
    END LOOP;
    NOTIFY duban_agenda;
END
$$;
COMMENT ON FUNCTION duban.silence_apply(bigint, timestamptz, duban.signing_key, jsonb) IS 'gives and ends silences, one outcome each';

-- Before a silence ends its author is told, once, by an alert of kind silence-ending.
CREATE FUNCTION duban.silence_remind(p_task text, p_author text, INOUT p_counts duban.raise_counts, p_received timestamptz, p_index bigint, p_registry bigint,
                                     OUT entries bytea[], OUT look timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s duban.silence;
    fell timestamptz;
    covered text;
    of_year text := to_char(p_received AT TIME ZONE 'Asia/Shanghai', 'YYYY');
    key text := '提醒 ' || of_year;
    last int;
    number text;
BEGIN
    entries := '{}';
    SELECT x.* INTO s FROM duban.silence x WHERE x.entry = split_part(substr(p_task, 9), '.', 1)::bigint AND x.ord = split_part(p_task, '.', 2)::int;
    fell := duban.silence_reminder(s);
    IF s.entry IS NULL OR s.ends <= p_received OR EXISTS (SELECT FROM duban."case" c WHERE c.task = p_task) THEN
        RETURN;
    ELSIF fell > p_received THEN
        look := fell;
        RETURN;
    END IF;
    last := 1 + coalesce((p_counts.numbers ->> key)::int, (SELECT x.last FROM duban.alert_number x WHERE x.year = of_year::int AND x.kind = '提醒'), 0);
    p_counts.numbers := p_counts.numbers || jsonb_build_object(key, last);
    p_counts.events := p_counts.events + 1;
    number := '提醒〔' || of_year || '〕' || last || '号';
    SELECT string_agg(split_part(t.target, '/', 1) || ' ' || substr(t.target, 6), ', ' ORDER BY t.target) INTO covered FROM duban.silence_target t WHERE t.entry = s.entry AND t.ord = s.ord;
    INSERT INTO duban."case" ("case", task, period, unit, due, cutoff, ladder, ladder_entry, step, level, base, closed, reason, round, from_entry)
    VALUES (p_index, p_task, '-', p_author, s.until, s.until, '-', -1, 1, 0, s.until, p_index, 'told', 1, p_index);
    INSERT INTO duban.alert (alert, number, bundle, kind, "case", step, level, post, at, raised, entry, why)
    VALUES (p_counts.events, number, format('L0-%s-%s', p_author, to_char(fell AT TIME ZONE 'UTC', 'YYYYMMDD"T"HH24MISS"Z"')), 'silence-ending', p_index, 1, 0,
            p_author, fell, p_received, p_index, format('the silence %s over %s ends %s: what is late then climbs again.', substr(p_task, 9), left(covered, 300),
                                                        to_char(s.until AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI')));
    entries := ARRAY[convert_to(format(E'duban-entry/v1\nkind alert\nreceived %s\nat %s\ncase %s\ntask %s\nperiod -\nunit %s\ndue %s\nrule -\ncalendar -\nladder -\nstep 1\nlevel 0\nalert %s %s %s\nregistry %s\n',
        duban.utc_micro(p_received), duban.utc_micro(fell), p_index, p_task, p_author, duban.utc_second(s.until), p_counts.events, p_author, number, p_registry), 'UTF8')];
END
$$;
COMMENT ON FUNCTION duban.silence_remind(text, text, duban.raise_counts, timestamptz, bigint, bigint) IS 'tells the author of a silence that it ends soon; look = when it is too early yet';

CREATE VIEW duban.v_silence WITH (security_invoker = true) AS
SELECT s.entry || '.' || s.ord AS silence, s.author, s.began, s.until, s.ends, s.reason, s.lifted, s.ends > (SELECT duban.now()) AS lasts,
       ARRAY(SELECT t.target FROM duban.silence_target t WHERE t.entry = s.entry AND t.ord = s.ord ORDER BY t.target) AS targets
  FROM duban.silence s;
COMMENT ON VIEW duban.v_silence IS 'silences with author, reason and end; targets: unit/CODE or task/NAME';

GRANT EXECUTE ON FUNCTION duban.pushed, duban.pushes_since, duban.silence_reminder, duban.silence_max, duban.silence_fault, duban.silence_end,
    duban.silence_apply, duban.silence_remind TO duban_append;
GRANT EXECUTE ON FUNCTION duban.pushed TO duban_reader, duban_receiver, duban_auditor;
GRANT INSERT, SELECT, UPDATE ON duban.silence TO duban_append;
GRANT INSERT, SELECT ON duban.silence_target TO duban_append;
GRANT SELECT ON duban.silence, duban.silence_target, duban.v_silence TO duban_reader, duban_receiver, duban_auditor;
ALTER TABLE duban.silence ENABLE ROW LEVEL SECURITY;
ALTER TABLE duban.silence_target ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON duban.silence_target FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR target = 'unit/' || (SELECT duban.reader_code()) OR substr(target, 6) IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.silence_target FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR target = 'unit/' || (SELECT duban.receiver_code()) OR substr(target, 6) IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.silence_target TO duban_append, duban_auditor USING (true) WITH CHECK (true);
CREATE POLICY reader ON duban.silence FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR (entry, ord) IN (SELECT t.entry, t.ord FROM duban.silence_target t));
CREATE POLICY receiver ON duban.silence FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR (entry, ord) IN (SELECT t.entry, t.ord FROM duban.silence_target t));
CREATE POLICY inner_roles ON duban.silence TO duban_append, duban_auditor USING (true) WITH CHECK (true);
-- the reminder that a silence ends is of no task: its author sees it
CREATE POLICY reader_silence ON duban."case" FOR SELECT TO duban_reader USING (task LIKE 'silence/%' AND unit = (SELECT duban.reader_code()));
CREATE POLICY receiver_silence ON duban."case" FOR SELECT TO duban_receiver USING (task LIKE 'silence/%' AND unit = (SELECT duban.receiver_code()));
