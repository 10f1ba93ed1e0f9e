/* SPDX-License-Identifier: BSD-2-Clause */
/* The frame of a role's process: rights, event base, heartbeat, orders from the parent. The parent
 * is trusted; signals from elsewhere are not obeyed, so that a terminal's or systemd's signal to
 * the whole group cannot cut short what the parent wants drained. */
#include "daemon/child.h"

#include <event2/event.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/i18n.h"
#include "common/key.h"
#include "common/log.h"
#include "daemon/link.h"
#include "daemon/net/tls_context.h"
#include "daemon/net/tls_stream.h"
#include "daemon/settings.h"

const char *child_kind_name(enum child_kind kind)
{
    static const char *const names[] = {
        [CHILD_SIGNER] = "signer", [CHILD_RECEIVER] = "receiver", [CHILD_ALERTER] = "alerter"};

    return names[kind];
}

/* ---- rights -------------------------------------------------------------------------------- */

static bool drop_user(const char *user, struct err *e)
{
    const struct passwd *pw = getpwnam(user);

    if (pw == NULL)
        return err_set(e, "user", _("there is no account %s; create it or change the setting user"),
                       user);
    if (initgroups(user, pw->pw_gid) != 0 || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) != 0 ||
        setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) != 0)
        return err_set(e, "user", _("cannot change to the account %s"), user);
    if (pw->pw_uid != 0 && setuid(0) == 0)
        return err_set(e, "user", _("rights given up for %s came back"), user);
    return true;
}

/* Keeps the log key out of swap as far as this account may. */
static void lock_memory(void)
{
    const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    /* without the higher limit, MCL_FUTURE would make later allocations fail */
    bool future = setrlimit(RLIMIT_MEMLOCK, &all) == 0;

    if (mlockall(future ? MCL_CURRENT | MCL_FUTURE : MCL_CURRENT) != 0)
        log_debug("memory not locked");
}

bool child_drop_rights(const struct settings *s, enum child_kind kind, struct err *e)
{
    const struct rlimit none = {0, 0};

    if (kind == CHILD_SIGNER)
        lock_memory();
    if (geteuid() == 0 && *s->user != '\0' && !drop_user(s->user, e))
        return false;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return err_set(e, "user", _("cannot give up new privileges"));
    if (kind == CHILD_SIGNER &&
        (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0))
        return err_set(e, "user", _("cannot protect the signer's memory"));
    return true;
}

/* ---- loop ---------------------------------------------------------------------------------- */

void child_leave(struct child *c, int code)
{
    if (c->leave)
        return;
    c->leave = true;
    c->exit_code = code;
    if (c->on_leave != NULL)
        c->on_leave(c, c->leave_ctx);
    else
        event_base_loopbreak(c->base);
}

void child_drain(struct child *c)
{
    if (c->draining)
        return;
    c->draining = true;
    if (c->on_drain != NULL)
        c->on_drain(c);
    else
        child_leave(c, 0);
}

static void take_peer(struct child *c, const uint8_t *data, size_t n, int fd)
{
    uint32_t peer;

    if (n != sizeof(peer) || fd < 0 || c->on_peer == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    memcpy(&peer, data, sizeof(peer));
    c->on_peer(c, peer, fd);
}

static void on_message(struct link *l, void *ctx, unsigned type, const uint8_t *data, size_t n,
                       int fd)
{
    struct child *c = ctx;

    (void)l;
    if (type == LINK_PEER) {
        take_peer(c, data, n, fd);
        return;
    }
    if (fd >= 0)
        close(fd);
    if (type == LINK_DRAIN)
        child_drain(c);
}

static void on_close(struct link *l, void *ctx)
{
    struct child *c = ctx;

    (void)l;
    log_warn("the parent is gone");
    c->leave = false;
    child_leave(c, 3);
}

static void on_heartbeat(evutil_socket_t fd, short what, void *arg)
{
    struct child *c = arg;

    (void)fd;
    (void)what;
    link_send(c->parent, LINK_HEARTBEAT, NULL, 0, -1);
}

#define BETWEEN_POLLS_US 400

/* Two priorities: a client's bytes (1) wait while the database or the signer has something to say
 * (0), so that the next batch leaves while its followers are still being verified. After a few
 * clients the loop looks whether there is such news: after some time, not some number, for a look
 * at ten thousand sockets that all have something costs more than a callback that only takes note.
 */
struct event_base *child_base(void)
{
    struct event_config *config = event_config_new();
    const struct timeval between = {.tv_usec = BETWEEN_POLLS_US};

    if (config == NULL)
        return NULL;
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_PRECISE_TIMER);
    event_config_set_max_dispatch_interval(config, &between, -1, 1);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    if (base != NULL && event_base_priority_init(base, 2) != 0)
        event_base_free(base), base = NULL;
    return base;
}

static void ignore_signals(void)
{
    static const int ignored[] = {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
    sigset_t none;

    for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
        signal(ignored[i], SIG_IGN);
    sigemptyset(&none); /* the parent blocks all while it forks */
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void child_loop(struct child *c, int parent_fd)
{
    static const struct link_ops ops = {on_message, on_close};
    const struct timeval second = {1, 0};
    struct event *beat = event_new(c->base, -1, EV_PERSIST, on_heartbeat, c);

    if (beat == NULL)
        abort();
    c->parent = link_new(c->base, parent_fd, &ops, c);
    link_send(c->parent, LINK_READY, NULL, 0, -1);
    event_priority_set(beat, 0); /* much to do is not being stuck */
    event_add(beat, &second);
    event_base_dispatch(c->base);
    event_free(beat);
    link_free(&c->parent);
}

int child_run(struct child *c, int parent_fd, child_start_fn *start, child_stop_fn *stop)
{
    struct err e = {0};

    ignore_signals();
    c->base = child_base();
    if (c->base == NULL)
        abort();
    c->exit_code = 1;
    if (start(c, &e)) {
        child_loop(c, parent_fd);
        stop(c);
    } else {
        log_error("cannot start error=\"%s\"", e.text);
        close(parent_fd);
    }
    tls_context_free(&c->tls);
    key_free(&c->log_key);
    event_base_free(c->base);
    return c->exit_code;
}
