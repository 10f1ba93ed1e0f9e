/* SPDX-License-Identifier: BSD-2-Clause */
/* Watches over the children. Everything here happens on one event loop: signals, heartbeats, a tick
 * a second. Nothing that a peer of the daemon sends reaches this process. */
#include "daemon/parent.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/i18n.h"
#include "common/log.h"
#include "daemon/generation.h"
#include "daemon/link.h"
#include "daemon/notify.h"
#include "daemon/pidfile.h"
#include "daemon/roles.h"
#include "daemon/settings.h"

#define SECOND ((int64_t)1000000)
#define DEATHS_MAX 5 /* of one role in DEATHS_WINDOW: the daemon stops, systemd decides */
#define DEATHS_WINDOW (60 * SECOND)
#define RESTART_DELAY                                                                              \
    ((int64_t)100000) /* after the second death in a row; then four times that                     \
                       */
#define KINDS 3
#define SIGNALS 4

struct parent {
    struct event_base *base;
    struct event *signal[SIGNALS], *tick, *restart;
    struct generation *current;
    struct generation_list old;
    struct process *signer;
    int64_t death[KINDS][DEATHS_MAX]; /* the latest ones by role, in a ring */
    unsigned deaths[KINDS];
    int64_t ticked;
    unsigned number;
    int pid_fd;
    bool announced, stopping, signer_outdated;
    int exit_code;
};

/* ---- in the child -------------------------------------------------------------------------- */

static struct generation *generation_of(const struct parent *p, const struct process *process)
{
    struct generation *g;

    TAILQ_FOREACH(g, &p->old, entry)
    for (size_t i = 0; i < g->n; i++)
        if (g->process[i] == process)
            return g;
    return p->current; /* the signer too */
}

static void forget_links(struct generation *g)
{
    for (size_t i = 0; i < g->n; i++)
        link_free(&g->process[i]->link);
}

/* Closes whatever is the parent's or another child's: a listening socket kept here would hold
 * callers that nobody answers. */
static void forget_parent(struct parent *p)
{
    struct generation *g;

    event_reinit(p->base); /* else closing ours would empty the parent's epoll set */
    TAILQ_FOREACH(g, &p->old, entry)
    {
        forget_links(g);
        sockets_close(&g->sockets);
    }
    forget_links(p->current);
    sockets_close(&p->current->sockets);
    link_free(&p->signer->link);
    for (size_t i = 0; i < SIGNALS; i++)
        event_free(p->signal[i]);
    event_free(p->tick);
    event_free(p->restart);
    event_base_free(p->base);
    close(p->pid_fd);
}

static int keep(int fd)
{
    return fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : -1;
}

static void enter(struct process *process, int link_fd, void *ctx)
{
    struct parent *p = ctx;
    const struct generation *g = generation_of(p, process);
    struct child c = {.kind = process->kind,
                      .slot = process->slot,
                      .settings = g->settings,
                      .listen_fd = -1,
                      .admin_fd = -1};
    const struct role_functions role = role_functions(c.kind);
    struct err e = {0};

    log_init(process->name, c.settings->log_level);
    if (c.kind == CHILD_RECEIVER) {
        c.listen_fd = keep(g->sockets.fd[c.slot]);
        c.admin_fd = c.slot == 0 ? keep(g->sockets.admin_fd) : -1;
    }
    forget_parent(p);
    if (!role_prepare(&c, &e) || !child_drop_rights(c.settings, c.kind, &e)) {
        log_error("cannot start error=\"%s\"", e.text);
        exit(1);
    }
    exit(child_run(&c, link_fd, role.start, role.stop));
}

/* ---- starting ------------------------------------------------------------------------------ */

static void join_all(struct parent *p, const struct generation *g)
{
    for (size_t i = 0; i < g->n; i++)
        if (g->process[i]->kind == CHILD_RECEIVER)
            process_join(p->signer, g->process[i]);
}

/* Starts it when it is due; otherwise lowers *wait to when it will be. */
static void start_one(struct parent *p, struct process *process, int64_t now, int64_t *wait)
{
    if (process->pid != 0)
        return;
    int64_t left = process->restart - now;
    if (left > 0 || !process_fork(process, enter)) {
        left = left > 0 ? left : SECOND;
        *wait = *wait == 0 || left < *wait ? left : *wait;
        return;
    }
    log_debug("started role=%s pid=%ld", process->name, (long)process->pid);
    if (process->kind == CHILD_RECEIVER)
        process_join(p->signer, process);
    if (process == p->signer) {
        struct generation *g;
        TAILQ_FOREACH(g, &p->old, entry)
        join_all(p, g);
        join_all(p, p->current);
    }
}

/* Starts whatever should run and does not. */
static void parent_start_all(struct parent *p)
{
    int64_t now = clock_mono();
    int64_t wait = 0;

    if (p->stopping)
        return;
    start_one(p, p->signer, now, &wait);
    for (size_t i = 0; i < p->current->n; i++)
        start_one(p, p->current->process[i], now, &wait);
    if (wait > 0)
        event_add(p->restart, &(struct timeval){wait / SECOND, (suseconds_t)(wait % SECOND)});
}

static void on_restart(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    parent_start_all(arg);
}

/* The new generation works: the old may go, and the signer reads its settings anew. */
static void on_ready(struct process *process, void *ctx)
{
    struct parent *p = ctx;
    struct generation *g;

    (void)process;
    if (p->stopping || !generation_ready(p->current) || !p->signer->ready)
        return;
    TAILQ_FOREACH(g, &p->old, entry)
    generation_drain(g);
    if (p->signer_outdated) {
        p->signer_outdated = false;
        process_drain(p->signer);
    }
    if (!p->announced) {
        p->announced = true;
        notify_send("READY=1");
        log_info("ready receivers=%ld listen=%s", p->current->settings->receivers,
                 p->current->settings->listen);
    }
}

/* ---- stopping ------------------------------------------------------------------------------ */

static void kill_all(struct parent *p)
{
    struct generation *g;

    TAILQ_FOREACH(g, &p->old, entry)
    for (size_t i = 0; i < g->n; i++)
        process_kill(g->process[i]);
    for (size_t i = 0; i < p->current->n; i++)
        process_kill(p->current->process[i]);
    process_kill(p->signer);
}

/* The signer goes last: receivers that drain still need its signatures. */
static void stop_further(struct parent *p)
{
    bool running = generation_running(p->current);
    struct generation *g;

    TAILQ_FOREACH(g, &p->old, entry)
    running = running || generation_running(g);
    if (running)
        return;
    process_drain(p->signer);
    if (p->signer->pid == 0)
        event_base_loopbreak(p->base);
}

static void parent_stop(struct parent *p, int exit_code)
{
    struct generation *g;

    if (p->stopping) {
        kill_all(p); /* asked twice: no more waiting */
        return;
    }
    p->stopping = true;
    p->exit_code = exit_code;
    notify_send("STOPPING=1");
    log_info("stopping");
    TAILQ_FOREACH(g, &p->old, entry)
    generation_drain(g);
    generation_drain(p->current);
    stop_further(p);
}

/* ---- deaths -------------------------------------------------------------------------------- */

/* True when it was one death too many. */
static bool count_death(struct parent *p, struct process *process, int64_t now)
{
    int64_t *ring = p->death[process->kind];

    ring[p->deaths[process->kind]++ % DEATHS_MAX] = now;
    int64_t oldest = ring[p->deaths[process->kind] % DEATHS_MAX];
    process->deaths =
        process->died != 0 && now - process->died < DEATHS_WINDOW ? process->deaths + 1 : 1;
    process->died = now;
    process->restart = now;
    for (unsigned i = 1; i < process->deaths; i++)
        process->restart =
            now + (process->restart == now ? RESTART_DELAY : (process->restart - now) * 4);
    return p->deaths[process->kind] >= DEATHS_MAX && now - oldest < DEATHS_WINDOW;
}

static void log_end(const struct process *process, int status)
{
    if (WIFSIGNALED(status))
        log_error("died role=%s pid=%ld signal=%d", process->name, (long)process->pid,
                  WTERMSIG(status));
    else
        log_error("died role=%s pid=%ld status=%d", process->name, (long)process->pid,
                  WEXITSTATUS(status));
}

static void process_gone(struct parent *p, struct process *process, int status)
{
    bool expected = process->draining;

    if (!expected)
        log_end(process, status);
    process_ended(process);
    if (p->stopping || expected)
        return;
    if (count_death(p, process, clock_mono())) {
        log_error("role=%s died %d times within a minute: giving up", process->name, DEATHS_MAX);
        parent_stop(p, 1);
    }
}

static void free_drained(struct parent *p)
{
    struct generation *next;

    for (struct generation *g = TAILQ_FIRST(&p->old); g != NULL; g = next) {
        next = TAILQ_NEXT(g, entry);
        if (g->kill_at == 0 || generation_running(g))
            continue;
        TAILQ_REMOVE(&p->old, g, entry);
        generation_free(&g);
        log_info("old generation has left");
    }
}

static struct process *find_process(const struct parent *p, pid_t pid)
{
    struct process *process = generation_find(p->current, pid);
    struct generation *g;

    if (p->signer->pid == pid)
        return p->signer;
    TAILQ_FOREACH(g, &p->old, entry)
    if (process == NULL)
        process = generation_find(g, pid);
    return process;
}

static void reap(struct parent *p)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct process *process = find_process(p, pid);
        if (process != NULL)
            process_gone(p, process, status);
    }
    free_drained(p);
    if (p->stopping)
        stop_further(p);
    else
        parent_start_all(p);
}

/* ---- reload -------------------------------------------------------------------------------- */

static bool reload_allowed(const struct parent *p, const struct settings *s, struct err *e)
{
    const struct settings *now = p->current->settings;

    if (strcmp(s->origin, now->origin) != 0 || strcmp(s->pid_file, now->pid_file) != 0)
        return err_set(e, "config", _("origin and pid-file only change by stop and start"));
    return true;
}

static void reload(struct parent *p)
{
    struct settings *s = NULL;
    struct generation *g = NULL;
    struct err e = {0};

    if (p->stopping)
        return;
    if (!settings_load(p->current->settings->path, &s, NULL, NULL, &e) ||
        !reload_allowed(p, s, &e) ||
        !generation_new(p->base, s, p->current, &p->number, on_ready, p, &g, &e)) {
        log_error("reload refused, everything stays as it was error=\"%s\"", e.text);
        settings_free(&s);
        return;
    }
    s->test_clock = p->current->settings->test_clock;
    TAILQ_INSERT_TAIL(&p->old, p->current, entry);
    p->current = g;
    p->signer_outdated = true;
    log_init("parent", s->log_level);
    log_info("reloading");
    parent_start_all(p);
}

/* ---- events -------------------------------------------------------------------------------- */

static void on_signal(evutil_socket_t number, short what, void *arg)
{
    (void)what;
    if (number == SIGCHLD)
        reap(arg);
    else if (number == SIGHUP)
        reload(arg);
    else
        parent_stop(arg, 0);
}

static void check_heartbeat(struct process *process, int64_t now)
{
    if (process->pid == 0 || now - process->heard < PROCESS_SILENCE_US)
        return;
    log_error("no heartbeat for 5 s, killed role=%s pid=%ld", process->name, (long)process->pid);
    process_kill(process);
    process->heard = now;
}

static void check_generation(struct generation *g, int64_t now, bool late)
{
    for (size_t i = 0; i < g->n; i++) {
        if (late)
            g->process[i]->heard = now;
        check_heartbeat(g->process[i], now);
        if (g->kill_at != 0 && now >= g->kill_at && g->process[i]->pid != 0) {
            log_warn("not drained in time, killed role=%s", g->process[i]->name);
            process_kill(g->process[i]);
        }
    }
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct parent *p = arg;
    int64_t now = clock_mono();
    /* this process itself was stopped or the machine asleep: nobody else is to blame */
    bool late = now - p->ticked > 3 * SECOND;
    struct generation *g;

    (void)fd;
    (void)what;
    p->ticked = now;
    TAILQ_FOREACH(g, &p->old, entry)
    check_generation(g, now, late);
    check_generation(p->current, now, late);
    if (late)
        p->signer->heard = now;
    check_heartbeat(p->signer, now);
    free_drained(p);
    if (p->announced)
        notify_send("WATCHDOG=1");
}

/* ---- life ---------------------------------------------------------------------------------- */

static void parent_events(struct parent *p)
{
    static const int signals[SIGNALS] = {SIGCHLD, SIGHUP, SIGTERM, SIGINT};
    const struct timeval second = {1, 0};

    for (size_t i = 0; i < SIGNALS; i++) {
        p->signal[i] = evsignal_new(p->base, signals[i], on_signal, p);
        if (p->signal[i] == NULL || event_add(p->signal[i], NULL) != 0)
            abort();
    }
    p->tick = event_new(p->base, -1, EV_PERSIST, on_tick, p);
    p->restart = event_new(p->base, -1, 0, on_restart, p);
    if (p->tick == NULL || p->restart == NULL)
        abort();
    event_add(p->tick, &second);
    p->ticked = clock_mono();
}

static void parent_free(struct parent *p)
{
    struct generation *g;

    while ((g = TAILQ_FIRST(&p->old)) != NULL) {
        TAILQ_REMOVE(&p->old, g, entry);
        generation_free(&g);
    }
    pidfile_release(p->current->settings->pid_file, &p->pid_fd);
    generation_free(&p->current);
    process_free(&p->signer);
    for (size_t i = 0; i < SIGNALS; i++)
        event_free(p->signal[i]);
    event_free(p->tick);
    event_free(p->restart);
    event_base_free(p->base);
}

int parent_run(struct settings *s)
{
    struct parent p = {.pid_fd = -1};
    struct err e = {0};

    TAILQ_INIT(&p.old);
    log_init("parent", s->log_level);
    p.base = child_base();
    if (p.base == NULL)
        abort();
    if (!pidfile_take(s->pid_file, &p.pid_fd, &e) ||
        !generation_new(p.base, s, NULL, &p.number, on_ready, &p, &p.current, &e)) {
        log_error("cannot start error=\"%s\"", e.text);
        event_base_free(p.base);
        pidfile_release(s->pid_file, &p.pid_fd);
        settings_free(&s);
        return 1;
    }
    p.signer = process_new(p.base, CHILD_SIGNER, 0, on_ready, &p);
    parent_events(&p);
    parent_start_all(&p);
    event_base_dispatch(p.base);
    log_info("stopped");
    parent_free(&p);
    return p.exit_code;
}
