-- SPDX-License-Identifier: BSD-2-Clause
-- $1 items, $2 and $3 microseconds: raises what is due; an outage of over $2 is recorded first, with $3 for the outboxes; held_us: how long the log lock was held
select r.raised, r.next_us, r.held_us from duban.raise($1, $2, $3) as r
