/* SPDX-License-Identifier: BSD-2-Clause */
/* Arguments of prepared statements. A program error (too many) aborts: no peer can cause it. */
#include "daemon/db/args.h"

#include <stdlib.h>
#include <string.h>

/* microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL's time starts */
#define EPOCH_2000 946684800000000LL

static int next(struct db_args *a)
{
    if (a->n >= DB_ARGS_MAX)
        abort();
    return a->n++;
}

static void inline_number(struct db_args *a, uint64_t v, int n)
{
    int i = next(a);

    for (int b = 0; b < n; b++)
        a->scratch[i][b] = (uint8_t)(v >> (8 * (n - 1 - b)));
    a->in_scratch[i] = true;
    a->length[i] = n;
    a->format[i] = 1;
}

void db_args_null(struct db_args *a)
{
    int i = next(a);

    a->value[i] = NULL;
    a->in_scratch[i] = false;
    a->length[i] = 0;
    a->format[i] = 1;
}

void db_args_int8(struct db_args *a, int64_t v)
{
    inline_number(a, (uint64_t)v, 8);
}

void db_args_int4(struct db_args *a, int32_t v)
{
    inline_number(a, (uint32_t)v, 4);
}

void db_args_bool(struct db_args *a, bool v)
{
    inline_number(a, v ? 1 : 0, 1);
}

void db_args_time(struct db_args *a, int64_t us)
{
    db_args_int8(a, us - EPOCH_2000);
}

void db_args_bytes(struct db_args *a, const void *bytes, size_t n)
{
    int i = next(a);

    a->value[i] = bytes != NULL ? bytes : "";
    a->in_scratch[i] = false;
    a->length[i] = (int)n;
    a->format[i] = 1;
}

void db_args_text(struct db_args *a, const char *s)
{
    int i = next(a);

    a->value[i] = s;
    a->in_scratch[i] = false;
    a->length[i] = s != NULL ? (int)strlen(s) : 0;
    a->format[i] = 0;
}

void db_args_array(struct db_args *a, const struct array *v)
{
    db_args_bytes(a, v->b.data, v->b.len);
}
