-- SPDX-License-Identifier: BSD-2-Clause
-- which registry is in force
select g.registry, g.offset_us, g.origin, g.test from duban.generation() as g
