/* SPDX-License-Identifier: BSD-2-Clause */
/* Values that the running text gives otherwise than the table of indicators. Declared in checks.h.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "plan/checks.h"
#include "plan/targets.h"

#define WORK_MAX ((size_t)64 * 1024 * 1024) /* bytes compared: names × text */
#define REACH 60                            /* bytes between a name and its value */

static const struct line *line_of(const struct parse *p, size_t i)
{
    size_t lo = 0, hi = p->layout.n;

    while (hi - lo > 1) {
        size_t mid = (lo + hi) / 2;
        if (p->layout.lines[mid].a <= i)
            lo = mid;
        else
            hi = mid;
    }
    return &p->layout.lines[lo];
}

/* Does the sentence speak of the target's year before place i? */
static bool names_year(const struct text *t, size_t a, size_t i, int year)
{
    char word[16];
    size_t from = i;

    while (from > a && i - from < 300 && text_is(t, from - 3 > a ? from - 3 : a, i, "。") == 0)
        from = text_prev(t, from);
    snprintf(word, sizeof(word), "%d年", year);
    return text_find(t, from, i, word) < i;
}

/* The first number with this unit behind a name, unless it is said to be a growth. */
static bool value_behind(const struct text *t, size_t i, size_t b, const struct text *unit,
                         char *out, size_t size)
{
    static const char *const growth[] = {"增长", "年均", "提高", "下降", "降低", "增速", "以上"};
    size_t stop = b - i > REACH ? i + REACH : b;

    for (size_t k = i; k < stop; k += text_char_len(t->f[k])) {
        size_t n, blank;
        if (strchr(",;\n", t->f[k]) != NULL || text_is(t, k, b, "。") > 0 ||
            text_is(t, k, b, "、") > 0)
            return false;
        for (size_t g = 0; g < sizeof(growth) / sizeof(growth[0]); g++)
            if (text_is(t, k, b, growth[g]) > 0)
                return false;
        if (!isdigit((unsigned char)t->f[k]))
            continue;
        n = targets_number(t, k, b, out, size);
        blank = k + n < b && t->f[k + n] == ' ' ? 1 : 0;
        return n > 0 && text_is(t, k + n + blank, b, unit->f) > 0;
    }
    return false;
}

static void find_conflicts(struct parse *p, const struct plan_item *item)
{
    const struct text *t = &p->doc;
    struct text name, unit;
    char value[32];
    const char *from = t->f, *hit;

    text_fold(p->pool, item->text, strlen(item->text), &name);
    text_fold(p->pool, item->unit, strlen(item->unit), &unit);
    if (name.n < 9)
        return;
    while ((hit = memmem(from, t->n - (size_t)(from - t->f), name.f, name.n)) != NULL) {
        size_t at = (size_t)(hit - t->f) + name.n;
        const struct line *l = line_of(p, at);
        from = hit + name.n;
        if (l->kind != LINE_TEXT || at > l->b ||
            !value_behind(t, at, l->b, &unit, value, sizeof(value)) ||
            !names_year(t, l->a, at, item->target.year))
            continue;
        if (strtod(value, NULL) == strtod(item->target.value, NULL))
            continue;
        parse_warn(p, l->no, "value-conflict",
                   pool_printf(p->pool, _("%s: %s %s here, %s %s in the table (line %zu)"),
                               item->text, value, item->unit, item->target.value, item->unit,
                               item->line));
    }
}

void conflicts_find(struct parse *p)
{
    size_t work = 0;

    for (size_t k = 0; k < p->plan->items_len && work < WORK_MAX; k++) {
        const struct plan_item *item = &p->plan->items[k];
        if (!item->has_figures || item->target.value == NULL || item->unit == NULL ||
            item->target.year == 0)
            continue;
        work += p->doc.n;
        find_conflicts(p, item);
    }
}
