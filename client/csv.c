/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 4180 text. Sheets come back from many programs: each line ending, both Chinese encodings, and
 * the other separators that a spreadsheet may choose are read; one form is written. */
#include "client/csv.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/mem.h"
#include "common/utf8.h"

static const char BOM[] = "\xEF\xBB\xBF";

static bool convert(const char *to, const char *from, const char *in, size_t n, struct buf *out)
{
    iconv_t cd = iconv_open(to, from);
    char *p = (char *)in;
    bool ok = cd != (iconv_t)-1;

    while (ok && n > 0) {
        char *room = buf_reserve(out, 4096);
        size_t left = 4096;
        char *to_p = room;
        if (!room)
            break;
        size_t r = iconv(cd, &p, &n, &to_p, &left);
        out->len += 4096 - left;
        out->data[out->len] = '\0';
        ok = r != (size_t)-1 || (errno == E2BIG && left < 4096);
    }
    if (cd != (iconv_t)-1)
        iconv_close(cd);
    return ok && n == 0;
}

bool csv_decode(const char *bytes, size_t n, struct buf *utf8, struct err *e)
{
    utf8->limit = 3 * CSV_BYTES_MAX;
    if (n >= 3 && memcmp(bytes, BOM, 3) == 0) {
        if (utf8_valid(bytes + 3, n - 3))
            return buf_add(utf8, bytes + 3, n - 3);
        return err_set(e, "encoding",
                       _("the sheet begins like UTF-8 but is not; save it again as "
                         "“CSV UTF-8”"));
    }
    if (memchr(bytes, '\0', n))
        return err_set(e, "encoding",
                       _("the sheet is not a CSV file (UTF-16 or a workbook?); save it as “CSV "
                         "UTF-8” or as CSV"));
    if (utf8_valid(bytes, n))
        return buf_add(utf8, bytes, n);
    if (convert("UTF-8", "GB18030", bytes, n, utf8) && utf8_valid(utf8->data, utf8->len))
        return true;
    return err_set(e, "encoding",
                   _("the sheet is neither UTF-8 nor GB18030; save it as “CSV UTF-8”"));
}

bool csv_encode(const char *utf8, size_t n, bool gb18030, struct buf *out, struct err *e)
{
    if (!gb18030)
        return buf_add(out, BOM, 3) && buf_add(out, utf8, n);
    return convert("GB18030", "UTF-8", utf8, n, out) ||
           err_set(e, "encoding", _("a text cannot be written in GB18030; leave --encoding out"));
}

/* ---- reading -------------------------------------------------------------------------------- */

struct reader {
    const char *p, *end;
    char separator;
    size_t row;
    struct buf cell;
};

static char find_separator(const char *p, const char *end)
{
    char found = ',';

    for (; p < end && *p != '\n' && *p != '\r'; p++) {
        if (*p == ',')
            return ',';
        if ((*p == ';' || *p == '\t') && found == ',')
            found = *p;
    }
    return found;
}

/* A quoted part; p is behind the opening quote. */
static bool read_quoted(struct reader *r, struct err *e)
{
    while (r->p < r->end) {
        if (*r->p == '"') {
            if (r->p + 1 >= r->end || r->p[1] != '"') {
                r->p++;
                return true;
            }
            r->p++;
        }
        buf_add(&r->cell, r->p++, 1);
    }
    return err_set(e, "csv", _("row %zu: a quotation mark is never closed"), r->row);
}

static bool read_cell(struct reader *r, struct err *e)
{
    buf_clear(&r->cell);
    buf_add(&r->cell, "", 0);
    if (r->p < r->end && *r->p == '"') {
        r->p++;
        if (!read_quoted(r, e))
            return false;
    }
    while (r->p < r->end && *r->p != r->separator && *r->p != '\n' && *r->p != '\r')
        buf_add(&r->cell, r->p++, 1);
    return true;
}

static void add_cell(struct csv_row *row, const struct buf *cell)
{
    row->cells = xrealloc(row->cells, (row->n + 1) * sizeof *row->cells);
    row->cells[row->n++] = xstrndup(cell->data ? cell->data : "", cell->len);
}

static void free_row(struct csv_row *row)
{
    for (size_t i = 0; i < row->n; i++)
        free(row->cells[i]);
    free(row->cells);
}

static bool read_row(struct reader *r, struct csv_row *row, struct err *e)
{
    memset(row, 0, sizeof *row);
    row->line = r->row;
    for (;;) {
        if (!read_cell(r, e))
            return false;
        if (row->n == CSV_COLUMNS_MAX)
            return err_set(e, "csv", _("row %zu has more than %d columns"), r->row,
                           CSV_COLUMNS_MAX);
        add_cell(row, &r->cell);
        if (r->p >= r->end || *r->p != r->separator)
            break;
        r->p++;
    }
    if (r->p < r->end && *r->p == '\r')
        r->p++;
    if (r->p < r->end && *r->p == '\n')
        r->p++;
    return true;
}

bool csv_parse(const char *utf8, size_t n, struct csv **out, struct err *e)
{
    struct reader r = {.p = utf8, .end = utf8 + n, .row = 1};
    struct csv *c = xcalloc(1, sizeof *c);
    bool ok = true;

    r.separator = find_separator(r.p, r.end);
    for (; ok && r.p < r.end; r.row++) {
        struct csv_row row;
        ok = read_row(&r, &row, e);
        if (!ok) {
            free_row(&row);
            break;
        }
        c->rows = xrealloc(c->rows, (c->n + 1) * sizeof *c->rows);
        c->rows[c->n++] = row;
    }
    buf_free(&r.cell);
    if (ok)
        *out = c;
    else
        csv_free(&c);
    return ok;
}

void csv_free(struct csv **c)
{
    if (!*c)
        return;
    for (size_t i = 0; i < (*c)->n; i++)
        free_row(&(*c)->rows[i]);
    free((*c)->rows);
    free(*c);
    *c = NULL;
}

/* ---- writing -------------------------------------------------------------------------------- */

void csv_cell(struct buf *out, const char *text, bool first)
{
    size_t n = strlen(text);
    bool quote = strpbrk(text, ",\"\r\n;\t") || (n && (text[0] == ' ' || text[n - 1] == ' '));

    if (!first)
        buf_add_str(out, ",");
    if (!quote) {
        buf_add(out, text, n);
        return;
    }
    buf_add_str(out, "\"");
    for (; *text; text++)
        buf_add(out, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
    buf_add_str(out, "\"");
}

void csv_end(struct buf *out)
{
    buf_add_str(out, "\r\n");
}
