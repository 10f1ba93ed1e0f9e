/* SPDX-License-Identifier: BSD-2-Clause */
/* The server limits what one may see; this only chooses among it. */
#include "client/ledger_choice.h"

#include <stdlib.h>
#include <string.h>

#include "client/app.h"
#include "client/ledger_columns.h"
#include "common/buf.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "common/statement.h"
#include "common/utf8.h"

/* Does text stand in a member, whatever the width and case of its characters? */
static bool holds(const char *member, const char *text)
{
    char *a = member ? utf8_fold(member) : NULL, *b = utf8_fold(text);
    bool found = a && b && strcasestr(a, b) != NULL;

    free(a);
    free(b);
    return found;
}

/* A leader by code or name. */
static bool led_by(const json_t *item, const char *leader)
{
    size_t i;
    const json_t *one;

    json_array_foreach(json_object_get(item, "leaders"), i, one)
    {
        const char *code = app_str(one, "code"), *name = app_str(one, "name");
        const char *plain = json_string_value(one);
        if ((code && strcmp(code, leader) == 0) || (name && strcmp(name, leader) == 0) ||
            (plain && strcmp(plain, leader) == 0))
            return true;
    }
    return false;
}

static bool equal(const json_t *item, const char *member, const char *wanted)
{
    const char *s = app_str(item, member);

    return !wanted || (s && strcmp(s, wanted) == 0);
}

static bool wanted(const struct ledger_choice *c, const char *status, const json_t *item)
{
    const char *reported = app_str(item, "status");

    if (status && strcmp(reported ? reported : "not-started", status) != 0)
        return false;
    if (c->overdue && !json_is_true(json_object_get(item, "overdue")) &&
        !equal(item, "state", "overdue"))
        return false;
    if (c->leader && !led_by(item, c->leader))
        return false;
    return equal(item, "period", c->period) && equal(item, "kind", c->kind) &&
           equal(item, "light", c->light) &&
           (!c->text || holds(app_str(item, "title"), c->text) ||
            holds(app_str(item, "text"), c->text) || holds(app_str(item, "task"), c->text));
}

/* ---- order ---------------------------------------------------------------------------------- */

struct sorted {
    json_t *item;
    size_t place; /* equal ones stay as the server sent them */
    const char *member;
    int sign;
};

static int compare_values(const json_t *a, const json_t *b)
{
    if (!a || !b)
        return (a == NULL) - (b == NULL); /* what has none comes last */
    if (json_is_number(a) && json_is_number(b)) {
        double x = json_number_value(a), y = json_number_value(b);
        return (x > y) - (x < y);
    }
    if (json_is_string(a) && json_is_string(b))
        return strcmp(json_string_value(a), json_string_value(b));
    return (int)json_is_true(a) - (int)json_is_true(b);
}

static int compare(const void *x, const void *y)
{
    const struct sorted *a = x, *b = y;
    const json_t *v = json_object_get(a->item, a->member), *w = json_object_get(b->item, b->member);
    int by = compare_values(v, w);

    if (v && w)
        by *= a->sign;
    return by ? by : (a->place > b->place) - (a->place < b->place);
}

static void sort(json_t *items, const char *by)
{
    size_t n = json_array_size(items);
    struct sorted *all = xcalloc(n ? n : 1, sizeof *all);

    for (size_t i = 0; i < n; i++)
        all[i] = (struct sorted){json_incref(json_array_get(items, i)), i, by + (by[0] == '-'),
                                 by[0] == '-' ? -1 : 1};
    qsort(all, n, sizeof *all, compare);
    json_array_clear(items);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, all[i].item);
    free(all);
}

/* One of the words of a list that ends with NULL. */
static bool one_of(const char *option, const char *typed, const char *const *words, struct err *e)
{
    struct buf all = {0};

    for (size_t i = 0; typed && words[i]; i++) {
        if (strcmp(words[i], typed) == 0) {
            buf_free(&all);
            return true;
        }
        buf_addf(&all, "%s%s", i ? ", " : "", words[i]);
    }
    if (typed)
        err_set(e, "usage", _("%s is one of %s, not %s"), option, all.data, typed);
    buf_free(&all);
    return typed == NULL;
}

bool ledger_choice_check(const struct ledger_choice *c, const char *state, struct err *e)
{
    static const char *const states[] = {"open",   "overdue",    "returned",  "silent", "reported",
                                         "closed", "unassigned", "withdrawn", NULL};
    static const char *const kinds[] = {"task", "indicator", NULL};
    static const char *const lights[] = {"green", "blue", "yellow", "orange", "red", "white", NULL};

    char *period = xstrdup(c->period ? c->period : "2022");

    period[strcspn(period, "!")] = '\0'; /* what is owed again: 2022Q1!1 */
    bool possible = period_valid(period);
    free(period);
    if (!possible)
        return err_set(e, "usage", _("--period is a period such as 2022Q1 or 2022-03, not %s"),
                       c->period);
    return one_of("--state", state, states, e) && one_of("--kind", c->kind, kinds, e) &&
           one_of("--colour", c->light, lights, e);
}

bool ledger_choose(const struct ledger_choice *c, json_t *items, struct err *e)
{
    const char *status = NULL;

    if (c->status) {
        enum statement_status s = status_parse_any(c->status);
        if (s == STATUS_INVALID)
            return err_set(e, "usage",
                           _("--status is not-started, on-track, at-risk, blocked or done, not %s"),
                           c->status);
        status = status_name(s);
    }
    if (c->sort && !ledger_column(c->sort + (c->sort[0] == '-')))
        return ledger_column_unknown("--sort", c->sort, e);
    for (size_t i = json_array_size(items); i-- > 0;)
        if (!wanted(c, status, json_array_get(items, i)))
            json_array_remove(items, i);
    if (c->sort)
        sort(items, c->sort);
    return true;
}
