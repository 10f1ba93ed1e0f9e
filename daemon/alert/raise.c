/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "raise". */
#include "daemon/alert/raise.h"

#include <stdlib.h>

#include "common/log.h"
#include "common/mem.h"
#include "daemon/alert/due.h"
#include "daemon/db/conn.h"

#define ITEMS_FIRST 64
#define ITEMS_LEAST 8
#define ITEMS_MOST 256
#define HELD_US 40000 /* as long as a batch may keep statements waiting for the log lock */

struct raise {
    raise_done done;
    void *arg;
    struct db *db;
    int64_t blind_us, drain_us;
    int64_t raised;
    int items; /* of the next batch */
};

static void step(struct raise *r);

static void on_breath(void *arg, enum db_outcome outcome, struct db_result *res)
{
    struct raise *r = arg;

    (void)res;
    if (outcome == DB_DONE)
        step(r);
    else
        r->done(r->arg, false, r->raised, DUE_NONE);
}

/* The lock goes to whoever is awake: without a pause the batches of thousands of deadlines would
 * follow one another, and statements that wait for the lock would find it taken again. */
static void breathe(struct raise *r)
{
    struct db_args none = {0};

    if (!db_call(r->db, "breath", &none, on_breath, r))
        r->done(r->arg, false, r->raised, DUE_NONE);
}

/* How many fit into HELD_US, by the last batch that was full or too slow; at most twice as many as
 * it had, for a batch may be cheap because its obligations were settled. */
static void adapt(struct raise *r, int64_t n, int64_t held_us)
{
    int64_t fit = held_us > 0 ? n * HELD_US / held_us : ITEMS_MOST;

    if (n < r->items && held_us <= HELD_US)
        return;
    if (fit > 2 * n)
        fit = 2 * n;
    if (fit < ITEMS_LEAST)
        fit = ITEMS_LEAST;
    r->items = fit > ITEMS_MOST ? ITEMS_MOST : (int)fit;
}

static void on_raised(void *arg, enum db_outcome outcome, struct db_result *res)
{
    struct raise *r = arg;
    int64_t n = db_int8(res, 0, 0), next = db_null(res, 0, 1) ? DUE_NONE : db_int8(res, 0, 1);

    if (outcome != DB_DONE || db_rows(res) != 1) {
        if (outcome == DB_FAILED)
            log_limited(LOG_LEVEL_ERROR, "raise", "alerts cannot be raised: %s %s",
                        db_sqlstate(res), db_message(res));
        r->done(r->arg, false, r->raised, DUE_NONE);
        return;
    }
    r->raised += n;
    if (n > 0)
        adapt(r, n, db_int8(res, 0, 2));
    /* due, but nothing was done about it: not again at once, or the loop would spin */
    if (next <= 0 && n == 0)
        r->done(r->arg, true, r->raised, 100000);
    else if (next <= 0)
        breathe(r);
    else
        r->done(r->arg, true, r->raised, next);
}

static void step(struct raise *r)
{
    struct db_args args = {0};

    db_args_int4(&args, r->items);
    db_args_int8(&args, r->blind_us);
    db_args_int8(&args, r->drain_us);
    if (r->db == NULL || !db_call(r->db, "raise", &args, on_raised, r))
        r->done(r->arg, false, r->raised, DUE_NONE);
}

/* Reading does not disturb those who append; raise() takes their lock. */
static void on_next(void *arg, enum db_outcome outcome, struct db_result *res)
{
    struct raise *r = arg;
    int64_t next = db_null(res, 0, 0) ? DUE_NONE : db_int8(res, 0, 0);

    if (outcome != DB_DONE || db_rows(res) != 1)
        r->done(r->arg, false, 0, DUE_NONE);
    else if (next <= 0)
        step(r);
    else
        r->done(r->arg, true, 0, next);
}

void raise_run(struct raise *r, bool sure)
{
    struct db_args args = {0};

    db_args_int8(&args, r->blind_us);
    db_args_int8(&args, r->drain_us);
    r->raised = 0;
    if (sure)
        step(r);
    else if (r->db == NULL || !db_call(r->db, "next_due", &args, on_next, r))
        r->done(r->arg, false, 0, DUE_NONE);
}

struct raise *raise_new(raise_done done, void *arg)
{
    struct raise *r = xcalloc(1, sizeof *r);

    r->done = done;
    r->arg = arg;
    r->items = ITEMS_FIRST;
    return r;
}

void raise_set_db(struct raise *r, struct db *d)
{
    r->db = d;
}

void raise_set_blind(struct raise *r, long blind_s, long drain_s)
{
    r->blind_us = (int64_t)blind_s * 1000000;
    r->drain_us = (int64_t)drain_s * 1000000;
}

void raise_free(struct raise **r)
{
    free(*r);
    *r = NULL;
}
