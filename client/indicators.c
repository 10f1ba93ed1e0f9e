/* SPDX-License-Identifier: BSD-2-Clause */
/* duban indicators: newest value, target, and how far it is behind what time demands. */
#include "client/indicators.h"

#include <stdlib.h>
#include <string.h>

#include "client/connect.h"
#include "client/options.h"
#include "client/term.h"
#include "common/buf.h"
#include "common/i18n.h"
#include "common/mem.h"

#define SYNOPSIS "indicators [--plan H] [--unit U] [--as-of N]"

static void cell(struct term_table *t, size_t column, const char *text, const char *unit)
{
    char *s = text ? xasprintf("%s%s", text, unit ? unit : "") : NULL;

    term_table_cell(t, column, s);
    free(s);
}

static void add_row(struct term_table *t, const json_t *i)
{
    const char *measure = app_str(i, "measure"), *behind = app_str(i, "behind");
    const char *op = app_str(i, "op");
    bool fell = json_is_true(json_object_get(i, "unexplained"));
    bool late = behind && strtod(behind, NULL) > 0;
    char *target =
        xasprintf("%s%s", op ? op : "", app_str(i, "target") ? app_str(i, "target") : "-");

    term_table_row(t, fell                                      ? TERM_RED
                      : late                                    ? TERM_YELLOW
                      : json_is_true(json_object_get(i, "met")) ? TERM_GREEN
                                                                : TERM_PLAIN);
    term_table_cell(t, 0, app_str(i, "task"));
    term_table_cell(t, 1, app_str(i, "unit_name") ? app_str(i, "unit_name") : app_str(i, "unit"));
    term_table_cell(t, 2, app_str(i, "name"));
    cell(t, 3, app_str(i, "value"), measure);
    cell(t, 4, target, measure);
    term_table_cell(t, 5, app_str(i, "period"));
    cell(t, 6, app_str(i, "share"), "%");
    cell(t, 7, app_str(i, "expected"), "%");
    term_table_cell(t, 8, behind);
    free(target);
}

static void print_items(struct app *a, const json_t *items)
{
    static const struct {
        const char *title;
        enum term_column kind;
    } columns[] = {
        {N_("TASK"), TERM_LEFT},   {N_("UNIT"), TERM_LEFT},      {N_("NAME"), TERM_CUT},
        {N_("VALUE"), TERM_RIGHT}, {N_("TARGET"), TERM_RIGHT},   {N_("PERIOD"), TERM_LEFT},
        {N_("SHARE"), TERM_RIGHT}, {N_("EXPECTED"), TERM_RIGHT}, {N_("BEHIND"), TERM_RIGHT}};
    size_t i;
    const json_t *item;

    if (!a->json && json_array_size(items) == 0) {
        printf("%s\n", _("no target for this choice"));
        return;
    }
    struct term_table *t = term_table_new();
    for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++)
        term_table_column(t, _(columns[c].title), columns[c].kind);
    json_array_foreach((json_t *)items, i, item)
    {
        if (a->json)
            app_print_json(item);
        else
            add_row(t, item);
    }
    if (!a->json)
        term_table_print(t);
    term_table_free(&t);
}

int indicators_command(struct app *a, int argc, char **argv)
{
    const char *plan = NULL, *unit = NULL, *as_of = NULL;
    struct options_spec specs[] = {{"plan", OPTIONS_TEXT, &plan},
                                   {"unit", OPTIONS_TEXT, &unit},
                                   {"as-of", OPTIONS_TEXT, &as_of},
                                   {0}};
    struct options_list args;
    struct buf path = {0};
    json_t *items = NULL;
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &args, &e) &&
              options_count(&args, 0, 0, SYNOPSIS, &e) && app_connect(a, false, &e);

    options_free(&args);
    if (ok) {
        buf_add_str(&path, "/v1/indicators");
        connect_query(&path, "plan", plan);
        connect_query(&path, "unit", unit);
        connect_query(&path, "as_of", as_of);
        ok = connect_list(a->connect, path.data, &items, &e);
    }
    if (ok)
        print_items(a, items);
    json_decref(items);
    buf_free(&path);
    return ok ? APP_DONE : app_fail(a, &e);
}
