-- SPDX-License-Identifier: BSD-2-Clause
-- The log: entries, heads, tiles, the one lock, the clock. Tables here never change shape.

CREATE SCHEMA duban;
COMMENT ON SCHEMA duban IS 'duban: supervision ledger and its tamper-evident log';
REVOKE ALL ON SCHEMA duban FROM PUBLIC;
GRANT USAGE ON SCHEMA duban TO duban_append, duban_receiver, duban_alerter, duban_reader, duban_auditor;
ALTER DEFAULT PRIVILEGES IN SCHEMA duban REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE TABLE duban.migration (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE duban.migration IS 'schema files that were applied, with the SHA-256 of each; operational';

CREATE TABLE duban.instance (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    origin text NOT NULL,
    test boolean NOT NULL,
    schema text NOT NULL
);
COMMENT ON TABLE duban.instance IS 'one row: log origin, whether the test clock is allowed, schema checksum at entry 0';

CREATE TABLE duban.log_lock (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    clock_offset interval NOT NULL DEFAULT '0',
    registry bigint NOT NULL DEFAULT -1,
    events bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);
COMMENT ON TABLE duban.log_lock IS 'one row, locked FOR UPDATE by whoever appends: clock offset of a test instance, last registry entry, last stream event';
INSERT INTO duban.log_lock DEFAULT VALUES;

CREATE TABLE duban.log_entry (
    index bigint PRIMARY KEY,
    entry bytea NOT NULL,
    hash bytea NOT NULL
);
ALTER TABLE duban.log_entry ALTER COLUMN entry SET STORAGE EXTERNAL, ALTER COLUMN hash SET STORAGE PLAIN;
COMMENT ON TABLE duban.log_entry IS 'the log: entry text and its RFC 6962 leaf hash, numbered from 0';

CREATE TABLE duban.head (
    size bigint PRIMARY KEY,
    frontier bytea[] NOT NULL,
    received timestamptz NOT NULL,
    wall timestamptz NOT NULL
);
COMMENT ON TABLE duban.head IS 'tree heads, one per batch: size, frontier (duban.tree_root makes the root of it), last received, real clock at the time';

CREATE TABLE duban.checkpoint (
    size bigint PRIMARY KEY,
    note text NOT NULL
);
COMMENT ON TABLE duban.checkpoint IS 'signed heads (C2SP tlog-checkpoint) as the signer gave them';

CREATE TABLE duban.tile (
    level smallint NOT NULL,
    n bigint NOT NULL,
    data bytea NOT NULL,
    root bytea NOT NULL,
    PRIMARY KEY (level, n)
);
ALTER TABLE duban.tile ALTER COLUMN data SET STORAGE EXTERNAL;
COMMENT ON TABLE duban.tile IS 'full tiles of 256 hashes (C2SP tlog-tiles) and the root of each';

CREATE TABLE duban.statement (
    entry bigint PRIMARY KEY,
    id bytea NOT NULL,
    payload_type text NOT NULL,
    payload bytea NOT NULL,
    signature bytea NOT NULL,
    key bytea NOT NULL,
    key_id bigint NOT NULL,
    seq bigint NOT NULL
);
ALTER TABLE duban.statement ALTER COLUMN payload SET STORAGE EXTENDED;
CREATE UNIQUE INDEX statement_place ON duban.statement (key_id, seq);
COMMENT ON TABLE duban.statement IS 'signed statements: the exact payload bytes, signature, identity and log entry';

CREATE FUNCTION duban.now() RETURNS timestamptz
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT statement_timestamp() + l.clock_offset FROM duban.log_lock l
$$;
COMMENT ON FUNCTION duban.now() IS 'the clock that decides: the database''s, plus the offset of a test instance';

CREATE FUNCTION duban.day(p timestamptz) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (p AT TIME ZONE 'Asia/Shanghai')::date
$$;
COMMENT ON FUNCTION duban.day(timestamptz) IS 'the day on which dated registry facts are looked up, whatever the session''s time zone';

-- Without a pinned search_path, so that both are put into the query that calls them; what they name is qualified.
CREATE FUNCTION duban.utc_micro(p timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT pg_catalog.to_char(p AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
COMMENT ON FUNCTION duban.utc_micro(timestamptz) IS 'RFC 3339 in UTC with microseconds, as in entries';

CREATE FUNCTION duban.utc_second(p timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT pg_catalog.to_char(p AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
$$;
COMMENT ON FUNCTION duban.utc_second(timestamptz) IS 'RFC 3339 in UTC with seconds, as in outcome lines';

-- Appends leaves to the frontier (RFC 6962 section 2.1): level by level, whole levels at a time.
CREATE FUNCTION duban.tree_append(INOUT size bigint, INOUT frontier bytea[], p_leaves bytea[], OUT tile_roots bytea[])
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    level_nodes bytea[] := p_leaves;
    n int := cardinality(p_leaves);
    position bigint := size;
    level int := 1;
    carry bytea;
BEGIN
    size := size + n;
    WHILE n > 1 LOOP
        IF level = 9 THEN
            tile_roots := level_nodes[1:n];
        END IF;
        IF position & 1 = 1 THEN
            level_nodes := frontier[level] || level_nodes;
            n := n + 1;
        END IF;
        IF n & 1 = 1 THEN
            frontier[level] := level_nodes[n];
        END IF;
        IF n > 3 THEN
            SELECT array_agg(sha256('\x01'::bytea || level_nodes[2 * i - 1] || level_nodes[2 * i]))
              INTO level_nodes FROM generate_series(1, n >> 1) i;
        ELSE
            level_nodes := ARRAY[sha256('\x01'::bytea || level_nodes[1] || level_nodes[2])];
        END IF;
        n := n >> 1;
        level := level + 1;
        position := position >> 1;
    END LOOP;
    IF n = 1 THEN
        carry := level_nodes[1];
        LOOP
            IF level = 9 AND tile_roots IS NULL THEN
                tile_roots := ARRAY[carry];
            END IF;
            EXIT WHEN position & 1 = 0;
            carry := sha256('\x01'::bytea || frontier[level] || carry);
            level := level + 1;
            position := position >> 1;
        END LOOP;
        frontier[level] := carry;
    END IF;
END
$$;
COMMENT ON FUNCTION duban.tree_append(bigint, bytea[], bytea[]) IS 'new size and frontier after appending leaf hashes; frontier[l+1] is the node at level l; tile_roots = roots of the tiles of 256 leaves that were completed';

CREATE FUNCTION duban.tree_root(p_size bigint, p_frontier bytea[]) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    position bigint := p_size;
    level int := 1;
    root bytea;
BEGIN
    WHILE position > 0 LOOP
        IF position & 1 = 1 THEN
            root := CASE WHEN root IS NULL THEN p_frontier[level]
                         ELSE sha256('\x01'::bytea || p_frontier[level] || root) END;
        END IF;
        position := position >> 1;
        level := level + 1;
    END LOOP;
    RETURN root;
END
$$;
COMMENT ON FUNCTION duban.tree_root(bigint, bytea[]) IS 'root of a tree (RFC 6962 section 2.1) from its size and frontier; NULL for the empty one';

-- Root of a power-of-two run of hashes.
CREATE FUNCTION duban.tree_fold(p_nodes bytea[]) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    level_nodes bytea[] := p_nodes;
BEGIN
    WHILE cardinality(level_nodes) > 1 LOOP
        SELECT array_agg(sha256('\x01'::bytea || level_nodes[2 * i - 1] || level_nodes[2 * i]) ORDER BY i)
          INTO level_nodes FROM generate_series(1, cardinality(level_nodes) / 2) i;
    END LOOP;
    RETURN level_nodes[1];
END
$$;
COMMENT ON FUNCTION duban.tree_fold(bytea[]) IS 'root of 2^k sibling hashes';

-- Stores each tile that the growth from p_old to p_new completed, on every level.
CREATE FUNCTION duban.tiles_store(p_old bigint, p_new bigint, p_roots bytea[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    from_n bigint := p_old >> 8;
    to_n bigint := (p_new >> 8) - 1;
    tile_level int := 1;
BEGIN
    IF from_n > to_n THEN
        RETURN;
    END IF;
    INSERT INTO duban.tile (level, n, data, root)
    SELECT 0, t.n, t.data, p_roots[t.n - from_n + 1]
      FROM (SELECT e.index >> 8 AS n, string_agg(e.hash, ''::bytea ORDER BY e.index) AS data
              FROM duban.log_entry e WHERE e.index >= from_n << 8 AND e.index < (to_n + 1) << 8
             GROUP BY e.index >> 8) t;
    LOOP
        from_n := from_n >> 8;
        to_n := ((to_n + 1) >> 8) - 1;
        EXIT WHEN from_n > to_n;
        INSERT INTO duban.tile (level, n, data, root)
        SELECT tile_level, t.n, t.data, duban.tree_fold(t.hashes)
          FROM (SELECT b.n >> 8 AS n, string_agg(b.root, ''::bytea ORDER BY b.n) AS data,
                       array_agg(b.root ORDER BY b.n) AS hashes
                  FROM duban.tile b
                 WHERE b.level = tile_level - 1 AND b.n >= from_n << 8 AND b.n < (to_n + 1) << 8
                 GROUP BY b.n >> 8) t;
        tile_level := tile_level + 1;
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.tiles_store(bigint, bigint, bytea[]) IS 'stores the tiles completed between two sizes; the roots of those of level 0 are given';

-- Writes entries behind the newest head; the caller holds the log lock.
CREATE FUNCTION duban.log_grow(p_leaves bytea[], p_received timestamptz, p_wall timestamptz,
                               p_old_size bigint, p_old_frontier bytea[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    grown record;
BEGIN
    grown := duban.tree_append(p_old_size, p_old_frontier, p_leaves);
    INSERT INTO duban.head (size, frontier, received, wall)
    VALUES (grown.size, grown.frontier, p_received, p_wall);
    IF p_old_size >> 8 <> grown.size >> 8 THEN
        PERFORM duban.tiles_store(p_old_size, grown.size, grown.tile_roots);
    END IF;
END
$$;
COMMENT ON FUNCTION duban.log_grow(bytea[], timestamptz, timestamptz, bigint, bytea[]) IS 'head and full tiles for entries that are stored already; only under the log lock';

CREATE FUNCTION duban.log_extend(p_entries bytea[], p_received timestamptz, p_wall timestamptz,
                                 p_old_size bigint, p_old_frontier bytea[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    leaves bytea[];
BEGIN
    WITH added AS (
        INSERT INTO duban.log_entry (index, entry, hash)
        SELECT p_old_size + x.o - 1, x.e, sha256('\x00'::bytea || x.e)
          FROM unnest(p_entries) WITH ORDINALITY x (e, o)
        RETURNING index, hash)
    SELECT array_agg(a.hash ORDER BY a.index) INTO leaves FROM added a;
    PERFORM duban.log_grow(leaves, p_received, p_wall, p_old_size, p_old_frontier);
END
$$;
COMMENT ON FUNCTION duban.log_extend(bytea[], timestamptz, timestamptz, bigint, bytea[]) IS 'appends entries, head and full tiles; only under the log lock';

-- Takes the log lock and decides what time it is (docs/architecture.md, the hot path).
CREATE FUNCTION duban.log_open(p_registry bigint, p_expected timestamptz, OUT registry bigint,
    OUT clock_offset interval, OUT old_size bigint, OUT old_frontier bytea[], OUT received timestamptz,
    OUT wall timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
-- a plan that was cached while a table was still empty must not scan it when it has grown
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
    last_received timestamptz;
    last_wall timestamptz;
BEGIN
    SELECT l.registry, l.clock_offset INTO registry, clock_offset FROM duban.log_lock l FOR UPDATE;
    IF registry > p_registry THEN
        RAISE EXCEPTION 'registry entry % is newer than %', registry, p_registry USING ERRCODE = 'DB004';
    END IF;
    SELECT h.size, h.frontier, h.received, h.wall INTO STRICT old_size, old_frontier, last_received, last_wall
      FROM duban.head h ORDER BY h.size DESC LIMIT 1;
    wall := clock_timestamp();
    IF wall < last_wall - interval '2 seconds' THEN
        RAISE EXCEPTION 'the clock went back from % to %', last_wall, wall USING ERRCODE = 'DB003';
    END IF;
    IF abs(extract(epoch FROM wall - p_expected)) > 300 THEN
        RAISE EXCEPTION 'the clock jumped: % where % was expected', wall, p_expected USING ERRCODE = 'DB003';
    END IF;
    received := greatest(last_received, wall + clock_offset);
    wall := greatest(last_wall, wall);
END
$$;
COMMENT ON FUNCTION duban.log_open(bigint, timestamptz) IS 'log lock, newest head, the time of this batch; DB004 stale registry, DB003 clock';

CREATE FUNCTION duban.seal(p_size bigint[], p_note text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- a plan that was cached while a table was still empty must not scan it when it has grown
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO duban.checkpoint (size, note)
    SELECT x.s, x.n FROM unnest(p_size, p_note) x (s, n)
     CROSS JOIN LATERAL (SELECT FROM duban.head h WHERE h.size = x.s LIMIT 1) h -- one look-up, never all heads
    ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION duban.seal(bigint[], text[]) IS 'stores signed heads; a size that is no head is ignored';

CREATE FUNCTION duban.head(OUT size bigint, OUT root bytea, OUT frontier bytea[], OUT sealed_size bigint, OUT sealed_note text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT h.size, duban.tree_root(h.size, h.frontier), h.frontier, c.size, c.note
      FROM (SELECT x.* FROM duban.head x ORDER BY x.size DESC LIMIT 1) h
      LEFT JOIN (SELECT y.* FROM duban.checkpoint y ORDER BY y.size DESC LIMIT 1) c ON true
$$;
COMMENT ON FUNCTION duban.head() IS 'newest head and newest signed head';

CREATE FUNCTION duban.leaves(p_from bigint, p_limit int) RETURNS SETOF bytea
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- a plan that was cached while a table was still empty must not scan it when it has grown
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT e.hash FROM duban.log_entry e WHERE e.index >= p_from ORDER BY e.index LIMIT least(p_limit, 65536);
END
$$;
COMMENT ON FUNCTION duban.leaves(bigint, int) IS 'leaf hashes from an index on, for the signer';

-- 2^k hashes of one tile level, from entries or from the roots of tiles below.
CREATE FUNCTION duban.tree_hashes(p_level int, p_from bigint, p_count int) RETURNS bytea[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
-- a plan that was cached while a table was still empty must not scan it when it has grown
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
BEGIN
    IF p_level = 0 THEN
        RETURN (SELECT array_agg(e.hash ORDER BY e.index) FROM duban.log_entry e
                 WHERE e.index >= p_from AND e.index < p_from + p_count);
    END IF;
    RETURN (SELECT array_agg(t.root ORDER BY t.n) FROM duban.tile t
             WHERE t.level = p_level - 1 AND t.n >= p_from AND t.n < p_from + p_count);
END
$$;
COMMENT ON FUNCTION duban.tree_hashes(int, bigint, int) IS 'consecutive hashes of one tile level';

-- MTH of the leaves lo … hi-1 where lo is aligned to the size of the run (RFC 6962 section 2.1).
CREATE FUNCTION duban.tree_hash(p_lo bigint, p_hi bigint) RETURNS bytea
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    pieces bytea[] := '{}';
    lo bigint := p_lo;
    level int;
    result bytea;
BEGIN
    WHILE lo < p_hi LOOP
        level := 0;
        WHILE lo & ((2::bigint << level) - 1) = 0 AND lo + (2::bigint << level) <= p_hi AND level < 61 LOOP
            level := level + 1;
        END LOOP;
        pieces := pieces || duban.tree_fold(duban.tree_hashes(level / 8, lo >> (level / 8 * 8), 1 << (level % 8)));
        lo := lo + (1::bigint << level);
    END LOOP;
    FOR i IN REVERSE cardinality(pieces)..1 LOOP
        result := CASE WHEN result IS NULL THEN pieces[i] ELSE sha256('\x01'::bytea || pieces[i] || result) END;
    END LOOP;
    RETURN result;
END
$$;
COMMENT ON FUNCTION duban.tree_hash(bigint, bigint) IS 'Merkle tree hash of an aligned run of leaves';

CREATE FUNCTION duban.tree_split(p_count bigint) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k bigint := 1;
BEGIN
    WHILE k << 1 < p_count LOOP
        k := k << 1;
    END LOOP;
    RETURN k;
END
$$;
COMMENT ON FUNCTION duban.tree_split(bigint) IS 'largest power of two below a count';

CREATE FUNCTION duban.inclusion_proof(p_index bigint, p_size bigint) RETURNS bytea[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    lo bigint := 0;
    hi bigint := p_size;
    k bigint;
    path bytea[] := '{}';
BEGIN
    IF p_index < 0 OR p_index >= p_size OR NOT EXISTS (SELECT FROM duban.head h WHERE h.size >= p_size) THEN
        RETURN NULL;
    END IF;
    WHILE hi - lo > 1 LOOP
        k := duban.tree_split(hi - lo);
        IF p_index < lo + k THEN
            path := duban.tree_hash(lo + k, hi) || path;
            hi := lo + k;
        ELSE
            path := duban.tree_hash(lo, lo + k) || path;
            lo := lo + k;
        END IF;
    END LOOP;
    RETURN path;
END
$$;
COMMENT ON FUNCTION duban.inclusion_proof(bigint, bigint) IS 'audit path of an entry in the tree of a size (RFC 6962 2.1.1); NULL outside the log';

CREATE FUNCTION duban.consistency_proof(p_from bigint, p_to bigint) RETURNS bytea[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    m bigint := p_from;
    lo bigint := 0;
    hi bigint := p_to;
    k bigint;
    whole boolean := true;
    path bytea[] := '{}';
BEGIN
    IF m < 1 OR m > p_to OR NOT EXISTS (SELECT FROM duban.head h WHERE h.size >= p_to) THEN
        RETURN NULL;
    END IF;
    WHILE m < hi - lo LOOP
        k := duban.tree_split(hi - lo);
        IF m <= k THEN
            path := duban.tree_hash(lo + k, hi) || path;
            hi := lo + k;
        ELSE
            path := duban.tree_hash(lo, lo + k) || path;
            lo := lo + k;
            m := m - k;
            whole := false;
        END IF;
    END LOOP;
    IF NOT whole THEN
        path := duban.tree_hash(lo, hi) || path;
    END IF;
    RETURN path;
END
$$;
COMMENT ON FUNCTION duban.consistency_proof(bigint, bigint) IS 'proof that the tree of the first size is a prefix of the second (RFC 6962 2.1.2); NULL outside the log';

CREATE FUNCTION duban.tile(p_level int, p_n bigint, p_width int) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(h.x, ''::bytea ORDER BY h.o)
      FROM unnest(duban.tree_hashes(p_level, p_n << 8, p_width)) WITH ORDINALITY h (x, o)
    HAVING count(*) = p_width
$$;
COMMENT ON FUNCTION duban.tile(int, bigint, int) IS 'a tile of 1–256 hashes (C2SP tlog-tiles); NULL when the log is not that long';

CREATE FUNCTION duban.entry_bundle(p_n bigint, p_width int) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(int2send((length(e.entry) - CASE WHEN length(e.entry) > 32767 THEN 65536 ELSE 0 END)::int2) || e.entry,
                      ''::bytea ORDER BY e.index)
      FROM duban.log_entry e WHERE e.index >= p_n << 8 AND e.index < (p_n << 8) + p_width
    HAVING count(*) = p_width
$$;
COMMENT ON FUNCTION duban.entry_bundle(bigint, int) IS 'an entry bundle (C2SP tlog-tiles): each entry behind its 16-bit length';

-- A migration that is applied after the log began is an entry with its checksum.
CREATE FUNCTION duban.migration_at(p_received timestamptz, p_wall timestamptz, p_name text, p_checksum text, p_registry bigint)
RETURNS bytea
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    h duban.head;
    entry bytea := convert_to(format(E'duban-entry/v1\nkind migration\nreceived %s\nname %s\nchecksum %s\nregistry %s\n',
                                     duban.utc_micro(p_received), p_name, p_checksum, p_registry), 'UTF8');
BEGIN
    SELECT x.* INTO STRICT h FROM duban.head x ORDER BY x.size DESC LIMIT 1;
    PERFORM duban.log_extend(ARRAY[entry], p_received, p_wall, h.size, h.frontier);
    RETURN entry;
END
$$;
COMMENT ON FUNCTION duban.migration_at(timestamptz, timestamptz, text, text, bigint) IS 'writes a migration entry as of an instant; replay uses it';

CREATE FUNCTION duban.log_migration(p_name text, p_checksum text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    opened record;
BEGIN
    opened := duban.log_open(9223372036854775807, NULL);
    PERFORM duban.migration_at(opened.received, opened.wall, p_name, p_checksum, opened.registry);
    NOTIFY duban_entry;
END
$$;
COMMENT ON FUNCTION duban.log_migration(text, text) IS 'records that a schema file was applied; only the owner';

-- Which entry changes the ledger: versioned tables (028_asof.sql) note it beside each row.
CREATE FUNCTION duban.entry_begin(p_entry bigint, p_received timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('duban.entry', p_entry::text, true), set_config('duban.received', p_received::text, true);
END
$$;
COMMENT ON FUNCTION duban.entry_begin(bigint, timestamptz) IS 'from here on, changes of the ledger belong to this entry';

CREATE FUNCTION duban.entry_end() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('duban.entry', '', true), set_config('duban.received', '', true);
END
$$;
COMMENT ON FUNCTION duban.entry_end() IS 'the entry is done; what follows in the transaction is not its own';

CREATE FUNCTION duban.entry_now() RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
-- a plan that was cached while a table was still empty must not scan it when it has grown
SET enable_seqscan = off SET jit = off AS $$
BEGIN
    RETURN coalesce(nullif(current_setting('duban.entry', true), '')::bigint,
                    (SELECT h.size FROM duban.head h ORDER BY h.size DESC LIMIT 1), 0);
END
$$;
COMMENT ON FUNCTION duban.entry_now() IS 'the entry that is being applied, or the next one; the default of from_entry in versioned tables';
