-- SPDX-License-Identifier: BSD-2-Clause
-- Replay: the ledger as a function of the log. Used by duband rebuild in an empty database, as owner.

-- Raises again what an alert or missing entry records, at its instant; the caller compares the bytes.
CREATE FUNCTION duban.replay_raise(p_task text, p_period text, p_unit text, p_received timestamptz, p_registry bigint)
RETURNS bytea[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    h duban.head;
    entries bytea[];
BEGIN
    IF p_period LIKE 'warning!%' THEN
        RETURN ARRAY[duban.replay_effect(split_part(split_part(p_period, '!', 2), '.', 1)::bigint, split_part(p_period, '.', 2)::int, p_received, p_registry)];
    END IF;
    SELECT x.* INTO STRICT h FROM duban.head x ORDER BY x.size DESC LIMIT 1;
    PERFORM duban.obligations_current(ARRAY[p_task], p_received);
    INSERT INTO duban.obligation (task, period, unit, opens, due, cutoff, rule, calendar, kind)
    SELECT r.task, r.period, r.unit, r.opens, r.due, r.cutoff, r.rule, r.calendar, r.kind
      FROM duban.obligation_of(p_task, p_period, p_unit) r
    ON CONFLICT DO NOTHING;
    entries := duban.raise_at(ARRAY[p_task], ARRAY[p_period], ARRAY[p_unit], p_received, h.size, p_registry);
    IF cardinality(entries) > 0 THEN
        PERFORM duban.log_extend(entries, p_received, h.wall, h.size, h.frontier);
    END IF;
    RETURN entries;
END
$$;
COMMENT ON FUNCTION duban.replay_raise(text, text, text, timestamptz, bigint) IS 'raises what was raised at an instant; an alert that the rules do not give shows as different bytes';

-- Makes every obligation that an instant demands, in a database that nobody else uses.
CREATE FUNCTION duban.replay_obligations(p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p duban.plan;
    reached text;
BEGIN
    FOR p IN SELECT x.* FROM duban.plan x ORDER BY x.handle LOOP
        reached := '';
        LOOP
            reached := (SELECT s.reached FROM duban.materialise_slice(p, 0, duban.materialise_target(p.handle, p_at), reached, 20000, true,
                            (SELECT m.redo FROM duban.materialised m WHERE m.plan = p.handle), p_at) s);
            EXIT WHEN reached IS NULL;
        END LOOP;
        -- from now on something is made ahead
        UPDATE duban.materialised m SET ordinal = greatest(m.ordinal, 0), redo = NULL WHERE m.plan = p.handle;
    END LOOP;
    RETURN (SELECT count(*) FROM duban.obligation);
END
$$;
COMMENT ON FUNCTION duban.replay_obligations(timestamptz) IS 'makes all obligations up to an instant and two periods ahead';
