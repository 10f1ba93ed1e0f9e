-- SPDX-License-Identifier: BSD-2-Clause
-- $1 behind this number, $2 limit: what happened, to whomever
select e.event, e.kind, e.posts, e.data from duban.stream_resume(null, $1, $2) as e
