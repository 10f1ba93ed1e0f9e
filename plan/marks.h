/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbering at the start of a line: 第一章, 一、, （一）, 1., (1), ①, 1.2, Task 3: … */
#ifndef DUBAN_PLAN_MARKS_H
#define DUBAN_PLAN_MARKS_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/text.h"

/* In the order in which they nest in Chinese official documents (GB/T 9704: 一、（一）1.（1）). */
enum mark_rank {
    MARK_ROOT,
    MARK_ANNEX,   /* 附件1 */
    MARK_PART,    /* 第一篇 */
    MARK_CHAPTER, /* 第一章 */
    MARK_SECTION, /* 第一节 */
    MARK_H1,      /* 一、 */
    MARK_ARTICLE, /* 第一条 */
    MARK_H2,      /* （一） */
    MARK_PLAIN,   /* a heading without a number */
    MARK_A1,      /* 1. */
    MARK_D2,      /* 1.1 */
    MARK_D3,      /* 1.1.1 */
    MARK_A2,      /* (1) */
    MARK_C1,      /* ① */
    MARK_PARA,    /* a paragraph that is an item by its owners only */
    MARK_RANKS
};

struct mark {
    enum mark_rank rank;
    int ord;           /* the number as a value; of 1.2 the last part */
    size_t no_a, no_b; /* the printed number in the folded text */
    bool weak;         /* 6.5G…: may be a quantity, believed only where 6 is expected */
    size_t len;        /* folded bytes up to the text behind it */
};

/* Reads the numbering at f[a..b). False when there is none. */
bool mark_read(const struct text *t, size_t a, size_t b, struct mark *m);

#endif
