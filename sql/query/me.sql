-- SPDX-License-Identifier: BSD-2-Clause
-- $1 SHA-256 of the client certificate: who the server takes the client for.
SELECT m.name AS cursor, m.body AS item FROM duban.me($1::bytea) m
