/* SPDX-License-Identifier: BSD-2-Clause */
/* The local listener. */
#include "daemon/receive/admin.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/json.h"
#include "common/mem.h"
#include "daemon/db/conn.h"
#include "daemon/net/listener.h"
#include "daemon/net/tls_stream.h"
#include "daemon/receive/session.h"
#include "daemon/settings.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum what { HEALTHZ, READYZ, METRICS, NOTHING };

struct admin {
    struct admin_ops ops;
    void *arg;
    struct db *db;
    struct session_group group;
    struct tls_pool *pool;
    struct listener *listener;
};

struct call {
    struct admin *admin;
    struct session *session; /* NULL: gone */
    enum what what;
};

void admin_metric(struct buf *out, const char *name, const char *kind, uint64_t value)
{
    buf_addf(out, "# TYPE %s %s\n%s %llu\n", name, kind, name, (unsigned long long)value);
}

static void on_gone(void *data)
{
    struct call *c = data;

    c->session = NULL;
}

static enum what what_of(const char *path)
{
    if (strcmp(path, "/healthz") == 0)
        return HEALTHZ;
    if (strcmp(path, "/readyz") == 0)
        return READYZ;
    return strcmp(path, "/metrics") == 0 ? METRICS : NOTHING;
}

/* status: the database's JSON object, or NULL. */
static void send_ready(struct call *c, const char *status)
{
    const char *why = c->admin->ops.why(c->admin->arg);
    json_t *found = status != NULL ? json_loads(status, JSON_REJECT_DUPLICATES, NULL) : NULL;
    bool ready = why == NULL && found != NULL;
    json_t *answer = json_pack("{s:b}", "ready", (int)ready);
    struct buf out = {0};

    if (why == NULL && found == NULL)
        why = _("the database did not answer");
    if (why != NULL)
        json_object_set_new(answer, "why", json_string(why));
    if (found != NULL)
        json_object_update(answer, found);
    json_write(answer, &out);
    session_answer(c->session, &(struct session_answer){.status = ready ? 200 : 503,
                                                        .type = "application/json",
                                                        .body = out.data,
                                                        .body_len = out.len});
    buf_free(&out);
    json_decref(found);
    json_decref(answer);
}

static void add_status(struct buf *out, const char *status)
{
    static const char *const names[] = {
        "log_size",       "sealed_size",        "pending_obligations",
        "pending_alerts", "pending_deliveries", "dead_deliveries",
        "registry"};
    json_t *j = status != NULL ? json_loads(status, 0, NULL) : NULL;
    char name[64];

    for (size_t i = 0; j != NULL && i < sizeof names / sizeof names[0]; i++) {
        json_int_t v = json_integer_value(json_object_get(j, names[i]));

        snprintf(name, sizeof name, "duban_%s", names[i]);
        admin_metric(out, name, "gauge", v > 0 ? (uint64_t)v : 0);
    }
    json_decref(j);
}

static void send_metrics(struct call *c, const char *status)
{
    struct buf out = {0};

    admin_metric(&out, "duban_ready", "gauge",
                 c->admin->ops.why(c->admin->arg) == NULL && status != NULL ? 1 : 0);
    add_status(&out, status);
    c->admin->ops.metrics(c->admin->arg, &out);
    session_answer(c->session,
                   &(struct session_answer){
                       .status = 200, .type = METRICS_TYPE, .body = out.data, .body_len = out.len});
    buf_free(&out);
}

static void on_status(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct call *c = arg;
    const char *status = outcome == DB_DONE && db_rows(r) > 0 ? db_text(r, 0, 0) : NULL;

    if (c->session == NULL)
        ;
    else if (c->what == READYZ)
        send_ready(c, status);
    else
        send_metrics(c, status);
    free(c);
}

static bool admit(void *arg, struct session *s, const struct http_request *r, size_t *body_max,
                  struct problem *p)
{
    (void)arg;
    (void)s;
    *body_max = 0;
    if (what_of(r->path) == NOTHING) {
        problem_set(p, "not-found", _("This server has no such path."));
        return false;
    }
    if (r->method != HTTP_POST)
        return true;
    problem_set(p, "method", _("This path is not for that method."));
    p->allow = "GET, HEAD";
    return false;
}

static void serve(void *arg, struct session *s, const struct http_request *r)
{
    struct admin *a = arg;
    struct db_args none = {0};
    struct call *c;

    if (what_of(r->path) == HEALTHZ) {
        session_answer(s, &(struct session_answer){
                              .status = 200, .type = "text/plain", .body = "ok\n", .body_len = 3});
        return;
    }
    c = xcalloc(1, sizeof *c);
    *c = (struct call){.admin = a, .session = s, .what = what_of(r->path)};
    session_set_server(s, on_gone, c);
    if (a->db == NULL || !db_call(a->db, "status", &none, on_status, c))
        on_status(c, DB_LOST, NULL);
}

struct admin *admin_new(struct event_base *base, const struct settings *settings, int fd,
                        const struct admin_ops *ops, void *arg)
{
    struct admin *a = xcalloc(1, sizeof *a);
    struct tls_limits limits = {
        .max_connections = 64, .max_handshakes = 64, .handshake_seconds = 5};

    a->ops = *ops;
    a->arg = arg;
    a->group = (struct session_group){.ops = {.admit = admit, .serve = serve},
                                      .arg = a,
                                      .header_seconds = (unsigned)settings->header_timeout,
                                      .body_seconds = (unsigned)settings->body_timeout,
                                      .idle_seconds = (unsigned)settings->idle_timeout};
    a->pool = tls_pool_new(base, &limits, &session_tls_ops, &a->group);
    a->listener = listener_new(base, fd, a->pool, NULL);
    return a;
}

void admin_set_db(struct admin *a, struct db *d)
{
    a->db = d;
}

void admin_free(struct admin **ap)
{
    struct admin *a = *ap;

    *ap = NULL;
    if (a == NULL)
        return;
    listener_free(&a->listener);
    tls_pool_free(&a->pool);
    session_group_clear(&a->group);
    free(a);
}

void admin_drain(struct admin *a)
{
    listener_stop(a->listener);
    session_group_drain(&a->group, a->pool);
}
