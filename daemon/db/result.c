/* SPDX-License-Identifier: BSD-2-Clause */
/* Results of libpq behind a counted wrapper, so that steps keep one until its batch is sealed
 * without copying it. The server is trusted for values, not for lengths. */
#include "daemon/db/result.h"

#include <libpq-fe.h>
#include <stdlib.h>

#include "common/mem.h"
#include "daemon/db/pg_result.h"

#define EPOCH_2000 946684800000000LL

struct db_result {
    PGresult *pg; /* owned */
    unsigned refs;
};

struct db_result *db_result_wrap(PGresult *pg)
{
    struct db_result *r = xcalloc(1, sizeof *r);

    r->pg = pg;
    r->refs = 1;
    return r;
}

struct db_result *db_result_ref(struct db_result *r)
{
    r->refs++;
    return r;
}

void db_result_unref(struct db_result **r)
{
    if (*r != NULL && --(*r)->refs == 0) {
        PQclear((*r)->pg);
        free(*r);
    }
    *r = NULL;
}

int db_rows(const struct db_result *r)
{
    return r != NULL ? PQntuples(r->pg) : 0;
}

bool db_null(const struct db_result *r, int row, int col)
{
    return r == NULL || row >= PQntuples(r->pg) || col >= PQnfields(r->pg) ||
           PQgetisnull(r->pg, row, col);
}

const char *db_bytes(const struct db_result *r, int row, int col, size_t *n)
{
    *n = 0;
    if (db_null(r, row, col))
        return NULL;
    *n = (size_t)PQgetlength(r->pg, row, col);
    return PQgetvalue(r->pg, row, col);
}

const char *db_text(const struct db_result *r, int row, int col)
{
    size_t n;

    return db_bytes(r, row, col, &n);
}

int64_t db_int8(const struct db_result *r, int row, int col)
{
    size_t n;
    const uint8_t *p = (const uint8_t *)db_bytes(r, row, col, &n);
    uint64_t v;

    if (p == NULL || (n != 2 && n != 4 && n != 8))
        return 0;
    v = (p[0] & 0x80) != 0 ? UINT64_MAX : 0; /* sign */
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return (int64_t)v;
}

bool db_bool(const struct db_result *r, int row, int col)
{
    size_t n;
    const char *p = db_bytes(r, row, col, &n);

    return p != NULL && n == 1 && *p == 1;
}

int64_t db_time(const struct db_result *r, int row, int col)
{
    int64_t v = db_int8(r, row, col);

    if (v == INT64_MAX || v == INT64_MIN)
        return v;
    if (v > INT64_MAX - EPOCH_2000)
        return INT64_MAX;
    return v + EPOCH_2000;
}

static const char *field(const struct db_result *r, int code)
{
    const char *s = r != NULL ? PQresultErrorField(r->pg, code) : NULL;

    return s != NULL ? s : "";
}

const char *db_sqlstate(const struct db_result *r)
{
    return field(r, PG_DIAG_SQLSTATE);
}

const char *db_message(const struct db_result *r)
{
    return field(r, PG_DIAG_MESSAGE_PRIMARY);
}

const char *db_detail(const struct db_result *r)
{
    return field(r, PG_DIAG_MESSAGE_DETAIL);
}
