-- SPDX-License-Identifier: BSD-2-Clause
-- withdraws what is over, opens what has a new address
select duban.delivery_sweep()
