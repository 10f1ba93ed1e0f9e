/* SPDX-License-Identifier: BSD-2-Clause */
/* A document as lines: what each line is, before anything is understood. */
#ifndef DUBAN_PLAN_LAYOUTS_H
#define DUBAN_PLAN_LAYOUTS_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/pool.h"
#include "plan/text.h"

enum line_kind {
    LINE_BLANK,
    LINE_RULE,  /* ---, page numbers */
    LINE_TABLE, /* cells between | or tabs */
    LINE_TEXT
};

struct line {
    enum line_kind kind;
    size_t a, b;  /* in the folded text; without blanks, Markdown and list marks */
    size_t no;    /* printed line, from 1 */
    bool heading; /* had a Markdown # */
    bool tabs;    /* LINE_TABLE: cells between tabs */
};

struct layout {
    struct line *lines;
    size_t n, cap;
    size_t wrap; /* columns at which running text was broken into lines; 0 = not */
    bool dense;  /* numbering inside long lines begins a line of its own */
};

/* Cuts the text into lines and classifies them; lines that hold several numbered items are cut
 * before each of them. */
void layout_read(struct plan_pool *p, const struct text *t, struct layout *out);

/* Columns that a line takes: Chinese characters are two wide. */
size_t layout_width(const struct text *t, const struct line *l);

#endif
