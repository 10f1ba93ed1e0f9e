/* SPDX-License-Identifier: BSD-2-Clause */
/* duban silence: a silence is a statement with an author, a reason and an end. */
#include "client/silence.h"

#include <stdio.h>
#include <stdlib.h>

#include "client/connect.h"
#include "client/decide.h"
#include "client/options.h"
#include "client/when.h"
#include "common/i18n.h"
#include "common/statement.h"

#define SYNOPSIS                                                                                   \
    "silence (--unit U | --task TASK)… --until DATE|TIME --reason T · silence --end SILENCE…"

struct wanted {
    struct options_list units, tasks, ends;
    const char *until, *reason;
};

static json_t *strings(const struct options_list *l)
{
    json_t *list = json_array();

    for (size_t i = 0; i < l->n; i++)
        json_array_append_new(list, json_string(l->items[i]));
    return list;
}

static bool add_tasks(struct app *a, json_t *silence, const struct wanted *w, struct err *e)
{
    json_t *list = json_array();
    bool ok = true;

    for (size_t i = 0; ok && i < w->tasks.n; i++) {
        char *task = NULL;

        ok = decide_task(a, w->tasks.items[i], &task, e);
        if (ok)
            json_array_append_new(list, json_string(task));
        free(task);
    }
    json_object_set_new(silence, "tasks", list);
    return ok;
}

static bool build(struct app *a, const struct wanted *w, json_t *body, struct err *e)
{
    bool gives = w->units.n || w->tasks.n || w->until || w->reason;

    if (w->ends.n)
        json_object_set_new(body, "ends", strings(&w->ends));
    if (!gives)
        return true;
    if (!w->until || !w->reason || w->units.n + w->tasks.n == 0)
        return err_set(e, "usage",
                       _("a silence names units or tasks, its end and a reason; call: duban %s"),
                       SYNOPSIS);
    json_t *silence = json_pack("{s:s,s:s}", "until", w->until, "reason", w->reason);
    json_object_set_new(body, "silences", json_pack("[o]", silence));
    if (w->units.n)
        json_object_set_new(silence, "units", strings(&w->units));
    return w->tasks.n == 0 || add_tasks(a, silence, w, e);
}

static void show(const json_t *item)
{
    char ends[WHEN_SIZE];
    const json_t *targets = json_object_get(item, "targets");
    size_t i;
    const json_t *t;

    when_text(app_str(item, "ends"), ends);
    printf(_("%s by %s until %s: %s\n"), app_str(item, "silence"), app_str(item, "author"), ends,
           app_str(item, "reason"));
    json_array_foreach((json_t *)targets, i, t) printf("  %s\n", json_string_value(t));
}

static int list(struct app *a)
{
    json_t *items = NULL;
    struct err e;
    size_t i;
    const json_t *item;

    if (!app_connect(a, false, &e) || !connect_list(a->connect, "/v1/silences", &items, &e))
        return app_fail(a, &e);
    json_array_foreach(items, i, item)
    {
        if (a->json)
            app_print_json(item);
        else
            show(item);
    }
    if (!a->json && json_array_size(items) == 0)
        printf("%s\n", _("nothing is silenced"));
    json_decref(items);
    return APP_DONE;
}

int silence_command(struct app *a, int argc, char **argv)
{
    struct wanted w = {0};
    struct options_spec specs[] = {
        {"unit", OPTIONS_LIST, &w.units},    {"task", OPTIONS_LIST, &w.tasks},
        {"end", OPTIONS_LIST, &w.ends},      {"until", OPTIONS_TEXT, &w.until},
        {"reason", OPTIONS_TEXT, &w.reason}, {0}};
    struct options_list args;
    json_t *body = json_object();
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &args, &e) &&
              options_count(&args, 0, 0, SYNOPSIS, &e) && build(a, &w, body, &e);
    bool says = json_object_size(body) > 0;

    options_free(&args);
    options_free(&w.units);
    options_free(&w.tasks);
    options_free(&w.ends);
    if (ok && says)
        return decide_send(a, STATEMENT_SILENCE, body, false);
    json_decref(body);
    return ok ? list(a) : app_fail(a, &e);
}
