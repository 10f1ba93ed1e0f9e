-- SPDX-License-Identifier: BSD-2-Clause
-- $1 limit, $2 cursor (alert), $3 '1' for open cases only: alerts that the client gets by the stream.
SELECT a.alert::text AS cursor, json_strip_nulls(json_build_object(
           'event', a.alert, 'alert', a.alert, 'number', a.number, 'bundle', a.bundle, 'kind', a.kind, 'case', a."case",
           'level', a.level, 'post', a.post, 'post_name', a.post_name, 'unit', a.unit, 'task', a.task, 'period', a.period,
           'due', duban.utc_second(a.due), 'raised', duban.utc_micro(a.raised), 'entry', a.entry, 'why', a.why,
           'open', a.open, 'reason', a.reason, 'acknowledged', a.acknowledged, 'comment', a.comment,
           'held_until', duban.utc_second(a.held_until),
           'deliveries', (SELECT json_agg(json_build_object('channel', d.channel, 'state', d.state, 'attempt', d.attempt, 'reason', d.reason,
                                 'at', duban.utc_second(d.tried), 'next', duban.utc_second(d.next_at), 'delivery', d.delivery) ORDER BY d.channel)
                            FROM duban.v_delivery d
                           WHERE d.bundle = a.bundle AND a.alert BETWEEN d.first_alert AND coalesce(d.last_alert, a.alert))))::text AS item
  FROM duban.client_alerts(coalesce($2::bigint, 0), coalesce($3::text, '') = '1', $1::int) a
 ORDER BY a.alert
