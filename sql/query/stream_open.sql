-- SPDX-License-Identifier: BSD-2-Clause
-- $1 posts (NULL: all), $2 behind this number, $3 up to this one, $4 limit: alerts of open cases
select e.event, e.kind, e.posts, e.data from duban.stream_open($1, $2, $3, $4) as e
