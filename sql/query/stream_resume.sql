-- SPDX-License-Identifier: BSD-2-Clause
-- $1 posts (NULL: all), $2 behind this number, $3 limit: what happened that is theirs
select e.event, e.kind, e.posts, e.data from duban.stream_resume($1, $2, $3) as e
