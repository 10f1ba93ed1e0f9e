/* SPDX-License-Identifier: BSD-2-Clause */
/* The floors: what this machine could do at best with PostgreSQL, without network, log or verdicts.
 * Same message size, same algorithm, same database server as the instance that is measured. */
#ifndef DUBAN_BENCH_FLOOR_H
#define DUBAN_BENCH_FLOOR_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/figures.h"
#include "common/err.h"
#include "common/key.h"

struct floor_options {
    const char *conninfo;
    enum key_alg alg;
    double seconds;
    size_t batch, threads;
    size_t units, tasks; /* tasks: per unit */
};

/* A signed message as a client would send it. */
struct floor_message {
    char *payload;
    size_t payload_len;
    struct buf sig;
    const struct key *key; /* borrowed */
};

struct floor_messages {
    struct key **key;
    size_t keys;
    struct floor_message *m;
    size_t n;
};

/* Signs n messages with some keys, about 640 bytes each. */
bool floor_messages_make(struct floor_messages *f, enum key_alg alg, size_t n, struct err *e);
void floor_messages_free(struct floor_messages *f);

/* Connects, asserts synchronous_commit = on, makes the tables, prepares the statements. */
bool floor_db_open(const char *conninfo, PGconn **db, struct err *e);
/* One batch, one transaction: insert … on conflict do nothing, and the upsert of the state. Rows
 * number first, first + 1 … in the whole table. */
bool floor_db_batch(PGconn *db, const struct floor_options *o, const struct floor_message *const *m,
                    size_t n, uint64_t first, struct err *e);
/* One row, one transaction. */
bool floor_db_row(PGconn *db, const struct floor_message *m, uint64_t number, struct err *e);
/* Highest number used so far plus one. */
bool floor_db_next(PGconn *db, uint64_t *next, struct err *e);

struct floor_counts {
    uint64_t rows, batches;
    double seconds;
    struct figures latency; /* of a transaction */
    struct figures_cpu from, to;
};

/* Floor A: threads verify every signature, one connection commits what has queued. */
bool floor_verified(const struct floor_options *o, PGconn *db, const struct floor_messages *f,
                    struct floor_counts *c, struct err *e);

#endif
