/* SPDX-License-Identifier: BSD-2-Clause */
/* Which segments name owners, and paragraphs that are items of their own; see segments.h. */
#include <string.h>

#include "common/utf8.h"
#include "plan/segments.h"

#include <stdlib.h>

static bool text_owned(struct parse *p, const struct text *t)
{
    struct owners o = {.pool = p->pool, .first_leads = p->first_leads};
    struct owners_cuts cuts = {0};

    owners_read(&o, t, &cuts);
    return owners_any(&o);
}

/* A heading that names only leaders names them for what stands below it. */
static bool segment_owned(struct parse *p, size_t s, const struct text *t)
{
    struct owners o = {.pool = p->pool, .first_leads = p->first_leads};
    struct owners_cuts cuts = {0};
    struct segment *g = &p->segments[s];

    owners_read(&o, t, &cuts);
    g->by_sentence = o.by_sentence;
    if (g->rank > MARK_H2 || g->children == 0 || o.leaders.list.n == 0 ||
        o.leads.list.n + o.resp.list.n + o.units.list.n > 0)
        return owners_any(&o);
    g->leaders = o.leaders.list;
    return false;
}

/* Owners at the end of a list of parts belong to the whole: only the last child has any. */
static void lift_last_child(struct parse *p, size_t s)
{
    struct segment *g = &p->segments[s];
    size_t last = PARSE_NONE, owned = 0;

    if (g->owned || g->children < 2 || g->rank > MARK_A1)
        return;
    for (size_t k = s + 1; k < p->segments_len && p->segments[k].rank > g->rank; k++) {
        if (p->segments[k].parent != s)
            continue;
        if (p->segments[k].rank < MARK_D3)
            return;
        owned += p->segments[k].owned;
        last = k;
    }
    if (owned == 1 && last != PARSE_NONE && p->segments[last].owned) {
        p->segments[last].owned = false;
        g->owned = true;
    }
}

void segments_find_owners(struct parse *p)
{
    for (size_t s = 0; s < p->segments_len; s++) {
        struct text t = segments_text(p, s, s + 1);
        p->segments[s].owned = segment_owned(p, s, &t);
    }
    for (size_t s = 0; s < p->segments_len; s++)
        lift_last_child(p, s);
    for (size_t s = 0; s < p->segments_len; s++)
        p->owned = p->owned || p->segments[s].owned;
}

struct splitter {
    struct parse *p;
    struct segment *out;
    size_t n, cap;
    size_t cur; /* paragraph segment being filled, or PARSE_NONE */
    bool owned; /* it has owners already */
};

static size_t push(struct splitter *x, const struct segment *g)
{
    x->out = pool_grow(x->p->pool, x->out, x->n, &x->cap, sizeof(*x->out));
    x->out[x->n] = *g;
    return x->n++;
}

static struct text line_text(struct parse *p, size_t line)
{
    const struct line *l = &p->layout.lines[line];
    struct text t;

    text_start(p->pool, &p->doc, l->b - l->a, &t);
    text_add(&t, &p->doc, l->a, l->b);
    return t;
}

/* A paragraph that turned out to be no item goes back to nobody. */
static void drop_unowned(struct splitter *x)
{
    if (x->cur != PARSE_NONE && !x->owned)
        x->out[x->cur].role = SEGMENT_DROPPED;
    x->cur = PARSE_NONE;
}

static void split_line(struct splitter *x, size_t s, size_t line)
{
    struct parse *p = x->p;
    struct text t = line_text(p, line);
    enum label_role role;
    bool owned = text_owned(p, &t);
    bool field =
        (label_at(&t, 0, t.n, true, &role) > 0 && label_is_owner(role)) || (owned && t.f[0] == '(');

    if (x->cur == PARSE_NONE || (!field && (x->owned || text_sentence_end(&t, t.n)))) {
        struct segment g = {.rank = MARK_PARA, .first = line, .last = line, .parent = s};
        if (!x->owned || x->cur == PARSE_NONE || !field)
            drop_unowned(x);
        g.text_a = p->layout.lines[line].a;
        x->cur = push(x, &g);
        x->owned = false;
    }
    x->out[x->cur].last = line;
    x->owned = x->owned || owned;
    p->line_segment[line] = PARSE_NONE - 1; /* placed below, when all indices are known */
}

/* Paragraphs that name owners: a text with its bracket, or a text with its field lines. */
static size_t owned_blocks(struct parse *p, size_t s)
{
    bool text_before = false;
    size_t n = 0;

    for (size_t k = p->segments[s].first; k <= p->segments[s].last; k++) {
        enum label_role role = LABEL_NONE;
        if (p->line_segment[k] != s ||
            (k == p->segments[s].first && p->segments[s].rank != MARK_ROOT))
            continue;
        struct text t = line_text(p, k);
        bool field = label_at(&t, 0, t.n, true, &role) > 0 && label_is_owner(role);
        bool owned = text_owned(p, &t);
        if (owned && (!field || text_before))
            n++;
        text_before = !owned && (text_before || !field);
    }
    return n;
}

/* A heading with several paragraphs that each name owners is a section with unnumbered items. */
static bool is_split(struct parse *p, size_t s)
{
    const struct segment *g = &p->segments[s];
    size_t blocks;

    if (!g->owned || g->rank > MARK_PLAIN || g->last == g->first)
        return false;
    if (g->rank != MARK_ROOT && line_text(p, g->first).n > 0) {
        struct text first = line_text(p, g->first);
        if (text_sentence_end(&first, first.n) || text_owned(p, &first))
            return false;
    }
    blocks = owned_blocks(p, s);
    for (size_t k = s + 1; blocks == 1 && k < p->segments_len && p->segments[k].rank > g->rank; k++)
        if (p->segments[k].owned)
            return g->rank != MARK_ROOT; /* a heading above items, with one of its own */
    return blocks >= 2 || (g->rank == MARK_PLAIN && blocks == 1);
}

static void split_segment(struct splitter *x, size_t s)
{
    struct parse *p = x->p;
    struct segment *g = &p->segments[s];
    size_t head = push(x, g), last = g->last;
    bool keep_first = g->rank != MARK_ROOT;

    x->out[head].owned = false;
    x->out[head].last = g->first;
    x->cur = PARSE_NONE;
    x->owned = false;
    for (size_t k = g->first + (keep_first ? 1 : 0); k <= last; k++)
        if (p->line_segment[k] == s)
            split_line(x, s, k);
    drop_unowned(x);
    for (size_t k = head + 1; k < x->n; k++)
        x->out[k].owned = x->out[k].role != SEGMENT_DROPPED;
}

void segments_split_paragraphs(struct parse *p)
{
    struct splitter x = {.p = p, .cur = PARSE_NONE};
    size_t *moved = pool_alloc(p->pool, (p->segments_len + 1) * sizeof(*moved));
    size_t *owner = pool_alloc(p->pool, (p->layout.n + 1) * sizeof(*owner));
    bool any = false;

    for (size_t s = 0; s < p->segments_len; s++) {
        moved[s] = x.n;
        if (is_split(p, s)) {
            split_segment(&x, s);
            any = true;
        } else {
            push(&x, &p->segments[s]);
        }
    }
    if (!any)
        return;
    for (size_t k = 0; k < p->layout.n; k++)
        owner[k] = p->line_segment[k] < PARSE_NONE - 1 ? moved[p->line_segment[k]] : PARSE_NONE;
    for (size_t s = 0; s < x.n; s++) {
        if (x.out[s].parent != PARSE_NONE)
            x.out[s].parent = moved[x.out[s].parent];
        if (x.out[s].rank == MARK_PARA)
            for (size_t k = x.out[s].first; k <= x.out[s].last; k++)
                if (p->line_segment[k] == PARSE_NONE - 1)
                    owner[k] = s;
    }
    for (size_t k = 0; k < p->tables_len; k++)
        if (p->tables[k].section != PARSE_NONE)
            p->tables[k].section = moved[p->tables[k].section];
    p->segments = x.out;
    p->segments_len = x.n;
    p->segments_cap = x.cap;
    p->line_segment = owner;
}

bool segments_repeats_title(const struct parse *p, const char *heading)
{
    char *a, *b;
    bool same;

    if (p->plan->title == NULL)
        return false;
    a = utf8_fold(heading);
    b = utf8_fold(p->plan->title);
    same = a != NULL && b != NULL && (strstr(b, a) != NULL || strstr(a, b) != NULL);
    free(a);
    free(b);
    return same;
}

struct plan_names segments_path(struct parse *p, size_t s)
{
    struct plan_names path = {0};
    size_t stack[MARK_RANKS], n = 0;

    for (size_t k = s; k != PARSE_NONE && n < MARK_RANKS; k = p->segments[k].parent) {
        const struct segment *g = &p->segments[k];
        if (g->role == SEGMENT_SECTION && g->rank > MARK_ANNEX && g->rank < MARK_PARA)
            stack[n++] = k;
    }
    path.v = pool_alloc(p->pool, (n + 1) * sizeof(char *));
    while (n > 0) {
        size_t k = stack[--n];
        char *title = (char *)(uintptr_t)segments_title(p, k);
        if (p->segments[k].rank == MARK_PLAIN && segments_repeats_title(p, title))
            continue;
        path.v[path.n++] = title;
    }
    return path;
}
