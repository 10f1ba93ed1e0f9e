/* SPDX-License-Identifier: BSD-2-Clause */
/* Dates and periods as plans print them: 2025年年底, 6月底前, 上半年, “十四五”末, by end of June
 * 2024, 持续推进. A phrase means its last day. */
#ifndef DUBAN_PLAN_DATES_H
#define DUBAN_PLAN_DATES_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/plan.h"
#include "plan/text.h"

struct date {
    int year, month, day; /* year 0 = none */
};

/* What the phrases of one field or text come to. */
struct dates_found {
    struct date last; /* the latest day named */
    size_t a, b;      /* its phrase */
    bool plan_year;   /* its year was taken from the plan */
    bool no_year;     /* a phrase without a year, and no year to take */
    bool continuous;  /* 持续推进, ongoing */
};

/* Reads f[a..b), a field about time: every date in it, and whether it goes on without end.
 * year: of the plan when it has only one, else 0. */
void dates_field(const struct text *t, size_t a, size_t b, int year, struct dates_found *out);
/* Reads f[a..b), running text: only phrases that set an end (…前, …底, 到2025年, by …); what stands
 * in 《》 and years outside from..to are no deadlines. */
void dates_text(const struct text *t, size_t a, size_t b, int year, const struct date *from,
                const struct date *to, struct dates_found *out);
/* True when f[a..b) is a phrase about time and nothing else of weight. */
bool dates_looks_like(const struct text *t, size_t a, size_t b);
/* True when f[a..b) names a day or says that it goes on without end. */
bool dates_in(const struct text *t, size_t a, size_t b);
/* A period that f[a..b) names: 2022年, 2023-2025年, “十四五”. False when it names none. */
bool dates_period(const struct text *t, size_t a, size_t b, struct date *from, struct date *to);
/* A full date, 2022年3月11日 or 2022-03-11, at the start of f[a..b): its length, or 0. */
size_t dates_full(const struct text *t, size_t a, size_t b, struct date *out);
/* "YYYY-MM-DD", or "" for no date. */
void dates_format(const struct date *d, char out[PLAN_DATE_SIZE]);

#endif
