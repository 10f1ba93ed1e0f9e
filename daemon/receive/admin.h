/* SPDX-License-Identifier: BSD-2-Clause */
/* The local listener: /healthz, /readyz, /metrics. Plain HTTP, no certificates: whoever reaches the
 * address may read it, so it is bound to the machine and holds nothing about persons. */
#ifndef DUBAN_ADMIN_H
#define DUBAN_ADMIN_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

struct admin;
struct db;
struct event_base;
struct settings;

struct admin_ops {
    /* NULL when everything works, else one sentence. */
    const char *(*why)(void *arg);
    /* Appends metrics in Prometheus' text form. */
    void (*metrics)(void *arg, struct buf *out);
};

/* fd: the listening socket, borrowed. */
struct admin *admin_new(struct event_base *base, const struct settings *settings, int fd,
                        const struct admin_ops *ops, void *arg);
/* The read connection; borrowed. */
void admin_set_db(struct admin *a, struct db *d);
void admin_free(struct admin **a);
void admin_drain(struct admin *a);
/* Appends "# TYPE name kind", and "name value". For the metrics callback. */
void admin_metric(struct buf *out, const char *name, const char *kind, uint64_t value);

#endif
