/* SPDX-License-Identifier: BSD-2-Clause */
/* A cell never becomes a formula: in XLSX every text is stored as a string; in CSV a text that a
 * spreadsheet would calculate gets an apostrophe before it. */
#include "client/export.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "client/csv.h"
#include "common/buf.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/instant.h"
#include "common/mem.h"
#include "common/utf8.h"

#define XLSX_MAX ((size_t)1 << 30)
#define WIDTH_MIN 8
#define WIDTH_MAX 60

static bool is_formula(enum export_kind kind, const char *text)
{
    return kind == EXPORT_TEXT && text[0] != '\0' && strchr("=+-@\t", text[0]) != NULL;
}

static void csv_text(const struct export_table *t, struct buf *out)
{
    for (size_t c = 0; c < t->columns_len; c++)
        csv_cell(out, t->columns[c].title, c == 0);
    csv_end(out);
    for (size_t r = 0; r < t->rows; r++) {
        for (size_t c = 0; c < t->columns_len; c++) {
            char *text = t->cell(t->arg, r, c);
            char *safe =
                text && is_formula(t->columns[c].kind, text) ? xasprintf("'%s", text) : NULL;
            csv_cell(out, safe ? safe : text ? text : "", c == 0);
            free(safe);
            free(text);
        }
        csv_end(out);
    }
}

bool export_csv(const struct export_table *t, const char *path, bool gb18030, struct err *e)
{
    struct buf text = {0}, bytes = {0};
    bool to_terminal = strcmp(path, "-") == 0;
    bool ok = true;

    csv_text(t, &text);
    /* app_flush says when standard output took less */
    if (to_terminal && !gb18030)
        fwrite(text.data, 1, text.len, stdout);
    else if ((ok = csv_encode(text.data, text.len, gb18030, &bytes, e)) && to_terminal)
        fwrite(bytes.data, 1, bytes.len, stdout);
    else if (ok)
        ok = file_write(path, bytes.data, bytes.len, 0644, e);
    buf_free(&text);
    buf_free(&bytes);
    return ok;
}

/* ---- XLSX ----------------------------------------------------------------------------------- */

struct sheet {
    lxw_workbook *book;
    lxw_worksheet *sheet;
    lxw_format *head, *date, *instant, *wrap;
    size_t *width; /* columns of text of the widest cell */
};

static void formats(struct sheet *s)
{
    s->head = workbook_add_format(s->book);
    format_set_bold(s->head);
    format_set_bg_color(s->head, 0xE8EEF4);
    s->date = workbook_add_format(s->book);
    format_set_num_format(s->date, "yyyy-mm-dd");
    s->instant = workbook_add_format(s->book);
    format_set_num_format(s->instant, "yyyy-mm-dd hh:mm");
    s->wrap = workbook_add_format(s->book);
    format_set_text_wrap(s->wrap);
    format_set_align(s->wrap, LXW_ALIGN_VERTICAL_TOP);
}

static bool put_date(struct sheet *s, lxw_row_t r, lxw_col_t c, const char *text)
{
    lxw_datetime d = {0};

    if (!date_valid(text) || sscanf(text, "%d-%d-%d", &d.year, &d.month, &d.day) != 3)
        return false;
    return worksheet_write_datetime(s->sheet, r, c, &d, s->date) == LXW_NO_ERROR;
}

static bool put_instant(struct sheet *s, lxw_row_t r, lxw_col_t c, const char *text)
{
    int64_t us;
    struct tm tm;

    if (!instant_parse(text, &us))
        return false;
    time_t t = (time_t)(us / 1000000);
    localtime_r(&t, &tm);
    lxw_datetime d = {.year = tm.tm_year + 1900,
                      .month = tm.tm_mon + 1,
                      .day = tm.tm_mday,
                      .hour = tm.tm_hour,
                      .min = tm.tm_min,
                      .sec = tm.tm_sec};
    return worksheet_write_datetime(s->sheet, r, c, &d, s->instant) == LXW_NO_ERROR;
}

static bool put_number(struct sheet *s, lxw_row_t r, lxw_col_t c, const char *text)
{
    char *end;
    double v = strtod(text, &end);

    return *end == '\0' && worksheet_write_number(s->sheet, r, c, v, NULL) == LXW_NO_ERROR;
}

/* What is not of its kind after all is written as the text that it is. */
static void put(struct sheet *s, enum export_kind kind, lxw_row_t r, lxw_col_t c, const char *text)
{
    size_t width = kind == EXPORT_INSTANT ? 16 : utf8_width(text);

    if (width > s->width[c])
        s->width[c] = width;
    if ((kind == EXPORT_DATE && put_date(s, r, c, text)) ||
        (kind == EXPORT_INSTANT && put_instant(s, r, c, text)) ||
        (kind == EXPORT_NUMBER && put_number(s, r, c, text)))
        return;
    worksheet_write_string(s->sheet, r, c, text, width > WIDTH_MAX ? s->wrap : NULL);
}

static void fill(struct sheet *s, const struct export_table *t)
{
    for (size_t c = 0; c < t->columns_len; c++) {
        worksheet_write_string(s->sheet, 0, (lxw_col_t)c, t->columns[c].title, s->head);
        s->width[c] = utf8_width(t->columns[c].title) + 3; /* room for the filter's arrow */
    }
    for (size_t r = 0; r < t->rows; r++)
        for (size_t c = 0; c < t->columns_len; c++) {
            char *text = t->cell(t->arg, r, c);
            if (text && text[0] != '\0')
                put(s, t->columns[c].kind, (lxw_row_t)(r + 1), (lxw_col_t)c, text);
            free(text);
        }
    for (size_t c = 0; c < t->columns_len; c++) {
        size_t w = s->width[c] < WIDTH_MIN ? WIDTH_MIN : s->width[c];
        worksheet_set_column(s->sheet, (lxw_col_t)c, (lxw_col_t)c,
                             (double)(w > WIDTH_MAX ? WIDTH_MAX : w) + 1, NULL);
    }
    worksheet_freeze_panes(s->sheet, 1, 0);
    worksheet_autofilter(s->sheet, 0, 0, (lxw_row_t)t->rows, (lxw_col_t)(t->columns_len - 1));
}

/* The library writes into memory, so that a path that cannot be written is told by file_write and
 * not by the library's own words on standard error. */
static bool make_xlsx(const struct export_table *t, const char *memory, const char *sheet,
                      lxw_error *why)
{
    struct sheet s = {.book = workbook_new(memory)};

    s.width = xcalloc(t->columns_len, sizeof *s.width);
    if (s.book)
        s.sheet = workbook_add_worksheet(s.book, sheet);
    if (s.sheet) {
        formats(&s);
        fill(&s, t);
    }
    *why = s.book ? workbook_close(s.book) : LXW_ERROR_MEMORY_MALLOC_FAILED;
    free(s.width);
    return s.sheet && *why == LXW_NO_ERROR;
}

bool export_xlsx(const struct export_table *t, const char *path, const char *sheet, struct err *e)
{
    int fd = memfd_create("duban.xlsx", MFD_CLOEXEC);
    char *memory = xasprintf("/proc/self/fd/%d", fd);
    lxw_error why = LXW_NO_ERROR;
    struct buf bytes = {0};
    bool ok = fd >= 0 && make_xlsx(t, memory, sheet, &why);

    if (!ok)
        err_set(e, "file", _("%s cannot be written: %s"), path,
                fd < 0 ? strerror(errno) : lxw_strerror(why));
    ok = ok && file_read(memory, XLSX_MAX, &bytes, e) &&
         file_write(path, bytes.data, bytes.len, 0644, e);
    buf_free(&bytes);
    free(memory);
    if (fd >= 0)
        close(fd);
    return ok;
}
