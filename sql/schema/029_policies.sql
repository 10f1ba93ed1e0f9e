-- SPDX-License-Identifier: BSD-2-Clause
-- Row-level security that an index can serve. "code = '*' OR task IN (…)" says the right thing, but an OR with
-- something that is no column keeps every index away: a clerk with 30 tasks would have a million read for him. So
-- the '*' becomes a range of names, whole or empty, and both sides of the OR are looked up in the same index.
-- Whoever reads all needs the opposite: a planner that takes this range for a small one reads the whole index of
-- names before it looks for the one unit that was asked for. So each policy has both forms, of which the planner
-- keeps one by a hint. Both say the same of everybody: a plan made for another reader is slow, never wrong.

-- plpgsql: each table of a view asks anew, and a function in SQL would be planned anew each time
CREATE FUNCTION duban.reader_all() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- a plan that was cached while a table was still empty must not scan it when it has grown
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN CASE WHEN duban.reader_code() = '*' THEN '' END;
END
$$;
COMMENT ON FUNCTION duban.reader_all() IS 'where the names begin that the session''s login reads: at the first for *, nowhere for others';

CREATE FUNCTION duban.receiver_all() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN CASE WHEN duban.receiver_code() = '*' THEN '' END;
END
$$;
COMMENT ON FUNCTION duban.receiver_all() IS 'where the names begin that the client of this transaction reads: at the first for *, nowhere for others';

-- Whose tasks is fixed here: nobody may call tasks_of() with another's code.
CREATE FUNCTION duban.reader_list() RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN ARRAY(SELECT t FROM duban.tasks_of(duban.reader_code(), duban.day(duban.now())) t);
END
$$;
COMMENT ON FUNCTION duban.reader_list() IS 'tasks that the session''s login may read, and what it is to renew, as one array';

CREATE FUNCTION duban.receiver_list() RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN ARRAY(SELECT t FROM duban.tasks_of(duban.receiver_code(), duban.day(duban.now())) t);
END
$$;
COMMENT ON FUNCTION duban.receiver_list() IS 'tasks that the client of this transaction may read, and what it is to renew, as one array';

-- IMMUTABLE is not true, and nothing depends on it: it lets the planner fold the hint into its plan.
CREATE FUNCTION duban.reader_hint() RETURNS boolean
LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN duban.reader_all() IS NOT NULL;
END
$$;
COMMENT ON FUNCTION duban.reader_hint() IS 'for the planner: true when the session''s login reads all; chooses between two forms of a policy that say the same';

CREATE FUNCTION duban.receiver_hint() RETURNS boolean
LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN duban.receiver_all() IS NOT NULL;
END
$$;
COMMENT ON FUNCTION duban.receiver_hint() IS 'for the planner: true when the client of this transaction reads all; chooses between two forms of a policy that say the same';

GRANT CREATE ON SCHEMA duban TO duban_append;
ALTER FUNCTION duban.reader_hint OWNER TO duban_append;
ALTER FUNCTION duban.receiver_hint OWNER TO duban_append;
ALTER FUNCTION duban.reader_all OWNER TO duban_append;
ALTER FUNCTION duban.receiver_all OWNER TO duban_append;
ALTER FUNCTION duban.reader_list OWNER TO duban_append;
ALTER FUNCTION duban.receiver_list OWNER TO duban_append;
REVOKE CREATE ON SCHEMA duban FROM duban_append;
GRANT EXECUTE ON FUNCTION duban.reader_all, duban.reader_list, duban.reader_hint TO duban_reader, duban_auditor;
GRANT EXECUTE ON FUNCTION duban.receiver_all, duban.receiver_list, duban.receiver_hint TO duban_receiver;

-- Every policy of the plain form; names of tasks are printable ASCII and end below '~' (docs/statements.md).
CREATE FUNCTION duban.policies_build() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p record;
BEGIN
    FOR p IN
        SELECT x.tablename, x.policyname, m[1] AS who, m[2] AS col
          FROM pg_policies x
         CROSS JOIN LATERAL regexp_match(x.qual,
               '^\(+ ?SELECT duban\.(reader|receiver)_code\(\) AS \w+\) = ''\*''::text\) OR \((task|name) IN \( ?SELECT duban\.\w+_tasks\(\) AS \w+\)\)\)$') m
         WHERE x.schemaname = 'duban' AND m IS NOT NULL
    LOOP
        EXECUTE format('ALTER POLICY %1$I ON duban.%2$I USING (CASE WHEN duban.%4$s_hint()'
                       ' THEN (SELECT duban.%4$s_all()) IS NOT NULL OR %3$I = ANY ((SELECT duban.%4$s_list())::text[])'
                       ' ELSE %3$I >= (SELECT duban.%4$s_all()) AND %3$I <= ''~'' OR %3$I = ANY ((SELECT duban.%4$s_list())::text[]) END)',
                       p.policyname, p.tablename, p.col, p.who);
    END LOOP;
    -- alerts and withdrawals by their cases, acknowledgements by their alerts: the same with numbers
    FOR p IN SELECT t.name, t.col, t.of, w.who FROM (VALUES ('alert', 'case', 'case'), ('closing', 'case', 'case'), ('acknowledgement', 'alert', 'alert')) t (name, col, of)
              CROSS JOIN (VALUES ('reader'), ('receiver')) w (who) LOOP
        EXECUTE format('ALTER POLICY %1$I ON duban.%2$I USING (CASE WHEN duban.%1$s_hint()'
                       ' THEN (SELECT duban.%1$s_all()) IS NOT NULL OR %3$I = ANY (ARRAY(SELECT y.%3$I FROM duban.%4$I y))'
                       ' ELSE %3$I >= (SELECT CASE WHEN duban.%1$s_all() IS NOT NULL THEN 0::bigint END) AND %3$I <= 9223372036854775807'
                       ' OR %3$I = ANY (ARRAY(SELECT y.%3$I FROM duban.%4$I y WHERE (SELECT duban.%1$s_all()) IS NULL)) END)', p.who, p.name, p.col, p.of);
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.policies_build() IS 'turns the policies of the plain form into ones that an index serves; at the end of each migration, by the owner';
CREATE INDEX closing_case ON duban.closing ("case");
