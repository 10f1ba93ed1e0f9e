/* SPDX-License-Identifier: BSD-2-Clause */
/* Private to load_conn.c and load_run.c: a running measurement and its connections. */
#ifndef DUBAN_BENCH_LOAD_PRIVATE_H
#define DUBAN_BENCH_LOAD_PRIVATE_H

#include "bench/load.h"

struct lane_state {
    struct wire wire;
    struct load_lane *lane;
    struct load_request *sent; /* NULL: idle */
    int64_t started;           /* sent (closed) or scheduled (open) */
    int64_t again;             /* send again at; 0: waiting for the answer */
    unsigned tries;
    bool writing, dead;
    bool shaking; /* connecting again */
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
    FILE *trace; /* NULL: none */
};

void idle_add(struct run *r, struct lane_state *l);
/* NULL: every connection is busy. */
struct lane_state *idle_take(struct run *r);
bool connect_lane(struct run *r, struct lane_state *l, struct err *e);
/* Sends l->sent, also again. */
void transmit(struct run *r, struct lane_state *l);
/* Takes the next request of the lane; started: what its latency is counted from. False: nothing
 * signed is left for this connection. */
bool start(struct run *r, struct lane_state *l, int64_t started);
void on_event(struct run *r, struct lane_state *l, uint32_t events, int64_t now);

#endif
