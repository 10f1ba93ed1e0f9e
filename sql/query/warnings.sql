-- SPDX-License-Identifier: BSD-2-Clause
-- $1 limit, $2 cursor: what the schedules of the client's plans cannot do or only guess.
SELECT w.cursor, json_strip_nulls(json_build_object('code', w.code, 'plan', w.plan, 'period', w.period, 'rule', w.rule,
           'calendar', w.calendar, 'due', duban.utc_second(w.due), 'detail', w.detail))::text AS item
  FROM (SELECT concat_ws('~', x.plan, coalesce(x.period, '-'), x.code, md5(x.detail)) AS cursor, x.*
          FROM duban.v_schedule_warning x
         WHERE (SELECT duban.receiver_code()) = '*' OR EXISTS (SELECT FROM duban.task t WHERE t.plan = x.plan)) w
 WHERE $2::text IS NULL OR w.cursor COLLATE "C" > $2::text COLLATE "C"
 ORDER BY w.cursor COLLATE "C" LIMIT $1::int
