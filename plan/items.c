/* SPDX-License-Identifier: BSD-2-Clause */
/* From segments to items; see items.h. What an item is follows from the document itself: the rank
 * of numbering that mostly carries owners; where nobody is named, the rank that official documents
 * use for single measures. */
#include "plan/items.h"

#include <stdlib.h>
#include <string.h>

#include "plan/segments.h"
#include "plan/targets.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TITLE_CHARS 40 /* of a lead-in sentence */

struct ranks {
    size_t all[MARK_RANKS], owned[MARK_RANKS];
    enum mark_rank main;
};

/* …督查室负责跟踪督办 in the covering letter makes no item of it: a rank that seldom names owners,
 * and then only in passing, names none. */
static void drop_passing(struct parse *p, const struct ranks *r, bool have_tables)
{
    for (size_t s = 0; s < p->segments_len; s++) {
        struct segment *g = &p->segments[s];
        if (g->by_sentence &&
            (have_tables || (g->rank != r->main && r->owned[g->rank] * 3 < r->all[g->rank])))
            g->owned = false;
    }
}

static enum mark_rank rank_without_owners(const struct ranks *r)
{
    static const struct {
        enum mark_rank rank;
        size_t least;
    } order[] = {{MARK_D2, 3}, {MARK_A1, 3}, {MARK_H2, 3}, {MARK_ARTICLE, 3},
                 {MARK_A2, 3}, {MARK_H1, 2}, {MARK_A1, 1}, {MARK_H2, 1}};

    for (size_t k = 0; k < COUNT(order); k++)
        if (r->all[order[k].rank] >= order[k].least)
            return order[k].rank;
    return MARK_RANKS;
}

static void count_ranks(const struct parse *p, struct ranks *r)
{
    memset(r, 0, sizeof(*r));
    r->main = MARK_RANKS;
    for (size_t s = 0; s < p->segments_len; s++) {
        r->all[p->segments[s].rank]++;
        r->owned[p->segments[s].rank] += p->segments[s].owned;
    }
    if (!p->owned) {
        r->main = rank_without_owners(r);
        return;
    }
    for (int k = MARK_PART; k < MARK_PARA; k++)
        if (k != MARK_PLAIN && r->owned[k] > 0 &&
            (r->main == MARK_RANKS || r->owned[k] > r->owned[r->main]))
            r->main = (enum mark_rank)k;
}

static size_t outermost(const struct parse *p, size_t s)
{
    while (p->segments[s].parent != PARSE_NONE &&
           p->segments[p->segments[s].parent].rank > MARK_ANNEX)
        s = p->segments[s].parent;
    return s;
}

/* Chapters that say how, not what: nobody is asked for a report on them. */
static bool is_frame(struct parse *p, size_t s)
{
    static const char *const words[] = {"总体要求", "总体思路", "指导思想", "基本原则", "保障措施",
                                        "组织保障", "工作要求", "组织实施", "有关要求", "工作机制",
                                        "组织领导", "总体目标", "工作目标", "主要目标"};
    const struct line *l = &p->layout.lines[p->segments[s].first];

    for (size_t k = 0; k < COUNT(words); k++)
        if (text_find(&p->doc, l->a, l->b, words[k]) < l->b)
            return true;
    return false;
}

/* Per outermost section: does anything in it name owners? */
static bool *owned_sections(const struct parse *p)
{
    bool *owned = pool_alloc(p->pool, (p->segments_len + 1) * sizeof(*owned));

    for (size_t s = 0; s < p->segments_len; s++)
        if (p->segments[s].owned)
            owned[outermost(p, s)] = true;
    return owned;
}

/* Numbered paragraphs of a covering letter, before the numbering of the plan itself begins. */
static size_t preamble_end(const struct parse *p, enum mark_rank main)
{
    size_t end = 0, first = PARSE_NONE;

    for (size_t s = 0; s < p->segments_len; s++) {
        const struct segment *g = &p->segments[s];
        if (g->rank == main && first == PARSE_NONE)
            first = s;
        else if (g->rank == main && g->ord == 1 && g->parent == p->segments[first].parent)
            end = s;
        if (g->owned)
            break;
    }
    return end;
}

static bool has_owned_below(const struct parse *p, size_t s)
{
    for (size_t k = s + 1; k < p->segments_len && p->segments[k].rank > p->segments[s].rank; k++)
        if (p->segments[k].owned)
            return true;
    return false;
}

/* An item of the main rank that names nobody: a parent, or one that was left without. */
static bool is_unowned_item(struct parse *p, size_t s, const bool *sections)
{
    const struct segment *g = &p->segments[s];
    const struct line *l = &p->layout.lines[g->first];
    size_t top = outermost(p, s);

    if (!p->owned)
        return true;
    if (!sections[top] && is_frame(p, top))
        return false;
    if (g->rank <= MARK_H2 && is_frame(p, s))
        return false;
    if (g->rank <= MARK_H2 && !text_sentence_end(&p->doc, l->b) && g->children > 0)
        return !has_owned_below(p, s) && g->rank == MARK_H2;
    return true;
}

static void choose_roles(struct parse *p, const struct ranks *r)
{
    bool *sections = owned_sections(p);
    size_t preamble = p->owned ? preamble_end(p, r->main) : 0;
    enum mark_rank deepest = MARK_PLAIN; /* of the item that a segment would be inside of */
    bool inside = false;

    for (size_t s = 0; s < p->segments_len; s++) {
        struct segment *g = &p->segments[s];
        if (g->role == SEGMENT_DROPPED)
            continue;
        if (inside && g->rank <= deepest)
            inside = false;
        if (g->owned || (g->rank == r->main && s >= preamble && is_unowned_item(p, s, sections))) {
            g->role = SEGMENT_ITEM;
            inside = true;
            deepest = g->rank;
        } else if (inside) {
            g->role = SEGMENT_INNER;
        } else if (g->parent != PARSE_NONE && p->segments[g->parent].role == SEGMENT_ITEM) {
            /* (2) beside an owned (1): an item without owners */
            g->role = SEGMENT_ITEM;
            inside = true;
            deepest = g->rank;
        } else {
            g->role = g->rank >= MARK_A1 ? SEGMENT_DROPPED : SEGMENT_SECTION;
        }
    }
}

static const char *printed_no(struct parse *p, size_t s, const char **parent)
{
    const struct segment *g = &p->segments[s];
    const char *no;

    *parent = NULL;
    if (g->no_a == g->no_b)
        return NULL;
    no = text_printed(p->pool, &p->doc, g->no_a, g->no_b);
    for (size_t k = g->parent; k != PARSE_NONE; k = p->segments[k].parent)
        if (p->segments[k].role == SEGMENT_ITEM && p->segments[k].no_a < p->segments[k].no_b) {
            const char *unused;
            *parent = printed_no(p, k, &unused);
            /* (1) under 6 is 6.(1), 1 under （一） is （一）1; 1.1 under 1 says so itself */
            if (g->rank == MARK_D2 || g->rank == MARK_D3 || p->segments[k].rank == MARK_H1)
                return no;
            return pool_printf(p->pool, "%s%s%s", *parent, g->rank >= MARK_A2 ? "." : "", no);
        }
    return no;
}

/* End of the segments whose lines belong to item s: up to the next item, section or drop. */
static size_t item_end(const struct parse *p, size_t s)
{
    size_t e = s + 1;

    while (e < p->segments_len && p->segments[e].role == SEGMENT_INNER)
        e++;
    return e;
}

/* Leaders named in a heading (一、…（牵头领导：…）) lead all items below it. */
static void inherit_leaders(struct parse *p, size_t s, struct owners *o)
{
    for (size_t k = p->segments[s].parent; k != PARSE_NONE && o->leaders.list.n == 0;
         k = p->segments[k].parent)
        for (size_t n = 0; n < p->segments[k].leaders.n; n++)
            names_add_string(p->pool, &o->leaders, p->segments[k].leaders.v[n]);
}

/* A plan may print its tasks twice, in its text and in its tables: they are imported once. */
static bool in_tables(const struct parse *p, const char *text, size_t from_tables)
{
    for (size_t k = 0; k < from_tables && k < 2000; k++)
        if (strcmp(p->plan->items[k].text, text) == 0)
            return true;
    return false;
}

static void add_item(struct parse *p, size_t s, bool bare, size_t from_tables)
{
    struct owners o = {.pool = p->pool, .first_leads = p->first_leads};
    struct owners_cuts cuts = {0};
    struct text t = segments_text(p, s, item_end(p, s)), clean;
    const char *parent, *no = printed_no(p, s, &parent);
    struct plan_item *item;

    owners_read(&o, &t, &cuts);
    if (bare && !owners_any(&o))
        owners_read_bare(&o, &t, &cuts);
    clean = parse_clean(p, &t, &cuts);
    /* a number with nothing behind it is no task */
    if (text_chars(&clean, 0, clean.n) == 0 && !owners_any(&o))
        return;
    if (from_tables > 0 && in_tables(p, text_printed(p->pool, &clean, 0, clean.n), from_tables))
        return;
    item = parse_item(p);
    item->kind = PLAN_TASK;
    item->line = p->layout.lines[p->segments[s].first].no;
    item->no = no;
    item->parent = parent;
    inherit_leaders(p, s, &o);
    item->section = segments_path(p, p->segments[s].parent);
    parse_set_text(p, item, &clean);
    parse_set_owners(p, item, &o, &clean);
}

/* Where nearly no bracket has a label or a verb, brackets of unit names alone are the owners. */
static bool find_bare(struct parse *p)
{
    size_t found = 0;

    if (p->owned)
        return false;
    for (size_t s = 0; s < p->segments_len; s++) {
        struct owners o = {.pool = p->pool, .first_leads = p->first_leads};
        struct owners_cuts cuts = {0};
        struct text t = segments_text(p, s, s + 1);
        owners_read_bare(&o, &t, &cuts);
        p->segments[s].owned = owners_any(&o);
        found += p->segments[s].owned;
    }
    if (found < 2)
        for (size_t s = 0; s < p->segments_len; s++)
            p->segments[s].owned = false;
    return found >= 2;
}

static int by_line(const void *a, const void *b)
{
    const struct plan_item *x = *(struct plan_item *const *)a;
    const struct plan_item *y = *(struct plan_item *const *)b;

    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x < y ? -1 : x > y;
}

/* Items of tables and of running text in the order in which they are printed. */
static void sort_items(struct parse *p)
{
    size_t n = p->plan->items_len;
    struct plan_item **order = pool_alloc(p->pool, (n + 1) * sizeof(struct plan_item *));
    struct plan_item *out = pool_alloc(p->pool, (n + 1) * sizeof(*out));

    for (size_t k = 0; k < n; k++)
        order[k] = &p->plan->items[k];
    qsort(order, n, sizeof(struct plan_item *), by_line);
    for (size_t k = 0; k < n; k++)
        out[k] = *order[k];
    p->plan->items = out;
    p->items_cap = n;
}

void items_from_text(struct parse *p, bool have_tables)
{
    size_t from_tables = p->plan->items_len;
    struct ranks r;
    bool bare;

    segments_find_owners(p);
    bare = find_bare(p);
    p->owned = p->owned || bare;
    count_ranks(p, &r);
    drop_passing(p, &r, have_tables);
    count_ranks(p, &r);
    /* beside tables, running text counts only where it names owners of its own throughout */
    if (have_tables && (!p->owned || r.main == MARK_RANKS || r.owned[r.main] == 0 ||
                        r.owned[r.main] * 3 < r.all[r.main]))
        return;
    segments_split_paragraphs(p);
    count_ranks(p, &r);
    choose_roles(p, &r);
    for (size_t s = 0; s < p->segments_len; s++)
        if (p->segments[s].role == SEGMENT_ITEM && (!have_tables || p->segments[s].owned))
            add_item(p, s, bare || p->owned, from_tables);
    if (p->plan->items_len > from_tables && from_tables > 0)
        sort_items(p);
}
