-- SPDX-License-Identifier: BSD-2-Clause
-- Promises: a report that names the day of the next one (next_by) owes it, where the ladder chases promises.

CREATE TABLE duban.promise (
    task text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    entry bigint NOT NULL,
    cutoff timestamptz NOT NULL,
    kept bigint,
    from_entry bigint NOT NULL DEFAULT duban.entry_now(),
    PRIMARY KEY (task, period)
);
CREATE INDEX promise_open ON duban.promise (task) WHERE kept IS NULL;
COMMENT ON TABLE duban.promise IS 'promised next reports; period is the slot next!<entry>.<ord> of the promising report; kept = entry of the report that came';

CREATE FUNCTION duban.promises_concern(s_payload bytea[], r_task text[]) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM unnest(s_payload) p WHERE position('\x226e6578745f627922'::bytea IN p) > 0)
        OR EXISTS (SELECT FROM duban.promise p WHERE p.kept IS NULL)
           AND EXISTS (SELECT FROM unnest(r_task) r CROSS JOIN LATERAL (SELECT FROM duban.promise p WHERE p.task = r AND p.kept IS NULL LIMIT 1) p);
END
$$;
COMMENT ON FUNCTION duban.promises_concern(bytea[], text[]) IS 'whether a batch of reports makes or keeps a promise; cheap';

-- A report by the accountable unit keeps its open promises, and makes a new one when it names a day.
CREATE FUNCTION duban.promises_apply(p_received timestamptz, p_old_size bigint, s_payload bytea[], r_statement int[], r_ord smallint[], r_unit text[],
                                     r_task text[], r_status smallint[], o_outcome smallint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r record;
    k record;
    slot text;
    fell record;
BEGIN
    FOR r IN
        SELECT x.s, x.ord, x.unit, x.task, x.status, p.zone, p.ladder, p_old_size + x.s - 1 AS entry
          FROM unnest(r_statement, r_ord, r_unit, r_task, r_status, o_outcome) WITH ORDINALITY x (s, ord, unit, task, status, outcome, n)
          JOIN duban.task t ON t.name = x.task AND t.accountable = x.unit
          JOIN duban.plan p ON p.handle = t.plan
         WHERE x.outcome <> 5 ORDER BY x.n
    LOOP
        FOR k IN UPDATE duban.promise q SET kept = r.entry WHERE q.task = r.task AND q.unit = r.unit AND q.kept IS NULL RETURNING q.* LOOP
            INSERT INTO duban.verdict (task, period, unit, silence, verdict, entry, received)
            VALUES (k.task, k.period, k.unit, false, CASE WHEN p_received < k.cutoff THEN 1 ELSE 2 END, r.entry, p_received);
            PERFORM duban.cases_close(ARRAY[k.task], ARRAY[k.period], ARRAY[k.unit], ARRAY[r.entry], 'reported');
            DELETE FROM duban.agenda a WHERE a.task = k.task AND a.period = k.period AND a.unit = k.unit;
        END LOOP;
        SELECT d.* INTO fell FROM duban.completion_due((convert_from(s_payload[r.s], 'UTF8')::jsonb -> 'reports' -> r.ord::int ->> 'next_by')::date, r.zone) d;
        CONTINUE WHEN r.status = 4 OR fell.cutoff IS NULL OR fell.cutoff <= p_received
              OR NOT 'promise' = ANY ((SELECT l.kinds FROM duban.ladder l WHERE l.code = r.ladder ORDER BY l.entry DESC LIMIT 1)::text[]);
        slot := format('next!%s.%s', r.entry, r.ord);
        INSERT INTO duban.promise (task, period, unit, entry, cutoff) VALUES (r.task, slot, r.unit, r.entry, fell.cutoff);
        INSERT INTO duban.obligation (task, period, unit, opens, due, cutoff, kind) VALUES (r.task, slot, r.unit, p_received, fell.due, fell.cutoff, 'promise');
        INSERT INTO duban.agenda (task, period, unit, at)
        VALUES (r.task, slot, r.unit, duban.agenda_first(r.ladder, fell.due, fell.cutoff, r.zone, p_received));
        NOTIFY duban_agenda;
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.promises_apply(timestamptz, bigint, bytea[], int[], smallint[], text[], text[], smallint[], smallint[]) IS 'verdicts of kept promises, obligations of new ones';

GRANT EXECUTE ON FUNCTION duban.promises_concern, duban.promises_apply TO duban_append;
GRANT SELECT, INSERT, UPDATE ON duban.promise TO duban_append;
GRANT SELECT ON duban.promise TO duban_reader, duban_receiver, duban_auditor;
ALTER TABLE duban.promise ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON duban.promise FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.promise FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.promise TO duban_append, duban_auditor USING (true) WITH CHECK (true);
