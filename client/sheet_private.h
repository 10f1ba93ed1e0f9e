/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the reader (sheet.c) and its cells (sheet_cells.c). */
#ifndef DUBAN_CLIENT_SHEET_PRIVATE_H
#define DUBAN_CLIENT_SHEET_PRIVATE_H

#include "client/csv.h"
#include "client/sheet.h"

/* Where each column is in this file; SIZE_MAX = absent. */
struct sheet_header {
    size_t at[SHEET_COLUMNS];
};

/* The trimmed cell, "" when absent; valid until the row changes. */
const char *sheet_cell(const struct sheet_header *h, const struct csv_row *row,
                       enum sheet_column c);
/* Notes a fault of a cell. */
void sheet_fault_add(struct sheet *s, const struct sheet_header *h, const struct csv_row *row,
                     enum sheet_column c, const char *text);
/* Turns a filled row into a report; NULL when a cell is bad (all bad ones are noted). */
json_t *sheet_row_report(struct sheet *s, const struct sheet_header *h, const struct csv_row *row,
                         const char *dir);

#endif
