-- SPDX-License-Identifier: BSD-2-Clause
-- entries of one bundle, each behind its 16-bit length
select duban.entry_bundle($1::bigint, $2::int)
