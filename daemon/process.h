/* SPDX-License-Identifier: BSD-2-Clause */
/* One child as the parent sees it: fork, link, heartbeat, order to drain, end. Knows nothing of the
 * others; the parent decides what an end means. */
#ifndef DUBAN_PROCESS_H
#define DUBAN_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "daemon/child.h"

#define PROCESS_SILENCE_US ((int64_t)5 * 1000000) /* without a heartbeat: stuck */

struct link;

struct process {
    enum child_kind kind;
    unsigned slot;   /* receivers: which socket */
    unsigned number; /* unique: the signer knows receivers by it */
    bool ready, draining;
    pid_t pid;         /* 0 = not running */
    int64_t heard;     /* clock_mono() of the last heartbeat */
    int64_t died;      /* clock_mono() of the last unexpected end; 0 = never */
    unsigned deaths;   /* in a row, each within a minute of the one before */
    int64_t restart;   /* clock_mono() from which it may start again */
    struct link *link; /* NULL = not running */
    struct event_base *base;
    void (*on_ready)(struct process *p, void *ctx);
    void *ctx;
    char name[32]; /* "receiver/1", for logs */
};

struct process *process_new(struct event_base *base, enum child_kind kind, unsigned slot,
                            void (*on_ready)(struct process *p, void *ctx), void *ctx);
/* Kills it when it runs. */
void process_free(struct process **p);

/* Forks. In the child, `enter` is called with the far end of the link and must not return. False
 * when the system refuses. */
bool process_fork(struct process *p, void (*enter)(struct process *p, int link_fd, void *ctx));
/* The parent has reaped it: forgets pid and link. */
void process_ended(struct process *p);
void process_drain(struct process *p);
void process_kill(struct process *p);
/* Gives two running children the ends of a fresh pair: signer and receiver. */
void process_join(struct process *signer, struct process *receiver);

#endif
