-- SPDX-License-Identifier: BSD-2-Clause
-- Addressees of the steps of a ladder, for one step or for a batch, and when mail and hooks may speak to them.

-- Addressees by roles on a day: posts with a holder, and what was vacant; raise asks for a whole batch below.
CREATE FUNCTION duban.recipients(p_roles text[], p_task text, p_unit text, p_day date, OUT posts text[], OUT vacant text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    wanted text;
    named text[];
    code text;
BEGIN
    posts := '{}';
    vacant := '{}';
    FOREACH wanted IN ARRAY p_roles LOOP
        IF wanted = 'leader' THEN
            named := ARRAY(SELECT CASE WHEN l.roster THEN coalesce(m.code, l.code) ELSE l.code END
                             FROM duban.task_leader l
                             LEFT JOIN duban.roster_member m ON l.roster AND m.roster = l.code
                                  AND p_day BETWEEN coalesce(m.from_date, '-infinity') AND coalesce(m.to_date, 'infinity')
                            WHERE l.task = p_task ORDER BY l.ordinal, m.code);
        ELSIF wanted = 'owner' THEN
            named := ARRAY(SELECT o.code FROM duban.post o WHERE o.code = p_unit OR o.unit = p_unit AND o.role = 'contact' ORDER BY o.code);
        ELSIF wanted IN ('contact', 'head') THEN
            named := ARRAY(SELECT o.code FROM duban.post o WHERE o.unit = p_unit AND o.role = wanted ORDER BY o.code);
        ELSE
            named := ARRAY(SELECT o.code FROM duban.post o WHERE o.unit IS NULL AND o.role = wanted ORDER BY o.code);
        END IF;
        IF cardinality(named) = 0 THEN
            vacant := vacant || wanted;
        END IF;
        FOREACH code IN ARRAY named LOOP
            IF duban.vacant(code, p_day) THEN
                vacant := vacant || code;
            ELSIF NOT code = ANY (posts) THEN
                posts := posts || code;
            END IF;
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON FUNCTION duban.recipients(text[], text, text, date) IS 'who is alerted by a role; vacant lists posts without a holder, empty rosters and roles that nobody has';

-- Addressees of steps: posts that are held that day, and what is vacant.
CREATE FUNCTION duban.recipients(p_n int[], p_task text[], p_unit text[], p_ladder text[], p_entry bigint[], p_step int[], p_day date)
RETURNS TABLE (n int, posts text[], roles text[], quiet_from time[], quiet_to time[], vacant text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT y.n, array_agg(y.code ORDER BY y.o) FILTER (WHERE y.held), array_agg(y.role ORDER BY y.o) FILTER (WHERE y.held),
           array_agg(y.quiet_from ORDER BY y.o) FILTER (WHERE y.held), array_agg(y.quiet_to ORDER BY y.o) FILTER (WHERE y.held),
           array_agg(y.code ORDER BY y.o) FILTER (WHERE NOT y.held)
      FROM (SELECT z.*, row_number() OVER (PARTITION BY z.n, z.code ORDER BY z.o) AS again
              FROM (SELECT x.n, coalesce(p.code, r.role) AS code, h.held IS NOT NULL AND q.retired IS NOT TRUE AS held, q.role, q.quiet_from, q.quiet_to,
                           row_number() OVER (ORDER BY x.n, r.o, p.place, p.code) AS o
                      FROM unnest(p_n, p_task, p_unit, p_ladder, p_entry, p_step) x (n, task, unit, ladder, entry, step)
                      LEFT JOIN LATERAL (SELECT s.recipients FROM duban.ladder_step s WHERE s.code = x.ladder AND s.entry = x.entry AND s.step = x.step LIMIT 1) s ON true
                     CROSS JOIN LATERAL unnest(s.recipients) WITH ORDINALITY r (role, o)
                      LEFT JOIN LATERAL (
                            SELECT v.code, 0 AS place FROM duban.post v WHERE v.unit = x.unit AND v.role = r.role AND r.role IN ('contact', 'head')
                            UNION ALL
                            SELECT v.code, 0 FROM duban.post v WHERE v.unit IS NULL AND v.role = r.role AND r.role NOT IN ('contact', 'head', 'leader', 'owner')
                            UNION ALL
                            SELECT v.code, 0 FROM duban.post v WHERE r.role = 'owner' AND v.code = x.unit
                            UNION ALL
                            SELECT v.code, 0 FROM duban.post v WHERE r.role = 'owner' AND v.unit = x.unit AND v.role = 'contact'
                            UNION ALL
                            SELECT CASE WHEN l.roster THEN coalesce(m.code, l.code) ELSE l.code END, l.ordinal
                              FROM duban.task_leader l
                              LEFT JOIN duban.roster_member m ON l.roster AND m.roster = l.code
                                   AND p_day BETWEEN coalesce(m.from_date, '-infinity') AND coalesce(m.to_date, 'infinity')
                             WHERE l.task = x.task AND r.role = 'leader') p ON true
                      LEFT JOIN LATERAL (SELECT true AS held FROM duban.holder h WHERE h.post = p.code
                                            AND p_day BETWEEN coalesce(h.from_date, '-infinity') AND coalesce(h.to_date, 'infinity') LIMIT 1) h ON true
                      LEFT JOIN LATERAL (SELECT v.role, v.quiet_from, v.quiet_to, (SELECT u.retired <= p_day FROM duban.unit u WHERE u.code = v.unit LIMIT 1) AS retired
                                           FROM duban.post v WHERE v.code = p.code LIMIT 1) q ON true) z) y
     WHERE y.again = 1
     GROUP BY y.n;
END
$$;
COMMENT ON FUNCTION duban.recipients(int[], text[], text[], text[], bigint[], int[], date) IS 'who is alerted by each step; vacant lists posts without a holder, empty rosters and roles that nobody has';

-- End of the quiet hours that an instant lies in; NULL outside them.
CREATE FUNCTION duban.quiet_end(p_at timestamptz, p_from time, p_to time, p_off boolean, p_calendar text, p_calendar_entry bigint, p_zone text)
RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    local timestamp := p_at AT TIME ZONE p_zone;
    reached timestamp := local;
BEGIN
    LOOP
        IF p_off AND NOT duban.working(p_calendar, p_calendar_entry, reached::date) THEN
            reached := reached::date + 1;
        ELSIF p_from < p_to AND reached::time >= p_from AND reached::time < p_to
              OR p_from > p_to AND reached::time < p_to THEN
            reached := reached::date + p_to;
        ELSIF p_from > p_to AND reached::time >= p_from THEN
            reached := reached::date + 1;
        ELSE
            EXIT;
        END IF;
    END LOOP;
    RETURN CASE WHEN reached > local THEN reached AT TIME ZONE p_zone END;
END
$$;
COMMENT ON FUNCTION duban.quiet_end(timestamptz, time, time, boolean, text, bigint, text) IS 'when mail and hooks may speak again; p_off: days that are not worked are quiet too';
