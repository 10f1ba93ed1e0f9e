-- SPDX-License-Identifier: BSD-2-Clause
-- between two batches that are raised: whoever waits to append has the lock first
select pg_catalog.pg_sleep(0.003)
