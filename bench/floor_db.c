/* SPDX-License-Identifier: BSD-2-Clause */
/* The floors' tables: durable rows and the newest state of each task, nothing else. */
#include <stdlib.h>
#include <string.h>

#include "bench/floor.h"
#include "common/buf.h"
#include "common/digest.h"
#include "daemon/db/array.h"

#define COLUMNS 6

static const char tables[] =
    "set client_min_messages = warning;"
    "create table if not exists report ("
    "  id bigserial primary key, unit bigint not null, seq bigint not null, task bigint not null,"
    "  key bytea not null, payload bytea not null, signature bytea not null,"
    "  received timestamptz not null default clock_timestamp(), unique (unit, seq));"
    "create table if not exists task_state ("
    "  task bigint primary key, report bigint not null, received timestamptz not null"
    ") with (fillfactor = 70)";

static const char batch_sql[] =
    "with added as ("
    "  insert into report (unit, seq, task, key, payload, signature)"
    "  select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[], $5::bytea[],"
    "                       $6::bytea[])"
    "  on conflict (unit, seq) do nothing returning id, task, received)"
    "insert into task_state as s (task, report, received)"
    " select distinct on (a.task) a.task, a.id, a.received from added a order by a.task, a.id desc"
    " on conflict (task) do update set report = excluded.report, received = excluded.received";

static const char row_sql[] =
    "insert into report (unit, seq, task, key, payload, signature) values ($1, $2, $3, $4, $5, $6)";

static bool pg_error(PGconn *db, struct err *e)
{
    return err_set(e, "database", "%s", PQerrorMessage(db));
}

static bool run(PGconn *db, const char *sql, struct err *e)
{
    PGresult *r = PQexec(db, sql);
    bool ok = PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK;

    PQclear(r);
    return ok || pg_error(db, e);
}

static bool ask(PGconn *db, const char *sql, char *answer, size_t size, struct err *e)
{
    PGresult *r = PQexec(db, sql);
    bool ok = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1;

    answer[0] = '\0';
    if (ok)
        strncat(answer, PQgetvalue(r, 0, 0), size - 1);
    PQclear(r);
    return ok || pg_error(db, e);
}

static bool prepare(PGconn *db, const char *name, const char *sql, struct err *e)
{
    PGresult *r = PQprepare(db, name, sql, 0, NULL);
    bool ok = PQresultStatus(r) == PGRES_COMMAND_OK;

    PQclear(r);
    return ok || pg_error(db, e);
}

bool floor_db_open(const char *conninfo, PGconn **out, struct err *e)
{
    PGconn *db = PQconnectdb(conninfo);
    char on[16];

    *out = db;
    if (PQstatus(db) != CONNECTION_OK)
        return pg_error(db, e);
    if (!ask(db, "select current_setting('synchronous_commit') || current_setting('fsync')", on,
             sizeof on, e))
        return false;
    if (strcmp(on, "onon") != 0)
        return err_set(e, "database", "synchronous_commit and fsync must be on");
    return run(db, tables, e) && prepare(db, "batch", batch_sql, e) &&
           prepare(db, "row", row_sql, e);
}

bool floor_db_next(PGconn *db, uint64_t *next, struct err *e)
{
    char text[32];

    if (!ask(db, "select count(*) from report", text, sizeof text, e))
        return false;
    *next = strtoull(text, NULL, 10);
    return true;
}

bool floor_db_batch(PGconn *db, const struct floor_options *o, const struct floor_message *const *m,
                    size_t n, uint64_t first, struct err *e)
{
    static const enum array_oid oid[COLUMNS] = {ARRAY_INT8,  ARRAY_INT8,  ARRAY_INT8,
                                                ARRAY_BYTEA, ARRAY_BYTEA, ARRAY_BYTEA};
    static struct array a[COLUMNS]; /* one connection, one thread: their memory is kept */
    const char *value[COLUMNS];
    int length[COLUMNS], format[COLUMNS];
    PGresult *r;
    bool ok;

    for (size_t c = 0; c < COLUMNS; c++)
        array_begin(&a[c], oid[c]);
    for (size_t i = 0; i < n; i++) {
        uint64_t number = first + i;
        uint64_t unit = number % o->units;

        array_add_int8(&a[0], (int64_t)unit);
        array_add_int8(&a[1], (int64_t)(number / o->units));
        array_add_int8(&a[2], (int64_t)(unit * o->tasks + number / o->units % o->tasks));
        array_add(&a[3], key_id(m[i]->key), DIGEST_SIZE);
        array_add(&a[4], m[i]->payload, m[i]->payload_len);
        array_add(&a[5], m[i]->sig.data, m[i]->sig.len);
    }
    for (size_t c = 0; c < COLUMNS; c++) {
        array_end(&a[c]);
        value[c] = a[c].b.data;
        length[c] = (int)a[c].b.len;
        format[c] = 1;
    }
    r = PQexecPrepared(db, "batch", COLUMNS, value, length, format, 1);
    ok = PQresultStatus(r) == PGRES_COMMAND_OK;
    PQclear(r);
    return ok || pg_error(db, e);
}

bool floor_db_row(PGconn *db, const struct floor_message *m, uint64_t number, struct err *e)
{
    uint64_t big[3] = {__builtin_bswap64(1u << 30), __builtin_bswap64(number),
                       __builtin_bswap64(number)};
    const char *value[COLUMNS] = {(const char *)&big[0],
                                  (const char *)&big[1],
                                  (const char *)&big[2],
                                  (const char *)key_id(m->key),
                                  m->payload,
                                  m->sig.data};
    int length[COLUMNS] = {8, 8, 8, DIGEST_SIZE, (int)m->payload_len, (int)m->sig.len};
    int format[COLUMNS] = {1, 1, 1, 1, 1, 1};
    PGresult *r = PQexecPrepared(db, "row", COLUMNS, value, length, format, 1);
    bool ok = PQresultStatus(r) == PGRES_COMMAND_OK;

    PQclear(r);
    return ok || pg_error(db, e);
}
