/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "due": one timer, never one per task. */
#include "daemon/alert/due.h"

#include <event2/event.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/mem.h"

#define POLL_US 1000000
#define EARLY_US 10000 /* the loop's clock is coarse: a timer may fire some milliseconds early */

struct due {
    struct due_ops ops;
    void *arg;
    struct event *timer;
    int64_t at; /* clock_mono() of the next item; DUE_NONE */
    bool stopped;
};

static void set(struct due *d, int64_t us)
{
    struct timeval tv = {.tv_sec = us / 1000000, .tv_usec = us % 1000000};

    d->stopped = false;
    evtimer_add(d->timer, &tv);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct due *d = arg;
    int64_t left = d->at == DUE_NONE ? 0 : d->at - clock_mono();

    (void)fd;
    (void)what;
    if (d->stopped)
        return;
    if (left > 0 && left <= EARLY_US) {
        set(d, left);
    } else if (due_passed(d)) {
        d->at = DUE_NONE;
        d->ops.on_due(d->arg);
    } else {
        d->ops.on_poll(d->arg);
    }
}

void due_wait(struct due *d, int64_t us)
{
    if (us < 0)
        us = 0;
    d->at = us == DUE_NONE ? DUE_NONE : clock_mono() + us;
    set(d, us < POLL_US ? us : POLL_US);
}

bool due_passed(const struct due *d)
{
    return d->at != DUE_NONE && clock_mono() >= d->at;
}

void due_hint(struct due *d)
{
    if (!d->stopped)
        set(d, 0);
}

void due_after(struct due *d, int64_t ms)
{
    set(d, ms * 1000);
}

void due_stop(struct due *d)
{
    d->stopped = true;
    evtimer_del(d->timer);
}

struct due *due_new(struct event_base *base, const struct due_ops *ops, void *arg)
{
    struct due *d = xcalloc(1, sizeof *d);

    d->ops = *ops;
    d->arg = arg;
    d->at = DUE_NONE;
    d->stopped = true;
    d->timer = evtimer_new(base, on_timer, d);
    if (d->timer == NULL)
        abort();
    return d;
}

void due_free(struct due **d)
{
    if (*d == NULL)
        return;
    event_free((*d)->timer);
    free(*d);
    *d = NULL;
}
