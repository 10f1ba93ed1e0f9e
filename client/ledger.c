/* SPDX-License-Identifier: BSD-2-Clause */
/* The ledger as this identity may see it. The server's members are shown by name in a fixed order;
 * members that this version does not know are shown behind them, never hidden. */
#include "client/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/connect.h"
#include "client/items.h"
#include "client/options.h"
#include "client/outcome.h"
#include "client/term.h"
#include "client/when.h"
#include "common/i18n.h"
#include "common/json.h"
#include "common/mem.h"

struct column {
    const char *member;
    const char *title;
    enum term_column kind;
};

static bool ends_with(const char *s, const char *tail)
{
    size_t n = strlen(s), m = strlen(tail);

    return n >= m && strcmp(s + n - m, tail) == 0;
}

static bool is_instant(const char *member)
{
    static const char *const names[] = {"due", "received", "raised", "cutoff", "opens", NULL};

    for (size_t i = 0; names[i]; i++)
        if (strcmp(member, names[i]) == 0)
            return true;
    return ends_with(member, "_due") || ends_with(member, "_at");
}

static bool is_word(const char *member)
{
    static const char *const names[] = {"state",   "outcome", "status", "kind",
                                        "verdict", "light",   NULL};

    for (size_t i = 0; names[i]; i++)
        if (strcmp(member, names[i]) == 0)
            return true;
    return ends_with(member, "_status") || ends_with(member, "_state");
}

static const char *or_empty(const char *s)
{
    return s ? s : "";
}

static bool chinese(void)
{
    return strcmp(i18n_lang(), "zh_CN") == 0;
}

/* "812 review 2022Q1 returned: reason (date)". */
static void add_decision(struct buf *b, const json_t *x)
{
    const char *period = app_str(x, "period"), *reason = app_str(x, "reason");
    const char *until = app_str(x, "until"), *due = app_str(x, "due");
    char when[WHEN_SIZE];

    buf_addf(b, "%lld %s %s%s%s", app_int(x, "entry", 0), outcome_word(app_str(x, "kind")),
             or_empty(period), period ? " " : "", outcome_word(app_str(x, "decision")));
    if (reason)
        buf_addf(b, ": %s", reason);
    if (due || until) {
        when_text(due, when);
        buf_addf(b, " (%s)", until ? until : when);
    }
}

/* Each member that an amendment changed: old → new. */
static void add_changed(struct buf *b, const json_t *x)
{
    json_t *old = json_object_get(x, "old"), *new = json_object_get(x, "new"), *v;
    const char *name;

    json_object_foreach(new, name, v)
    {
        buf_addf(b, ", %s: ", name);
        if (json_object_get(old, name))
            json_write(json_object_get(old, name), b);
        buf_add_str(b, " → ");
        json_write(v, b);
    }
}

/* What was asked, what an indicator came to, who led before, amendments, warnings. */
static bool add_life(struct buf *b, const json_t *x)
{
    char when[WHEN_SIZE];

    if (app_str(x, "ask")) {
        buf_addf(b, "%s %s %s: %s", app_str(x, "ask"), or_empty(app_str(x, "name")),
                 outcome_word(app_str(x, "state")), or_empty(app_str(x, "text")));
        if (app_str(x, "answer"))
            buf_addf(b, " → %s %s", app_str(x, "answer"), or_empty(app_str(x, "answer_text")));
    } else if (app_str(x, "expected")) {
        buf_addf(b, _("%s %s of %s%s: %s %% of the way, %s %% by time"),
                 or_empty(app_str(x, "name")), app_str(x, "value") ? app_str(x, "value") : "-",
                 or_empty(app_str(x, "target")), or_empty(app_str(x, "unit")),
                 or_empty(app_str(x, "share")), app_str(x, "expected"));
    } else if (app_str(x, "until") && app_str(x, "name")) {
        when_text(app_str(x, "until"), when);
        buf_addf(b, _("%s %s until %s"), or_empty(app_str(x, "unit")), app_str(x, "name"), when);
    } else if (app_str(x, "change")) {
        when_text(app_str(x, "at"), when);
        buf_addf(b, "%s %s %s", when, outcome_word(app_str(x, "change")),
                 or_empty(app_str(x, "basis")));
        add_changed(b, x);
    } else if (app_str(x, "warned")) {
        buf_addf(b, "%s (%s)", or_empty(app_str(x, "why")),
                 json_is_true(json_object_get(x, "open")) ? _("open") : _("closed"));
    } else {
        return false;
    }
    return true;
}

/* One element of a list: a name with its role or figures, a period with its state, or JSON. */
static void add_element(struct buf *b, const json_t *x)
{
    char when[WHEN_SIZE];

    if (json_is_string(x)) {
        buf_add_str(b, json_string_value(x));
    } else if (add_life(b, x)) {
        return;
    } else if (app_str(x, "name")) {
        const char *value = app_str(x, "value");
        const char *op = app_str(x, "op");
        buf_add_str(b, app_str(x, "name"));
        if (app_str(x, "role"))
            buf_addf(b, " (%s)", app_str(x, "role"));
        if (value)
            buf_addf(b, " %s%s%s%s", op ? op : "=", op ? " " : "", value,
                     or_empty(app_str(x, "unit")));
    } else if (app_str(x, "light")) {
        const char *why = app_str(x, chinese() ? "why" : "why_en");
        buf_addf(b, "%s: %s %s", or_empty(app_str(x, "rule")), outcome_word(app_str(x, "light")),
                 or_empty(why));
    } else if (app_str(x, "decision")) {
        add_decision(b, x);
    } else if (app_str(x, "period")) {
        when_text(app_str(x, "due"), when);
        buf_addf(b, "%s %s %s", app_str(x, "period"), outcome_word(app_str(x, "state")), when);
        if (app_str(x, "reason"))
            buf_addf(b, ": %s", app_str(x, "reason"));
    } else {
        json_write(x, b);
    }
}

/* New string: the elements of a list. */
static char *list_text(const json_t *v)
{
    struct buf b = {0};
    size_t i;
    const json_t *x;

    json_array_foreach((json_t *)v, i, x)
    {
        if (i)
            buf_add_str(&b, "; ");
        add_element(&b, x);
    }
    return b.data ? b.data : xstrdup("-");
}

/* New string: a report that counts, as one reads it. */
static char *report_text(const json_t *last)
{
    const json_t *report = json_object_get(last, "report");
    const char *text = app_str(report, "text");
    struct buf b = {0};
    char when[WHEN_SIZE];

    when_text(app_str(last, "received"), when);
    buf_addf(&b, _("entry %lld, %s, %s %s"), (long long)app_int(last, "entry", 0), when,
             or_empty(app_str(last, "period")), outcome_word(app_str(last, "status")));
    if (json_object_get(report, "progress"))
        buf_addf(&b, " %lld %%", (long long)app_int(report, "progress", 0));
    if (json_array_size(json_object_get(report, "values"))) {
        char *values = list_text(json_object_get(report, "values"));
        buf_addf(&b, "; %s", values);
        free(values);
    }
    if (text)
        buf_addf(&b, ": %s", text);
    return b.data;
}

char *ledger_value(const char *member, const json_t *v)
{
    char when[WHEN_SIZE];
    struct buf b = {0};

    if (json_is_string(v) && is_instant(member)) {
        when_text(json_string_value(v), when);
        return xstrdup(when);
    }
    if (json_is_string(v))
        return xstrdup(is_word(member) ? outcome_word(json_string_value(v)) : json_string_value(v));
    if (json_is_integer(v))
        return xasprintf("%lld", (long long)json_integer_value(v));
    if (json_is_boolean(v))
        return xstrdup(json_is_true(v) ? _("yes") : _("no"));
    if (json_is_array(v))
        return list_text(v);
    if (json_is_object(json_object_get(v, "report")))
        return report_text(v);
    if (json_is_object(v))
        json_write(v, &b);
    return b.data ? b.data : xstrdup("-");
}

static void print_table(struct app *a, const json_t *items, const struct column *columns,
                        const char *nothing)
{
    size_t i;
    const json_t *item;

    if (a->json) {
        json_array_foreach((json_t *)items, i, item) app_print_json(item);
        return;
    }
    if (json_array_size(items) == 0) {
        printf("%s\n", nothing);
        return;
    }
    struct term_table *t = term_table_new();
    for (const struct column *c = columns; c->member; c++)
        term_table_column(t, _(c->title), c->kind);
    json_array_foreach((json_t *)items, i, item)
    {
        const char *state = app_str(item, "state");
        term_table_row(t, state && strcmp(state, "overdue") == 0 ? TERM_RED : TERM_PLAIN);
        for (size_t k = 0; columns[k].member; k++) {
            const json_t *v = json_object_get(item, columns[k].member);
            /* people read names; a task without a lead has none */
            if (!v && strcmp(columns[k].member, "unit_name") == 0)
                v = json_object_get(item, "unit");
            if (strcmp(columns[k].member, "light_why") == 0 && !chinese())
                v = json_object_get(item, "light_why_en");
            char *text = ledger_value(columns[k].member, v);
            term_table_cell(t, k, text);
            free(text);
        }
    }
    term_table_print(t);
    term_table_free(&t);
}

/* ---- show, history -------------------------------------------------------------------------- */

/* Finds the task that was typed: its own items first, then any registered plan. */
static bool find_task(struct app *a, const char *typed, char **task, struct err *e)
{
    json_t *items = NULL;

    if (strchr(typed, '/'))
        return items_task(NULL, typed, task, e);
    bool ok = items_due(a, &items, e) && items_task(items, typed, task, e);
    json_decref(items);
    return ok;
}

/* *name: new string, the task; *path: new string, its path with tail and as_of behind it. */
static bool one_task(struct app *a, int argc, char **argv, const char *synopsis, const char *tail,
                     char **name, char **path, struct err *e)
{
    struct options_list args;
    const char *as_of = NULL;
    struct options_spec specs[] = {{"as-of", OPTIONS_TEXT, &as_of}, {0}};
    bool ok = options_parse(a, specs, argc, argv, &args, e) &&
              options_count(&args, 1, 1, synopsis, e) && app_connect(a, false, e) &&
              find_task(a, args.items[0], name, e);
    struct buf b = {0};

    options_free(&args);
    *path = NULL;
    if (ok) {
        buf_addf(&b, "/v1/tasks/%s%s", *name, tail);
        connect_query(&b, "as_of", as_of);
        *path = b.data;
    }
    return ok;
}

static void print_member(const char *member, const char *label, const json_t *v)
{
    char *text = ledger_value(member, v);
    char *clean = term_clean_lines(text);

    printf("%s%s%s: %s\n", term_colour(TERM_BOLD), label, term_colour(TERM_PLAIN), clean);
    free(clean);
    free(text);
}

static const struct column members[] = {
    {"task", N_("task"), TERM_LEFT},
    {"no", N_("number as printed"), TERM_LEFT},
    {"plan", N_("plan"), TERM_LEFT},
    {"kind", N_("kind"), TERM_LEFT},
    {"section", N_("section"), TERM_LEFT},
    {"title", N_("title"), TERM_LEFT},
    {"text", N_("text"), TERM_LEFT},
    {"leaders", N_("supervising leaders"), TERM_LEFT},
    {"unit", N_("accountable unit"), TERM_LEFT},
    {"unit_name", N_("its name"), TERM_LEFT},
    {"assignments", N_("assignments"), TERM_LEFT},
    {"deadline", N_("deadline"), TERM_LEFT},
    {"deadline_raw", N_("deadline as printed"), TERM_LEFT},
    {"targets", N_("targets"), TERM_LEFT},
    {"inherited", N_("deadline inherited from the plan"), TERM_LEFT},
    {"lights", N_("lights"), TERM_LEFT},
    {"approved", N_("deadline as extended"), TERM_LEFT},
    {"closed", N_("closed by entry"), TERM_LEFT},
    {"again", N_("owed again"), TERM_LEFT},
    {"decisions", N_("decisions"), TERM_LEFT},
    {"periods", N_("periods"), TERM_LEFT},
    {"last", N_("newest report"), TERM_LEFT},
    {"cases", N_("cases"), TERM_LEFT},
    {"indicators", N_("indicators"), TERM_LEFT},
    {"asks", N_("asked and answered"), TERM_LEFT},
    {"warnings", N_("early warnings"), TERM_LEFT},
    {"same", N_("reported together with"), TERM_LEFT},
    {"former", N_("led before by"), TERM_LEFT},
    {"amendments", N_("amendments"), TERM_LEFT},
    {"withdrawn", N_("withdrawn by entry"), TERM_LEFT},
    {"entry", N_("registered by entry"), TERM_LEFT},
    {0}};

static bool is_known(const char *name)
{
    for (const struct column *c = members; c->member; c++)
        if (strcmp(c->member, name) == 0)
            return true;
    return false;
}

static void print_task(struct app *a, json_t *task)
{
    const char *name;
    json_t *v;

    if (a->json) {
        app_print_json(task);
        return;
    }
    for (const struct column *c = members; c->member; c++)
        if ((v = json_object_get(task, c->member)) && !json_is_null(v))
            print_member(c->member, _(c->title), v);
    json_object_foreach(task, name, v)
    {
        if (!is_known(name) && !json_is_null(v))
            print_member(name, name, v);
    }
}

int show_command(struct app *a, int argc, char **argv)
{
    char *path = NULL;
    json_t *j = NULL;
    struct err e;
    char *name = NULL;
    bool ok = one_task(a, argc, argv, "show TASK [--as-of N]", "", &name, &path, &e) &&
              (connect_json(a->connect, path, &j, &e) ||
               app_not_found(a, &e,
                             _("there is no task %s, or it is not yours to see; “duban ledger” "
                               "lists those that are"),
                             name));

    if (ok)
        print_task(a, j);
    json_decref(j);
    free(name);
    free(path);
    return ok ? APP_DONE : app_fail(a, &e);
}

int history_command(struct app *a, int argc, char **argv)
{
    static const struct column columns[] = {
        {"entry", N_("ENTRY"), TERM_RIGHT},  {"received", N_("RECEIVED"), TERM_LEFT},
        {"kind", N_("KIND"), TERM_LEFT},     {"unit", N_("UNIT"), TERM_LEFT},
        {"period", N_("PERIOD"), TERM_LEFT}, {"outcome", N_("OUTCOME"), TERM_LEFT},
        {"level", N_("LEVEL"), TERM_RIGHT},  {"post", N_("TO"), TERM_LEFT},
        {"status", N_("STATUS"), TERM_LEFT}, {"progress", N_("%"), TERM_RIGHT},
        {"text", N_("TEXT"), TERM_CUT},      {0}};
    char *path = NULL;
    json_t *items = NULL;
    struct err e;
    char *name = NULL, *nothing = NULL;
    bool ok = one_task(a, argc, argv, "history TASK [--as-of N]", "/entries", &name, &path, &e) &&
              connect_list(a->connect, path, &items, &e);

    if (ok) {
        nothing = xasprintf(_("no entry that is yours to see names %s; “duban ledger” lists your "
                              "tasks"),
                            name);
        print_table(a, items, columns, nothing);
    }
    json_decref(items);
    free(nothing);
    free(name);
    free(path);
    return ok ? APP_DONE : app_fail(a, &e);
}
