-- SPDX-License-Identifier: BSD-2-Clause
-- $1 who, $2 channels of what is under way, $3 places a channel, $4 lease in seconds, $5 days, $6 zone: messages to send
select c.delivery, c.attempt, c.channel, c.kind, c.target, c.body from duban.delivery_claim($1, $2, $3, $4, $5, $6) as c
