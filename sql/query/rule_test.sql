-- SPDX-License-Identifier: BSD-2-Clause
-- $1 limit, $2 cursor (first day of the last period), $3 rule and $4 calendar (a code, or the JSON of a registry change;
-- calendar NULL: the rule's own), $5 from, $6 to: the dates that the rule makes, before it is signed.
SELECT p.from_date::text AS cursor, p.item::text AS item
  FROM duban.rule_preview($3::text, $4::text, $5::text, $6::text) p
 WHERE $2::text IS NULL OR p.from_date > $2::text::date
 ORDER BY p.from_date LIMIT $1::int
