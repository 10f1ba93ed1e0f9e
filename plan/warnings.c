/* SPDX-License-Identifier: BSD-2-Clause */
/* Warnings in groups: a plan of two hundred items may have a hundred of one kind. */
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "plan/plan.h"

#define PLACES 3 /* lines named per group */

struct group {
    const struct plan_warning *first;
    size_t count, order;
    size_t lines[PLACES], lines_len;
};

static int by_count(const void *a, const void *b)
{
    const struct group *x = a, *y = b;

    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static void count(struct group *groups, size_t *n, const struct plan_warning *w)
{
    struct group *g = groups;

    while (g < groups + *n && strcmp(g->first->code, w->code) != 0)
        g++;
    if (g == groups + *n) {
        memset(g, 0, sizeof(*g));
        g->first = w;
        g->order = (*n)++;
    }
    g->count++;
    if (g->lines_len < PLACES && w->line > 0 &&
        (g->lines_len == 0 || g->lines[g->lines_len - 1] != w->line))
        g->lines[g->lines_len++] = w->line;
}

static void print_group(struct buf *out, const struct group *g)
{
    buf_addf(out, "%s × %zu", g->first->code, g->count);
    for (size_t k = 0; k < g->lines_len; k++)
        buf_addf(out, "%s%zu", k == 0 ? ngettext(" (line ", " (lines ", g->lines_len) : ", ",
                 g->lines[k]);
    if (g->lines_len > 0)
        buf_add_str(out, g->count > g->lines_len ? " …)" : ")");
    buf_addf(out, ": %s\n", g->first->message);
}

char *plan_warnings_grouped(const struct plan *p)
{
    struct group groups[64];
    struct buf out = {0};
    size_t n = 0;
    char *text;

    for (size_t k = 0; k < p->warnings_len; k++)
        if (n < sizeof(groups) / sizeof(groups[0]) - 1)
            count(groups, &n, &p->warnings[k]);
    qsort(groups, n, sizeof(groups[0]), by_count);
    for (size_t k = 0; k < n; k++)
        print_group(&out, &groups[k]);
    text = xstrdup(out.data == NULL ? "" : out.data);
    buf_free(&out);
    return text;
}
