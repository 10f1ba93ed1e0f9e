-- SPDX-License-Identifier: BSD-2-Clause
-- $1 index: one raw entry.
SELECT e.index AS cursor, e.entry AS item FROM duban.log_entry e WHERE e.index = $1::bigint
