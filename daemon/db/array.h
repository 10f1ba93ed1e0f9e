/* SPDX-License-Identifier: BSD-2-Clause */
/* PostgreSQL arrays of one dimension in binary form (src/backend/utils/adt/arrayfuncs.c,
 * array_send/array_recv): built without an allocation per element, read without a copy. */
#ifndef DUBAN_DB_ARRAY_H
#define DUBAN_DB_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

/* Type identifiers fixed by PostgreSQL's pg_type. */
enum array_oid {
    ARRAY_BOOL = 16,
    ARRAY_BYTEA = 17,
    ARRAY_INT8 = 20,
    ARRAY_INT2 = 21,
    ARRAY_INT4 = 23,
    ARRAY_TEXT = 25
};

/* Being built; zeroed at first, its memory is kept from one use to the next. */
struct array {
    struct buf b;   /* owned */
    uint32_t count; /* elements */
    bool full;      /* an element did not fit into 64 MiB: do not send it */
};

/* Empties it and starts an array of this element type. */
void array_begin(struct array *a, enum array_oid oid);
void array_add(struct array *a, const void *bytes, size_t n);
void array_add_text(struct array *a, const char *s); /* NULL = SQL NULL */
void array_add_null(struct array *a);
void array_add_int8(struct array *a, int64_t v);
void array_add_int4(struct array *a, int32_t v);
void array_add_int2(struct array *a, int16_t v);
void array_add_bool(struct array *a, bool v);
/* Completes the header; the bytes are a->b.data, a->b.len. False when an add did not fit. */
bool array_end(struct array *a);
void array_free(struct array *a);

/* Being read; borrows the bytes. */
struct array_reader {
    const uint8_t *at, *end;
    uint32_t left; /* elements not read yet */
};

/* False when the bytes are not an array of this element type with at most one dimension. */
bool array_open(struct array_reader *r, const void *bytes, size_t n, enum array_oid oid,
                uint32_t *count);
/* Next element, borrowed; *bytes NULL for SQL NULL. False at the end or for broken bytes. */
bool array_next(struct array_reader *r, const uint8_t **bytes, size_t *n);

#endif
