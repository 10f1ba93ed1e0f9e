-- SPDX-License-Identifier: BSD-2-Clause
-- one batch of reports, one transaction
select a.received, a.received_text, a.old_size, a.old_frontier, a.entries, a.outcomes
from duban.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                  $19, $20, $21, $22, $23, $24, $25, $26, $27) as a
