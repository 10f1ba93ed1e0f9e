/* SPDX-License-Identifier: BSD-2-Clause */
/* The connections of one listener together: how many there may be, whose deadline has passed, who
 * is to be called again, who is dead. One walk a second over all of them is cheaper than a timer
 * for each, and lets a test set the clock. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "daemon/net/tls_private.h"

#define DISPLACE_AFTER (2 * TLS_SECOND) /* age at which a handshake makes room for others */
#define IDLE_AFTER TLS_SECOND
#define AGAIN_AT_ONCE 4
/* for each microsecond of the lane beside busy connections: it has a quarter of a core */
#define LANE_REST 3

static void tls_pool_unqueue(struct tls_pool *p, struct tls_stream *s)
{
    TAILQ_REMOVE(&p->again, s, again);
    p->again_count--;
    s->requeued = false;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    tls_pool_check(arg);
}

/* A few at a time: between them the loop hears the database. Who queues itself again waits for all
 * others. */
static void on_turn(evutil_socket_t fd, short what, void *arg)
{
    struct tls_pool *p = arg;
    struct tls_stream *s;
    unsigned n = p->again_count < AGAIN_AT_ONCE ? p->again_count : AGAIN_AT_ONCE;

    (void)fd;
    (void)what;
    for (; n > 0 && (s = TAILQ_FIRST(&p->again)) != NULL; n--) {
        tls_pool_unqueue(p, s);
        p->turns++;
        tls_stream_again(s);
    }
    if (p->again_count > 0)
        event_active(&p->turn, EV_TIMEOUT, 0);
}

static void lane_next(struct tls_pool *p)
{
    int64_t now = clock_mono(), rest = p->step_from > now ? p->step_from - now : 0;
    const struct timeval tv = {(time_t)(rest / TLS_SECOND), (suseconds_t)(rest % TLS_SECOND)};

    event_add(&p->step, &tv); /* a timer: the loop polls in between */
}

/* Ten thousand clients that go and come back at once wait for those that are busy here, not the
 * other way round. */
static void on_step(evutil_socket_t fd, short what, void *arg)
{
    struct tls_pool *p = arg;
    struct tls_stream *s = TAILQ_FIRST(&p->lane);
    int64_t began = clock_mono(), ended;

    (void)fd;
    (void)what;
    if (s == NULL)
        return;
    TAILQ_REMOVE(&p->lane, s, lane);
    s->waits = false;
    tls_stream_step(s);
    ended = clock_mono();
    p->step_from = p->turns != p->turns_seen ? ended + (ended - began) * LANE_REST : 0;
    p->turns_seen = p->turns;
    if (!TAILQ_EMPTY(&p->lane))
        lane_next(p);
}

static void on_reap(evutil_socket_t fd, short what, void *arg)
{
    struct tls_pool *p = arg;
    struct tls_stream *s;

    (void)fd;
    (void)what;
    while ((s = TAILQ_FIRST(&p->dead)) != NULL) {
        TAILQ_REMOVE(&p->dead, s, entry);
        if (s->announced)
            p->ops->on_close(s, s->end);
        tls_stream_free(s);
    }
}

static void pool_room(struct tls_pool *p)
{
    if (!p->was_full || !tls_pool_has_room(p))
        return;
    p->was_full = false;
    if (p->on_room != NULL)
        p->on_room(p->room_ctx);
}

struct tls_pool *tls_pool_new(struct event_base *base, const struct tls_limits *limits,
                              const struct tls_ops *ops, void *pool_data)
{
    struct tls_pool *p = xcalloc(1, sizeof(*p));
    const struct timeval second = {1, 0};

    p->base = base;
    p->limits = *limits;
    if (p->limits.input_max == 0)
        p->limits.input_max = (size_t)64 * 1024;
    if (p->limits.output_max == 0)
        p->limits.output_max = (size_t)8 * 1024 * 1024;
    if (p->limits.output_total == 0)
        p->limits.output_total = (size_t)256 * 1024 * 1024;
    p->ops = ops;
    p->data = pool_data;
    TAILQ_INIT(&p->opening);
    TAILQ_INIT(&p->open);
    TAILQ_INIT(&p->dead);
    TAILQ_INIT(&p->again);
    TAILQ_INIT(&p->lane);
    event_assign(&p->tick, base, -1, EV_PERSIST, on_tick, p);
    event_assign(&p->turn, base, -1, 0, on_turn, p);
    event_assign(&p->reap, base, -1, 0, on_reap, p);
    event_assign(&p->step, base, -1, 0, on_step, p);
    event_add(&p->tick, &second);
    return p;
}

void tls_pool_free(struct tls_pool **pool)
{
    struct tls_pool *p = *pool;

    if (p == NULL)
        return;
    *pool = NULL;
    p->on_room = NULL;
    while (!TAILQ_EMPTY(&p->opening))
        tls_stream_close(TAILQ_FIRST(&p->opening), TLS_END_STOP);
    while (!TAILQ_EMPTY(&p->open))
        tls_stream_close(TAILQ_FIRST(&p->open), TLS_END_STOP);
    on_reap(-1, 0, p);
    event_del(&p->tick);
    event_del(&p->turn);
    event_del(&p->reap);
    event_del(&p->step);
    free(p);
}

/* Nothing under way: between two requests, or only listening for what a finished peer still says. A
 * push stream has no deadline and stays. */
static bool is_spare(const struct tls_stream *s)
{
    return s->idle &&
           (s->state == TLS_LINGERING || (s->state == TLS_OPEN && !s->paused && s->deadline != 0 &&
                                          s->in.len == 0 && s->out.len == s->out_at));
}

bool tls_pool_make_room(struct tls_pool *p)
{
    struct tls_stream *s;

    TAILQ_FOREACH(s, &p->open, entry)
    {
        if (is_spare(s)) {
            tls_stream_close(s, TLS_END_REFUSED);
            return true;
        }
    }
    s = TAILQ_FIRST(&p->opening);
    if (s == NULL || clock_mono() - s->active < DISPLACE_AFTER)
        s = tls_holder_crowd(p);
    if (s == NULL)
        return false;
    tls_stream_close(s, TLS_END_REFUSED);
    return true;
}

bool tls_pool_add(struct tls_pool *p, struct tls_context *ctx, int fd, const char *peer)
{
    struct tls_stream *s = NULL;

    if (p->count < p->limits.max_connections || tls_pool_make_room(p))
        s = tls_stream_new(p, ctx, fd, peer);
    if (s == NULL) {
        close(fd);
        log_limited(LOG_LEVEL_WARN, "full", "connection refused reason=limit limit=%u",
                    p->limits.max_connections);
        return false;
    }
    TAILQ_INSERT_TAIL(&p->opening, s, entry);
    p->count++;
    p->opening_count++;
    if (!tls_pool_has_room(p))
        p->was_full = true;
    s->deadline = clock_mono() + p->limits.handshake_seconds * TLS_SECOND;
    s->active = clock_mono();
    if (ctx != NULL)
        tls_pool_wait(p, s);
    else
        tls_pool_requeue(p, s);
    return true;
}

bool tls_pool_has_room(const struct tls_pool *p)
{
    return p->opening_count < p->limits.max_handshakes;
}

bool tls_pool_more(const struct tls_pool *p)
{
    return p->again_count > 0;
}

void tls_pool_on_room(struct tls_pool *p, void (*on_room)(void *ctx), void *ctx)
{
    p->on_room = on_room;
    p->room_ctx = ctx;
}

unsigned tls_pool_count(const struct tls_pool *p)
{
    return p->count;
}

static void check_opening(struct tls_pool *p, int64_t now)
{
    /* in the order of their start */
    bool full = !tls_pool_has_room(p);
    struct tls_stream *next;

    for (struct tls_stream *s = TAILQ_FIRST(&p->opening); s != NULL; s = next) {
        next = TAILQ_NEXT(s, entry);
        int64_t started = s->deadline - p->limits.handshake_seconds * TLS_SECOND;
        if (now >= s->deadline)
            tls_stream_close(s, TLS_END_TIMEOUT);
        else if (full && now - started > DISPLACE_AFTER)
            tls_stream_close(s, TLS_END_REFUSED);
        else
            break;
    }
}

void tls_pool_check(struct tls_pool *p)
{
    int64_t now = clock_mono();
    struct tls_stream *next;

    check_opening(p, now);
    for (struct tls_stream *s = TAILQ_FIRST(&p->open); s != NULL; s = next) {
        next = TAILQ_NEXT(s, entry);
        if (s->deadline != 0 && now >= s->deadline) {
            tls_stream_close(s, s->state == TLS_LINGERING ? s->end : TLS_END_TIMEOUT);
        } else if (!s->idle && now - s->active >= IDLE_AFTER) {
            s->idle = true;
            tls_stream_trim(s);
        }
    }
}

void tls_pool_each(struct tls_pool *p, void (*f)(struct tls_stream *s, void *ctx), void *ctx)
{
    struct tls_stream *next;

    for (struct tls_stream *s = TAILQ_FIRST(&p->open); s != NULL; s = next) {
        next = TAILQ_NEXT(s, entry);
        if (s->state == TLS_OPEN)
            f(s, ctx);
    }
}

void tls_pool_requeue(struct tls_pool *p, struct tls_stream *s)
{
    const struct timeval now = {0, 0};

    if (s->requeued)
        return;
    s->requeued = true;
    TAILQ_INSERT_TAIL(&p->again, s, again);
    p->again_count++;
    /* a timer, not event_active(): the loop polls in between */
    if (!event_pending(&p->turn, EV_TIMEOUT, NULL))
        event_add(&p->turn, &now);
}

void tls_pool_wait(struct tls_pool *p, struct tls_stream *s)
{
    if (s->waits)
        return;
    s->waits = true;
    TAILQ_INSERT_TAIL(&p->lane, s, lane);
    if (!event_pending(&p->step, EV_TIMEOUT, NULL))
        lane_next(p);
}

void tls_pool_opened(struct tls_pool *p, struct tls_stream *s)
{
    TAILQ_REMOVE(&p->opening, s, entry);
    TAILQ_INSERT_TAIL(&p->open, s, entry);
    p->opening_count--;
    pool_room(p);
}

void tls_pool_bury(struct tls_pool *p, struct tls_stream *s)
{
    const struct timeval now = {0, 0};

    if (s->requeued)
        tls_pool_unqueue(p, s);
    if (s->waits)
        TAILQ_REMOVE(&p->lane, s, lane);
    s->waits = false;
    tls_holder_leave(s);
    if (s->state == TLS_OPENING) {
        TAILQ_REMOVE(&p->opening, s, entry);
        p->opening_count--;
    } else {
        TAILQ_REMOVE(&p->open, s, entry);
    }
    p->count--;
    TAILQ_INSERT_TAIL(&p->dead, s, entry);
    if (!event_pending(&p->reap, EV_TIMEOUT, NULL))
        event_add(&p->reap, &now);
    pool_room(p);
}
