/* SPDX-License-Identifier: BSD-2-Clause */
/* Arguments of one prepared statement, binary where a type is fixed; nothing is allocated. */
#ifndef DUBAN_DB_ARGS_H
#define DUBAN_DB_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/db/array.h"

#define DB_ARGS_MAX 32

/* Start with an initialiser of zeros. Pointers given are borrowed until the call was sent. */
struct db_args {
    int n;
    const char *value[DB_ARGS_MAX]; /* NULL = SQL NULL, or in scratch when inline_ is set */
    int length[DB_ARGS_MAX];
    int format[DB_ARGS_MAX];
    bool in_scratch[DB_ARGS_MAX];
    uint8_t scratch[DB_ARGS_MAX][8];
};

void db_args_null(struct db_args *a);
void db_args_int8(struct db_args *a, int64_t v);
void db_args_int4(struct db_args *a, int32_t v);
void db_args_bool(struct db_args *a, bool v);
/* timestamptz; microseconds since 1970. */
void db_args_time(struct db_args *a, int64_t us);
void db_args_bytes(struct db_args *a, const void *bytes, size_t n);
/* Text of any type in its text form; NULL = SQL NULL. */
void db_args_text(struct db_args *a, const char *s);
/* An array after array_end(). */
void db_args_array(struct db_args *a, const struct array *v);

#endif
