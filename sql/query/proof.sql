-- SPDX-License-Identifier: BSD-2-Clause
-- an entry with its audit path under the signed head of a size, or the newest ($2 null)
select e.entry, duban.inclusion_proof(e.index, c.size), c.note
from duban.log_entry as e
cross join lateral (
    select k.size, k.note
    from duban.checkpoint as k
    where k.size = coalesce($2::bigint, (select max(x.size) from duban.checkpoint as x))
) as c
where e.index = $1::bigint and c.size > e.index
