/* SPDX-License-Identifier: BSD-2-Clause */
/* Signs of life for watchers: a head that the signer signs with the instant, at a stated interval
 * and soon after a watcher has come. It is only asked for when the database answers, the alerter
 * has been awake and statements would be taken: silence is the alarm. */
#ifndef DUBAN_PULSE_H
#define DUBAN_PULSE_H

#include <stdbool.h>
#include <stddef.h>

struct db;
struct event_base;
struct pulse;
struct push;

struct pulse_ops {
    /* Asks the signer; the answer comes back by pulse_signed(). False: not now. */
    bool (*sign)(void *arg);
};

/* interval in seconds; push is borrowed. */
struct pulse *pulse_new(struct event_base *base, struct push *push, unsigned interval,
                        const struct pulse_ops *ops, void *arg);
/* The read connection; borrowed. Free it first. */
void pulse_set_db(struct pulse *p, struct db *d);
void pulse_free(struct pulse **p);
/* The signer's note. */
void pulse_signed(struct pulse *p, const char *note, size_t n);

#endif
