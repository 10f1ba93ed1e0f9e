-- SPDX-License-Identifier: BSD-2-Clause
-- hashes between two sizes, NULL outside the log; a client holds a signed head of the newest size a
-- moment before its note is stored here
select duban.consistency_proof($1::bigint, $2::bigint)
where $1::bigint >= 1 and $1::bigint <= $2::bigint
