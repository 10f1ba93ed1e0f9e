/* SPDX-License-Identifier: BSD-2-Clause */
/* The loop. Closed: each connection sends its next request when the last one is answered. Open:
 * arrivals by a Poisson process, latency from the scheduled instant, whether or not a connection
 * was free then (no coordinated omission). */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <time.h>

#include "bench/load.h"
#include "common/mem.h"

#define DRAIN_US 10000000
#define AGAIN_US 20000 /* before a refused request is sent again */
#define TRIES 50

struct lane_state {
    struct wire wire;
    struct load_lane *lane;
    struct load_request *sent; /* NULL: idle */
    int64_t started;           /* sent (closed) or scheduled (open) */
    int64_t again;             /* send again at; 0: waiting for the answer */
    unsigned tries;
    bool writing, dead;
    struct lane_state *next_idle;
    struct buf last; /* last answer with receipts */
    struct load_statement *last_statement;
};

struct run {
    const struct load_options *o;
    struct load_keys *k;
    struct load_counts *c;
    struct lane_state *lane;
    struct lane_state *idle, **idle_end;
    int epoll;
    int64_t begin, from, until; /* measured window */
    size_t busy;
    /* open loop: scheduled instants not sent yet, a ring */
    int64_t *due;
    size_t due_first, due_n, due_size;
    int64_t next_arrival;
    uint64_t random;
    bool stopped;
};

static void idle_add(struct run *r, struct lane_state *l)
{
    l->next_idle = NULL;
    *r->idle_end = l;
    r->idle_end = &l->next_idle;
}

static struct lane_state *idle_take(struct run *r)
{
    struct lane_state *l = r->idle;

    if (l != NULL && (r->idle = l->next_idle) == NULL)
        r->idle_end = &r->idle;
    return l;
}

static void watch(struct run *r, struct lane_state *l, bool writing, int op)
{
    struct epoll_event ev = {.events = EPOLLIN | (writing ? (uint32_t)EPOLLOUT : 0u),
                             .data.ptr = l};

    if (op == EPOLL_CTL_MOD && writing == l->writing)
        return;
    l->writing = writing;
    epoll_ctl(r->epoll, op, l->wire.fd, &ev);
}

static bool connect_lane(struct run *r, struct lane_state *l, struct err *e)
{
    if (!wire_open(&l->wire, &r->o->peer, e))
        return false;
    watch(r, l, false, EPOLL_CTL_ADD);
    return true;
}

/* A broken connection is made anew and the request sent again: the same bytes, as a client does. */
static void broken(struct run *r, struct lane_state *l)
{
    struct err e = {0};

    r->c->broken++;
    wire_close(&l->wire);
    if (!connect_lane(r, l, &e)) {
        fprintf(stderr, "load: %s\n", e.text);
        l->dead = true;
    }
    if (l->sent != NULL)
        l->again = figures_now() + AGAIN_US;
}

static void transmit(struct run *r, struct lane_state *l)
{
    l->again = 0;
    switch (wire_send(&l->wire, l->sent->bytes, l->sent->len)) {
    case WIRE_DONE:
        watch(r, l, false, EPOLL_CTL_MOD);
        break;
    case WIRE_AGAIN:
        watch(r, l, true, EPOLL_CTL_MOD);
        break;
    case WIRE_BROKEN:
        broken(r, l);
        break;
    }
}

/* False: nothing signed is left for this connection. */
static bool start(struct run *r, struct lane_state *l, int64_t started)
{
    if (l->dead || l->lane->next == l->lane->n) {
        r->c->used_up = true;
        return false;
    }
    l->sent = &l->lane->request[l->lane->next++];
    l->started = started;
    l->tries = 0;
    r->busy++;
    transmit(r, l);
    return true;
}

static bool measured(const struct run *r, int64_t at)
{
    return at >= r->from && at < r->until;
}

static void settle(struct run *r, struct lane_state *l)
{
    for (size_t i = 0; i < r->o->envelopes; i++) {
        const struct load_statement *s = &l->sent->statement[i];
        struct load_key *k = &r->k->key[s->key];

        k->seq = s->seq;
        k->report = s->report;
        memcpy(k->prev, s->id, DIGEST_SIZE);
    }
    r->c->acknowledged += r->o->envelopes;
    l->last_statement = l->sent->statement;
}

static void finished(struct run *r, struct lane_state *l, int64_t now)
{
    bool open = r->o->rate > 0;

    if (measured(r, open ? l->started : now)) {
        r->c->requests++;
        r->c->statements += r->o->envelopes;
        r->c->reports += r->o->envelopes * r->o->reports;
        figures_add(&r->c->latency, now - l->started);
    }
    l->sent = NULL;
    r->busy--;
    if (open || r->stopped || now >= r->until)
        idle_add(r, l);
    else
        start(r, l, now);
}

static void answered(struct run *r, struct lane_state *l, const struct wire_answer *a, int64_t now)
{
    size_t receipts = load_count(r->c, r->o, a);

    if (receipts == r->o->envelopes) {
        settle(r, l);
        buf_clear(&l->last);
        buf_add(&l->last, l->wire.in.data, a->whole_len);
        buf_consume(&l->wire.in, a->whole_len);
        finished(r, l, now);
        return;
    }
    buf_consume(&l->wire.in, a->whole_len);
    if (++l->tries >= TRIES) { /* its key's chain is broken: what follows would be refused too */
        l->dead = true;
        l->sent = NULL;
        r->busy--;
        return;
    }
    r->c->repeated++;
    l->again = now + AGAIN_US * (int64_t)l->tries;
}

static void on_event(struct run *r, struct lane_state *l, uint32_t events, int64_t now)
{
    struct wire_answer a;
    enum wire_state s;

    if ((events & EPOLLOUT) != 0) {
        s = wire_flush(&l->wire);
        if (s == WIRE_BROKEN) {
            broken(r, l);
            return;
        }
        watch(r, l, s == WIRE_AGAIN, EPOLL_CTL_MOD);
    }
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0)
        return;
    s = wire_receive(&l->wire);
    if (l->sent != NULL && l->again == 0 && wire_answer(&l->wire.in, &a))
        answered(r, l, &a, now);
    if (s == WIRE_BROKEN)
        broken(r, l);
}

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
    }
    r->c->unsent = r->due_n;
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
    free(r.lane);
    free(r.due);
    return ok;
}
