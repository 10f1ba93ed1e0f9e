-- SPDX-License-Identifier: BSD-2-Clause
-- Statements other than reports: acknowledge, registry, contact, plan; and the genesis statement.

-- Posts for which a key may acknowledge on a day: its post, or the contact and head posts of its unit.
CREATE FUNCTION duban.posts_of(p_code text) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(o.code ORDER BY o.code), '{}') FROM duban.post o
     WHERE o.code = p_code OR o.unit = p_code
$$;
COMMENT ON FUNCTION duban.posts_of(text) IS 'posts whose alerts a unit or post sees and acknowledges';

CREATE FUNCTION duban.leads_task(p_post text, p_task text, p_day date) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM duban.task_leader l WHERE l.task = p_task
                    AND (l.code = p_post OR l.roster AND EXISTS (SELECT FROM duban.members(l.code, p_day) m WHERE m = p_post)))
$$;
COMMENT ON FUNCTION duban.leads_task(text, text, date) IS 'whether a post supervises a task on a day';

-- When the next step of a case falls: its own instant, not before the end of a hold.
CREATE FUNCTION duban.case_next(p_case duban."case", p_zone text) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    next_at timestamptz := duban.step_at(p_case.ladder, p_case.ladder_entry, p_case.step + 1, p_case.due, p_case.base,
                                         p_case.base_after, p_zone);
BEGIN
    IF p_case.held_until > next_at AND (SELECT s.before IS NULL FROM duban.ladder_step s
             WHERE s.code = p_case.ladder AND s.entry = p_case.ladder_entry AND s.step = p_case.step + 1) THEN
        RETURN p_case.held_until;
    END IF;
    RETURN next_at;
END
$$;
COMMENT ON FUNCTION duban.case_next(duban."case", text) IS 'instant of the next ladder step of a case; NULL after the last';

-- An acknowledgement by the office or a leader of the task holds the climb.
CREATE FUNCTION duban.case_hold(p_case bigint, p_received timestamptz) RETURNS timestamptz
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c duban."case";
    zone text;
    hold int;
    calendar text;
BEGIN
    SELECT x.* INTO c FROM duban."case" x WHERE x."case" = p_case AND x.closed IS NULL;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT l.hold, l.calendar INTO STRICT hold, calendar FROM duban.ladder l WHERE l.code = c.ladder AND l.entry = c.ladder_entry;
    SELECT p.zone INTO STRICT zone FROM duban.task t JOIN duban.plan p ON p.handle = t.plan WHERE t.name = c.task;
    c.held_until := greatest(c.held_until,
        (duban.working_day_add(calendar, duban.calendar_entry(calendar), (p_received AT TIME ZONE zone)::date, hold)
         + (p_received AT TIME ZONE zone)::time) AT TIME ZONE zone);
    c.next_at := CASE WHEN c.next_at IS NOT NULL THEN duban.case_next(c, zone) END;
    UPDATE duban."case" x SET held_until = c.held_until, next_at = c.next_at WHERE x."case" = p_case;
    UPDATE duban.agenda a SET at = c.next_at
     WHERE a.task = c.task AND a.period = c.period AND a.unit = c.unit AND c.next_at IS NOT NULL;
    RETURN c.held_until;
END
$$;
COMMENT ON FUNCTION duban.case_hold(bigint, timestamptz) IS 'holds the higher levels of an open case for the working days of its ladder; returns the end of the hold';

CREATE FUNCTION duban.acknowledge_apply(p_entry bigint, p_received timestamptz, p_key duban.signing_key, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    posts text[] := duban.posts_of(p_key.code);
    r record;
    held timestamptz;
    outcome text;
BEGIN
    FOR r IN
        SELECT x.o, x.alert, a.post, a."case", a.level, o.role, c.task,
               EXISTS (SELECT FROM duban.acknowledgement k WHERE k.alert = a.alert) AS already
          FROM (SELECT e.n::bigint AS alert, e.o FROM jsonb_array_elements_text(p -> 'alerts') WITH ORDINALITY e (n, o)
                UNION ALL
                SELECT b.alert, row_number() OVER (ORDER BY b.alert) FROM duban.alert b WHERE b.bundle = p ->> 'bundle') x
          LEFT JOIN duban.alert a ON a.alert = x.alert AND a.post = ANY (posts)
          LEFT JOIN duban.post o ON o.code = a.post
          LEFT JOIN duban."case" c ON c."case" = a."case"
         ORDER BY x.o
    LOOP
        held := NULL;
        outcome := CASE WHEN r.post IS NULL THEN 'refused' WHEN r.already THEN 'already' ELSE 'acknowledged' END;
        IF outcome = 'acknowledged' THEN
            IF r.level > 0 AND (r.role = 'office' OR duban.leads_task(r.post, r.task, duban.day(p_received))) THEN
                held := duban.case_hold(r."case", p_received);
            END IF;
            INSERT INTO duban.acknowledgement (alert, entry, post, key, comment, decision, held_until)
            VALUES (r.alert, p_entry, r.post, p_key.key, p ->> 'comment', p ->> 'decision', held)
            ON CONFLICT DO NOTHING;
        END IF;
        INSERT INTO duban.act (entry, ord, object, outcome, errors)
        VALUES (p_entry, r.o, r.alert, outcome, CASE WHEN outcome = 'refused' THEN
                '[{"field":"alerts","code":"unknown","detail":"no alert of this number went to this post; see duban watch"}]' END);
    END LOOP;
    PERFORM duban.warnings_close(p_entry);
END
$$;
COMMENT ON FUNCTION duban.acknowledge_apply(bigint, timestamptz, duban.signing_key, jsonb) IS 'records acknowledgements, one outcome per alert';

-- All or nothing: one refused change undoes the others of its statement.
CREATE FUNCTION duban.changes_apply(p_entry bigint, p_received timestamptz, p_changes jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c record;
    outcome text;
    failed jsonb;
    failure text;
BEGIN
    BEGIN
        FOR c IN SELECT x.change, x.o::int FROM jsonb_array_elements(p_changes) WITH ORDINALITY x (change, o) ORDER BY x.o LOOP
            outcome := CASE c.change ->> 'set' WHEN 'plan' THEN duban.plan_apply(p_entry, p_received, c.change - 'set')
                            WHEN 'clock' THEN 'applied' ELSE duban.registry_set(p_entry, c.o, c.change) END;
            INSERT INTO duban.act (entry, ord, object, outcome)
            VALUES (p_entry, c.o, CASE c.change ->> 'set' WHEN 'plan' THEN 'plan/' || (c.change ->> 'handle') ELSE duban.object_name(c.change) END, outcome);
        END LOOP;
        PERFORM duban.successors_check(p_entry);
    EXCEPTION WHEN SQLSTATE 'DB010' THEN
        GET STACKED DIAGNOSTICS failure = PG_EXCEPTION_DETAIL;
        failed := failure::jsonb;
        INSERT INTO duban.act (entry, ord, object, outcome, errors)
        SELECT p_entry, x.o, CASE x.change ->> 'set' WHEN 'plan' THEN 'plan/' || (x.change ->> 'handle') ELSE duban.object_name(x.change) END,
               'refused',
               CASE WHEN x.o = (failed ->> 'ord')::int
                    THEN json_build_array(json_build_object('field', failed -> 'field', 'code', failed -> 'code', 'detail', failed -> 'detail'))::text
                    ELSE json_build_array(json_build_object('field', 'changes', 'code', 'not-applied',
                             'detail', format('not applied because of change %s', failed ->> 'ord')))::text END
          FROM jsonb_array_elements(p_changes) WITH ORDINALITY x (change, o);
    END;
END
$$;
COMMENT ON FUNCTION duban.changes_apply(bigint, timestamptz, jsonb) IS 'applies the changes of one statement; outcomes stand in duban.act';

-- The offset that a clock change asks for; NULL when there is none or it is refused.
CREATE FUNCTION duban.clock_change(p_changes jsonb, p_wall timestamptz, p_offset interval) RETURNS interval
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT max(x.wanted) FROM (
        -- in microseconds: an interval of days would depend on the session's time zone
        SELECT CASE WHEN c ? 'to' THEN (extract(epoch FROM (c ->> 'to')::timestamptz - p_wall) * 1000000)::bigint * interval '1 microsecond'
                    ELSE p_offset + (c ->> 'by')::bigint * interval '1 microsecond' END AS wanted
          FROM jsonb_array_elements(p_changes) c WHERE c ->> 'set' = 'clock') x
     WHERE x.wanted > p_offset
$$;
COMMENT ON FUNCTION duban.clock_change(jsonb, timestamptz, interval) IS 'new offset of the test clock, only forward';

CREATE FUNCTION duban.act_outcomes(p_entry bigint, p_type text, OUT lines text, OUT objects text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(string_agg(coalesce(a.line, a.object || ' - ' || a.outcome || E' - - -\n'), '' ORDER BY a.ord), ''),
           '[' || coalesce(string_agg('{' || CASE WHEN p_type = 'application/vnd.duban.acknowledge.v1+json' THEN '"alert":' || a.object
                        WHEN p_type IN ('application/vnd.duban.record.v1+json', 'application/vnd.duban.countersign.v1+json')
                        THEN '"task":' || to_json(a.object)::text
                        ELSE '"object":' || to_json(a.object)::text END
                   || ',"outcome":"' || a.outcome || '"' || coalesce(a.members, '')
                   || ',"errors":' || coalesce(a.errors, '[]') || '}', ',' ORDER BY a.ord), '') || ']'
      FROM duban.act a WHERE a.entry = p_entry
$$;
COMMENT ON FUNCTION duban.act_outcomes(bigint, text) IS 'outcome lines and JSON of a statement other than a report';

-- Registry, contact and plan statements: an operator's changes of what is registered.
CREATE FUNCTION duban.registered_apply(p_entry bigint, p_received timestamptz, p_key duban.signing_key, p_kind text,
                                       p_changes jsonb, p_clock_offset interval) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    touched text[];
BEGIN
    IF NOT p_key.operator THEN
        RAISE EXCEPTION 'not an operator''s key' USING ERRCODE = 'DB005';
    END IF;
    IF p_changes @> '[{"set":"clock"}]' AND p_clock_offset IS NULL THEN
        INSERT INTO duban.act (entry, ord, object, outcome, errors)
        SELECT p_entry, x.n, duban.object_name(x.c), 'refused',
               '[{"field":"clock","code":"range","detail":"the test clock only goes forward, only on an origin that ends in /test"}]'
          FROM jsonb_array_elements(p_changes) WITH ORDINALITY x (c, n);
    ELSE
        PERFORM duban.changes_apply(p_entry, p_received, p_changes);
    END IF;
    IF p_kind <> 'plan' THEN
        SELECT array_agg(a.object) INTO touched FROM duban.act a WHERE a.entry = p_entry AND a.outcome = 'applied';
        PERFORM duban.effects_now(p_entry, p_received);
        PERFORM duban.reschedule(touched, p_received);
        UPDATE duban.log_lock SET registry = p_entry, clock_offset = coalesce(p_clock_offset, clock_offset);
        NOTIFY duban_registry;
        NOTIFY duban_agenda;
    END IF;
END
$$;
COMMENT ON FUNCTION duban.registered_apply(bigint, timestamptz, duban.signing_key, text, jsonb, interval) IS 'applies an operator''s statement; DB005 for other keys';

-- What each kind does: one line a kind. KIND_apply(entry, received, key, body) writes its ledger rows and one
-- row of duban.act per element of the body.
CREATE FUNCTION duban.act_apply(p_entry bigint, p_received timestamptz, p_key duban.signing_key, p_type text,
                                p_body jsonb, p_clock_offset interval) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    kind text := substring(p_type FROM '^application/vnd\.duban\.([a-z]+)\.v1\+json$');
BEGIN
    CASE kind
        WHEN 'acknowledge' THEN PERFORM duban.acknowledge_apply(p_entry, p_received, p_key, p_body);
        WHEN 'review' THEN PERFORM duban.review_apply(p_entry, p_received, p_key, p_body);
        WHEN 'countersign' THEN PERFORM duban.countersign_apply(p_entry, p_received, p_key, p_body);
        WHEN 'extension' THEN PERFORM duban.extension_apply(p_entry, p_received, p_key, p_body);
        WHEN 'closure' THEN PERFORM duban.closure_apply(p_entry, p_received, p_key, p_body);
        WHEN 'record' THEN PERFORM duban.record_apply(p_entry, p_received, p_key, p_body);
        WHEN 'plan' THEN
            IF p_body ? 'amend' THEN
                PERFORM duban.amend_apply(p_entry, p_received, p_key, p_body);
            ELSE
                PERFORM duban.registered_apply(p_entry, p_received, p_key, kind,
                                                        jsonb_build_array(p_body -> 'plan' || '{"set":"plan"}'), p_clock_offset);
            END IF;
        WHEN 'contact' THEN PERFORM duban.registered_apply(p_entry, p_received, p_key, kind,
                (SELECT jsonb_agg(c || '{"set":"contact"}' ORDER BY n) FROM jsonb_array_elements(p_body -> 'contacts') WITH ORDINALITY x (c, n)), p_clock_offset);
        WHEN 'ask' THEN PERFORM duban.ask_apply(p_entry, p_received, p_key, p_body);
        WHEN 'answer' THEN PERFORM duban.answer_apply(p_entry, p_received, p_key, p_body);
        WHEN 'test' THEN PERFORM duban.test_apply(p_entry, p_received, p_key, p_body);
        WHEN 'registry' THEN PERFORM duban.registered_apply(p_entry, p_received, p_key, kind, p_body -> 'changes', p_clock_offset);
    END CASE;
END
$$;
COMMENT ON FUNCTION duban.act_apply(bigint, timestamptz, duban.signing_key, text, jsonb, interval) IS 'hands a statement to the function of its kind; outcomes stand in duban.act';

-- Everything of append_act that does not depend on a clock; replay calls it with the recorded instant and offset.
CREATE FUNCTION duban.act_at(p_received timestamptz, p_wall timestamptz, p_old_size bigint, p_old_frontier bytea[],
    p_clock_offset interval, p_key bigint, p_seq bigint, p_prev bytea, p_id bytea, p_type text, p_payload bytea,
    p_sig bytea, p_tail text, OUT entries bytea[], OUT outcomes text[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k duban.signing_key;
    o record;
BEGIN
    UPDATE duban.signing_key x SET last_seq = p_seq, last_id = p_id
     WHERE x.id = p_key AND x.last_seq = p_seq - 1 AND x.last_id = p_prev RETURNING x.* INTO k;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the statement does not follow its key''s chain' USING ERRCODE = 'DB001';
    END IF;
    PERFORM duban.entry_begin(p_old_size, p_received);
    PERFORM duban.act_apply(p_old_size, p_received, k, p_type, convert_from(p_payload, 'UTF8')::jsonb, p_clock_offset);
    SELECT x.* INTO o FROM duban.act_outcomes(p_old_size, p_type) x;
    outcomes := ARRAY[o.objects];
    entries := ARRAY[convert_to(E'duban-entry/v1\nkind statement\nreceived ' || duban.utc_micro(p_received) || E'\n' || p_tail
        || CASE WHEN p_clock_offset IS NULL THEN ''
                ELSE 'clock-offset ' || (extract(epoch FROM p_clock_offset) * 1000000)::bigint || E'\n' END
        || 'outcomes-sha256 ' || encode(sha256(convert_to(o.lines, 'UTF8')), 'hex') || E'\n', 'UTF8')];
    INSERT INTO duban.statement (entry, id, payload_type, payload, signature, key, key_id, seq)
    VALUES (p_old_size, p_id, p_type, p_payload, p_sig, k.key, p_key, p_seq);
    PERFORM duban.entry_end();
    PERFORM duban.log_extend(entries, p_received, p_wall, p_old_size, p_old_frontier);
END
$$;
COMMENT ON FUNCTION duban.act_at(timestamptz, timestamptz, bigint, bytea[], interval, bigint, bigint, bytea, bytea, text, bytea, bytea, text)
    IS 'the part of append_act that depends on nothing but its arguments and the ledger; replay uses it';

CREATE FUNCTION duban.append_act(p_registry bigint, p_expected timestamptz, p_head_size bigint[], p_head_note text[],
    p_key bigint, p_seq bigint, p_prev bytea, p_id bytea, p_type text, p_payload bytea, p_sig bytea, p_tail text,
    OUT received timestamptz, OUT received_text text, OUT old_size bigint, OUT old_frontier bytea[],
    OUT entries bytea[], OUT outcomes text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    opened record;
    new_offset interval;
BEGIN
    opened := duban.log_open(p_registry, p_expected);
    received := opened.received;
    received_text := duban.utc_micro(received);
    old_size := opened.old_size;
    old_frontier := opened.old_frontier;
    IF p_type = 'application/vnd.duban.registry.v1+json' AND (SELECT i.test FROM duban.instance i) THEN
        new_offset := duban.clock_change(convert_from(p_payload, 'UTF8')::jsonb -> 'changes', opened.wall, opened.clock_offset);
    END IF;
    SELECT a.entries, a.outcomes INTO entries, outcomes
      FROM duban.act_at(received, opened.wall, old_size, old_frontier, new_offset, p_key, p_seq, p_prev, p_id, p_type,
                        p_payload, p_sig, p_tail) a;
    IF cardinality(p_head_size) > 0 THEN
        PERFORM duban.seal(p_head_size, p_head_note);
    END IF;
END
$$;
COMMENT ON FUNCTION duban.append_act(bigint, timestamptz, bigint[], text[], bigint, bigint, bytea, bytea, text, bytea, bytea, text)
    IS 'one acknowledge, registry, contact or plan statement; DB001 chain, DB003 clock, DB004 registry, DB005 not an operator';

-- Entry 0: the operator's first registry statement, signed by the key that it registers.
CREATE FUNCTION duban.genesis_at(p_wall timestamptz, p_clock_offset interval, p_payload bytea, p_sig bytea, p_type text,
                                 p_schema text) RETURNS bytea
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    body jsonb := convert_from(p_payload, 'UTF8')::jsonb;
    identity bytea := sha256(convert_to(format('DSSEv1 %s %s %s ', length(p_type), p_type, length(p_payload)), 'UTF8') || p_payload);
    received timestamptz := p_wall + coalesce(p_clock_offset, '0');
    k duban.signing_key;
    o record;
    entry_text bytea;
BEGIN
    INSERT INTO duban.instance (origin, test, schema) VALUES (body ->> 'aud', p_clock_offset IS NOT NULL, p_schema);
    UPDATE duban.log_lock SET registry = 0, clock_offset = coalesce(p_clock_offset, '0');
    PERFORM duban.entry_begin(0, received);
    PERFORM duban.changes_apply(0, received, body -> 'changes');
    UPDATE duban.signing_key x SET last_seq = 1, last_id = identity WHERE x.key = decode(body ->> 'key', 'hex') AND x.operator
    RETURNING x.* INTO k;
    SELECT x.* INTO o FROM duban.act_outcomes(0, p_type) x;
    IF k.id IS NULL OR (body ->> 'seq')::bigint <> 1 THEN
        RAISE EXCEPTION 'the genesis statement must register the operator key that signs it, seq 1: %', o.objects USING ERRCODE = 'DB006';
    END IF;
    entry_text := convert_to(E'duban-entry/v1\nkind genesis\nreceived ' || duban.utc_micro(received)
        || E'\norigin ' || (body ->> 'aud') || E'\nkey ' || encode(k.key, 'hex') || E'\nalg ' || k.alg || E'\ntype ' || p_type
        || E'\nseq 1\npae-sha256 ' || encode(identity, 'hex') || E'\nsig ' || translate(encode(p_sig, 'base64'), E'\n', '')
        || E'\nschema ' || p_schema
        || CASE WHEN p_clock_offset IS NULL THEN ''
                ELSE E'\nclock-offset ' || (extract(epoch FROM p_clock_offset) * 1000000)::bigint END
        || E'\noutcomes-sha256 ' || encode(sha256(convert_to(o.lines, 'UTF8')), 'hex') || E'\n', 'UTF8');
    INSERT INTO duban.statement (entry, id, payload_type, payload, signature, key, key_id, seq)
    VALUES (0, identity, p_type, p_payload, p_sig, k.key, k.id, 1);
    PERFORM duban.entry_end();
    PERFORM duban.log_extend(ARRAY[entry_text], received, p_wall, 0, '{}');
    RETURN entry_text;
END
$$;
COMMENT ON FUNCTION duban.genesis_at(timestamptz, interval, bytea, bytea, text, text) IS 'writes entry 0 as of an instant; replay uses it';

CREATE FUNCTION duban.genesis(p_payload bytea, p_sig bytea, p_type text, p_schema text) RETURNS bytea
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    body jsonb := convert_from(p_payload, 'UTF8')::jsonb;
    wall timestamptz := clock_timestamp();
    wanted interval;
BEGIN
    PERFORM 1 FROM duban.log_lock l FOR UPDATE;
    IF EXISTS (SELECT FROM duban.log_entry) THEN
        RAISE EXCEPTION 'the log is not empty: this database was initialised before' USING ERRCODE = 'DB006';
    END IF;
    SELECT (extract(epoch FROM (c ->> 'to')::timestamptz - wall) * 1000000)::bigint * interval '1 microsecond' INTO wanted
      FROM jsonb_array_elements(body -> 'changes') c WHERE c ->> 'set' = 'clock';
    IF (body ->> 'aud' LIKE '%/test') <> (wanted IS NOT NULL) THEN
        RAISE EXCEPTION 'a test clock and an origin that ends in /test go together' USING ERRCODE = 'DB006';
    END IF;
    RETURN duban.genesis_at(wall, wanted, p_payload, p_sig, p_type, p_schema);
END
$$;
COMMENT ON FUNCTION duban.genesis(bytea, bytea, text, text) IS 'starts an empty log with the operator''s first registry statement; only the owner; returns entry 0. DB006: not empty, or the statement does not fit';
