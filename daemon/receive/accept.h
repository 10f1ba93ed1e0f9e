/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "accept": the public listener, its connections, and which step a request goes to. */
#ifndef DUBAN_ACCEPT_H
#define DUBAN_ACCEPT_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/receive/problem.h"

struct accept;
struct event_base;
struct http_request;
struct session;
struct settings;
struct tls_context;

/* What the steps behind it do; each serve function answers the session, now or later. */
struct accept_ops {
    bool (*admit_post)(void *arg, const struct http_request *r, struct problem *p);
    void (*post)(void *arg, struct session *s, const struct http_request *r);
    void (*statement)(void *arg, struct session *s, const struct http_request *r);
    void (*stream)(void *arg, struct session *s, const struct http_request *r);
    void (*read)(void *arg, struct session *s, const struct http_request *r);
};

/* fd: the listening socket, borrowed. Nothing is accepted before accept_listen(). */
struct accept *accept_new(struct event_base *base, const struct settings *settings, int fd,
                          struct tls_context *tls, const struct accept_ops *ops, void *arg);
/* Accepts connections from now on; what called meanwhile waits in the kernel. Again is harmless. */
void accept_listen(struct accept *a);
/* Closes all connections; their requests are told gone. */
void accept_free(struct accept **a);
void accept_set_context(struct accept *a, struct tls_context *tls);
/* No new connections; idle ones and streams are closed, the others after their answer. */
void accept_drain(struct accept *a);
/* Whether connections wait for their turn that may have bytes to be read. */
bool accept_more(const struct accept *a);
/* Connections; requests without an answer. */
size_t accept_open(const struct accept *a);
size_t accept_serving(const struct accept *a);

#endif
