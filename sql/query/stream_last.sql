-- SPDX-License-Identifier: BSD-2-Clause
-- the newest event: who watches from now on needs nothing before it
select greatest((select coalesce(max(a.alert), 0) from duban.alert as a),
                (select coalesce(max(c.event), 0) from duban.closing as c))
