/* SPDX-License-Identifier: BSD-2-Clause */
/* One phrase of time, as printed. */
#ifndef DUBAN_PLAN_PHRASE_H
#define DUBAN_PLAN_PHRASE_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/dates.h"
#include "plan/text.h"

struct phrase {
    struct date first, last; /* year 0: not printed */
    size_t len;
    bool day;        /* down to the day */
    bool whole_year; /* a year or several, nothing finer */
    bool marked_end; /* 底, 末, …内, end of: means its end by itself */
};

/* Reads the phrase that begins at f[i..b). field: in a field about time, where 2025 or 6月 alone
 * are enough. False when none begins there. */
bool phrase_read(const struct text *t, size_t i, size_t b, bool field, struct phrase *out);
/* Puts the day of a date whose year became known on the last of its month when it stood there. */
void phrase_set_end(struct date *d);

#endif
