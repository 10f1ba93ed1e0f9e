/* SPDX-License-Identifier: BSD-2-Clause */
/* The server computes: its SQL decides every due instant (sql/schema/014_periods.sql), and a second
 * implementation here could only disagree. What is not signed yet travels as JSON in the question
 * and changes nothing. */
#include "client/rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/connect.h"
#include "client/foreign.h"
#include "client/options.h"
#include "client/registry_text.h"
#include "client/term.h"
#include "client/when.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/instant.h"
#include "common/json.h"
#include "common/mem.h"

#define SYNOPSIS "rule test FILE|CODE [--from DATE] [--to DATE] [--calendar FILE|CODE]"

static bool is_kind(const json_t *o, const char *kind)
{
    const char *set = app_str(o, "set");

    return set && strcmp(set, kind) == 0;
}

/* The objects of a file; NULL without an error when what was typed is no file but a code. */
static bool read_file(const char *typed, json_t **objects, struct err *e)
{
    struct buf text = {.limit = REGISTRY_TEXT_MAX};
    size_t blanks = 0;

    *objects = NULL;
    if (!strpbrk(typed, "./") && access(typed, F_OK) != 0)
        return true;
    bool ok = file_read(typed, REGISTRY_TEXT_MAX, &text, e) &&
              registry_text_parse(typed, text.data ? text.data : "", objects, &blanks, e);
    buf_free(&text);
    return ok;
}

/* First object of a kind and, when code is given, of that code. Borrowed. */
static const json_t *find(const json_t *objects, const char *kind, const char *code)
{
    size_t i;
    const json_t *o;

    json_array_foreach((json_t *)objects, i, o)
    {
        const char *name = app_str(o, "code");
        if (is_kind(o, kind) && (!code || (name && strcmp(name, code) == 0)))
            return o;
    }
    return NULL;
}

static void add_param(struct buf *path, const char *name, const char *value)
{
    if (!value)
        return;
    char *escaped = connect_escape(value);
    buf_addf(path, "%c%s=%s", strchr(path->data, '?') ? '&' : '?', name, escaped);
    free(escaped);
}

static void add_object(struct buf *path, const char *name, const json_t *o)
{
    struct buf text = {0};

    if (!o)
        return;
    json_write(o, &text);
    add_param(path, name, text.data);
    buf_free(&text);
}

/* ---- the table ----------------------------------------------------------------------------- */

/* "2022-04-05 Tue" of a date. */
static void day_text(const char *day, char out[WHEN_SIZE])
{
    char *noon = xasprintf("%sT12:00:00+08:00", day);

    when_text(noon, out);
    free(noon);
    out[strcspn(out, ":") > 3 ? strcspn(out, ":") - 3 : 0] = '\0';
}

static bool flag(const json_t *item, const char *name)
{
    return json_is_true(json_object_get(item, name));
}

/* Why the day is what it is. */
static void notes(const json_t *item, struct buf *b)
{
    char when[WHEN_SIZE];
    const char *planned = app_str(item, "planned");

    if (flag(item, "impossible"))
        buf_add_str(b, _("the period has no such day: nothing is owed; "));
    if (flag(item, "skipped"))
        buf_add_str(b, flag(item, "exception") ? _("left out by an exception; ")
                                               : _("left out, no working day; "));
    else if (flag(item, "exception"))
        buf_add_str(b, _("day of its own, by an exception; "));
    if (planned) {
        day_text(planned, when);
        buf_addf(b, _("moved from %s, no working day; "), when);
    } else if (json_is_false(json_object_get(item, "worked")) && !flag(item, "skipped")) {
        buf_add_str(b, _("no working day, not moved; "));
    }
    if (app_str(item, "closes")) {
        when_text(app_str(item, "closes"), when);
        buf_addf(b, _("closes %s; "), when);
    }
    if (flag(item, "beyond_calendar"))
        buf_add_str(b, _("BEYOND THE LOADED CALENDAR: Monday to Friday for now; "));
    if (b->len > 2)
        b->data[b->len -= 2] = '\0';
}

static void add_row(struct term_table *t, const json_t *item)
{
    char when[WHEN_SIZE];
    struct buf b = {0};
    bool owed = !flag(item, "impossible") && !flag(item, "skipped");

    term_table_row(t, !owed ? TERM_DIM : flag(item, "beyond_calendar") ? TERM_YELLOW : TERM_PLAIN);
    term_table_cell(t, 0, app_str(item, "period"));
    when_text(app_str(item, "opens"), when);
    term_table_cell(t, 1, when);
    when_text(app_str(item, "due"), when);
    term_table_cell(t, 2, when);
    when_text(app_str(item, "cutoff"), when);
    term_table_cell(t, 3, when);
    notes(item, &b);
    term_table_cell(t, 4, b.len ? b.data : "");
    buf_free(&b);
}

static void print_items(const struct app *a, const json_t *items)
{
    size_t i;
    const json_t *item;

    if (a->json) {
        json_array_foreach((json_t *)items, i, item) app_print_json(item);
        return;
    }
    if (json_array_size(items) == 0) {
        printf("%s\n", _("the rule makes no period in this time"));
        return;
    }
    struct term_table *t = term_table_new();
    term_table_column(t, _("PERIOD"), TERM_LEFT);
    term_table_column(t, _("OPENS"), TERM_LEFT);
    term_table_column(t, _("DUE"), TERM_LEFT);
    term_table_column(t, _("LATE FROM"), TERM_LEFT);
    term_table_column(t, _("NOTE"), TERM_CUT);
    json_array_foreach((json_t *)items, i, item) add_row(t, item);
    term_table_print(t);
    term_table_free(&t);
}

/* ---- asking -------------------------------------------------------------------------------- */

struct question {
    const char *code;          /* or: */
    const json_t *rule;        /* borrowed */
    const char *calendar_code; /* or NULL */
    const json_t *calendar;    /* borrowed, or NULL */
    const char *from, *to;
};

static bool ask(struct app *a, const struct question *q, json_t **items, struct err *e)
{
    struct buf path = {0};

    buf_add_str(&path, "/v1/rules/test");
    add_param(&path, "rule", q->code);
    add_object(&path, "rule", q->rule);
    add_param(&path, "calendar", q->calendar_code);
    add_object(&path, "calendar", q->calendar);
    add_param(&path, "from", q->from);
    add_param(&path, "to", q->to);
    bool ok = connect_list(a->connect, path.data, items, e);
    buf_free(&path);
    if (!ok)
        return false;
    const json_t *wrong = json_object_get(json_array_get(*items, 0), "error");
    if (!wrong)
        return true;
    const char *detail = app_str(wrong, "detail"), *field = app_str(wrong, "field");
    char *own = foreign_text(detail ? detail : "-");
    err_set(e, "refused", _("rule %s: %s: %s"), q->code ? q->code : app_str(q->rule, "code"),
            field ? field : "-", own);
    free(own);
    json_decref(*items);
    *items = NULL;
    return false;
}

static bool test_one(struct app *a, struct question *q, const json_t *objects,
                     const json_t *calendars, struct err *e)
{
    const char *code = q->rule ? app_str(q->rule, "calendar") : NULL;
    json_t *items = NULL;

    /* a calendar of the same file is tried with the rule: both may be new */
    q->calendar = calendars ? find(calendars, "calendar", NULL) : find(objects, "calendar", code);
    if (calendars && !q->calendar)
        return err_set(e, "usage", _("the file of --calendar holds no calendar"));
    bool ok = ask(a, q, &items, e);
    if (ok && !a->json && q->rule)
        printf("%s%s%s  %s\n", term_colour(TERM_BOLD), app_str(q->rule, "code"),
               term_colour(TERM_PLAIN), app_str(q->rule, "name") ? app_str(q->rule, "name") : "");
    if (ok)
        print_items(a, items);
    json_decref(items);
    return ok;
}

static bool test_all(struct app *a, struct question *q, const char *typed, const json_t *objects,
                     const json_t *calendars, struct err *e)
{
    size_t i, n = 0;
    const json_t *o;

    if (!objects) {
        q->code = typed;
        return test_one(a, q, NULL, calendars, e);
    }
    json_array_foreach((json_t *)objects, i, o)
    {
        q->rule = o;
        if (is_kind(o, "rule") && (n++, !test_one(a, q, objects, calendars, e)))
            return false;
    }
    return n > 0 || err_set(e, "usage", _("%s holds no rule"), typed);
}

static bool is_date(const char *option, const char *typed, struct err *e)
{
    return !typed || date_valid(typed) ||
           err_set(e, "usage", _("%s is a date YYYY-MM-DD, not %s"), option, typed);
}

int rule_test_command(struct app *a, int argc, char **argv)
{
    struct question q = {0};
    const char *calendar = NULL;
    struct options_spec specs[] = {{"from", OPTIONS_TEXT, &q.from},
                                   {"to", OPTIONS_TEXT, &q.to},
                                   {"calendar", OPTIONS_TEXT, &calendar},
                                   {0}};
    struct options_list args;
    json_t *objects = NULL, *calendars = NULL;
    struct err e;
    bool ok = options_parse(a, specs, argc, argv, &args, &e) &&
              options_count(&args, 1, 1, SYNOPSIS, &e) && is_date("--from", q.from, &e) &&
              is_date("--to", q.to, &e) && read_file(args.items[0], &objects, &e) &&
              (!calendar || read_file(calendar, &calendars, &e)) && app_connect(a, false, &e);

    if (ok && calendar && !calendars)
        q.calendar_code = calendar;
    ok = ok && test_all(a, &q, args.items[0], objects, calendars, &e);
    options_free(&args);
    json_decref(objects);
    json_decref(calendars);
    return ok ? APP_DONE : app_fail(a, &e);
}

/* ---- warnings ------------------------------------------------------------------------------ */

static bool is(const json_t *item, const char *name, const char *value)
{
    const char *s = app_str(item, name);

    return s && strcmp(s, value) == 0;
}

static const char *text(const json_t *item, const char *name)
{
    const char *s = app_str(item, name);

    return s ? s : "-";
}

static void note(const json_t *w)
{
    char when[WHEN_SIZE];

    if (is(w, "code", "calendar")) {
        when_text(app_str(w, "due"), when);
        app_note(_("plan %s: rule %s runs past the loaded calendar %s: %s, due %s, is counted "
                   "Monday to Friday until the office loads the next year"),
                 text(w, "plan"), text(w, "rule"), text(w, "calendar"), text(w, "period"), when);
    } else if (is(w, "code", "rule")) {
        app_note(_("plan %s: rule %s makes no obligation (period %s): %s"), text(w, "plan"),
                 text(w, "rule"), text(w, "period"), text(w, "detail"));
    } else {
        app_note(_("plan %s: %s"), text(w, "plan"), text(w, "detail"));
    }
}

void rule_warnings(struct app *a)
{
    json_t *items = NULL;
    struct err ignored;
    size_t i;
    const json_t *w, *before = NULL;

    if (a->json || !a->connect || !connect_list(a->connect, "/v1/warnings", &items, &ignored))
        return;
    json_array_foreach(items, i, w)
    {
        /* they come by plan and period: the first of a kind says enough */
        if (!before || !is(w, "plan", text(before, "plan")) || !is(w, "code", text(before, "code")))
            note(w);
        before = w;
    }
    json_decref(items);
}
