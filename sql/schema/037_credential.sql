-- SPDX-License-Identifier: BSD-2-Clause
-- Keys, client certificates and calendars run out. Where a ladder "credential" is registered, renewing them in time is an
-- obligation of their owner: made, settled and taken back by registry statements, chased like any other.

-- What of the registry runs out. p_all: everything, else what is named.
CREATE FUNCTION duban.credentials_of(p_changed text[], p_all boolean)
RETURNS TABLE (task text, owner text, operator boolean, expires timestamptz, fresh boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    keys bytea[] := CASE WHEN p_all THEN ARRAY(SELECT k.key FROM duban.signing_key k)
                         ELSE ARRAY(SELECT decode(substr(c, 5), 'hex') FROM unnest(p_changed) c WHERE c LIKE 'key/%') END;
    clients bytea[] := CASE WHEN p_all THEN ARRAY(SELECT c.certificate FROM duban.client c)
                            ELSE ARRAY(SELECT decode(substr(c, 8), 'hex') FROM unnest(p_changed) c WHERE c LIKE 'client/%') END;
    calendars text[] := CASE WHEN p_all THEN ARRAY(SELECT c.code FROM duban.calendar c)
                             ELSE ARRAY(SELECT substr(c, 10) FROM unnest(p_changed) c WHERE c LIKE 'calendar/%') END;
BEGIN
    RETURN QUERY
    SELECT 'key/' || encode(k.key, 'hex'), coalesce(duban.key_unit(k.code), k.code), k.operator, coalesce(k.valid_until, 'infinity'),
           k.id / 65536 = duban.entry_now()
      FROM duban.signing_key k WHERE k.key = ANY (keys) AND k.revoked IS NULL
    UNION ALL
    SELECT 'client/' || encode(c.certificate, 'hex'), coalesce(duban.key_unit(c.code), c.code), c.operator, c.valid_until,
           c.entry = duban.entry_now()
      FROM duban.client c WHERE c.certificate = ANY (clients) AND c.revoked IS NULL AND c.valid_until IS NOT NULL
    UNION ALL
    SELECT 'calendar/' || c.code, (SELECT min(o.code) FROM duban.post o WHERE o.role = 'office'), false,
           (c.to_date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai', false
      FROM (SELECT DISTINCT ON (x.code) x.* FROM duban.calendar x WHERE x.code = ANY (calendars) ORDER BY x.code, x.entry DESC) c;
END
$$;
COMMENT ON FUNCTION duban.credentials_of(text[], boolean) IS 'keys, client certificates and calendars with owner and end (infinity: none); fresh: registered by this entry; a revoked one does not run out any more';

-- Ends one: renewed settles its obligation with a verdict, withdrawn takes it back.
CREATE FUNCTION duban.credential_end(p_c duban.credential, p_entry bigint, p_received timestamptz, p_how text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE duban.credential x SET ended = p_entry, how = p_how WHERE x.task = p_c.task AND x.period = p_c.period;
    IF p_how = 'renewed' THEN
        INSERT INTO duban.verdict (task, period, unit, silence, verdict, entry, received)
        VALUES (p_c.task, p_c.period, p_c.owner, false, CASE WHEN p_received < p_c.cutoff THEN 1 ELSE 2 END, p_entry, p_received);
        PERFORM duban.cases_close(ARRAY[p_c.task], ARRAY[p_c.period], ARRAY[p_c.owner], ARRAY[p_entry], 'renewed');
        DELETE FROM duban.agenda a WHERE a.task = p_c.task AND a.period = p_c.period AND a.unit = p_c.owner;
    ELSE
        PERFORM duban.obligation_drop(p_c.task, p_c.period, p_c.owner, p_entry, 'closed');
    END IF;
END
$$;
COMMENT ON FUNCTION duban.credential_end(duban.credential, bigint, timestamptz, text) IS 'a key, certificate or calendar is renewed, or withdrawn';

-- Due so many days before the end, but never before half of the time is over that is left now.
CREATE FUNCTION duban.credential_make(p_task text, p_owner text, p_operator boolean, p_expires timestamptz, p_days int, p_entry bigint,
                                      p_received timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    lead interval := least(p_days * 86400000000, (extract(epoch FROM p_expires - p_received) * 500000)::bigint) * interval '1 microsecond';
    c duban.credential;
BEGIN
    c.task := p_task;
    c.period := 'expires!' || p_entry;
    c.owner := p_owner;
    c.due := date_trunc('minute', p_expires - lead);
    c.cutoff := c.due + interval '1 minute';
    c.opens := greatest(p_received, c.due - lead);
    INSERT INTO duban.credential (task, period, owner, operator, expires, opens, due, cutoff)
    VALUES (c.task, c.period, c.owner, p_operator, p_expires, c.opens, c.due, c.cutoff);
    INSERT INTO duban.obligation (task, period, unit, opens, due, cutoff, kind) VALUES (c.task, c.period, c.owner, c.opens, c.due, c.cutoff, 'credential');
    INSERT INTO duban.agenda (task, period, unit, at)
    VALUES (c.task, c.period, c.owner, duban.agenda_first('credential', c.due, c.cutoff, 'Asia/Shanghai', c.opens));
END
$$;
COMMENT ON FUNCTION duban.credential_make(text, text, boolean, timestamptz, int, bigint, timestamptz) IS 'the obligation to renew what runs out';

-- One that is registered now: what becomes of the one before it, and its own end.
CREATE FUNCTION duban.credential_set(p_task text, p_owner text, p_operator boolean, p_expires timestamptz, p_fresh boolean, p_days int, p_entry bigint,
                                     p_received timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c duban.credential;
BEGIN
    SELECT x.* INTO c FROM duban.credential x WHERE x.task = p_task AND x.ended IS NULL;
    IF FOUND THEN
        IF c.expires = p_expires THEN
            RETURN;
        END IF;
        PERFORM duban.credential_end(c, p_entry, p_received, CASE WHEN p_expires > c.expires THEN 'renewed' ELSE 'withdrawn' END);
    ELSIF p_fresh AND NOT EXISTS (SELECT FROM duban.credential x WHERE x.task = p_task) THEN
        -- a successor: of its owner's it renews the one that ends first, of those whose time has come
        SELECT x.* INTO c FROM duban.credential x
         WHERE x.owner = p_owner AND x.operator = p_operator AND x.ended IS NULL AND split_part(x.task, '/', 1) = split_part(p_task, '/', 1)
           AND x.opens <= p_received AND x.expires < p_expires
         ORDER BY x.expires, x.task LIMIT 1;
        IF FOUND THEN
            PERFORM duban.credential_end(c, p_entry, p_received, 'renewed');
        END IF;
    END IF;
    IF p_expires > p_received AND p_expires < 'infinity' AND p_owner IS NOT NULL THEN
        PERFORM duban.credential_make(p_task, p_owner, p_operator, p_expires, p_days, p_entry, p_received);
    END IF;
END
$$;
COMMENT ON FUNCTION duban.credential_set(text, text, boolean, timestamptz, boolean, int, bigint, timestamptz) IS 'settles what a registered key, certificate or calendar succeeds, and makes its own obligation';

CREATE FUNCTION duban.credentials_apply(p_entry bigint, p_received timestamptz, p_changed text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ladder_new boolean := 'ladder/credential' = ANY (p_changed);
    days int := (SELECT l.renew FROM duban.ladder l WHERE l.code = 'credential' ORDER BY l.entry DESC LIMIT 1);
    r record;
    c duban.credential;
BEGIN
    IF days IS NULL OR NOT ladder_new AND NOT EXISTS (SELECT FROM unnest(p_changed) x WHERE x LIKE 'key/%' OR x LIKE 'client/%' OR x LIKE 'calendar/%') THEN
        RETURN;
    END IF;
    FOR c IN SELECT x.* FROM unnest(p_changed) y (task) JOIN duban.credential x ON x.task = y.task AND x.ended IS NULL
              WHERE NOT EXISTS (SELECT FROM duban.credentials_of(ARRAY[y.task], false) o WHERE o.owner = x.owner) ORDER BY x.task LOOP
        PERFORM duban.credential_end(c, p_entry, p_received, 'withdrawn');
    END LOOP;
    FOR r IN SELECT x.* FROM duban.credentials_of(p_changed, ladder_new) x ORDER BY x.expires, x.task LOOP
        PERFORM duban.credential_set(r.task, r.owner, r.operator, r.expires, r.fresh, days, p_entry, p_received);
    END LOOP;
    IF ladder_new THEN
        UPDATE duban.agenda a SET at = duban.agenda_first('credential', x.due, x.cutoff, 'Asia/Shanghai', greatest(x.opens, p_received))
          FROM duban.credential x
         WHERE x.ended IS NULL AND x.cutoff > p_received AND a.task = x.task AND a.period = x.period AND a.unit = x.owner
           AND NOT EXISTS (SELECT FROM duban."case" k WHERE k.task = x.task AND k.period = x.period AND k.unit = x.owner);
    END IF;
END
$$;
COMMENT ON FUNCTION duban.credentials_apply(bigint, timestamptz, text[]) IS 'what a registry statement means for all that runs out; nothing without a ladder "credential", whose first version reaches all that is registered';

CREATE VIEW duban.v_credential WITH (security_invoker = true) AS
SELECT c.task AS credential, split_part(c.task, '/', 1) AS kind, c.owner, c.expires, c.due, c.opens,
       CASE WHEN c.ended IS NOT NULL THEN c.how WHEN c.cutoff <= (SELECT duban.now()) THEN 'overdue'
            WHEN c.opens <= (SELECT duban.now()) THEN 'open' ELSE 'later' END AS state,
       duban.verdict_name(v.verdict) AS verdict, k."case", k.level, k.next_at, c.period AS slot
  FROM duban.credential c
  LEFT JOIN duban.verdict v ON v.task = c.task AND v.period = c.period AND v.unit = c.owner AND NOT v.silence
  LEFT JOIN duban."case" k ON k.task = c.task AND k.period = c.period AND k.unit = c.owner AND k.closed IS NULL;
COMMENT ON VIEW duban.v_credential IS 'keys, client certificates and calendars that run out: owner, end, day by which they are to be renewed, state (later, open, overdue, renewed, withdrawn) and how far it has climbed';

REVOKE ALL ON FUNCTION duban.credentials_of, duban.credential_end, duban.credential_make, duban.credential_set, duban.credentials_apply FROM PUBLIC;
GRANT EXECUTE ON FUNCTION duban.credentials_of, duban.credential_end, duban.credential_make, duban.credential_set, duban.credentials_apply TO duban_append;
GRANT SELECT, INSERT, UPDATE ON duban.credential TO duban_append;
GRANT SELECT ON duban.credential, duban.v_credential TO duban_reader, duban_receiver, duban_auditor, duban_alerter;
ALTER TABLE duban.credential ENABLE ROW LEVEL SECURITY;
CREATE POLICY reader ON duban.credential FOR SELECT TO duban_reader
    USING ((SELECT duban.reader_code()) = '*' OR task IN (SELECT duban.reader_tasks()));
CREATE POLICY receiver ON duban.credential FOR SELECT TO duban_receiver
    USING ((SELECT duban.receiver_code()) = '*' OR task IN (SELECT duban.receiver_tasks()));
CREATE POLICY inner_roles ON duban.credential TO duban_append, duban_alerter, duban_auditor USING (true) WITH CHECK (true);
