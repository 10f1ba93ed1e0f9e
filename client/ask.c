/* SPDX-License-Identifier: BSD-2-Clause */
/* duban ask, duban answer. What is asked is owed like a report; so it is signed like one. */
#include "client/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/decide.h"
#include "client/items.h"
#include "client/options.h"
#include "client/report.h"
#include "client/send.h"
#include "common/buf.h"
#include "common/i18n.h"
#include "common/instant.h"
#include "common/mem.h"
#include "common/statement.h"

#define ASK_SYNOPSIS "ask TASK --unit U… --due D --text T [--period P]"
#define ANSWER_SYNOPSIS "answer TASK|ASK [--text T] [--value NAME=NUM]…"

/* Signs one body of this kind; takes it over. */
static int send_body(struct app *a, struct outbox *o, const char *type, json_t *body)
{
    json_t *bodies = json_pack("[o]", body);
    enum statement_kind kind;
    struct err e;
    bool ok = !statement_kind_of(type, &kind) || decide_check(kind, body, &e);
    int status = ok ? send_bodies(a, o, type, bodies) : app_fail(a, &e);

    json_decref(bodies);
    return status;
}

/* Handle/number for what was typed; a bare number is looked up among what we owe. */
static bool find_task(struct app *a, const char *typed, char **task, struct err *e)
{
    json_t *items = NULL;
    bool ok = (strchr(typed, '/') || items_due(a, &items, e)) && items_task(items, typed, task, e);

    json_decref(items);
    return ok;
}

/* ---- ask ------------------------------------------------------------------------------------- */

struct ask {
    const char *due, *text, *period;
    struct options_list units, words;
};

static bool check_ask(const struct ask *x, struct err *e)
{
    int64_t instant;

    if (!options_count(&x->words, 1, 1, ASK_SYNOPSIS, e))
        return false;
    if (!x->units.n)
        return err_set(e, "usage", _("--unit names who is asked; it may stand several times"));
    if (!x->text || !*x->text)
        return err_set(e, "usage", _("--text says what is asked"));
    if (!x->due || (!date_valid(x->due) && !instant_parse(x->due, &instant)))
        return err_set(e, "usage",
                       _("--due is a date YYYY-MM-DD or an instant such as "
                         "2022-05-01T12:00:00+08:00, not %s"),
                       x->due ? x->due : "-");
    return true;
}

static json_t *ask_body(const struct ask *x, const char *task)
{
    json_t *units = json_array();
    json_t *ask;

    for (size_t i = 0; i < x->units.n; i++)
        json_array_append_new(units, json_string(x->units.items[i]));
    ask = json_pack("{s:s,s:o,s:s,s:s}", "task", task, "units", units, "due", x->due, "text",
                    x->text);
    if (x->period)
        json_object_set_new(ask, "period", json_string(x->period));
    return json_pack("{s:[o]}", "asks", ask);
}

int ask_command(struct app *a, int argc, char **argv)
{
    struct ask x = {0};
    struct options_spec specs[] = {{"unit", OPTIONS_LIST, &x.units},
                                   {"due", OPTIONS_TEXT, &x.due},
                                   {"text", OPTIONS_TEXT, &x.text},
                                   {"period", OPTIONS_TEXT, &x.period},
                                   {0}};
    struct outbox *o = NULL;
    char *task = NULL;
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &x.words, &e) && check_ask(&x, &e) &&
              send_open(a, &o, &e) && find_task(a, x.words.items[0], &task, &e);
    int status = ok ? send_body(a, o, STATEMENT_TYPE("ask"), ask_body(&x, task)) : app_fail(a, &e);

    outbox_close(&o);
    options_free(&x.units);
    options_free(&x.words);
    free(task);
    return status;
}

/* ---- answer --------------------------------------------------------------------------------- */

static bool is_place(const char *s)
{
    size_t n = strspn(s, "0123456789");

    return n > 0 && s[n] == '.' && s[n + 1] && s[n + 1 + strspn(s + n + 1, "0123456789")] == '\0';
}

static bool is(const json_t *item, const char *name, const char *value)
{
    const char *s = app_str(item, name);

    return s && strcmp(s, value) == 0;
}

/* The only thing asked about a task that is not answered yet. */
static bool open_ask(const json_t *items, const char *task, char **ask, struct err *e)
{
    struct buf found = {0};
    size_t n = 0, i;
    const json_t *item;

    json_array_foreach((json_t *)items, i, item)
    {
        const char *number = app_str(item, "ask");
        if (!is(item, "kind", "answer") || !is(item, "task", task) || !number ||
            is(item, "state", "submitted"))
            continue;
        buf_addf(&found, "%s%s", n++ ? " " : "", number);
    }
    if (n == 1)
        *ask = xstrdup(found.data);
    else if (n > 1)
        err_set(e, "usage", _("several things are asked about %s: %s; answer one by its number"),
                task, found.data);
    else
        err_set(e, "usage", _("nothing is asked of you about %s; “duban due” lists what is"), task);
    buf_free(&found);
    return n == 1;
}

static bool find_ask(struct app *a, const char *typed, char **ask, struct err *e)
{
    json_t *items = NULL;
    char *task = NULL;
    bool ok = true;

    if (is_place(typed)) {
        *ask = xstrdup(typed);
        return true;
    }
    ok = items_due(a, &items, e) && items_task(items, typed, &task, e) &&
         open_ask(items, task, ask, e);
    free(task);
    json_decref(items);
    return ok;
}

static bool answer_values(json_t *answer, const struct options_list *values, struct err *e)
{
    if (values->n)
        json_object_set_new(answer, "values", json_array());
    for (size_t i = 0; i < values->n; i++)
        if (!report_add_value(json_object_get(answer, "values"), values->items[i]))
            return err_set(e, "usage", _("--value is NAME=NUMBER with a decimal point, not %s"),
                           values->items[i]);
    return true;
}

int answer_command(struct app *a, int argc, char **argv)
{
    const char *text = NULL;
    struct options_list values = {0}, words = {0};
    struct options_spec specs[] = {
        {"text", OPTIONS_TEXT, &text}, {"value", OPTIONS_LIST, &values}, {0}};
    json_t *answer = json_object();
    struct outbox *o = NULL;
    char *ask = NULL;
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &words, &e) &&
              options_count(&words, 1, 1, ANSWER_SYNOPSIS, &e) &&
              (text || values.n ||
               err_set(&e, "usage", _("an answer has a --text or a --value; call: duban %s"),
                       ANSWER_SYNOPSIS)) &&
              answer_values(answer, &values, &e) && send_open(a, &o, &e) &&
              find_ask(a, words.items[0], &ask, &e);

    if (ok) {
        json_object_set_new(answer, "ask", json_string(ask));
        if (text)
            json_object_set_new(answer, "text", json_string(text));
    }
    int status =
        ok ? send_body(a, o, STATEMENT_TYPE("answer"), json_pack("{s:[O]}", "answers", answer))
           : app_fail(a, &e);
    outbox_close(&o);
    options_free(&values);
    options_free(&words);
    json_decref(answer);
    free(ask);
    return status;
}
