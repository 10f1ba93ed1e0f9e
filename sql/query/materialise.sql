-- SPDX-License-Identifier: BSD-2-Clause
-- the next slice of obligations to come
select m.made, m.pending from duban.materialise($1) as m
