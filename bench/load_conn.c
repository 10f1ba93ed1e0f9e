/* SPDX-License-Identifier: BSD-2-Clause */
/* One connection: a request is sent, its answer counted, its keys' places move on. */
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "bench/load_private.h"

#define TRIES 50

void idle_add(struct run *r, struct lane_state *l)
{
    l->next_idle = NULL;
    *r->idle_end = l;
    r->idle_end = &l->next_idle;
}

struct lane_state *idle_take(struct run *r)
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

bool connect_lane(struct run *r, struct lane_state *l, struct err *e)
{
    if (!wire_open(&l->wire, &r->o->peer, e))
        return false;
    watch(r, l, false, EPOLL_CTL_ADD);
    return true;
}

/* Without waiting: the handshake goes on in on_event. */
static bool reconnect(struct run *r, struct lane_state *l)
{
    struct err e = {0};

    if (!wire_begin(&l->wire, &r->o->peer, &e) || wire_shake(&l->wire) == WIRE_BROKEN) {
        wire_close(&l->wire);
        return false;
    }
    l->shaking = true;
    watch(r, l, false, EPOLL_CTL_ADD);
    return true;
}

/* A broken connection is made anew and the request sent again: the same bytes, as a client does. */
static void broken(struct run *r, struct lane_state *l)
{
    r->c->broken++;
    wire_close(&l->wire);
    l->shaking = false;
    if (l->sent != NULL)
        l->again = figures_now() + r->o->again_us;
}

void transmit(struct run *r, struct lane_state *l)
{
    l->again = 0;
    if (l->wire.ssl == NULL && !reconnect(r, l))
        l->again = figures_now() + r->o->again_us;
    if (l->shaking || l->again != 0)
        return;
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

static void shake(struct run *r, struct lane_state *l)
{
    enum wire_state s = wire_shake(&l->wire);

    if (s == WIRE_AGAIN)
        return;
    if (s == WIRE_BROKEN) {
        broken(r, l);
        return;
    }
    l->shaking = false;
    if (l->sent != NULL)
        transmit(r, l);
}

bool start(struct run *r, struct lane_state *l, int64_t started)
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

/* The instant of each acknowledgement by the real clock, in microseconds. */
static void trace(const struct run *r)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    fprintf(r->trace, "%lld\n", (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000);
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
    if (r->trace != NULL)
        trace(r);
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
    if (++l->tries >= TRIES &&
        !r->o->patient) { /* its key's chain is broken: what follows would be refused too */
        l->dead = true;
        l->sent = NULL;
        r->busy--;
        return;
    }
    r->c->repeated++;
    l->again = now + r->o->again_us * (r->o->patient ? 1 : (int64_t)l->tries);
}

void on_event(struct run *r, struct lane_state *l, uint32_t events, int64_t now)
{
    struct wire_answer a;
    enum wire_state s;

    if (l->shaking) {
        shake(r, l);
        return;
    }
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
