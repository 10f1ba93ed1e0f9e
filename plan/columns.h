/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of a table as cells, and what its columns are by their heads. */
#ifndef DUBAN_PLAN_COLUMNS_H
#define DUBAN_PLAN_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/labels.h"
#include "plan/parse.h"

#define COLUMNS_MAX 40

struct cell {
    size_t a, b; /* in the document; trimmed */
};

struct row {
    struct cell cells[COLUMNS_MAX];
    size_t n;      /* cells */
    size_t filled; /* cells that hold something */
    size_t line;   /* printed line */
};

struct columns {
    enum label_role role[COLUMNS_MAX];
    int year[COLUMNS_MAX]; /* a column of figures of that year */
    size_t n;
    bool known;     /* a head was found */
    bool indicator; /* rows are indicators */
    bool figures;   /* has columns of figures */
    bool owners;    /* has a column of units */
    bool results;   /* reports what was reached: nothing to import */
};

/* Reads one line of a table into cells. False for rules (|---|) and empty rows. */
bool columns_row(const struct parse *p, size_t line, struct row *out);
/* Reads a row as the head of a table. False when it is none. */
bool columns_head(const struct parse *p, const struct row *r, struct columns *out);
/* Merges a second row of heads (years below 规划目标) into the first; false when it is none. */
bool columns_second(const struct parse *p, const struct row *r, struct columns *c);
/* Columns of the table in lines first..last by what stands in them, where no head was found. */
bool columns_guess(const struct parse *p, size_t first, size_t last, struct columns *out);
/* Index of the first column of this role, or PARSE_NONE. */
size_t columns_find(const struct columns *c, enum label_role role);
/* Settles what depends on the other columns. Call once, when all heads are read. */
void columns_settle(struct columns *c, const struct parse *p, const struct row *head);
/* Is the cell a number of a row: 1, 15-1, (3), 2.1, C01, 三? */
bool columns_is_number(const struct parse *p, const struct cell *c);

#endif
