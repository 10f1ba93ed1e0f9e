/* SPDX-License-Identifier: BSD-2-Clause */
/* Who files what and when. Of a county's reports most are filed one by one, the rest in sheets of
 * several under one signature. Times: a few over the day, most with a density that rises towards
 * the cut-off, a herd in the last seconds, some too late, some never. */
#include <math.h>
#include <stdlib.h>

#include "bench/day.h"
#include "common/mem.h"

#define SINGLE 0.7 /* of the reports */
#define SHEET_MIN 5
#define SHEET_MAX 40
#define HERD 0.08 /* of those before the cut-off: in the last hundredth of the day */

double day_random(struct day *d)
{
    d->random ^= d->random << 13;
    d->random ^= d->random >> 7;
    d->random ^= d->random << 17;
    return (double)(d->random >> 11) / 9007199254740992.0;
}

static void shuffle(struct day *d, uint16_t *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        a[i] = (uint16_t)(i + 1);
    for (size_t i = n; i > 1; i--) {
        size_t k = (size_t)(day_random(d) * (double)i);
        uint16_t t = a[i - 1];

        a[i - 1] = a[k];
        a[k] = t;
    }
}

/* Seconds after the start. */
static double when(struct day *d, double dice)
{
    const struct day_options *o = d->o;
    double from = o->seconds * 0.1, length = o->cutoff_at - from, x;

    if (dice < o->morning)
        return day_random(d) * from;
    if (dice >= 1.0 - o->late)
        return o->cutoff_at + o->seconds * (0.02 + 0.06 * day_random(d));
    if (day_random(d) < HERD)
        return o->cutoff_at - o->seconds * 0.01 * day_random(d);
    do
        x = -log(1.0 - day_random(d)) * length * 0.2;
    while (x > length);
    return o->cutoff_at - x;
}

static int by_time(const void *a, const void *b)
{
    int64_t x = ((const struct day_statement *)a)->file_at;
    int64_t y = ((const struct day_statement *)b)->file_at;

    return (x > y) - (x < y);
}

static void plan_client(struct day *d, struct day_client *c)
{
    size_t tasks = d->o->tasks, at = 0;
    size_t owed = tasks - (size_t)(d->o->silent * (double)tasks + day_random(d));
    size_t single = (size_t)(SINGLE * (double)owed);

    c->task = xcalloc(tasks, sizeof *c->task);
    c->statement = xcalloc(tasks, sizeof *c->statement);
    shuffle(d, c->task, tasks); /* those at the end are the silent ones */
    while (at < owed) {
        struct day_statement *s = &c->statement[c->n++];
        size_t n =
            at < single ? 1 : SHEET_MIN + (size_t)(day_random(d) * (SHEET_MAX - SHEET_MIN + 1));

        s->first = (uint32_t)at;
        s->n = (uint32_t)(n < owed - at ? n : owed - at);
        s->file_at = (int64_t)(when(d, day_random(d)) * 1e6);
        at += s->n;
        d->reports += s->n;
    }
    qsort(c->statement, c->n, sizeof *c->statement, by_time);
    d->statements += c->n;
}

void day_plan(struct day *d)
{
    for (size_t i = 0; i < d->o->counties; i++)
        plan_client(d, &d->client[i]);
}
