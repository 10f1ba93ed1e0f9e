/* SPDX-License-Identifier: BSD-2-Clause */
/* From lines to segments; see segments.h. A number at the start of a line may be a quantity that a
 * page break put there, so it is believed only when it counts on. */
#include "plan/segments.h"

#include <string.h>

#define GAP_MAX 6        /* numbers that may be missing in a sequence */
#define HEADING_CHARS 40 /* of a heading without a number */

struct builder {
    struct parse *p;
    int last[MARK_RANKS];
    size_t open[MARK_RANKS]; /* innermost segment of each rank, or PARSE_NONE */
    size_t cur;              /* segment that takes text lines, or PARSE_NONE */
    size_t prev;             /* last text line, or PARSE_NONE */
    bool closed;             /* the current segment is over */
    bool annex_list;         /* inside 附件：1.… 2.… */
};

static size_t add_segment(struct builder *b, enum mark_rank rank, int ord, size_t line)
{
    struct parse *p = b->p;
    struct segment *s;

    p->segments =
        pool_grow(p->pool, p->segments, p->segments_len, &p->segments_cap, sizeof(*p->segments));
    s = &p->segments[p->segments_len];
    memset(s, 0, sizeof(*s));
    s->rank = rank;
    s->ord = ord;
    s->first = s->last = line;
    s->text_a = p->layout.lines[line].a;
    s->parent = PARSE_NONE;
    for (int r = (int)rank - 1; r > MARK_ROOT && s->parent == PARSE_NONE; r--)
        s->parent = b->open[r];
    if (s->parent != PARSE_NONE)
        p->segments[s->parent].children++;
    for (int r = (int)rank; r < MARK_RANKS; r++)
        b->open[r] = PARSE_NONE;
    b->open[rank] = p->segments_len;
    b->cur = p->segments_len++;
    b->closed = false;
    return b->cur;
}

static void attach(struct builder *b, size_t line)
{
    struct parse *p = b->p;

    if (b->cur == PARSE_NONE)
        add_segment(b, MARK_ROOT, 0, line);
    p->line_segment[line] = b->cur;
    p->segments[b->cur].last = line;
}

static bool line_ends(const struct parse *p, size_t line)
{
    return line == PARSE_NONE || text_sentence_end(&p->doc, p->layout.lines[line].b);
}

/* A label or a lead-in whose text follows on the next line. */
static bool ends_in_colon(const struct parse *p, size_t line)
{
    const struct line *l;

    if (line == PARSE_NONE)
        return false;
    l = &p->layout.lines[line];
    return l->b > l->a && p->doc.f[l->b - 1] == ':';
}

static bool full_line(const struct parse *p, size_t line)
{
    const struct line *l = &p->layout.lines[line];

    return p->layout.wrap > 0 && layout_width(&p->doc, l) + 10 >= p->layout.wrap;
}

static bool is_field_line(const struct text *t, const struct line *l)
{
    enum label_role role;

    return label_at(t, l->a, l->b, true, &role) > 0 ||
           (t->f[l->a] == '(' && label_at(t, l->a + 1, l->b, true, &role) > 0);
}

/* Is the item above over: its last sentence, or its last field? */
static bool item_ends(const struct parse *p, size_t line)
{
    const struct line *l;

    if (line_ends(p, line))
        return true;
    l = &p->layout.lines[line];
    return is_field_line(&p->doc, l) && !full_line(p, line) && p->doc.f[l->b - 1] != ',' &&
           !text_ends(&p->doc, l->a, l->b, "、");
}

/* May a mark stand here, or is it the rest of a sentence? */
static bool believed(const struct builder *b, const struct mark *m, size_t line)
{
    const struct parse *p = b->p;
    const struct line *l = &p->layout.lines[line];
    int last = b->last[m->rank];
    bool next = m->ord == last + 1, broken;

    if (m->weak)
        return next && last > 0 && line_ends(p, b->prev);
    if (m->rank == MARK_ANNEX)
        return text_chars(&p->doc, l->a, l->b) < 120;
    if (m->rank == MARK_H1 && m->len == m->no_b - l->a)
        return next && text_chars(&p->doc, l->a, l->b) < 60;
    if (m->rank < MARK_H1 || m->rank == MARK_ARTICLE)
        return line_ends(p, b->prev) || !full_line(p, b->prev) || next || m->ord == 1;
    if (m->rank == MARK_D2 || m->rank == MARK_D3)
        return line_ends(p, b->prev) || next || (m->ord == 1 && !full_line(p, b->prev));
    broken =
        p->layout.wrap > 0 && !line_ends(p, b->prev) &&
        (full_line(p, b->prev) || (b->cur != PARSE_NONE && p->segments[b->cur].rank > MARK_PLAIN));
    if (next)
        return true;
    if (broken)
        return false;
    if (m->ord == 1 || last == 0)
        return true;
    return (p->layout.wrap == 0 || item_ends(p, b->prev)) && m->ord >= last &&
           m->ord <= last + GAP_MAX;
}

static void note(struct builder *b, const struct mark *m)
{
    b->last[m->rank] = m->ord;
    for (int r = (int)m->rank + 1; r < MARK_RANKS; r++)
        if (r != MARK_A1 || m->rank <= MARK_ANNEX)
            b->last[r] = 0;
}

static bool starts_with(const struct text *t, size_t a, size_t b, const char *const *words,
                        size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (text_is(t, a, b, words[k]) > 0)
            return true;
    return false;
}

/* Lines that end the plan's text wherever they stand. */
static bool is_closing(const struct text *t, size_t a, size_t b)
{
    static const char *const words[] = {
        "抄送",      "主送",     "分送", "(此件",     "(信息公开", "来源:", "责任编辑", "编辑:",
        "copyright", "版权所有", "打印", "主办单位:", "承建单位:", "注:",   "说明:",    "source:"};

    return starts_with(t, a, b, words, sizeof(words) / sizeof(words[0]));
}

/* Does a text line without a number go on with the current segment? */
static bool continues(const struct builder *b, size_t line)
{
    const struct parse *p = b->p;
    const struct line *l = &p->layout.lines[line];
    const struct segment *s = &p->segments[b->cur];

    if (s->rank <= MARK_PLAIN && !line_ends(p, s->first))
        return true; /* what stands under a heading */
    if (is_field_line(&p->doc, l) || !line_ends(p, b->prev) || ends_in_colon(p, b->prev))
        return true;
    if (line_ends(p, line) || names_units(&p->doc, l->a, l->b, true, true))
        return true;
    if (p->layout.wrap > 0)
        return full_line(p, line) || text_chars(&p->doc, l->a, l->b) > HEADING_CHARS;
    return text_chars(&p->doc, l->a, l->b) > HEADING_CHARS;
}

static size_t next_text(const struct parse *p, size_t line)
{
    for (size_t k = line + 1; k < p->layout.n; k++)
        if (p->layout.lines[k].kind == LINE_TEXT)
            return k;
        else if (p->layout.lines[k].kind == LINE_TABLE)
            return PARSE_NONE;
    return PARSE_NONE;
}

/* A paragraph that closes with its owners. */
static bool names_owner(const struct text *t, const struct line *l)
{
    static const char *const words[] = {"牵头", "责任单位", "责任部门", "负责", "主办"};
    struct mark m;

    if (mark_read(t, l->a, l->b, &m) || is_field_line(t, l) || !text_sentence_end(t, l->b))
        return false;
    for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
        if (text_find(t, l->a, l->b, words[k]) < l->b)
            return true;
    return false;
}

/* A short line that is no sentence, with a numbered item right behind it. */
static bool is_plain_heading(const struct builder *b, size_t line)
{
    const struct parse *p = b->p;
    const struct line *l = &p->layout.lines[line];
    size_t next = next_text(p, line);
    struct mark m;

    if (line_ends(p, line) || is_field_line(&p->doc, l) || full_line(p, line) ||
        text_find(&p->doc, l->a, l->b, "。") < l->b ||
        names_units(&p->doc, l->a, l->b, true, true) || ends_in_colon(p, b->prev) ||
        text_chars(&p->doc, l->a, l->b) > HEADING_CHARS)
        return false;
    if (l->heading)
        return true;
    if (!item_ends(p, b->prev) && b->cur != PARSE_NONE && p->segments[b->cur].rank > MARK_PLAIN)
        return false;
    if (next != PARSE_NONE && names_owner(&p->doc, &p->layout.lines[next]))
        return line_ends(p, b->prev) || b->cur == PARSE_NONE ||
               p->segments[b->cur].rank <= MARK_PLAIN;
    return next != PARSE_NONE &&
           mark_read(&p->doc, p->layout.lines[next].a, p->layout.lines[next].b, &m) &&
           m.rank >= MARK_A1 && m.ord <= b->last[m.rank] + 1;
}

static void take_text(struct builder *b, size_t line)
{
    struct parse *p = b->p;
    const struct line *l = &p->layout.lines[line];

    if (is_closing(&p->doc, l->a, l->b)) {
        b->closed = b->cur != PARSE_NONE;
    } else if (is_plain_heading(b, line)) {
        add_segment(b, MARK_PLAIN, 0, line);
        attach(b, line);
    } else if (b->cur == PARSE_NONE || (!b->closed && continues(b, line))) {
        attach(b, line);
    } else {
        b->closed = true;
    }
}

static void take_line(struct builder *b, size_t line)
{
    struct parse *p = b->p;
    const struct line *l = &p->layout.lines[line];
    struct mark m;
    bool marked = mark_read(&p->doc, l->a, l->b, &m) && believed(b, &m, line);

    if (b->annex_list && marked && m.rank == MARK_A1 && !line_ends(p, line)) {
        attach(b, line);
    } else if (marked) {
        struct segment *s;
        add_segment(b, m.rank, m.ord, line);
        s = &p->segments[b->cur];
        s->no_a = m.no_a;
        s->no_b = m.no_b;
        s->text_a = l->a + m.len;
        note(b, &m);
        attach(b, line);
        b->annex_list = m.rank == MARK_ANNEX && l->b > s->text_a;
    } else {
        take_text(b, line);
    }
    b->prev = line;
}

/* A table takes in the blank lines and page numbers between its rows. */
static size_t take_table(struct builder *b, size_t line)
{
    struct parse *p = b->p;
    size_t last = line, k = line + 1;

    for (; k < p->layout.n; k++) {
        enum line_kind kind = p->layout.lines[k].kind;
        if (kind == LINE_TEXT)
            break;
        if (kind == LINE_TABLE)
            last = k;
    }
    p->tables = pool_grow(p->pool, p->tables, p->tables_len, &p->tables_cap, sizeof(*p->tables));
    p->tables[p->tables_len++] = (struct table_place){line, last, b->cur};
    b->closed = b->cur != PARSE_NONE && p->segments[b->cur].rank > MARK_PLAIN;
    b->annex_list = false;
    return last;
}

void segments_build(struct parse *p)
{
    struct builder b = {.p = p, .cur = PARSE_NONE, .prev = PARSE_NONE};

    p->line_segment = pool_alloc(p->pool, p->layout.n * sizeof(*p->line_segment));
    for (size_t k = 0; k < p->layout.n; k++)
        p->line_segment[k] = PARSE_NONE;
    for (int r = 0; r < MARK_RANKS; r++)
        b.open[r] = PARSE_NONE;
    for (size_t k = 0; k < p->layout.n; k++) {
        if (p->layout.lines[k].kind == LINE_TEXT)
            take_line(&b, k);
        else if (p->layout.lines[k].kind == LINE_TABLE)
            k = take_table(&b, k);
    }
}

struct text segments_text(struct parse *p, size_t s, size_t e)
{
    struct text out;
    size_t room = 0;
    size_t prev = PARSE_NONE;

    for (size_t k = p->segments[s].first; k <= p->segments[e - 1].last; k++)
        room += p->layout.lines[k].b - p->layout.lines[k].a + 1;
    text_start(p->pool, &p->doc, room, &out);
    for (size_t k = p->segments[s].first; k <= p->segments[e - 1].last; k++) {
        const struct line *l = &p->layout.lines[k];
        size_t owner = p->line_segment[k];
        if (owner == PARSE_NONE || owner < s || owner >= e || l->kind != LINE_TEXT)
            continue;
        if (prev != PARSE_NONE && (line_ends(p, prev) || !full_line(p, prev)))
            text_add_char(&out, '\n');
        text_add(&out, &p->doc, k == p->segments[s].first ? p->segments[s].text_a : l->a, l->b);
        prev = k;
    }
    return out;
}

const char *segments_title(struct parse *p, size_t s)
{
    const struct segment *g = &p->segments[s];
    size_t a = p->layout.lines[g->first].a, b = p->layout.lines[g->first].b;
    size_t stop, line = g->first;
    struct text out;

    stop = text_find(&p->doc, a, b, "。");
    if (stop < b)
        return text_printed(p->pool, &p->doc, a, stop);
    text_start(p->pool, &p->doc, 3 * (b - a) + 400, &out);
    text_add(&out, &p->doc, a, g->text_a);
    if (g->text_a > a && g->text_a < b && text_gap(&p->doc, g->text_a))
        text_add_char(&out, TEXT_PART);
    text_add(&out, &p->doc, g->text_a, b);
    /* a heading that was wrapped */
    for (size_t k = line + 1; k <= g->last && full_line(p, line) && !line_ends(p, line); k++) {
        const struct line *l = &p->layout.lines[k];
        if (p->line_segment[k] != s || l->kind != LINE_TEXT || full_line(p, k) || line_ends(p, k) ||
            out.n + (l->b - l->a) > 3 * (b - a) + 300)
            break;
        text_add(&out, &p->doc, l->a, l->b);
        line = k;
    }
    b = out.n;
    while (b > 0 && strchr(":. ", out.f[b - 1]) != NULL)
        b--;
    return text_printed(p->pool, &out, 0, b);
}
