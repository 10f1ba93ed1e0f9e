/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 4180 text, as Excel and WPS write and read it. */
#ifndef DUBAN_CLIENT_CSV_H
#define DUBAN_CLIENT_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"

#define CSV_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define CSV_COLUMNS_MAX 256

struct csv_row {
    char **cells; /* owned, NUL-terminated UTF-8 */
    size_t n;
    size_t line; /* row as the spreadsheet numbers it, from 1 */
};

struct csv {
    struct csv_row *rows;
    size_t n;
};

/* Bytes of a sheet as UTF-8 without a byte order mark: BOM or valid UTF-8 as it is, else GB18030.
 * Error "encoding": neither, or UTF-16. */
bool csv_decode(const char *bytes, size_t n, struct buf *utf8, struct err *e);
/* Appends utf8 as GB18030, or as UTF-8 with BOM. Error "encoding". */
bool csv_encode(const char *utf8, size_t n, bool gb18030, struct buf *out, struct err *e);
/* Reads rows; the separator is the comma, or the semicolon or tab when the first line has only
 * those. New csv in *out. Error "csv": a quote that never ends, too many columns; names the row. */
bool csv_parse(const char *utf8, size_t n, struct csv **out, struct err *e);
void csv_free(struct csv **c);
/* Appends one cell, with a comma before it unless first; quoted when needed. */
void csv_cell(struct buf *out, const char *text, bool first);
/* Ends the row: CR LF. */
void csv_end(struct buf *out);

#endif
