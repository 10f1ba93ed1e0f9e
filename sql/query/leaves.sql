-- SPDX-License-Identifier: BSD-2-Clause
-- leaf hashes in order
select l from duban.leaves($1, $2) as l
