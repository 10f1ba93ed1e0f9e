/* SPDX-License-Identifier: BSD-2-Clause */
/* The sheet: header, rows, faults. It went through a spreadsheet program and people's hands:
 * columns may be moved, added or renamed into the other language; cells are checked one by one. */
#include "client/sheet.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/app.h"
#include "client/csv.h"
#include "client/sheet_private.h"
#include "client/when.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "common/utf8.h"

static const struct {
    const char *en, *zh;
} headings[SHEET_COLUMNS] = {
    [SHEET_TASK] = {"task", "任务"},
    [SHEET_PERIOD] = {"period", "报送期"},
    [SHEET_UNIT] = {"unit", "单位"},
    [SHEET_TITLE] = {"title", "事项"},
    [SHEET_DUE] = {"due", "截止时间"},
    [SHEET_TARGETS] = {"targets", "目标"},
    [SHEET_LAST_STATUS] = {"last_status", "上期状态"},
    [SHEET_LAST_PROGRESS] = {"last_progress", "上期进度"},
    [SHEET_LAST_TEXT] = {"last_text", "上期进展"},
    [SHEET_LAST_VALUES] = {"last_values", "上期数值"},
    [SHEET_STATUS] = {"status", "状态"},
    [SHEET_PROGRESS] = {"progress", "进度"},
    [SHEET_TEXT] = {"text", "进展情况"},
    [SHEET_VALUES] = {"values", "数值"},
    [SHEET_RISK] = {"risk", "风险"},
    [SHEET_NEXT] = {"next", "下一步"},
    [SHEET_NEXT_BY] = {"next_by", "下一步期限"},
    [SHEET_EVIDENCE] = {"evidence", "佐证材料"},
};

const char *sheet_heading(enum sheet_column c)
{
    return strcmp(i18n_lang(), "zh_CN") == 0 ? headings[c].zh : headings[c].en;
}

void sheet_cell_name(size_t column, size_t row, char out[8])
{
    char letters[4] = "";
    size_t n = 0;

    for (size_t c = column + 1; c > 0 && n < 3; c = (c - 1) / 26) {
        memmove(letters + 1, letters, n);
        letters[0] = (char)('A' + (c - 1) % 26);
        n++;
    }
    snprintf(out, 8, "%.2s%zu", letters, row % 100000);
}

/* ---- reading -------------------------------------------------------------------------------- */

static const char *trimmed(char *s)
{
    size_t n;

    s += strspn(s, " \t\r\n");
    n = strlen(s);
    while (n && strchr(" \t\r\n", s[n - 1]))
        s[--n] = '\0';
    return s;
}

const char *sheet_cell(const struct sheet_header *h, const struct csv_row *row, enum sheet_column c)
{
    return h->at[c] < row->n ? trimmed(row->cells[h->at[c]]) : "";
}

void sheet_fault_add(struct sheet *s, const struct sheet_header *h, const struct csv_row *row,
                     enum sheet_column c, const char *text)
{
    s->faults = xrealloc(s->faults, (s->faults_len + 1) * sizeof *s->faults);
    struct sheet_fault *f = &s->faults[s->faults_len++];
    f->row = row->line;
    f->column = sheet_heading(c);
    f->text = xstrdup(text);
    sheet_cell_name(h->at[c] == SIZE_MAX ? 0 : h->at[c], row->line, f->cell);
}

static bool find_column(const char *cell, enum sheet_column *out)
{
    char *folded = utf8_fold(cell);
    bool found = false;

    for (int c = 0; folded && c < SHEET_COLUMNS && !found; c++) {
        char *zh = utf8_fold(headings[c].zh);
        found = strcasecmp(folded, headings[c].en) == 0 || (zh && strcmp(folded, zh) == 0);
        if (found)
            *out = (enum sheet_column)c;
        free(zh);
    }
    free(folded);
    return found;
}

static bool read_header(const struct csv_row *row, struct sheet_header *h, struct err *e)
{
    static const enum sheet_column needed[] = {SHEET_TASK, SHEET_PERIOD, SHEET_STATUS};
    enum sheet_column c;

    for (int i = 0; i < SHEET_COLUMNS; i++)
        h->at[i] = SIZE_MAX;
    for (size_t i = 0; i < row->n; i++) {
        if (!find_column(row->cells[i], &c))
            continue; /* a column of the clerk's own */
        if (h->at[c] != SIZE_MAX)
            return err_set(e, "sheet", _("the heading “%s” stands twice in the first row"),
                           row->cells[i]);
        h->at[c] = i;
    }
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (h->at[needed[i]] == SIZE_MAX)
            return err_set(
                e, "sheet",
                _("the first row has no heading “%s” (%s); make the sheet anew: duban due "
                  "--sheet FILE"),
                headings[needed[i]].en, headings[needed[i]].zh);
    return true;
}

static bool is_filled(const struct sheet_header *h, const struct csv_row *row)
{
    for (int c = SHEET_STATUS; c < SHEET_COLUMNS; c++)
        if (*sheet_cell(h, row, (enum sheet_column)c))
            return true;
    return false;
}

static void add_empty(struct sheet *s, const struct sheet_header *h, const struct csv_row *row)
{
    const char *task = sheet_cell(h, row, SHEET_TASK);

    if (!*task)
        return; /* a line of nothing */
    s->empty = xrealloc(s->empty, (s->empty_len + 1) * sizeof *s->empty);
    s->empty[s->empty_len++] = xasprintf("%s %s", task, sheet_cell(h, row, SHEET_PERIOD));
}

/* The row that reports the same task and period already, or 0. */
static bool is_second(const struct sheet *s, const json_t *report)
{
    size_t i;
    const json_t *r;

    json_array_foreach(s->reports, i, r)
    {
        if (json_equal(json_object_get(r, "task"), json_object_get(report, "task")) &&
            json_equal(json_object_get(r, "period"), json_object_get(report, "period")))
            return true;
    }
    return false;
}

static void read_row(struct sheet *s, const struct sheet_header *h, const struct csv_row *row,
                     const char *dir)
{
    size_t before = s->faults_len;

    if (!is_filled(h, row)) {
        add_empty(s, h, row);
        return;
    }
    json_t *report = sheet_row_report(s, h, row, dir);
    if (report && is_second(s, report)) {
        sheet_fault_add(s, h, row, SHEET_TASK, _("a row above reports the same task and period"));
        json_decref(report);
        report = NULL;
    }
    if (report)
        json_array_append_new(s->reports, report);
    s->bad_rows += s->faults_len > before;
}

bool sheet_read(const char *bytes, size_t n, const char *dir, struct sheet **out, struct err *e)
{
    struct buf text = {0};
    struct csv *c = NULL;
    struct sheet_header h;
    bool ok =
        csv_decode(bytes, n, &text, e) && csv_parse(text.data ? text.data : "", text.len, &c, e);

    if (ok && c->n == 0)
        ok = err_set(e, "sheet", _("the sheet is empty"));
    ok = ok && read_header(&c->rows[0], &h, e);
    if (ok) {
        struct sheet *s = xcalloc(1, sizeof *s);
        s->reports = json_array();
        for (size_t i = 1; i < c->n; i++)
            read_row(s, &h, &c->rows[i], dir);
        *out = s;
    }
    csv_free(&c);
    buf_free(&text);
    return ok;
}

void sheet_free(struct sheet **s)
{
    if (!*s)
        return;
    for (size_t i = 0; i < (*s)->faults_len; i++)
        free((*s)->faults[i].text);
    for (size_t i = 0; i < (*s)->empty_len; i++)
        free((*s)->empty[i]);
    free((*s)->faults);
    free((*s)->empty);
    json_decref((*s)->reports);
    free(*s);
    *s = NULL;
}

/* ---- writing -------------------------------------------------------------------------------- */

/* Texts of other people must not run as formulas when the sheet is opened. Columns that are read
 * back never begin like this. */
static void text_cell(struct buf *out, const char *s)
{
    char *safe = s && *s && strchr("=+-@", *s) ? xasprintf("'%s", s) : xstrdup(s ? s : "");

    csv_cell(out, safe, false);
    free(safe);
}

/* "name=value;…" of values, "name >= 5 %;…" of targets. */
static void list_cell(struct buf *out, const json_t *list)
{
    struct buf b = {0};
    size_t i;
    const json_t *v;

    if (json_is_string(list))
        buf_add_str(&b, json_string_value(list));
    json_array_foreach((json_t *)list, i, v)
    {
        const char *op = app_str(v, "op");
        const char *name = app_str(v, "name");
        const char *value = app_str(v, "value");
        const char *unit = app_str(v, "unit");
        buf_addf(&b, "%s%s%s%s%s%s%s", i ? ";" : "", name ? name : "", op ? " " : "", op ? op : "=",
                 op ? " " : "", value ? value : "", unit ? unit : "");
    }
    text_cell(out, b.data);
    buf_free(&b);
}

static void progress_cell(struct buf *out, const json_t *last)
{
    char number[24] = "";

    if (json_is_integer(json_object_get(last, "progress")))
        snprintf(number, sizeof number, "%lld", app_int(last, "progress", 0));
    csv_cell(out, number, false);
}

static void write_item(const json_t *item, struct buf *out)
{
    const json_t *last = json_object_get(item, "last");
    const char *unit_name = app_str(item, "unit_name");
    const char *period = app_str(item, "period");
    const char *status = app_str(last, "status");
    char due[WHEN_SIZE];

    when_text(app_str(item, "due"), due);
    csv_cell(out, app_str(item, "task") ? app_str(item, "task") : "", true);
    csv_cell(out, period ? period : "", false);
    text_cell(out, unit_name ? unit_name : app_str(item, "unit"));
    text_cell(out, app_str(item, "title"));
    csv_cell(out, due, false);
    list_cell(out, json_object_get(item, "targets"));
    text_cell(out, status);
    progress_cell(out, last);
    text_cell(out, app_str(last, "text"));
    list_cell(out, json_object_get(last, "values"));
    for (int c = SHEET_STATUS; c < SHEET_COLUMNS; c++)
        csv_cell(out, "", false);
    csv_end(out);
}

void sheet_write(const json_t *items, struct buf *out)
{
    size_t i;
    const json_t *item;

    for (int c = 0; c < SHEET_COLUMNS; c++)
        csv_cell(out, sheet_heading((enum sheet_column)c), c == 0);
    csv_end(out);
    json_array_foreach((json_t *)items, i, item) write_item(item, out);
}
