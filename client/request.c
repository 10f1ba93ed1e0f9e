/* SPDX-License-Identifier: BSD-2-Clause */
/* duban extend, duban close. Without arguments each lists what waits for a decision; with a task it
 * asks; with --grant, --refuse or --reopen it decides. */
#include "client/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/decide.h"
#include "client/options.h"
#include "client/report.h"
#include "common/i18n.h"
#include "common/statement.h"

#define EXTEND                                                                                     \
    "extend [TASK [--period P] --until DATE --reason T --progress N | --grant|--refuse [--until "  \
    "DATE] [--reason T] REQUEST…]"
#define CLOSE                                                                                        \
    "close [TASK --text T --evidence FILE… | --grant|--refuse [--reason T] REQUEST… | --reopen " \
    "--reason T [--due DATE] TASK…]"

enum { GRANT, REFUSE, REOPEN, CHOICES };

struct arguments {
    bool choice[CHOICES];
    bool dry_run;
    const char *period, *until, *reason, *progress, *text, *due;
    struct options_list evidence, words;
};

static bool decides(const struct arguments *x)
{
    return x->choice[GRANT] || x->choice[REFUSE] || x->choice[REOPEN];
}

static void set_text(json_t *j, const char *name, const char *value)
{
    if (value)
        json_object_set_new(j, name, json_string(value));
}

/* {"task": …} of the one task that was typed. */
static bool request(struct app *a, const struct arguments *x, const char *synopsis, json_t **out,
                    struct err *e)
{
    char *task = NULL;
    bool ok =
        options_count(&x->words, 1, 1, synopsis, e) && decide_task(a, x->words.items[0], &task, e);

    *out = ok ? json_pack("{s:s}", "task", task) : NULL;
    free(task);
    return ok;
}

static int send(struct app *a, enum statement_kind kind, const char *list, json_t *elements,
                const struct arguments *x)
{
    return decide_send(a, kind, json_pack("{s:o}", list, elements), x->dry_run);
}

/* ---- extend ---------------------------------------------------------------------------------- */

static int extend_ask(struct app *a, const struct arguments *x)
{
    json_t *one = NULL;
    char *end = NULL;
    struct err e;
    long progress = x->progress ? strtol(x->progress, &end, 10) : -1;
    bool ok = (x->until && x->reason && x->progress) ||
              err_set(&e, "usage",
                      _("an extension needs the new date, a reason and the progress so far: "
                        "--until DATE --reason T --progress N"));

    if (ok && (end == x->progress || (*end && strcmp(end, "%") != 0)))
        ok = err_set(&e, "usage", _("--progress is a whole number from 0 to 100, not %s"),
                     x->progress);
    if (!ok || !request(a, x, EXTEND, &one, &e))
        return app_fail(a, &e);
    set_text(one, "period", x->period);
    set_text(one, "until", x->until);
    set_text(one, "reason", x->reason);
    json_object_set_new(one, "progress", json_integer(progress));
    return send(a, STATEMENT_EXTENSION, "requests", json_pack("[o]", one), x);
}

static int extend_decide(struct app *a, const struct arguments *x)
{
    struct err e;
    size_t i;
    json_t *one;

    if (!decide_one_of(x->choice, CHOICES, "--grant, --refuse", &e) ||
        !options_count(&x->words, 1, 1000, EXTEND, &e))
        return app_fail(a, &e);
    json_t *list =
        decide_elements(&x->words, "request", x->choice[GRANT] ? "grant" : "refuse", x->reason);
    json_array_foreach(list, i, one) set_text(one, "until", x->until);
    return send(a, STATEMENT_EXTENSION, "decisions", list, x);
}

int extend_command(struct app *a, int argc, char **argv)
{
    static const struct decide_column columns[] = {
        {"request", N_("REQUEST"), false}, {"task", N_("TASK"), false},
        {"period", N_("PERIOD"), false},   {"unit", N_("UNIT"), false},
        {"due", N_("DUE"), false},         {"until", N_("UNTIL"), false},
        {"progress", N_("%"), false},      {"extensions", N_("TIMES"), false},
        {"reason", N_("REASON"), true},    {NULL, NULL, false}};
    struct arguments x = {0};
    struct options_spec specs[] = {
        {"period", OPTIONS_TEXT, &x.period},       {"until", OPTIONS_TEXT, &x.until},
        {"reason", OPTIONS_TEXT, &x.reason},       {"progress", OPTIONS_TEXT, &x.progress},
        {"grant", OPTIONS_FLAG, &x.choice[GRANT]}, {"refuse", OPTIONS_FLAG, &x.choice[REFUSE]},
        {"dry-run", OPTIONS_FLAG, &x.dry_run},     {0}};
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &x.words, &e);
    int status = !ok           ? app_fail(a, &e)
                 : decides(&x) ? extend_decide(a, &x)
                 : x.words.n   ? extend_ask(a, &x)
                               : decide_list(a, "/v1/requests?kind=extension", columns,
                                             _("no extension waits for a decision"));

    options_free(&x.words);
    return status;
}

/* ---- close ----------------------------------------------------------------------------------- */

static int close_ask(struct app *a, const struct arguments *x)
{
    json_t *one = NULL, *evidence = json_array();
    struct err e;
    bool ok =
        (x->text && x->evidence.n) ||
        err_set(&e, "usage", _("closing needs a text and evidence: --text T --evidence FILE"));

    for (size_t i = 0; ok && i < x->evidence.n; i++)
        ok = report_add_evidence(evidence, x->evidence.items[i], &e);
    if (!ok || !request(a, x, CLOSE, &one, &e)) {
        json_decref(evidence);
        return app_fail(a, &e);
    }
    set_text(one, "text", x->text);
    json_object_set_new(one, "evidence", evidence);
    return send(a, STATEMENT_CLOSURE, "requests", json_pack("[o]", one), x);
}

/* Tasks may be typed as bare numbers, requests not. */
static bool full_names(struct app *a, json_t *list, struct err *e)
{
    size_t i;
    json_t *one;
    bool ok = true;

    json_array_foreach(list, i, one)
    {
        char *task = NULL;
        ok = ok && decide_task(a, app_str(one, "task"), &task, e);
        set_text(one, "task", task);
        free(task);
    }
    return ok;
}

static int close_decide(struct app *a, const struct arguments *x)
{
    bool reopen = x->choice[REOPEN];
    struct err e;
    size_t i;
    json_t *one;

    if (!decide_one_of(x->choice, CHOICES, "--grant, --refuse, --reopen", &e) ||
        !options_count(&x->words, 1, 1000, CLOSE, &e))
        return app_fail(a, &e);
    json_t *list = decide_elements(&x->words, reopen ? "task" : "request",
                                   reopen             ? "reopen"
                                   : x->choice[GRANT] ? "grant"
                                                      : "refuse",
                                   x->reason);
    json_array_foreach(list, i, one) set_text(one, "due", x->due);
    if (reopen && !full_names(a, list, &e)) {
        json_decref(list);
        return app_fail(a, &e);
    }
    return send(a, STATEMENT_CLOSURE, "decisions", list, x);
}

int close_command(struct app *a, int argc, char **argv)
{
    static const struct decide_column columns[] = {{"request", N_("REQUEST"), false},
                                                   {"task", N_("TASK"), false},
                                                   {"unit", N_("UNIT"), false},
                                                   {"text", N_("TEXT"), true},
                                                   {NULL, NULL, false}};
    struct arguments x = {0};
    struct options_spec specs[] = {{"text", OPTIONS_TEXT, &x.text},
                                   {"evidence", OPTIONS_LIST, &x.evidence},
                                   {"reason", OPTIONS_TEXT, &x.reason},
                                   {"due", OPTIONS_TEXT, &x.due},
                                   {"grant", OPTIONS_FLAG, &x.choice[GRANT]},
                                   {"refuse", OPTIONS_FLAG, &x.choice[REFUSE]},
                                   {"reopen", OPTIONS_FLAG, &x.choice[REOPEN]},
                                   {"dry-run", OPTIONS_FLAG, &x.dry_run},
                                   {0}};
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &x.words, &e);
    int status = !ok           ? app_fail(a, &e)
                 : decides(&x) ? close_decide(a, &x)
                 : x.words.n   ? close_ask(a, &x)
                               : decide_list(a, "/v1/requests?kind=closure", columns,
                                             _("no closing waits for a decision"));

    options_free(&x.evidence);
    options_free(&x.words);
    return status;
}
