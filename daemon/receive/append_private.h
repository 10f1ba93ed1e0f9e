/* SPDX-License-Identifier: BSD-2-Clause */
/* For append.c and append_slow.c only. */
#ifndef DUBAN_APPEND_PRIVATE_H
#define DUBAN_APPEND_PRIVATE_H

#include <event2/event.h>

#include "daemon/db/conn.h"
#include "daemon/receive/append.h"
#include "daemon/receive/batch_arrays.h"
#include "daemon/receive/chains.h"

enum append_state {
    APPEND_IDLE,
    APPEND_SENT,  /* append or append_act is in flight */
    APPEND_CHAIN, /* looking up chains after a mismatch */
    APPEND_STALE, /* waits for append_registry() */
    APPEND_HEADS  /* storing heads alone */
};

struct append {
    struct append_ops ops;
    void *arg;
    struct db *db;
    struct event *kick;  /* builds a batch when those who have spoken already are read */
    struct event *full;  /* builds a batch before any other client is read */
    struct event *heads; /* stores heads after a while without batches */
    enum append_state state;
    const char *closed; /* code, NULL = open */
    struct submission_list queue;
    struct batch *batch; /* being recorded; owned */
    struct batch_arrays *arrays;
    struct array head_size, head_note;
    struct buf tail;
    struct chains chains; /* hints, kept */
    struct chains within; /* ends within the batch being built */
    int64_t registry, offset;
    int64_t base_real, base_mono; /* the database's real time at a moment; mono 0 = not known */
    int64_t sent;                 /* clock_mono() */
    int64_t waits_since;          /* clock_mono(): a small batch waits for those being read; or 0 */
    unsigned tries;               /* of the present batch on the slow path */
    size_t alone;                 /* so many statements are sent one by one */
    bool heads_waiting, heads_taken, heads_urgent;
    bool heads_due; /* have waited HEADS_US */
    bool was_full;  /* and somebody waits for on_room */
    struct append_figures figures;
};

/* Sends a->batch; on failure refuses its statements. */
void append_send(struct append *a);
/* Refuses every statement of the batch and drops it. */
void append_refuse_batch(struct append *a, const char *code, const char *text);
/* Puts the batch's statements back in front of the queue. */
void append_put_back(struct append *a);
void append_kick(struct append *a);

/* DB001: asks where the chains stand, sorts out what does not fit, sends the rest. */
void append_slow(struct append *a);
/* DB002: refuses the statements of the list ("3,7") and those behind them by the same keys. */
void append_rate(struct append *a, const char *ordinals);

#endif
