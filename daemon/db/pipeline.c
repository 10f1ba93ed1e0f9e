/* SPDX-License-Identifier: BSD-2-Clause */
/* Pipeline mode: one unit = its statements and a Sync = one transaction (PostgreSQL manual 34.5).
 * A COMMAND_OK before the Sync proves nothing: a later error of the unit rolls it back, and a
 * cancelled wait for a standby shows only as a WARNING. So calls are told at the Sync. */
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "daemon/db/conn_private.h"
#include "daemon/db/pg_result.h"

static struct pipeline_unit *unit_new(struct db *d, db_done done, void *arg)
{
    struct pipeline_unit *u = d->spare;

    if (u != NULL)
        d->spare = u->next;
    else
        u = xmalloc(sizeof *u);
    *u = (struct pipeline_unit){.done = done, .arg = arg, .sent = clock_mono()};
    return u;
}

static void unit_free(struct db *d, struct pipeline_unit *u)
{
    db_result_unref(&u->result);
    if (d->spare == NULL) {
        u->next = NULL;
        d->spare = u;
    } else {
        free(u);
    }
}

static void unit_step(struct pipeline_unit *u, enum pipeline_step_kind kind, int statement)
{
    u->step[u->steps].kind = kind;
    u->step[u->steps].statement = statement;
    u->steps++;
}

static bool send_statement(struct db *d, struct pipeline_unit *u, int n, const struct db_args *a)
{
    const char *values[DB_ARGS_MAX];

    if (!d->prepared[n]) {
        if (!PQsendPrepare(d->pg, statements_name(n), statements_sql(n), 0, NULL))
            return false;
        unit_step(u, STEP_PREPARE, n);
        d->prepared[n] = true; /* later units may count on it; a failure takes it back */
    }
    for (int i = 0; i < a->n; i++)
        values[i] = a->in_scratch[i] ? (const char *)a->scratch[i] : a->value[i];
    if (!PQsendQueryPrepared(d->pg, statements_name(n), a->n, values, a->length, a->format, 1))
        return false;
    unit_step(u, STEP_QUERY, n);
    return true;
}

static void unit_add(struct db *d, struct pipeline_unit *u)
{
    *d->tail = u;
    d->tail = &u->next;
    d->pending++;
}

/* Once a part of a unit is in libpq's buffer there is no way back: without its Sync the next unit
 * would join it. So a failure here is the end of the connection, noticed by the read event. */
static bool unit_send(struct db *d, struct pipeline_unit *u, bool ok)
{
    unit_add(d, u);
    if (ok && PQpipelineSync(d->pg) == 1 && pipeline_flush(d))
        return true;
    log_limited(LOG_LEVEL_WARN, "db-send", "database connection %s: cannot send: %s", d->s.name,
                PQerrorMessage(d->pg));
    event_active(d->read, EV_TIMEOUT, 0);
    return true;
}

static bool call(struct db *d, const char *client, const char *as_of, const char *statement,
                 const struct db_args *args, db_done done, void *arg)
{
    int n = statements_find(statement), as = client != NULL ? statements_find("as_client") : -1;
    struct pipeline_unit *u;
    struct db_args who = {0};
    bool ok = true;

    if (d->state != DB_STATE_READY || n < 0 || (client != NULL && as < 0))
        return false;
    u = unit_new(d, done, arg);
    if (client != NULL) {
        db_args_text(&who, client);
        db_args_text(&who, as_of);
        ok = send_statement(d, u, as, &who);
    }
    ok = ok && send_statement(d, u, n, args);
    return unit_send(d, u, ok);
}

bool db_call(struct db *d, const char *statement, const struct db_args *args, db_done done,
             void *arg)
{
    return call(d, NULL, NULL, statement, args, done, arg);
}

bool db_call_as(struct db *d, const char *client, const char *statement, const struct db_args *args,
                db_done done, void *arg)
{
    return call(d, client, NULL, statement, args, done, arg);
}

bool db_call_as_of(struct db *d, const char *client, const char *as_of, const char *statement,
                   const struct db_args *args, db_done done, void *arg)
{
    return call(d, client, as_of, statement, args, done, arg);
}

bool pipeline_send_setup(struct db *d, db_done done, void *arg)
{
    struct pipeline_unit *u = unit_new(d, done, arg);
    int n = statements_find("connection_check");
    bool ok = n >= 0 && PQsendQueryParams(d->pg, statements_sql(n), 0, NULL, NULL, NULL, NULL, 1);

    unit_step(u, STEP_QUERY, PIPELINE_SETUP);
    return unit_send(d, u, ok);
}

bool pipeline_flush(struct db *d)
{
    int left = PQflush(d->pg);

    if (left < 0)
        return false;
    if (left > 0)
        event_add(d->write, NULL);
    return true;
}

/* Files one result under the step it belongs to. Takes res over. */
static void unit_result(struct db *d, struct pipeline_unit *u, PGresult *res)
{
    ExecStatusType status = PQresultStatus(res);
    bool good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;

    if (u->at < u->steps && u->step[u->at].kind == STEP_PREPARE && !good)
        d->prepared[u->step[u->at].statement] = false;
    u->at++;
    if (u->failed || (good && u->at < u->steps)) {
        PQclear(res);
        return;
    }
    if (!good)
        u->failed = true;
    db_result_unref(&u->result);
    u->result = db_result_wrap(res);
}

/* At the Sync. False: the connection must be closed. */
static bool unit_finish(struct db *d)
{
    struct pipeline_unit *u = d->head;
    bool doubtful = d->s.strict && d->warned && !u->failed;

    d->warned = false;
    if (doubtful)
        return false; /* pipeline_lose() tells the call */
    d->head = u->next;
    if (d->head == NULL)
        d->tail = &d->head;
    else
        d->head->sent = clock_mono(); /* its turn begins: the server works on one at a time */
    d->pending--;
    u->done(u->arg, u->failed ? DB_FAILED : DB_DONE, u->result);
    unit_free(d, u);
    return true;
}

bool pipeline_read(struct db *d, const char **why)
{
    int empty = 0;

    *why = "connection lost";
    if (PQconsumeInput(d->pg) == 0)
        return false;
    while (d->head != NULL && empty < 3 && PQisBusy(d->pg) == 0) {
        PGresult *res = PQgetResult(d->pg);

        if (res == NULL) { /* end of one statement's results */
            empty++;
            continue;
        }
        empty = 0;
        if (PQresultStatus(res) == PGRES_PIPELINE_SYNC) {
            PQclear(res);
            *why = "the server warned during a commit; its outcome is not sure";
            if (!unit_finish(d))
                return false;
        } else {
            unit_result(d, d->head, res);
        }
    }
    *why = "connection lost";
    return PQstatus(d->pg) != CONNECTION_BAD && pipeline_flush(d);
}

void pipeline_lose(struct db *d)
{
    struct pipeline_unit *u = d->head;

    d->head = NULL;
    d->tail = &d->head;
    d->pending = 0;
    while (u != NULL) {
        struct pipeline_unit *next = u->next;

        u->done(u->arg, DB_LOST, NULL);
        unit_free(d, u);
        u = next;
    }
}

void pipeline_free(struct db *d)
{
    free(d->spare);
    d->spare = NULL;
}
