-- SPDX-License-Identifier: BSD-2-Clause
-- where the chains of these keys stand, and what is stored at these places
select c.ord, c.last_seq, c.last_id, c.id, c.entry from duban.chain($1, $2) as c order by c.ord
