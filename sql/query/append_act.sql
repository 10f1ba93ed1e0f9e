-- SPDX-License-Identifier: BSD-2-Clause
-- one acknowledge, registry, contact or plan statement, alone
select a.received, a.received_text, a.old_size, a.old_frontier, a.entries, a.outcomes
from duban.append_act($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) as a
