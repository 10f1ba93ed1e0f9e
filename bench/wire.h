/* SPDX-License-Identifier: BSD-2-Clause */
/* A TLS 1.3 client connection with a client certificate, for the generators of bench/. The server
 * is our own instance; the peer is checked against its CA all the same. */
#ifndef DUBAN_BENCH_WIRE_H
#define DUBAN_BENCH_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"

/* Where to connect and as whom. All borrowed. */
struct wire_peer {
    const char *url; /* https://127.0.0.1:PORT */
    const char *ca, *cert, *key;
    bool lean; /* give buffers back between messages: for thousands of connections */
    void *ctx; /* SSL_CTX; made by wire_peer_open */
};

struct wire {
    int fd;
    void *ssl;
    const char *out; /* borrowed: what is being sent */
    size_t out_len, out_at;
    struct buf in;
};

/* Error "wire". wire_peer_close releases the context. */
bool wire_peer_open(struct wire_peer *p, struct err *e);
void wire_peer_close(struct wire_peer *p);
/* Connects and shakes hands, waiting for it; the socket is non-blocking afterwards. */
bool wire_open(struct wire *w, const struct wire_peer *p, struct err *e);
/* The same in steps: connects; then wire_shake until it is not WIRE_AGAIN, on each event. */
bool wire_begin(struct wire *w, const struct wire_peer *p, struct err *e);
void wire_close(struct wire *w);

enum wire_state { WIRE_DONE, WIRE_AGAIN, WIRE_BROKEN };
enum wire_state wire_shake(struct wire *w);

/* Sends n bytes (borrowed until all are sent); WIRE_AGAIN: call wire_flush when writable. */
enum wire_state wire_send(struct wire *w, const char *bytes, size_t n);
enum wire_state wire_flush(struct wire *w);
/* Appends everything that is there to in. WIRE_AGAIN: no more at present. */
enum wire_state wire_receive(struct wire *w);

/* An HTTP answer at the start of the buffer: false while it is not complete. */
struct wire_answer {
    int status;
    const char *body; /* borrowed from the buffer */
    size_t body_len, whole_len;
};
bool wire_answer(const struct buf *in, struct wire_answer *a);

#endif
