-- SPDX-License-Identifier: BSD-2-Clause
-- what happened behind this event
select e.event, e.kind, e.posts, e.data from duban.stream_events($1, $2) as e
