/* SPDX-License-Identifier: BSD-2-Clause */
/* duban ack: acknowledging enters the record, so it is a statement like any other. */
#include "client/ack.h"

#include <stdlib.h>
#include <string.h>

#include "client/decide.h"
#include "client/options.h"
#include "common/i18n.h"
#include "common/statement.h"

#define SYNOPSIS                                                                                   \
    "ack ALERT… [--bundle B] [--comment T] [--decision T] [--until DATE|TIME] [--told BY --to "  \
    "WHO "                                                                                         \
    "--at TIME --how HOW]"

struct words {
    const char *bundle, *comment, *decision, *until;
    const char *told, *to, *at, *how; /* 督查室: who told whom, when and how */
};

static bool add_alerts(json_t *body, const struct options_list *args, struct err *e)
{
    json_t *alerts = json_array();

    json_object_set_new(body, "alerts", alerts);
    for (size_t i = 0; i < args->n; i++) {
        char *end = NULL;
        long long n = strtoll(args->items[i], &end, 10);
        if (end == args->items[i] || *end || n < 0)
            return err_set(e, "usage",
                           _("an alert is named by its number in the stream (a whole number), not "
                             "%s; “duban watch --since 0” shows them"),
                           args->items[i]);
        json_array_append_new(alerts, json_integer(n));
    }
    return true;
}

static bool add_told(json_t *body, const struct words *w, struct err *e)
{
    if (!w->told && !w->to && !w->at && !w->how)
        return true;
    if (!w->told || !w->to || !w->at || !w->how)
        return err_set(e, "usage",
                       _("--told, --to, --at and --how go together: who told whom, "
                         "when and how"));
    json_object_set_new(
        body, "told",
        json_pack("{s:s,s:s,s:s,s:s}", "by", w->told, "to", w->to, "at", w->at, "how", w->how));
    return true;
}

static void add_text(json_t *body, const char *member, const char *text)
{
    if (text)
        json_object_set_new(body, member, json_string(text));
}

static bool build(json_t *body, const struct options_list *args, const struct words *w,
                  struct err *e)
{
    if ((args->n > 0) == (w->bundle != NULL))
        return err_set(e, "usage", _("name either alerts or one bundle; call: duban %s"), SYNOPSIS);
    if (args->n && !add_alerts(body, args, e))
        return false;
    add_text(body, "bundle", w->bundle);
    add_text(body, "comment", w->comment);
    add_text(body, "decision", w->decision);
    add_text(body, "until", w->until);
    return add_told(body, w, e);
}

int ack_command(struct app *a, int argc, char **argv)
{
    struct words w = {0};
    struct options_spec specs[] = {{"bundle", OPTIONS_TEXT, &w.bundle},
                                   {"comment", OPTIONS_TEXT, &w.comment},
                                   {"decision", OPTIONS_TEXT, &w.decision},
                                   {"until", OPTIONS_TEXT, &w.until},
                                   {"told", OPTIONS_TEXT, &w.told},
                                   {"to", OPTIONS_TEXT, &w.to},
                                   {"at", OPTIONS_TEXT, &w.at},
                                   {"how", OPTIONS_TEXT, &w.how},
                                   {0}};
    struct options_list args;
    json_t *body = json_object();
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &args, &e) && build(body, &args, &w, &e);

    options_free(&args);
    if (ok)
        return decide_send(a, STATEMENT_ACKNOWLEDGE, body, false);
    json_decref(body);
    return app_fail(a, &e);
}
