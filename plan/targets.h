/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers that a text asks for: 增长7%以上, 新建5G基站3000个, 控制在80个工作日内. */
#ifndef DUBAN_PLAN_TARGETS_H
#define DUBAN_PLAN_TARGETS_H

#include <stddef.h>

#include "plan/plan.h"
#include "plan/pool.h"
#include "plan/text.h"

#define TARGETS_MAX 64 /* of one item */

/* Finds the targets in f[a..b); array in the pool, *n its length. */
struct plan_target *targets_find(struct plan_pool *p, const struct text *t, size_t a, size_t b,
                                 size_t *n);
/* Reads a figure of a table cell: "< 4", "[9.9]", "8左右", "1,123.5". op, value, cumulative, approx
 * and raw are set; value stays NULL when the cell holds no number. */
void targets_figure(struct plan_pool *p, const struct text *t, size_t a, size_t b,
                    struct plan_figure *out);
/* A decimal number at f[i..b) without its thousands commas, into out: its length in the text. */
size_t targets_number(const struct text *t, size_t i, size_t b, char *out, size_t size);
/* Length of a unit of measure at f[i..b), or 0. */
size_t targets_unit(const struct text *t, size_t i, size_t b);

#endif
