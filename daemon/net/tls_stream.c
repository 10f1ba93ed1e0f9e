/* SPDX-License-Identifier: BSD-2-Clause */
/* One connection: one state machine (enum tls_state) on plain events. What goes through OpenSSL is
 * in tls_io.c. */
#include "daemon/net/tls_stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/i18n.h"
#include "common/log.h"
#include "common/mem.h"
#include "daemon/net/tls_private.h"

#define SECOND 1000000
#define READ_BUDGET ((size_t)64 * 1024) /* bytes from one connection in one turn of the loop */
#define READ_STOP ((size_t)64 * 1024)   /* unsent output above which the peer is not read */
#define DRAIN_SECONDS 60
#define LINGER_SECONDS 5
#define LINGER_MAX ((size_t)8 * 1024 * 1024)

static void stream_watch(struct tls_stream *s);

/* ---- end ----------------------------------------------------------------------------------- */

const char *tls_end_name(enum tls_end end)
{
    static const char *const names[] = {[TLS_END_DONE] = "done",
                                        [TLS_END_PEER] = "peer",
                                        [TLS_END_TRUNCATED] = "truncated",
                                        [TLS_END_HANDSHAKE] = "handshake",
                                        [TLS_END_CERTIFICATE] = "certificate",
                                        [TLS_END_PLAIN] = "plain",
                                        [TLS_END_TIMEOUT] = "timeout",
                                        [TLS_END_SLOW] = "slow",
                                        [TLS_END_REFUSED] = "refused",
                                        [TLS_END_ERROR] = "error",
                                        [TLS_END_STOP] = "stop"};

    return names[end];
}

void tls_stream_close(struct tls_stream *s, enum tls_end end)
{
    if (s->state == TLS_CLOSED)
        return;
    tls_io_goodbye(s);
    event_del(&s->readable);
    event_del(&s->writable);
    s->watch_r = s->watch_w = false;
    tls_io_free(s);
    close(s->fd);
    s->pool->unsent -= s->out.len - s->out_at;
    buf_free(&s->out); /* not s->in: on_data may be reading it this moment */
    s->out_at = 0;
    tls_pool_bury(s->pool, s);
    s->end = end;
    s->state = TLS_CLOSED;
}

/* The peer may still be sending: closing now would reset the connection and destroy what we have
 * just said. */
static void stream_linger(struct tls_stream *s, enum tls_end end)
{
    tls_io_goodbye(s);
    shutdown(s->fd, SHUT_WR);
    if (s->state == TLS_OPENING)
        tls_pool_opened(s->pool, s);
    s->state = TLS_LINGERING;
    s->end = end;
    s->deadline = clock_mono() + LINGER_SECONDS * SECOND;
    stream_watch(s);
}

static void stream_discard(struct tls_stream *s)
{
    ssize_t n;

    while ((n = recv(s->fd, s->pool->scratch, TLS_SCRATCH, 0)) > 0) {
        s->lingered += (size_t)n;
        if (s->lingered > LINGER_MAX)
            break;
    }
    if (n >= 0 || (errno != EAGAIN && errno != EINTR))
        tls_stream_close(s, s->end);
}

/* ---- handshake ----------------------------------------------------------------------------- */

static void stream_opened(struct tls_stream *s)
{
    const int on = 1;

    /* we have nothing to say after the handshake: without this a client that does not switch
     * Nagle's algorithm off waits 40 ms for our delayed acknowledgement before it sends its request
     */
    setsockopt(s->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
    tls_pool_opened(s->pool, s);
    s->state = TLS_OPEN;
    s->deadline = 0;
    s->active = clock_mono();
    s->announced = true;
    s->pool->ops->on_open(s, s->pool->data);
}

/* True when data may be read now. */
static bool stream_handshake(struct tls_stream *s)
{
    enum tls_end end = TLS_END_ERROR;

    switch (tls_io_accept(s, &end)) {
    case TLS_IO_BYTES:
        stream_opened(s);
        return s->state == TLS_OPEN;
    case TLS_IO_WAIT:
        stream_watch(s);
        return false;
    case TLS_IO_END:
        break;
    }
    if (end == TLS_END_PLAIN)
        tls_stream_close(s, end);
    else
        stream_linger(s, end);
    return false;
}

/* ---- read ---------------------------------------------------------------------------------- */

/* Hands over what was left and what is new; keeps what the owner does not take. */
static void stream_deliver(struct tls_stream *s, const char *data, size_t n)
{
    const struct tls_ops *ops = s->pool->ops;

    if (s->in.len == 0) {
        size_t used = n > 0 ? ops->on_data(s, data, n) : 0;
        if (s->state == TLS_OPEN && used < n && !buf_add(&s->in, data + used, n - used))
            tls_stream_close(s, TLS_END_ERROR);
        return;
    }
    if (!buf_add(&s->in, data, n)) {
        tls_stream_close(s, TLS_END_ERROR);
        return;
    }
    size_t used = ops->on_data(s, s->in.data, s->in.len);
    if (s->state == TLS_OPEN)
        buf_consume(&s->in, used);
}

static bool stream_may_read(const struct tls_stream *s)
{
    return s->state == TLS_OPEN && !s->paused && s->out.len - s->out_at <= READ_STOP;
}

/* Bytes that came before the end are handed over before the end is acted on. */
static void stream_ended(struct tls_stream *s, enum tls_end end)
{
    if (s->out.len == s->out_at || end == TLS_END_ERROR) {
        tls_stream_close(s, end);
        return;
    }
    s->state = TLS_DRAINING; /* a peer that closed its half may still take our answer */
    s->end = end;
    s->deadline = clock_mono() + DRAIN_SECONDS * SECOND;
    stream_watch(s);
}

static void stream_read(struct tls_stream *s)
{
    size_t budget = READ_BUDGET;
    enum tls_end end = TLS_END_ERROR;

    if (s->in.len > 0 && stream_may_read(s))
        stream_deliver(s, NULL, 0);
    while (stream_may_read(s)) {
        size_t n = 0;
        enum tls_io io = tls_io_read(s, &n, &end);
        if (io == TLS_IO_WAIT)
            break;
        if (io == TLS_IO_END) {
            stream_ended(s, end);
            return;
        }
        s->active = clock_mono();
        s->idle = false;
        stream_deliver(s, s->pool->scratch, n);
        if (s->state == TLS_CLOSED)
            return;
        if (n >= budget) {
            tls_pool_requeue(s->pool, s);
            break;
        }
        budget -= n;
    }
    if (s->state != TLS_CLOSED)
        stream_watch(s);
}

/* ---- write --------------------------------------------------------------------------------- */

static void stream_sent_all(struct tls_stream *s)
{
    buf_clear(&s->out);
    s->out_at = 0;
    if (s->state == TLS_DRAINING) {
        if (s->end == TLS_END_DONE)
            stream_linger(s, s->end);
        else
            tls_stream_close(s, s->end);
        return;
    }
    s->sent = s->pool->ops->on_sent != NULL;
    /* reading may have stopped for the sake of output, with bytes in our buffer or in OpenSSL's */
    if (s->sent || s->in.len > 0 || tls_io_pending(s))
        tls_pool_requeue(s->pool, s);
}

static void stream_flush(struct tls_stream *s)
{
    while ((s->state == TLS_OPEN || s->state == TLS_DRAINING) && s->out.len > s->out_at) {
        size_t n = 0;
        enum tls_io io = tls_io_write(s, &n);
        if (io == TLS_IO_END) {
            tls_stream_close(s, TLS_END_ERROR);
            return;
        }
        if (io == TLS_IO_WAIT)
            break;
        s->out_at += n;
        s->pool->unsent -= n;
        s->active = clock_mono();
        s->idle = false;
        if (s->out_at == s->out.len)
            stream_sent_all(s);
    }
    if (s->state == TLS_OPEN || s->state == TLS_DRAINING)
        stream_watch(s);
}

bool tls_stream_write(struct tls_stream *s, const void *bytes, size_t n)
{
    size_t unsent = s->out.len - s->out_at;

    if (s->state != TLS_OPEN)
        return false;
    if (n == 0)
        return true;
    if (n > s->out_max - (unsent < s->out_max ? unsent : s->out_max) ||
        n > s->pool->limits.output_total - s->pool->unsent) {
        tls_stream_close(s, TLS_END_SLOW);
        return false;
    }
    /* moving what waits is paid for by at least as much that has left */
    if (s->out_at > 0 && s->out_at >= unsent) {
        buf_consume(&s->out, s->out_at);
        s->out_at = 0;
    }
    if (!buf_add(&s->out, bytes, n)) {
        tls_stream_close(s, TLS_END_SLOW);
        return false;
    }
    s->pool->unsent += n;
    if (unsent == 0)
        stream_flush(s);
    return s->state == TLS_OPEN;
}

/* ---- events -------------------------------------------------------------------------------- */

static void stream_want(struct event *ev, bool *added, bool wanted)
{
    if (*added == wanted)
        return;
    *added = wanted;
    if (wanted)
        event_add(ev, NULL);
    else
        event_del(ev);
}

/* The only place that says what the events wait for. */
static void stream_watch(struct tls_stream *s)
{
    bool r = false;
    bool w = false;

    switch (s->state) {
    case TLS_OPENING:
        r = !s->handshake_writes;
        w = s->handshake_writes;
        break;
    case TLS_OPEN:
    case TLS_DRAINING:
        r = (stream_may_read(s) && !s->requeued) || s->write_wants_read;
        w = (s->out.len > s->out_at && !s->write_wants_read) || s->read_wants_write;
        break;
    case TLS_LINGERING:
        r = true;
        break;
    case TLS_CLOSED:
        return;
    }
    stream_want(&s->readable, &s->watch_r, r && !s->waits);
    stream_want(&s->writable, &s->watch_w, w && !s->waits);
}

static void stream_turn(struct tls_stream *s, bool readable, bool writable)
{
    if (s->state == TLS_LINGERING) {
        stream_discard(s);
        return;
    }
    if (s->state == TLS_OPENING) {
        if (!stream_handshake(s))
            return;
        readable = true; /* the first request may be inside OpenSSL already */
    }
    if (writable || s->write_wants_read)
        stream_flush(s);
    if (readable || s->read_wants_write)
        stream_read(s);
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct tls_stream *s = arg;

    (void)fd;
    if (s->state == TLS_OPENING || s->idle) {
        tls_pool_wait(s->pool, s);
        stream_watch(s);
        return;
    }
    s->pool->turns++;
    stream_turn(s, (what & EV_READ) != 0, (what & EV_WRITE) != 0);
}

void tls_stream_step(struct tls_stream *s)
{
    stream_turn(s, true, true);
    if (s->state != TLS_CLOSED)
        stream_watch(s);
}

void tls_stream_again(struct tls_stream *s)
{
    if (s->state == TLS_OPENING && s->ssl == NULL)
        stream_opened(s);
    if (s->sent && s->state == TLS_OPEN) {
        s->sent = false;
        s->pool->ops->on_sent(s);
    }
    if (s->state != TLS_CLOSED)
        stream_turn(s, true, false);
}

/* ---- the rest ------------------------------------------------------------------------------ */

struct tls_stream *tls_stream_new(struct tls_pool *p, struct tls_context *ctx, int fd,
                                  const char *peer)
{
    struct tls_stream *s = xcalloc(1, sizeof(*s));
    s->pool = p;
    s->fd = fd;
    if (ctx != NULL && !tls_io_new(s, ctx)) {
        free(s);
        return NULL;
    }
    s->in.limit = p->limits.input_max;
    s->out.limit = p->limits.output_max * 2;
    s->out_max = p->limits.output_max;
    snprintf(s->peer, sizeof(s->peer), "%s", peer);
    event_assign(&s->readable, p->base, fd, EV_READ | EV_PERSIST, on_event, s);
    event_assign(&s->writable, p->base, fd, EV_WRITE | EV_PERSIST, on_event, s);
    return s;
}

void tls_stream_trim(struct tls_stream *s)
{
    if (s->in.len == 0)
        buf_free(&s->in);
    if (s->out.len == s->out_at) {
        buf_free(&s->out);
        s->out_at = 0;
    }
    if (s->state == TLS_OPEN && s->pool->ops->on_idle != NULL)
        s->pool->ops->on_idle(s);
}

void tls_stream_free(struct tls_stream *s)
{
    buf_free(&s->in);
    free(s);
}

void tls_stream_set_data(struct tls_stream *s, void *data)
{
    s->data = data;
}

void *tls_stream_data(const struct tls_stream *s)
{
    return s->data;
}

const struct certificate_identity *tls_stream_identity(const struct tls_stream *s)
{
    return s->identity.not_after != 0 ? &s->identity : NULL;
}

const char *tls_stream_peer(const struct tls_stream *s)
{
    return s->peer;
}

bool tls_stream_is_open(const struct tls_stream *s)
{
    return s->state == TLS_OPEN;
}

size_t tls_stream_unsent(const struct tls_stream *s)
{
    return s->out.len - s->out_at;
}

void tls_stream_set_output_max(struct tls_stream *s, size_t bytes)
{
    s->out_max = bytes;
}

void tls_stream_deadline(struct tls_stream *s, unsigned seconds)
{
    if (s->state == TLS_OPEN)
        s->deadline = seconds > 0 ? clock_mono() + (int64_t)seconds * SECOND : 0;
}

void tls_stream_pause(struct tls_stream *s)
{
    s->paused = true;
    stream_watch(s);
}

void tls_stream_resume(struct tls_stream *s)
{
    s->paused = false;
    /* the next bytes may be in our buffer or in OpenSSL's: the socket would not tell */
    if (s->state == TLS_OPEN)
        tls_pool_requeue(s->pool, s);
}

void tls_stream_finish(struct tls_stream *s)
{
    if (s->state != TLS_OPEN)
        return;
    s->state = TLS_DRAINING;
    s->end = TLS_END_DONE;
    s->deadline = clock_mono() + DRAIN_SECONDS * SECOND;
    if (s->out.len == s->out_at)
        stream_linger(s, TLS_END_DONE);
    else
        stream_watch(s);
}
