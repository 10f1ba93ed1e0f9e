/* SPDX-License-Identifier: BSD-2-Clause */
/* The sheet that a clerk fills in Excel or WPS (docs: duban(1), SHEET): columns by name, English or
 * Chinese; what lies right of last_values is the clerk's. */
#ifndef DUBAN_CLIENT_SHEET_H
#define DUBAN_CLIENT_SHEET_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"

enum sheet_column {
    SHEET_TASK,
    SHEET_PERIOD,
    SHEET_UNIT,
    SHEET_TITLE,
    SHEET_DUE,
    SHEET_TARGETS,
    SHEET_LAST_STATUS,
    SHEET_LAST_PROGRESS,
    SHEET_LAST_TEXT,
    SHEET_LAST_VALUES,
    SHEET_STATUS,
    SHEET_PROGRESS,
    SHEET_TEXT,
    SHEET_VALUES,
    SHEET_RISK,
    SHEET_NEXT,
    SHEET_NEXT_BY,
    SHEET_EVIDENCE,
    SHEET_COLUMNS
};

/* A cell that cannot be sent. */
struct sheet_fault {
    size_t row;         /* as the spreadsheet numbers it */
    char cell[8];       /* "K5" */
    const char *column; /* heading as in the sheet's language */
    char *text;         /* owned: what is wrong, translated */
};

struct sheet {
    json_t *reports; /* owned: filled rows without a fault */
    struct sheet_fault *faults;
    size_t faults_len;
    size_t bad_rows; /* filled rows with a fault */
    char **empty;    /* owned: "task period" of rows that were left empty */
    size_t empty_len;
};

/* Reads a sheet. dir: evidence files are relative to it. New sheet in *out, also with faults.
 * Errors: "encoding", "csv", "sheet" (no header, a needed column missing or twice). */
bool sheet_read(const char *bytes, size_t n, const char *dir, struct sheet **out, struct err *e);
void sheet_free(struct sheet **s);
/* Appends the sheet of these items (of GET /v1/due) as UTF-8 text without a byte order mark. */
void sheet_write(const json_t *items, struct buf *out);
/* Heading of a column in the language of the messages. */
const char *sheet_heading(enum sheet_column c);
/* "A" for column 0, "AA" for 26, and the row behind it. */
void sheet_cell_name(size_t column, size_t row, char out[8]);

#endif
