/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files tls_*.c share, for nobody else. */
#ifndef DUBAN_TLS_PRIVATE_H
#define DUBAN_TLS_PRIVATE_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/queue.h>

#include "common/buf.h"
#include "daemon/net/tls_stream.h"

#define TLS_SCRATCH ((size_t)16 * 1024)
#define TLS_PEER_TEXT 64
#define TLS_SECOND ((int64_t)1000000)
#define TLS_DRAIN_SECONDS 60 /* for the last output */

struct ssl_st;
struct tls_holder;

enum tls_state {
    TLS_OPENING,   /* handshake */
    TLS_OPEN,      /* data both ways */
    TLS_DRAINING,  /* the last output goes out */
    TLS_LINGERING, /* goodbye said; what still comes is thrown away */
    TLS_CLOSED     /* in the dead list until the loop has told the owner */
};

TAILQ_HEAD(tls_list, tls_stream);

struct tls_stream {
    struct tls_pool *pool;
    struct ssl_st *ssl; /* NULL on a plain connection and after closing */
    int fd;
    enum tls_state state;
    enum tls_end end;
    bool announced;        /* on_open was called: on_close is owed */
    bool paused;           /* by the owner */
    bool broken;           /* TLS failed: no goodbye */
    bool read_wants_write; /* the read operation waits for the socket to take bytes */
    bool write_wants_read; /* the write operation waits for bytes */
    bool handshake_writes; /* the handshake waits for the socket to take bytes */
    bool requeued, sent;   /* in the again list; on_sent is owed */
    bool waits;            /* in the lane */
    bool idle;             /* on_idle was told */
    bool watch_r, watch_w; /* events added */
    int64_t deadline;      /* clock_mono(); 0 = none */
    int64_t active;        /* clock_mono() of the last byte */
    size_t lingered;       /* bytes thrown away */
    struct event readable, writable;
    struct buf in;  /* what on_data left over */
    struct buf out; /* unsent from out_at on */
    size_t out_at, out_max;
    void *data;
    struct certificate_identity identity;
    struct tls_holder *holder; /* counts it; NULL before it is open and on a plain connection */
    char peer[TLS_PEER_TEXT];
    TAILQ_ENTRY(tls_stream) entry; /* opening, open or dead list of the pool */
    TAILQ_ENTRY(tls_stream) again; /* while requeued */
    TAILQ_ENTRY(tls_stream) lane;  /* while it waits there */
};

struct tls_pool {
    struct event_base *base;
    struct tls_limits limits;
    const struct tls_ops *ops;
    void *data;
    struct tls_list opening, open, dead, again; /* open: also draining and lingering */
    struct tls_list lane;                       /* handshakes, and idle ones with news */
    unsigned count, opening_count, again_count;
    void *holders; /* tree of struct tls_holder */
    bool was_full;
    size_t unsent; /* of all */
    struct event tick, turn, reap, step;
    uint64_t turns, turns_seen; /* of busy connections; at the lane's last step */
    int64_t step_from;          /* clock_mono() of the lane's next step */
    void (*on_room)(void *ctx);
    void *room_ctx;
    char scratch[TLS_SCRATCH]; /* every read goes through it */
};

/* tls_io.c */
enum tls_io {
    TLS_IO_BYTES, /* some moved; of a handshake: done, s->identity is set */
    TLS_IO_WAIT,  /* nothing to do before the socket is ready; see the flags of s */
    TLS_IO_END    /* no more; *end says why */
};
/* False: no memory, nothing is kept. */
bool tls_io_new(struct tls_stream *s, struct tls_context *ctx);
void tls_io_free(struct tls_stream *s);
/* A step of the handshake; a refused one is in the log. */
enum tls_io tls_io_accept(struct tls_stream *s, enum tls_end *end);
/* Into the pool's scratch, at most TLS_SCRATCH bytes. */
enum tls_io tls_io_read(struct tls_stream *s, size_t *n, enum tls_end *end);
/* From s->out; does not move out_at. */
enum tls_io tls_io_write(struct tls_stream *s, size_t *n);
/* Bytes that OpenSSL has and the socket would not tell of. */
bool tls_io_pending(const struct tls_stream *s);
/* close_notify, once and without waiting. */
void tls_io_goodbye(struct tls_stream *s);

/* tls_flow.c; tls_stream_write(), too */
/* False while paused, while much output waits, and unless open. */
bool tls_flow_may_read(const struct tls_stream *s);
/* Reads what has come, within a budget, and hands it to the owner. */
void tls_flow_in(struct tls_stream *s);
/* Writes what waits, as far as the socket takes it. */
void tls_flow_out(struct tls_stream *s);

/* tls_stream.c */
/* The only place that says what the events wait for: after every change of state. */
void tls_stream_watch(struct tls_stream *s);
/* Says goodbye and reads on for a while: the peer may still be sending, and closing now would reset
 * the connection and destroy what we have just said. */
void tls_stream_linger(struct tls_stream *s, enum tls_end end);
struct tls_stream *tls_stream_new(struct tls_pool *p, struct tls_context *ctx, int fd,
                                  const char *peer);
/* Goes on where a budget, a pause or a full socket stopped it. */
void tls_stream_again(struct tls_stream *s);
/* What it waited for in the lane. */
void tls_stream_step(struct tls_stream *s);
/* Gives memory back that an idle connection does not need. */
void tls_stream_trim(struct tls_stream *s);
void tls_stream_free(struct tls_stream *s);

/* tls_holder.c */
/* Counts an open connection for its certificate, and no longer. */
void tls_holder_enter(struct tls_stream *s);
void tls_holder_leave(struct tls_stream *s);
/* When no place is free: the newest connection of the certificate that has most of them, if it has
 * more than a quarter of all places and more than eight; else NULL. */
struct tls_stream *tls_holder_crowd(const struct tls_pool *p);

/* tls_pool.c */
void tls_pool_requeue(struct tls_pool *p, struct tls_stream *s);
/* A handshake that can go on, or news of a connection that was idle, often its end: in its turn,
 * and beside busy connections at a share of the time. */
void tls_pool_wait(struct tls_pool *p, struct tls_stream *s);
/* The handshake is over: counts and lists follow. */
void tls_pool_opened(struct tls_pool *p, struct tls_stream *s);
/* Moves to the dead list; on_close and free come from the loop. */
void tls_pool_bury(struct tls_pool *p, struct tls_stream *s);

#endif
