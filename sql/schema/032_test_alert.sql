-- SPDX-License-Identifier: BSD-2-Clause
-- Test alerts: an operator's signed statement rings a post's bell. From the alert's row on they go the way of
-- every other: number, stream, delivery by each channel of the post, acknowledgement.

-- The case of a test is closed from the beginning: nothing climbs. It belongs to no task ('-').
CREATE FUNCTION duban.test_case(p_entry bigint, p_received timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO duban."case" ("case", task, period, unit, due, cutoff, ladder, ladder_entry, step, level, base, closed, reason)
    VALUES (p_entry, '-', '-', '-', p_received, p_received, '-', 0, 1, 0, p_received, p_entry, 'test');
END
$$;
COMMENT ON FUNCTION duban.test_case(bigint, timestamptz) IS 'the closed case that test alerts of a statement hang on';

CREATE FUNCTION duban.test_apply(p_entry bigint, p_received timestamptz, p_key duban.signing_key, p jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    counts duban.raise_counts := duban.raise_counts_read();
    before bigint := counts.events;
    of_year text := to_char(duban.day(p_received), 'YYYY');
    last int := coalesce((SELECT x.last FROM duban.alert_number x WHERE x.year = of_year::int AND x.kind = '测试'), 0);
    found int;
BEGIN
    IF NOT p_key.operator THEN
        RAISE EXCEPTION 'not an operator''s key' USING ERRCODE = 'DB005';
    END IF;
    INSERT INTO duban.alert (alert, number, bundle, kind, "case", step, level, post, at, raised, entry, why)
    SELECT before + row_number() OVER (ORDER BY x.o), '测试〔' || of_year || '〕' || last + row_number() OVER (ORDER BY x.o) || '号',
           format('T-%s-%s', o.code, p_entry), 'test', p_entry, 1, 0, o.code, p_received, p_received, p_entry,
           coalesce(p ->> 'text', 'A test of the ways by which alerts reach this post; nothing is late.')
      FROM jsonb_array_elements_text(p -> 'posts') WITH ORDINALITY x (post, o) JOIN duban.post o ON o.code = x.post;
    GET DIAGNOSTICS found = ROW_COUNT;
    INSERT INTO duban.act (entry, ord, object, outcome, errors)
    SELECT p_entry, x.o, 'test/' || x.post, CASE WHEN a.alert IS NULL THEN 'refused' ELSE 'raised' END,
           CASE WHEN a.alert IS NULL THEN '[{"field":"posts","code":"unknown","detail":"no such post in the registry"}]' END
      FROM jsonb_array_elements_text(p -> 'posts') WITH ORDINALITY x (post, o)
      LEFT JOIN duban.alert a ON a."case" = p_entry AND a.post = x.post;
    IF found > 0 THEN
        PERFORM duban.test_case(p_entry, p_received);
        counts.events := before + found;
        counts.numbers := jsonb_build_object('测试 ' || of_year, last + found);
        PERFORM duban.delivery_plan(before, counts.events, p_received);
        PERFORM duban.raise_counts_store(counts);
        NOTIFY duban_alert;
    END IF;
END
$$;
COMMENT ON FUNCTION duban.test_apply(bigint, timestamptz, duban.signing_key, jsonb) IS 'raises a test alert to each post named; DB005 for keys that are no operator''s';

REVOKE ALL ON FUNCTION duban.test_case, duban.test_apply FROM PUBLIC;
GRANT EXECUTE ON FUNCTION duban.test_case, duban.test_apply TO duban_append;

-- A test says nothing about anybody's work, so its case is for all to read; its alert is for whose bell it rang.
CREATE POLICY reader_test ON duban."case" FOR SELECT TO duban_reader USING (task = '-');
CREATE POLICY receiver_test ON duban."case" FOR SELECT TO duban_receiver USING (task = '-');
CREATE POLICY reader_test ON duban.alert AS RESTRICTIVE FOR SELECT TO duban_reader
    USING (kind <> 'test' OR (SELECT duban.reader_code()) = '*'
           OR post IN (SELECT o.code FROM duban.post o WHERE (SELECT duban.reader_code()) IN (o.code, o.unit)));
CREATE POLICY receiver_test ON duban.alert AS RESTRICTIVE FOR SELECT TO duban_receiver
    USING (kind <> 'test' OR (SELECT duban.receiver_code()) = '*'
           OR post = ANY ((SELECT duban.receiver_posts())::text[]));
