/* SPDX-License-Identifier: BSD-2-Clause */
/* What the steps of one parse share. plan.c makes it; each step fills its part:
 * layouts → segments → tables, items → checks. */
#ifndef DUBAN_PLAN_PARSE_H
#define DUBAN_PLAN_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/dates.h"
#include "plan/layouts.h"
#include "plan/marks.h"
#include "plan/names.h"
#include "plan/owners.h"
#include "plan/plan.h"
#include "plan/pool.h"
#include "plan/text.h"

#define PARSE_NONE ((size_t)-1)

enum segment_role { SEGMENT_SECTION, SEGMENT_ITEM, SEGMENT_INNER, SEGMENT_DROPPED };

/* A numbered (or headed) part of the running text, up to the next one. */
struct segment {
    enum mark_rank rank;
    int ord;
    size_t no_a, no_b;  /* printed number in the document */
    size_t first, last; /* lines of the layout */
    size_t text_a;      /* behind the number, in the first line */
    size_t parent;      /* segment; PARSE_NONE */
    size_t children;
    bool owned;                /* its own text names owners */
    bool by_sentence;          /* only in a sentence, as any text may */
    struct plan_names leaders; /* a heading's, for the items below it */
    enum segment_role role;
};

/* Lines of one table and the heading above it. */
struct table_place {
    size_t first, last; /* lines */
    size_t section;     /* segment; PARSE_NONE */
};

struct parse {
    struct plan_pool *pool;
    struct plan *plan;
    struct text doc;
    struct layout layout;
    size_t *line_segment; /* of each line: its segment or PARSE_NONE */
    struct segment *segments;
    size_t segments_len, segments_cap;
    struct table_place *tables;
    size_t tables_len, tables_cap;
    size_t items_cap, warnings_cap;
    struct date from, to; /* the plan's period */
    int year;             /* of the plan when it has only one, else 0 */
    bool first_leads;     /* the plan says: the first responsible unit leads */
    bool leads_named;     /* some item names a lead as such */
    bool owned;           /* some item has owners */
};

/* Adds a warning; text is pool memory or static. */
void parse_warn(struct parse *p, size_t line, const char *code, const char *message);
/* Appends a zeroed item and returns it (valid until the next call). */
struct plan_item *parse_item(struct parse *p);
/* Gives an item the owners, settled, and its deadline by their field or by its text. */
void parse_set_owners(struct parse *p, struct plan_item *item, struct owners *o,
                      const struct text *clean);
/* The text without the cuts and the line breaks. */
struct text parse_clean(struct parse *p, const struct text *t, const struct owners_cuts *cuts);
/* Title (lead-in sentence), text and targets of an item from its cleaned text. */
void parse_set_text(struct parse *p, struct plan_item *item, const struct text *clean);

#endif
