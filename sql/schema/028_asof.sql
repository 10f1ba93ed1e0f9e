-- SPDX-License-Identifier: BSD-2-Clause
-- The past: every documented view as of an entry or an instant, in schema duban_asof.
--
--     SET duban.as_of = '1234';                          -- as of an entry, or
--     SET duban.as_of = '2022-04-08T17:31:00+08:00';     -- as of an instant
--     SELECT * FROM duban_asof.v_overdue;
--
-- duban_asof holds a relation for each ledger table, cut off behind that entry, and each view of duban again,
-- made of the live view's own text, so that the two cannot differ. duban.asof_build() makes all of it at the end
-- of a migration. A table has one of these places in time:
--   entry only          rows are inserted by an entry and never change: those up to the entry
--   from_entry          rows change: the older versions stand in NAME_past, written by triggers
--   task_state          derived from reports: nothing is added to the hot path
--   none                operational, or the rights of today: asof_left_out
-- asof_build() refuses a table that has none of them, or that may be changed and has no from_entry.
-- Who may read a row is decided by today's rights, in the past as in the present.

-- obligations are made ahead without an entry: from_entry is NULL and they count from when they open
ALTER TABLE duban.obligation ADD COLUMN from_entry bigint DEFAULT nullif(current_setting('duban.entry', true), '')::bigint;
ALTER TABLE duban.registry_object ADD COLUMN from_entry bigint NOT NULL DEFAULT duban.entry_now();
ALTER TABLE duban.unit ADD COLUMN from_entry bigint NOT NULL DEFAULT duban.entry_now();
ALTER TABLE duban.unit_alias ADD COLUMN from_entry bigint NOT NULL DEFAULT duban.entry_now();
ALTER TABLE duban.roster ADD COLUMN from_entry bigint NOT NULL DEFAULT duban.entry_now();
ALTER TABLE duban.roster_member ADD COLUMN from_entry bigint NOT NULL DEFAULT duban.entry_now();
ALTER TABLE duban.post ADD COLUMN from_entry bigint NOT NULL DEFAULT duban.entry_now();
ALTER TABLE duban.holder ADD COLUMN from_entry bigint NOT NULL DEFAULT duban.entry_now();
ALTER TABLE duban.delegate ADD COLUMN from_entry bigint NOT NULL DEFAULT duban.entry_now();
ALTER TABLE duban.contact ADD COLUMN from_entry bigint NOT NULL DEFAULT duban.entry_now();
ALTER TABLE duban.plan ADD COLUMN from_entry bigint NOT NULL DEFAULT duban.entry_now();
ALTER TABLE duban.plan_period ADD COLUMN from_entry bigint NOT NULL DEFAULT duban.entry_now();
ALTER TABLE duban.task ADD COLUMN from_entry bigint NOT NULL DEFAULT duban.entry_now();
ALTER TABLE duban.assignment ADD COLUMN from_entry bigint NOT NULL DEFAULT duban.entry_now();
ALTER TABLE duban.task_leader ADD COLUMN from_entry bigint NOT NULL DEFAULT duban.entry_now();
ALTER TABLE duban.target ADD COLUMN from_entry bigint NOT NULL DEFAULT duban.entry_now();
ALTER TABLE duban."case" ADD COLUMN from_entry bigint NOT NULL DEFAULT duban.entry_now();

CREATE TABLE duban.asof_left_out (
    relation text PRIMARY KEY,
    why text NOT NULL
);
COMMENT ON TABLE duban.asof_left_out IS 'tables without a past, each with the reason; operational';
INSERT INTO duban.asof_left_out (relation, why) VALUES
    ('migration', 'operational'), ('checkpoint', 'operational'), ('head', 'the log''s own'), ('tile', 'the log''s own'),
    ('log_lock', 'operational'), ('agenda', 'a hint'), ('materialised', 'operational'), ('put_off', 'operational'), ('remake', 'operational'), ('asof_left_out', 'operational'),
    ('instance', 'never changes'), ('signing_key', 'rights of today'), ('client', 'rights of today'), ('login', 'rights of today'),
    ('alert_number', 'a counter');

CREATE FUNCTION duban.as_of_entry() RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wanted text := coalesce(current_setting('duban.as_of', true), '');
    found bigint;
BEGIN
    IF wanted ~ '^[0-9]+@' THEN
        RETURN split_part(wanted, '@', 1)::bigint; -- from as_of_fixed
    ELSIF wanted = '' THEN
        RAISE EXCEPTION 'duban.as_of is not set' USING ERRCODE = '22023', HINT = 'SET duban.as_of = ''<entry or instant>''';
    ELSIF wanted ~ '^[0-9]{1,18}$' THEN
        found := CASE WHEN duban.received_of(wanted::bigint) IS NOT NULL THEN wanted::bigint END;
    ELSIF wanted::timestamptz <= duban.now() THEN
        found := duban.entry_at(wanted::timestamptz);
    END IF;
    IF found IS NULL THEN
        RAISE EXCEPTION 'duban.as_of = %: the log has no such entry, or the instant lies ahead of it or before it', wanted
            USING ERRCODE = '22023';
    END IF;
    RETURN found;
END
$$;
COMMENT ON FUNCTION duban.as_of_entry() IS 'last entry that counts, from the setting duban.as_of (an entry or an instant); 22023 when there is none';

CREATE FUNCTION duban.as_of_now() RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wanted text := coalesce(current_setting('duban.as_of', true), '');
BEGIN
    IF wanted ~ '^[0-9]*$' THEN
        RETURN duban.received_of(duban.as_of_entry());
    END IF;
    RETURN split_part(wanted, '@', 2 - (strpos(wanted, '@') = 0)::int)::timestamptz;
END
$$;
COMMENT ON FUNCTION duban.as_of_now() IS 'what duban.now() was: the instant of the entry that duban.as_of names, or the instant itself';

-- For the receiver: found out once a transaction instead of once a look.
CREATE FUNCTION duban.as_of_fixed(p_wanted text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_wanted IS NULL THEN
        RETURN '';
    ELSIF p_wanted !~ '^[0-9T:.Z+-]+$' THEN
        RAISE EXCEPTION 'as_of is an entry or an instant' USING ERRCODE = '22023';
    END IF;
    PERFORM set_config('duban.as_of', p_wanted, true);
    RETURN duban.as_of_entry() || '@' || duban.utc_micro(duban.as_of_now());
END
$$;
COMMENT ON FUNCTION duban.as_of_fixed(text) IS 'entry and instant of an as_of as one text for duban.as_of; empty for NULL';

CREATE FUNCTION duban.received_now() RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN coalesce(nullif(current_setting('duban.received', true), '')::timestamptz, duban.received_of(duban.entry_now() - 1));
END
$$;
COMMENT ON FUNCTION duban.received_now() IS 'instant of the entry that is being applied';

-- ---- older versions ---------------------------------------------------------------------------------

CREATE FUNCTION duban.asof_columns(p_table regclass, p_prefix text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(p_prefix || quote_ident(a.attname), ', ' ORDER BY a.attnum)
      FROM pg_attribute a WHERE a.attrelid = p_table AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> 'to_entry'
$$;
COMMENT ON FUNCTION duban.asof_columns(regclass, text) IS 'columns of a table as a list, each behind a prefix; used by asof_build';

-- The table of older versions: same columns, rights and policies.
CREATE FUNCTION duban.asof_past(p_table text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    past text := p_table || '_past';
    live regclass := format('duban.%I', p_table)::regclass;
    r record;
BEGIN
    IF to_regclass(format('duban.%I', past)) IS NULL THEN
        EXECUTE format('CREATE TABLE duban.%I (LIKE duban.%I, to_entry bigint NOT NULL)', past, p_table);
        EXECUTE format('CREATE INDEX ON duban.%I (%I)', past,
            (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = live AND a.attnum = 1));
    END IF;
    EXECUTE format('COMMENT ON TABLE duban.%I IS %L', past, 'older versions of ' || p_table || ': each held from its from_entry until before to_entry');
    FOR r IN SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type FROM pg_attribute a
              WHERE a.attrelid = live AND a.attnum > 0 AND NOT a.attisdropped
                AND NOT EXISTS (SELECT FROM pg_attribute b WHERE b.attrelid = format('duban.%I', past)::regclass AND b.attname = a.attname) LOOP
        EXECUTE format('ALTER TABLE duban.%I ADD COLUMN %I %s', past, r.attname, r.type);
    END LOOP;
    EXECUTE format('GRANT INSERT ON duban.%I TO duban_append', past);
    PERFORM duban.asof_grants(p_table, 'duban.' || quote_ident(past));
    IF (SELECT c.relrowsecurity FROM pg_class c WHERE c.oid = live) THEN
        EXECUTE format('ALTER TABLE duban.%I ENABLE ROW LEVEL SECURITY', past);
    END IF;
    FOR r IN SELECT p.* FROM pg_policies p WHERE p.schemaname = 'duban' AND p.tablename = p_table LOOP
        EXECUTE format('DROP POLICY IF EXISTS %I ON duban.%I', r.policyname, past);
        EXECUTE format('CREATE POLICY %I ON duban.%I FOR %s TO %s USING (%s)', r.policyname, past, r.cmd, array_to_string(r.roles, ', '), r.qual)
             || CASE WHEN r.with_check IS NULL THEN '' ELSE format(' WITH CHECK (%s)', r.with_check) END;
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.asof_past(text) IS 'makes or completes the table of older versions of a table; used by asof_build';

CREATE FUNCTION duban.asof_grants(p_table text, p_to text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
BEGIN
    FOR r IN SELECT DISTINCT a.grantee::regrole AS role FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
              WHERE c.oid = format('duban.%I', p_table)::regclass AND a.privilege_type = 'SELECT' AND a.grantee <> 0 LOOP
        EXECUTE format('GRANT SELECT ON %s TO %s', p_to, r.role);
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.asof_grants(text, text) IS 'gives a relation the readers of a table or view of duban; used by asof_build';

-- The triggers that keep older versions. A change made by the entry that made the row leaves none.
CREATE FUNCTION duban.asof_triggers(p_table text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    keep text := p_table || '_keep';
    columns text := duban.asof_columns(format('duban.%I', p_table)::regclass, '');
BEGIN
    EXECUTE format($f$
CREATE OR REPLACE FUNCTION duban.%1$I() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $b$
DECLARE
    changed bigint := duban.entry_now();
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
        %5$s
        NEW.from_entry := changed;
    END IF;
    IF coalesce(OLD.from_entry, -1) < changed THEN
        INSERT INTO duban.%2$I (%3$s, to_entry) VALUES (%4$s, changed);
    END IF;
    IF TG_OP = 'UPDATE' THEN
        RETURN NEW;
    END IF;
    RETURN OLD;
END $b$
$f$, keep, p_table || '_past', columns, duban.asof_columns(format('duban.%I', p_table)::regclass, 'OLD.'),
     -- a case is closed and climbs by entries of a batch, which say so themselves
     CASE p_table WHEN 'case' THEN 'changed := CASE WHEN NEW.closed IS DISTINCT FROM OLD.closed THEN NEW.closed'
                    || ' WHEN NEW.from_entry IS DISTINCT FROM OLD.from_entry THEN NEW.from_entry ELSE changed END;' ELSE '' END);
    EXECUTE format('COMMENT ON FUNCTION duban.%I() IS %L', keep, 'keeps the older version of a row of ' || p_table);
    EXECUTE format('REVOKE ALL ON FUNCTION duban.%I() FROM PUBLIC', keep);
    EXECUTE format('CREATE OR REPLACE TRIGGER keep BEFORE UPDATE %s ON duban.%I FOR EACH ROW EXECUTE FUNCTION duban.%I()',
                   CASE WHEN p_table <> 'obligation' THEN 'OR DELETE' ELSE '' END, p_table, keep);
END
$$;
COMMENT ON FUNCTION duban.asof_triggers(text) IS 'makes the triggers that keep older versions of a table; used by asof_build';

CREATE FUNCTION duban.case_new_entry() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.from_entry := duban.entry_now();
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION duban.case_new_entry() IS 'a case whose maker did not say by which entry';
CREATE TRIGGER new_entry BEFORE INSERT ON duban."case" FOR EACH ROW WHEN (NEW.from_entry IS NULL) EXECUTE FUNCTION duban.case_new_entry();

-- Obligations go in bulk, most of them before they open: one statement, and only those that had opened.
CREATE FUNCTION duban.obligation_gone() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    changed bigint := duban.entry_now();
    received timestamptz := duban.received_now();
BEGIN
    -- what a new schedule replaces had not opened by then
    IF coalesce(current_setting('duban.replacing', true), '') = '1' THEN
        RETURN NULL;
    END IF;
    INSERT INTO duban.obligation_past SELECT o.*, changed FROM gone o
     WHERE o.opens <= received AND coalesce(o.from_entry, -1) < changed;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION duban.obligation_gone() IS 'keeps obligations that had opened and are taken away';
CREATE TRIGGER gone AFTER DELETE ON duban.obligation REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION duban.obligation_gone();

-- ---- schema duban_asof -------------------------------------------------------------------------------

CREATE FUNCTION duban.asof_place(p_table regclass) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN c.relname IN (SELECT l.relation FROM duban.asof_left_out l) THEN 'none'
                WHEN c.relname ~ '_past$' THEN 'past'
                WHEN c.relname = 'task_state' THEN 'derived'
                WHEN bool_or(a.attname = 'from_entry') THEN 'versioned'
                WHEN c.relname = 'log_entry' THEN 'index'
                WHEN bool_or(a.attname = 'entry') AND NOT (has_table_privilege('duban_append', c.oid, 'UPDATE')
                     OR has_table_privilege('duban_append', c.oid, 'DELETE')) THEN 'entry' END
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.oid = p_table GROUP BY c.oid, c.relname
$$;
COMMENT ON FUNCTION duban.asof_place(regclass) IS 'how a table stands in time: none, past, derived, versioned, index, entry; NULL when it does not say; used by asof_build';

CREATE FUNCTION duban.asof_relation(p_table text, p_place text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    columns text := duban.asof_columns(format('duban.%I', p_table)::regclass, 'x.');
    opened text := CASE p_table WHEN 'obligation' THEN ' AND x.opens <= (SELECT duban.as_of_now())' ELSE '' END;
    held text := CASE p_table WHEN 'obligation' THEN '(x.from_entry IS NULL OR x.from_entry <= (SELECT duban.as_of_entry()))'
                              ELSE 'x.from_entry <= (SELECT duban.as_of_entry())' END;
BEGIN
    CASE p_place
    WHEN 'versioned' THEN
        RETURN format('SELECT %1$s FROM duban.%2$I x WHERE %4$s%5$s UNION ALL SELECT %1$s FROM duban.%3$I x WHERE %4$s%5$s'
                      ' AND x.to_entry > (SELECT duban.as_of_entry())', columns, p_table, p_table || '_past', held, opened);
    WHEN 'derived' THEN
        IF columns <> 'x.task, x.entry, x.ord, x.period, x.status, x.progress, x.received' THEN
            RAISE EXCEPTION 'task_state has other columns than asof_relation() derives: %', columns;
        END IF;
        -- a countersigned report counts from the countersignature on
        RETURN 'SELECT t.name AS task, r.entry, r.ord, r.period, r.status, r.progress, duban.received_of(r.by) AS received'
            ' FROM duban.task t CROSS JOIN LATERAL (SELECT z.* FROM ('
            '(SELECT y.entry, y.ord, y.period, y.status, y.progress, y.entry AS by, y.ord::int AS by_ord FROM duban.report y'
            ' WHERE y.task = t.name AND y.outcome IN (1, 2, 4) AND y.entry <= (SELECT duban.as_of_entry()) ORDER BY y.entry DESC, y.ord DESC LIMIT 1)'
            -- and a report of another plan for the tasks that are declared the same
            ' UNION ALL (SELECT y.entry, y.ord, s.period, y.status, y.progress, s.entry, y.ord FROM duban.report_same s'
            ' JOIN duban.report y ON y.entry = s.report_entry AND y.ord = s.report_ord'
            ' WHERE s.task = t.name AND s.entry <= (SELECT duban.as_of_entry()) ORDER BY s.entry DESC, y.ord DESC LIMIT 1)'
            ' UNION ALL (SELECT y.entry, y.ord, y.period, y.status, y.progress, c.entry, c.ord FROM duban.countersignature c'
            ' JOIN duban.report y ON y.entry = c.report_entry AND y.ord = c.report_ord'
            ' WHERE c.task = t.name AND c.outcome IN (1, 2, 4) AND c.entry <= (SELECT duban.as_of_entry()) ORDER BY c.entry DESC, c.ord DESC LIMIT 1)'
            ') z ORDER BY z.by DESC, z.by_ord DESC LIMIT 1) r';
    ELSE
        RETURN format('SELECT %s FROM duban.%I x WHERE x.%I <= (SELECT duban.as_of_entry())', columns, p_table, p_place);
    END CASE;
END
$$;
COMMENT ON FUNCTION duban.asof_relation(text, text) IS 'query of a table as of duban.as_of; used by asof_build';

-- A text that reads duban reads duban_asof: relations, now() and the functions that read them.
CREATE FUNCTION duban.asof_text(p_text text, p_relations text[], p_functions text[]) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT regexp_replace(regexp_replace(regexp_replace(p_text,
               '\mduban\.("?)(' || array_to_string(p_relations, '|') || ')\M("?)(?!\s*\()', 'duban_asof.\1\2\3', 'g'),
               '\mduban\.now\(', 'duban.as_of_now(', 'g'),
               '\mduban\.(' || array_to_string(p_functions || ARRAY['!']::text[], '|') || ')\(', 'duban_asof.\1(', 'g')
$$;
COMMENT ON FUNCTION duban.asof_text(text, text[], text[]) IS 'a query of duban turned to duban_asof; used by asof_build';

-- Functions that a text calls and that read the ledger or the clock, and the functions that these call.
CREATE FUNCTION duban.asof_functions(p_texts text[], p_relations text[]) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE called (name, src) AS (
        SELECT p.proname::text, p.prosrc FROM pg_proc p
         WHERE p.pronamespace = 'duban'::regnamespace AND NOT p.prosecdef AND p.proname <> 'now'
           AND EXISTS (SELECT FROM unnest(p_texts) t WHERE t ~ ('\mduban\.' || p.proname || '\('))
        UNION
        SELECT p.proname::text, p.prosrc FROM called c JOIN pg_proc p ON c.src ~ ('\mduban\.' || p.proname || '\(')
         WHERE p.pronamespace = 'duban'::regnamespace AND NOT p.prosecdef AND p.proname <> 'now'),
    reads (name) AS (
        SELECT c.name FROM called c WHERE c.src ~ ('\mduban\."?(now\(|(' || array_to_string(p_relations, '|') || ')\M"?(?!\s*\())')
        UNION
        SELECT c.name FROM reads r JOIN called c ON c.src ~ ('\mduban\.' || r.name || '\('))
    SELECT coalesce(array_agg(DISTINCT r.name), '{}') FROM reads r
$$;
COMMENT ON FUNCTION duban.asof_functions(text[], text[]) IS 'functions that need a copy in duban_asof; used by asof_build';

CREATE FUNCTION duban.asof_views(p_relations text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    views text[] := ARRAY(SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'duban'::regnamespace AND c.relkind = 'v' ORDER BY c.relname);
    texts text[] := ARRAY(SELECT pg_get_viewdef(format('duban.%I', v)::regclass) FROM unnest(views) WITH ORDINALITY x (v, n) ORDER BY n);
    functions text[] := duban.asof_functions(texts, p_relations);
    waiting text[] := views;
    r record;
BEGIN
    FOR r IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'duban'::regnamespace AND p.proname = ANY (functions) ORDER BY p.oid LOOP
        -- functions may name views and each other that come later
        PERFORM set_config('check_function_bodies', 'off', true);
        EXECUTE duban.asof_text(pg_get_functiondef(r.oid), p_relations || views, functions);
    END LOOP;
    WHILE cardinality(waiting) > 0 LOOP
        FOR r IN SELECT v.name, pg_get_viewdef(format('duban.%I', v.name)::regclass) AS text, obj_description(format('duban.%I', v.name)::regclass) AS comment
                   FROM unnest(waiting) v (name)
                  WHERE NOT EXISTS (SELECT FROM unnest(waiting) w (name) WHERE w.name <> v.name
                                     AND pg_get_viewdef(format('duban.%I', v.name)::regclass) ~ ('\mduban\.' || w.name || '\M(?!\s*\()')) LOOP
            EXECUTE format('CREATE VIEW duban_asof.%I WITH (security_invoker = true) AS %s', r.name,
                           duban.asof_text(r.text, p_relations || views, functions));
            EXECUTE format('COMMENT ON VIEW duban_asof.%I IS %L', r.name, r.comment || ' (as of duban.as_of)');
            PERFORM duban.asof_grants(r.name, format('duban_asof.%I', r.name));
            waiting := array_remove(waiting, r.name);
        END LOOP;
    END LOOP;
    FOR r IN SELECT p.oid::regprocedure AS name, q.oid::regprocedure AS live FROM pg_proc p
               JOIN pg_proc q ON q.proname = p.proname AND q.pronamespace = 'duban'::regnamespace
              WHERE p.pronamespace = 'duban_asof'::regnamespace LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO duban_receiver, duban_alerter, duban_reader, duban_auditor', r.name);
        EXECUTE format('COMMENT ON FUNCTION %s IS %L', r.name, obj_description(r.live, 'pg_proc') || ' (as of duban.as_of)');
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.asof_views(text[]) IS 'makes the views of duban again in duban_asof; used by asof_build';

CREATE FUNCTION duban.asof_build() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
    relations text[] := '{}';
BEGIN
    PERFORM set_config('client_min_messages', 'warning', true);
    PERFORM duban.policies_build();
    DROP SCHEMA IF EXISTS duban_asof CASCADE;
    CREATE SCHEMA duban_asof;
    COMMENT ON SCHEMA duban_asof IS 'the views of duban as of an entry or an instant: SET duban.as_of; made by duban.asof_build()';
    GRANT USAGE ON SCHEMA duban_asof TO duban_receiver, duban_alerter, duban_reader, duban_auditor;
    FOR r IN SELECT c.relname::text AS name, duban.asof_place(c.oid) AS place FROM pg_class c
              WHERE c.relnamespace = 'duban'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY c.relname LOOP
        IF r.place IS NULL THEN
            RAISE EXCEPTION 'table duban.% has no place in time', r.name
                USING HINT = 'rows that change: from_entry bigint NOT NULL DEFAULT duban.entry_now(); rows that do not: entry; operational: a line in duban.asof_left_out';
        END IF;
        CONTINUE WHEN r.place IN ('none', 'past');
        IF r.place = 'versioned' THEN
            PERFORM duban.asof_past(r.name), duban.asof_triggers(r.name);
        END IF;
        EXECUTE format('CREATE VIEW duban_asof.%I WITH (security_invoker = true) AS %s', r.name, duban.asof_relation(r.name, r.place));
        EXECUTE format('COMMENT ON VIEW duban_asof.%I IS %L', r.name, 'duban.' || r.name || ' as of duban.as_of');
        PERFORM duban.asof_grants(r.name, format('duban_asof.%I', r.name));
        relations := relations || r.name;
    END LOOP;
    PERFORM duban.asof_views(relations);
END
$$;
COMMENT ON FUNCTION duban.asof_build() IS 'makes schema duban_asof of the tables and views of duban as they are; at the end of each migration, by the owner';

GRANT EXECUTE ON FUNCTION duban.entry_begin, duban.entry_end, duban.entry_now, duban.received_now, duban.case_new_entry,
    duban.obligation_gone, duban.received_of, duban.entry_at, duban.now TO duban_append;
GRANT EXECUTE ON FUNCTION duban.received_of, duban.entry_at, duban.as_of_entry, duban.as_of_now, duban.as_of_fixed
    TO duban_receiver, duban_alerter, duban_reader, duban_auditor;
GRANT SELECT ON duban.asof_left_out TO duban_auditor;
