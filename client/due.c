/* SPDX-License-Identifier: BSD-2-Clause */
/* duban due: one line per item: what, for whom, by when. Overdue ones come first because the server
 * orders by due. */
#include "client/due.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/connect.h"
#include "client/csv.h"
#include "client/disk.h"
#include "client/home.h"
#include "client/ics.h"
#include "client/items.h"
#include "client/options.h"
#include "client/outcome.h"
#include "client/rule.h"
#include "client/sheet.h"
#include "client/term.h"
#include "client/when.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/mem.h"

static bool is(const json_t *item, const char *name, const char *value)
{
    const char *s = app_str(item, name);

    return s && strcmp(s, value) == 0;
}

static enum term_colour colour_of(const json_t *item)
{
    if (is(item, "state", "overdue") || is(item, "state", "returned"))
        return TERM_RED;
    return is(item, "state", "open") ? TERM_PLAIN : TERM_DIM;
}

/* Title, and before it what must be acted on: what is asked, why it was returned, what fell. */
static void cell_title(struct term_table *t, const json_t *item)
{
    const char *reason = app_str(item, "reason");
    const char *title = app_str(item, "title");
    const char *waiting = app_str(item, "waiting"), *asked = app_str(item, "asked_until");
    const json_t *fell = json_array_get(json_object_get(item, "explain"), 0);
    char *text;

    if (is(item, "kind", "answer"))
        text =
            xasprintf(_("[%s, asked by %s] %s"), app_str(item, "ask") ? app_str(item, "ask") : "-",
                      app_str(item, "asked_by") ? app_str(item, "asked_by") : "-",
                      app_str(item, "text") ? app_str(item, "text") : "");
    else if (waiting)
        text = xasprintf(_("[countersign %s] %s"), waiting, title ? title : "");
    else if (asked)
        text = xasprintf(_("[extension asked: %s] %s"), asked, title ? title : "");
    else if (reason)
        text = xasprintf(_("[returned: %s] %s"), reason, title ? title : "");
    else if (fell)
        text = xasprintf(_("[say why %s fell from %s to %s: --explain] %s"), app_str(fell, "name"),
                         app_str(fell, "from"), app_str(fell, "to"), title ? title : "");
    else
        text = xstrdup(title ? title : "-");
    term_table_cell(t, 5, text);
    free(text);
}

static void add_row(struct term_table *t, const json_t *item, int64_t now)
{
    char due[2 * WHEN_SIZE];
    const char *unit = app_str(item, "unit_name");
    bool completion = is(item, "kind", "completion");
    bool settled = is(item, "state", "submitted") || is(item, "state", "accepted");

    when_both(app_str(item, "due"), settled ? 0 : now, due);
    term_table_row(t, colour_of(item));
    term_table_cell(t, 0, app_str(item, "task"));
    term_table_cell(t, 1,
                    completion                   ? _("completion")
                    : is(item, "kind", "answer") ? _("answer")
                                                 : app_str(item, "period"));
    term_table_cell(t, 2, due);
    term_table_cell(t, 3, outcome_word(app_str(item, "state")));
    term_table_cell(t, 4, unit ? unit : app_str(item, "unit"));
    cell_title(t, item);
}

static void print_items(struct app *a, const json_t *items)
{
    size_t i;
    const json_t *item;

    if (a->json) {
        json_array_foreach((json_t *)items, i, item) app_print_json(item);
        return;
    }
    if (json_array_size(items) == 0) {
        printf("%s\n", _("nothing is due"));
        return;
    }
    int64_t now = items_now(a);
    struct term_table *t = term_table_new();
    term_table_column(t, _("TASK"), TERM_LEFT);
    term_table_column(t, _("PERIOD"), TERM_LEFT);
    term_table_column(t, _("DUE"), TERM_LEFT);
    term_table_column(t, _("STATE"), TERM_LEFT);
    term_table_column(t, _("UNIT"), TERM_LEFT);
    term_table_column(t, _("TITLE"), TERM_CUT);
    json_array_foreach((json_t *)items, i, item) add_row(t, item, now);
    term_table_print(t);
    term_table_free(&t);
}

/* The reports that can be made now; targets come from the task when the item has none. */
static json_t *owed(struct app *a, const json_t *items)
{
    json_t *rows = json_array();
    size_t i;
    json_t *item;

    json_array_foreach((json_t *)items, i, item)
    {
        json_t *task = NULL;
        struct err ignored;
        if (!is(item, "kind", "report") || is(item, "state", "submitted") ||
            is(item, "state", "accepted"))
            continue;
        json_array_append(rows, item);
        if (json_object_get(item, "targets") || !app_str(item, "task"))
            continue;
        char *path = xasprintf("/v1/tasks/%s", app_str(item, "task"));
        if (connect_json(a->connect, path, &task, &ignored) && json_object_get(task, "targets"))
            json_object_set(item, "targets", json_object_get(task, "targets"));
        json_decref(task);
        free(path);
    }
    return rows;
}

static bool write_sheet(struct app *a, const json_t *items, const char *path, bool gb18030,
                        struct err *e)
{
    json_t *rows = owed(a, items);
    struct buf text = {0}, bytes = {0};

    sheet_write(rows, &text);
    bool ok = csv_encode(text.data, text.len, gb18030, &bytes, e) &&
              file_write(path, bytes.data, bytes.len, 0644, e);
    if (ok && !a->json)
        printf(_("%s: %zu rows to fill; then: duban report --sheet %s\n"), path,
               json_array_size(rows), path);
    buf_free(&text);
    buf_free(&bytes);
    json_decref(rows);
    return ok;
}

static bool write_calendar(struct app *a, const json_t *items, const char *path, struct err *e)
{
    struct buf text = {0};
    size_t n = ics_write(items, items_now(a), &text);
    bool ok = true;

    if (strcmp(path, "-") == 0)
        fwrite(text.data, 1, text.len, stdout);
    else
        ok = file_write(path, text.data, text.len, 0644, e);
    if (ok && !a->json && strcmp(path, "-") != 0)
        printf(_("%s: %zu events\n"), path, n);
    buf_free(&text);
    return ok;
}

/* What was reported but did not arrive is still shown as due: say so. */
static void note_waiting(const struct app *a)
{
    char *dir = home_path(a->home, "outbox");
    size_t n = disk_count(dir, ".dsse.json");

    if (n)
        app_note(_("%zu statements wait in %s and are not counted here; send them: duban flush"), n,
                 dir);
    free(dir);
}

int due_command(struct app *a, int argc, char **argv)
{
    const char *sheet = NULL, *encoding = NULL, *ics = NULL;
    struct options_spec specs[] = {{"sheet", OPTIONS_TEXT, &sheet},
                                   {"encoding", OPTIONS_TEXT, &encoding},
                                   {"ics", OPTIONS_TEXT, &ics},
                                   {0}};
    struct options_list args;
    json_t *items = NULL;
    struct err e;
    bool ok =
        options_parse(a, specs, argc, argv, &args, &e) &&
        options_count(&args, 0, 0, "due [--sheet F.csv [--encoding gb18030]] [--ics F.ics]", &e);

    options_free(&args);
    if (ok && encoding && !sheet)
        ok = err_set(&e, "usage", _("--encoding goes with --sheet"));
    if (ok && encoding && strcmp(encoding, "gb18030") != 0 && strcmp(encoding, "utf-8") != 0)
        ok = err_set(&e, "usage", _("--encoding is utf-8 or gb18030, not %s"), encoding);
    ok = ok && app_connect(a, false, &e) && items_due(a, &items, &e);
    if (ok && sheet)
        ok = write_sheet(a, items, sheet, encoding && encoding[0] == 'g', &e);
    if (ok && ics)
        ok = write_calendar(a, items, ics, &e);
    if (ok && !sheet && !ics)
        print_items(a, items);
    json_decref(items);
    if (ok)
        rule_warnings(a);
    if (a->home)
        note_waiting(a);
    return ok ? APP_DONE : app_fail(a, &e);
}
