-- SPDX-License-Identifier: BSD-2-Clause
-- Alerts for the client of this transaction, by the rule of the stream: those of its own posts and of the posts
-- whose delegate it is, but no rehearsals; an operator all. An alert is its addressee's also when the task is not
-- theirs to read (a delegate of a leader, one who leads it no longer): so the rule is here, not row-level security.

CREATE FUNCTION duban.client_alerts(p_after bigint, p_open boolean, p_limit int) RETURNS SETOF duban.v_alert
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
-- a plan that was cached while a table was still empty must not scan it when it has grown
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    posts text[] := duban.receiver_posts();
    numbers bigint[];
BEGIN
    IF p_open THEN
        numbers := ARRAY(SELECT n FROM duban.open_alerts(posts, p_after, 9223372036854775807, p_limit) n);
    ELSE
        numbers := ARRAY(SELECT n FROM duban.alerts_behind(posts, p_after, p_limit) n);
    END IF;
    RETURN QUERY SELECT v.* FROM unnest(numbers) x (n) JOIN duban.v_alert v ON v.alert = x.n ORDER BY v.alert;
END
$$;
COMMENT ON FUNCTION duban.client_alerts(bigint, boolean, int) IS 'a page of the alerts that the client of this transaction sees, all or those of open cases';

CREATE FUNCTION duban.client_sees(p_alert bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    posts text[] := duban.receiver_posts();
BEGIN
    RETURN EXISTS (SELECT FROM duban.alert a WHERE a.alert = p_alert AND (posts IS NULL OR a.post = ANY (posts) AND NOT a.rehearsal));
END
$$;
COMMENT ON FUNCTION duban.client_sees(bigint) IS 'whether an alert is one that the client of this transaction sees';

CREATE FUNCTION duban.alert_paper(p_alert bigint) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    seen text[] := duban.receiver_posts();
BEGIN
    IF NOT duban.client_sees(p_alert) THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT json_strip_nulls(json_build_object(
               'alert', a.alert, 'number', a.number, 'kind', a.kind, 'case', a."case", 'level', a.level, 'post', a.post, 'post_name', a.post_name,
               'holder', (SELECT h.name FROM duban.holder h WHERE h.post = a.post AND duban.day(a.raised) BETWEEN coalesce(h.from_date, '-infinity') AND coalesce(h.to_date, 'infinity')
                           ORDER BY h.from_date DESC NULLS LAST LIMIT 1),
               'unit', a.unit, 'unit_name', u.name,
               'contact', (SELECT json_build_object('name', coalesce(k.name, h.name), 'phone', k.phone) FROM duban.post o LEFT JOIN duban.contact k ON k.post = o.code
                             LEFT JOIN LATERAL (SELECT x.name FROM duban.holder x WHERE x.post = o.code
                                    AND duban.day(a.raised) BETWEEN coalesce(x.from_date, '-infinity') AND coalesce(x.to_date, 'infinity') LIMIT 1) h ON true
                            WHERE o.unit = a.unit AND o.role = 'contact' ORDER BY o.code LIMIT 1),
               'task', a.task, 'no', t.no, 'title', t.title, 'text', t.text, 'plan_title', p.title, 'plan_number', p.number, 'issuer', p.issuer, 'period', a.period,
               'deadline', coalesce(t.approved, t.printed, t.inherited),
               'leaders', (SELECT json_agg(coalesce(o.name, r.name) ORDER BY l.ordinal) FROM duban.task_leader l LEFT JOIN duban.post o ON o.code = l.code
                             LEFT JOIN duban.roster r ON r.code = l.code WHERE l.task = a.task),
               'due', duban.utc_second(a.due), 'raised', duban.utc_micro(a.raised), 'entry', a.entry, 'why', a.why,
               'told', (SELECT json_agg(json_build_object('number', x.number, 'level', x.level, 'post_name', x.post_name, 'raised', duban.utc_micro(x.raised)) ORDER BY x.alert)
                          FROM duban.v_alert x WHERE x."case" = a."case" AND x.alert < a.alert AND (seen IS NULL OR NOT x.rehearsal)),
               'last', (SELECT json_build_object('period', s.period, 'status', duban.status_name(s.status), 'progress', nullif(s.progress, -1), 'entry', s.entry, 'received', duban.utc_micro(s.received))
                          FROM duban.task_state s WHERE s.task = a.task),
               'open', a.open, 'reason', a.reason, 'acknowledged', a.acknowledged))::text
      FROM duban.v_alert a
      JOIN duban.task t ON t.name = a.task
      JOIN duban.plan p ON p.handle = t.plan
      JOIN duban.unit u ON u.code = a.unit
     WHERE a.alert = p_alert);
END
$$;
COMMENT ON FUNCTION duban.alert_paper(bigint) IS 'what a numbered 催办单 or 督办单 says, for those who see the alert; NULL for others';

GRANT CREATE ON SCHEMA duban TO duban_append;
ALTER FUNCTION duban.client_alerts OWNER TO duban_append;
ALTER FUNCTION duban.client_sees OWNER TO duban_append;
ALTER FUNCTION duban.alert_paper OWNER TO duban_append;
REVOKE CREATE ON SCHEMA duban FROM duban_append;
REVOKE ALL ON FUNCTION duban.client_alerts, duban.client_sees, duban.alert_paper FROM PUBLIC;
GRANT EXECUTE ON FUNCTION duban.client_alerts, duban.client_sees, duban.alert_paper TO duban_receiver;
GRANT SELECT ON duban.v_alert TO duban_append;
