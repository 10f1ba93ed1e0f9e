/* SPDX-License-Identifier: BSD-2-Clause */
/* What the server computed, line by line; nothing is computed again here. */
#include "client/why.h"

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
#include "common/mem.h"

#define WHY_SYNOPSIS "why ALERT · why --not TASK [--period P]"

static const char *text_at(const json_t *o, const char *member)
{
    const char *s = app_str(o, member);

    return s ? s : "-";
}

static void say(const char *label, const char *text)
{
    char *clean = term_clean_lines(text);

    printf("  %s: %s\n", label, clean);
    free(clean);
}

static void say_when(const char *label, const json_t *o, const char *member)
{
    char when[WHEN_SIZE];

    when_text(app_str(o, member), when);
    if (app_str(o, member))
        say(label, when);
}

/* "a, b" of an array of strings, new string. */
static char *joined(const json_t *list)
{
    struct buf b = {0};
    size_t i;
    const json_t *v;

    json_array_foreach((json_t *)list, i, v)
        buf_addf(&b, "%s%s", i ? ", " : "", json_string_value(v) ? json_string_value(v) : "?");
    return b.data ? b.data : xstrdup("-");
}

static void say_list(const char *label, const json_t *o, const char *member)
{
    const json_t *list = json_object_get(o, member);
    char *text = joined(list);

    if (json_array_size(list))
        say(label, text);
    free(text);
}

/* Days as they were counted: 2022-04-06 1, 2022-04-09 –. */
static void say_days(const json_t *days)
{
    struct buf b = {0};
    size_t i;
    const json_t *d;

    json_array_foreach((json_t *)days, i, d)
    {
        buf_addf(&b, "%s%s ", i ? ", " : "", text_at(d, "day"));
        if (json_object_get(d, "n"))
            buf_addf(&b, "%lld", (long long)json_integer_value(json_object_get(d, "n")));
        else
            buf_add_str(&b, _("off"));
    }
    if (b.data)
        say(_("days counted"), b.data);
    buf_free(&b);
}

static const char *moved_by(const char *by)
{
    static const struct {
        const char *by, *text;
    } words[] = {
        {"hold", N_("an acknowledgement held it")},
        {"silence", N_("a silence lay over it")},
        {"blind", N_("the service was away, and the outboxes got time to empty")},
        {"repeat", N_("it is a repeated notice")},
        {"unacknowledged", N_("nobody acknowledged the level below")},
        {NULL, NULL},
    };

    for (size_t i = 0; words[i].by; i++)
        if (strcmp(words[i].by, by) == 0)
            return _(words[i].text);
    return by;
}

static void say_moved(const json_t *moved)
{
    size_t i;
    const json_t *m;

    json_array_foreach((json_t *)moved, i, m)
    {
        char until[WHEN_SIZE];

        when_text(app_str(m, "until"), until);
        printf(app_str(m, "until") ? _("  not at its printed instant: %s until %s\n")
                                   : _("  not at its printed instant: %s\n"),
               moved_by(text_at(m, "by")), until);
    }
}

static void say_ladder(const json_t *l)
{
    if (!l)
        return;
    printf(_("  ladder %s, step %lld: %s, by calendar %s\n"), text_at(l, "version"),
           (long long)json_integer_value(json_object_get(l, "step")), text_at(l, "delay"),
           text_at(l, "calendar"));
    say_when(_("counted from"), l, "from");
    say_days(json_object_get(l, "days"));
    say_when(_("printed instant"), l, "planned");
}

static void say_acknowledged(const json_t *list)
{
    size_t i;
    const json_t *k;

    json_array_foreach((json_t *)list, i, k)
    {
        const json_t *told = json_object_get(k, "told");

        if (told)
            printf(_("  told by %s to %s at %s: %s\n"), text_at(told, "by"), text_at(told, "to"),
                   text_at(told, "at"), text_at(told, "how"));
        else if (app_str(k, "delegate"))
            printf(_("  acknowledged by the delegate %s for %s\n"), app_str(k, "delegate"),
                   text_at(k, "post"));
        else
            printf(_("  acknowledged by %s\n"), text_at(k, "post"));
        say_when(_("held until"), k, "held_until");
    }
}

static void show_alert(const json_t *j)
{
    const json_t *f = json_object_get(j, "facts"), *c = json_object_get(j, "case");

    printf("%s %s → %s\n", text_at(j, "number"), outcome_word(text_at(j, "kind")),
           text_at(j, "post"));
    say(_("why"), text_at(j, "why"));
    if (json_is_true(json_object_get(j, "rehearsal")))
        printf("%s\n", _("  a rehearsal: delivered to nobody"));
    say(_("task"), text_at(f, "task"));
    if (app_str(f, "period") && strncmp(app_str(f, "period"), "warning!", 8) != 0)
        say(_("period"), app_str(f, "period"));
    say_when(_("due"), f, "due");
    say_when(_("first late instant"), f, "cutoff");
    if (app_str(f, "rule"))
        printf(_("  rule %s, calendar %s\n"), app_str(f, "rule"), text_at(f, "calendar"));
    say_ladder(json_object_get(j, "ladder"));
    say_moved(json_object_get(j, "moved"));
    say_when(_("fell"), j, "at");
    say_when(_("raised"), j, "raised");
    say_when(_("mail and hooks wait until"), j, "deliver_at");
    say_list(_("vacant (level, post)"), j, "vacant");
    say_acknowledged(json_object_get(j, "acknowledged"));
    if (app_str(c, "reason"))
        say(_("the case is closed"), outcome_word(app_str(c, "reason")));
    say_when(_("the next step"), c, "next");
}

static const char *reason_text(const char *reason)
{
    static const struct {
        const char *reason, *text;
    } words[] = {
        {"settled", N_("reported")},
        {"released", N_("the task was struck off; this is owed no more")},
        {"not-open", N_("the period is not open yet")},
        {"no-ladder", N_("no ladder is registered for it")},
        {"not-chased", N_("its ladder does not chase this kind")},
        {"blind", N_("the service was away; the outboxes get time to empty")},
        {"held", N_("an acknowledgement holds it")},
        {"silenced", N_("a silence lies over it")},
        {"before-cutoff", N_("it is not late yet")},
        {"top", N_("it has reached the end of its ladder")},
        {"climbing", N_("it climbs; the next step has not come")},
        {"withdrawn", N_("the task was withdrawn from its plan")},
        {"nobody-owes", N_("no single unit leads the task: nobody owes reports")},
        {"not-owed", N_("nobody owes this period")},
        {"nothing-open", N_("nothing is open")},
        {NULL, NULL},
    };

    for (size_t i = 0; words[i].reason; i++)
        if (strcmp(words[i].reason, reason) == 0)
            return _(words[i].text);
    return reason;
}

static void show_not(const json_t *j)
{
    printf("%s %s %s: %s\n", text_at(j, "task"), text_at(j, "period"), text_at(j, "unit"),
           reason_text(text_at(j, "reason")));
    say_when(_("due"), j, "due");
    if (app_str(j, "verdict"))
        say(_("verdict"), outcome_word(app_str(j, "verdict")));
    say_when(_("received"), j, "received");
    say_when(_("until"), j, "until");
    if (app_str(j, "delegate"))
        printf(_("  acknowledged by the delegate %s for %s\n"), app_str(j, "delegate"),
               text_at(j, "post"));
    if (app_str(j, "silence"))
        printf(_("  silence %s by %s: %s\n"), app_str(j, "silence"), text_at(j, "author"),
               text_at(j, "text"));
    say_list(_("vacant (level, post)"), j, "vacant");
    say_when(_("next look or step"), j, "next");
}

void why_show_step(const json_t *j)
{
    char at[WHEN_SIZE];
    char *to = joined(json_object_get(j, "to")), *posts = joined(json_object_get(j, "posts"));
    long long notice = (long long)json_integer_value(json_object_get(j, "notice"));

    when_text(app_str(j, "at"), at);
    printf(_("%s  level %lld  %s  to %s"), at,
           (long long)json_integer_value(json_object_get(j, "level")), text_at(j, "delay"), to);
    if (json_array_size(json_object_get(j, "posts")))
        printf(" (%s)", posts);
    if (notice > 1)
        printf(_(", notice %lld"), notice);
    if (json_is_true(json_object_get(j, "rehearsal")))
        printf("%s", _(", rehearsal above the office"));
    printf("\n");
    say_list(_("vacant"), j, "vacant");
    say_list(_("channels"), j, "channels");
    say_when(_("to be acknowledged by"), j, "answer_by");
    say_when(_("mail and hooks wait until"), j, "deliver_at");
    free(to);
    free(posts);
}

void why_show_all(const struct app *a, const json_t *items, void (*show)(const json_t *))
{
    size_t i;
    const json_t *item;

    json_array_foreach((json_t *)items, i, item)
    {
        if (a->json)
            app_print_json(item);
        else
            show(item);
    }
}

bool why_alert_path(const char *typed, const char *tail, char **path, struct err *e)
{
    size_t n = strspn(typed, "0123456789");

    if (n == 0 || n > 18 || typed[n] != '\0')
        return err_set(e, "usage",
                       _("an alert is named by its number in the stream (a whole number), not "
                         "%s; “duban watch --since 0” shows them"),
                       typed);
    *path = xasprintf("/v1/alerts/%s%s", typed, tail);
    return true;
}

bool why_no_alert(const struct app *a, const char *typed, struct err *e)
{
    return app_not_found(a, e,
                         _("there is no alert %s, or it is not yours to see; “duban alerts” lists "
                           "yours"),
                         typed);
}

static bool why_not(struct app *a, const char *typed, const char *period, struct err *e)
{
    json_t *due = NULL, *items = NULL;
    char *task = NULL, *path = NULL;
    bool ok = strchr(typed, '/') || items_due(a, &due, e);

    ok = ok && items_task(due, typed, &task, e);
    if (ok) {
        char *p = connect_escape(period ? period : "");
        path = xasprintf("/v1/tasks/%s/why%s%s", task, period ? "?period=" : "", p);
        free(p);
        ok = connect_list(a->connect, path, &items, e);
    }
    if (ok && json_array_size(items) == 0)
        ok = err_set(e, "refused",
                     _("there is no task %s, or it is not yours to see; “duban ledger” lists "
                       "those that are"),
                     task);
    if (ok)
        why_show_all(a, items, show_not);
    json_decref(due);
    json_decref(items);
    free(task);
    free(path);
    return ok;
}

static bool why_alert(struct app *a, const char *typed, struct err *e)
{
    char *path = NULL;
    json_t *j = NULL;
    bool ok = why_alert_path(typed, "/why", &path, e) &&
              (connect_json(a->connect, path, &j, e) || why_no_alert(a, typed, e));

    if (ok && a->json)
        app_print_json(j);
    else if (ok)
        show_alert(j);
    json_decref(j);
    free(path);
    return ok;
}

int why_command(struct app *a, int argc, char **argv)
{
    const char *task = NULL, *period = NULL;
    struct options_spec specs[] = {
        {"not", OPTIONS_TEXT, &task}, {"period", OPTIONS_TEXT, &period}, {0}};
    struct options_list args;
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &args, &e) &&
              options_count(&args, task ? 0 : 1, task ? 0 : 1, WHY_SYNOPSIS, &e) &&
              app_connect(a, false, &e);

    ok = ok && (task ? why_not(a, task, period, &e) : why_alert(a, args.items[0], &e));
    options_free(&args);
    return ok ? APP_DONE : app_fail(a, &e);
}
