/* SPDX-License-Identifier: BSD-2-Clause */
/* Children are ours but may be taken over by a peer: the parent only hears heartbeats from them. */
#include "daemon/process.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "daemon/link.h"

static void on_message(struct link *l, void *ctx, unsigned type, const uint8_t *data, size_t n,
                       int fd)
{
    struct process *p = ctx;

    (void)l;
    (void)data;
    (void)n;
    if (fd >= 0)
        close(fd);
    p->heard = clock_mono();
    if (type == LINK_READY && !p->ready) {
        p->ready = true;
        p->on_ready(p, p->ctx);
    }
}

/* Its death is told by SIGCHLD; a living child without a link is of no use. */
static void on_close(struct link *l, void *ctx)
{
    struct process *p = ctx;

    (void)l;
    link_free(&p->link);
    if (!p->draining)
        process_kill(p);
}

struct process *process_new(struct event_base *base, enum child_kind kind, unsigned slot,
                            void (*on_ready)(struct process *p, void *ctx), void *ctx)
{
    struct process *p = xcalloc(1, sizeof(*p));

    p->base = base;
    p->kind = kind;
    p->slot = slot;
    p->on_ready = on_ready;
    p->ctx = ctx;
    if (kind == CHILD_RECEIVER)
        snprintf(p->name, sizeof(p->name), "%s/%u", child_kind_name(kind), slot);
    else
        snprintf(p->name, sizeof(p->name), "%s", child_kind_name(kind));
    return p;
}

void process_free(struct process **p)
{
    if (*p == NULL)
        return;
    process_kill(*p);
    link_free(&(*p)->link);
    free(*p);
    *p = NULL;
}

bool process_fork(struct process *p, void (*enter)(struct process *p, int link_fd, void *ctx))
{
    static const struct link_ops ops = {on_message, on_close};
    sigset_t all;
    sigset_t before;
    int fd[2];

    if (!link_pair(fd))
        return false;
    /* a signal between fork and the child's own handlers would be taken for the parent's */
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    pid_t pid = fork();
    if (pid == 0) {
        close(fd[0]);
        enter(p, fd[1], p->ctx);
        _exit(1);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(fd[1]);
    if (pid < 0) {
        close(fd[0]);
        log_error("cannot fork role=%s error=\"%s\"", p->name, strerror(errno));
        return false;
    }
    p->pid = pid;
    p->ready = p->draining = false;
    p->heard = clock_mono();
    p->link = link_new(p->base, fd[0], &ops, p);
    return true;
}

void process_ended(struct process *p)
{
    p->pid = 0;
    p->ready = false;
    link_free(&p->link);
}

void process_drain(struct process *p)
{
    if (p->pid == 0 || p->draining)
        return;
    p->draining = true;
    if (p->link == NULL || !link_send(p->link, LINK_DRAIN, NULL, 0, -1))
        process_kill(p);
}

void process_kill(struct process *p)
{
    if (p->pid > 0)
        kill(p->pid, SIGKILL);
}

void process_join(struct process *signer, struct process *receiver)
{
    const uint32_t number = receiver->number;
    const uint32_t zero = 0;
    int fd[2];

    if (signer->link == NULL || receiver->link == NULL)
        return;
    if (!link_pair(fd)) {
        log_error("no link between signer and %s error=\"%s\"", receiver->name, strerror(errno));
        return;
    }
    /* a child that cannot take it is stuck and will be restarted, and joined again */
    link_send(signer->link, LINK_PEER, &number, sizeof(number), fd[0]);
    link_send(receiver->link, LINK_PEER, &zero, sizeof(zero), fd[1]);
    close(fd[0]);
    close(fd[1]);
}
