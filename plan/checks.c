/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks over the whole plan; see checks.h. */
#include "plan/checks.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "plan/registry_names.h"

static const char *name_of(const struct plan_item *item)
{
    return item->no != NULL ? item->no : item->number;
}

static void check_owners(struct parse *p, const struct plan_item *item)
{
    if (item->lead_units.n == 0) {
        parse_warn(p, item->line, "no-lead",
                   pool_printf(p->pool, _("item %s names no lead unit: nobody will owe a report"),
                               name_of(item)));
        return;
    }
    if (plan_name_is_group(item->lead_units.v[0]))
        parse_warn(p, item->line, "lead-group",
                   pool_printf(p->pool, _("the lead of item %s is a group: %s"), name_of(item),
                               item->lead_units.v[0]));
    if (item->lead_assumed && p->leads_named)
        parse_warn(p, item->line, "lead-assumed",
                   pool_printf(p->pool,
                               _("item %s names no lead; the responsible unit %s is taken for it"),
                               name_of(item), item->lead_units.v[0]));
}

static bool contains(const struct plan_names *names, const char *name)
{
    for (size_t k = 0; k < names->n; k++)
        if (strcmp(names->v[k], name) == 0)
            return true;
    return false;
}

static void check_names(struct parse *p, const struct plan_item *item)
{
    for (size_t k = 0; k < item->lead_units.n; k++)
        if (contains(&item->units, item->lead_units.v[k])) {
            parse_warn(p, item->line, "unit-twice",
                       pool_printf(p->pool, _("item %s names %s as lead and as participant"),
                                   name_of(item), item->lead_units.v[k]));
            break;
        }
    for (size_t k = 0; k < item->leaders.n; k++)
        if (plan_name_is_group(item->leaders.v[k]))
            parse_warn(p, item->line, "leader-group",
                       pool_printf(p->pool, _("the leader of item %s is a group: %s"),
                                   name_of(item), item->leaders.v[k]));
}

/* The printed number of a top-level item as a value; 0 = it has none. */
static long plain_number(const struct plan_item *item)
{
    const char *s = item->no;
    char *end;
    long n;

    if (s == NULL || item->parent != NULL)
        return 0;
    s += strcspn(s, "0123456789");
    n = strtol(s, &end, 10);
    return *end == '\0' || strcmp(end, ")") == 0 || strcmp(end, "）") == 0 ? n : 0;
}

static void check_gaps(struct parse *p)
{
    long last[2] = {0, 0};

    for (size_t k = 0; k < p->plan->items_len; k++) {
        const struct plan_item *item = &p->plan->items[k];
        long n = plain_number(item);
        if (n == 0)
            continue;
        if (last[item->kind] > 0 && n > last[item->kind] + 1)
            parse_warn(p, item->line, "number-gap",
                       pool_printf(p->pool, _("after item %ld comes item %ld: some are missing"),
                                   last[item->kind], n));
        last[item->kind] = n;
    }
}

static double number(const char *s)
{
    return s == NULL ? NAN : strtod(s, NULL);
}

/* [2.5] is what comes together over the years: the difference of the two values, or percent. */
static void check_figures(struct parse *p, const struct plan_item *item)
{
    double base = number(item->baseline.value), target = number(item->target.value);
    double sum = number(item->annual.value), difference = target - base;

    if (!item->has_figures || !item->annual.cumulative || isnan(base) || isnan(target) ||
        isnan(sum) || base == 0)
        return;
    if (fabs(difference - sum) <= 0.051 || fabs(difference / base * 100 - sum) <= 1.5)
        return;
    parse_warn(p, item->line, "figures-conflict",
               pool_printf(p->pool, _("item %s: from %s to %s is not the printed change of %s"),
                           name_of(item), item->baseline.raw, item->target.raw, item->annual.raw));
}

static size_t count_numbered(const struct parse *p, enum plan_kind kind)
{
    size_t n = 0;

    for (size_t k = 0; k < p->plan->items_len; k++)
        n += p->plan->items[k].kind == kind && p->plan->items[k].no != NULL &&
             p->plan->items[k].parent == NULL;
    return n;
}

/* 确立37项主要经济与社会发展指标, 146项工作任务 in the text above the items. */
static void announced_at(struct parse *p, const struct line *l, size_t i)
{
    const struct text *t = &p->doc;
    long said = strtol(t->f + i, NULL, 10);
    size_t stop = i, found;
    enum plan_kind kind = PLAN_TASK;
    bool named = false;

    while (stop < l->b && isdigit((unsigned char)t->f[stop]))
        stop++;
    stop += text_is(t, stop, l->b, "项");
    for (size_t chars = 0; stop < l->b && chars < 16; chars++) {
        if (strchr(",;", t->f[stop]) != NULL || text_is(t, stop, l->b, "。") > 0)
            break;
        named = named || text_is(t, stop, l->b, "任务") + text_is(t, stop, l->b, "指标") > 0;
        if (text_is(t, stop, l->b, "指标") > 0)
            kind = PLAN_INDICATOR;
        stop += text_char_len(t->f[stop]);
    }
    found = count_numbered(p, kind);
    if (!named || found == 0 || said <= 0 || (size_t)said == found || (size_t)said > 2 * found ||
        (size_t)said * 2 < found)
        return;
    parse_warn(p, l->no, "count-announced",
               pool_printf(p->pool, _("the text announces %ld, %zu numbered ones were found"), said,
                           found));
}

static void check_announced(struct parse *p)
{
    const struct text *t = &p->doc;
    size_t first = p->plan->items_len > 0 ? p->plan->items[0].line : 0;

    for (size_t k = 0; k < p->layout.n && p->layout.lines[k].no < first; k++) {
        const struct line *l = &p->layout.lines[k];
        for (size_t i = l->a; l->kind == LINE_TEXT && i < l->b; i++) {
            size_t end = i;
            if (!isdigit((unsigned char)t->f[i]) ||
                (i > l->a && isdigit((unsigned char)t->f[i - 1])))
                continue;
            while (end < l->b && end - i < 5 && isdigit((unsigned char)t->f[end]))
                end++;
            if (text_is(t, end, l->b, "项") > 0)
                announced_at(p, l, i);
            i = end;
        }
    }
}

static void check_near(struct parse *p)
{
    struct registry_names *names = registry_names_new(p->plan);

    for (size_t k = 0; k < names->units_len; k++)
        if (names->units[k].near != REGISTRY_NAMES_NONE)
            parse_warn(p, names->units[k].line, "near-duplicate-unit",
                       pool_printf(p->pool, _("%s and %s are probably the same unit"),
                                   names->units[names->units[k].near].name, names->units[k].name));
    registry_names_free(&names);
}

static int by_line(const void *a, const void *b)
{
    const struct plan_warning *x = *(struct plan_warning *const *)a;
    const struct plan_warning *y = *(struct plan_warning *const *)b;

    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x < y ? -1 : x > y;
}

static void sort_warnings(struct parse *p)
{
    size_t n = p->plan->warnings_len;
    struct plan_warning **order = pool_alloc(p->pool, (n + 1) * sizeof(struct plan_warning *));
    struct plan_warning *out = pool_alloc(p->pool, (n + 1) * sizeof(*out));

    for (size_t k = 0; k < n; k++)
        order[k] = &p->plan->warnings[k];
    qsort(order, n, sizeof(struct plan_warning *), by_line);
    for (size_t k = 0; k < n; k++)
        out[k] = *order[k];
    p->plan->warnings = out;
}

void checks_run(struct parse *p)
{
    if (p->plan->items_len == 0)
        parse_warn(p, 0, "no-items",
                   _("no task and no indicator was recognised; is this the text of a plan?"));
    else if (!p->owned)
        parse_warn(p, 0, "no-owners", _("the plan names no units: its items will owe no reports"));
    for (size_t k = 0; k < p->plan->items_len; k++) {
        const struct plan_item *item = &p->plan->items[k];
        if (p->owned)
            check_owners(p, item);
        check_names(p, item);
        check_figures(p, item);
    }
    check_gaps(p);
    check_announced(p);
    conflicts_find(p);
    check_near(p);
    sort_warnings(p);
}
