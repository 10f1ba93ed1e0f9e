/* SPDX-License-Identifier: BSD-2-Clause */
/* The server flags what fell; a clerk would rather hear of a slip of the finger before signing. */
#include "client/fall.h"

#include <stdlib.h>
#include <string.h>

#include "client/connect.h"
#include "common/i18n.h"
#include "common/mem.h"
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

static bool less(const char *a, const char *b)
{
    bool minus_a = *a == '-', minus_b = *b == '-';

    if (minus_a != minus_b)
        return minus_a && (strspn(a, "-0.") != strlen(a) || strspn(b, "0.") != strlen(b));
    return minus_a ? compare_unsigned(a + 1, b + 1) > 0 : compare_unsigned(a, b) < 0;
}

static const json_t *find_name(const json_t *list, const char *name)
{
    size_t i;
    const json_t *x;

    json_array_foreach((json_t *)list, i, x)
    {
        const char *s = app_str(x, "name");
        if (s && name && strcmp(s, name) == 0)
            return x;
    }
    return NULL;
}

/* Says what falls; returns how many. */
static size_t say(const json_t *values, const json_t *indicators)
{
    size_t n = 0, i;
    const json_t *v;

    json_array_foreach((json_t *)values, i, v)
    {
        const json_t *old = find_name(indicators, app_str(v, "name"));
        const char *before = app_str(old, "value"), *now = app_str(v, "value");
        if (!before || !now || !json_is_true(json_object_get(old, "cumulative")) ||
            !decimal_valid(now) || !decimal_valid(before) || !less(now, before))
            continue;
        app_note(_("%s is counted up and falls from %s (%s) to %s"), app_str(v, "name"), before,
                 app_str(old, "period") ? app_str(old, "period") : "-", now);
        n++;
    }
    return n;
}

bool fall_confirm(struct app *a, const json_t *report, struct err *e)
{
    const json_t *values = json_object_get(report, "values");
    json_t *task = NULL;
    struct err ignored;
    bool ok = true;

    if (!json_array_size(values) || json_object_get(report, "explanation") ||
        !app_str(report, "task"))
        return true;
    char *path = xasprintf("/v1/tasks/%s", app_str(report, "task"));
    if (connect_json(a->connect, path, &task, &ignored) &&
        say(values, json_object_get(task, "indicators")))
        ok = app_confirm(a, _("Say why with --explain. Sign it as it is?"), e);
    json_decref(task);
    free(path);
    return ok;
}
