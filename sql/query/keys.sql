-- SPDX-License-Identifier: BSD-2-Clause
-- every key ever registered
select k.id, k.key, k.spki, k.alg, k.code, k.unit, k.names, k.operator, k.valid_from, k.valid_until,
       k.revoked
from duban.keys() as k
