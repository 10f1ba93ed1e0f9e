/* SPDX-License-Identifier: BSD-2-Clause */
/* A table in a file: CSV for programs, XLSX for Excel and WPS. */
#ifndef DUBAN_CLIENT_EXPORT_H
#define DUBAN_CLIENT_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

enum export_kind {
    EXPORT_TEXT,    /* also numbers of tasks: "15-10" must not become a date */
    EXPORT_NUMBER,  /* decimal text; "" leaves the cell empty */
    EXPORT_DATE,    /* YYYY-MM-DD */
    EXPORT_INSTANT, /* RFC 3339: local time of the process in XLSX */
};

struct export_column {
    const char *title;
    enum export_kind kind;
};

/* The text of a cell, a new string that the caller frees; NULL or "" for an empty one. */
typedef char *export_cell_fn(void *arg, size_t row, size_t column);

struct export_table {
    const struct export_column *columns;
    size_t columns_len, rows;
    export_cell_fn *cell;
    void *arg;
};

/* Writes RFC 4180, as UTF-8 with byte order mark or GB18030, to path, or to standard output for "-"
 * (without the mark). Errors: those of file_write(), "encoding". */
bool export_csv(const struct export_table *t, const char *path, bool gb18030, struct err *e);
/* Writes a workbook with one sheet: the first row stays in sight and filters; dates and numbers are
 * real ones. The file is replaced as a whole. Error "file". */
bool export_xlsx(const struct export_table *t, const char *path, const char *sheet, struct err *e);

#endif
