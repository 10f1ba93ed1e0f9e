-- SPDX-License-Identifier: BSD-2-Clause
-- The Merkle tree in SQL against RFC 6962's own definition, written a second time here.
SET client_min_messages = warning;
BEGIN;
SET LOCAL search_path = public, pg_catalog;
SELECT plan(9);

CREATE FUNCTION pg_temp.mth(p bytea[]) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    n int := coalesce(cardinality(p), 0);
    k int := 1;
BEGIN
    IF n = 0 THEN RETURN sha256(''); END IF;
    IF n = 1 THEN RETURN p[1]; END IF;
    WHILE k * 2 < n LOOP k := k * 2; END LOOP;
    RETURN sha256('\x01'::bytea || pg_temp.mth(p[1:k]) || pg_temp.mth(p[k + 1:n]));
END
$$;
CREATE FUNCTION pg_temp.path(m int, p bytea[]) RETURNS bytea[] LANGUAGE plpgsql AS $$
DECLARE
    n int := cardinality(p);
    k int := 1;
BEGIN
    IF n = 1 THEN RETURN '{}'; END IF;
    WHILE k * 2 < n LOOP k := k * 2; END LOOP;
    IF m < k THEN RETURN pg_temp.path(m, p[1:k]) || pg_temp.mth(p[k + 1:n]); END IF;
    RETURN pg_temp.path(m - k, p[k + 1:n]) || pg_temp.mth(p[1:k]);
END
$$;
CREATE FUNCTION pg_temp.leaf(i int) RETURNS bytea LANGUAGE sql AS $$ SELECT sha256('\x00'::bytea || convert_to('entry ' || i, 'UTF8')) $$;
CREATE FUNCTION pg_temp.leaves(n int) RETURNS bytea[] LANGUAGE sql AS $$
    SELECT coalesce(array_agg(pg_temp.leaf(i) ORDER BY i), '{}') FROM generate_series(0, n - 1) i
$$;

-- one batch of each size behind each size
SELECT is((SELECT count(*)::int FROM generate_series(0, 40) a, generate_series(1, 40) b
            CROSS JOIN LATERAL duban.tree_append(0, '{}', pg_temp.leaves(greatest(a, 1))) old
            WHERE a > 0 AND (SELECT duban.tree_root(t.size, t.frontier) FROM duban.tree_append(old.size, old.frontier,
                  (SELECT array_agg(pg_temp.leaf(i) ORDER BY i) FROM generate_series(a, a + b - 1) i)) t)
                  <> pg_temp.mth(pg_temp.leaves(a + b))), 0, 'roots after appending b leaves behind a, all a, b up to 40');
SELECT is((SELECT duban.tree_root(t.size, t.frontier) FROM duban.tree_append(0, '{}', pg_temp.leaves(1)) t), pg_temp.leaf(0), 'one leaf is its own root');
SELECT is((SELECT duban.tree_root(t.size, t.frontier) FROM duban.tree_append(0, '{}', pg_temp.leaves(1000)) t), pg_temp.mth(pg_temp.leaves(1000)), 'a thousand');

-- a stored log of 700 entries in uneven batches
CREATE FUNCTION pg_temp.fill(p_to int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    at int := 0;
    n int;
    h duban.head;
BEGIN
    WHILE at < p_to LOOP
        n := least(1 + (at * 7) % 61, p_to - at);
        SELECT x.* INTO h FROM duban.head x ORDER BY x.size DESC LIMIT 1;
        PERFORM duban.log_extend((SELECT array_agg(convert_to('entry ' || i, 'UTF8') ORDER BY i) FROM generate_series(at, at + n - 1) i),
                                 now(), now(), coalesce(h.size, 0), coalesce(h.frontier, '{}'));
        at := at + n;
    END LOOP;
END
$$;
DELETE FROM duban.head;
SELECT pg_temp.fill(700);
SELECT is((SELECT max(size)::int FROM duban.head), 700, '700 entries');
SELECT is((SELECT count(*)::int FROM duban.head h WHERE duban.tree_root(h.size, h.frontier) <> pg_temp.mth(pg_temp.leaves(h.size::int))), 0, 'every head has the root of its entries');
SELECT is((SELECT count(*)::int FROM generate_series(0, 699, 13) i, unnest(ARRAY[1, 2, 255, 256, 257, 512, 513, 699, 700]) s
            WHERE i < s AND duban.inclusion_proof(i, s) IS DISTINCT FROM pg_temp.path(i, pg_temp.leaves(s))), 0, 'inclusion proofs');
SELECT ok(duban.inclusion_proof(700, 700) IS NULL, 'no proof outside the log');
SELECT is((SELECT count(*)::int FROM duban.tile WHERE level = 0), 2, 'two full tiles');
SELECT is((SELECT data FROM duban.tile WHERE level = 0 AND n = 1),
          (SELECT string_agg(pg_temp.leaf(i), ''::bytea ORDER BY i) FROM generate_series(256, 511) i), 'a tile holds its 256 hashes');
SELECT * FROM finish();
ROLLBACK;
