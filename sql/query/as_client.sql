-- SPDX-License-Identifier: BSD-2-Clause
-- whose rows the next statement of this transaction may see, and as of when ($2: NULL = now)
select pg_catalog.set_config('duban.client', $1::text, true), pg_catalog.set_config('duban.as_of', duban.as_of_fixed($2::text), true)
