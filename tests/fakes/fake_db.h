/* SPDX-License-Identifier: BSD-2-Clause */
/* A database for tests of single steps: takes the place of daemon/db/conn.c and result.c, records
 * each call with its arguments, and answers when and what the test says. Include it in one file. */
#ifndef DUBAN_TESTS_FAKE_DB_H
#define DUBAN_TESTS_FAKE_DB_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "daemon/db/array.h"
#include "daemon/db/conn.h"

#define FAKE_CALLS 64
#define FAKE_COLS 12

struct fake_cell {
    char *bytes; /* owned, NUL behind; NULL = SQL NULL */
    size_t len;
};

struct db_result {
    unsigned refs;
    int rows, cols;
    struct fake_cell *cell;
    char state[6], message[64], detail[64];
};

struct fake_call {
    char statement[32], client[32];
    int n;
    struct fake_cell arg[DB_ARGS_MAX];
    db_done done;
    void *arg_of_done;
    bool answered;
};

struct db {
    bool down;
    struct fake_call call[FAKE_CALLS];
    size_t calls;
};

/* ---- results -------------------------------------------------------------------------------- */

static struct db_result *fake_result(int rows, int cols)
{
    struct db_result *r = xcalloc(1, sizeof *r);

    r->refs = 1;
    r->rows = rows;
    r->cols = cols;
    r->cell = xcalloc((size_t)(rows * cols) + 1, sizeof *r->cell);
    return r;
}

static void fake_bytes(struct db_result *r, int row, int col, const void *bytes, size_t n)
{
    struct fake_cell *c = &r->cell[row * r->cols + col];

    free(c->bytes);
    c->bytes = xmalloc(n + 1);
    if (n > 0)
        memcpy(c->bytes, bytes, n);
    c->bytes[n] = '\0';
    c->len = n;
}

static inline void fake_text(struct db_result *r, int row, int col, const char *s)
{
    fake_bytes(r, row, col, s, strlen(s));
}

static inline void fake_int8(struct db_result *r, int row, int col, int64_t v)
{
    uint8_t p[8];

    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)((uint64_t)v >> (8 * (7 - i)));
    fake_bytes(r, row, col, p, 8);
}

static inline void fake_bool(struct db_result *r, int row, int col, bool v)
{
    uint8_t p = v;

    fake_bytes(r, row, col, &p, 1);
}

/* Takes the array's bytes and frees it. */
static inline void fake_array(struct db_result *r, int row, int col, struct array *a)
{
    array_end(a);
    fake_bytes(r, row, col, a->b.data, a->b.len);
    array_free(a);
}

static inline struct db_result *fake_error(const char *state, const char *detail)
{
    struct db_result *r = fake_result(0, 0);

    snprintf(r->state, sizeof r->state, "%s", state);
    snprintf(r->message, sizeof r->message, "made by the test");
    snprintf(r->detail, sizeof r->detail, "%s", detail);
    return r;
}

struct db_result *db_result_ref(struct db_result *r)
{
    r->refs++;
    return r;
}

void db_result_unref(struct db_result **rp)
{
    struct db_result *r = *rp;

    *rp = NULL;
    if (r == NULL || --r->refs > 0)
        return;
    for (int i = 0; i < r->rows * r->cols; i++)
        free(r->cell[i].bytes);
    free(r->cell);
    free(r);
}

int db_rows(const struct db_result *r)
{
    return r != NULL ? r->rows : 0;
}

const char *db_bytes(const struct db_result *r, int row, int col, size_t *n)
{
    bool there = r != NULL && row < r->rows && col < r->cols;
    const struct fake_cell *c = there ? &r->cell[row * r->cols + col] : NULL;

    *n = c != NULL ? c->len : 0;
    return c != NULL ? c->bytes : NULL;
}

bool db_null(const struct db_result *r, int row, int col)
{
    size_t n;

    return db_bytes(r, row, col, &n) == NULL;
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
    uint64_t v = 0;

    for (size_t i = 0; p != NULL && i < n; i++)
        v = v << 8 | p[i];
    return (int64_t)v;
}

bool db_bool(const struct db_result *r, int row, int col)
{
    return db_int8(r, row, col) == 1;
}

int64_t db_time(const struct db_result *r, int row, int col)
{
    return db_int8(r, row, col); /* tests give microseconds since 1970 */
}

const char *db_sqlstate(const struct db_result *r)
{
    return r != NULL ? r->state : "";
}

const char *db_message(const struct db_result *r)
{
    return r != NULL ? r->message : "";
}

const char *db_detail(const struct db_result *r)
{
    return r != NULL ? r->detail : "";
}

/* ---- connection ----------------------------------------------------------------------------- */

struct db *db_new(const struct db_settings *s, const struct db_handlers *h, void *arg)
{
    (void)s;
    (void)h;
    (void)arg;
    return xcalloc(1, sizeof(struct db));
}

void db_start(struct db *d)
{
    (void)d;
}

static void fake_call_clear(struct fake_call *c)
{
    for (int i = 0; i < c->n; i++)
        free(c->arg[i].bytes);
    c->n = 0;
}

void db_free(struct db **d)
{
    for (size_t i = 0; i < (*d)->calls; i++) {
        struct fake_call *c = &(*d)->call[i];

        if (!c->answered)
            c->done(c->arg_of_done, DB_LOST, NULL);
        fake_call_clear(c);
    }
    free(*d);
    *d = NULL;
}

bool db_ready(const struct db *d)
{
    return !d->down;
}

size_t db_pending(const struct db *d)
{
    size_t n = 0;

    for (size_t i = 0; i < d->calls; i++)
        n += !d->call[i].answered;
    return n;
}

static void fake_copy_arg(struct fake_cell *to, const struct db_args *a, int i)
{
    const void *from = a->in_scratch[i] ? (const void *)a->scratch[i] : a->value[i];

    to->len = (size_t)a->length[i];
    to->bytes = NULL;
    if (from == NULL)
        return;
    to->bytes = xmalloc(to->len + 1);
    if (to->len > 0)
        memcpy(to->bytes, from, to->len);
    to->bytes[to->len] = '\0';
}

bool db_call_as(struct db *d, const char *client, const char *statement, const struct db_args *args,
                db_done done, void *arg)
{
    struct fake_call *c = &d->call[d->calls];

    if (d->down || d->calls == FAKE_CALLS)
        return false;
    d->calls++;
    memset(c, 0, sizeof *c);
    snprintf(c->statement, sizeof c->statement, "%s", statement);
    snprintf(c->client, sizeof c->client, "%s", client);
    c->n = args->n;
    for (int i = 0; i < args->n; i++)
        fake_copy_arg(&c->arg[i], args, i);
    c->done = done;
    c->arg_of_done = arg;
    return true;
}

bool db_call_as_of(struct db *d, const char *client, const char *as_of, const char *statement,
                   const struct db_args *args, db_done done, void *arg)
{
    (void)as_of;
    return db_call_as(d, client, statement, args, done, arg);
}

bool db_call(struct db *d, const char *statement, const struct db_args *args, db_done done,
             void *arg)
{
    return db_call_as(d, "", statement, args, done, arg);
}

/* ---- for the test --------------------------------------------------------------------------- */

/* The oldest call without an answer; NULL when there is none. */
static inline struct fake_call *fake_waiting(struct db *d)
{
    for (size_t i = 0; i < d->calls; i++)
        if (!d->call[i].answered)
            return &d->call[i];
    return NULL;
}

/* Answers it. Takes r. */
static inline void fake_answer(struct db *d, enum db_outcome outcome, struct db_result *r)
{
    struct fake_call *c = fake_waiting(d);

    c->answered = true;
    c->done(c->arg_of_done, outcome, r);
    db_result_unref(&r);
}

/* Elements of an array argument. */
static inline uint32_t fake_arg_count(const struct fake_call *c, int i)
{
    const uint8_t *p = (const uint8_t *)c->arg[i].bytes;

    if (c->arg[i].len < 16)
        return 0;
    return (uint32_t)p[12] << 24 | (uint32_t)p[13] << 16 | (uint32_t)p[14] << 8 | p[15];
}

/* Element e of an array argument as text; numbers must be asked for by fake_arg_number(). */
static inline const uint8_t *fake_arg_element(const struct fake_call *c, int i, uint32_t e,
                                              size_t *n)
{
    struct array_reader r;
    const uint8_t *p = (const uint8_t *)c->arg[i].bytes, *item = NULL;
    uint32_t count;
    enum array_oid oid = (enum array_oid)p[11];

    if (!array_open(&r, p, c->arg[i].len, oid, &count))
        return NULL;
    for (uint32_t k = 0; k <= e; k++)
        if (!array_next(&r, &item, n))
            return NULL;
    return item;
}

static inline int64_t fake_arg_number(const struct fake_call *c, int i, uint32_t e)
{
    size_t n = 0;
    const uint8_t *p = fake_arg_element(c, i, e, &n);
    uint64_t v = p != NULL && n > 0 && (p[0] & 0x80) != 0 ? UINT64_MAX : 0;

    for (size_t k = 0; p != NULL && k < n; k++)
        v = v << 8 | p[k];
    return (int64_t)v;
}

#endif
