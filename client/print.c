/* SPDX-License-Identifier: BSD-2-Clause */
/* A numbered alert on paper: 提醒, 催办单 or 督办单. It says what was promised, by whom, by when,
 * and who was told before. */
#include <stdlib.h>
#include <string.h>

#include "client/bulletin.h"
#include "client/connect.h"
#include "client/options.h"
#include "client/outcome.h"
#include "client/paper.h"
#include "client/sentence.h"
#include "client/when.h"
#include "client/why.h"
#include "common/i18n.h"
#include "common/mem.h"

static const char *title_of(const json_t *j)
{
    long long level = app_int(j, "level", 0);

    return level == 0   ? _("Reminder")
           : level == 1 ? _("Notice of chasing")
                        : _("Notice of supervision");
}

/* New string: the supervising leaders, or "". */
static char *leaders_of(const json_t *j)
{
    struct buf b = {0};
    size_t i;
    const json_t *x;

    json_array_foreach(json_object_get(j, "leaders"), i, x)
    {
        buf_add_str(&b, i ? "、" : "");
        buf_add_str(&b, json_string_value(x));
    }
    return b.data ? b.data : xstrdup("");
}

static void row(struct paper *p, const char *name, const char *value)
{
    if (*value)
        paper_row(p, "%s" PAPER_CELL "%s", name, value);
}

static void facts(struct paper *p, const json_t *j)
{
    const json_t *contact = json_object_get(j, "contact"), *last = json_object_get(j, "last");
    char due[WHEN_SIZE];
    char *leaders = leaders_of(j);
    char *item = xasprintf("%s %s", paper_str(j, "task"),
                           app_str(j, "title") ? app_str(j, "title") : paper_str(j, "text"));
    char *plan = xasprintf("%s %s", paper_str(j, "plan_title"), paper_str(j, "plan_number"));
    char *person = xasprintf("%s %s", paper_str(contact, "name"), paper_str(contact, "phone"));
    char *newest =
        last ? xasprintf(_("%s, %s, entry %lld"), paper_str(last, "period"),
                         outcome_word(paper_str(last, "status")), app_int(last, "entry", 0))
             : xstrdup(_("none"));
    char *title = xasprintf("%s" PAPER_CELL "%s", _("ITEM"), item);

    when_text(app_str(j, "due"), due);
    paper_table(p, title);
    row(p, _("plan"), plan);
    row(p, _("requirement"), paper_str(j, "text"));
    row(p, _("unit"), paper_str(j, "unit_name"));
    row(p, _("person"), person);
    row(p, _("supervising leaders"), leaders);
    row(p, _("what is owed"),
        sentence_period(j)     ? sentence_period(j)
        : app_str(j, "period") ? outcome_word(paper_str(j, "kind"))
                               : _("completion"));
    row(p, _("due"), due);
    row(p, _("deadline of the task"), paper_str(j, "deadline"));
    row(p, _("newest report"), newest);
    row(p, _("reason"), paper_str(j, "why"));
    free(leaders);
    free(item);
    free(plan);
    free(person);
    free(newest);
    free(title);
}

static void told(struct paper *p, const json_t *j)
{
    const json_t *list = json_object_get(j, "told"), *x;
    char at[WHEN_SIZE];
    size_t i;

    if (json_array_size(list) == 0)
        return;
    paper_heading(p, _("Told before"));
    json_array_foreach((json_t *)list, i, x)
    {
        when_text(app_str(x, "raised"), at);
        paper_item(p, "%s · %s · %s", paper_str(x, "number"), paper_str(x, "post_name"), at);
    }
}

static struct paper *write_alert(const json_t *j)
{
    struct paper *p = paper_new(title_of(j));
    char raised[WHEN_SIZE];

    when_text(app_str(j, "raised"), raised);
    paper_line(p, "%s", paper_str(j, "number"));
    paper_text(p, _("To: %s%s%s"), paper_str(j, "post_name"), app_str(j, "holder") ? " · " : "",
               paper_str(j, "holder"));
    facts(p, j);
    told(p, j);
    if (json_is_false(json_object_get(j, "open")))
        paper_text(p, _("This case is closed: %s."), outcome_word(paper_str(j, "reason")));
    paper_text(p,
               _("Entry %lld of the log. Answer: report the task, or duban ack %lld --comment …"),
               app_int(j, "entry", 0), app_int(j, "alert", 0));
    paper_foot(p, "%s", paper_str(j, "issuer"));
    paper_foot(p, "%s", raised);
    return p;
}

int print_command(struct app *a, int argc, char **argv)
{
    const char *html = NULL;
    struct options_spec specs[] = {{"html", OPTIONS_TEXT, &html}, {0}};
    struct options_list args;
    json_t *j = NULL;
    char *path = NULL;
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &args, &e) &&
              options_count(&args, 1, 1, "print ALERT [--html FILE]", &e) &&
              why_alert_path(args.items[0], "", &path, &e) && app_connect(a, false, &e) &&
              (connect_json(a->connect, path, &j, &e) || why_no_alert(a, args.items[0], &e));

    options_free(&args);
    if (ok) {
        struct paper *p = write_alert(j);
        ok = paper_give_out(a, p, j, html, &e);
        paper_free(&p);
    }
    json_decref(j);
    free(path);
    return ok ? APP_DONE : app_fail(a, &e);
}
