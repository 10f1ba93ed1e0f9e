/* SPDX-License-Identifier: BSD-2-Clause */
/* A document as lines; see layouts.h. */
#include "plan/layouts.h"

#include <ctype.h>
#include <string.h>

#include "plan/labels.h"
#include "plan/marks.h"

#define DENSE_LINE 100 /* bytes: a shorter line is not searched for inner numbering */
#define WRAP_MAX 120   /* columns: a longer line is a paragraph, not a wrapped line */

static bool is_rule(const struct text *t, size_t a, size_t b)
{
    size_t marks = 0, digits = 0, i = a;

    for (; i < b; i++) {
        if (strchr("-=_*+ ~.", t->f[i]) != NULL)
            marks++;
        else if (isdigit((unsigned char)t->f[i]))
            digits++;
        else if (text_is(t, i, b, "·") > 0)
            i++;
        else
            return false;
    }
    /* a rule, or a page number such as 12 or - 12 - */
    return digits == 0 || (digits <= 3 && (marks == 0 || (t->f[a] == '-' && t->f[b - 1] == '-')));
}

static bool is_page_note(const struct text *t, size_t a, size_t b)
{
    int value;
    size_t w = text_is(t, a, b, "第");

    if (b - a > 40)
        return false;
    if (text_is(t, a, b, "page ") > 0)
        return isdigit((unsigned char)t->f[b - 1]);
    if (w == 0 || !text_ends(t, a, b, "页"))
        return false;
    for (w = a + w; w < b && isdigit((unsigned char)t->f[w]); w++)
        ;
    return text_is(t, w, b, "页") > 0 || text_cn_number(t, w, b, &value) > 0;
}

static size_t count_char(const struct text *t, size_t a, size_t b, char c)
{
    size_t n = 0;

    for (size_t i = a; i < b; i++)
        n += t->f[i] == c;
    return n;
}

/* Marks at the start that say how a line looks, not what it says. */
static void strip_marks(const struct text *t, struct line *l)
{
    while (l->a < l->b && strchr(" >", t->f[l->a]) != NULL)
        l->a++;
    while (l->a < l->b && t->f[l->a] == '#') {
        l->heading = true;
        l->a++;
    }
    while (l->a < l->b && t->f[l->a] == ' ')
        l->a++;
    if (l->b - l->a > 2 && strchr("-*+", t->f[l->a]) != NULL && t->f[l->a + 1] != t->f[l->a] &&
        (t->f[l->a + 1] == ' ' || text_gap(t, l->a + 1)))
        l->a += t->f[l->a + 1] == ' ' ? 2 : 1;
    else if (l->b - l->a > 2 && t->f[l->a] == '*')
        l->a++;
    while (l->heading && l->b > l->a && strchr("# ", t->f[l->b - 1]) != NULL)
        l->b--;
}

static void classify(const struct text *t, struct line *l)
{
    size_t a = l->a, b = l->b, tabs;

    text_trim(t, &a, &b);
    if (a == b) {
        l->kind = LINE_BLANK;
        return;
    }
    tabs = count_char(t, l->a, l->b, '\t');
    if (count_char(t, l->a, l->b, '|') > 0 || tabs > 1 || (tabs == 1 && a == l->a && b == l->b)) {
        l->kind = LINE_TABLE;
        l->tabs = count_char(t, l->a, l->b, '|') == 0;
        /* a single bar is not yet a table */
        if (!l->tabs && count_char(t, a, b, '|') == 1 && t->f[a] != '|' && t->f[b - 1] != '|' &&
            tabs == 0 && b - a > 200)
            l->kind = LINE_TEXT;
        return;
    }
    l->a = a;
    l->b = b;
    if (is_rule(t, a, b)) {
        l->kind = LINE_RULE;
        return;
    }
    strip_marks(t, l);
    l->kind = l->a == l->b || is_rule(t, l->a, l->b) || is_page_note(t, l->a, l->b) ? LINE_RULE
                                                                                    : LINE_TEXT;
}

static void add_line(struct plan_pool *p, struct layout *out, struct line l)
{
    out->lines = pool_grow(p, out->lines, out->n, &out->cap, sizeof(l));
    out->lines[out->n++] = l;
}

/* The numbering that could come next inside a line: each rank counts on from its last number. */
struct expect {
    int last[MARK_RANKS];
};

static bool expected(const struct expect *x, const struct text *t, size_t i, const struct mark *m)
{
    int last = x->last[m->rank];

    /* the first 一、 may stick to the title; then the next one is the first that is seen */
    if (m->rank == MARK_H1 && last == 0 && m->ord <= 3 && i > 0 && t->f[i - 1] == ')')
        return true;

    return m->ord == last + 1 || (m->ord == 1 && m->rank != MARK_H1);
}

static void note_mark(struct expect *x, const struct mark *m)
{
    x->last[m->rank] = m->ord;
    /* items may count through the chapters, or begin again: expected() takes either */
    if (m->rank < MARK_H1)
        x->last[MARK_H1] = 0;
}

/* …分工方案一、总体目标: a title that runs into the first heading. */
static bool ends_title(const struct text *t, size_t i)
{
    static const char *const words[] = {"方案", "计划", "清单", "分工", "分解", "要点", "台账",
                                        "任务", "规划", "纲要", "安排", "措施", "目标", "年)"};

    for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
        if (text_ends(t, 0, i, words[k]))
            return true;
    return false;
}

/* May numbering begin at i, in the middle of a line? */
static bool inner_start(const struct text *t, size_t i, const struct mark *m)
{
    char before = t->f[i - 1];

    if (m->weak || m->rank == MARK_ANNEX || m->rank == MARK_C1)
        return false;
    /* (1) behind a sentence, an owner bracket or a blank */
    if (m->rank == MARK_A2 && t->f[i] != '(' && text_latin(t, m->no_b - 1)) /* (phase 1) */
        return text_sentence_end(t, i);
    if (m->rank == MARK_A2)
        return before == ')' || text_gap(t, i) ||
               (text_sentence_end(t, i) && strchr(":;", before) == NULL);
    if (m->rank >= MARK_PART && m->rank <= MARK_ARTICLE && m->rank != MARK_H1)
        return text_sentence_end(t, i) || text_gap(t, i);
    if (isalnum((unsigned char)before) || strchr(".-,/(x", before) != NULL)
        return false;
    if (text_sentence_end(t, i) || text_gap(t, i))
        return true;
    if (m->rank == MARK_H1)
        return m->ord == 1 && ends_title(t, i);
    return (unsigned char)before >= 0x80;
}

/* Next numbering inside f[i..b) that counts on; b when there is none. */
static size_t next_inner(const struct text *t, size_t i, size_t b, struct expect *x)
{
    for (; i < b; i += text_char_len(t->f[i])) {
        struct mark m;
        unsigned char c = (unsigned char)t->f[i];
        /* only characters that can begin a number */
        if (!isdigit(c) && c != '(' && c < 0x80)
            continue;
        if (!mark_read(t, i, b, &m) || !expected(x, t, i, &m) || !inner_start(t, i, &m))
            continue;
        note_mark(x, &m);
        return i;
    }
    return b;
}

static size_t count_inner(const struct text *t, const struct line *l, struct expect *x)
{
    size_t n = 0, i = l->a;
    struct mark m;

    if (mark_read(t, l->a, l->b, &m)) {
        note_mark(x, &m);
        i += m.len;
    } else {
        i += text_char_len(t->f[i]);
    }
    while ((i = next_inner(t, i, l->b, x)) < l->b) {
        n++;
        i += text_char_len(t->f[i]);
    }
    return n;
}

/* Is the numbering mostly inside lines, as when a page was copied as one paragraph? */
static bool is_dense(const struct text *t, const struct layout *in)
{
    struct expect x = {{0}};
    size_t starts = 0, inner = 0;
    struct mark m;

    for (size_t k = 0; k < in->n; k++) {
        const struct line *l = &in->lines[k];
        if (l->kind != LINE_TEXT)
            continue;
        if (mark_read(t, l->a, l->b, &m))
            starts++;
        if (l->b - l->a >= DENSE_LINE)
            inner += count_inner(t, l, &x);
        else if (mark_read(t, l->a, l->b, &m))
            note_mark(&x, &m);
    }
    return inner >= 2 && inner > starts;
}

static void cut_dense(struct plan_pool *p, const struct text *t, struct layout *in)
{
    struct layout out = {.dense = true};
    struct expect x = {{0}};

    for (size_t k = 0; k < in->n; k++) {
        struct line l = in->lines[k];
        struct mark m;
        size_t i = l.a, b = l.b;
        if (l.kind != LINE_TEXT) {
            add_line(p, &out, l);
            continue;
        }
        if (mark_read(t, l.a, l.b, &m)) {
            note_mark(&x, &m);
            i += m.len;
        } else {
            i += text_char_len(t->f[i]);
        }
        for (;;) {
            size_t cut = next_inner(t, i, b, &x);
            l.b = cut;
            add_line(p, &out, l);
            if (cut >= b)
                break;
            l.a = cut;
            l.heading = false;
            i = cut + (mark_read(t, cut, b, &m) ? m.len : 1);
        }
    }
    *in = out;
}

/* Does the sentence of line k go on in the next line of text? */
static bool ends_open(const struct text *t, const struct layout *in, size_t k)
{
    enum label_role role;
    struct mark m;
    size_t next = k + 1;

    if (text_sentence_end(t, in->lines[k].b))
        return false;
    while (next < in->n &&
           (in->lines[next].kind == LINE_BLANK || in->lines[next].kind == LINE_RULE))
        next++;
    return next < in->n && in->lines[next].kind == LINE_TEXT &&
           !mark_read(t, in->lines[next].a, in->lines[next].b, &m) &&
           label_at(t, in->lines[next].a, in->lines[next].b, true, &role) == 0;
}

size_t layout_width(const struct text *t, const struct line *l)
{
    size_t width = 0;

    for (size_t i = l->a; i < l->b; i += text_char_len(t->f[i]))
        width += text_latin(t, i) ? 1 : 2;
    return width;
}

/* Lines near the greatest width, where nothing is wider, are nearly all broken sentences. */
static bool stops_at_margin(const size_t *all, const size_t *open, size_t widest)
{
    size_t full = 0, broken = 0;

    for (size_t w = widest < 6 ? 0 : widest - 6; w <= widest; w++) {
        full += all[w];
        broken += open[w];
    }
    return full >= 6 && broken * 3 >= full * 2;
}

/* Width at which the text was wrapped: most long lines stop short of a sentence at one width. */
static size_t find_wrap(const struct text *t, const struct layout *in)
{
    size_t open_lines = 0, lines = 0, sum = 0, widest = 0, best;
    size_t all[WRAP_MAX + 1] = {0}, open[WRAP_MAX + 1] = {0};
    bool wider = false;

    for (size_t k = 0; k < in->n; k++) {
        const struct line *l = &in->lines[k];
        size_t width = l->kind == LINE_TEXT ? layout_width(t, l) : 0;
        wider = wider || width > WRAP_MAX;
        if (width < 32)
            continue;
        lines++;
        if (width > WRAP_MAX)
            continue;
        all[width]++;
        widest = width > widest ? width : widest;
        if (!ends_open(t, in, k))
            continue;
        open_lines++;
        open[width]++;
    }
    if (!wider && stops_at_margin(all, open, widest))
        return widest;
    if (lines < 8 || open_lines * 2 < lines)
        return 0;
    for (best = WRAP_MAX; best > 0 && sum * 10 < open_lines; best--)
        sum += open[best];
    return best;
}

void layout_read(struct plan_pool *p, const struct text *t, struct layout *out)
{
    size_t a = 0, no = 1, seen = 0;

    memset(out, 0, sizeof(*out));
    while (a <= t->n) {
        /* lines are counted in the original: a table in HTML is folded into fewer */
        for (size_t to = a < t->n ? t->at[a] : seen; seen < to; seen++)
            no += t->orig[seen] == '\n';
        const char *nl = memchr(t->f + a, '\n', t->n - a);
        size_t b = nl == NULL ? t->n : (size_t)(nl - t->f);
        struct line l = {.a = a, .b = b, .no = no};
        classify(t, &l);
        add_line(p, out, l);
        a = b + 1;
    }
    if (is_dense(t, out))
        cut_dense(p, t, out);
    out->wrap = find_wrap(t, out);
}
