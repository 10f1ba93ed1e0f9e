/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of the plan importer share: parse a text, show an item as one line. */
#ifndef DUBAN_TESTS_PLAN_UNIT_H
#define DUBAN_TESTS_PLAN_UNIT_H

#include "unit.h"

#include "common/buf.h"
#include "plan/plan.h"

static inline struct plan *plan_of(const char *text)
{
    struct err e = {{0}, {0}};
    struct plan *p = plan_parse(text, strlen(text), &e);

    if (p == NULL)
        fail_msg("%s: %s", e.code, e.text);
    return p;
}

static inline void add_plan_names(struct buf *out, const struct plan_names *n)
{
    buf_add_str(out, " | ");
    for (size_t k = 0; k < n->n; k++)
        buf_addf(out, "%s%s", k > 0 ? "," : "", n->v[k]);
}

/* "number | text | leaders | leads | units | deadline"; ∞ for continuous. */
static inline void assert_item(const struct plan *p, size_t k, const char *wanted)
{
    const struct plan_item *item;
    struct buf out = {0};

    if (k >= p->items_len)
        fail_msg("only %zu items; wanted %s", p->items_len, wanted);
    item = &p->items[k];
    buf_addf(&out, "%s | %s", item->number, item->text);
    add_plan_names(&out, &item->leaders);
    add_plan_names(&out, &item->lead_units);
    add_plan_names(&out, &item->units);
    buf_addf(&out, " | %s%s", item->deadline, item->continuous ? "∞" : "");
    assert_string_equal(out.data, wanted);
    buf_free(&out);
}

static inline void assert_section(const struct plan *p, size_t k, const char *wanted)
{
    struct buf out = {0};

    assert_true(k < p->items_len);
    add_plan_names(&out, &p->items[k].section);
    assert_string_equal(out.data + 3, wanted);
    buf_free(&out);
}

/* Number of warnings with this code. */
static inline size_t count_warnings(const struct plan *p, const char *code)
{
    size_t n = 0;

    for (size_t k = 0; k < p->warnings_len; k++)
        n += strcmp(p->warnings[k].code, code) == 0;
    return n;
}

#endif
