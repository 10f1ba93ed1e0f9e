-- SPDX-License-Identifier: BSD-2-Clause
-- What the daemon's processes read: keys, clients, places, receipts, stream, status.

CREATE FUNCTION duban.generation(OUT registry bigint, OUT offset_us bigint, OUT origin text, OUT test boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT l.registry, (extract(epoch FROM l.clock_offset) * 1000000)::bigint, i.origin, i.test
      FROM duban.log_lock l CROSS JOIN duban.instance i
$$;
COMMENT ON FUNCTION duban.generation() IS 'last registry entry, test clock offset in microseconds, origin';

CREATE FUNCTION duban.keys() RETURNS TABLE (id bigint, key bytea, spki bytea, alg text, code text, unit text, names text[],
    operator boolean, valid_from timestamptz, valid_until timestamptz, revoked boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.id, k.key, k.spki, k.alg, k.code, coalesce(u.code, p.unit),
           ARRAY[k.code, coalesce(u.name, p.name)] || ARRAY(
               SELECT a.name FROM duban.unit_alias a WHERE a.unit = u.code
                  AND duban.day(duban.now()) BETWEEN coalesce(a.from_date, '-infinity') AND coalesce(a.to_date, 'infinity')),
           k.operator, k.valid_from, k.valid_until,
           k.revoked IS NOT NULL OR EXISTS (SELECT FROM duban.delegate d WHERE d.key = k.key AND d.post = k.code
               AND NOT duban.day(duban.now()) BETWEEN coalesce(d.from_date, '-infinity') AND coalesce(d.to_date, 'infinity'))
      FROM duban.signing_key k
      LEFT JOIN duban.unit u ON u.code = k.code
      LEFT JOIN duban.post p ON p.code = k.code
$$;
COMMENT ON FUNCTION duban.keys() IS 'signing keys with what each speaks for; a delegate''s key counts as revoked outside its dates';

-- The one rule of who sees which alerts, for the stream, the lists and what is printed.
CREATE FUNCTION duban.posts_seen(p_code text) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT duban.posts_of(p_code) || ARRAY(
        SELECT DISTINCT d.post FROM duban.delegate d JOIN duban.signing_key k ON k.key = d.key
         WHERE k.code = p_code AND NOT d.post = ANY (duban.posts_of(p_code))
           AND duban.day(duban.now()) BETWEEN coalesce(d.from_date, '-infinity') AND coalesce(d.to_date, 'infinity') ORDER BY d.post)
$$;
COMMENT ON FUNCTION duban.posts_seen(text) IS 'posts whose alerts a unit or post sees: its own, its unit''s, those whose delegate one of its keys is today';

CREATE FUNCTION duban.receiver_posts() RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- a plan that was cached while a table was still empty must not scan it when it has grown
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN CASE WHEN current_setting('duban.client', true) <> '*' THEN duban.posts_seen(current_setting('duban.client', true)) END;
END
$$;
COMMENT ON FUNCTION duban.receiver_posts() IS 'posts whose alerts the client of this transaction sees; NULL: an operator, all';

CREATE FUNCTION duban.clients() RETURNS TABLE (certificate bytea, name text, code text, operator boolean, deliver text[],
    posts text[], valid_until timestamptz, revoked boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.certificate, c.name, c.code, c.operator, c.deliver, duban.posts_seen(c.code), c.valid_until, c.revoked IS NOT NULL
      FROM duban.client c
$$;
COMMENT ON FUNCTION duban.clients() IS 'client certificates with the posts whose alerts each sees: its own, its unit''s, those whose delegate it is';

CREATE FUNCTION duban.chain(p_key bigint[], p_seq bigint[]) RETURNS TABLE (ord int, last_seq bigint, last_id bytea, id bytea, entry bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT x.o::int, k.last_seq, k.last_id, s.id, s.entry
      FROM unnest(p_key, p_seq) WITH ORDINALITY x (key, seq, o)
      JOIN duban.signing_key k ON k.id = x.key
      LEFT JOIN duban.statement s ON s.key_id = x.key AND s.seq = x.seq
     ORDER BY x.o
$$;
COMMENT ON FUNCTION duban.chain(bigint[], bigint[]) IS 'end of each key''s chain, and what stands at the asked place';

-- Said beside the first verdict when a receipt is asked for again; no part of what the entry's digest covers.
CREATE FUNCTION duban.second_members(p_entry bigint, p_task text, p_period text, p_unit text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT format(',"second":"%s","second_due":"%s","second_calendar":"%s","second_entry":%s', x.second,
                          duban.utc_second(x.second_due), x.second_calendar, x.entry)
              FROM duban.v_second_verdict x
             WHERE x.task = p_task AND x.period = p_period AND x.unit = p_unit AND x.first_entry = p_entry);
END
$$;
COMMENT ON FUNCTION duban.second_members(bigint, text, text, text) IS 'members of an outcome that a corrected calendar would have decided otherwise; NULL: none';

CREATE FUNCTION duban.outcomes_of(p_entry bigint, p_type text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN p_type = 'application/vnd.duban.report.v1+json' THEN
        (SELECT '[' || string_agg(duban.outcome_json(r.task, r.period, r.outcome, r.due, r.next_due, r.rule, r.calendar,
                                                     r.completion, r.completion_due, r.errors,
                                                     nullif(coalesce(r.members, '') || coalesce(duban.second_members(r.entry, r.task, r.period, r.unit), ''), '')),
                                   ',' ORDER BY r.ord) || ']'
           FROM duban.report r WHERE r.entry = p_entry)
        ELSE (SELECT o.objects FROM duban.act_outcomes(p_entry, p_type) o) END
$$;
COMMENT ON FUNCTION duban.outcomes_of(bigint, text) IS 'outcomes of a stored statement, as in its receipt, with what a corrected calendar would have decided';

CREATE FUNCTION duban.receipt(p_key bigint, p_seq bigint, OUT id bytea, OUT entry bigint, OUT body bytea,
    OUT received_text text, OUT outcomes text, OUT size bigint, OUT path bytea[], OUT note text)
RETURNS SETOF record
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.id, s.entry, e.entry, substring(convert_from(e.entry, 'UTF8') FROM E'\nreceived ([^\n]+)'),
           duban.outcomes_of(s.entry, s.payload_type), c.size, duban.inclusion_proof(s.entry, c.size), c.note
      FROM duban.statement s
      JOIN duban.log_entry e ON e.index = s.entry
      LEFT JOIN LATERAL (SELECT x.size, x.note FROM duban.checkpoint x ORDER BY x.size DESC LIMIT 1) c ON c.size > s.entry
     WHERE s.key_id = p_key AND s.seq = p_seq
$$;
COMMENT ON FUNCTION duban.receipt(bigint, bigint) IS 'what a receipt says, for a repeated statement; note NULL while no signed head covers it';

CREATE FUNCTION duban.receipt_by_key(p_key bytea, p_seq bigint, OUT id bytea, OUT entry bigint, OUT body bytea,
    OUT received_text text, OUT outcomes text, OUT size bigint, OUT path bytea[], OUT note text)
RETURNS SETOF record
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.* FROM duban.signing_key k CROSS JOIN LATERAL duban.receipt(k.id, p_seq) r WHERE k.key = p_key
$$;
COMMENT ON FUNCTION duban.receipt_by_key(bytea, bigint) IS 'the same by the SHA-256 of the key';

-- The text of a ladder for one kind of alert; {number} {task} {title} {period} {unit} {due} stand for what they say.
CREATE FUNCTION duban.alert_text(p_text text, p_alert duban.alert, p_case duban."case") RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
BEGIN
    IF p_text IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT left(coalesce(t.title, t.text, p_case.task), 200) AS title, coalesce(p.zone, 'Asia/Shanghai') AS zone, coalesce(u.name, p_case.unit) AS unit INTO r
      FROM (SELECT 1) x LEFT JOIN duban.task t ON t.name = p_case.task LEFT JOIN duban.plan p ON p.handle = t.plan LEFT JOIN duban.unit u ON u.code = p_case.unit;
    RETURN replace(replace(replace(replace(replace(replace(p_text, '{number}', p_alert.number), '{due}', to_char(p_case.due AT TIME ZONE r.zone, 'YYYY-MM-DD HH24:MI')),
                   '{period}', CASE p_case.period WHEN '-' THEN '' ELSE p_case.period END), '{task}', p_case.task), '{unit}', r.unit), '{title}', r.title);
END
$$;
COMMENT ON FUNCTION duban.alert_text(text, duban.alert, duban."case") IS 'text of an alert by the ladder''s template';

-- Alerts as JSON (docs/api.md, the alert stream); all of a page by one query, whose start costs more than a row.
CREATE FUNCTION duban.alert_events(p_alerts bigint[]) RETURNS TABLE (alert bigint, posts text[], data text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
-- a plan that was cached while a table was still empty must not scan it when it has grown
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    today date := duban.day(duban.now());
BEGIN
    RETURN QUERY
    SELECT m.alert, CASE WHEN m.rehearsal THEN '{}' ELSE ARRAY[m.post] END, json_strip_nulls(json_build_object(
               'alert', m.alert, 'number', m.number, 'bundle', m.bundle, 'kind', m.kind,
               'case', m."case", 'level', m.level, 'post', m.post, 'unit', c.unit,
               'contact', (SELECT json_build_object('name', coalesce(k.name, h.name), 'phone', k.phone)
                             FROM duban.post o LEFT JOIN duban.contact k ON k.post = o.code
                             LEFT JOIN LATERAL (SELECT x.name FROM duban.holder x WHERE x.post = o.code
                                 AND today BETWEEN coalesce(x.from_date, '-infinity') AND coalesce(x.to_date, 'infinity') LIMIT 1) h ON true
                            WHERE o.unit = c.unit AND o.role = 'contact' ORDER BY o.code LIMIT 1),
               'task', c.task, 'title', left(coalesce(t.title, t.text), 200), 'period', nullif(split_part(c.period, '!', 1), '-'),
               'due', duban.utc_second(c.due), 'raised', duban.utc_micro(m.raised), 'entry', m.entry,
               'last_report', (SELECT json_build_object('entry', s.entry, 'period', s.period, 'status', duban.status_name(s.status),
                                      'progress', nullif(s.progress, -1), 'received', duban.utc_micro(s.received))
                                 FROM duban.task_state s WHERE s.task = c.task),
               'told', (SELECT coalesce(json_agg(DISTINCT a.post), '[]') FROM duban.alert a
                         WHERE a."case" = m."case" AND a.step < m.step),
               'next', duban.utc_second(c.next_at), 'why', m.why,
               'round', nullif(m.round, 1), 'rehearsal', nullif(m.rehearsal, false),
               'deliver_at', duban.utc_second(m.deliver_at), 'channels', nullif(s.channels, '{}'),
               'text', duban.alert_text(s.texts ->> m.kind, m, c)))::text
      FROM unnest(p_alerts) n (alert)
     CROSS JOIN LATERAL (SELECT x.* FROM duban.alert x WHERE x.alert = n.alert LIMIT 1) m
     CROSS JOIN LATERAL (SELECT x.* FROM duban."case" x WHERE x."case" = m."case" LIMIT 1) c
      LEFT JOIN LATERAL (SELECT x.title, x.text FROM duban.task x WHERE x.name = c.task LIMIT 1) t ON true
      LEFT JOIN LATERAL (SELECT x.channels, x.texts FROM duban.ladder_step x
                          WHERE x.code = c.ladder AND x.entry = c.ladder_entry AND x.step = m.step LIMIT 1) s ON true;
END
$$;
COMMENT ON FUNCTION duban.alert_events(bigint[]) IS 'data of alert events by their numbers, with the posts they are for; numbers that are no alert''s are left out';

CREATE FUNCTION duban.event_rows(p_events bigint[]) RETURNS TABLE (event bigint, kind text, posts text[], data text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
-- a plan that was cached while a table was still empty must not scan it when it has grown
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT x.* FROM (
        SELECT a.alert AS event, 'alert', a.posts, a.data FROM duban.alert_events(p_events) a
        UNION ALL
        SELECT d.event, 'closed', ARRAY(
                   -- offset 0: else the index by post, which has their order, is read whole by a plan of an empty table
                   SELECT DISTINCT a.post FROM (SELECT b.post FROM duban.alert b WHERE b."case" = d."case" AND NOT b.rehearsal OFFSET 0) a),
               json_build_object('alert', d.event, 'case', d."case",
                   'alerts', (SELECT coalesce(json_agg(a.alert ORDER BY a.alert), '[]') FROM duban.alert a WHERE a."case" = d."case"),
                   'reason', d.reason, 'entry', d.entry)::text
          FROM unnest(p_events) e (n)
         CROSS JOIN LATERAL (SELECT y.* FROM duban.closing y WHERE y.event = e.n LIMIT 1) d) x (event, kind, posts, data)
     ORDER BY x.event;
END
$$;
COMMENT ON FUNCTION duban.event_rows(bigint[]) IS 'stream events by their numbers, in order, with the posts they are for';

-- The office and the chief have had so many that what is asked about begins elsewhere than at their alerts.
CREATE FUNCTION duban.many_alerts(p_posts text[]) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
-- a plan that was cached while a table was still empty must not scan it when it has grown
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN p_posts IS NULL OR EXISTS (
        SELECT FROM unnest(p_posts) p (post)
         CROSS JOIN LATERAL (SELECT FROM duban.alert a WHERE a.post = p.post ORDER BY a.alert + 0 LIMIT 1001) x OFFSET 1000);
END
$$;
COMMENT ON FUNCTION duban.many_alerts(text[]) IS 'whether these posts (NULL: all) have had more than a thousand alerts';

CREATE FUNCTION duban.alerts_behind(p_posts text[], p_after bigint, p_limit int) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
-- no scan, though the plan was cached while a table was empty; and rows come in the order of an index: a page ends early
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF p_posts IS NULL THEN
        RETURN QUERY SELECT a.alert FROM duban.alert a WHERE a.alert > p_after ORDER BY a.alert LIMIT p_limit;
    ELSE
        RETURN QUERY
        SELECT x.alert FROM unnest(p_posts) p (post) CROSS JOIN LATERAL (
            SELECT a.alert FROM duban.alert a WHERE a.post = p.post AND a.alert + 0 > p_after AND NOT a.rehearsal
             ORDER BY a.alert + 0 LIMIT p_limit) x
         ORDER BY x.alert LIMIT p_limit;
    END IF;
END
$$;
COMMENT ON FUNCTION duban.alerts_behind(text[], bigint, int) IS 'alerts to these posts (NULL: all, with rehearsals) behind a number';

CREATE FUNCTION duban.closings_behind(p_posts text[], p_after bigint, p_limit int) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
-- no scan, though the plan was cached while a table was empty; and rows come in the order of an index: a page ends early
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF p_posts IS NULL THEN
        RETURN QUERY SELECT d.event FROM duban.closing d WHERE d.event > p_after ORDER BY d.event LIMIT p_limit;
    ELSIF duban.many_alerts(p_posts) THEN
        RETURN QUERY
        SELECT d.event FROM duban.closing d
         WHERE d.event > p_after AND p_posts && ARRAY(SELECT a.post FROM duban.alert a WHERE a."case" = d."case" AND NOT a.rehearsal)
         ORDER BY d.event LIMIT p_limit;
    ELSE
        RETURN QUERY
        SELECT DISTINCT x.event FROM unnest(p_posts) p (post)
         CROSS JOIN LATERAL (SELECT a."case" FROM duban.alert a WHERE a.post = p.post AND NOT a.rehearsal ORDER BY a.alert + 0) y
         CROSS JOIN LATERAL (SELECT d.event FROM duban.closing d WHERE d."case" = y."case" AND d.event + 0 > p_after OFFSET 0) x
         ORDER BY x.event LIMIT p_limit;
    END IF;
END
$$;
COMMENT ON FUNCTION duban.closings_behind(text[], bigint, int) IS 'withdrawals, behind a number, of cases about which these posts (NULL: all) were alerted';

CREATE FUNCTION duban.stream_resume(p_posts text[], p_after bigint, p_limit int) RETURNS TABLE (event bigint, kind text, posts text[], data text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- a plan that was cached while a table was still empty must not scan it when it has grown
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT r.* FROM duban.event_rows(ARRAY(
        SELECT x.n FROM (
            SELECT n FROM duban.alerts_behind(p_posts, p_after, p_limit) n
            UNION ALL
            SELECT n FROM duban.closings_behind(p_posts, p_after, p_limit) n) x
         ORDER BY x.n LIMIT p_limit)) r;
END
$$;
COMMENT ON FUNCTION duban.stream_resume(text[], bigint, int) IS 'stream events behind a number for these posts (NULL: an operator, all)';

-- Alerts of closed cases are passed over: for those who have had many, not from the beginning of time.
CREATE FUNCTION duban.open_alerts(p_posts text[], p_after bigint, p_upto bigint, p_limit int) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
-- no scan, though the plan was cached while a table was empty; and rows come in the order of an index: a page ends early
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    after bigint := p_after;
BEGIN
    IF p_after <= 0 AND duban.many_alerts(p_posts) THEN
        after := (SELECT min(x.alert) - 1 FROM duban."case" c CROSS JOIN LATERAL (
            SELECT min(a.alert + 0) AS alert FROM duban.alert a WHERE a."case" = c."case") x WHERE c.closed IS NULL);
    END IF;
    IF p_posts IS NULL THEN
        RETURN QUERY
        SELECT a.alert FROM duban.alert a
         WHERE a.alert > after AND a.alert <= p_upto AND (SELECT c.closed IS NULL FROM duban."case" c WHERE c."case" = a."case")
         ORDER BY a.alert LIMIT p_limit;
    ELSE
        RETURN QUERY
        SELECT x.alert FROM unnest(p_posts) p (post) CROSS JOIN LATERAL (
            SELECT a.alert FROM duban.alert a
             WHERE a.post = p.post AND a.alert + 0 > after AND a.alert + 0 <= p_upto AND NOT a.rehearsal
               AND (SELECT c.closed IS NULL FROM duban."case" c WHERE c."case" = a."case")
             ORDER BY a.alert + 0 LIMIT p_limit) x
         ORDER BY x.alert LIMIT p_limit;
    END IF;
END
$$;
COMMENT ON FUNCTION duban.open_alerts(text[], bigint, bigint, int) IS 'alerts of open cases to these posts (NULL: all, with rehearsals), behind one number and up to another';

CREATE FUNCTION duban.stream_open(p_posts text[], p_after bigint, p_upto bigint, p_limit int)
RETURNS TABLE (event bigint, kind text, posts text[], data text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- a plan that was cached while a table was still empty must not scan it when it has grown
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT r.* FROM duban.event_rows(ARRAY(SELECT n FROM duban.open_alerts(p_posts, p_after, p_upto, p_limit) n)) r;
END
$$;
COMMENT ON FUNCTION duban.stream_open(text[], bigint, bigint, int) IS 'alerts of open cases to these posts (NULL: an operator, all), a page of them';

CREATE FUNCTION duban.status() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT jsonb_build_object('origin', i.origin, 'test', i.test, 'log_size', h.size, 'sealed_size', coalesce(h.sealed_size, 0),
               'registry', l.registry, 'now', duban.utc_micro(clock_timestamp() + l.clock_offset),
               'pending_obligations', (SELECT count(*) FROM duban.materialised m WHERE m.wanted_at <= clock_timestamp() + l.clock_offset)
                                      + (SELECT count(*) FROM duban.remake),
               'pending_alerts', (SELECT count(*) FROM (SELECT FROM duban.agenda a WHERE a.at <= clock_timestamp() + l.clock_offset
                                                        UNION ALL SELECT FROM duban.effect e WHERE e.applied IS NULL AND e.at <= clock_timestamp() + l.clock_offset
                                                        LIMIT 10000) x),
               'pending_deliveries', (SELECT count(*) FROM (SELECT FROM duban.delivery d WHERE d.state = 'waiting' LIMIT 10000) x),
               'dead_deliveries', (SELECT count(*) FROM (SELECT FROM duban.delivery d WHERE d.state = 'dead' LIMIT 10000) x))::text
      FROM duban.instance i CROSS JOIN duban.log_lock l CROSS JOIN duban.head() h);
END
$$;
COMMENT ON FUNCTION duban.status() IS 'state for readyz: sizes, registry, clock, what is not made or raised yet';

CREATE FUNCTION duban.me(p_certificate bytea, OUT name text, OUT body text)
RETURNS SETOF record
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.name, json_strip_nulls(json_build_object('client', c.name,
               'unit', coalesce(u.code, p.unit), 'post', p.code, 'name', coalesce(u.name, p.name), 'operator', c.operator,
               'aud', i.origin,
               'keys', (SELECT coalesce(json_agg(json_build_object('key', encode(k.key, 'hex'), 'alg', k.alg, 'seq', k.last_seq + 1,
                               'prev', encode(k.last_id, 'hex'), 'valid_until', duban.utc_second(k.valid_until)) ORDER BY k.id), '[]')
                          FROM duban.signing_key k WHERE k.code = c.code AND k.revoked IS NULL),
               'certificate_expires', duban.utc_second(c.valid_until), 'server_time', duban.utc_micro(duban.now()),
               'log_size', (SELECT max(h.size) FROM duban.head h)))::text
      FROM duban.client c
      CROSS JOIN duban.instance i
      LEFT JOIN duban.unit u ON u.code = c.code
      LEFT JOIN duban.post p ON p.code = c.code
     WHERE c.certificate = p_certificate
$$;
COMMENT ON FUNCTION duban.me(bytea) IS 'who a client certificate belongs to, its keys with their places, server time';
