/* SPDX-License-Identifier: BSD-2-Clause */
/* The plan importer: from the bytes of a published plan to its items. A pure function: no file, no
 * clock, no global. The text is a stranger's: it may hold anything, and whatever it holds gives
 * either a plan (perhaps empty, with warnings) or an error, in time about linear in its length. */
#ifndef DUBAN_PLAN_H
#define DUBAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

#define PLAN_TEXT_MAX ((size_t)4 * 1024 * 1024)
#define PLAN_DATE_SIZE 11 /* "YYYY-MM-DD" and NUL; "" = none */

enum plan_kind { PLAN_TASK, PLAN_INDICATOR };

struct plan_names {
    char **v;
    size_t n;
};

/* op: "=", ">=", ">", "<=", "<", "~" (about), "range" (value is "2-3"). */
struct plan_target {
    const char *name;
    const char *op;
    const char *value; /* decimal text, except for "range" */
    const char *unit;  /* NULL when none is printed */
};

/* A cell of an indicator table: as printed, and its number when it holds one. */
struct plan_figure {
    int year;          /* 0 = not a year's figure */
    const char *raw;   /* NULL = empty cell */
    const char *value; /* decimal text or NULL */
    const char *op;    /* as in plan_target */
    bool cumulative;   /* printed in [ ]: over the whole period */
    bool approx;       /* 左右, about */
};

struct plan_item {
    enum plan_kind kind;
    const char *no;               /* as printed; NULL for an unnumbered row */
    const char *number;           /* unique in the plan: the task is <handle>/<number> */
    struct plan_names section;    /* headings above it, outermost first */
    const char *title;            /* lead-in sentence, name of an indicator; NULL when none */
    const char *text;             /* without owner brackets and layout breaks */
    struct plan_names leaders;    /* supervising leaders */
    struct plan_names lead_units; /* the first is accountable, the others are co-leads */
    struct plan_names units;      /* participants */
    bool lead_assumed;            /* no lead is named: the responsible units were taken as leads */
    const char *deadline_raw;     /* as printed, NULL when none */
    char deadline[PLAN_DATE_SIZE];
    const char
        *deadline_source; /* "bracket", "line", "column", "text", "text+plan year"; or NULL */
    bool continuous;      /* said to go on without end */
    struct plan_target *targets;
    size_t targets_len;
    const char *parent; /* printed number of the item that it is a part of, or NULL */
    /* rows of an indicator table only */
    bool has_figures;
    struct plan_figure baseline, target, annual;
    const char *nature, *category, *unit;
    size_t line; /* where it begins, from 1 */
};

struct plan_warning {
    size_t line; /* 0 = the plan as a whole */
    const char *code;
    const char *message; /* translated */
};

struct plan {
    const char *title, *number, *issuer;           /* NULL when not found */
    char issued[PLAN_DATE_SIZE];                   /* date of issue */
    char from[PLAN_DATE_SIZE], to[PLAN_DATE_SIZE]; /* period by title or text */
    struct plan_item *items;
    size_t items_len;
    struct plan_warning *warnings; /* by line */
    size_t warnings_len;
    struct plan_pool *pool; /* owns every string and array above */
};

/* Reads a plan from UTF-8 (with or without a byte order mark) or GB18030. New plan, freed by
 * plan_free(); NULL with *e filled: "plan-size" (over PLAN_TEXT_MAX), "plan-encoding". */
struct plan *plan_parse(const char *text, size_t len, struct err *e);
void plan_free(struct plan **p);

/* One line per code, most frequent first: "code × count (lines 3, 17, 20 …): first message".
 * Appends the lines to a new string that the caller frees; "" without warnings. */
char *plan_warnings_grouped(const struct plan *p);

/* Writes the digits of a printed number into out: the <number> of "Task = <handle>/<number>" in
 * docs/statements.md before it is made unique ("6.(1)" gives "6.1", "第三条" "3"). False when
 * nothing is left or it does not fit. */
bool plan_number_normalise(const char *printed, char *out, size_t size);

#endif
