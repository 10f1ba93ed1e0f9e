/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "due": sleeps until the next item of the agenda, to the microsecond as far as the kernel
 * goes, and looks anyway at least once a second: a notification is a hint, the table the truth. */
#ifndef DUBAN_DUE_H
#define DUBAN_DUE_H

#include <stdbool.h>
#include <stdint.h>

struct due;
struct event_base;

#define DUE_NONE INT64_MAX

struct due_ops {
    void (*on_due)(void *arg);  /* the instant has come */
    void (*on_poll)(void *arg); /* a second has passed, or a hint was given */
};

struct due *due_new(struct event_base *base, const struct due_ops *ops, void *arg);
void due_free(struct due **d);
/* The next item is due in `us` (0 or less: now), or DUE_NONE. One of the callbacks follows. */
void due_wait(struct due *d, int64_t us);
/* Has the instant given last passed already? */
bool due_passed(const struct due *d);
/* Poll soon, unless the callback for it is under way; also after `ms` of back-off. */
void due_hint(struct due *d);
void due_after(struct due *d, int64_t ms);
/* No callback until the next call of the above. */
void due_stop(struct due *d);

#endif
