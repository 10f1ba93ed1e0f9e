/* SPDX-License-Identifier: BSD-2-Clause */
/* For conn.c and pipeline.c only: the insides of a connection. */
#ifndef DUBAN_DB_CONN_PRIVATE_H
#define DUBAN_DB_CONN_PRIVATE_H

#include <libpq-fe.h>
#include <stdint.h>

#include "daemon/db/conn.h"
#include "daemon/db/statements.h"

#define PIPELINE_STEPS_MAX 4
#define PIPELINE_SETUP (-1) /* the unit that checks a new connection */

enum pipeline_step_kind { STEP_PREPARE, STEP_QUERY };

/* One unit in flight: up to two statements, each perhaps with its Parse in front, and a Sync. */
struct pipeline_unit {
    struct pipeline_unit *next;
    db_done done;
    void *arg;
    int64_t sent; /* clock_mono(); when units were in front of it: when the last of them ended */
    struct {
        enum pipeline_step_kind kind;
        int statement;
    } step[PIPELINE_STEPS_MAX];
    int steps, at; /* at: results read */
    bool failed;
    struct db_result *result; /* of the last statement, or the first error; owned */
};

enum db_state { DB_STATE_DOWN, DB_STATE_CONNECTING, DB_STATE_SETUP, DB_STATE_READY };

struct db {
    struct db_settings s;
    struct db_handlers h;
    void *arg;
    char *conninfo, *user; /* owned */
    enum db_state state;
    PGconn *pg;                 /* owned; NULL while down */
    struct event *read, *write; /* owned; of the present socket */
    struct event *timer;        /* owned; reconnect, connect timeout, or age of the oldest unit */
    int attempt;                /* failures in a row */
    bool warned;                /* a WARNING arrived since the last Sync */
    bool prepared[STATEMENTS_MAX];
    struct pipeline_unit *head, **tail, *spare;
    size_t pending;
};

/* Reads what has arrived and tells the calls that are complete. False: the connection is of no
 * more use (err_text says why) and the caller closes it. */
bool pipeline_read(struct db *d, const char **why);
/* Sends what libpq holds; arms the write event while something is left. False: lost. */
bool pipeline_flush(struct db *d);
/* The first unit of a new connection. */
bool pipeline_send_setup(struct db *d, db_done done, void *arg);
/* Tells every pending call DB_LOST. */
void pipeline_lose(struct db *d);
void pipeline_free(struct db *d);

#endif
