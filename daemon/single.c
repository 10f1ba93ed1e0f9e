/* SPDX-License-Identifier: BSD-2-Clause */
/* `duband --single`: the three roles in one process, for a debugger. The same start and stop
 * functions as in children; signals take the place of the parent. No restarts: what dies, dies. */
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/key.h"
#include "common/log.h"
#include "daemon/child.h"
#include "daemon/link.h"
#include "daemon/net/tls_context.h"
#include "daemon/net/tls_stream.h"
#include "daemon/parent.h"
#include "daemon/pidfile.h"
#include "daemon/roles.h"
#include "daemon/settings.h"
#include "daemon/sockets.h"

#define ROLES 3
#define SIGNALS 3

struct single {
    struct settings *settings;
    struct event_base *base;
    struct event *signal[SIGNALS];
    struct event *deadline;
    struct sockets sockets;
    struct child child[ROLES]; /* by enum child_kind */
    int pid_fd;
    int exit_code;
};

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    event_base_loopbreak(arg);
}

static void single_stop(struct single *s)
{
    if (s->child[CHILD_RECEIVER].draining) {
        event_base_loopbreak(s->base);
        return;
    }
    event_add(s->deadline, &(struct timeval){s->settings->drain_timeout, 0});
    child_drain(&s->child[CHILD_ALERTER]);
    child_drain(&s->child[CHILD_RECEIVER]);
}

/* The signer goes last. A role that gives up without being asked stops the rest. */
static void on_leave(struct child *c, void *ctx)
{
    struct single *s = ctx;

    if (c->exit_code > s->exit_code)
        s->exit_code = c->exit_code;
    if (c->kind == CHILD_SIGNER)
        event_base_loopbreak(s->base);
    else if (s->child[CHILD_RECEIVER].leave && s->child[CHILD_ALERTER].leave)
        child_drain(&s->child[CHILD_SIGNER]);
    else if (!c->draining)
        single_stop(s);
}

/* Only the certificate files are read anew. */
static void single_reload(struct single *s)
{
    struct child *c = &s->child[CHILD_RECEIVER];
    struct tls_context *before = c->tls;
    struct err e = {0};

    if (!role_prepare(c, &e)) {
        log_error("reload refused error=\"%s\"", e.text);
        c->tls = before;
        return;
    }
    if (c->on_tls != NULL)
        c->on_tls(c);
    tls_context_free(&before);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
    (void)what;
    if (number == SIGHUP)
        single_reload(arg);
    else
        single_stop(arg);
}

static void single_events(struct single *s)
{
    static const int signals[SIGNALS] = {SIGHUP, SIGTERM, SIGINT};

    for (size_t i = 0; i < SIGNALS; i++) {
        s->signal[i] = evsignal_new(s->base, signals[i], on_signal, s);
        if (s->signal[i] == NULL || event_add(s->signal[i], NULL) != 0)
            abort();
    }
    s->deadline = event_new(s->base, -1, 0, on_deadline, s->base);
    if (s->deadline == NULL)
        abort();
}

static bool start_roles(struct single *s, struct err *e)
{
    for (unsigned i = 0; i < ROLES; i++) {
        struct child *c = &s->child[i];
        *c = (struct child){.kind = (enum child_kind)i,
                            .settings = s->settings,
                            .base = s->base,
                            .listen_fd = i == CHILD_RECEIVER ? s->sockets.fd[0] : -1,
                            .admin_fd = i == CHILD_RECEIVER ? s->sockets.admin_fd : -1,
                            .on_leave = on_leave,
                            .leave_ctx = s};
        if (!role_prepare(c, e) || !role_functions(c->kind).start(c, e))
            return false;
    }
    return true;
}

static bool join(struct single *s)
{
    struct child *signer = &s->child[CHILD_SIGNER];
    struct child *receiver = &s->child[CHILD_RECEIVER];
    int fd[2];

    if (!link_pair(fd))
        return false;
    signer->on_peer(signer, 1, fd[0]);
    if (receiver->on_peer != NULL)
        receiver->on_peer(receiver, 0, fd[1]);
    else
        close(fd[1]);
    return true;
}

static void single_free(struct single *s)
{
    for (int i = ROLES - 1; i >= 0; i--) {
        struct child *c = &s->child[i];
        if (c->role != NULL)
            role_functions(c->kind).stop(c);
        tls_context_free(&c->tls);
        key_free(&c->log_key);
    }
    for (size_t i = 0; i < SIGNALS; i++)
        event_free(s->signal[i]);
    event_free(s->deadline);
    event_base_free(s->base);
    sockets_close(&s->sockets);
    pidfile_release(s->settings->pid_file, &s->pid_fd);
    settings_free(&s->settings);
}

int parent_run_single(struct settings *settings)
{
    struct single s = {.settings = settings, .pid_fd = -1, .sockets = {.admin_fd = -1}};
    struct err e = {0};

    settings->receivers = 1;
    log_init("single", settings->log_level);
    s.base = child_base();
    if (s.base == NULL)
        abort();
    single_events(&s);
    if (!pidfile_take(settings->pid_file, &s.pid_fd, &e) ||
        !sockets_open(settings, NULL, &s.sockets, &e) || !start_roles(&s, &e) || !join(&s)) {
        log_error("cannot start error=\"%s\"", e.text);
        s.exit_code = 1;
    } else {
        log_info("ready listen=%s", settings->listen);
        event_base_dispatch(s.base);
    }
    single_free(&s);
    return s.exit_code;
}
