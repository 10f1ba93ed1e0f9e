/* SPDX-License-Identifier: BSD-2-Clause */
/* What can be read: one table from path to SQL file, and the log in C2SP's forms. Rows are limited
 * to what the client may see by the database itself, in the transaction of the query. */
#ifndef DUBAN_QUERY_H
#define DUBAN_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/net/http.h"
#include "daemon/receive/keys.h"
#include "daemon/receive/problem.h"

struct db;
struct query;
struct session;

struct query *query_new(void);
/* The read connection; borrowed. */
void query_set_db(struct query *q, struct db *d);
/* Free the connection first. */
void query_free(struct query **q);

/* Is this a path of ours (for 404 and 405 before anything else)? */
bool query_known(const char *path);
/* Serves a GET or HEAD. c: the registered client, NULL when its certificate is only known to the
 * CA: then only the log may be read. Answers the session, now or later. */
void query_serve(struct query *q, struct session *s, const struct http_request *r,
                 const struct keys_client *c);

/* For tests and receiver: splits "/v1/statements/<hex>/<seq>". */
bool query_statement_path(const char *path, uint8_t key[DIGEST_SIZE], int64_t *seq);

#endif
