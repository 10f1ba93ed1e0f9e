/* SPDX-License-Identifier: BSD-2-Clause */
/* duban ledger: what was asked of the server, what is chosen among its answer, and where it goes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/connect.h"
#include "client/export.h"
#include "client/ledger.h"
#include "client/ledger_choice.h"
#include "client/ledger_columns.h"
#include "client/options.h"
#include "client/term.h"
#include "common/i18n.h"
#include "common/json.h"
#include "common/mem.h"

struct list {
    const struct ledger_column *columns[LEDGER_COLUMNS_MAX];
    size_t n;
    json_t *items; /* owned */
};

struct wanted {
    struct ledger_choice choice;
    const char *plan, *unit, *state, *rule, *as_of; /* asked of the server */
    const char *columns, *csv, *xlsx, *encoding;
    bool light; /* is there a light, by the rule asked for or the standard one? */
};

static const json_t *member(const json_t *item, const char *name)
{
    const json_t *v = json_object_get(item, name);

    /* people read names; a task without a lead has none */
    if (!v && strcmp(name, "unit_name") == 0)
        v = json_object_get(item, "unit");
    if (strcmp(name, "light_why") == 0 && strcmp(i18n_lang(), "zh_CN") != 0)
        v = json_object_get(item, "light_why_en");
    return v;
}

static void print(const struct app *a, const struct list *l)
{
    size_t i;
    const json_t *item;

    if (a->json) {
        json_array_foreach(l->items, i, item) app_print_json(item);
        return;
    }
    if (json_array_size(l->items) == 0) {
        printf("%s\n", _("the ledger shows nothing for this choice"));
        return;
    }
    struct term_table *t = term_table_new();
    for (size_t k = 0; k < l->n; k++)
        term_table_column(t, _(l->columns[k]->title), l->columns[k]->kind);
    json_array_foreach(l->items, i, item)
    {
        const char *state = app_str(item, "state");
        term_table_row(t, state && strcmp(state, "overdue") == 0 ? TERM_RED : TERM_PLAIN);
        for (size_t k = 0; k < l->n; k++) {
            const char *name = l->columns[k]->member;
            char *text = ledger_value(name, member(item, name));
            term_table_cell(t, k, text);
            free(text);
        }
    }
    term_table_print(t);
    term_table_free(&t);
}

/* ---- files ---------------------------------------------------------------------------------- */

/* For programs: what the server said. */
static char *raw_cell(void *arg, size_t row, size_t column)
{
    const struct list *l = arg;
    const json_t *v = json_object_get(json_array_get(l->items, row), l->columns[column]->member);
    struct buf b = {0};

    if (!v)
        return NULL;
    if (json_is_string(v))
        return xstrdup(json_string_value(v));
    if (json_is_array(v) && json_is_string(json_array_get(v, 0))) {
        for (size_t i = 0; i < json_array_size(v); i++)
            buf_addf(&b, "%s%s", i ? ";" : "", json_string_value(json_array_get(v, i)));
        return b.data;
    }
    json_write(v, &b);
    return b.data;
}

/* For people: words and names in their language, dates and numbers as a spreadsheet's own. */
static char *read_cell(void *arg, size_t row, size_t column)
{
    const struct list *l = arg;
    const struct ledger_column *c = l->columns[column];
    const json_t *v = member(json_array_get(l->items, row), c->member);

    if (!v)
        return NULL;
    return c->exported == EXPORT_TEXT ? ledger_value(c->member, v) : raw_cell(arg, row, column);
}

static bool write_file(const struct wanted *w, struct list *l, struct err *e)
{
    struct export_column columns[LEDGER_COLUMNS_MAX];
    struct export_table t = {.columns = columns,
                             .columns_len = l->n,
                             .rows = json_array_size(l->items),
                             .cell = w->csv ? raw_cell : read_cell,
                             .arg = l};

    for (size_t k = 0; k < l->n; k++)
        columns[k] = (struct export_column){
            w->csv ? l->columns[k]->member : _(l->columns[k]->title), l->columns[k]->exported};
    bool ok = w->csv ? export_csv(&t, w->csv, w->encoding && w->encoding[0] == 'g', e)
                     : export_xlsx(&t, w->xlsx, _("Ledger"), e);
    if (ok && !(w->csv && strcmp(w->csv, "-") == 0))
        app_note(_("%s: %zu tasks"), w->csv ? w->csv : w->xlsx, t.rows);
    return ok;
}

/* ---- the command ---------------------------------------------------------------------------- */

static bool fetch(struct app *a, struct wanted *w, json_t **items, struct err *e)
{
    struct buf path = {0};
    size_t i;
    const json_t *item;

    buf_add_str(&path, "/v1/ledger?limit=1000");
    connect_query(&path, "plan", w->plan);
    connect_query(&path, "unit", w->unit);
    connect_query(&path, "state", w->state);
    connect_query(&path, "light", w->rule);
    connect_query(&path, "as_of", w->as_of);
    bool ok = app_connect(a, false, e) && connect_list(a->connect, path.data, items, e);
    buf_free(&path);
    json_array_foreach(*items, i, item)
    {
        w->light = w->light || app_str(item, "light");
    }
    return ok;
}

/* A rule gives a light to every task; so a ledger without one means that there is no such rule. */
static bool light_known(const struct wanted *w, const json_t *items, struct err *e)
{
    return !w->rule || w->light || json_array_size(items) == 0 ||
           err_set(e, "refused",
                   _("no light rule %s is registered; without --light the standard one is shown"),
                   w->rule);
}

static bool check(const struct app *a, const struct wanted *w, struct err *e)
{
    if (w->csv && w->xlsx)
        return err_set(e, "usage", _("--csv and --xlsx are two files: write one at a time"));
    if (a->json && (w->csv || w->xlsx))
        return err_set(e, "usage", _("--json prints; --csv and --xlsx write a file"));
    if (w->encoding && !w->csv)
        return err_set(e, "usage", _("--encoding goes with --csv"));
    if (w->encoding && strcmp(w->encoding, "gb18030") != 0 && strcmp(w->encoding, "utf-8") != 0)
        return err_set(e, "usage", _("--encoding is utf-8 or gb18030, not %s"), w->encoding);
    return true;
}

static bool parse(struct app *a, int argc, char **argv, struct wanted *w, struct err *e)
{
    struct options_spec specs[] = {{"plan", OPTIONS_TEXT, &w->plan},
                                   {"unit", OPTIONS_TEXT, &w->unit},
                                   {"state", OPTIONS_TEXT, &w->state},
                                   {"light", OPTIONS_TEXT, &w->rule},
                                   {"as-of", OPTIONS_TEXT, &w->as_of},
                                   {"leader", OPTIONS_TEXT, &w->choice.leader},
                                   {"status", OPTIONS_TEXT, &w->choice.status},
                                   {"period", OPTIONS_TEXT, &w->choice.period},
                                   {"kind", OPTIONS_TEXT, &w->choice.kind},
                                   {"colour", OPTIONS_TEXT, &w->choice.light},
                                   {"text", OPTIONS_TEXT, &w->choice.text},
                                   {"overdue", OPTIONS_FLAG, &w->choice.overdue},
                                   {"sort", OPTIONS_TEXT, &w->choice.sort},
                                   {"columns", OPTIONS_TEXT, &w->columns},
                                   {"csv", OPTIONS_TEXT, &w->csv},
                                   {"xlsx", OPTIONS_TEXT, &w->xlsx},
                                   {"encoding", OPTIONS_TEXT, &w->encoding},
                                   {0}};
    struct options_list args;
    bool ok =
        options_parse(a, specs, argc, argv, &args, e) &&
        options_count(&args, 0, 0, "ledger [--plan H] [--unit U] [--columns C,…] [--csv F]", e);

    options_free(&args);
    return ok && check(a, w, e) && ledger_choice_check(&w->choice, w->state, e);
}

int ledger_command(struct app *a, int argc, char **argv)
{
    struct wanted w = {0};
    struct list l = {0};
    struct err e;
    bool ok = parse(a, argc, argv, &w, &e) && fetch(a, &w, &l.items, &e) &&
              light_known(&w, l.items, &e) && ledger_choose(&w.choice, l.items, &e) &&
              ledger_columns_read(w.columns, w.csv || w.xlsx, w.light, l.columns, &l.n, &e);

    if (ok && (w.csv || w.xlsx))
        ok = write_file(&w, &l, &e);
    else if (ok)
        print(a, &l);
    json_decref(l.items);
    return ok ? APP_DONE : app_fail(a, &e);
}
