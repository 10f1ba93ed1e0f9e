-- SPDX-License-Identifier: BSD-2-Clause
-- what every new connection is asked before it is used
select pg_catalog.current_setting('synchronous_commit') as synchronous_commit
