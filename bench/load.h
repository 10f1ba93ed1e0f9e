/* SPDX-License-Identifier: BSD-2-Clause */
/* The load generator: keys with their places in their chains, signed requests made beforehand, and
 * the loop that sends them. The keys' directory is ours alone; the server is measured, not trusted:
 * what it acknowledges is compared with the rows in its database by whoever calls this. */
#ifndef DUBAN_BENCH_LOAD_H
#define DUBAN_BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/figures.h"
#include "bench/wire.h"
#include "common/digest.h"
#include "common/err.h"
#include "common/key.h"

#define LOAD_PERIODS_MAX 16

/* A signing key, the unit it reports for, and where its chain stands. */
struct load_key {
    struct key *key; /* owned */
    char unit[33];
    int64_t seq;               /* of the last statement that was acknowledged */
    uint8_t prev[DIGEST_SIZE]; /* its identity */
    uint64_t report;           /* reports made so far: which task and period come next */
    int64_t next_seq;          /* the same of what is signed but not yet acknowledged */
    uint8_t next_prev[DIGEST_SIZE];
    uint64_t next_report;
};

struct load_keys {
    char *dir;
    struct load_key *key;
    size_t n;
};

/* Makes n keys, registry.conf with their units and posts, and the state file in dir. */
bool load_keys_make(const char *dir, size_t n, enum key_alg alg, struct err *e);
bool load_keys_open(const char *dir, struct load_keys *k, struct err *e);
/* Writes seq, prev and report of each key. */
bool load_keys_save(const struct load_keys *k, struct err *e);
void load_keys_close(struct load_keys *k);

struct load_options {
    const char *dir, *aud, *vkey;
    struct wire_peer peer;
    size_t connections, envelopes, reports;
    double warmup, seconds, rate; /* rate 0: closed loop */
    const char *trace;            /* file for the instants of acknowledgements, NULL: none */
    int64_t again_us;             /* before a refused request is sent again */
    bool patient;                 /* send it again for ever, at this distance */
    size_t requests;              /* signed beforehand, all connections together */
    size_t tasks;                 /* per unit */
    const char *plan;
    const char *period[LOAD_PERIODS_MAX];
    size_t periods;
};

/* One HTTP request with one or more envelopes, and what its keys' places are behind it. */
struct load_statement {
    uint32_t key; /* index */
    int64_t seq;
    uint64_t report;
    uint8_t id[DIGEST_SIZE];
};

struct load_request {
    char *bytes; /* owned */
    size_t len;
    struct load_statement *statement; /* owned; envelopes of them */
};

/* Requests of one connection, in the order in which they must go. */
struct load_lane {
    struct load_request *request;
    size_t n, next; /* made, sent or being sent */
};

/* Signs requests for every lane with two threads. lane: o->connections of them. */
bool load_sign(const struct load_options *o, struct load_keys *k, struct load_lane *lane,
               struct err *e);
void load_lane_clear(struct load_lane *l);

#define LOAD_CODES_MAX 24

struct load_counts {
    uint64_t requests, statements, reports; /* in the measured window */
    uint64_t acknowledged;                  /* statements, of the whole run */
    uint64_t duplicates, repeated, broken;
    struct {
        char code[24];
        uint64_t n;
    } refused[LOAD_CODES_MAX];
    struct figures latency;
    double seconds;
    bool used_up;        /* all signed requests were sent before the time was over */
    uint64_t unanswered; /* requests given up at the end; whether they were stored is not known */
    uint64_t unsent;     /* arrivals of the open loop that found no free connection in time */
    uint64_t verified;   /* receipts checked afterwards */
    double handshake_ms;
    struct figures_cpu from, to;
};

/* Counts an answer; returns how many statements of the request have a receipt. */
size_t load_count(struct load_counts *c, const struct load_options *o, const struct wire_answer *a);
/* Checks the first receipt of an answer against the log's key and the statement. */
bool load_verify(const struct load_options *o, const struct wire_answer *a,
                 const struct load_statement *s, struct err *e);
/* Runs the measurement; *c zeroed by the caller. */
bool load_run(const struct load_options *o, struct load_keys *k, struct load_lane *lane,
              struct load_counts *c, struct err *e);
void load_print(const struct load_options *o, const struct load_counts *c, FILE *out);

#endif
