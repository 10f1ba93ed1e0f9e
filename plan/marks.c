/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbering at the start of a line; see marks.h. Whether a mark is believed is segments.c's. */
#include "plan/marks.h"

#include <ctype.h>
#include <string.h>

static bool digit_at(const struct text *t, size_t i, size_t b)
{
    return i < b && isdigit((unsigned char)t->f[i]);
}

static size_t read_digits(const struct text *t, size_t i, size_t b, int *value)
{
    size_t start = i;

    *value = 0;
    while (digit_at(t, i, b) && i - start < 4)
        *value = *value * 10 + (t->f[i++] - '0');
    return digit_at(t, i, b) ? 0 : i - start;
}

/* Digits or a Chinese numeral. */
static size_t read_number(const struct text *t, size_t i, size_t b, int *value)
{
    size_t n = read_digits(t, i, b, value);

    return n > 0 ? n : text_cn_number(t, i, b, value);
}

static bool set_mark(struct mark *m, enum mark_rank rank, int ord, size_t no_a, size_t no_b)
{
    m->rank = rank;
    m->ord = ord;
    m->no_a = no_a;
    m->no_b = no_b;
    return true;
}

/* 第…篇, 章, 节, 条 */
static bool read_ordinal(const struct text *t, size_t a, size_t b, struct mark *m)
{
    static const struct {
        const char *word;
        enum mark_rank rank;
    } kinds[] = {{"篇", MARK_PART},    {"编", MARK_PART},    {"部分", MARK_PART},
                 {"章", MARK_CHAPTER}, {"节", MARK_SECTION}, {"条", MARK_ARTICLE}};
    size_t i = a + text_is(t, a, b, "第");
    int ord;
    size_t n = i > a ? read_number(t, i, b, &ord) : 0;

    if (n == 0)
        return false;
    i += n;
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        size_t w = text_is(t, i, b, kinds[k].word);
        if (w == 0 || text_is(t, i + w, b, "的") > 0 || text_is(t, i + w, b, "款") > 0)
            continue;
        m->len = i + w - a;
        while (a + m->len < b && strchr(" :,.", t->f[a + m->len]) != NULL)
            m->len++;
        return set_mark(m, kinds[k].rank, ord, a, i + w);
    }
    return false;
}

/* 一、 and, where a blank stands for the comma, 一 */
static bool read_h1(const struct text *t, size_t a, size_t b, struct mark *m)
{
    int ord;
    size_t n = text_cn_number(t, a, b, &ord);
    size_t i = a + n, sep;

    if (n == 0 || i >= b || ord == 0)
        return false;
    sep = text_is(t, i, b, "、");
    if (sep == 0 && (t->f[i] == '.' || t->f[i] == ','))
        sep = 1;
    if (sep == 0 && !text_gap(t, i))
        return false;
    m->len = n + sep;
    return set_mark(m, MARK_H1, ord, a, i);
}

/* （一）, (1), 1) */
static bool read_bracketed(const struct text *t, size_t a, size_t b, struct mark *m)
{
    size_t i = a + (t->f[a] == '(' ? 1 : 0);
    int ord;
    size_t n = read_digits(t, i, b, &ord);
    enum mark_rank rank = MARK_A2;

    if (n == 0 && i > a) {
        rank = MARK_H2;
        n = text_cn_number(t, i, b, &ord);
    }
    i += n;
    if (n == 0 || n > 18 || i >= b || t->f[i] != ')' || ord > 999)
        return false;
    m->len = i + 1 - a;
    if (text_is(t, a + m->len, b, "、") > 0)
        m->len += strlen("、");
    else if (a + m->len < b && strchr(".,:", t->f[a + m->len]) != NULL)
        m->len++;
    return set_mark(m, rank, ord, a, i + 1);
}

/* 15-1. is a part of item 15; its first number ends at i. */
static bool read_part(const struct text *t, size_t a, size_t i, size_t b, struct mark *m)
{
    size_t n, stop;
    int ord;

    if (i + 1 >= b || t->f[i] != '-')
        return false;
    n = read_digits(t, i + 1, b, &ord);
    stop = i + 1 + n;
    if (n == 0 || n > 2 || stop >= b || (t->f[stop] != '.' && text_is(t, stop, b, "、") == 0) ||
        digit_at(t, stop + 1, b))
        return false;
    m->len = stop - a + text_char_len(t->f[stop]);
    return set_mark(m, MARK_D2, ord, a, stop);
}

/* 1., 1、, 1.1, 1.1.1 */
static bool read_arabic(const struct text *t, size_t a, size_t b, struct mark *m)
{
    int ord, parts = 1;
    size_t i = a + read_digits(t, a, b, &ord);
    size_t end = i, sep = 0;
    bool gap;

    m->weak = ord >= 1990; /* may be a year */
    if (i == a)
        return false;
    if (read_part(t, a, i, b, m))
        return true;
    while (parts < 4 && i < b && t->f[i] == '.' && digit_at(t, i + 1, b)) {
        int part;
        size_t n = read_digits(t, i + 1, b, &part);
        if (n == 4 && text_is(t, i + 5, b, "年") > 0)
            break; /* 1.2020年底前 */
        if (n == 0 || n > 3)
            return false;
        ord = part;
        i += 1 + n;
        end = i;
        parts++;
    }
    gap = i < b && (t->f[i] == ' ' || text_gap(t, i));
    if (i < b && strchr(".:)", t->f[i]) != NULL)
        sep = 1;
    else
        sep = text_is(t, i, b, "、");
    /* 1.5% or 2.3 万人 is a quantity, but 6.5G基站 may be item 6 */
    if (parts == 2 && sep == 0 && !gap) {
        i = a + read_digits(t, a, b, &ord);
        end = i;
        sep = 1;
        parts = 1;
        m->weak = true;
    } else if (parts > 1 && sep == 0 && !gap) {
        return false;
    } else if (parts == 1 && (sep == 0 || (digit_at(t, i + sep, b) && t->f[i] != '.'))) {
        return false;
    }
    m->len = end - a + sep;
    if (text_is(t, a + m->len, b, "、") > 0)
        m->len += strlen("、");
    return set_mark(m, parts == 1 ? MARK_A1 : parts == 2 ? MARK_D2 : MARK_D3, ord, a, end);
}

/* ① to ⑳ */
static bool read_circled(const struct text *t, size_t a, size_t b, struct mark *m)
{
    const unsigned char *u = (const unsigned char *)t->f + a;

    if (b - a < 3 || u[0] != 0xE2 || u[1] != 0x91 || u[2] < 0xA0 || u[2] > 0xB3)
        return false;
    m->len = 3;
    if (text_is(t, a + 3, b, "、") > 0)
        m->len += strlen("、");
    return set_mark(m, MARK_C1, u[2] - 0xA0 + 1, a, a + 3);
}

/* 任务1：, Task 2.3 -, Action 4: */
static bool read_worded(const struct text *t, size_t a, size_t b, struct mark *m)
{
    static const char *const words[] = {"任务",      "事项",     "项目",   "举措",    "措施",
                                        "task",      "action",   "item",   "measure", "commitment",
                                        "milestone", "priority", "pillar", "theme",   "goal",
                                        "objective", "chapter",  "part"};
    enum mark_rank rank = MARK_A1;
    size_t i = a, w = 0;
    int ord;

    for (size_t k = 0; w == 0 && k < sizeof(words) / sizeof(words[0]); k++) {
        w = text_is(t, a, b, words[k]);
        rank = k < 11 ? MARK_A1 : MARK_CHAPTER; /* from priority on: headings */
    }
    if (w == 0)
        return false;
    i += w;
    while (i < b && t->f[i] == ' ')
        i++;
    size_t no = i;
    size_t n = read_number(t, i, b, &ord);
    i += n;
    while (n > 0 && i < b && t->f[i] == '.' && digit_at(t, i + 1, b)) {
        size_t part = read_digits(t, i + 1, b, &ord);
        if (part == 0)
            return false;
        i += 1 + part;
    }
    size_t sep = text_is(t, i, b, "、");
    while (n > 0 && i + sep < b && strchr(" .:-", t->f[i + sep]) != NULL)
        sep++;
    if (n == 0 || sep == 0)
        return false;
    m->len = i + sep - a;
    return set_mark(m, rank, ord, no, i);
}

/* 附件1, 附件：, Annex 2 */
static bool read_annex(const struct text *t, size_t a, size_t b, struct mark *m)
{
    size_t w = text_is(t, a, b, "附件");
    int ord = 1;

    w = w > 0 ? w : text_is(t, a, b, "附表");
    w = w > 0 ? w : text_is(t, a, b, "annex ");
    w = w > 0 ? w : text_is(t, a, b, "appendix ");
    if (w == 0)
        return false;
    size_t n = read_number(t, a + w, b, &ord);
    size_t i = a + w + n;
    if (i < b && n == 0 && t->f[i] != ':' && !text_gap(t, i))
        return false;
    m->len = i - a + (i < b && (t->f[i] == ':' || t->f[i] == '.') ? 1 : 0);
    return set_mark(m, MARK_ANNEX, ord, a, i);
}

bool mark_read(const struct text *t, size_t a, size_t b, struct mark *m)
{
    bool found;

    m->weak = false;
    if (a >= b)
        return false;
    found = read_annex(t, a, b, m) || read_ordinal(t, a, b, m) || read_h1(t, a, b, m) ||
            read_bracketed(t, a, b, m) || read_arabic(t, a, b, m) || read_circled(t, a, b, m) ||
            read_worded(t, a, b, m);
    if (!found)
        return false;
    while (a + m->len < b && t->f[a + m->len] == ' ')
        m->len++;
    return true;
}
