-- SPDX-License-Identifier: BSD-2-Clause
-- stores signed heads
select duban.seal($1, $2)
