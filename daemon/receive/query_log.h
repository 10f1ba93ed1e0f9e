/* SPDX-License-Identifier: BSD-2-Clause */
/* GET /log/…: checkpoint, tiles, entry bundles (C2SP tlog-tiles), single entries and proofs. Any
 * valid client certificate may read them. */
#ifndef DUBAN_QUERY_LOG_H
#define DUBAN_QUERY_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "daemon/net/http.h"
#include "daemon/receive/problem.h"

struct db;
struct session;

bool query_log_known(const char *path);
/* Asks the database and answers the session later; *calls counts what is under way. False: *p is to
 * be answered now. */
bool query_log_ask(struct db *d, size_t *calls, struct session *s, const struct http_request *r,
                   struct problem *p);
/* Strict decimal, as in log paths. */
bool query_log_number(const char *text, int64_t *n);
/* Appends as the inside of a JSON string. */
void query_log_escape(const char *s, size_t n, struct buf *out);

#endif
