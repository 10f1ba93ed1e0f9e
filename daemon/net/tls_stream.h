/* SPDX-License-Identifier: BSD-2-Clause */
/* One connection: bytes in and out over mutual TLS 1.3, or plainly on the local listener. A pool
 * holds the connections of one listener with their common limits.
 *
 * Nothing here calls back from inside a call: tls_stream_write() and tls_stream_close() only take
 * note; callbacks come from the event loop. Deadlines are absolute: bytes that trickle in do not
 * move them. The peer is trusted for nothing before on_open, afterwards only for its certificate.
 */
#ifndef DUBAN_TLS_STREAM_H
#define DUBAN_TLS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "daemon/net/certificate.h"

struct event_base;
struct tls_context; /* our certificate, key and the CA for clients */
struct tls_pool;
struct tls_stream;

/* Why a connection ended: the argument of on_close and of the log line. */
enum tls_end {
    TLS_END_DONE,        /* we finished it: answer sent, then closed */
    TLS_END_PEER,        /* the peer closed properly */
    TLS_END_TRUNCATED,   /* the peer closed without close_notify; what came before counts */
    TLS_END_HANDSHAKE,   /* handshake failed: protocol version, ALPN, no common cipher … */
    TLS_END_CERTIFICATE, /* none, foreign, expired, or without a duban name */
    TLS_END_PLAIN,       /* plain HTTP or other bytes on the TLS port */
    TLS_END_TIMEOUT,     /* a deadline passed */
    TLS_END_SLOW,        /* more unsent output than its cap */
    TLS_END_REFUSED,     /* it was idle, or in its handshake, and its place was needed */
    TLS_END_ERROR,       /* reset, network error, TLS error after the handshake */
    TLS_END_STOP         /* the daemon stops */
};
const char *tls_end_name(enum tls_end end);

struct tls_limits {
    unsigned max_connections;
    unsigned max_handshakes;    /* outstanding ones; above, nothing is accepted */
    unsigned handshake_seconds; /* from accept to on_open */
    size_t input_max;           /* bytes kept that on_data left over; 0 = 64 KiB */
    size_t output_max;          /* unsent bytes of one connection; 0 = 8 MiB */
    size_t output_total;        /* unsent bytes of all together; 0 = 256 MiB */
};

/* on_open: handshake done and certificate accepted (at once on a plain pool). Set the owner's data
 * and the first deadline here.
 * on_data: n bytes at data, older left-overs first; returns how many were used. The rest is given
 * again with the next bytes, or after tls_stream_resume(). Never called while paused or closed.
 * data stays readable until it returns, also when the stream is closed from inside. on_sent: all
 * output has left for the kernel; may be NULL. on_idle: nothing moved for about a second and no
 * output waits: release buffers; may be NULL. on_close: last call, only after on_open; the stream
 * is freed when it returns. */
struct tls_ops {
    void (*on_open)(struct tls_stream *s, void *pool_data);
    size_t (*on_data)(struct tls_stream *s, const char *data, size_t n);
    void (*on_sent)(struct tls_stream *s);
    void (*on_idle)(struct tls_stream *s);
    void (*on_close)(struct tls_stream *s, enum tls_end end);
};

/* ops and pool_data must outlive it. */
struct tls_pool *tls_pool_new(struct event_base *base, const struct tls_limits *limits,
                              const struct tls_ops *ops, void *pool_data);
/* Closes what is open (TLS_END_STOP, with on_close) and frees. */
void tls_pool_free(struct tls_pool **p);
/* Takes a connected, non-blocking socket. ctx NULL = plain. peer: address text for logs, copied.
 * Always takes the fd; over max_connections, if tls_pool_make_room() finds none, it is closed at
 * once and false comes back. */
bool tls_pool_add(struct tls_pool *p, struct tls_context *ctx, int fd, const char *peer);
/* Closes one connection that has been idle between requests for a second or more, else a stalled
 * handshake, else the newest of a certificate that has more than a quarter of all places: one
 * client cannot keep the others out. Its descriptor is free at once. False when there is none to
 * spare. */
bool tls_pool_make_room(struct tls_pool *p);
/* False while max_handshakes are outstanding: then stop accepting. */
bool tls_pool_has_room(const struct tls_pool *p);
/* True while connections wait for their turn that may have bytes to be read. */
bool tls_pool_more(const struct tls_pool *p);
/* Called when there is room again after there was none. */
void tls_pool_on_room(struct tls_pool *p, void (*on_room)(void *ctx), void *ctx);
unsigned tls_pool_count(const struct tls_pool *p);
/* Closes what has passed its deadline by clock_mono(); the pool does so itself each second. */
void tls_pool_check(struct tls_pool *p);
/* Calls f for every open connection (not those in handshake or closing). */
void tls_pool_each(struct tls_pool *p, void (*f)(struct tls_stream *s, void *ctx), void *ctx);

/* Owner's data; NULL at first. */
void tls_stream_set_data(struct tls_stream *s, void *data);
void *tls_stream_data(const struct tls_stream *s);
/* NULL on a plain connection. Valid as long as the stream. */
const struct certificate_identity *tls_stream_identity(const struct tls_stream *s);
const char *tls_stream_peer(const struct tls_stream *s);

/* Queues bytes and sends what the socket takes; copies them. False when the stream is closed or the
 * output cap is passed, in which case it is closed with TLS_END_SLOW. */
bool tls_stream_write(struct tls_stream *s, const void *bytes, size_t n);
/* False once it drains or is closed: what its peer sent is nobody's any more. */
bool tls_stream_is_open(const struct tls_stream *s);
/* Unsent bytes. */
size_t tls_stream_unsent(const struct tls_stream *s);
/* Another output cap than the pool's, for push streams. */
void tls_stream_set_output_max(struct tls_stream *s, size_t bytes);
/* Closes with TLS_END_TIMEOUT `seconds` from now whatever arrives; 0 = no deadline. Replaces the
 * one before. */
void tls_stream_deadline(struct tls_stream *s, unsigned seconds);
/* No on_data until resumed; the socket is not read either, so the peer's TCP window fills. */
void tls_stream_pause(struct tls_stream *s);
void tls_stream_resume(struct tls_stream *s);
/* Sends what is queued, says goodbye, swallows what the peer still sends for up to 5 s (so that a
 * refusal is not lost by a reset), then ends with TLS_END_DONE. No more on_data, no more writes. */
void tls_stream_finish(struct tls_stream *s);
/* The one exit. Queued output is dropped. on_close follows from the loop; further calls on s until
 * then do nothing. */
void tls_stream_close(struct tls_stream *s, enum tls_end end);

#endif
