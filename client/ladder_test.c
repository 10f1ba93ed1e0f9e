/* SPDX-License-Identifier: BSD-2-Clause */
/* duban ladder test: a ladder of the registry, or of a file that is not signed yet; the server does
 * the arithmetic that it would raise by. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/connect.h"
#include "client/items.h"
#include "client/options.h"
#include "client/registry_text.h"
#include "client/why.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/instant.h"
#include "common/mem.h"
#include "common/statement.h"

#define SYNOPSIS "ladder test CODE|FILE --due DATE|TIME [--for TASK] [--late DAYS]"
#define LADDER_BYTES 8000 /* it travels in the address of the request */

/* The only ladder of a file, as compact JSON; new string. */
static bool ladder_of_file(const char *path, char **out, struct err *e)
{
    struct buf text = {.limit = REGISTRY_TEXT_MAX};
    json_t *objects = NULL;
    const json_t *ladder = NULL;
    size_t blanks = 0, i, n = 0;
    const json_t *o;
    bool ok = file_read(path, REGISTRY_TEXT_MAX, &text, e) &&
              registry_text_parse(path, text.data ? text.data : "", &objects, &blanks, e);

    json_array_foreach(objects, i, o)
    {
        if (strcmp(app_str(o, "set"), "ladder") == 0) {
            ladder = o;
            n++;
        }
    }
    if (ok && n != 1)
        ok = err_set(e, "config", _("%s: one ladder is tested at a time; the file has %zu"), path,
                     n);
    if (ok)
        *out = json_dumps(ladder, JSON_COMPACT);
    if (ok && strlen(*out) > LADDER_BYTES)
        ok = err_set(e, "config", _("%s: too long to be tested; register it and test its code"),
                     path);
    json_decref(objects);
    buf_free(&text);
    return ok;
}

static void add_param(struct buf *path, const char *name, const char *value)
{
    char *escaped = connect_escape(value ? value : "");

    if (value)
        buf_addf(path, "%s%s=%s", strchr(path->data, '?') ? "&" : "?", name, escaped);
    free(escaped);
}

static bool path_of(const char *what, const char *due, const char *task, char **out, struct err *e)
{
    struct buf path = {0};
    char *ladder = NULL;
    bool file = access(what, R_OK) == 0 && strchr(what, '.') != NULL;
    bool ok = !file || ladder_of_file(what, &ladder, e);

    buf_add_str(&path, "/v1/ladder");
    add_param(&path, "code", file ? NULL : what);
    add_param(&path, "ladder", ladder);
    add_param(&path, "due", due);
    add_param(&path, "task", task);
    free(ladder);
    if (ok)
        *out = xstrdup(path.data);
    buf_free(&path);
    return ok;
}

/* Steps that lie within so many days behind the due instant. */
static void cut(json_t *items, const char *due, const char *late)
{
    int64_t from, at;
    int64_t days = strtol(late, NULL, 10);

    for (size_t i = json_array_size(items); i > 0; i--) {
        const char *text = app_str(json_array_get(items, i - 1), "at");

        if (text && instant_parse(text, &at) && instant_parse(due, &from) &&
            at > from + days * INT64_C(86400000000))
            json_array_remove(items, i - 1);
    }
}

/* A date, an instant, or local date and time. */
static bool due_valid(const char *s)
{
    char *day = xstrndup(s, 10);
    bool ok =
        date_valid(day) &&
        (s[10] == '\0' ||
         (s[10] == 'T' && s[11 + strspn(s + 11, "0123456789:.+-Z")] == '\0' && strlen(s) >= 16));

    free(day);
    return ok;
}

static bool check(const char *due, const char *late, struct err *e)
{
    if (!due)
        return err_set(e, "usage", _("when is it due? call: duban %s"), SYNOPSIS);
    if (!due_valid(due))
        return err_set(e, "usage",
                       _("--due is a date YYYY-MM-DD or an instant such as "
                         "2022-05-01T12:00:00+08:00, not %s"),
                       due);
    if (late && (!*late || late[strspn(late, "0123456789")] || strlen(late) > 4))
        return err_set(e, "usage", _("--late is a number of days, not %s"), late);
    return true;
}

/* The server computes for a task that it does not know as for none. */
static bool is_there(struct app *a, const char *task, struct err *e)
{
    char *path = xasprintf("/v1/tasks/%s", task);
    json_t *j = NULL;
    bool ok = connect_json(a->connect, path, &j, e) ||
              app_not_found(a, e,
                            _("there is no task %s, or it is not yours to see; “duban ledger” "
                              "lists those that are"),
                            task);

    json_decref(j);
    free(path);
    return ok;
}

static bool run(struct app *a, const char *what, const char *due, const char *task,
                const char *late, struct err *e)
{
    json_t *open = NULL, *items = NULL;
    char *full = NULL, *path = NULL;
    bool ok = !task || ((strchr(task, '/') || items_due(a, &open, e)) &&
                        items_task(open, task, &full, e) && is_there(a, full, e));

    ok = ok && path_of(what, due, full, &path, e) && connect_list(a->connect, path, &items, e);
    if (ok && json_array_size(items) == 0)
        ok = err_set(e, "refused", _("no ladder %s is registered, or its calendar is not"), what);
    if (ok && late)
        cut(items, app_str(json_array_get(items, 0), "due"), late);
    if (ok)
        why_show_all(a, items, why_show_step);
    json_decref(open);
    json_decref(items);
    free(full);
    free(path);
    return ok;
}

int ladder_test_command(struct app *a, int argc, char **argv)
{
    const char *due = NULL, *task = NULL, *late = NULL;
    struct options_spec specs[] = {{"due", OPTIONS_TEXT, &due},
                                   {"for", OPTIONS_TEXT, &task},
                                   {"late", OPTIONS_TEXT, &late},
                                   {0}};
    struct options_list args;
    struct err e;
    bool ok =
        options_parse(a, specs, argc, argv, &args, &e) && options_count(&args, 1, 1, SYNOPSIS, &e);

    ok = ok && check(due, late, &e) && app_connect(a, false, &e) &&
         run(a, args.items[0], due, task, late, &e);
    options_free(&args);
    return ok ? APP_DONE : app_fail(a, &e);
}
