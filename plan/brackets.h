/* SPDX-License-Identifier: BSD-2-Clause */
/* Brackets in the folded text of an item; every kind of bracket may close every other, as scans
 * have it: 〔牵头领导：…] */
#ifndef DUBAN_PLAN_BRACKETS_H
#define DUBAN_PLAN_BRACKETS_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/text.h"

/* Outermost brackets of a text, found in one pass each. */
struct brackets {
    const struct text *t;
    size_t i, b;     /* place, end */
    unsigned opened; /* unclosed ones passed over so far */
};

struct bracket {
    size_t open, close; /* of the two characters; close = end of text when it is missing */
    bool closed;
};

void brackets_start(struct brackets *s, const struct text *t, size_t a, size_t b);
/* Next outermost bracket; false at the end. */
bool brackets_next(struct brackets *s, struct bracket *out);

#endif
