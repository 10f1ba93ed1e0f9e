/* SPDX-License-Identifier: BSD-2-Clause */
/* duban plan parse: the importer's reading of a document, without a server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/options.h"
#include "client/plan_command.h"
#include "client/term.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "plan/json.h"
#include "plan/plan.h"

#define SYNOPSIS "plan parse [--format table|jsonl] FILE"

/* New string: names with the Chinese comma between them. */
static char *join(const struct plan_names *names)
{
    struct buf b = {0};

    for (size_t i = 0; i < names->n; i++)
        buf_addf(&b, "%s%s", i ? "、" : "", names->v[i]);
    return b.data ? b.data : xstrdup("-");
}

static void add_item(struct term_table *t, const struct plan_item *item)
{
    char *leaders = join(&item->leaders), *leads = join(&item->lead_units);
    char count[24];

    snprintf(count, sizeof count, "%zu", item->units.n);
    term_table_row(t, item->lead_units.n ? TERM_PLAIN : TERM_YELLOW);
    term_table_cell(t, 0, item->number);
    term_table_cell(t, 1, leaders);
    term_table_cell(t, 2, leads);
    term_table_cell(t, 3, count);
    term_table_cell(t, 4, item->continuous ? _("continuous") : item->deadline);
    term_table_cell(t, 5, item->title && *item->title ? item->title : item->text);
    free(leaders);
    free(leads);
}

static void print_table(const struct plan *p)
{
    struct term_table *t = term_table_new();

    printf(_("title: %s\nnumber: %s\nissuer: %s\nissued: %s\nperiod: %s to %s\n\n"),
           p->title ? p->title : "-", p->number ? p->number : "-", p->issuer ? p->issuer : "-",
           *p->issued ? p->issued : "-", *p->from ? p->from : "-", *p->to ? p->to : "-");
    term_table_column(t, _("NUMBER"), TERM_LEFT);
    term_table_column(t, _("LEADERS"), TERM_LEFT);
    term_table_column(t, _("LEAD UNITS"), TERM_LEFT);
    term_table_column(t, _("OTHERS"), TERM_RIGHT);
    term_table_column(t, _("DEADLINE"), TERM_LEFT);
    term_table_column(t, _("TITLE"), TERM_CUT);
    for (size_t i = 0; i < p->items_len; i++)
        add_item(t, &p->items[i]);
    term_table_print(t);
    term_table_free(&t);
    char *warnings = plan_warnings_grouped(p);
    if (*warnings)
        printf(_("\nwarnings:\n%s"), warnings);
    free(warnings);
}

int plan_parse_command(struct app *a, int argc, char **argv)
{
    const char *format = NULL;
    struct options_spec specs[] = {{"format", OPTIONS_TEXT, &format}, {0}};
    struct options_list args;
    struct buf text = {.limit = PLAN_TEXT_MAX}, lines = {0};
    struct plan *p = NULL;
    struct err e;
    bool ok =
        options_parse(a, specs, argc, argv, &args, &e) && options_count(&args, 1, 1, SYNOPSIS, &e);

    if (ok && format && strcmp(format, "table") != 0 && strcmp(format, "jsonl") != 0)
        ok = err_set(&e, "usage", _("--format is table or jsonl, not %s"), format);
    ok = ok && file_read(args.items[0], PLAN_TEXT_MAX, &text, &e);
    if (ok && !(p = plan_parse(text.data ? text.data : "", text.len, &e)))
        ok = err_prefix(&e, "%s", args.items[0]);
    if (ok && (a->json || (format && strcmp(format, "jsonl") == 0))) {
        plan_json_write(p, &lines);
        fwrite(lines.data ? lines.data : "", 1, lines.len, stdout);
    } else if (ok) {
        print_table(p);
    }
    if (ok && p->items_len == 0)
        app_note(_("%s: no task was found"), args.items[0]);
    plan_free(&p);
    buf_free(&lines);
    buf_free(&text);
    options_free(&args);
    return ok ? APP_DONE : app_fail(a, &e);
}
