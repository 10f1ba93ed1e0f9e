-- SPDX-License-Identifier: BSD-2-Clause
-- $1 alert: what a numbered 催办单 or 督办单 says, for those who get it by the stream.
SELECT x.alert::text AS cursor, duban.alert_paper(x.alert) AS item FROM (SELECT $1::text::bigint AS alert) x
