/* SPDX-License-Identifier: BSD-2-Clause */
/* Dates and periods as plans print them; see dates.h. One function reads one phrase; a field or a
 * text is searched for phrases, and a phrase without a year takes the year of the one before it. */
#include "plan/dates.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "plan/phrase.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void dates_format(const struct date *d, char out[PLAN_DATE_SIZE])
{
    out[0] = '\0';
    if (d->year >= 1900 && d->year <= 9999)
        snprintf(out, PLAN_DATE_SIZE, "%04u-%02u-%02u", (unsigned)d->year % 10000,
                 (unsigned)d->month % 100, (unsigned)d->day % 100);
}

static long day_number(const struct date *d)
{
    return (long)d->year * 400 + d->month * 32 + d->day;
}

static void take(struct dates_found *out, const struct phrase *p, size_t a, size_t b, int running,
                 bool plan_year)
{
    struct date d = p->last;

    if (d.year == 0) {
        d.year = running;
        if (running == 0) {
            out->no_year = true;
            out->a = a;
            out->b = b;
            return;
        }
        phrase_set_end(&d);
    }
    if (out->last.year != 0 && day_number(&d) < day_number(&out->last))
        return;
    out->last = d;
    out->a = a;
    out->b = b;
    out->plan_year = p->last.year == 0 && plan_year;
}

static bool holds(const struct text *t, size_t a, size_t b, const char *const *words, size_t n)
{
    for (size_t k = 0; k < n; k++)
        for (size_t i = a; i < b; i++)
            if (text_is(t, i, b, words[k]) > 0)
                return true;
    return false;
}

static bool is_continuous(const struct text *t, size_t a, size_t b)
{
    static const char *const words[] = {
        "持续",    "长期",      "常态",      "经常",      "滚动",   "逐年",       "每年",
        "每月",    "每季",      "始终",      "贯穿",      "不间断", "ongoing",    "on-going",
        "continu", "permanent", "long-term", "long term", "annual", "every year", "recurring"};

    return holds(t, a, b, words, COUNT(words));
}

void dates_field(const struct text *t, size_t a, size_t b, int year, struct dates_found *out)
{
    int running = year;
    bool from_plan = true, starts = false;

    memset(out, 0, sizeof(*out));
    for (size_t i = a; i < b;) {
        struct phrase p;
        if (!phrase_read(t, i, b, true, &p)) {
            i += text_char_len(t->f[i]);
            continue;
        }
        /* 2024年起: a beginning without an end */
        if (text_is(t, i + p.len, b, "起") > 0)
            starts = true;
        else
            take(out, &p, i, i + p.len, running, from_plan);
        if (p.last.year != 0) {
            running = p.last.year;
            from_plan = false;
        }
        i += p.len;
    }
    out->continuous = out->last.year == 0 && (starts || is_continuous(t, a, b));
    /* 年内持续推进: all through the year */
    if (out->last.year != 0 && (text_is(t, out->b, b, "持续") + text_is(t, out->b, b, "长期") +
                                text_is(t, out->b, b, "常态")) > 0)
        out->continuous = true;
    if (out->last.year != 0 || out->continuous)
        out->no_year = false;
}

/* Does a phrase in running text set an end? 到…, …前, …底, 上半年完成; by …, end of … */
static bool sets_end(const struct text *t, size_t a, size_t b, size_t i, const struct phrase *p)
{
    static const char *const before[] = {"到",      "至",     "于",    "by ",
                                         "before ", "until ", "than ", "by the "};
    static const char *const after[] = {"前",   "之前", "以前", "完成", "建成", "出台",
                                        "启动", "实现", "投入", "开工", "竣工"};
    static const char *const not_before[] = {"截至", "截止", "每年", "每", "自",
                                             "从",   "较",   "比",   "近", "以来"};
    size_t end = i + p->len;

    for (size_t k = 0; k < COUNT(not_before); k++)
        if (text_ends(t, a, i, not_before[k]))
            return false;
    if (p->marked_end)
        return true;
    for (size_t k = 0; k < COUNT(after); k++)
        if (text_is(t, end, b, after[k]) > 0)
            return p->last.year == 0 || k < 3 || !p->whole_year;
    for (size_t k = 0; k < COUNT(before); k++)
        if (text_ends(t, a, i, before[k]))
            return true;
    return false;
}

void dates_text(const struct text *t, size_t a, size_t b, int year, const struct date *from,
                const struct date *to, struct dates_found *out)
{
    int running = year;
    bool from_plan = true, quoted = false;

    memset(out, 0, sizeof(*out));
    for (size_t i = a; i < b;) {
        struct phrase p;
        if (text_is(t, i, b, "《") > 0)
            quoted = true;
        else if (text_is(t, i, b, "》") > 0)
            quoted = false;
        if (quoted || !phrase_read(t, i, b, false, &p)) {
            i += text_char_len(t->f[i]);
            continue;
        }
        bool outside = p.last.year != 0 && ((from->year != 0 && p.last.year < from->year) ||
                                            (to->year != 0 && p.last.year > to->year));
        if (!outside && sets_end(t, a, b, i, &p))
            take(out, &p, i, i + p.len, running, from_plan);
        if (p.last.year != 0 && !outside) {
            running = p.last.year;
            from_plan = false;
        }
        i += p.len;
    }
    if (out->last.year != 0)
        out->no_year = false;
}

static bool ends_as_unit(const struct text *t, size_t a, size_t b)
{
    static const char *const ends[] = {"局", "委", "厅", "部门", "单位", "公司", "政府", "管委会"};

    for (size_t k = 0; k < COUNT(ends); k++)
        if (text_ends(t, a, b, ends[k]))
            return true;
    return false;
}

bool dates_in(const struct text *t, size_t a, size_t b)
{
    struct dates_found found;

    if (b - a > 300)
        return false;
    dates_field(t, a, b, 1, &found);
    return found.continuous || found.last.year != 0;
}

bool dates_looks_like(const struct text *t, size_t a, size_t b)
{
    struct dates_found found;
    size_t rest;

    text_trim(t, &a, &b);
    if (b - a > 120)
        return false;
    dates_field(t, a, b, 1, &found);
    if (found.continuous)
        return text_chars(t, a, b) <= 12;
    if (found.last.year == 0)
        return false;
    rest = text_chars(t, a, b) - text_chars(t, found.a, found.b);
    return rest <= 8 && !ends_as_unit(t, a, b);
}

static int four_digits(const struct text *t, size_t i, size_t b)
{
    int year = 0;

    for (size_t k = i; k < i + 4; k++) {
        if (k >= b || !isdigit((unsigned char)t->f[k]))
            return 0;
        year = year * 10 + (t->f[k] - '0');
    }
    if (i + 4 < b && (isdigit((unsigned char)t->f[i + 4]) || text_is(t, i + 4, b, "号") > 0))
        return 0;
    return year >= 1990 && year <= 2099 ? year : 0;
}

/* "Work Plan 2024", "2023-2025" as titles have them. */
static bool bare_years(const struct text *t, size_t a, size_t i, size_t b, struct date *from,
                       struct date *to)
{
    int first = four_digits(t, i, b), last = 0;
    size_t k = i + 4;

    if (first == 0 ||
        (i > a && (isalnum((unsigned char)t->f[i - 1]) || strchr("([-/.", t->f[i - 1]) != NULL)))
        if (first == 0 || t->f[i - 1] != '(')
            return false;
    while (k < b && strchr(" -/", t->f[k]) != NULL)
        k++;
    k += text_is(t, k, b, "to ");
    if (k > i + 4)
        last = four_digits(t, k, b);
    else if (k < b && t->f[k] == ')' && t->f[i - (i > a)] == '(')
        return false; /* a reference number: 〔2022〕 */
    /* 2024/25 */
    if (last == 0 && k == i + 5 && k + 2 <= b && isdigit((unsigned char)t->f[k]) &&
        isdigit((unsigned char)t->f[k + 1]) &&
        (t->f[k] - '0') * 10 + (t->f[k + 1] - '0') == (first + 1) % 100)
        last = first + 1;
    *from = (struct date){first, 1, 1};
    *to = (struct date){last > first ? last : first, 12, 31};
    return true;
}

bool dates_period(const struct text *t, size_t a, size_t b, struct date *from, struct date *to)
{
    for (size_t i = a; i < b; i += text_char_len(t->f[i]))
        if (bare_years(t, a, i, b, from, to) && to->year > from->year)
            return true;
    for (size_t i = a; i < b; i += text_char_len(t->f[i])) {
        struct phrase p;
        if (!phrase_read(t, i, b, false, &p) || p.last.year == 0 || p.day)
            continue;
        if (!p.whole_year && p.last.month == p.first.month)
            continue; /* a single month is a date of issue more often than a period */
        *from = p.first;
        *to = p.last;
        return true;
    }
    for (size_t i = a; i < b; i += text_char_len(t->f[i]))
        if (bare_years(t, a, i, b, from, to))
            return true;
    return false;
}

size_t dates_full(const struct text *t, size_t a, size_t b, struct date *out)
{
    struct phrase p;

    if (!phrase_read(t, a, b, false, &p) || !p.day || p.last.year == 0)
        return 0;
    *out = p.last;
    return p.len;
}
