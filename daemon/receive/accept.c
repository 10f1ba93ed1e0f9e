/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "accept". Only the form of a request is looked at here, never who sent it. */
#include "daemon/receive/accept.h"

#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/mem.h"
#include "daemon/net/listener.h"
#include "daemon/net/tls_stream.h"
#include "daemon/receive/intake.h"
#include "daemon/receive/query.h"
#include "daemon/receive/session.h"
#include "daemon/settings.h"

enum route { ROUTE_POST, ROUTE_STATEMENT, ROUTE_STREAM, ROUTE_READ, ROUTE_NONE };

struct accept {
    struct event_base *base;
    int fd; /* borrowed */
    bool draining;
    struct tls_context *tls; /* borrowed */
    struct accept_ops ops;
    void *arg;
    struct session_group group;
    struct tls_pool *pool;
    struct listener *listener; /* NULL before accept_listen() */
};

static enum route route_of(const char *path)
{
    uint8_t key[DIGEST_SIZE];
    int64_t seq;

    if (strcmp(path, "/v1/statements") == 0)
        return ROUTE_POST;
    if (strcmp(path, "/v1/alerts/stream") == 0)
        return ROUTE_STREAM;
    if (query_statement_path(path, key, &seq))
        return ROUTE_STATEMENT;
    return query_known(path) ? ROUTE_READ : ROUTE_NONE;
}

static bool admit(void *arg, struct session *s, const struct http_request *r, size_t *body_max,
                  struct problem *p)
{
    struct accept *a = arg;
    enum route route = route_of(r->path);

    (void)s;
    if (route == ROUTE_NONE) {
        problem_set(p, "not-found", _("This server has no such path."));
        return false;
    }
    if ((route == ROUTE_POST) != (r->method == HTTP_POST)) {
        problem_set(p, "method", _("This path is not for that method."));
        p->allow = route == ROUTE_POST ? "POST" : "GET, HEAD";
        return false;
    }
    *body_max = route == ROUTE_POST ? INTAKE_BODY_MAX : 0;
    return route != ROUTE_POST || a->ops.admit_post(a->arg, r, p);
}

static void serve(void *arg, struct session *s, const struct http_request *r)
{
    struct accept *a = arg;

    switch (route_of(r->path)) {
    case ROUTE_POST:
        a->ops.post(a->arg, s, r);
        break;
    case ROUTE_STATEMENT:
        a->ops.statement(a->arg, s, r);
        break;
    case ROUTE_STREAM:
        a->ops.stream(a->arg, s, r);
        break;
    default:
        a->ops.read(a->arg, s, r);
        break;
    }
}

struct accept *accept_new(struct event_base *base, const struct settings *settings, int fd,
                          struct tls_context *tls, const struct accept_ops *ops, void *arg)
{
    struct accept *a = xcalloc(1, sizeof *a);
    struct tls_limits limits = {.max_connections = (unsigned)settings->max_connections,
                                .max_handshakes = (unsigned)settings->max_handshakes,
                                .handshake_seconds = (unsigned)settings->handshake_timeout};

    a->base = base;
    a->fd = fd;
    a->tls = tls;
    a->ops = *ops;
    a->arg = arg;
    a->group = (struct session_group){.ops = {.admit = admit, .serve = serve},
                                      .arg = a,
                                      .header_seconds = (unsigned)settings->header_timeout,
                                      .body_seconds = (unsigned)settings->body_timeout,
                                      .idle_seconds = (unsigned)settings->idle_timeout};
    a->pool = tls_pool_new(base, &limits, &session_tls_ops, &a->group);
    return a;
}

void accept_listen(struct accept *a)
{
    if (a->listener == NULL && !a->draining)
        a->listener = listener_new(a->base, a->fd, a->pool, a->tls);
}

void accept_free(struct accept **ap)
{
    struct accept *a = *ap;

    *ap = NULL;
    if (a == NULL)
        return;
    if (a->listener != NULL)
        listener_free(&a->listener);
    tls_pool_free(&a->pool);
    session_group_clear(&a->group);
    free(a);
}

void accept_set_context(struct accept *a, struct tls_context *tls)
{
    a->tls = tls;
    if (a->listener != NULL)
        listener_set_context(a->listener, tls);
}

bool accept_more(const struct accept *a)
{
    return tls_pool_more(a->pool);
}

void accept_drain(struct accept *a)
{
    a->draining = true;
    if (a->listener != NULL)
        listener_stop(a->listener);
    session_group_drain(&a->group, a->pool);
}

size_t accept_open(const struct accept *a)
{
    return a->group.open;
}

size_t accept_serving(const struct accept *a)
{
    return a->group.serving;
}
