-- SPDX-License-Identifier: BSD-2-Clause
-- notes how an attempt ended
select duban.delivery_record($1, $2, $3, $4, $5, $6, $7, $8)
