/* SPDX-License-Identifier: BSD-2-Clause */
/* The circular: figures with their denominators, praise and criticism as drafts, each line with its
 * entry and what the unit said. As of one entry it is the same text for ever. */
#include "client/bulletin.h"

#include <stdlib.h>
#include <string.h>

#include "client/connect.h"
#include "client/options.h"
#include "client/outcome.h"
#include "client/paper.h"
#include "client/when.h"
#include "common/i18n.h"
#include "common/mem.h"

static void head(struct paper *p, const json_t *j, const char *as_of)
{
    char at[WHEN_SIZE], due[WHEN_SIZE];

    when_text(app_str(j, "at"), at);
    when_text(app_str(j, "due"), due);
    paper_line(p, "%s%s%s", paper_str(j, "title"), app_str(j, "number") ? " · " : "",
               paper_str(j, "number"));
    paper_line(p, _("Period %s (%s to %s), due %s"), paper_str(j, "period"), paper_str(j, "from"),
               paper_str(j, "to"), due);
    paper_line(p, _("As of entry %s, %s"), as_of, at);
}

static void figures(struct paper *p, const json_t *j)
{
    const json_t *t = json_object_get(j, "total");
    char on_time[64], late[64], missing[64];
    long long decided = app_int(t, "decided", 0);

    paper_heading(p, _("Figures"));
    paper_share(app_int(t, "on_time", 0), decided, on_time);
    paper_share(app_int(t, "late", 0), decided, late);
    paper_share(app_int(t, "missing", 0), decided, missing);
    paper_text(p, _("%lld units owed %lld reports; %lld are decided, %lld are still open."),
               app_int(t, "units", 0), app_int(t, "expected", 0), decided, app_int(t, "open", 0));
    paper_text(p, _("On time %s, late %s, missing %s. Entered by the office for a unit: %lld."),
               on_time, late, missing, app_int(t, "by_office", 0));
    paper_text(p, _("Asked of the units in this period, everything together: %lld."),
               app_int(t, "asked", 0));
    paper_text(p,
               _("Not counted: %lld tasks without a single lead. Not verifiable (no number, no "
                 "date): %lld tasks."),
               app_int(j, "unassigned", 0), app_int(j, "unverifiable", 0));
}

static void units(struct paper *p, const json_t *j)
{
    size_t i;
    const json_t *u;
    char on_time[64];
    char *titles = xasprintf("%s" PAPER_CELL "%s" PAPER_CELL "%s" PAPER_CELL "%s" PAPER_CELL
                             "%s" PAPER_CELL "%s" PAPER_CELL "%s" PAPER_CELL "%s",
                             _("UNIT"), _("OWED"), _("ON TIME"), _("LATE"), _("MISSING"), _("OPEN"),
                             _("BY OFFICE"), _("ASKED"));

    paper_heading(p, _("By unit (in order of their codes: this is no ranking)"));
    paper_table(p, titles);
    free(titles);
    json_array_foreach(json_object_get(j, "units"), i, u)
    {
        paper_share(app_int(u, "on_time", 0), app_int(u, "decided", 0), on_time);
        paper_row(p,
                  "%s" PAPER_CELL "%lld" PAPER_CELL "%s" PAPER_CELL "%lld" PAPER_CELL
                  "%lld" PAPER_CELL "%lld" PAPER_CELL "%lld" PAPER_CELL "%lld",
                  paper_str(u, "unit_name"), app_int(u, "expected", 0), on_time,
                  app_int(u, "late", 0), app_int(u, "missing", 0), app_int(u, "open", 0),
                  app_int(u, "by_office", 0), app_int(u, "asked", 0));
    }
}

static void lights(struct paper *p, const json_t *j)
{
    const json_t *list = json_object_get(j, "lights");
    size_t i;
    const json_t *l;
    char share[64];

    if (json_array_size(list) == 0)
        return;
    paper_heading(p, _("Lights"));
    json_array_foreach((json_t *)list, i, l)
    {
        paper_share(app_int(l, "tasks", 0), app_int(l, "of", 0), share);
        paper_item(p, "%s: %s %s", paper_str(l, "rule"), outcome_word(paper_str(l, "light")),
                   share);
    }
}

static void praise(struct paper *p, const json_t *j)
{
    size_t i;
    const json_t *x;
    const json_t *list = json_object_get(j, "praise");

    paper_heading(p, _("Praise (draft)"));
    if (json_array_size(list) == 0)
        paper_text(p, "%s", _("Nothing was found."));
    json_array_foreach((json_t *)list, i, x)
    {
        if (strcmp(paper_str(x, "why"), "completed") == 0)
            paper_item(p, _("%s: completed %s in time: %s (entry %lld)"), paper_str(x, "unit_name"),
                       paper_str(x, "task"), paper_str(x, "title"), app_int(x, "entry", 0));
        else
            paper_item(p, _("%s: all %lld of %lld reports on time, nothing overdue (entry %lld)"),
                       paper_str(x, "unit_name"), app_int(x, "on_time", 0), app_int(x, "of", 0),
                       app_int(x, "entry", 0));
    }
}

/* "not answered yet", or the unit's newest word with its entry. New string. */
static char *answer_of(const json_t *x)
{
    if (app_str(x, "answer"))
        return xasprintf(_("%s (entry %lld)"), app_str(x, "answer"), app_int(x, "answer_entry", 0));
    if (app_int(x, "made_up", -1) >= 0)
        return xasprintf(_("reported later (entry %lld)"), app_int(x, "made_up", 0));
    return xstrdup(_("no answer yet"));
}

static void criticism(struct paper *p, const json_t *j)
{
    const json_t *list = json_object_get(j, "criticism");
    size_t i;
    const json_t *x;

    paper_heading(p, _("Criticism (draft; each line with its entry and the unit's answer)"));
    if (json_array_size(list) == 0) {
        paper_text(p, "%s", _("Nothing was found."));
        return;
    }
    char *titles = xasprintf("%s" PAPER_CELL "%s" PAPER_CELL "%s" PAPER_CELL "%s" PAPER_CELL "%s",
                             _("UNIT"), _("TASK"), _("FINDING"), _("ENTRY"), _("ANSWER"));
    paper_table(p, titles);
    free(titles);
    json_array_foreach((json_t *)list, i, x)
    {
        bool completion = strcmp(paper_str(x, "kind"), "completion") == 0;
        char *answer = answer_of(x);
        paper_row(p, "%s" PAPER_CELL "%s %s" PAPER_CELL "%s%s%s" PAPER_CELL "%lld" PAPER_CELL "%s",
                  paper_str(x, "unit_name"), paper_str(x, "task"), paper_str(x, "title"),
                  outcome_word(paper_str(x, "finding")), completion ? " · " : "",
                  completion ? _("completion") : "", app_int(x, "entry", 0), answer);
        free(answer);
    }
}

static void quiet(struct paper *p, const json_t *j)
{
    const json_t *list = json_object_get(j, "quiet");
    size_t i;
    const json_t *x;

    if (json_array_size(list) == 0)
        return;
    paper_heading(p, _("Gone quiet"));
    json_array_foreach((json_t *)list, i, x)
        paper_item(p, _("%s %s (%s): no word for %lld days, %lld periods missed"),
                   paper_str(x, "task"), paper_str(x, "title"), paper_str(x, "unit_name"),
                   app_int(x, "days_silent", 0), app_int(x, "missed", 0));
}

static void returned(struct paper *p, const json_t *j)
{
    const json_t *list = json_object_get(j, "returned"), *x;
    size_t i;

    if (json_array_size(list) == 0)
        return;
    paper_heading(p, _("Returned"));
    json_array_foreach((json_t *)list, i, x)
        paper_item(p, _("%s: %s %s, returned for the %lldth time: %s; %s (entry %lld)"),
                   paper_str(x, "unit_name"), paper_str(x, "task"), paper_str(x, "title"),
                   app_int(x, "round", 1), paper_str(x, "reason"),
                   outcome_word(paper_str(x, "state")), app_int(x, "entry", 0));
}

static void extended(struct paper *p, const json_t *j)
{
    const json_t *list = json_object_get(j, "extended"), *x;
    size_t i;

    if (json_array_size(list) == 0)
        return;
    paper_heading(p, _("Extended more than once"));
    json_array_foreach((json_t *)list, i, x)
        paper_item(p, _("%s: %s %s, %lld times, from %s to %s: %s (entry %lld)"),
                   paper_str(x, "unit_name"), paper_str(x, "task"), paper_str(x, "title"),
                   app_int(x, "granted", 0), paper_str(x, "first_deadline"),
                   paper_str(x, "deadline"), paper_str(x, "reason"), app_int(x, "entry", 0));
}

static struct paper *write_bulletin(const json_t *j, const char *as_of)
{
    char *title = xasprintf(_("Circular on the reports of %s"), paper_str(j, "period"));
    struct paper *p = paper_new(title);

    free(title);
    head(p, j, as_of);
    figures(p, j);
    units(p, j);
    lights(p, j);
    praise(p, j);
    criticism(p, j);
    quiet(p, j);
    returned(p, j);
    extended(p, j);
    paper_foot(p, "%s", paper_str(j, "issuer"));
    paper_text(p, _("The same text again: duban bulletin --plan %s --period %s --as-of %s"),
               paper_str(j, "plan"), paper_str(j, "period"), as_of);
    return p;
}

static char *path_of(const char *plan, const char *period)
{
    char *h = connect_escape(plan ? plan : ""), *q = connect_escape(period ? period : "");
    char *path = xasprintf("/v1/bulletin?plan=%s&period=%s", h, q);

    free(h);
    free(q);
    return path;
}

static bool none(const struct app *a, const char *plan, const char *period, struct err *e)
{
    if (!period && !plan)
        return app_not_found(a, e,
                             _("no period is past its cut-off yet; name one by --period (“duban "
                               "due” shows periods)"));
    return app_not_found(
        a, e,
        _("there is no circular for %s%s%s: no such plan, no report owed there, or "
          "not yours to see; “duban plan show” lists plans, “duban due” periods"),
        plan ? plan : "", plan && period ? " " : "", period ? period : "");
}

int bulletin_command(struct app *a, int argc, char **argv)
{
    const char *plan = NULL, *period = NULL, *as_of = NULL, *html = NULL;
    struct options_spec specs[] = {{"plan", OPTIONS_TEXT, &plan},
                                   {"period", OPTIONS_TEXT, &period},
                                   {"as-of", OPTIONS_TEXT, &as_of},
                                   {"html", OPTIONS_TEXT, &html},
                                   {0}};
    struct options_list args;
    json_t *j = NULL;
    char *used = NULL;
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &args, &e) &&
              options_count(&args, 0, 0,
                            "bulletin [--plan H] [--period P] [--as-of N] [--html FILE]", &e);
    char *path = path_of(plan, period);

    options_free(&args);
    ok = ok && app_connect(a, false, &e) &&
         (paper_fetch(a, path, as_of, &j, &used, &e) || none(a, plan, period, &e));
    if (ok) {
        struct paper *p = write_bulletin(j, used);
        ok = paper_give_out(a, p, j, html, &e);
        paper_free(&p);
    }
    json_decref(j);
    free(used);
    free(path);
    return ok ? APP_DONE : app_fail(a, &e);
}
