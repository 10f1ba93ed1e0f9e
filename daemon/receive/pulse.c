/* SPDX-License-Identifier: BSD-2-Clause */
/* Signs of life. A receiver cannot make one up: the signer holds the key and reads the clock. */
#include "daemon/receive/pulse.h"

#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "daemon/db/conn.h"
#include "daemon/receive/push.h"

#define ASLEEP_US 20000000 /* an alerter gives a sign of life each 5 s at least */

struct pulse {
    struct pulse_ops ops;
    void *arg;
    struct push *push;
    struct db *db;
    struct event *tick; /* each second: who came new is not kept waiting */
    unsigned interval;  /* seconds */
    int64_t next;       /* clock_mono(): when all hear it again */
    bool looking;       /* at the database */
    bool all;           /* the one under way is for all */
};

static void on_alive(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct pulse *p = arg;

    p->looking = false;
    if (outcome != DB_DONE || db_rows(r) != 1)
        return;
    if (db_null(r, 0, 0) || db_int8(r, 0, 0) > ASLEEP_US)
        log_limited(LOG_LEVEL_WARN, "asleep",
                    "no alerter has been awake: watchers get no sign of life");
    else
        (void)p->ops.sign(p->arg);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct pulse *p = arg;
    struct db_args none = {0};
    int64_t now = clock_mono();
    bool due = now >= p->next;

    (void)fd;
    (void)what;
    if (p->looking || p->db == NULL || !db_ready(p->db) ||
        (due ? push_hearers(p->push) : push_unheard(p->push)) == 0)
        return;
    p->all = due;
    if (due)
        p->next = now + (int64_t)p->interval * 1000000;
    p->looking = db_call(p->db, "alive", &none, on_alive, p);
}

void pulse_signed(struct pulse *p, const char *note, size_t n)
{
    push_heartbeat(p->push, note, n, p->interval, !p->all);
}

struct pulse *pulse_new(struct event_base *base, struct push *push, unsigned interval,
                        const struct pulse_ops *ops, void *arg)
{
    struct pulse *p = xcalloc(1, sizeof *p);
    struct timeval second = {.tv_sec = 1};

    p->ops = *ops;
    p->arg = arg;
    p->push = push;
    p->interval = interval;
    p->tick = event_new(base, -1, EV_PERSIST, on_tick, p);
    if (p->tick == NULL)
        abort();
    event_add(p->tick, &second);
    return p;
}

void pulse_set_db(struct pulse *p, struct db *d)
{
    p->db = d;
}

void pulse_free(struct pulse **pp)
{
    struct pulse *p = *pp;

    *pp = NULL;
    if (p == NULL)
        return;
    event_free(p->tick);
    free(p);
}
