-- SPDX-License-Identifier: BSD-2-Clause
-- the same by the fingerprint of the key
select r.id, r.entry, r.body, r.received_text, r.outcomes, r.size, r.path, r.note
from duban.receipt_by_key($1, $2) as r where r.entry is not null
