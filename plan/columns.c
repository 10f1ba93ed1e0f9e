/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows and columns of a table; see columns.h. */
#include "plan/columns.h"

#include <ctype.h>
#include <string.h>

#define HEAD_CHARS 40 /* of a column head */

static void add_cell(const struct parse *p, struct row *r, size_t a, size_t b)
{
    text_trim(&p->doc, &a, &b);
    if (r->n == COLUMNS_MAX)
        return;
    r->cells[r->n++] = (struct cell){a, b};
    r->filled += a < b;
}

static bool is_rule_row(const struct parse *p, const struct row *r)
{
    for (size_t k = 0; k < r->n; k++)
        for (size_t i = r->cells[k].a; i < r->cells[k].b; i++)
            if (strchr("-:=+ ", p->doc.f[i]) == NULL)
                return false;
    return true;
}

bool columns_row(const struct parse *p, size_t line, struct row *out)
{
    const struct line *l = &p->layout.lines[line];
    char sep = l->tabs ? '\t' : '|';
    size_t a = l->a, b = l->b, from;

    memset(out, 0, sizeof(*out));
    out->line = l->no;
    if (!l->tabs) {
        text_trim(&p->doc, &a, &b);
        a += a < b && p->doc.f[a] == '|' ? 1 : 0;
        b -= a < b && p->doc.f[b - 1] == '|' ? 1 : 0;
    }
    from = a;
    for (size_t i = a; i < b; i++)
        if (p->doc.f[i] == sep) {
            add_cell(p, out, from, i);
            from = i + 1;
        }
    add_cell(p, out, from, b);
    return out->filled > 0 && !is_rule_row(p, out);
}

/* 2025年, 2025年目标, 2020年基数, Target 2025: the first year in a short head. */
static int year_of(const struct parse *p, const struct cell *c)
{
    const struct text *t = &p->doc;

    if (text_chars(t, c->a, c->b) > 24)
        return 0;
    for (size_t i = c->a; i + 4 <= c->b; i++) {
        int year = 0, digits = 0;
        while (i + (size_t)digits < c->b && isdigit((unsigned char)t->f[i + (size_t)digits])) {
            year = year < 10000 ? year * 10 + (t->f[i + (size_t)digits] - '0') : year;
            digits++;
        }
        if (digits == 4 && year >= 1990 && year <= 2099)
            return year;
        i += digits > 0 ? (size_t)digits - 1 : 0;
    }
    return 0;
}

bool columns_is_number(const struct parse *p, const struct cell *c)
{
    const struct text *t = &p->doc;
    size_t i = c->a, digits = 0, letters = 0;
    int value;

    if (c->a == c->b || c->b - c->a > 24)
        return false;
    if (text_cn_number(t, c->a, c->b, &value) == c->b - c->a)
        return true;
    for (; i < c->b; i++) {
        if (isdigit((unsigned char)t->f[i]))
            digits++;
        else if (isalpha((unsigned char)t->f[i]))
            letters++;
        else if (strchr("().-", t->f[i]) == NULL) {
            size_t n = text_cn_number(t, i, c->b, &value);
            n = n > 0 ? n : text_is(t, i, c->b, "、");
            n = n > 0 ? n : text_is(t, i, c->b, "第");
            n = n > 0 ? n : text_is(t, i, c->b, "条");
            if (n == 0 && (unsigned char)t->f[i] == 0xE2 && (unsigned char)t->f[i + 1] == 0x91)
                n = 3; /* circled */
            if (n == 0)
                return false;
            digits++;
            i += n - 1;
        }
    }
    return digits > 0 && letters <= 3;
}

static bool head_cell(const struct parse *p, const struct row *r, size_t k, struct columns *out)
{
    const struct cell *c = &r->cells[k];
    enum label_role role;

    out->year[k] = 0;
    out->role[k] = LABEL_NONE;
    if (text_chars(&p->doc, c->a, c->b) > HEAD_CHARS)
        return false;
    role = label_role(&p->doc, c->a, c->b);
    out->year[k] = year_of(p, c);
    /* 2021-2025年年均增速 is growth, 2020年完成情况 the figure of that year */
    if (role == LABEL_ANNUAL || label_is_owner(role) || role == LABEL_NATURE)
        out->year[k] = 0;
    if (out->year[k] == 0 || role == LABEL_TARGET || role == LABEL_BASELINE)
        out->role[k] = role;
    return out->role[k] != LABEL_NONE || out->year[k] != 0;
}

bool columns_head(const struct parse *p, const struct row *r, struct columns *out)
{
    size_t known = 0, text = 0;

    memset(out, 0, sizeof(*out));
    out->n = r->n;
    if (r->filled < 2)
        return false;
    for (size_t k = 0; k < r->n; k++) {
        const struct cell *c = &r->cells[k];
        if (c->a == c->b)
            continue;
        bool head = head_cell(p, r, k, out);
        if (!head && (columns_is_number(p, c) || text_chars(&p->doc, c->a, c->b) > HEAD_CHARS))
            return false;
        known += head;
        text += out->role[k] == LABEL_TEXT || out->role[k] == LABEL_DETAIL;
        out->owners = out->owners || (out->role[k] >= LABEL_LEADER && out->role[k] <= LABEL_UNITS);
    }
    out->known = known >= 2 && known * 2 >= r->filled && (text > 0 || out->owners);
    return out->known;
}

bool columns_second(const struct parse *p, const struct row *r, struct columns *c)
{
    struct columns more;
    size_t known = 0;

    memset(&more, 0, sizeof(more));
    for (size_t k = 0; k < r->n; k++) {
        if (r->cells[k].a == r->cells[k].b)
            continue;
        if (!head_cell(p, r, k, &more) || (more.role[k] == LABEL_TEXT && more.year[k] == 0))
            return false;
        known++;
    }
    if (known < 2)
        return false;
    for (size_t k = 0; k < r->n && k < COLUMNS_MAX; k++) {
        if (more.year[k] != 0)
            c->year[k] = more.year[k];
        else if (more.role[k] != LABEL_NONE)
            c->role[k] = more.role[k];
    }
    c->n = r->n > c->n ? r->n : c->n;
    return true;
}

size_t columns_find(const struct columns *c, enum label_role role)
{
    for (size_t k = 0; k < c->n; k++)
        if (c->role[k] == role)
            return k;
    return PARSE_NONE;
}

static bool head_holds(const struct parse *p, const struct cell *c, const char *word)
{
    for (size_t i = c->a; i < c->b; i++)
        if (text_is(&p->doc, i, c->b, word) > 0)
            return true;
    return false;
}

/* The most particular column is the item's text, the one before it its title: LABEL_DETAIL and
 * LABEL_TEXT; the ones before that are groups. */
static void settle_text(struct columns *c)
{
    size_t last = PARSE_NONE, before = PARSE_NONE, detail = columns_find(c, LABEL_DETAIL);

    for (size_t k = 0; k < c->n; k++)
        if (c->role[k] == LABEL_TEXT || c->role[k] == LABEL_DETAIL) {
            if (before != PARSE_NONE)
                c->role[before] = LABEL_CATEGORY;
            before = last;
            last = k;
        }
    if (before != PARSE_NONE && detail != PARSE_NONE && detail == before) {
        /* 工作内容 before 工作目标: the first is the text */
        c->role[before] = LABEL_TEXT;
        c->role[last] = LABEL_OTHER;
    } else if (before != PARSE_NONE) {
        c->role[before] = LABEL_TEXT;
        c->role[last] = LABEL_DETAIL;
    } else if (last != PARSE_NONE) {
        c->role[last] = LABEL_TEXT;
    }
}

void columns_settle(struct columns *c, const struct parse *p, const struct row *head)
{
    size_t text, measure, years = 0;

    for (size_t k = 0; k < c->n; k++) {
        c->results = c->results || c->role[k] == LABEL_RESULT;
        years += c->year[k] != 0;
    }
    c->figures = years >= 2 || columns_find(c, LABEL_NATURE) != PARSE_NONE ||
                 (columns_find(c, LABEL_TARGET) != PARSE_NONE &&
                  (years > 0 || columns_find(c, LABEL_BASELINE) != PARSE_NONE ||
                   columns_find(c, LABEL_MEASURE) != PARSE_NONE));
    measure = columns_find(c, LABEL_MEASURE);
    if (measure != PARSE_NONE && !c->figures) {
        c->role[measure] = LABEL_RESP;
        c->owners = true;
    }
    settle_text(c);
    text = columns_find(c, LABEL_TEXT);
    c->indicator =
        c->figures || (text < head->n && (head_holds(p, &head->cells[text], "指标") ||
                                          head_holds(p, &head->cells[text], "indicator") ||
                                          head_holds(p, &head->cells[text], "KPI")));
    c->results = c->results && !c->owners;
}
