-- SPDX-License-Identifier: BSD-2-Clause
-- microseconds since an alerter gave a sign of life; NULL: never
select duban.alive_since()
