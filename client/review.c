/* SPDX-License-Identifier: BSD-2-Clause */
/* duban review: what waits for a review, and accepting or returning it, one by one or a whole list.
 * duban countersign: a unit's head makes a waiting report count. */
#include "client/review.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/connect.h"
#include "client/decide.h"
#include "client/options.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/statement.h"

#define FILE_MAX ((size_t)16 * 1024 * 1024)
#define SYNOPSIS                                                                                   \
    "review [--plan H] [--period P] [--unit U] | review --accept|--return [--reason T] [--due "    \
    "DATE] REPORT…|--period P --unit U | review --file F"

struct arguments {
    bool choice[2]; /* accept, return */
    bool dry_run;
    const char *reason, *due, *plan, *period, *unit, *file;
    struct options_list reports;
};

static const struct decide_column columns[] = {{"report", N_("REPORT"), false},
                                               {"task", N_("TASK"), false},
                                               {"period", N_("PERIOD"), false},
                                               {"unit", N_("UNIT"), false},
                                               {"verdict", N_("OUTCOME"), false},
                                               {"status", N_("STATUS"), false},
                                               {"progress", N_("%"), false},
                                               {"returned", N_("RETURNED"), false},
                                               {"received", N_("RECEIVED"), false},
                                               {"text", N_("TEXT"), true},
                                               {NULL, NULL, false}};

static char *list_path(const struct arguments *x)
{
    char *path = xstrdup("/v1/reviews");

    decide_filter(&path, "plan", x->plan);
    decide_filter(&path, "unit", x->unit);
    decide_filter(&path, "period", x->period);
    return path;
}

/* Everything that the filters give, after a look at how much it is. */
static bool collect(struct app *a, const struct arguments *x, json_t **reviews, struct err *e)
{
    char *path = list_path(x);
    json_t *items = NULL;
    size_t i;
    const json_t *item;
    bool ok = app_connect(a, true, e) && connect_list(a->connect, path, &items, e);

    *reviews = json_array();
    json_array_foreach(items, i, item)
    {
        const char *report = app_str(item, "report");
        const struct options_list one = {&report, 1};
        json_t *element =
            decide_elements(&one, "report", x->choice[0] ? "accept" : "return", x->reason);
        json_array_extend(*reviews, element);
        json_decref(element);
    }
    if (ok && json_array_size(*reviews) == 0)
        ok = err_set(e, "usage", _("no report waits for a review there"));
    if (ok && !x->dry_run) {
        char *question =
            xasprintf(x->choice[0] ? _("Accept %zu reports?") : _("Return %zu reports?"),
                      json_array_size(*reviews));
        ok = app_confirm(a, question, e);
        free(question);
    }
    json_decref(items);
    free(path);
    return ok;
}

/* Each line one element of "reviews". */
static bool read_file(const char *name, json_t **reviews, struct err *e)
{
    struct buf text = {.limit = FILE_MAX};
    bool ok = file_read(name, FILE_MAX, &text, e);
    const char *p = text.data ? text.data : "";

    *reviews = json_array();
    for (size_t line = 1; ok && *p; line++) {
        size_t n = strcspn(p, "\n");
        json_t *one = NULL;
        struct err why;
        if (strspn(p, " \t\r") < n && !json_read(p, n, 3, &one, &why))
            ok = err_set(e, "file", _("%s, line %zu: %s"), name, line, why.text);
        if (one)
            json_array_append_new(*reviews, one);
        p += n + (p[n] == '\n');
    }
    buf_free(&text);
    return ok;
}

static bool check_combination(const struct arguments *x, struct err *e)
{
    bool decides = x->choice[0] || x->choice[1];

    if (x->file)
        return (!decides && !x->reports.n && !x->due && !x->reason) ||
               err_set(e, "usage", _("--file holds reports, decisions and reasons itself"));
    if (x->choice[0] && x->choice[1])
        return decide_one_of(x->choice, 2, "--accept, --return", e);
    if (!decides && (x->reports.n || x->reason || x->due))
        return err_set(e, "usage", _("say --accept or --return; call: duban %s"), SYNOPSIS);
    if (x->choice[1] && !x->reason)
        return err_set(e, "usage", _("a returned report needs a reason: --reason T"));
    if (decides && !x->reports.n && !x->period && !x->unit)
        return err_set(e, "usage",
                       _("name reports (duban review lists them), or --period and --unit"));
    return true;
}

static int decide(struct app *a, const struct arguments *x)
{
    json_t *reviews = NULL;
    struct err e;
    size_t i;
    json_t *one;
    bool ok = true;

    if (x->file)
        ok = read_file(x->file, &reviews, &e);
    else if (x->reports.n)
        reviews =
            decide_elements(&x->reports, "report", x->choice[0] ? "accept" : "return", x->reason);
    else
        ok = collect(a, x, &reviews, &e);
    json_array_foreach(reviews, i, one)
    {
        if (x->due)
            json_object_set_new(one, "due", json_string(x->due));
    }
    if (ok)
        return decide_send(a, STATEMENT_REVIEW, json_pack("{s:o}", "reviews", reviews), x->dry_run);
    json_decref(reviews);
    return app_fail(a, &e);
}

static int list(struct app *a, const struct arguments *x)
{
    char *path = list_path(x);
    int status = decide_list(a, path, columns, _("no report waits for a review"));

    free(path);
    return status;
}

int review_command(struct app *a, int argc, char **argv)
{
    struct arguments x = {0};
    struct options_spec specs[] = {{"accept", OPTIONS_FLAG, &x.choice[0]},
                                   {"return", OPTIONS_FLAG, &x.choice[1]},
                                   {"reason", OPTIONS_TEXT, &x.reason},
                                   {"due", OPTIONS_TEXT, &x.due},
                                   {"plan", OPTIONS_TEXT, &x.plan},
                                   {"period", OPTIONS_TEXT, &x.period},
                                   {"unit", OPTIONS_TEXT, &x.unit},
                                   {"file", OPTIONS_TEXT, &x.file},
                                   {"dry-run", OPTIONS_FLAG, &x.dry_run},
                                   {"yes", OPTIONS_FLAG, &a->yes},
                                   {0}};
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &x.reports, &e) && check_combination(&x, &e);
    int status = !ok                                    ? app_fail(a, &e)
                 : x.choice[0] || x.choice[1] || x.file ? decide(a, &x)
                                                        : list(a, &x);

    options_free(&x.reports);
    return status;
}

int countersign_command(struct app *a, int argc, char **argv)
{
    bool dry_run = false;
    struct options_spec specs[] = {{"dry-run", OPTIONS_FLAG, &dry_run}, {0}};
    struct options_list args;
    json_t *reports = json_array();
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &args, &e) &&
              options_count(&args, 1, 1000, "countersign REPORT… [--dry-run]", &e);

    for (size_t i = 0; ok && i < args.n; i++)
        json_array_append_new(reports, json_string(args.items[i]));
    options_free(&args);
    if (ok)
        return decide_send(a, STATEMENT_COUNTERSIGN, json_pack("{s:o}", "reports", reports),
                           dry_run);
    json_decref(reports);
    return app_fail(a, &e);
}
