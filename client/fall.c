/* SPDX-License-Identifier: BSD-2-Clause */
/* The server flags what fell; a clerk would rather hear of a slip of the finger before signing. */
#include "client/fall.h"

#include <stdlib.h>
#include <string.h>

#include "client/connect.h"
#include "common/i18n.h"
#include "common/statement.h"

/* Whole digits without leading zeros. */
static const char *whole(const char *s, size_t *n)
{
    while (*s == '0' && s[1] >= '0' && s[1] <= '9')
        s++;
    *n = strspn(s, "0123456789");
    return s;
}

/* Fraction digits behind the point, "" when there are none. */
static const char *fraction(const char *s)
{
    const char *point = strchr(s, '.');

    return point ? point + 1 : "";
}

/* Order of two decimals without sign: exact, whatever their length. */
static int compare_unsigned(const char *a, const char *b)
{
    size_t n, m;
    const char *x = whole(a, &n), *y = whole(b, &m);
    int order = n != m ? (n > m) - (n < m) : strncmp(x, y, n);

    if (order)
        return order;
    for (x = fraction(a), y = fraction(b); *x || *y; x += *x != '\0', y += *y != '\0') {
        int d = (*x ? *x : '0') - (*y ? *y : '0');
        if (d)
            return d;
    }
    return 0;
}

bool fall_less(const char *a, const char *b)
{
    bool minus_a = *a == '-', minus_b = *b == '-';

    if (minus_a != minus_b)
        return minus_a && (strspn(a, "-0.") != strlen(a) || strspn(b, "0.") != strlen(b));
    return minus_a ? compare_unsigned(a + 1, b + 1) > 0 : compare_unsigned(a, b) < 0;
}

static bool is(const json_t *o, const char *member, const char *value)
{
    const char *s = app_str(o, member);

    return s && value && strcmp(s, value) == 0;
}

static const json_t *find(const json_t *indicators, const char *task, const char *name)
{
    size_t i;
    const json_t *x;

    json_array_foreach((json_t *)indicators, i, x)
    {
        if (is(x, "task", task) && is(x, "name", name))
            return x;
    }
    return NULL;
}

/* Says what falls in one report; returns how many values. */
static size_t say(const json_t *report, const json_t *indicators)
{
    size_t n = 0, i;
    const json_t *v;

    json_array_foreach(json_object_get(report, "values"), i, v)
    {
        const json_t *old = find(indicators, app_str(report, "task"), app_str(v, "name"));
        const char *before = app_str(old, "value"), *now = app_str(v, "value");
        if (!before || !now || !json_is_true(json_object_get(old, "cumulative")) ||
            !decimal_valid(now) || !decimal_valid(before) || !fall_less(now, before))
            continue;
        app_note(_("%s is counted up and falls from %s (%s) to %s"), app_str(v, "name"), before,
                 app_str(old, "period") ? app_str(old, "period") : "-", now);
        n++;
    }
    return n;
}

/* Has values that could fall, and does not say why. */
static bool may_fall(const json_t *report)
{
    return json_array_size(json_object_get(report, "values")) &&
           !json_object_get(report, "explanation") && app_str(report, "task");
}

bool fall_confirm(struct app *a, const json_t *reports, struct err *e)
{
    json_t *indicators = NULL;
    struct err ignored;
    size_t asked = 0, fallen = 0, i;
    const json_t *r;

    json_array_foreach((json_t *)reports, i, r) asked += may_fall(r);
    if (asked == 0 || !connect_list(a->connect, "/v1/indicators", &indicators, &ignored))
        return true;
    json_array_foreach((json_t *)reports, i, r)
    {
        if (may_fall(r))
            fallen += say(r, indicators);
    }
    json_decref(indicators);
    return fallen == 0 ||
           app_confirm(
               a, _("Say why with --explain (in a file: \"explanation\"). Sign it as it is?"), e);
}
