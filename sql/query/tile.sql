-- SPDX-License-Identifier: BSD-2-Clause
-- hashes of one tile
select duban.tile($1::int, $2::bigint, $3::int)
