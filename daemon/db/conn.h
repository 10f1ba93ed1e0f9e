/* SPDX-License-Identifier: BSD-2-Clause */
/* One connection to PostgreSQL on the event loop: connects step by step, comes back by itself
 * (full jitter, 0.2 s to 30 s), sends each call as one pipeline unit = one transaction, and says
 * DONE only after its Sync. Nothing here blocks, except name lookup for a host that is not a
 * socket directory or address (docs/operations.md: use hostaddr). */
#ifndef DUBAN_DB_CONN_H
#define DUBAN_DB_CONN_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/db/args.h"
#include "daemon/db/result.h"

struct db;

/* r: the answer of the last statement of the unit (rows, or the error); NULL when lost. Valid
 * during the call unless db_result_ref() keeps it. Must not call db_free(). */
typedef void (*db_done)(void *arg, enum db_outcome outcome, struct db_result *r);

struct db_handlers {
    void (*on_ready)(void *arg); /* connected and checked; after every reconnect too */
    void (*on_down)(void *arg);  /* after each pending call was told DB_LOST */
    /* listen connections: something was notified */
    void (*on_notify)(void *arg, const char *channel, const char *payload);
};

struct db_settings {
    struct event_base *base;
    const char *conninfo;        /* libpq connection string, without a user; copied */
    const char *user;            /* NULL = as conninfo and environment say; copied */
    const char *name;            /* "append": application_name and log lines; static */
    bool read_only;              /* default_transaction_read_only */
    bool generic_plans;          /* plan_cache_mode = force_generic_plan */
    bool strict;                 /* a WARNING makes the unit LOST and closes (docs/architecture.md:
                                  * a cancelled wait for a standby looks like success) */
    int statement_timeout_ms;    /* server side; 0 = none */
    int unit_timeout_ms;         /* older unanswered unit: close; never a cancel. 0 = 30 s */
    const char *const *channels; /* NULL-terminated: a listen connection, which takes no calls */
};

/* Does not connect yet. handlers are copied; arg is theirs. */
struct db *db_new(const struct db_settings *s, const struct db_handlers *h, void *arg);
void db_start(struct db *d);
/* Closes; pending calls are told DB_LOST, on_down is not called. */
void db_free(struct db **d);

bool db_ready(const struct db *d);
/* Calls not answered yet. */
size_t db_pending(const struct db *d);
/* Sends sql/query/<statement>.sql as one unit. False: not ready, or no such statement; nothing was
 * sent and done will not be called. The arguments are copied by then. */
bool db_call(struct db *d, const char *statement, const struct db_args *args, db_done done,
             void *arg);
/* The same behind sql/query/as_client.sql in the same transaction: rows are those that this
 * client (code, or "*" for operators) may see. */
bool db_call_as(struct db *d, const char *client, const char *statement, const struct db_args *args,
                db_done done, void *arg);
/* The same with the setting duban.as_of (an entry or an instant; NULL: none), which the statements
 * whose name ends in _asof read by. A value that is no past: DB_FAILED, SQLSTATE 22xxx. */
bool db_call_as_of(struct db *d, const char *client, const char *as_of, const char *statement,
                   const struct db_args *args, db_done done, void *arg);

#endif
