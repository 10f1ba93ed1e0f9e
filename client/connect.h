/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTPS to the server by libcurl: TLS 1.3, mutual, one pinned CA, no proxies, no redirects. */
#ifndef DUBAN_CLIENT_CONNECT_H
#define DUBAN_CLIENT_CONNECT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "client/home.h"
#include "common/buf.h"
#include "common/err.h"

struct connect;

/* Checks the identity's files (keystore_check) and prepares a handle; nothing is sent yet. home
 * must outlive it. Errors: those of keystore_check. */
bool connect_new(const struct home *h, struct connect **out, struct err *e);
void connect_free(struct connect **c);

/* Errors of every request: "away" (no connection, broken, 503, 429: worth another try), "tls"
 * (wrong CA, wrong name, our certificate refused …: worth none), "refused" (a problem document or
 * another status; see connect_problem), "answer" (not what the protocol says). */

/* GET path; new reference in *out. */
bool connect_json(struct connect *c, const char *path, json_t **out, struct err *e);
/* All pages of a list: one array of the items. path without limit and cursor. */
bool connect_list(struct connect *c, const char *path, json_t **items, struct err *e);
/* GET path; appends the body. */
bool connect_text(struct connect *c, const char *path, struct buf *out, struct err *e);

/* POST /v1/statements. True whenever an HTTP answer came, whatever its status: *status, *body and
 * retry_after (seconds, 0 = none) are then set. */
bool connect_post(struct connect *c, const char *type, const struct buf *body, long *status,
                  struct buf *answer, long *retry_after, struct err *e);

/* Bytes of a stream; n = 0 about each second, also before the connection stands. False ends it. */
typedef bool connect_on_bytes(const char *bytes, size_t n, void *data);
/* GET an event stream until it ends (true), *stop becomes non-zero (true) or it breaks. last_id:
 * value for Last-Event-ID or NULL. Silence of 45 s counts as broken ("away"). */
bool connect_stream(struct connect *c, const char *path, const char *last_id,
                    connect_on_bytes *on_bytes, void *data, const volatile int *stop,
                    struct err *e);

/* The newest problem document, borrowed; NULL when the newest request had none. */
const json_t *connect_problem(const struct connect *c);
/* Turns a problem document into an error: "away" for 503 and 429, else "refused". Returns false. */
bool connect_problem_error(const json_t *problem, long status, struct err *e);
/* New string: percent-encoded. */
char *connect_escape(const char *s);
/* Appends "name=value" to a path, with ? or & before it; nothing for NULL. */
void connect_query(struct buf *path, const char *name, const char *value);
/* Explains libcurl's failure (its code and message) for this home; returns false. For tests. */
bool connect_explain(const struct home *h, int curl_code, const char *message, struct err *e);

#endif
