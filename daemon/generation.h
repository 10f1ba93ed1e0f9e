/* SPDX-License-Identifier: BSD-2-Clause */
/* One reading of the configuration with its sockets, receivers and alerter. A reload makes a new
 * one; the old one drains. The signer belongs to none: only one may use its state file. */
#ifndef DUBAN_GENERATION_H
#define DUBAN_GENERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/err.h"
#include "daemon/process.h"
#include "daemon/sockets.h"

struct settings;

struct generation {
    struct settings *settings; /* owned */
    struct sockets sockets;
    struct process **process; /* receivers by slot, then the alerter */
    size_t n;
    int64_t kill_at; /* clock_mono() at which a draining one is killed; 0 = not draining */
    TAILQ_ENTRY(generation) entry;
};
TAILQ_HEAD(generation_list, generation);

/* Opens the sockets and checks that every role could start; forks nothing. before: the running one
 * or NULL. Takes the settings when it succeeds. *number: last process number given, is raised.
 * Errors "listen", "tls", "key-file". */
bool generation_new(struct event_base *base, struct settings *s, const struct generation *before,
                    unsigned *number, void (*on_ready)(struct process *p, void *ctx), void *ctx,
                    struct generation **out, struct err *e);
/* Kills what still runs. */
void generation_free(struct generation **g);
bool generation_ready(const struct generation *g);
bool generation_running(const struct generation *g);
/* Orders all to drain; they are killed after drain-timeout. */
void generation_drain(struct generation *g);
/* The process with this pid, NULL if it is none of this generation's. */
struct process *generation_find(const struct generation *g, pid_t pid);

#endif
