-- SPDX-License-Identifier: BSD-2-Clause
-- $1 alert: the arithmetic behind it, for the posts that got it; the office, the chief and operators all.
SELECT a.alert::text AS cursor, duban.why_alert(a.alert) AS item
  FROM duban.v_alert a
 WHERE a.alert = $1::bigint
   AND ((SELECT duban.receiver_code()) = '*' OR NOT a.rehearsal AND a.post IN (
        SELECT o.code FROM duban.post o WHERE current_setting('duban.client', true) IN (o.code, o.unit)))
