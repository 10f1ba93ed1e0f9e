/* SPDX-License-Identifier: BSD-2-Clause */
/* One client's connection: requests one after the other, each answered before the next is read.
 * Deadlines are absolute: from a request's first byte to its last header, and to its last body
 * byte. What a request means is not known here. */
#ifndef DUBAN_SESSION_H
#define DUBAN_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/net/http.h"
#include "daemon/net/tls_stream.h"
#include "daemon/receive/problem.h"

struct session;

struct session_ops {
    /* The headers are known, the body is not read yet. *body_max: bytes that will be taken (0 = no
     * body). False: *p is answered, and the body is skipped when it is not too long for that. */
    bool (*admit)(void *arg, struct session *s, const struct http_request *r, size_t *body_max,
                  struct problem *p);
    /* The whole request. It is answered by exactly one session_answer…() call, now or later. */
    void (*serve)(void *arg, struct session *s, const struct http_request *r);
};

/* Common to all sessions of one listener; outlives them. */
struct session_group {
    struct session_ops ops;
    void *arg;
    unsigned header_seconds, body_seconds, idle_seconds;
    bool draining;  /* answers close their connection */
    size_t serving; /* requests without an answer */
    size_t open;
    struct buf out; /* scratch; owned */
};

/* Operations for the pool whose data is a struct session_group. */
extern const struct tls_ops session_tls_ops;
/* Closes every session that serves nothing; the others follow their answer. */
void session_group_drain(struct session_group *g, struct tls_pool *pool);
void session_group_clear(struct session_group *g);

struct session_answer {
    int status;
    const char *type;
    const void *body;
    size_t body_len;
    const char *fields; /* as in struct http_answer */
};
void session_answer(struct session *s, const struct session_answer *a);
void session_problem(struct session *s, struct problem *p);
/* This request becomes a stream that the caller writes to until it is gone: input is discarded. */
void session_stream(struct session *s);

const struct http_request *session_request(const struct session *s);
struct tls_stream *session_tls(const struct session *s);
/* NULL on the local listener. */
const struct certificate_identity *session_identity(const struct session *s);
/* What serves the present request: gone(data) is called when the connection ends before the answer
 * (or while it is a stream); the request is not to be answered then. Forgotten with the answer. */
void session_set_server(struct session *s, void (*gone)(void *data), void *data);

#endif
