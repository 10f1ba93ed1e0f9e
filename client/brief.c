/* SPDX-License-Identifier: BSD-2-Clause */
/* Two pages for a supervisor: exceptions first, then trend, risk, next step, and what is wanted of
 * the reader. Lists are cut to what two pages hold, and say how much was left out. */
#include <stdlib.h>
#include <string.h>

#include "client/bulletin.h"
#include "client/connect.h"
#include "client/options.h"
#include "client/outcome.h"
#include "client/paper.h"
#include "client/when.h"
#include "common/i18n.h"
#include "common/mem.h"

#define EXCEPTIONS_MOST 12
#define LIST_MOST 6
#define TITLE_COLUMNS 60

static bool chinese(void)
{
    return strcmp(i18n_lang(), "zh_CN") == 0;
}

/* Titles are whole paragraphs in many plans: here the first characters do. New string. */
static char *short_title(const json_t *x)
{
    const char *s = paper_str(x, "title");
    size_t n = 0, chars = 0;

    while (s[n] && chars < TITLE_COLUMNS) {
        n++;
        while (((unsigned char)s[n] & 0xC0) == 0x80)
            n++;
        chars++;
    }
    return xasprintf("%.*s%s", (int)n, s, s[n] ? "…" : "");
}

static void left_out(struct paper *p, const json_t *list, size_t most)
{
    if (json_array_size(list) > most)
        paper_text(p, _("… and %zu more: duban ledger"), json_array_size(list) - most);
}

static void head(struct paper *p, const json_t *j, const char *as_of)
{
    const json_t *t = json_object_get(j, "total"), *list = json_object_get(j, "lights"), *x;
    char at[WHEN_SIZE];
    size_t i;

    when_text(app_str(j, "at"), at);
    paper_line(p, "%s%s%s", paper_str(j, "post_name"), app_str(j, "holder") ? " · " : "",
               paper_str(j, "holder"));
    paper_line(p, _("As of entry %s, %s"), as_of, at);
    paper_text(p,
               _("%lld tasks: %lld reported, %lld done, %lld at risk, %lld blocked, %lld with "
                 "something overdue, %lld closed."),
               app_int(t, "tasks", 0), app_int(t, "reported", 0), app_int(t, "done", 0),
               app_int(t, "at_risk", 0), app_int(t, "blocked", 0), app_int(t, "overdue", 0),
               app_int(t, "closed", 0));
    json_array_foreach((json_t *)list, i, x)
        paper_item(p, "%s %lld", outcome_word(paper_str(x, "light")), app_int(x, "tasks", 0));
}

static void exceptions(struct paper *p, const json_t *j)
{
    const json_t *list = json_object_get(j, "exceptions");

    paper_heading(p, _("1. Exceptions"));
    if (json_array_size(list) == 0) {
        paper_text(p, "%s", _("Nothing is overdue and nothing is red."));
        return;
    }
    char *titles = xasprintf("%s" PAPER_CELL "%s" PAPER_CELL "%s" PAPER_CELL "%s" PAPER_CELL "%s",
                             _("TASK"), _("UNIT"), _("OVERDUE SINCE"), _("LEVEL"), _("WHY"));
    paper_table(p, titles);
    free(titles);
    for (size_t i = 0; i < json_array_size(list) && i < EXCEPTIONS_MOST; i++) {
        const json_t *x = json_array_get(list, i);
        char *title = short_title(x);
        char due[WHEN_SIZE] = "";
        const char *why = paper_str(x, chinese() ? "why" : "why_en");

        if (app_str(x, "due"))
            when_text(app_str(x, "due"), due);
        paper_row(
            p, "%s %s" PAPER_CELL "%s" PAPER_CELL "%s" PAPER_CELL "%lld" PAPER_CELL "%s%s%s",
            paper_str(x, "task"), title, paper_str(x, "unit_name"), due, app_int(x, "level", 0),
            app_str(x, "light") ? outcome_word(app_str(x, "light")) : "", *why ? ": " : "", why);
        free(title);
    }
    left_out(p, list, EXCEPTIONS_MOST);
}

static void quiet(struct paper *p, const json_t *j)
{
    const json_t *list = json_object_get(j, "quiet");

    for (size_t i = 0; i < json_array_size(list) && i < LIST_MOST; i++) {
        const json_t *x = json_array_get(list, i);
        char *title = short_title(x);
        paper_item(p, _("quiet: %s %s (%s): no word for %lld days"), paper_str(x, "task"), title,
                   paper_str(x, "unit_name"), app_int(x, "days_silent", 0));
        free(title);
    }
    left_out(p, list, LIST_MOST);
}

static void trend(struct paper *p, const json_t *j)
{
    const json_t *list = json_object_get(j, "trend"), *x;
    char on_time[64];
    size_t i;

    paper_heading(p, _("2. Trend"));
    char *titles = xasprintf("%s" PAPER_CELL "%s" PAPER_CELL "%s" PAPER_CELL "%s" PAPER_CELL
                             "%s" PAPER_CELL "%s",
                             _("PERIOD"), _("ON TIME"), _("LATE"), _("MISSING"), _("OPEN"),
                             _("MEAN PROGRESS (OF HOW MANY)"));
    paper_table(p, titles);
    free(titles);
    json_array_foreach((json_t *)list, i, x)
    {
        paper_share(app_int(x, "on_time", 0), app_int(x, "expected", 0), on_time);
        paper_row(p,
                  "%s" PAPER_CELL "%s" PAPER_CELL "%lld" PAPER_CELL "%lld" PAPER_CELL
                  "%lld" PAPER_CELL "%s (%lld)",
                  paper_str(x, "period"), on_time, app_int(x, "late", 0), app_int(x, "missing", 0),
                  app_int(x, "open", 0), app_str(x, "progress") ? app_str(x, "progress") : "-",
                  app_int(x, "of", 0));
    }
}

static void risks(struct paper *p, const json_t *j)
{
    const json_t *list = json_object_get(j, "risks");

    paper_heading(p, _("3. Risk"));
    if (json_array_size(list) == 0)
        paper_text(p, "%s", _("No unit reports a risk."));
    for (size_t i = 0; i < json_array_size(list) && i < LIST_MOST; i++) {
        const json_t *x = json_array_get(list, i);
        char *title = short_title(x);
        paper_item(p, _("%s %s (%s, %s): %s (entry %lld)"), paper_str(x, "task"), title,
                   paper_str(x, "unit_name"), outcome_word(paper_str(x, "status")),
                   paper_str(x, "risk"), app_int(x, "entry", 0));
        free(title);
    }
    left_out(p, list, LIST_MOST);
}

static void next_steps(struct paper *p, const json_t *j)
{
    const json_t *list = json_object_get(j, "next"), *deadlines = json_object_get(j, "deadlines");

    paper_heading(p, _("4. Next step"));
    if (json_array_size(list) + json_array_size(deadlines) == 0)
        paper_text(p, "%s", _("No unit names a next step, and no deadline falls within 30 days."));
    for (size_t i = 0; i < json_array_size(list) && i < LIST_MOST; i++) {
        const json_t *x = json_array_get(list, i);
        paper_item(p, _("%s (%s): %s%s%s (entry %lld)"), paper_str(x, "task"),
                   paper_str(x, "unit_name"), paper_str(x, "next"),
                   app_str(x, "next_by") ? _(", by ") : "", paper_str(x, "next_by"),
                   app_int(x, "entry", 0));
    }
    left_out(p, list, LIST_MOST);
    for (size_t i = 0; i < json_array_size(deadlines) && i < LIST_MOST; i++) {
        const json_t *x = json_array_get(deadlines, i);
        char *title = short_title(x);
        paper_item(p, _("deadline %s, in %lld days: %s %s (%s)"), paper_str(x, "deadline"),
                   app_int(x, "days", 0), paper_str(x, "task"), title, paper_str(x, "unit_name"));
        free(title);
    }
    left_out(p, deadlines, LIST_MOST);
}

static void decisions(struct paper *p, const json_t *j)
{
    const json_t *list = json_object_get(j, "decisions");

    paper_heading(p, _("5. Decision wanted"));
    if (json_array_size(list) == 0)
        paper_text(p, "%s", _("None."));
    for (size_t i = 0; i < json_array_size(list) && i < LIST_MOST; i++) {
        const json_t *x = json_array_get(list, i);
        if (strcmp(paper_str(x, "wanted"), "acknowledge") == 0)
            paper_item(p, _("acknowledge %s (level %lld): %s duban ack %lld"),
                       paper_str(x, "number"), app_int(x, "level", 0), paper_str(x, "why"),
                       app_int(x, "alert", 0));
        else
            paper_item(p, _("%s: %s (%s): %s (entry %lld)"), outcome_word(paper_str(x, "wanted")),
                       paper_str(x, "task"), paper_str(x, "unit_name"), paper_str(x, "why"),
                       app_int(x, "entry", 0));
    }
    left_out(p, list, LIST_MOST);
}

static struct paper *write_brief(const json_t *j, const char *as_of)
{
    struct paper *p = paper_new(_("Brief for the supervising post"));

    head(p, j, as_of);
    exceptions(p, j);
    quiet(p, j);
    trend(p, j);
    risks(p, j);
    next_steps(p, j);
    decisions(p, j);
    return p;
}

static char *path_of(const char *post, const char *plan)
{
    char *o = connect_escape(post), *h = connect_escape(plan ? plan : "");
    char *path = xasprintf("/v1/brief/%s?plan=%s", o, h);

    free(o);
    free(h);
    return path;
}

static bool not_found(struct app *a, const char *post, const char *plan, struct err *e)
{
    if (plan != NULL)
        return app_not_found(a, e,
                             _("there is no post of the code %s, or no plan %s; “duban ledger "
                               "--columns task,leaders” and “duban plan show” list them"),
                             post, plan);
    return app_not_found(a, e,
                         _("there is no post of the code %s; “duban ledger --columns "
                           "task,leaders” names the leaders"),
                         post);
}

int brief_command(struct app *a, int argc, char **argv)
{
    const char *plan = NULL, *as_of = NULL, *html = NULL;
    struct options_spec specs[] = {{"plan", OPTIONS_TEXT, &plan},
                                   {"as-of", OPTIONS_TEXT, &as_of},
                                   {"html", OPTIONS_TEXT, &html},
                                   {0}};
    struct options_list args;
    json_t *j = NULL;
    char *used = NULL, *path = NULL;
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &args, &e) &&
              options_count(&args, 1, 1, "brief POST [--plan H] [--as-of N] [--html FILE]", &e);

    if (ok)
        path = path_of(args.items[0], plan);
    ok = ok && app_connect(a, false, &e) &&
         (paper_fetch(a, path, as_of, &j, &used, &e) || not_found(a, args.items[0], plan, &e));
    options_free(&args);
    if (ok) {
        struct paper *p = write_brief(j, used);
        ok = paper_give_out(a, p, j, html, &e);
        paper_free(&p);
    }
    json_decref(j);
    free(used);
    free(path);
    return ok ? APP_DONE : app_fail(a, &e);
}
