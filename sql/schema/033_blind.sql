-- SPDX-License-Identifier: BSD-2-Clause
-- Blind periods: when nobody looked at the deadlines. Each is an entry; what fell inside waits for the outboxes.

CREATE TABLE duban.alive (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    at timestamptz NOT NULL
) WITH (fillfactor = 10);
INSERT INTO duban.asof_left_out (relation, why) VALUES ('alive', 'operational');
COMMENT ON TABLE duban.alive IS 'one row: when an alerter last gave a sign of life, by the real clock; operational';

CREATE FUNCTION duban.blind_at(p_received timestamptz, p_began timestamptz, p_drained timestamptz, p_index bigint, p_registry bigint) RETURNS bytea
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO duban.blind (entry, began, ended, drained) VALUES (p_index, p_began, p_received, p_drained);
    RETURN convert_to(format(E'duban-entry/v1\nkind blind\nreceived %s\nfrom %s\nto %s\nuntil %s\nregistry %s\n', duban.utc_micro(p_received),
        duban.utc_micro(p_began), duban.utc_micro(p_received), duban.utc_micro(p_drained), p_registry), 'UTF8');
END
$$;
COMMENT ON FUNCTION duban.blind_at(timestamptz, timestamptz, timestamptz, bigint, bigint) IS 'records a blind period as of an instant and returns its entry; replay uses it';

-- Under the log lock: a sign of life, and the entry of an outage when the last one is too old.
CREATE FUNCTION duban.blind_found(p_received timestamptz, p_wall timestamptz, p_index bigint, p_registry bigint, p_blind_us bigint, p_drain_us bigint) RETURNS bytea
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last timestamptz;
    asleep interval;
BEGIN
    IF p_blind_us IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT a.at INTO last FROM duban.alive a;
    INSERT INTO duban.alive AS x (at) VALUES (p_wall) ON CONFLICT (one) DO UPDATE SET at = greatest(x.at, excluded.at);
    asleep := (extract(epoch FROM p_wall - last) * 1000000)::bigint * interval '1 microsecond';
    IF asleep > p_blind_us * interval '1 microsecond' THEN
        RETURN duban.blind_at(p_received, p_received - asleep, p_received + p_drain_us * interval '1 microsecond', p_index, p_registry);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION duban.blind_found(timestamptz, timestamptz, bigint, bigint, bigint, bigint) IS 'entry of the outage that ends now, NULL when there was none; NULL for p_blind_us: does not look';

CREATE FUNCTION duban.awake(p_blind_us bigint, p_drain_us bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last timestamptz := (SELECT a.at FROM duban.alive a);
BEGIN
    IF last IS NULL OR clock_timestamp() - last > p_blind_us * interval '1 microsecond' THEN
        PERFORM duban.raise(0, p_blind_us, p_drain_us);
    ELSIF clock_timestamp() - last > least(p_blind_us / 4, 5000000) * interval '1 microsecond' THEN
        UPDATE duban.alive SET at = greatest(at, clock_timestamp());
    END IF;
END
$$;
COMMENT ON FUNCTION duban.awake(bigint, bigint) IS 'an alerter''s sign of life; after an outage of over p_blind_us it is recorded first';

CREATE FUNCTION duban.alive_since() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT (extract(epoch FROM clock_timestamp() - max(a.at)) * 1000000)::bigint FROM duban.alive a
$$;
COMMENT ON FUNCTION duban.alive_since() IS 'microseconds since an alerter gave a sign of life, NULL: never; receivers tell watchers that all is well only while it is short';

CREATE FUNCTION duban.replay_blind(p_received timestamptz, p_began timestamptz, p_drained timestamptz, p_registry bigint) RETURNS bytea
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    h duban.head;
    entry bytea;
BEGIN
    SELECT x.* INTO STRICT h FROM duban.head x ORDER BY x.size DESC LIMIT 1;
    entry := duban.blind_at(p_received, p_began, p_drained, h.size, p_registry);
    PERFORM duban.log_extend(ARRAY[entry], p_received, h.wall, h.size, h.frontier);
    RETURN entry;
END
$$;
COMMENT ON FUNCTION duban.replay_blind(timestamptz, timestamptz, timestamptz, bigint) IS 'writes a blind period as it was recorded';

CREATE VIEW duban.v_blind WITH (security_invoker = true) AS
SELECT b.entry, b.began, b.ended, b.drained, b.ended - b.began AS length FROM duban.blind b;
COMMENT ON VIEW duban.v_blind IS 'outages of the daemon, each with the drain time that followed: coverage to read figures by';

GRANT CREATE ON SCHEMA duban TO duban_append;
ALTER FUNCTION duban.awake OWNER TO duban_append;
ALTER FUNCTION duban.alive_since OWNER TO duban_append;
REVOKE CREATE ON SCHEMA duban FROM duban_append;
GRANT EXECUTE ON FUNCTION duban.blind_at, duban.blind_found, duban.awake, duban.pushed_blind, duban.was_blind, duban.replay_blind TO duban_append;
GRANT EXECUTE ON FUNCTION duban.awake TO duban_alerter;
REVOKE ALL ON FUNCTION duban.alive_since FROM PUBLIC;
GRANT EXECUTE ON FUNCTION duban.alive_since TO duban_receiver;
GRANT EXECUTE ON FUNCTION duban.was_blind, duban.pushed_blind TO duban_reader, duban_receiver, duban_auditor;
GRANT SELECT, INSERT ON duban.blind TO duban_append;
GRANT SELECT, INSERT, UPDATE ON duban.alive TO duban_append;
GRANT SELECT ON duban.blind, duban.v_blind TO duban_reader, duban_receiver, duban_auditor, duban_alerter;
