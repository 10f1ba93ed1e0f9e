-- SPDX-License-Identifier: BSD-2-Clause
-- every client certificate ever registered
select c.certificate, c.name, c.code, c.operator, c.deliver, c.posts, c.valid_until, c.revoked
from duban.clients() as c
