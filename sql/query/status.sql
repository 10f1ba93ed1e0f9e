-- SPDX-License-Identifier: BSD-2-Clause
-- for readyz
select duban.status()
