-- SPDX-License-Identifier: BSD-2-Clause
-- hashes between two sizes, up to the newest signed one
select duban.consistency_proof($1::bigint, $2::bigint)
where $1::bigint >= 1 and $1::bigint <= $2::bigint
  and $2::bigint <= (select max(c.size) from duban.checkpoint as c)
