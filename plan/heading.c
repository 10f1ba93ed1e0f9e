/* SPDX-License-Identifier: BSD-2-Clause */
/* What a plan says about itself; see heading.h. Official documents open with the issuer (…文件),
 * the reference number (…〔2022〕5号), the title of the notice, the addressees; the plan is named
 * in 《》 in its first sentence. Anything may be missing. */
#include "plan/heading.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_LINES 60 /* text lines in which the head is looked for */
#define TITLE_CHARS 120

static bool is_text(const struct parse *p, size_t k)
{
    return p->layout.lines[k].kind == LINE_TEXT;
}

/* f[a..b) is a reference number: 某政发〔2022〕5号 with nothing around it. */
static bool is_reference(const struct text *t, size_t a, size_t b)
{
    size_t open, digits = 0;

    if (a < b && t->f[a] == '(' && t->f[b - 1] == ')') {
        a++;
        b--;
    }
    open = text_find(t, a, b, "(");
    if (open == b)
        open = text_find(t, a, b, "[");
    if (open == b || open == a || !text_ends(t, a, b, "号") || text_chars(t, a, b) > 30 ||
        text_find(t, a, b, "。") < b || text_find(t, a, b, "、") < b)
        return false;
    for (size_t i = open + 1; i < b && isdigit((unsigned char)t->f[i]); i++)
        digits++;
    return digits == 4;
}

static void find_number(struct parse *p)
{
    const struct text *t = &p->doc;
    size_t seen = 0;

    for (size_t k = 0; k < p->layout.n && seen < HEAD_LINES; k++) {
        size_t a = p->layout.lines[k].a, b = p->layout.lines[k].b;
        if (!is_text(p, k))
            continue;
        seen++;
        if (!is_reference(t, a, b))
            continue;
        if (t->f[a] == '(') {
            a++;
            b--;
        }
        p->plan->number = text_printed(p->pool, t, a, b);
        return;
    }
}

/* 《…》 in f[a..b) that does not name the laws it rests on; nested ones are kept inside. */
static const char *quoted_title(struct parse *p, size_t a, size_t b)
{
    const struct text *t = &p->doc;
    size_t open = text_find(t, a, b, "《"), i = open;
    int depth = 0;

    for (; i < b; i += text_char_len(t->f[i])) {
        depth += text_is(t, i, b, "《") > 0 ? 1 : text_is(t, i, b, "》") > 0 ? -1 : 0;
        if (depth == 0)
            break;
    }
    if (open >= b || i >= b || text_chars(t, open, i) < 5 || text_chars(t, open, i) > TITLE_CHARS)
        return NULL;
    return text_printed(p->pool, t, open + strlen("《"), i);
}

/* 现将《…》印发给你们, …印发《…》的通知, or the words between 关于印发 and 的通知. */
static const char *notice_title(struct parse *p)
{
    const struct text *t = &p->doc;
    size_t seen = 0;

    for (size_t k = 0; k < p->layout.n && seen < HEAD_LINES; k++) {
        size_t a = p->layout.lines[k].a, b = p->layout.lines[k].b, at;
        const char *title = NULL;
        if (!is_text(p, k))
            continue;
        seen++;
        at = text_find(t, a, b, "现将《");
        if (at < b)
            title = quoted_title(p, at, b);
        at = text_find(t, a, b, "印发《");
        if (title == NULL && at < b)
            title = quoted_title(p, at, b);
        at = text_find(t, a, b, "《");
        if (title == NULL && at < b && text_find(t, at, b, "印发给你们") < b && at < a + 40)
            title = quoted_title(p, at, b);
        if (title != NULL)
            return title;
        at = text_find(t, a, b, "关于印发");
        if (at < b && text_ends(t, a, b, "的通知") && text_chars(t, a, b) < TITLE_CHARS)
            return text_printed(p->pool, t, at + strlen("关于印发"), b - strlen("的通知"));
    }
    return NULL;
}

static bool ends_in_title_word(const struct text *t, size_t a, size_t b)
{
    static const char *const words[] = {
        "方案", "计划", "清单", "台账", "纲要", "规划", "要点",     "分工",      "分解表", "任务表",
        "安排", "意见", "措施", "plan", "分解", "任务", "strategy", "programme", "一览表"};

    if (b > a && t->f[b - 1] == ')')
        return true;
    /* Work Plan 2024, Strategy 2023-2025 */
    while (b > a && strchr("0123456789-/ ", t->f[b - 1]) != NULL)
        b--;
    for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
        if (text_ends(t, a, b, words[k]))
            return true;
    return false;
}

static bool is_body(const struct text *t, size_t a, size_t b)
{
    struct mark m;

    return mark_read(t, a, b, &m) || (text_sentence_end(t, b) && t->f[b - 1] != ')');
}

/* The first lines that are no sentence, up to the one that ends as titles do. */
static const char *opening_title(struct parse *p)
{
    const struct text *t = &p->doc;
    struct text out;
    size_t parts = 0;

    text_start(p->pool, t, 2000, &out);
    for (size_t k = 0; k < p->layout.n && parts < 5; k++) {
        size_t a = p->layout.lines[k].a, b = p->layout.lines[k].b;
        if (p->layout.lines[k].kind == LINE_TABLE)
            break;
        if (!is_text(p, k) || is_reference(t, a, b) || text_ends(t, a, b, "文件") ||
            text_is(t, a, b, "附件") > 0)
            continue;
        if (is_body(t, a, b) || b - a > 360 || out.n + (b - a) > 1900)
            break;
        if (parts > 0 && (unsigned char)t->f[a] < 0x80 && isalnum((unsigned char)t->f[a]))
            text_add_char(&out, ' ');
        text_add(&out, t, a, b);
        parts++;
        if (ends_in_title_word(t, a, b) && text_chars(t, a, b) > 5)
            break;
    }
    while (out.n > 0 && strchr(".: ", out.f[out.n - 1]) != NULL)
        out.n--;
    if (parts == 0 || text_chars(&out, 0, out.n) > TITLE_CHARS)
        return NULL;
    return text_printed(p->pool, &out, 0, out.n);
}

static void find_title(struct parse *p)
{
    p->plan->title = notice_title(p);
    if (p->plan->title == NULL)
        p->plan->title = opening_title(p);
}

static bool is_issuer(const struct text *t, size_t a, size_t b)
{
    static const char *const ends[] = {"人民政府", "办公室", "委员会",   "办公厅", "管委会",
                                       "委",       "局",     "领导小组", "指挥部"};

    if (text_chars(t, a, b) > 30 || text_chars(t, a, b) < 4)
        return false;
    for (size_t k = 0; k < sizeof(ends) / sizeof(ends[0]); k++)
        if (text_ends(t, a, b, ends[k]))
            return true;
    return false;
}

static bool is_date_line(const struct text *t, size_t a, size_t b, struct date *d)
{
    size_t n = dates_full(t, a, b, d);

    return n > 0 && (a + n == b || text_is(t, a + n, b, "印发") > 0);
}

/* The signature is a date on its own line, below the name of who signs. */
static void find_signature(struct parse *p)
{
    const struct text *t = &p->doc;
    size_t above = PARSE_NONE;

    for (size_t k = 0; k < p->layout.n; k++) {
        struct date d;
        size_t a = p->layout.lines[k].a, b = p->layout.lines[k].b;
        if (!is_text(p, k))
            continue;
        if (is_date_line(t, a, b, &d)) {
            dates_format(&d, p->plan->issued);
            if (p->plan->issuer == NULL && above != PARSE_NONE &&
                is_issuer(t, p->layout.lines[above].a, p->layout.lines[above].b))
                p->plan->issuer =
                    text_printed(p->pool, t, p->layout.lines[above].a, p->layout.lines[above].b);
            return;
        }
        above = k;
    }
}

static void find_issuer(struct parse *p)
{
    const struct text *t = &p->doc;
    size_t seen = 0;

    for (size_t k = 0; k < p->layout.n && seen < 12; k++) {
        size_t a = p->layout.lines[k].a, b = p->layout.lines[k].b, at;
        if (!is_text(p, k))
            continue;
        seen++;
        if (text_ends(t, a, b, "文件") && is_issuer(t, a, b - strlen("文件"))) {
            p->plan->issuer = text_printed(p->pool, t, a, b - strlen("文件"));
            return;
        }
        at = text_find(t, a, b, "关于印发");
        if (at < b && at > a && is_issuer(t, a, at)) {
            p->plan->issuer = text_printed(p->pool, t, a, at);
            return;
        }
    }
}

static bool period_in(struct parse *p, const char *printed)
{
    struct text t;

    text_fold(p->pool, printed, strlen(printed), &t);
    return dates_period(&t, 0, t.n, &p->from, &p->to);
}

/* A numbered measure, or too long for a heading: its dates are its own. */
static bool is_item_line(const struct text *t, size_t a, size_t b)
{
    struct mark m;

    return text_chars(t, a, b) > 60 || (mark_read(t, a, b, &m) && m.rank >= MARK_H2);
}

/* The title names the period, or the line behind it, or the first lines do in so many words. */
static void find_period(struct parse *p)
{
    const struct text *t = &p->doc;
    size_t seen = 0;

    if (p->plan->title != NULL && period_in(p, p->plan->title))
        return;
    for (size_t k = 0; k < p->layout.n && seen < 12; k++) {
        size_t a = p->layout.lines[k].a, b = p->layout.lines[k].b;
        struct date unused;
        if (!is_text(p, k))
            continue;
        seen++;
        if (is_date_line(t, a, b, &unused) || is_reference(t, a, b) || is_item_line(t, a, b) ||
            (text_sentence_end(t, b) && t->f[b - 1] != ')' && t->f[b - 1] != ':'))
            continue;
        if (dates_period(t, a, b, &p->from, &p->to))
            return;
    }
    for (size_t k = 0; k < p->layout.n && seen > 0; k++) {
        size_t a = p->layout.lines[k].a, b = p->layout.lines[k].b;
        struct date from, to;
        if (!is_text(p, k) || text_find(t, a, b, "《") < b)
            continue;
        seen--;
        /* several years are a plan's own; a single one may be any */
        if (dates_period(t, a, b, &from, &to) && to.year > from.year) {
            p->from = from;
            p->to = to;
            return;
        }
    }
}

/* Year of the reference number, …〔2022〕5号, or of the date below the signature; 0 = neither. */
static int issue_year(const struct parse *p)
{
    const char *number = p->plan->number;
    int year = 0;

    while (number != NULL && *number != '\0' && year == 0) {
        if (strspn(number, "0123456789") == 4)
            year = (int)strtol(number, NULL, 10);
        number += strspn(number, "0123456789");
        number += *number != '\0';
    }
    if (year == 0 && p->plan->issued[0] != '\0')
        year = (int)strtol(p->plan->issued, NULL, 10);
    return year >= 1990 && year <= 2099 ? year : 0;
}

/* 列第一位的责任单位为牵头单位或汇总单位 */
static bool says_first_leads(const struct text *t)
{
    static const char *const words[] = {"列第一位", "第一位的", "列首位",  "排名第一",
                                        "排在第一", "排第一",   "首位单位"};

    for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
        size_t at = text_find(t, 0, t->n, words[k]);
        size_t end = at + 90 < t->n ? at + 90 : t->n;
        if (at < t->n && text_find(t, at, end, "牵头") < end)
            return true;
    }
    return false;
}

void heading_read(struct parse *p)
{
    p->first_leads = says_first_leads(&p->doc);
    find_number(p);
    find_title(p);
    find_issuer(p);
    find_signature(p);
    find_period(p);
    dates_format(&p->from, p->plan->from);
    dates_format(&p->to, p->plan->to);
    p->year = p->from.year == p->to.year ? p->from.year : 0;
    /* a plan that does not say its period means the year in which it was issued */
    if (p->from.year == 0)
        p->year = issue_year(p);
}
