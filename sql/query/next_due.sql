-- SPDX-License-Identifier: BSD-2-Clause
-- microseconds until something is due
select duban.next_due()
