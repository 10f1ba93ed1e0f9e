-- SPDX-License-Identifier: BSD-2-Clause
-- whose rows the next statement of this transaction may see
select pg_catalog.set_config('duban.client', $1::text, true)
