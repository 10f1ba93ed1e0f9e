-- SPDX-License-Identifier: BSD-2-Clause
-- Channels: by which ways an alert leaves the house. Registered by signed statements; where a message
-- goes (address, target) is never taken from anything else.

CREATE TABLE duban.channel (
    code text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('mail', 'webhook', 'spool')),
    url text,
    detail text NOT NULL CHECK (detail IN ('count', 'titles', 'full')),
    fallback text COLLATE "C",
    fallback_after int,
    entry bigint NOT NULL,
    from_entry bigint NOT NULL DEFAULT duban.entry_now(),
    CHECK ((kind = 'webhook') = (url IS NOT NULL))
);
COMMENT ON TABLE duban.channel IS 'ways by which alerts leave: mail, webhook, spool; how much each tells, and which one stands in for it';

CREATE TABLE duban.post_channel (
    post text COLLATE "C" NOT NULL,
    ordinal smallint NOT NULL,
    channel text COLLATE "C" NOT NULL,
    from_entry bigint NOT NULL DEFAULT duban.entry_now(),
    PRIMARY KEY (post, ordinal)
);
COMMENT ON TABLE duban.post_channel IS 'channels of each post; "stream" is always there and may be named';

CREATE FUNCTION duban.set_channel(p_entry bigint, p_ord int, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p ->> 'code' = 'stream' THEN
        PERFORM duban.refuse(p_ord, 'code', 'taken', 'the push stream is always there: choose another code');
    END IF;
    IF (p ->> 'kind' = 'webhook') <> (p ? 'url') THEN
        PERFORM duban.refuse(p_ord, 'url', 'shape', 'a webhook names its url, other channels have none');
    END IF;
    IF p ->> 'fallback' = p ->> 'code' THEN
        PERFORM duban.refuse(p_ord, 'fallback', 'contradiction', 'a channel cannot stand in for itself');
    END IF;
    IF p ? 'fallback' THEN
        PERFORM duban.check_code(p_ord, 'fallback', p ->> 'fallback', ARRAY['channel']);
    END IF;
    IF EXISTS (SELECT FROM duban.channel c WHERE c.code = p ->> 'code' AND c.kind <> p ->> 'kind') THEN
        PERFORM duban.refuse(p_ord, 'kind', 'changed', 'a channel keeps its kind: give the new one another code');
    END IF;
    INSERT INTO duban.channel (code, name, kind, url, detail, fallback, fallback_after, entry)
    VALUES (p ->> 'code', p ->> 'name', p ->> 'kind', p ->> 'url', coalesce(p ->> 'detail', 'titles'), p ->> 'fallback',
            (p ->> 'fallback_after')::int, p_entry)
    ON CONFLICT (code) DO UPDATE SET name = excluded.name, url = excluded.url, detail = excluded.detail,
        fallback = excluded.fallback, fallback_after = excluded.fallback_after, entry = excluded.entry;
END
$$;
COMMENT ON FUNCTION duban.set_channel(bigint, int, jsonb) IS 'sets a channel; its kind stays';

CREATE FUNCTION duban.set_post_channels(p_ord int, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM duban.check_code(p_ord, 'channels', c, ARRAY['channel'])
       FROM jsonb_array_elements_text(coalesce(p -> 'channels', '[]')) c WHERE c <> 'stream';
    -- a channel that stays keeps its from_entry: what was raised since then is owed by it
    DELETE FROM duban.post_channel x WHERE x.post = p ->> 'code'
       AND NOT EXISTS (SELECT FROM jsonb_array_elements_text(coalesce(p -> 'channels', '[]')) WITH ORDINALITY y (c, o)
                        WHERE y.c = x.channel AND y.o = x.ordinal);
    INSERT INTO duban.post_channel (post, ordinal, channel)
    SELECT p ->> 'code', y.o, y.c
      FROM jsonb_array_elements_text(coalesce(p -> 'channels', '[]')) WITH ORDINALITY y (c, o)
    ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION duban.set_post_channels(int, jsonb) IS 'sets the channels of a post, in order';

REVOKE ALL ON FUNCTION duban.set_channel, duban.set_post_channels FROM PUBLIC;
GRANT EXECUTE ON FUNCTION duban.set_channel, duban.set_post_channels TO duban_append;
GRANT SELECT, INSERT, UPDATE ON duban.channel TO duban_append;
GRANT SELECT, INSERT, DELETE ON duban.post_channel TO duban_append;
GRANT SELECT (code, name, kind, detail, fallback, fallback_after, entry) ON duban.channel TO duban_receiver, duban_alerter, duban_reader;
GRANT SELECT ON duban.channel TO duban_auditor;
GRANT SELECT ON duban.post_channel TO duban_receiver, duban_alerter, duban_reader, duban_auditor;
