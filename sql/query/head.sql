-- SPDX-License-Identifier: BSD-2-Clause
-- where the log ends, and the newest signed head
select h.size, h.root, h.frontier, h.sealed_size, h.sealed_note from duban.head() as h
