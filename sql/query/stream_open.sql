-- SPDX-License-Identifier: BSD-2-Clause
-- alerts of open cases
select e.event, e.kind, e.posts, e.data from duban.stream_open() as e
