/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of tasks; see numbers.h. */
#include "plan/numbers.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"

#define NUMBER_MAX 64

/* Only a hyphen holds digits together: 15-10; a dash is a separator like any other. */
static bool is_hyphen(const struct text *t, size_t i)
{
    const char *from = t->orig + t->at[i];

    return *from == '-' || strncmp(from, "\xEF\xBC\x8D", 3) == 0;
}

static bool normalise(struct plan_pool *pool, const char *printed, char *out, size_t size)
{
    struct text t;
    size_t n = 0;
    bool ok = true, dot = false;

    text_fold(pool, printed, strlen(printed), &t);
    for (size_t i = 0; i < t.n && ok;) {
        const unsigned char *u = (const unsigned char *)t.f + i;
        char digits[16] = "";
        int value;
        size_t used = 1;
        if (isdigit(u[0]) || (u[0] == '-' && is_hyphen(&t, i))) {
            snprintf(digits, sizeof(digits), "%c", u[0]);
        } else if (u[0] == 0xE2 && u[1] == 0x91 && u[2] >= 0xA0 && u[2] <= 0xB3) {
            snprintf(digits, sizeof(digits), "%d", u[2] - 0xA0 + 1);
            used = 3;
        } else if ((used = text_cn_number(&t, i, t.n, &value)) > 0) {
            snprintf(digits, sizeof(digits), "%d", value);
        } else {
            used = text_char_len(t.f[i]);
        }
        i += used;
        if (digits[0] == '\0') {
            dot = n > 0;
            continue;
        }
        ok = n + strlen(digits) + 2 < size;
        if (ok && dot)
            out[n++] = '.';
        for (size_t k = 0; ok && digits[k] != '\0'; k++)
            out[n++] = digits[k];
        dot = false;
    }
    while (n > 0 && out[n - 1] == '-')
        n--;
    out[ok ? n : 0] = '\0';
    size_t skip = strspn(out, "-");
    memmove(out, out + skip, strlen(out + skip) + 1);
    return ok && out[0] != '\0';
}

bool plan_number_normalise(const char *printed, char *out, size_t size)
{
    struct plan_pool *pool = pool_new();
    bool ok = size > 0 && normalise(pool, printed, out, size);

    pool_free(&pool);
    return ok;
}

static const char *base_number(struct parse *p, const struct plan_item *item)
{
    char out[NUMBER_MAX];

    if (item->no == NULL || !normalise(p->pool, item->no, out, sizeof(out)))
        return NULL;
    return pool_strdup(p->pool, out);
}

/* Plain numbers, and for rows without one that of the row before with .x1, .x2 … */
static void set_bases(struct parse *p)
{
    const char *last = "0";
    unsigned without = 0;

    for (size_t k = 0; k < p->plan->items_len; k++) {
        struct plan_item *item = &p->plan->items[k];
        item->number = base_number(p, item);
        if (item->number != NULL) {
            last = item->number;
            without = 0;
        } else {
            item->number = pool_printf(p->pool, "%s.x%u", last, ++without);
        }
    }
}

static int by_number(const void *a, const void *b)
{
    const struct plan_item *x = *(struct plan_item *const *)a;
    const struct plan_item *y = *(struct plan_item *const *)b;
    int order;

    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    order = strcmp(x->number, y->number);
    return order != 0 ? order : x < y ? -1 : x > y;
}

static struct plan_item **sorted(struct parse *p)
{
    size_t n = p->plan->items_len;
    struct plan_item **v = pool_alloc(p->pool, (n + 1) * sizeof(struct plan_item *));

    for (size_t k = 0; k < n; k++)
        v[k] = &p->plan->items[k];
    qsort(v, n, sizeof(struct plan_item *), by_number);
    return v;
}

static bool same(const struct plan_item *a, const struct plan_item *b)
{
    return a->kind == b->kind && strcmp(a->number, b->number) == 0;
}

static bool repeats(struct parse *p, enum plan_kind kind)
{
    struct plan_item **v = sorted(p);

    for (size_t k = 1; k < p->plan->items_len; k++)
        if (v[k]->kind == kind && same(v[k - 1], v[k]))
            return true;
    return false;
}

/* Ordinal of the outermost section: its printed number, else its place among them. */
static void prefix_sections(struct parse *p, enum plan_kind kind)
{
    const char *last = NULL;
    unsigned place = 0;

    for (size_t k = 0; k < p->plan->items_len; k++) {
        struct plan_item *item = &p->plan->items[k];
        const char *top = item->section.n > 0 ? item->section.v[0] : "";
        char ordinal[NUMBER_MAX];
        struct text t;
        struct mark m;
        if (last == NULL || strcmp(top, last) != 0)
            place++;
        last = top;
        if (item->kind != kind || *top == '\0')
            continue;
        text_fold(p->pool, top, strlen(top), &t);
        if (mark_read(&t, 0, t.n, &m))
            snprintf(ordinal, sizeof(ordinal), "%d", m.ord);
        else
            snprintf(ordinal, sizeof(ordinal), "%u", place);
        item->number = pool_printf(p->pool, "%s.%s", ordinal, item->number);
    }
}

/* 26 and more repetitions count on as -z, -aa, -ab. */
static const char *letters(struct parse *p, size_t k)
{
    char out[16];
    size_t n = sizeof(out) - 1;

    out[n] = '\0';
    do {
        out[--n] = (char)('a' + k % 26);
        k = k / 26;
    } while (k-- > 0 && n > 0);
    return pool_strdup(p->pool, out + n);
}

static void suffix_repeated(struct parse *p)
{
    struct plan_item **v = sorted(p);
    size_t run = 0;

    for (size_t k = 1; k < p->plan->items_len; k++) {
        const struct plan_item *first = v[k - 1 - run];
        if (v[k]->kind != first->kind || strcmp(v[k]->number, first->number) != 0) {
            run = 0;
            continue;
        }
        run++;
        const char *number = pool_printf(p->pool, "%s-%s", first->number, letters(p, run));
        parse_warn(p, v[k]->line, "number-repeated",
                   pool_printf(p->pool, _("the number %s is printed again; this item becomes %s"),
                               first->number, number));
        v[k]->number = number;
    }
}

static void prefix_indicators(struct parse *p)
{
    size_t tasks = 0;

    for (size_t k = 0; k < p->plan->items_len; k++)
        tasks += p->plan->items[k].kind == PLAN_TASK;
    for (size_t k = 0; tasks > 0 && k < p->plan->items_len; k++)
        if (p->plan->items[k].kind == PLAN_INDICATOR)
            p->plan->items[k].number = pool_printf(p->pool, "i%s", p->plan->items[k].number);
}

void numbers_assign(struct parse *p)
{
    set_bases(p);
    for (int kind = PLAN_TASK; kind <= PLAN_INDICATOR; kind++)
        if (repeats(p, (enum plan_kind)kind))
            prefix_sections(p, (enum plan_kind)kind);
    suffix_repeated(p);
    prefix_indicators(p);
}
