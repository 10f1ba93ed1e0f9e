-- SPDX-License-Identifier: BSD-2-Clause
-- raises what is due
select r.raised, r.next_us from duban.raise($1) as r
