/* SPDX-License-Identifier: BSD-2-Clause */
/* A growing byte buffer with a limit; always followed by a NUL that is not counted in len. */
#ifndef DUBAN_BUF_H
#define DUBAN_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
    char *data;   /* owned; NULL while empty and never filled */
    size_t len;   /* bytes in use */
    size_t cap;   /* bytes allocated */
    size_t limit; /* most bytes ever held; 0 = 64 MiB */
    bool full;    /* an add did not fit: contents are incomplete */
};

/* Each add returns false and sets full when the limit would be passed; data stays as it was. */
bool buf_add(struct buf *b, const void *bytes, size_t n);
bool buf_add_str(struct buf *b, const char *s);
/* A decimal number: as "%" PRIu64 by buf_addf(), at a tenth of its cost. */
bool buf_add_u64(struct buf *b, uint64_t v);
bool buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Room for n more bytes at data + len (caller then raises len, and writes the NUL itself when it
 * filled fewer than n); NULL over the limit. */
char *buf_reserve(struct buf *b, size_t n);
/* Removes the first n bytes. */
void buf_consume(struct buf *b, size_t n);
/* Empties it, keeps the memory. */
void buf_clear(struct buf *b);
/* Releases the memory; the struct may be used again. */
void buf_free(struct buf *b);

#endif
