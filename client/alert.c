/* SPDX-License-Identifier: BSD-2-Clause */
/* duban alert --test: an operator rings the bell of some posts, by a signed statement, so that the
 * test goes the way of a real alert. duban alerts: what went to our posts, and how it was told. */
#include "client/alert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/connect.h"
#include "client/decide.h"
#include "client/options.h"
#include "client/outcome.h"
#include "client/sentence.h"
#include "client/term.h"
#include "client/when.h"
#include "common/buf.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "common/statement.h"

#define SYNOPSIS "alert --test POST… [--text T]"

static bool build(json_t *body, const struct options_list *args, bool test, const char *text,
                  struct err *e)
{
    json_t *posts = json_array();

    json_object_set_new(body, "posts", posts);
    for (size_t i = 0; i < args->n; i++)
        json_array_append_new(posts, json_string(args->items[i]));
    if (text)
        json_object_set_new(body, "text", json_string(text));
    if (!test || args->n == 0)
        return err_set(e, "usage", _("name the posts to test; call: duban %s"), SYNOPSIS);
    return true;
}

int alert_command(struct app *a, int argc, char **argv)
{
    bool test = false;
    const char *text = NULL;
    struct options_spec specs[] = {
        {"test", OPTIONS_FLAG, &test}, {"text", OPTIONS_TEXT, &text}, {0}};
    struct options_list args;
    json_t *body = json_object();
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &args, &e) && build(body, &args, test, text, &e);

    options_free(&args);
    if (ok)
        return decide_send(a, STATEMENT_TEST, body, false);
    json_decref(body);
    return app_fail(a, &e);
}

/* ---- list ----------------------------------------------------------------------------------- */

static const char *text_of(const json_t *o, const char *member)
{
    const char *s = app_str(o, member);

    return s ? s : "";
}

/* "mail sent; sms waiting (timeout, 3)": new string. */
static char *deliveries_text(const json_t *alert)
{
    struct buf b = {0};
    size_t i;
    const json_t *d;

    json_array_foreach(json_object_get(alert, "deliveries"), i, d)
    {
        const char *reason = app_str(d, "reason");
        buf_addf(&b, "%s%s %s", i ? "; " : "", text_of(d, "channel"),
                 outcome_delivery_word(text_of(d, "state")));
        if (reason && strcmp(text_of(d, "state"), "sent") != 0)
            buf_addf(&b, " (%s, %lld)", reason,
                     (long long)json_integer_value(json_object_get(d, "attempt")));
    }
    return b.data ? b.data : xstrdup("-");
}

static void print_alert(const json_t *alert)
{
    char raised[WHEN_SIZE];
    char *ways = deliveries_text(alert);
    struct buf line = {0};

    when_text(app_str(alert, "raised"), raised);
    buf_addf(&line, "%lld  %s  %s  %s  → %s  %s %s  %s",
             (long long)json_integer_value(json_object_get(alert, "alert")), raised,
             text_of(alert, "number"), outcome_word(text_of(alert, "kind")), text_of(alert, "post"),
             text_of(alert, "task"), sentence_period(alert) ? sentence_period(alert) : "-", ways);
    if (json_object_get(alert, "acknowledged"))
        buf_addf(&line, "  %s", outcome_word("acknowledged"));
    char *clean = term_clean_lines(line.data);
    printf("%s\n", clean);
    free(clean);
    buf_free(&line);
    free(ways);
}

int alerts_command(struct app *a, int argc, char **argv)
{
    bool open = false;
    struct options_spec specs[] = {{"open", OPTIONS_FLAG, &open}, {0}};
    struct options_list args;
    json_t *items = NULL;
    struct err e;
    size_t i;
    const json_t *alert;
    bool ok = options_parse(a, specs, argc, argv, &args, &e) &&
              options_count(&args, 0, 0, "alerts [--open]", &e) && app_connect(a, false, &e) &&
              connect_list(a->connect, open ? "/v1/alerts?open=1" : "/v1/alerts", &items, &e);

    options_free(&args);
    if (!ok)
        return app_fail(a, &e);
    if (a->json)
        app_print_json(items);
    json_array_foreach(items, i, alert)
    {
        if (!a->json)
            print_alert(alert);
    }
    if (!a->json && json_array_size(items) == 0)
        printf("%s\n", _("no alert went to you"));
    json_decref(items);
    return APP_DONE;
}
