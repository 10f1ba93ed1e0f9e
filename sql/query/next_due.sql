-- SPDX-License-Identifier: BSD-2-Clause
-- a sign of life ($1 and $2 as in raise), then microseconds until something is due
select duban.next_due() from duban.awake($1, $2)
