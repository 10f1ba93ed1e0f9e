-- SPDX-License-Identifier: BSD-2-Clause
-- Delivery: what is owed to each channel, in the transaction that raises the alert; attempts with reasons.
-- Operational, not ledger: a rebuild leaves these tables empty.

CREATE TABLE duban.delivery (
    delivery text COLLATE "C" PRIMARY KEY,
    bundle text NOT NULL,
    channel text COLLATE "C" NOT NULL,
    post text COLLATE "C" NOT NULL,
    first_alert bigint NOT NULL,
    last_alert bigint,
    at timestamptz NOT NULL,
    created timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'withdrawn', 'dead')),
    attempt int NOT NULL DEFAULT 0,
    reason text,
    target text,
    tried timestamptz,
    next_at timestamptz NOT NULL,
    lease_until timestamptz,
    lease_by text,
    fallback_of text COLLATE "C",
    UNIQUE (bundle, channel, first_alert)
) WITH (fillfactor = 70);
-- one open part a bundle and channel: raise adds to it until an alerter takes it
CREATE UNIQUE INDEX delivery_open ON duban.delivery (bundle, channel) WHERE last_alert IS NULL;
CREATE INDEX delivery_next ON duban.delivery (channel, next_at) WHERE state = 'waiting';
CREATE INDEX delivery_left ON duban.delivery (state, created) WHERE state IN ('waiting', 'dead');
COMMENT ON TABLE duban.delivery IS 'messages owed: the alerts first_alert to last_alert of a bundle by a channel; delivery is the stable id (Message-ID, webhook-id); last_alert NULL: more may join; lease_until: an alerter is sending it (real clock); operational';

CREATE TABLE duban.delivery_attempt (
    delivery text COLLATE "C" NOT NULL,
    attempt int NOT NULL,
    at timestamptz NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL,
    detail text,
    took_ms int NOT NULL,
    by text NOT NULL,
    PRIMARY KEY (delivery, attempt)
);
INSERT INTO duban.asof_left_out (relation, why) VALUES ('delivery', 'operational'), ('delivery_attempt', 'operational');
COMMENT ON TABLE duban.delivery_attempt IS 'each attempt of a delivery with its outcome (sent, retry, dead) and reason code; operational';

CREATE FUNCTION duban.delivery_id(p_origin text, p_bundle text, p_channel text, p_first bigint) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN substring(encode(sha256(convert_to(p_origin || E'\n' || p_bundle || E'\n' || p_channel || E'\n' || p_first, 'UTF8')), 'hex'), 1, 32);
END
$$;
COMMENT ON FUNCTION duban.delivery_id(text, text, text, bigint) IS 'stable id of a message: the same for each attempt and on each machine';

-- A step of a ladder may name the channels that it uses; otherwise those of the post.
CREATE FUNCTION duban.step_speaks(p_alert duban.alert, p_channel text) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named text[];
BEGIN
    SELECT s.channels INTO named FROM duban."case" c JOIN duban.ladder_step s ON s.code = c.ladder AND s.entry = c.ladder_entry AND s.step = p_alert.step
     WHERE c."case" = p_alert."case";
    RETURN coalesce(named, '{}') = '{}' OR p_channel = ANY (named);
END
$$;
COMMENT ON FUNCTION duban.step_speaks(duban.alert, text) IS 'whether an alert goes by a channel of its post';

-- Called by whoever inserts alerts, in the same transaction, with the events before and behind them. A part
-- that an alerter takes meanwhile is waited for: then these alerts become a part of their own.
CREATE FUNCTION duban.delivery_plan(p_after bigint, p_last bigint, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = on SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    of_log text := (SELECT i.origin FROM duban.instance i);
BEGIN
    IF p_last IS NULL OR p_last <= p_after OR NOT EXISTS (SELECT FROM duban.post_channel) THEN
        RETURN;
    END IF;
    WITH told AS MATERIALIZED (
        SELECT a.alert, a.bundle, a.post, a.at, a.deliver_at, s.channels FROM duban.alert a
          LEFT JOIN LATERAL (SELECT c.ladder, c.ladder_entry FROM duban."case" c WHERE c."case" = a."case" LIMIT 1) c ON true
          LEFT JOIN LATERAL (SELECT x.channels FROM duban.ladder_step x WHERE x.code = c.ladder AND x.entry = c.ladder_entry AND x.step = a.step LIMIT 1) s ON true
         WHERE a.alert > p_after AND a.alert <= p_last AND NOT a.rehearsal),
    owed AS MATERIALIZED (
        SELECT t.bundle, c.channel, t.post, min(t.alert) AS first_alert, min(t.at) AS at, coalesce(max(t.deliver_at), p_at) AS next_at
          FROM told t JOIN LATERAL (SELECT x.channel FROM duban.post_channel x WHERE x.post = t.post) c ON true
         WHERE c.channel <> 'stream' AND (coalesce(t.channels, '{}') = '{}' OR c.channel = ANY (t.channels))
         GROUP BY t.bundle, c.channel, t.post),
    joined AS MATERIALIZED (
        -- locked, so that no alerter closes it before our alerts are there
        SELECT d.bundle, d.channel FROM owed o
          JOIN LATERAL (SELECT x.bundle, x.channel FROM duban.delivery x
                         WHERE x.bundle = o.bundle AND x.channel = o.channel AND x.last_alert IS NULL FOR NO KEY UPDATE) d ON true)
    INSERT INTO duban.delivery AS d (delivery, bundle, channel, post, first_alert, at, created, next_at)
    SELECT duban.delivery_id(of_log, o.bundle, o.channel, o.first_alert), o.bundle, o.channel, o.post, o.first_alert, o.at, p_at, o.next_at
      FROM owed o
     WHERE NOT EXISTS (SELECT FROM joined j WHERE j.bundle = o.bundle AND j.channel = o.channel)
    ON CONFLICT (bundle, channel) WHERE last_alert IS NULL DO NOTHING;
    NOTIFY duban_delivery;
END
$$;
COMMENT ON FUNCTION duban.delivery_plan(bigint, bigint, timestamptz) IS 'owes the alerts of a batch to the channels of their posts, one message a bundle and channel';

-- Alerts that are still worth telling: nothing is sent about what was closed or noticed meanwhile.
CREATE FUNCTION duban.delivery_alerts(p_bundle text, p_first bigint, p_last bigint) RETURNS SETOF duban.alert
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT a.* FROM duban.alert a JOIN duban."case" c ON c."case" = a."case"
     -- + 0: the index of bundles, never a range of all alerts
     WHERE a.bundle = p_bundle AND a.alert + 0 BETWEEN p_first AND coalesce(p_last, 9223372036854775807)
       AND (c.closed IS NULL OR a.kind IN ('test', 'silence-ending'))
       AND NOT EXISTS (SELECT FROM duban.acknowledgement k WHERE k.alert = a.alert)
     ORDER BY a.alert;
END
$$;
COMMENT ON FUNCTION duban.delivery_alerts(text, bigint, bigint) IS 'alerts of a message that still hold: case open, not acknowledged';

CREATE FUNCTION duban.delivery_target(p_kind text, p_url text, p_post text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE p_kind WHEN 'webhook' THEN p_url WHEN 'spool' THEN p_post
                       ELSE (SELECT k.mail FROM duban.contact k WHERE k.post = p_post) END;
END
$$;
COMMENT ON FUNCTION duban.delivery_target(text, text, text) IS 'where a channel sends for a post: mail address, url, or the post itself; NULL: nowhere';

-- What a message says, as JSON; how much by the channel's detail. NULL: nothing holds any more.
CREATE FUNCTION duban.delivery_body(p_d duban.delivery, p_detail text, p_zone text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    body json;
BEGIN
    SELECT json_build_object(
               'id', p_d.delivery, 'bundle', p_d.bundle, 'channel', p_d.channel, 'detail', p_detail, 'origin', max(i.origin),
               'follows', (SELECT x.delivery FROM duban.delivery x WHERE x.bundle = p_d.bundle AND x.channel = p_d.channel
                              AND x.first_alert < p_d.first_alert ORDER BY x.first_alert LIMIT 1),
               'post', p_d.post, 'post_name', max(o.name), 'lang', coalesce(max(o.lang), 'zh_CN'),
               'to', json_build_object('name', max(k.name), 'phone', max(k.phone)),
               'kind', max(a.kind), 'level', max(a.level), 'at', duban.utc_second(p_d.at),
               'at_local', to_char(p_d.at AT TIME ZONE p_zone, 'YYYY-MM-DD HH24:MI'), 'count', count(*),
               'cases', (array_agg(DISTINCT a."case"))[1:20],
               'alerts', CASE p_detail WHEN 'count' THEN '[]'::json ELSE (array_to_json((array_agg(
                   json_build_object('alert', a.alert, 'number', a.number, 'kind', a.kind, 'case', a."case", 'level', a.level,
                       'unit', nullif(c.unit, '-'), 'unit_name', u.name, 'task', nullif(c.task, '-'), 'title', left(coalesce(t.title, t.text), 200),
                       'period', nullif(split_part(c.period, '!', 1), '-'), 'due', duban.utc_second(c.due),
                       'due_local', to_char(c.due AT TIME ZONE p_zone, 'YYYY-MM-DD HH24:MI'),
                       'why', CASE p_detail WHEN 'full' THEN a.why END,
                       'entry', CASE p_detail WHEN 'full' THEN a.entry END,
                       'contact', CASE p_detail WHEN 'full' THEN w.text END) ORDER BY a.alert))[1:500])) END)
      INTO body
      FROM duban.delivery_alerts(p_d.bundle, p_d.first_alert, p_d.last_alert) a
      JOIN duban."case" c ON c."case" = a."case"
     CROSS JOIN duban.instance i
      LEFT JOIN duban.task t ON t.name = c.task
      LEFT JOIN duban.unit u ON u.code = c.unit
      LEFT JOIN duban.post o ON o.code = p_d.post
      LEFT JOIN duban.contact k ON k.post = p_d.post
      LEFT JOIN LATERAL (SELECT concat_ws(' ', x.name, x.phone) AS text FROM duban.post y JOIN duban.contact x ON x.post = y.code
                          WHERE y.unit = c.unit AND y.role = 'contact' ORDER BY y.code LIMIT 1) w ON true
    HAVING count(*) > 0;
    RETURN json_strip_nulls(body)::text;
END
$$;
COMMENT ON FUNCTION duban.delivery_body(duban.delivery, text, text) IS 'one message as JSON; at most 500 alerts are listed, count says how many there are';

-- The stand-in of a channel gets the same alerts as a message of its own.
CREATE FUNCTION duban.delivery_fall_back(p_delivery text, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO duban.delivery (delivery, bundle, channel, post, first_alert, last_alert, at, created, next_at, fallback_of)
    SELECT duban.delivery_id(i.origin, d.bundle, c.fallback, d.first_alert), d.bundle, c.fallback, d.post, d.first_alert, d.last_alert, d.at,
           p_at, p_at, d.delivery
      FROM duban.instance i CROSS JOIN duban.delivery d JOIN duban.channel c ON c.code = d.channel
     WHERE d.delivery = p_delivery AND c.fallback IS NOT NULL
       -- the post has that channel anyway
       AND NOT EXISTS (SELECT FROM duban.delivery x WHERE x.bundle = d.bundle AND x.channel = c.fallback
                          AND x.first_alert <= d.last_alert AND coalesce(x.last_alert, d.last_alert) >= d.first_alert)
    ON CONFLICT DO NOTHING;
    IF FOUND THEN
        NOTIFY duban_delivery;
    END IF;
END
$$;
COMMENT ON FUNCTION duban.delivery_fall_back(text, timestamptz) IS 'hands a message to the stand-in of its channel, once';

-- One message is taken: what it holds is fixed, what is over is put aside. NULL body: nothing to send.
CREATE FUNCTION duban.delivery_take(p_d duban.delivery, p_c duban.channel, p_by text, p_wall timestamptz, p_now timestamptz,
                                    p_lease_s int, p_give_up_days int, p_zone text, OUT d duban.delivery, OUT body text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    d := p_d;
    IF d.last_alert IS NULL THEN
        SELECT max(a.alert) INTO d.last_alert FROM duban.alert a WHERE a.bundle = d.bundle;
    END IF;
    d.target := duban.delivery_target(p_c.kind, p_c.url, d.post);
    body := CASE WHEN d.bundle LIKE 'C-%' THEN duban.delivery_closed_body(d, p_c.detail, p_zone)
                 ELSE duban.delivery_body(d, p_c.detail, p_zone) END;
    IF body IS NULL THEN
        d.state := 'withdrawn';
        d.reason := 'over';
    ELSIF d.target IS NULL THEN
        d.state := 'dead';
        d.reason := 'no-address';
    ELSIF d.created < p_now - p_give_up_days * interval '86400 seconds' THEN
        d.state := 'dead';
        d.reason := 'expired';
    ELSE
        d.attempt := d.attempt + 1;
        d.lease_until := p_wall + p_lease_s * interval '1 second';
        d.lease_by := p_by;
    END IF;
    UPDATE duban.delivery x
       SET last_alert = d.last_alert, target = d.target, state = d.state, reason = d.reason, attempt = d.attempt,
           lease_until = d.lease_until, lease_by = d.lease_by
     WHERE x.delivery = d.delivery;
    IF d.state <> 'waiting' THEN
        body := NULL;
    END IF;
    IF d.state = 'dead' THEN
        PERFORM duban.delivery_fall_back(d.delivery, p_now);
    END IF;
END
$$;
COMMENT ON FUNCTION duban.delivery_take(duban.delivery, duban.channel, text, timestamptz, timestamptz, int, int, text)
    IS 'takes one locked message for sending under a lease, or withdraws or buries it';

-- A bundle is whole when nothing of its instant is left to raise; after half a minute it goes as it is.
CREATE FUNCTION duban.delivery_claim(p_by text, p_busy text[], p_each int, p_lease_s int, p_give_up_days int, p_zone text)
RETURNS TABLE (delivery text, attempt int, channel text, kind text, target text, lang text, body text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    wall timestamptz := clock_timestamp();
    now_at timestamptz := wall + (SELECT l.clock_offset FROM duban.log_lock l);
    unraised timestamptz := (SELECT min(a.at) FROM duban.agenda a);
    c duban.channel;
    d duban.delivery;
    taken record;
BEGIN
    FOR c IN SELECT x.* FROM duban.channel x ORDER BY x.code LOOP
        FOR d IN
            SELECT x.* FROM duban.delivery x
             WHERE x.channel = c.code AND x.state = 'waiting' AND x.next_at <= now_at
               AND (x.lease_until IS NULL OR x.lease_until <= wall)
               AND (x.last_alert IS NOT NULL OR unraised IS NULL OR unraised > x.at OR x.created <= now_at - interval '30 seconds')
             ORDER BY x.next_at
             LIMIT greatest(0, p_each - (SELECT count(*) FROM unnest(p_busy) b WHERE b = c.code))
               FOR UPDATE SKIP LOCKED
        LOOP
            taken := duban.delivery_take(d, c, p_by, wall, now_at, p_lease_s, p_give_up_days, p_zone);
            IF taken.body IS NOT NULL THEN
                delivery := d.delivery;
                attempt := (taken.d).attempt;
                channel := c.code;
                kind := c.kind;
                target := (taken.d).target;
                body := taken.body;
                lang := body::json ->> 'lang';
                RETURN NEXT;
            END IF;
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.delivery_claim(text, text[], int, int, int, text)
    IS 'messages to send now, at most p_each a channel with those under way (p_busy, one element each), under a lease of p_lease_s seconds';

-- From 15 s doubling to an hour, a quarter more or less.
CREATE FUNCTION duban.delivery_wait(p_attempt int, p_retry_after_s int) RETURNS interval
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT greatest(least(coalesce(p_retry_after_s, 0), 86400),
                    least(3600, 15 * 2 ^ least(p_attempt - 1, 12)) * (0.75 + random() / 2)) * interval '1 second'
$$;
COMMENT ON FUNCTION duban.delivery_wait(int, int) IS 'time until the next attempt: back-off with jitter, not before what the other side asked for (at most a day)';

CREATE FUNCTION duban.delivery_record(p_delivery text, p_attempt int, p_by text, p_outcome text, p_reason text, p_detail text,
                                      p_retry_after_s int, p_took_ms int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    now_at timestamptz := clock_timestamp() + (SELECT l.clock_offset FROM duban.log_lock l);
    d duban.delivery;
BEGIN
    INSERT INTO duban.delivery_attempt (delivery, attempt, at, outcome, reason, detail, took_ms, by)
    VALUES (p_delivery, p_attempt, now_at, p_outcome, p_reason, p_detail, p_took_ms, p_by)
    ON CONFLICT DO NOTHING;
    -- what was sent was sent, also when the lease had run out; a failure of an older attempt decides nothing
    UPDATE duban.delivery x
       SET state = CASE p_outcome WHEN 'sent' THEN 'sent' WHEN 'dead' THEN 'dead' ELSE x.state END,
           reason = p_reason, tried = now_at, lease_until = NULL, lease_by = NULL,
           next_at = CASE p_outcome WHEN 'retry' THEN now_at + duban.delivery_wait(x.attempt, p_retry_after_s) ELSE x.next_at END
     WHERE x.delivery = p_delivery AND x.state = 'waiting' AND (x.attempt = p_attempt OR p_outcome = 'sent')
    RETURNING x.* INTO d;
    IF d.state = 'dead' OR d.state = 'waiting' AND EXISTS (
        SELECT FROM duban.channel c WHERE c.code = d.channel AND c.fallback_after * interval '1 minute' <= now_at -
            (SELECT min(x.at) FROM duban.delivery_attempt x WHERE x.delivery = d.delivery)) THEN
        PERFORM duban.delivery_fall_back(d.delivery, now_at);
    END IF;
END
$$;
COMMENT ON FUNCTION duban.delivery_record(text, int, text, text, text, text, int, int)
    IS 'notes an attempt (outcome sent, retry or dead), sets the next one, calls the stand-in; again is harmless';

-- Who was unreachable and has a new address is reachable again; what is over does not wait for its turn.
CREATE FUNCTION duban.delivery_sweep() RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- the few that are left, never all that ever were
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    now_at timestamptz := clock_timestamp() + (SELECT l.clock_offset FROM duban.log_lock l);
    n int;
BEGIN
    UPDATE duban.delivery x SET state = 'withdrawn', reason = 'over'
     WHERE x.delivery IN (SELECT d.delivery FROM duban.delivery d
                           WHERE d.state IN ('waiting', 'dead') AND d.attempt > 0 AND d.last_alert IS NOT NULL AND d.bundle NOT LIKE 'C-%'
                             AND (d.lease_until IS NULL OR d.lease_until <= clock_timestamp())
                             AND NOT EXISTS (SELECT FROM duban.delivery_alerts(d.bundle, d.first_alert, d.last_alert))
                           LIMIT 1000 FOR UPDATE SKIP LOCKED);
    UPDATE duban.delivery x SET state = 'waiting', next_at = now_at
     WHERE x.delivery IN (SELECT d.delivery FROM duban.delivery d JOIN duban.channel c ON c.code = d.channel
                           WHERE d.state = 'dead' AND d.reason <> 'expired'
                             AND duban.delivery_target(c.kind, c.url, d.post) IS DISTINCT FROM d.target
                             AND (d.bundle LIKE 'C-%' OR EXISTS (SELECT FROM duban.delivery_alerts(d.bundle, d.first_alert, d.last_alert)))
                           LIMIT 1000 FOR UPDATE OF d SKIP LOCKED);
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n + duban.delivery_close(now_at);
END
$$;
COMMENT ON FUNCTION duban.delivery_sweep() IS 'withdraws what is over, tries dead letters again whose address has changed, owes word of closed cases; returns how many messages are new';

CREATE FUNCTION duban.delivery_retry(p_delivery text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE duban.delivery x SET state = 'waiting', created = duban.now(), next_at = duban.now()
     WHERE x.delivery = p_delivery AND x.state IN ('dead', 'waiting');
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION duban.delivery_retry(text) IS 'for the owner (duband retry): tries a dead letter, or one that waits, again at once; false when there is none';

CREATE VIEW duban.v_delivery WITH (security_invoker = true) AS
SELECT d.delivery, d.bundle, d.post, d.channel, d.state, d.attempt, d.reason, d.created, d.tried,
       CASE WHEN d.state = 'waiting' THEN d.next_at END AS next_at, d.first_alert, d.last_alert, d.fallback_of
  FROM duban.delivery d;
COMMENT ON VIEW duban.v_delivery IS 'messages owed to channels: how far each is, why it failed last, when it is tried next';

CREATE VIEW duban.stuck_deliveries WITH (security_invoker = true) AS
SELECT d.delivery, d.bundle, d.post, d.channel,
       CASE WHEN d.state = 'dead' THEN 'dead' WHEN d.next_at < (SELECT duban.now()) - interval '5 minutes' AND d.lease_until IS NULL THEN 'not tried' ELSE 'failing' END AS why,
       d.reason, d.attempt, d.created
  FROM duban.delivery d
 WHERE d.state IN ('waiting', 'dead')
   AND (d.state = 'dead' OR d.attempt > 0 AND d.created < (SELECT duban.now()) - interval '1 hour' OR d.next_at < (SELECT duban.now()) - interval '5 minutes')
   AND EXISTS (SELECT FROM duban.alert a JOIN duban."case" c ON c."case" = a."case"
                WHERE a.bundle = d.bundle AND a.alert BETWEEN d.first_alert AND coalesce(d.last_alert, a.alert)
                  AND (c.closed IS NULL OR a.kind IN ('test', 'silence-ending'))
                  AND NOT EXISTS (SELECT FROM duban.acknowledgement k WHERE k.alert = a.alert))
   AND NOT EXISTS (SELECT FROM duban.delivery x WHERE x.bundle = d.bundle AND x.first_alert = d.first_alert
                      AND x.fallback_of IS NOT NULL AND x.state = 'sent')
UNION ALL
SELECT NULL, a.bundle, a.post, p.channel, 'not planned', NULL, 0, a.raised
  FROM duban.alert a
  JOIN duban."case" c ON c."case" = a."case" AND c.closed IS NULL
  JOIN duban.post_channel p ON p.post = a.post AND p.channel <> 'stream' AND p.from_entry < a.entry
 WHERE NOT a.rehearsal AND duban.step_speaks(a, p.channel)
   AND NOT EXISTS (SELECT FROM duban.delivery d WHERE d.bundle = a.bundle AND d.channel = p.channel
                      AND a.alert BETWEEN d.first_alert AND coalesce(d.last_alert, a.alert));
COMMENT ON VIEW duban.stuck_deliveries IS 'must be empty: messages about open cases that are dead, fail for an hour, are not tried, or were never owed';

GRANT CREATE ON SCHEMA duban TO duban_append;
ALTER FUNCTION duban.delivery_claim OWNER TO duban_append;
ALTER FUNCTION duban.delivery_record OWNER TO duban_append;
ALTER FUNCTION duban.delivery_sweep OWNER TO duban_append;
REVOKE CREATE ON SCHEMA duban FROM duban_append;
REVOKE ALL ON FUNCTION duban.step_speaks, duban.delivery_id, duban.delivery_plan, duban.delivery_alerts, duban.delivery_target, duban.delivery_body,
    duban.delivery_fall_back, duban.delivery_take, duban.delivery_claim, duban.delivery_wait, duban.delivery_record,
    duban.delivery_sweep, duban.delivery_retry FROM PUBLIC;
GRANT EXECUTE ON FUNCTION duban.step_speaks TO duban_receiver, duban_alerter, duban_reader, duban_auditor, duban_append;
GRANT EXECUTE ON FUNCTION duban.delivery_id, duban.delivery_plan, duban.delivery_alerts, duban.delivery_target, duban.delivery_body,
    duban.delivery_fall_back, duban.delivery_take, duban.delivery_claim, duban.delivery_wait, duban.delivery_record,
    duban.delivery_sweep TO duban_append;
GRANT EXECUTE ON FUNCTION duban.delivery_claim, duban.delivery_record, duban.delivery_sweep TO duban_alerter;
GRANT SELECT, INSERT, UPDATE ON duban.delivery TO duban_append;
GRANT SELECT, INSERT ON duban.delivery_attempt TO duban_append;
GRANT SELECT ON duban.delivery_attempt, duban.v_delivery, duban.stuck_deliveries TO duban_receiver, duban_alerter, duban_reader, duban_auditor;
GRANT SELECT ON duban.delivery TO duban_alerter, duban_auditor;
-- not the target: the address of a webhook lets whoever has it speak there
GRANT SELECT (delivery, bundle, channel, post, first_alert, last_alert, at, created, state, attempt, next_at, lease_until, tried, reason, fallback_of)
    ON duban.delivery TO duban_receiver, duban_reader;

ALTER TABLE duban.delivery ENABLE ROW LEVEL SECURITY;
ALTER TABLE duban.delivery_attempt ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON duban.delivery FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR post IN (SELECT o.code FROM duban.post o WHERE o.code = (SELECT duban.reader_code()) OR o.unit = (SELECT duban.reader_code())));
CREATE POLICY receiver ON duban.delivery FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR post = ANY ((SELECT duban.receiver_posts())::text[]));
CREATE POLICY inner_roles ON duban.delivery TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
CREATE POLICY reader ON duban.delivery_attempt FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR delivery IN (SELECT d.delivery FROM duban.delivery d));
CREATE POLICY receiver ON duban.delivery_attempt FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR delivery IN (SELECT d.delivery FROM duban.delivery d));
CREATE POLICY inner_roles ON duban.delivery_attempt TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
