-- SPDX-License-Identifier: BSD-2-Clause
-- the next slice of obligations to come: how many, how many plans are left, a line for the operator's log
select m.made, m.pending, m.warning from duban.materialise($1) as m
