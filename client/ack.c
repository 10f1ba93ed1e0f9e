/* SPDX-License-Identifier: BSD-2-Clause */
/* duban ack: acknowledging enters the record, so it is a statement like any other. */
#include "client/ack.h"

#include <stdlib.h>
#include <string.h>

#include "client/options.h"
#include "client/send.h"
#include "common/i18n.h"
#include "common/statement.h"

#define SYNOPSIS "ack ALERT… [--bundle B] [--comment T] [--decision T]"

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

static bool build(json_t *body, const struct options_list *args, const char *bundle,
                  const char *comment, const char *decision, struct err *e)
{
    if ((args->n > 0) == (bundle != NULL))
        return err_set(e, "usage", _("name either alerts or one bundle; call: duban %s"), SYNOPSIS);
    if (args->n && !add_alerts(body, args, e))
        return false;
    if (bundle)
        json_object_set_new(body, "bundle", json_string(bundle));
    if (comment)
        json_object_set_new(body, "comment", json_string(comment));
    if (decision)
        json_object_set_new(body, "decision", json_string(decision));
    return true;
}

int ack_command(struct app *a, int argc, char **argv)
{
    const char *bundle = NULL, *comment = NULL, *decision = NULL;
    struct options_spec specs[] = {{"bundle", OPTIONS_TEXT, &bundle},
                                   {"comment", OPTIONS_TEXT, &comment},
                                   {"decision", OPTIONS_TEXT, &decision},
                                   {0}};
    struct options_list args;
    json_t *body = json_object();
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &args, &e) &&
              build(body, &args, bundle, comment, decision, &e);

    options_free(&args);
    if (ok)
        return send_one(a, STATEMENT_TYPE("acknowledge"), body);
    json_decref(body);
    return app_fail(a, &e);
}
