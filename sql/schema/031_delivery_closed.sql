-- SPDX-License-Identifier: BSD-2-Clause
-- Who was told of a lateness by a channel is told once that it is over. Closings are gathered for a quarter of
-- an hour: one message a post and channel, however many cases were closed; quiet hours are kept. On the stream they stand at once.

CREATE TABLE duban.delivery_told (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    event bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE duban.delivery_told IS 'one row: the last closing that channels were told of; operational';
INSERT INTO duban.delivery_told DEFAULT VALUES;
INSERT INTO duban.asof_left_out (relation, why) VALUES ('delivery_told', 'operational');

-- Closings p_first to p_last of cases of which this channel told the post.
CREATE FUNCTION duban.delivery_closings(p_channel text, p_post text, p_first bigint, p_last bigint)
RETURNS TABLE (event bigint, "case" bigint, reason text, number text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT x.event, x."case", x.reason, min(a.number) FROM duban.closing x
      JOIN duban.alert a ON a."case" = x."case" AND a.post = p_post AND a.level > 0
      JOIN duban.delivery d ON d.bundle = a.bundle AND d.channel = p_channel AND d.first_alert <= a.alert AND d.last_alert >= a.alert
     WHERE x.event BETWEEN p_first AND p_last AND x.reason <> 'acknowledged' AND (d.state = 'sent' OR d.lease_until IS NOT NULL)
     GROUP BY x.event, x."case", x.reason
     ORDER BY x.event;
END
$$;
COMMENT ON FUNCTION duban.delivery_closings(text, text, bigint, bigint) IS 'closings that a channel owes a post';

CREATE FUNCTION duban.delivery_close(p_now timestamptz) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = on SET enable_mergejoin = off SET jit = off AS $$
DECLARE
    told bigint;
    newest bigint;
    n int;
BEGIN
    SELECT t.event INTO told FROM duban.delivery_told t FOR UPDATE SKIP LOCKED;
    IF NOT FOUND OR coalesce((SELECT duban.received_of(x.entry) FROM duban.closing x WHERE x.event > told ORDER BY x.event LIMIT 1)
                             > p_now - interval '15 minutes', true) THEN
        RETURN 0;
    END IF;
    SELECT max(x.event) INTO newest FROM duban.closing x;
    INSERT INTO duban.delivery (delivery, bundle, channel, post, first_alert, last_alert, at, created, next_at)
    SELECT duban.delivery_id(i.origin, format('C-%s-%s', y.post, told + 1), y.channel, told + 1), format('C-%s-%s', y.post, told + 1),
           y.channel, y.post, told + 1, newest, p_now, p_now, coalesce(max(q.quiet), p_now)
      FROM duban.instance i
     CROSS JOIN (SELECT DISTINCT d.post, d.channel, c.ladder, c.ladder_entry FROM duban.closing x
                   JOIN duban."case" c ON c."case" = x."case"
                   JOIN duban.alert a ON a."case" = x."case" AND a.level > 0
                   JOIN duban.delivery d ON d.bundle = a.bundle AND d.first_alert <= a.alert AND d.last_alert >= a.alert
                  WHERE x.event > told AND x.event <= newest AND x.reason <> 'acknowledged' AND (d.state = 'sent' OR d.lease_until IS NOT NULL)) y
      LEFT JOIN duban.post o ON o.code = y.post
      LEFT JOIN duban.ladder l ON l.code = y.ladder AND l.entry = y.ladder_entry
      LEFT JOIN LATERAL (SELECT duban.quiet_end(p_now, coalesce(o.quiet_from, l.quiet_from), coalesce(o.quiet_to, l.quiet_to), l.quiet_off, l.calendar,
                                                duban.calendar_entry(l.calendar), 'Asia/Shanghai') AS quiet) q
             ON (l.quiet_from IS NOT NULL OR o.quiet_from IS NOT NULL) AND NOT l.quiet_except && ARRAY[o.code, o.role]
     GROUP BY i.origin, y.channel, y.post
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS n = ROW_COUNT;
    UPDATE duban.delivery_told SET event = newest;
    RETURN n;
END
$$;
COMMENT ON FUNCTION duban.delivery_close(timestamptz) IS 'owes those who were told of cases a message that they are closed, once the oldest closing is a quarter of an hour old; returns how many';

CREATE FUNCTION duban.delivery_closed_body(p_d duban.delivery, p_detail text, p_zone text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    body json;
BEGIN
    SELECT json_build_object(
               'id', p_d.delivery, 'bundle', p_d.bundle, 'channel', p_d.channel, 'detail', p_detail, 'origin', max(i.origin),
               'post', p_d.post, 'post_name', max(o.name), 'lang', coalesce(max(o.lang), 'zh_CN'),
               'to', json_build_object('name', max(k.name), 'phone', max(k.phone)),
               'kind', 'closed', 'level', 0, 'at', duban.utc_second(p_d.at),
               'at_local', to_char(p_d.at AT TIME ZONE p_zone, 'YYYY-MM-DD HH24:MI'), 'count', count(*),
               'cases', (array_agg(x."case" ORDER BY x.event))[1:20],
               'alerts', CASE p_detail WHEN 'count' THEN '[]'::json ELSE (array_to_json((array_agg(
                   json_build_object('alert', x.event, 'number', x.number, 'kind', x.reason, 'case', x."case",
                       'unit', c.unit, 'unit_name', u.name, 'task', c.task, 'title', left(coalesce(t.title, t.text), 200),
                       'period', nullif(split_part(c.period, '!', 1), '-'), 'due', duban.utc_second(c.due),
                       'due_local', to_char(c.due AT TIME ZONE p_zone, 'YYYY-MM-DD HH24:MI')) ORDER BY x.event))[1:500])) END)
      INTO body
      FROM duban.delivery_closings(p_d.channel, p_d.post, p_d.first_alert, p_d.last_alert) x
      JOIN duban."case" c ON c."case" = x."case"
     CROSS JOIN duban.instance i
      LEFT JOIN duban.task t ON t.name = c.task
      LEFT JOIN duban.unit u ON u.code = c.unit
      LEFT JOIN duban.post o ON o.code = p_d.post
      LEFT JOIN duban.contact k ON k.post = p_d.post
    HAVING count(*) > 0;
    RETURN json_strip_nulls(body)::text;
END
$$;
COMMENT ON FUNCTION duban.delivery_closed_body(duban.delivery, text, text) IS 'a message about closed cases as JSON';

REVOKE ALL ON FUNCTION duban.delivery_closings, duban.delivery_close, duban.delivery_closed_body FROM PUBLIC;
GRANT EXECUTE ON FUNCTION duban.delivery_closings, duban.delivery_close, duban.delivery_closed_body TO duban_append;
GRANT SELECT, UPDATE ON duban.delivery_told TO duban_append;
GRANT SELECT ON duban.delivery_told TO duban_auditor;
