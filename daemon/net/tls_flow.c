/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes of an open connection, both ways. A peer that sends without taking what it is answered, or
 * the other way round, gets its share of a turn and of memory, and no more. */
#include "common/clock.h"
#include "daemon/net/tls_private.h"

#define READ_BUDGET ((size_t)64 * 1024) /* bytes from one connection in one turn of the loop */
#define READ_STOP ((size_t)64 * 1024)   /* unsent output above which the peer is not read */

/* ---- read ---------------------------------------------------------------------------------- */

/* Hands over what was left and what is new; keeps what the owner does not take. */
static void flow_deliver(struct tls_stream *s, const char *data, size_t n)
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

bool tls_flow_may_read(const struct tls_stream *s)
{
    return s->state == TLS_OPEN && !s->paused && s->out.len - s->out_at <= READ_STOP;
}

/* Bytes that came before the end are handed over before the end is acted on. */
static void flow_ended(struct tls_stream *s, enum tls_end end)
{
    if (s->out.len == s->out_at || end == TLS_END_ERROR) {
        tls_stream_close(s, end);
        return;
    }
    s->state = TLS_DRAINING; /* a peer that closed its half may still take our answer */
    s->end = end;
    s->deadline = clock_mono() + TLS_DRAIN_SECONDS * TLS_SECOND;
    tls_stream_watch(s);
}

void tls_flow_in(struct tls_stream *s)
{
    size_t budget = READ_BUDGET;
    enum tls_end end = TLS_END_ERROR;

    if (s->in.len > 0 && tls_flow_may_read(s))
        flow_deliver(s, NULL, 0);
    while (tls_flow_may_read(s)) {
        size_t n = 0;
        enum tls_io io = tls_io_read(s, &n, &end);
        if (io == TLS_IO_WAIT)
            break;
        if (io == TLS_IO_END) {
            flow_ended(s, end);
            return;
        }
        s->active = clock_mono();
        s->idle = false;
        flow_deliver(s, s->pool->scratch, n);
        if (s->state == TLS_CLOSED)
            return;
        if (n >= budget) {
            tls_pool_requeue(s->pool, s);
            break;
        }
        budget -= n;
    }
    if (s->state != TLS_CLOSED)
        tls_stream_watch(s);
}

/* ---- write --------------------------------------------------------------------------------- */

static void flow_sent_all(struct tls_stream *s)
{
    buf_clear(&s->out);
    s->out_at = 0;
    if (s->state == TLS_DRAINING) {
        if (s->end == TLS_END_DONE)
            tls_stream_linger(s, s->end);
        else
            tls_stream_close(s, s->end);
        return;
    }
    s->sent = s->pool->ops->on_sent != NULL;
    /* reading may have stopped for the sake of output, with bytes in our buffer or in OpenSSL's */
    if (s->sent || s->in.len > 0 || tls_io_pending(s))
        tls_pool_requeue(s->pool, s);
}

void tls_flow_out(struct tls_stream *s)
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
            flow_sent_all(s);
    }
    if (s->state == TLS_OPEN || s->state == TLS_DRAINING)
        tls_stream_watch(s);
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
        tls_flow_out(s);
    return s->state == TLS_OPEN;
}
