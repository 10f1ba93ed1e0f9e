/* SPDX-License-Identifier: BSD-2-Clause */
/* The last day of a quarter, simulated: every county's office files what it owes, most of it
 * shortly before the cut-off, through a client that behaves as duban's does: signed into an outbox,
 * sent in order over a connection of its own, the same bytes again with back-off until a receipt
 * comes that verifies. Time is real time; the script moves the test clock so that the cut-off falls
 * in. What the server says is compared with what the simulator knows by itself. */
#ifndef DUBAN_BENCH_DAY_H
#define DUBAN_BENCH_DAY_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/figures.h"
#include "bench/load.h"
#include "bench/wire.h"

#define DAY_BATCH 64        /* envelopes in one request, as duban's client */
#define DAY_SLICES_MAX 2048 /* points of the curve */

struct day_options {
    const char *dir, *aud, *vkey, *period, *results;
    struct wire_peer peer;
    size_t counties, tasks;       /* tasks of each */
    double seconds;               /* the whole day in real time */
    double morning, late, silent; /* parts of the reports: 0–1 */
    double cutoff_at;             /* seconds after the start */
    int64_t cutoff;               /* instant by the server's clock: on time when received before */
    double slice, patience;       /* seconds: of a point of the curve; after the end of the day */
    uint64_t seed;
};

/* One statement of a county's office. */
struct day_statement {
    uint32_t first, n; /* its reports: places in county's task order */
    int64_t file_at;   /* microseconds after the start; then the moment when it was filed */
    int64_t sent;      /* real clock, first time; 0 = never */
    int64_t acked;     /* real clock */
    int64_t entry;
    int64_t received; /* as in the receipt */
    char *envelope;   /* owned; until acknowledged */
    uint8_t id[DIGEST_SIZE];
    uint8_t outcome; /* enum day_outcome of all its reports */
};

enum day_outcome { DAY_NONE, DAY_ON_TIME, DAY_LATE, DAY_OTHER, DAY_MIXED };

enum day_state { DAY_AWAY, DAY_CONNECTING, DAY_SENDING, DAY_WAITING, DAY_BACKOFF };

struct day;

/* One county: an office with its outbox. */
struct day_client {
    struct day *day;
    size_t index;
    struct load_key *key;            /* borrowed */
    uint16_t *task;                  /* permutation of 1…tasks; owned */
    struct day_statement *statement; /* by file_at; owned */
    size_t n, filed, acked;          /* outbox: acked … filed */
    enum day_state state;
    struct wire wire;
    bool open;
    struct event *io, *timer;
    struct buf request;
    size_t in_flight;
    unsigned attempt;
    int64_t retry_after;
};

/* A point of the curve. */
struct day_slice {
    struct figures *latency; /* owned; from filing to the verified receipt */
    uint64_t filed, acked, reports, retries, broken, refused;
};

struct day {
    const struct day_options *o;
    struct load_keys keys;
    struct event_base *base;
    struct event *clock;
    struct day_client *client;
    struct day_slice *slice;
    size_t slices;
    struct figures *latency, *final; /* all; those filed in the last tenth before the cut-off */
    int64_t begin, ended;
    size_t statements, reports, filed, acked, acked_reports;
    uint64_t connections, duplicates, wrong_verdicts, wrong_ids, bad_receipts, backwards;
    uint64_t on_time, late;
    struct load_counts counts; /* refusals by code */
    char first_fault[300];
    uint64_t random;
};

/* 0 ≤ x < 1. */
double day_random(struct day *d);
struct day_slice *day_slice_now(struct day *d);
void day_fault(struct day *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What each county will file, and when: fills the clients' statements. */
void day_plan(struct day *d);
/* Signs the next statement of the county into its outbox and sees that it is sent. */
void day_client_file(struct day_client *c);
bool day_client_init(struct day_client *c, struct day *d, size_t index, struct err *e);
void day_client_clear(struct day_client *c);
/* A line of an answer that is a receipt for s: checked as a client does, and its verdict compared
 * with our own. False: it counts for nothing. */
bool day_receipt(struct day_client *c, struct day_statement *s, const char *line, size_t n);
/* JSON on standard output; the results file. False: something is lost or wrong. */
bool day_report(struct day *d, struct err *e);

#endif
