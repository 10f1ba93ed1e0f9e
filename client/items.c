/* SPDX-License-Identifier: BSD-2-Clause */
/* Defaults for task and period. A default is taken only when there is exactly one choice; a guess
 * would be signed. */
#include "client/items.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/connect.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/i18n.h"
#include "common/instant.h"
#include "common/mem.h"
#include "plan/plan.h"

#define LISTED_MAX 12

bool items_due(struct app *a, json_t **items, struct err *e)
{
    return connect_list(a->connect, "/v1/due", items, e);
}

int64_t items_now(struct app *a)
{
    json_t *me = NULL;
    struct err ignored;
    int64_t now;
    bool ok = connect_json(a->connect, "/v1/me", &me, &ignored);
    const char *text = app_str(me, "server_time");

    if (!ok || !text || !instant_parse(text, &now))
        now = clock_real();
    json_decref(me);
    return now;
}

static bool is(const json_t *item, const char *name, const char *value)
{
    const char *s = app_str(item, name);

    return s && strcmp(s, value) == 0;
}

/* The number as tasks have it: normalised; an indicator's i stays. */
static void normalise(const char *typed, char out[64])
{
    char number[60];

    if (typed[0] == 'i' && plan_number_normalise(typed + 1, number, sizeof number))
        snprintf(out, 64, "i%s", number);
    else if (typed[0] != 'i' && plan_number_normalise(typed, number, sizeof number))
        snprintf(out, 64, "%s", number);
    else
        snprintf(out, 64, "%s", typed);
}

/* Adds each different task or period once, up to a limit. */
static void list_add(struct buf *b, const char *s, size_t *n)
{
    char *framed = xasprintf(" %s ", s);
    char *have = xasprintf(" %s ", b->data ? b->data : "");

    if (!strstr(have, framed) && (*n)++ < LISTED_MAX)
        buf_addf(b, "%s%s", b->len ? " " : "", s);
    free(framed);
    free(have);
}

static bool bare_number(const json_t *items, const char *typed, char **task, struct err *e)
{
    struct buf found = {0};
    size_t n = 0, i;
    const json_t *item;
    char number[64];

    normalise(typed, number);
    json_array_foreach((json_t *)items, i, item)
    {
        const char *t = app_str(item, "task");
        const char *slash = t ? strchr(t, '/') : NULL;
        if (slash && (strcmp(slash + 1, typed) == 0 || strcmp(slash + 1, number) == 0))
            list_add(&found, t, &n);
    }
    if (n == 1)
        *task = xstrdup(found.data);
    else if (n > 1)
        err_set(e, "usage", _("several plans have a task %s: %s; write it with its plan"), typed,
                found.data);
    else
        err_set(e, "usage",
                _("no open task of yours has the number %s; “duban due” lists them (a task is "
                  "PLAN/NUMBER)"),
                typed);
    buf_free(&found);
    return n == 1;
}

bool items_task(const json_t *items, const char *typed, char **task, struct err *e)
{
    const char *slash = strchr(typed, '/');
    char number[64];

    if (slash) {
        normalise(slash + 1, number);
        *task = xasprintf("%.*s/%s", (int)(slash - typed), typed, number);
        return true;
    }
    if (!items)
        return err_set(e, "usage",
                       _("the server is away, so %s alone cannot be found; write PLAN/NUMBER"),
                       typed);
    return bare_number(items, typed, task, e);
}

bool items_period(const json_t *items, const char *task, const char **period, struct err *e)
{
    struct buf open = {0}, settled = {0};
    size_t n = 0, others = 0, i;
    const json_t *item;
    const char *found = NULL;

    json_array_foreach((json_t *)items, i, item)
    {
        const char *p = app_str(item, "period");
        if (!is(item, "task", task) || !p || is(item, "kind", "completion") ||
            is(item, "kind", "answer"))
            continue;
        if (is(item, "state", "open") || is(item, "state", "overdue") ||
            is(item, "state", "returned")) {
            found = p;
            list_add(&open, p, &n);
        } else {
            list_add(&settled, p, &others);
        }
    }
    if (n == 1)
        *period = found;
    else if (n > 1)
        err_set(e, "usage", _("%s owes reports for several periods: %s; choose one by --period"),
                task, open.data);
    else if (others)
        err_set(
            e, "usage",
            _("%s has no open period without a report; reported already: %s (a second report for "
              "a period is a correction: name it by --period)"),
            task, settled.data);
    else
        err_set(e, "usage",
                _("you owe no report for %s; to report all the same, name the period by --period "
                  "(“duban due” lists what you owe)"),
                task);
    buf_free(&open);
    buf_free(&settled);
    return n == 1;
}
