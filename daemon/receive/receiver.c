/* SPDX-License-Identifier: BSD-2-Clause */
/* The receiver's life: makes the steps and the four connections (append, read, push, listen), keeps
 * the registry fresh, drains. It holds no key of the log and may do in SQL what duban_receiver may.
 */
#include "daemon/receive/receiver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/log.h"
#include "common/mem.h"
#include "daemon/receive/receiver_private.h"
#include "daemon/settings.h"

#define KEYS_SECONDS 3600 /* dated facts change without an entry */
#define DRAIN_US 50000
#define LISTEN_SECONDS 2 /* after the start callers are answered, if only with "busy" */

static const char *const channels[] = {"duban_entry", "duban_alert", "duban_registry", NULL};

/* ---- registry ------------------------------------------------------------------------------- */

static void reload_in(struct receiver *r, long seconds)
{
    struct timeval tv = {.tv_sec = seconds};

    evtimer_add(r->reload, &tv);
}

void receiver_load_keys(struct receiver *r)
{
    if (!db_ready(r->read_db) || !keys_load(r->keys, r->read_db))
        reload_in(r, 1);
}

static void on_reload(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    receiver_load_keys(arg);
}

/* Is this the database that the configuration means? If not, nothing may be served from it. */
static bool right_database(const struct receiver *r)
{
    const struct settings *s = r->child->settings;

    if (strcmp(keys_origin(r->keys), s->origin) != 0) {
        log_error("the database belongs to the log %s, but the configuration says origin = %s",
                  keys_origin(r->keys), s->origin);
        return false;
    }
    if (keys_test(r->keys) && !s->test_clock) {
        log_error("this is a test database whose clock can be moved: start duband with "
                  "--test-clock, or use the right database");
        return false;
    }
    return true;
}

static void on_keys_loaded(void *arg, bool ok)
{
    struct receiver *r = arg;

    reload_in(r, ok ? KEYS_SECONDS : 1);
    if (!ok)
        return;
    if (!right_database(r)) {
        child_leave(r->child, 1);
        return;
    }
    append_registry(r->append, keys_registry(r->keys), keys_offset(r->keys));
    push_recheck(r->push);
    receiver_listen_if_ready(r);
}

void receiver_listen_if_ready(struct receiver *r)
{
    if (r->accept != NULL && append_closed(r->append) == NULL)
        accept_listen(r->accept);
}

static void on_listen_timer(evutil_socket_t fd, short what, void *arg)
{
    struct receiver *r = arg;

    (void)fd;
    (void)what;
    accept_listen(r->accept);
}

/* ---- connections ---------------------------------------------------------------------------- */

static void on_append_ready(void *arg)
{
    struct receiver *r = arg;

    seal_check(r->seal);
    append_ready(r->append);
}

static void on_append_down(void *arg)
{
    struct receiver *r = arg;

    append_down(r->append);
}

static void on_read_ready(void *arg)
{
    struct receiver *r = arg;

    receiver_load_keys(r);
    seal_check(r->seal);
}

static void on_push_ready(void *arg)
{
    struct receiver *r = arg;

    push_notify(r->push);
}

static void on_listen_ready(void *arg)
{
    struct receiver *r = arg;

    receiver_load_keys(r); /* what was notified before is not known */
    push_notify(r->push);
}

static void on_notify(void *arg, const char *channel, const char *payload)
{
    struct receiver *r = arg;

    (void)payload;
    if (strcmp(channel, "duban_alert") == 0)
        push_notify(r->push);
    else if (strcmp(channel, "duban_entry") == 0)
        seal_notify(r->seal);
    else if (strcmp(channel, "duban_registry") == 0)
        receiver_load_keys(r);
}

static void make_connections(struct receiver *r)
{
    const struct settings *s = r->child->settings;
    struct db_settings d = {.base = r->child->base,
                            .conninfo = s->database,
                            .user = s->receiver_user,
                            .name = "append",
                            .generic_plans = true,
                            .strict = true};
    struct db_handlers append = {.on_ready = on_append_ready, .on_down = on_append_down};
    struct db_handlers read = {.on_ready = on_read_ready};
    struct db_handlers push = {.on_ready = on_push_ready};
    struct db_handlers listen = {.on_ready = on_listen_ready, .on_notify = on_notify};

    r->append_db = db_new(&d, &append, r);
    d.name = "read";
    d.strict = d.generic_plans = false;
    d.read_only = true;
    d.statement_timeout_ms = 15000;
    r->read_db = db_new(&d, &read, r);
    d.name = "push"; /* an alert waits for nobody's query */
    r->push_db = db_new(&d, &push, r);
    d.name = "listen";
    d.statement_timeout_ms = 0;
    d.channels = channels;
    r->listen_db = db_new(&d, &listen, r);
    append_set_db(r->append, r->append_db);
    seal_set_db(r->seal, r->read_db);
    acknowledge_set_db(r->acknowledge, r->read_db);
    query_set_db(r->query, r->read_db);
    push_set_db(r->push, r->push_db);
    pulse_set_db(r->pulse, r->push_db);
    if (r->admin != NULL)
        admin_set_db(r->admin, r->read_db);
    db_start(r->append_db);
    db_start(r->read_db);
    db_start(r->push_db);
    db_start(r->listen_db);
}

/* ---- signer --------------------------------------------------------------------------------- */

static void on_signer_message(struct link *l, void *ctx, unsigned type, const uint8_t *data,
                              size_t n, int fd)
{
    struct receiver *r = ctx;

    (void)l;
    if (fd >= 0)
        evutil_closesocket(fd);
    if (type == LINK_PULSE)
        pulse_signed(r->pulse, (const char *)data, n);
    else
        seal_answer(r->seal, type, data, n);
}

static void on_signer_close(struct link *l, void *ctx)
{
    struct receiver *r = ctx;

    (void)l;
    log_warn("the link to the signer is closed");
    link_free(&r->signer);
}

static void on_peer(struct child *c, unsigned peer, int fd)
{
    static const struct link_ops ops = {.on_message = on_signer_message,
                                        .on_close = on_signer_close};
    struct receiver *r = c->role;

    (void)peer;
    link_free(&r->signer);
    r->signer = link_new(c->base, fd, &ops, r);
    if (r->signer != NULL)
        seal_link(r->seal);
}

/* ---- life ----------------------------------------------------------------------------------- */

static void on_drain_timer(evutil_socket_t fd, short what, void *arg)
{
    struct receiver *r = arg;

    (void)fd;
    (void)what;
    if (accept_serving(r->accept) == 0 && append_idle(r->append) && seal_idle(r->seal) &&
        accept_open(r->accept) == 0) {
        event_del(r->drain);
        child_leave(r->child, 0);
    }
}

static void on_drain(struct child *c)
{
    struct receiver *r = c->role;
    struct timeval tv = {.tv_usec = DRAIN_US};

    r->stopping = true;
    accept_drain(r->accept);
    if (r->admin != NULL)
        admin_drain(r->admin);
    event_add(r->drain, &tv);
}

static void on_tls(struct child *c)
{
    struct receiver *r = c->role;

    accept_set_context(r->accept, c->tls);
}

static void make_steps(struct receiver *r)
{
    struct child *c = r->child;
    struct timeval tv = {.tv_sec = LISTEN_SECONDS};

    r->keys = keys_new(on_keys_loaded, r);
    r->intake = intake_new(c->base, r->keys, &receiver_intake_ops, r);
    r->append = append_new(c->base, &receiver_append_ops, r);
    r->seal = seal_new(c->base, &receiver_seal_ops, r);
    r->acknowledge = acknowledge_new(c->base, &receiver_acknowledge_ops, r);
    r->query = query_new();
    r->push = push_new(c->base, r->keys, (unsigned)c->settings->stream_ping);
    r->pulse = pulse_new(c->base, r->push, (unsigned)c->settings->stream_heartbeat,
                         &receiver_pulse_ops, r);
    r->reload = evtimer_new(c->base, on_reload, r);
    r->drain = event_new(c->base, -1, EV_PERSIST, on_drain_timer, r);
    r->listen = evtimer_new(c->base, on_listen_timer, r);
    if (r->reload == NULL || r->drain == NULL || r->listen == NULL)
        abort();
    evtimer_add(r->listen, &tv);
    /* nothing is taken before signer and database are known to agree */
    r->code = "busy";
    snprintf(r->why, sizeof r->why, "%s", _("not started yet"));
    append_close(r->append, r->code);
}

bool receiver_start(struct child *c, struct err *e)
{
    struct receiver *r = xcalloc(1, sizeof *r);

    (void)e;
    r->child = c;
    c->role = r;
    make_steps(r);
    r->accept = accept_new(c->base, c->settings, c->listen_fd, c->tls, &receiver_accept_ops, r);
    if (c->admin_fd >= 0)
        r->admin = admin_new(c->base, c->settings, c->admin_fd, &receiver_admin_ops, r);
    make_connections(r);
    c->on_peer = on_peer;
    c->on_drain = on_drain;
    c->on_tls = on_tls;
    return true;
}

void receiver_stop(struct child *c)
{
    struct receiver *r = c->role;

    c->role = NULL;
    if (r == NULL)
        return;
    /* sessions first: what comes back afterwards has nobody to answer; then the connections, which
     * tell every step that its call is lost; then the steps */
    accept_free(&r->accept);
    admin_free(&r->admin);
    db_free(&r->append_db);
    db_free(&r->read_db);
    db_free(&r->push_db);
    db_free(&r->listen_db);
    acknowledge_free(&r->acknowledge);
    seal_free(&r->seal);
    append_free(&r->append);
    pulse_free(&r->pulse);
    push_free(&r->push);
    query_free(&r->query);
    intake_free(&r->intake);
    keys_free(&r->keys);
    link_free(&r->signer);
    event_free(r->reload);
    event_free(r->drain);
    event_free(r->listen);
    buf_free(&r->message);
    free(r);
}
