-- SPDX-License-Identifier: BSD-2-Clause
-- $1 alert: the arithmetic behind it, for those who get it by the stream; the office, the chief and operators all.
SELECT x.alert::text AS cursor, duban.why_alert(x.alert) AS item
  FROM (SELECT $1::text::bigint AS alert) x
 WHERE duban.client_sees(x.alert)
    OR (SELECT duban.receiver_code()) = '*' AND EXISTS (SELECT FROM duban.alert a WHERE a.alert = x.alert)
