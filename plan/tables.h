/* SPDX-License-Identifier: BSD-2-Clause */
/* From tables to items. */
#ifndef DUBAN_PLAN_TABLES_H
#define DUBAN_PLAN_TABLES_H

#include "plan/columns.h"
#include "plan/parse.h"

/* What a row needs to know of the rows above it. */
struct table {
    struct parse *p;
    struct columns columns;
    struct plan_names path;  /* headings above the table */
    const char *caption;     /* its own heading, or NULL */
    const char *group;       /* row that heads the rows below it, or NULL */
    const char *category[2]; /* carried down from merged cells */
    const char *last_no;     /* printed number of the last numbered row */
    const char *last_name;   /* and its name, unit (indicators) */
    const char *last_unit;
    const char *subgroup; /* 环境空气质量 above PM10, PM2.5 … */
    const char *subgroup_unit;
    size_t rows;    /* items given */
    size_t shifted; /* rows whose cells stood beside their columns */
};

/* Adds the items of every table of the document that asks for something. */
void tables_read(struct parse *p);
/* Headings of an item in this table. */
struct plan_names tables_section(const struct table *t);
/* A row of an indicator table with figures (indicators.c). */
void indicators_row(struct table *t, const struct row *r);
/* The cell as a text of its own. */
struct text tables_cell(struct parse *p, const struct cell *c);

#endif
