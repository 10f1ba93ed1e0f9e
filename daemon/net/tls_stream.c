/* SPDX-License-Identifier: BSD-2-Clause */
/* One connection: one state machine (enum tls_state) on plain events. The bytes of an open one are
 * in tls_flow.c, what goes through OpenSSL in tls_io.c. */
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

#define LINGER_SECONDS 5
#define LINGER_MAX ((size_t)8 * 1024 * 1024)

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

void tls_stream_linger(struct tls_stream *s, enum tls_end end)
{
    tls_io_goodbye(s);
    shutdown(s->fd, SHUT_WR);
    if (s->state == TLS_OPENING)
        tls_pool_opened(s->pool, s);
    s->state = TLS_LINGERING;
    s->end = end;
    s->deadline = clock_mono() + LINGER_SECONDS * TLS_SECOND;
    tls_stream_watch(s);
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
    tls_holder_enter(s);
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
        tls_stream_watch(s);
        return false;
    case TLS_IO_END:
        break;
    }
    if (end == TLS_END_PLAIN)
        tls_stream_close(s, end);
    else
        tls_stream_linger(s, end);
    return false;
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

void tls_stream_watch(struct tls_stream *s)
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
        r = (tls_flow_may_read(s) && !s->requeued) || s->write_wants_read;
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
        tls_flow_out(s);
    if (readable || s->read_wants_write)
        tls_flow_in(s);
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct tls_stream *s = arg;

    (void)fd;
    if (s->state == TLS_OPENING || s->idle) {
        tls_pool_wait(s->pool, s);
        tls_stream_watch(s);
        return;
    }
    s->pool->turns++;
    stream_turn(s, (what & EV_READ) != 0, (what & EV_WRITE) != 0);
}

void tls_stream_step(struct tls_stream *s)
{
    stream_turn(s, true, true);
    if (s->state != TLS_CLOSED)
        tls_stream_watch(s);
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
        s->deadline = seconds > 0 ? clock_mono() + seconds * TLS_SECOND : 0;
}

void tls_stream_pause(struct tls_stream *s)
{
    s->paused = true;
    tls_stream_watch(s);
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
    s->deadline = clock_mono() + TLS_DRAIN_SECONDS * TLS_SECOND;
    if (s->out.len == s->out_at)
        tls_stream_linger(s, TLS_END_DONE);
    else
        tls_stream_watch(s);
}
