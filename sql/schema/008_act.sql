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

-- When a hold given at an instant ends at the latest, or by itself.
CREATE FUNCTION duban.hold_end(p_case duban."case", p_received timestamptz, p_days int) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    l duban.ladder;
BEGIN
    SELECT x.* INTO STRICT l FROM duban.ladder x WHERE x.code = p_case.ladder AND x.entry = p_case.ladder_entry;
    RETURN duban.delay_add(ROW('day', coalesce(p_days, l.hold_max))::duban.delay, p_received, l, duban.calendar_entry(l.calendar), NULL,
                           coalesce(duban.task_zone(p_case.task), 'Asia/Shanghai'));
END
$$;
COMMENT ON FUNCTION duban.hold_end(duban."case", timestamptz, int) IS 'instant so many working days behind another by the calendar of the case''s ladder; NULL: the most that the ladder allows';

-- An acknowledgement by the office or a leader of the task holds the climb.
CREATE FUNCTION duban.case_hold(p_case bigint, p_received timestamptz, p_until timestamptz DEFAULT NULL) RETURNS timestamptz
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c duban."case";
BEGIN
    SELECT x.* INTO c FROM duban."case" x WHERE x."case" = p_case AND x.closed IS NULL;
    IF NOT FOUND OR NOT EXISTS (SELECT FROM duban.ladder l WHERE l.code = c.ladder AND l.entry = c.ladder_entry) THEN
        RETURN NULL;
    END IF;
    c.held_until := greatest(c.held_until, coalesce(p_until,
        duban.hold_end(c, p_received, (SELECT l.hold FROM duban.ladder l WHERE l.code = c.ladder AND l.entry = c.ladder_entry))));
    c.next_at := CASE WHEN c.next_at IS NOT NULL THEN duban.case_next(c) END;
    UPDATE duban."case" x SET held_until = c.held_until, next_at = c.next_at WHERE x."case" = p_case;
    UPDATE duban.agenda a SET at = least(c.next_at, greatest(c.answer_at, c.held_until))
     WHERE a.task = c.task AND a.period = c.period AND a.unit = c.unit AND c.next_at IS NOT NULL;
    RETURN c.held_until;
END
$$;
COMMENT ON FUNCTION duban.case_hold(bigint, timestamptz, timestamptz) IS 'holds the higher levels of an open case for the working days of its ladder, or until an instant; returns the end of the hold';

-- Posts for which a key acknowledges: its own, its unit's, and those whose delegate it is that day.
CREATE FUNCTION duban.posts_of_key(p_key duban.signing_key, p_day date) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT duban.posts_of(p_key.code) || ARRAY(
        SELECT d.post FROM duban.delegate d WHERE d.key = p_key.key AND NOT d.post = ANY (duban.posts_of(p_key.code))
           AND p_day BETWEEN coalesce(d.from_date, '-infinity') AND coalesce(d.to_date, 'infinity') ORDER BY d.post)
$$;
COMMENT ON FUNCTION duban.posts_of_key(duban.signing_key, date) IS 'posts for which a key may acknowledge on a day';

-- One acknowledgement: what is wrong with it, or what it holds.
CREATE FUNCTION duban.acknowledge_one(p_entry bigint, p_received timestamptz, p_key duban.signing_key, p jsonb, p_alert bigint, p_mine boolean,
                                      OUT outcome text, OUT errors text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    a duban.alert;
    c duban."case";
    until timestamptz;
    latest timestamptz;
    held timestamptz;
    told boolean := p ? 'told';
    office boolean := p_key.operator OR EXISTS (SELECT FROM duban.post o WHERE o.code = p_key.code AND o.role = 'office');
BEGIN
    outcome := 'refused';
    SELECT x.* INTO a FROM duban.alert x WHERE x.alert = p_alert;
    IF NOT FOUND OR NOT p_mine AND NOT (told AND office) THEN
        errors := '[{"field":"alerts","code":"unknown","detail":"no alert of this number went to this post; see duban watch"}]';
        RETURN;
    ELSIF told AND NOT office THEN
        errors := '[{"field":"told","code":"not-allowed","detail":"only 督查室 records that somebody was told"}]';
        RETURN;
    ELSIF EXISTS (SELECT FROM duban.acknowledgement k WHERE k.alert = p_alert) THEN
        outcome := 'already';
        RETURN;
    END IF;
    SELECT x.* INTO c FROM duban."case" x WHERE x."case" = a."case";
    IF NOT told AND a.level > 0 AND ((SELECT o.role FROM duban.post o WHERE o.code = a.post) = 'office' OR duban.leads_task(a.post, c.task, duban.day(p_received)))
       AND NOT duban.same_person(p_key.key, c.unit, duban.day(p_received)) THEN
        IF p ? 'until' THEN
            until := CASE WHEN length(p ->> 'until') = 10 THEN ((p ->> 'until')::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' ELSE (p ->> 'until')::timestamptz END;
            latest := CASE WHEN c.closed IS NULL THEN duban.hold_end(c, p_received, NULL) END;
            IF until > latest OR until <= p_received THEN
                errors := json_build_array(json_build_object('field', 'until', 'code', 'range',
                              'detail', format('this ladder lets an acknowledgement hold until %s at the latest', duban.utc_second(latest))))::text;
                RETURN;
            END IF;
        END IF;
        held := duban.case_hold(a."case", p_received, until);
    END IF;
    outcome := 'acknowledged';
    INSERT INTO duban.acknowledgement (alert, entry, post, key, comment, decision, held_until, delegate, told)
    VALUES (p_alert, p_entry, a.post, p_key.key, p ->> 'comment', p ->> 'decision', held,
            (SELECT min(d.name) FROM duban.delegate d WHERE d.post = a.post AND d.key = p_key.key
                AND duban.day(p_received) BETWEEN coalesce(d.from_date, '-infinity') AND coalesce(d.to_date, 'infinity')), p -> 'told')
    ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION duban.acknowledge_one(bigint, timestamptz, duban.signing_key, jsonb, bigint, boolean) IS 'records one acknowledgement, or that a post was told';

CREATE FUNCTION duban.acknowledge_apply(p_entry bigint, p_received timestamptz, p_key duban.signing_key, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    posts text[] := duban.posts_of_key(p_key, duban.day(p_received));
    r record;
    made record;
BEGIN
    FOR r IN
        SELECT x.o, x.alert, a.post
          FROM (SELECT e.n::bigint AS alert, e.o FROM jsonb_array_elements_text(p -> 'alerts') WITH ORDINALITY e (n, o)
                UNION ALL
                SELECT b.alert, row_number() OVER (ORDER BY b.alert) FROM duban.alert b
                 WHERE b.bundle = p ->> 'bundle' AND NOT b.rehearsal) x
          LEFT JOIN duban.alert a ON a.alert = x.alert AND a.post = ANY (posts) AND NOT a.rehearsal
         ORDER BY x.o
    LOOP
        made := duban.acknowledge_one(p_entry, p_received, p_key, p, r.alert, r.post IS NOT NULL);
        INSERT INTO duban.act (entry, ord, object, outcome, errors) VALUES (p_entry, r.o, r.alert, made.outcome, made.errors);
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
        PERFORM duban.credentials_apply(p_entry, p_received, touched);
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
        WHEN 'silence' THEN PERFORM duban.silence_apply(p_entry, p_received, p_key, p_body);
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
    PERFORM duban.credentials_apply(0, received, (SELECT array_agg(a.object) FROM duban.act a WHERE a.entry = 0 AND a.outcome = 'applied'));
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
