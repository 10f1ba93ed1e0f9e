/* SPDX-License-Identifier: BSD-2-Clause */
/* duban plan show: a registered plan, and what amendments changed in it. */
#include <stdio.h>
#include <stdlib.h>

#include "client/amend.h"
#include "client/connect.h"
#include "client/decide.h"
#include "client/options.h"
#include "client/plan_command.h"
#include "client/term.h"
#include "common/buf.h"
#include "common/i18n.h"
#include "common/mem.h"

static const char *const members[] = {"plan", "title", "number", "issuer",      "issued", "from",
                                      "to",   "rule",  "ladder", "countersign", "tasks",  "entry"};

static void show(const json_t *plan)
{
    size_t i;
    const json_t *x;

    for (i = 0; i < sizeof members / sizeof members[0]; i++) {
        const json_t *v = json_object_get(plan, members[i]);
        char *text = v ? amend_text(v) : NULL;
        if (text)
            printf("%s%s%s: %s\n", term_colour(TERM_BOLD), members[i], term_colour(TERM_PLAIN),
                   text);
        free(text);
    }
    json_array_foreach(json_object_get(plan, "amendments"), i, x)
    {
        const char *basis = app_str(x, "basis"), *at = app_str(x, "at");
        char *clean = term_clean(basis ? basis : "-");
        printf(_("amended by entry %lld from %.10s, by %s:\n"),
               (long long)json_integer_value(json_object_get(x, "entry")), at ? at : "-", clean);
        free(clean);
        amend_show_members(json_object_get(x, "old"), json_object_get(x, "new"));
    }
}

/* All plans, one a line. */
static int list(struct app *a, const char *as_of)
{
    static const struct decide_column columns[] = {
        {"plan", N_("PLAN"), false},   {"from", N_("FROM"), false},  {"to", N_("UNTIL"), false},
        {"tasks", N_("TASKS"), false}, {"title", N_("TITLE"), true}, {NULL, NULL, false}};
    char *path = xstrdup("/v1/plans");

    decide_filter(&path, "as_of", as_of);
    int status = decide_list(a, path, columns, _("no plan is registered"));
    free(path);
    return status;
}

int plan_show_command(struct app *a, int argc, char **argv)
{
    struct options_list args;
    const char *as_of = NULL;
    struct options_spec specs[] = {{"as-of", OPTIONS_TEXT, &as_of}, {0}};
    struct buf path = {0};
    json_t *plan = NULL;
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &args, &e) &&
              options_count(&args, 0, 1, "plan show [HANDLE] [--as-of N]", &e) &&
              app_connect(a, false, &e);

    if (ok && args.n == 0) {
        options_free(&args);
        return list(a, as_of);
    }
    if (ok) {
        char *handle = connect_escape(args.items[0]);
        buf_addf(&path, "/v1/plans/%s", handle);
        free(handle);
        connect_query(&path, "as_of", as_of);
        ok = connect_json(a->connect, path.data, &plan, &e) ||
             app_not_found(a, &e, _("there is no plan %s; “duban plan show” lists the plans"),
                           args.items[0]);
    }
    if (ok && a->json)
        app_print_json(plan);
    else if (ok)
        show(plan);
    int status = ok ? APP_DONE : app_fail(a, &e);
    options_free(&args);
    buf_free(&path);
    json_decref(plan);
    return status;
}
