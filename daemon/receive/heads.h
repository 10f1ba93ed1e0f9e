/* SPDX-License-Identifier: BSD-2-Clause */
/* Signed heads that the database does not hold yet: they ride with the next append. */
#ifndef DUBAN_HEADS_H
#define DUBAN_HEADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/db/array.h"

#define HEADS_MOST 64

struct heads_item {
    uint64_t size;
    char *note; /* owned */
    size_t note_len;
};

/* Zeroed = empty. */
struct heads {
    struct heads_item item[HEADS_MOST]; /* ascending in time, not in size */
    size_t n;
    size_t taken; /* the first ones are on their way */
};

/* Copies the note. A size that is there already is not added; when full, an old one is dropped:
 * any newer head covers what it covers. */
void heads_add(struct heads *h, uint64_t size, const char *note, size_t n);
/* Adds all of them to the arrays and remembers how many. */
void heads_take(struct heads *h, struct array *sizes, struct array *notes);
/* The taken ones are stored, or to be offered again. */
void heads_stored(struct heads *h, bool ok);
void heads_clear(struct heads *h);

#endif
