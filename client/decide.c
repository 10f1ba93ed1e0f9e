/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by review, countersign, extend, close and record. A decision is checked here with the very
 * table of the server, so that what is refused there for its form is refused before it is signed.
 */
#include "client/decide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/connect.h"
#include "client/items.h"
#include "client/outcome.h"
#include "client/send.h"
#include "client/term.h"
#include "client/when.h"
#include "common/i18n.h"
#include "common/json.h"
#include "common/mem.h"

/* The value that a text such as "reviews[0].due: must be …" is about, borrowed; NULL: none. */
static const char *value_at(const json_t *body, const char *text)
{
    const json_t *j = body;

    while (j && *text && *text != ':') {
        size_t n = strcspn(text, ".[]:");
        char name[40];
        snprintf(name, sizeof name, "%.*s", (int)n, text);
        if (n)
            j = json_is_array(j) ? json_array_get(j, strtoul(name, NULL, 10))
                                 : json_object_get(j, name);
        text += n;
        text += *text && *text != ':';
    }
    return json_string_value(j);
}

static bool refuse(const json_t *body, const struct err *why, struct err *e)
{
    const char *value = value_at(body, why->text);

    return value ? err_set(e, "usage", _("%s, not “%s”"), why->text, value)
                 : err_set(e, "usage", "%s", why->text);
}

bool decide_check(enum statement_kind kind, const json_t *body, struct err *e)
{
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    json_t *j =
        json_pack("{s:i,s:s,s:s,s:s,s:i,s:s,s:s,s:s,s:s}", "v", 1, "aud", "x", "unit", "x", "key",
                  zeros, "seq", 1, "prev", zeros, "id", "00000000-0000-7000-8000-000000000000",
                  "nonce", "AAAAAAAAAAAAAAAAAAAAAA", "iat", "2022-01-01T00:00:00Z");
    struct statement *s = NULL;
    struct buf text = {0};
    struct err why = {0};

    json_object_update(j, (json_t *)body);
    json_write(j, &text);
    json_decref(j);
    bool ok = statement_parse(kind, text.data ? text.data : "", text.len, &s, &why);
    statement_free(&s);
    buf_free(&text);
    return ok || refuse(body, &why, e);
}

static void show(const json_t *body)
{
    const char *name;
    json_t *list, *one;
    size_t i;

    json_object_foreach((json_t *)body, name, list)
    {
        json_array_foreach(list, i, one)
        {
            if (json_is_string(one))
                printf("%s\n", json_string_value(one));
            else
                app_print_json(one);
        }
    }
    app_note(_("nothing was signed (--dry-run)"));
}

int decide_send(struct app *a, enum statement_kind kind, json_t *body, bool dry_run)
{
    struct err e;

    if (decide_check(kind, body, &e) && !dry_run)
        return send_one(a, statement_type_of(kind), body);
    bool ok = dry_run && decide_check(kind, body, &e);
    if (ok)
        show(body);
    json_decref(body);
    return ok ? APP_DONE : app_fail(a, &e);
}

static bool ends_with(const char *s, const char *tail)
{
    size_t n = strlen(s), m = strlen(tail);

    return n >= m && strcmp(s + n - m, tail) == 0;
}

static void add_cell(struct term_table *t, size_t i, const char *member, const json_t *item)
{
    const json_t *v = json_object_get(item, member);
    char text[WHEN_SIZE];

    if (json_is_integer(v)) {
        snprintf(text, sizeof text, "%lld", (long long)json_integer_value(v));
        term_table_cell(t, i, text);
    } else if (v && (ends_with(member, "due") || strcmp(member, "received") == 0)) {
        when_text(json_string_value(v), text);
        term_table_cell(t, i, text);
    } else if (v && (strcmp(member, "kind") == 0 || strcmp(member, "status") == 0 ||
                     strcmp(member, "verdict") == 0)) {
        term_table_cell(t, i, outcome_word(json_string_value(v)));
    } else {
        term_table_cell(t, i, json_string_value(v));
    }
}

static void print_list(struct app *a, const json_t *items, const struct decide_column *columns,
                       const char *none)
{
    struct term_table *t = NULL;
    size_t i;
    const json_t *item;

    if (!a->json && json_array_size(items) == 0)
        printf("%s\n", none);
    if (!a->json && json_array_size(items)) {
        t = term_table_new();
        for (const struct decide_column *c = columns; c->member; c++)
            term_table_column(t, _(c->title), c->cut ? TERM_CUT : TERM_LEFT);
    }
    json_array_foreach((json_t *)items, i, item)
    {
        if (!t) {
            app_print_json(item);
            continue;
        }
        term_table_row(t, TERM_PLAIN);
        for (size_t c = 0; columns[c].member; c++)
            add_cell(t, c, columns[c].member, item);
    }
    if (t)
        term_table_print(t);
    term_table_free(&t);
}

int decide_list(struct app *a, const char *path, const struct decide_column *columns,
                const char *none)
{
    json_t *items = NULL;
    struct err e;
    bool ok = app_connect(a, false, &e) && connect_list(a->connect, path, &items, &e);

    if (ok)
        print_list(a, items, columns, none);
    json_decref(items);
    return ok ? APP_DONE : app_fail(a, &e);
}

void decide_filter(char **path, const char *name, const char *value)
{
    if (!value)
        return;
    char *escaped = connect_escape(value);
    char *longer =
        xasprintf("%s%c%s=%s", *path, strchr(*path, '?') ? '&' : '?', name, escaped ? escaped : "");
    free(escaped);
    free(*path);
    *path = longer;
}

bool decide_task(struct app *a, const char *typed, char **task, struct err *e)
{
    json_t *items = NULL;
    bool ok = strchr(typed, '/') != NULL || (app_connect(a, true, e) && items_due(a, &items, e));

    ok = ok && items_task(items, typed, task, e);
    json_decref(items);
    return ok;
}

json_t *decide_elements(const struct options_list *args, const char *member, const char *decision,
                        const char *reason)
{
    json_t *list = json_array();

    for (size_t i = 0; i < args->n; i++) {
        json_t *one = json_pack("{s:s,s:s}", member, args->items[i], "decision", decision);
        if (one && reason)
            json_object_set_new(one, "reason", json_string(reason));
        if (one)
            json_array_append_new(list, one);
    }
    return list;
}

bool decide_one_of(const bool *flags, size_t n, const char *names, struct err *e)
{
    size_t set = 0;

    for (size_t i = 0; i < n; i++)
        set += flags[i];
    return set == 1 || err_set(e, "usage", _("choose one of %s"), names);
}
