/* SPDX-License-Identifier: BSD-2-Clause */
/* The loop. Closed: each connection sends its next request when the last one is answered. Open:
 * arrivals by a Poisson process, latency from the scheduled instant, whether or not a connection
 * was free then (no coordinated omission). */
#include <math.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <time.h>

#include "bench/load_private.h"
#include "common/mem.h"

#define DRAIN_US 10000000

/* ---- arrivals ------------------------------------------------------------------------------- */

static double random_unit(struct run *r)
{
    r->random ^= r->random << 13;
    r->random ^= r->random >> 7;
    r->random ^= r->random << 17;
    return ((double)(r->random >> 11) + 1.0) / 9007199254740993.0;
}

static void arrivals(struct run *r, int64_t now)
{
    while (r->next_arrival <= now && r->next_arrival < r->until && r->due_n < r->due_size) {
        r->due[(r->due_first + r->due_n++) % r->due_size] = r->next_arrival;
        r->next_arrival += (int64_t)(-log(random_unit(r)) * 1e6 / r->o->rate);
    }
    while (r->due_n > 0 && r->idle != NULL) {
        struct lane_state *l = idle_take(r);

        if (!start(r, l, r->due[r->due_first]))
            continue; /* this connection has nothing left: it is not idle any more */
        r->due_first = (r->due_first + 1) % r->due_size;
        r->due_n--;
    }
}

static void send_again(struct run *r, int64_t now)
{
    for (size_t i = 0; i < r->o->connections; i++) {
        struct lane_state *l = &r->lane[i];

        if (l->again != 0 && l->again <= now && !l->dead)
            transmit(r, l);
    }
}

static void wait_events(struct run *r, int64_t now)
{
    struct epoll_event ev[256];
    int64_t us = 5000;
    struct timespec t;
    int n;

    if (r->o->rate > 0 && !r->stopped && r->next_arrival - now < us && r->idle != NULL)
        us = r->next_arrival > now ? r->next_arrival - now : 0;
    t = (struct timespec){.tv_nsec = us * 1000};
    n = epoll_pwait2(r->epoll, ev, 256, &t, NULL);
    now = figures_now();
    for (int i = 0; i < n; i++) {
        on_event(r, ev[i].data.ptr, ev[i].events, now);
        now = figures_now();
    }
}

static void loop(struct run *r)
{
    int64_t now = figures_now();
    bool measuring = false;

    if (r->o->rate <= 0)
        for (size_t i = 0; i < r->o->connections; i++)
            start(r, &r->lane[i], now);
    while (!r->stopped || (r->busy > 0 && now < r->until + DRAIN_US)) {
        now = figures_now();
        if (!measuring && now >= r->from) {
            measuring = true;
            figures_cpu(&r->c->from);
        }
        if (!r->stopped && now >= r->until && r->due_n == 0) {
            r->stopped = true;
            figures_cpu(&r->c->to);
        }
        if (now >= r->until + DRAIN_US)
            r->stopped = true;
        if (r->o->rate > 0)
            arrivals(r, now);
        send_again(r, now);
        wait_events(r, now);
        if (r->o->rate <= 0 && r->busy == 0 && r->c->used_up && !r->stopped) {
            r->stopped = true; /* everything that was signed is answered */
            figures_cpu(&r->c->to);
        }
    }
    r->c->unsent = r->due_n;
    r->c->unanswered = r->busy;
}

/* ---- outside -------------------------------------------------------------------------------- */

static bool check_last(struct run *r, struct err *e)
{
    for (size_t i = 0; i < r->o->connections; i++) {
        struct lane_state *l = &r->lane[i];
        struct wire_answer a;

        if (r->o->vkey == NULL || l->last.len == 0 || !wire_answer(&l->last, &a))
            continue;
        if (!load_verify(r->o, &a, l->last_statement, e))
            return false;
        r->c->verified++;
    }
    return true;
}

static bool connect_all(struct run *r, struct load_lane *lane, struct err *e)
{
    int64_t now = figures_now();

    for (size_t i = 0; i < r->o->connections; i++) {
        r->lane[i].lane = &lane[i];
        if (!connect_lane(r, &r->lane[i], e))
            return false;
        if (r->o->rate > 0)
            idle_add(r, &r->lane[i]);
    }
    r->c->handshake_ms = (double)(figures_now() - now) / 1000.0 / (double)r->o->connections;
    return true;
}

bool load_run(const struct load_options *o, struct load_keys *k, struct load_lane *lane,
              struct load_counts *c, struct err *e)
{
    struct run r = {.o = o, .k = k, .c = c, .due_size = 1u << 20};
    bool ok;

    r.lane = xcalloc(o->connections, sizeof *r.lane);
    r.due = xcalloc(r.due_size, sizeof *r.due);
    r.idle_end = &r.idle;
    r.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (getrandom(&r.random, sizeof r.random, 0) != sizeof r.random || r.random == 0)
        r.random = 1;
    if (o->trace != NULL)
        r.trace = fopen(o->trace, "w");
    ok = connect_all(&r, lane, e);
    if (ok) {
        r.begin = r.next_arrival = figures_now();
        r.from = r.begin + (int64_t)(o->warmup * 1e6);
        r.until = r.from + (int64_t)(o->seconds * 1e6);
        loop(&r);
        c->seconds = o->seconds;
        ok = check_last(&r, e);
    }
    for (size_t i = 0; i < o->connections; i++) {
        wire_close(&r.lane[i].wire);
        buf_free(&r.lane[i].last);
    }
    if (r.trace != NULL)
        fclose(r.trace);
    free(r.lane);
    free(r.due);
    return ok;
}
