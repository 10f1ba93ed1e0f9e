/* SPDX-License-Identifier: BSD-2-Clause */
/* One phrase of time; see phrase.h. */
#include "plan/phrase.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MONTH_END 99 /* last day of a month whose year is not known yet */

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

void phrase_set_end(struct date *d)
{
    int days = month_days(d->year, d->month);

    if (d->day > days)
        d->day = days;
}

static size_t digits(const struct text *t, size_t i, size_t b, size_t most, int *value)
{
    size_t n = 0;

    *value = 0;
    while (i + n < b && n < most && isdigit((unsigned char)t->f[i + n]))
        *value = *value * 10 + (t->f[i + n++] - '0');
    return i + n < b && n == most && isdigit((unsigned char)t->f[i + n]) ? 0 : n;
}

static size_t number(const struct text *t, size_t i, size_t b, int *value)
{
    size_t n = digits(t, i, b, 2, value);

    return n > 0 ? n : text_cn_number(t, i, b, value);
}

static bool set_month(struct phrase *p, int year, int month)
{
    if (month < 1 || month > 12)
        return false;
    p->first = (struct date){year, month, 1};
    p->last = (struct date){year, month, MONTH_END};
    return true;
}

static void set_months(struct phrase *p, int year, int first, int last)
{
    p->first = (struct date){year, first, 1};
    p->last = (struct date){year, last, MONTH_END};
}

/* M月, M月D日, M月底, M月中旬, M-N月 at i. */
static size_t read_month(const struct text *t, size_t i, size_t b, int year, struct phrase *p)
{
    static const struct {
        const char *word;
        int day;
    } parts[] = {{"上旬", 10},      {"中旬", 20},      {"下旬", MONTH_END},
                 {"底", MONTH_END}, {"末", MONTH_END}, {"份", MONTH_END}};
    int month, day, other;
    size_t n = number(t, i, b, &month), at = i + n, w;

    if (n == 0 || at >= b)
        return 0;
    if (t->f[at] == '-' && (w = digits(t, at + 1, b, 2, &other)) > 0 &&
        text_is(t, at + 1 + w, b, "月") > 0) {
        month = other;
        at += 1 + w;
    }
    w = text_is(t, at, b, "月");
    if (w == 0 || !set_month(p, year, month))
        return 0;
    at += w;
    if ((n = number(t, at, b, &day)) > 0 && day >= 1 && day <= 31) {
        size_t d = text_is(t, at + n, b, "日");
        d = d > 0 ? d : text_is(t, at + n, b, "号");
        if (d > 0) {
            p->first.day = p->last.day = day;
            p->day = true;
            return at + n + d - i;
        }
    }
    for (size_t k = 0; k < COUNT(parts); k++)
        if ((w = text_is(t, at, b, parts[k].word)) > 0) {
            p->last.day = parts[k].day;
            p->marked_end = k >= 2 && k <= 4;
            return at + w - i;
        }
    return at - i;
}

/* 30/09/2024, 30.09.2024: day first, unless only the second can be the day */
static size_t read_day_first(const struct text *t, size_t i, size_t b, struct phrase *p)
{
    int day, month, year;
    size_t n = digits(t, i, b, 2, &day), m, y;
    char sep;

    if (n == 0 || i + n >= b || (i > 0 && isalnum((unsigned char)t->f[i - 1])))
        return 0;
    sep = t->f[i + n];
    if (sep != '/' && sep != '.' && sep != '-')
        return 0;
    m = digits(t, i + n + 1, b, 2, &month);
    if (m == 0 || i + n + 1 + m >= b || t->f[i + n + 1 + m] != sep)
        return 0;
    y = digits(t, i + n + m + 2, b, 4, &year);
    if (y != 4 || year < 1990 || year > 2099)
        return 0;
    if (month > 12) {
        int swap = day;
        day = month;
        month = swap;
    }
    if (day < 1 || day > 31 || !set_month(p, year, month))
        return 0;
    p->first.day = p->last.day = day;
    p->day = true;
    phrase_set_end(&p->last);
    return n + m + y + 2;
}

/* What may stand behind a year, or alone: 年底, 上半年, 第三季度, 年内. */
static size_t read_part(const struct text *t, size_t i, size_t b, int year, struct phrase *p)
{
    static const struct {
        const char *word;
        int first, last;
        bool marked;
    } parts[] = {{"年年底", 1, 12, true}, {"年年末", 1, 12, true}, {"年底", 1, 12, true},
                 {"年末", 1, 12, true},   {"年内", 1, 12, true},   {"底", 1, 12, true},
                 {"末", 1, 12, true},     {"内", 1, 12, true},     {"上半年", 1, 6, false},
                 {"下半年", 7, 12, false}};
    int quarter;
    size_t n, w;

    for (size_t k = 0; k < COUNT(parts); k++) {
        /* without a year only the words that hold 年 are a date */
        if (year == 0 && k > 4 && k < 8)
            continue;
        if ((n = text_is(t, i, b, parts[k].word)) > 0) {
            set_months(p, year, parts[k].first, parts[k].last);
            p->marked_end = parts[k].marked;
            if (k >= 8 && (w = text_is(t, i + n, b, "底") + text_is(t, i + n, b, "末")) > 0) {
                p->marked_end = true;
                n += w;
            }
            return n;
        }
    }
    w = text_is(t, i, b, "第");
    n = number(t, i + w, b, &quarter);
    if (n == 0 || quarter < 1 || quarter > 4 || text_is(t, i + w + n, b, "季度") == 0)
        return 0;
    set_months(p, year, quarter * 3 - 2, quarter * 3);
    n += w + strlen("季度");
    if ((w = text_is(t, i + n, b, "末") + text_is(t, i + n, b, "底")) > 0)
        p->marked_end = true;
    return n + w;
}

static void set_years(struct phrase *p, int first, int last)
{
    p->first = (struct date){first, 1, 1};
    p->last = (struct date){last, 12, 31};
    p->whole_year = true;
}

/* “十四五”, 十四五末, 十三五时期 */
static size_t read_five_years(const struct text *t, size_t i, size_t b, struct phrase *p)
{
    static const char *const plans[] = {"十一五", "十二五", "十三五", "十四五", "十五五", "十六五"};
    size_t at = i + text_is(t, i, b, "“"), w;

    if (at == i && at < b && t->f[at] == '"')
        at++;
    for (size_t k = 0; k < COUNT(plans); k++) {
        if ((w = text_is(t, at, b, plans[k])) == 0)
            continue;
        at += w;
        w = text_is(t, at, b, "”");
        at += w > 0 ? w : at < b && t->f[at] == '"' ? 1 : 0;
        set_years(p, 2006 + 5 * (int)k, 2010 + 5 * (int)k);
        w = text_is(t, at, b, "期末");
        w = w > 0 ? w : text_is(t, at, b, "末");
        p->marked_end = w > 0;
        return at + w - i;
    }
    return 0;
}

/* 第十四个五年规划 */
static size_t read_nth_plan(const struct text *t, size_t i, size_t b, struct phrase *p)
{
    size_t w = text_is(t, i, b, "第"), n;
    int nth;

    if (w == 0 || (n = text_cn_number(t, i + w, b, &nth)) == 0 || nth < 7 || nth > 30 ||
        text_is(t, i + w + n, b, "个五年") == 0)
        return 0;
    set_years(p, 1986 + 5 * (nth - 7), 1990 + 5 * (nth - 7));
    return w + n + strlen("个五年");
}

/* A year with 年: 2025年, 二〇二五年, 2023-2025年, 今年 (year 0 stays for the plan's). */
static size_t read_year(const struct text *t, size_t i, size_t b, int *first, int *last)
{
    size_t n = digits(t, i, b, 4, last), w;
    size_t at = i + n;

    *first = 0;
    if (n != 4) {
        n = text_cn_number(t, i, b, last);
        /* only 二〇二五, never 三年 */
        if (n != 12 || *last < 1990 || *last > 2099)
            return 0;
        at = i + n;
    }
    *first = *last;
    w = text_is(t, at, b, "年");
    while (at + w < b && t->f[at + w] == '-')
        w++;
    if (w > 0 && t->f[at + w - 1] == '-') {
        int other;
        size_t m = digits(t, at + w, b, 4, &other);
        if (m == 4 && other > *first && other < *first + 30) {
            *last = other;
            at += w + m;
        }
    }
    w = text_is(t, at, b, "年");
    return w == 0 || *first < 1990 || *last > 2099 ? 0 : at + w - i;
}

static size_t read_chinese(const struct text *t, size_t i, size_t b, bool field, struct phrase *p)
{
    int first, last;
    size_t n = read_year(t, i, b, &first, &last), w;

    if (n == 0) {
        bool inside = i > 0 && (isdigit((unsigned char)t->f[i - 1]) || t->f[i - 1] == '.');
        int value;
        size_t prev = i > 0 ? text_prev(t, i) : 0;
        if (inside || (i > 0 && text_cn_number(t, prev, i, &value) > 0))
            return 0;
        if ((w = text_is(t, i, b, "今年")) + (n = text_is(t, i, b, "当年")) > 0) {
            w += n;
            /* 今年底, 今年6月底 */
            if ((n = read_part(t, i + w - 3, b, 0, p)) > 0)
                return w - 3 + n;
            n = read_month(t, i + w, b, 0, p);
            return n > 0 ? w + n : 0;
        }
        w = read_part(t, i, b, 0, p);
        if (w == 0 && field && text_is(t, i, b, "全年") > 0) {
            set_months(p, 0, 1, 12);
            return strlen("全年");
        }
        return w > 0 ? w : read_month(t, i, b, 0, p);
    }
    set_years(p, first, last);
    w = text_is(t, i + n, b, "度");
    if (first != last)
        return n + w;
    w = read_month(t, i + n, b, last, p);
    if (w == 0)
        w = read_part(t, i + n, b, last, p);
    if (w > 0) {
        p->whole_year = p->last.month == 12 && p->first.month == 1;
        phrase_set_end(&p->last);
    }
    return n + w;
}

/* 2025-06-30, 2025.6.30, 2025/6, 2025.6 */
static size_t read_iso(const struct text *t, size_t i, size_t b, bool field, struct phrase *p)
{
    int year, month, day;
    size_t n = digits(t, i, b, 4, &year), m, d;
    char sep;

    if (n != 4 || year < 1990 || year > 2099 || i + n >= b ||
        (i > 0 && isalnum((unsigned char)t->f[i - 1])))
        return 0;
    sep = t->f[i + n];
    m = sep == '-' || sep == '.' || sep == '/' ? digits(t, i + n + 1, b, 2, &month) : 0;
    if (m == 0 || !set_month(p, year, month))
        return 0;
    n += 1 + m;
    d = i + n < b && t->f[i + n] == sep ? digits(t, i + n + 1, b, 2, &day) : 0;
    if (d > 0 && day >= 1 && day <= 31) {
        p->first.day = p->last.day = day;
        p->day = true;
        n += 1 + d;
    } else if (!field) {
        return 0;
    }
    phrase_set_end(&p->last);
    return n;
}

static size_t month_name(const struct text *t, size_t i, size_t b, int *month)
{
    static const char *const names[] = {"january",   "february", "march",    "april",
                                        "may",       "june",     "july",     "august",
                                        "september", "october",  "november", "december"};

    for (int k = 0; k < 12; k++) {
        size_t n = text_is(t, i, b, names[k]);
        if (n == 0 && b - i >= 3 && strncasecmp(t->f + i, names[k], 3) == 0) {
            n = strncasecmp(t->f + i, "sept", 4) == 0 ? 4 : 3;
            if (i + n < b && t->f[i + n] == '.')
                n++;
        }
        if (n > 0 && (i + n >= b || !isalpha((unsigned char)t->f[i + n]))) {
            *month = k + 1;
            return n;
        }
    }
    return 0;
}

static size_t blanks(const struct text *t, size_t i, size_t b)
{
    size_t n = 0;

    while (i + n < b && (t->f[i + n] == ' ' || t->f[i + n] == ','))
        n++;
    return n;
}

/* 31 December 2024, December 31, 2024, December 2024 */
static size_t read_english_month(const struct text *t, size_t i, size_t b, struct phrase *p)
{
    int day = 0, month, year = 0, value;
    size_t at = i, n = digits(t, i, b, 2, &day);

    if (n > 0) {
        at += n;
        if (text_is(t, at, b, "st") + text_is(t, at, b, "nd") + text_is(t, at, b, "rd") +
                text_is(t, at, b, "th") >
            0)
            at += 2;
        at += blanks(t, at, b);
    }
    n = month_name(t, at, b, &month);
    if (n == 0)
        return 0;
    at += n;
    n = blanks(t, at, b);
    if (day == 0 && digits(t, at + n, b, 2, &value) > 0 && value >= 1 && value <= 31) {
        day = value;
        at += n + digits(t, at + n, b, 2, &value);
        n = blanks(t, at, b);
    }
    if (digits(t, at + n, b, 4, &value) == 4 && value >= 1990 && value <= 2099) {
        year = value;
        at += n + 4;
    }
    if (!set_month(p, year, month))
        return 0;
    if (day > 0 && day <= 31) {
        p->first.day = p->last.day = day;
        p->day = true;
    }
    if (year != 0)
        phrase_set_end(&p->last);
    return at - i;
}

/* Q3 2024, 2024 Q3, H1 2024, end of 2024, mid-2024, 2024 in a field */
static size_t read_english_part(const struct text *t, size_t i, size_t b, bool field,
                                struct phrase *p)
{
    int year = 0, part = 0, value;
    size_t n = digits(t, i, b, 4, &value), at = i;
    char kind = 0;

    if (n == 4 && value >= 1990 && value <= 2099) {
        year = value;
        at += n;
        at += blanks(t, at, b);
    }
    if (at + 1 < b && strchr("QqHh", t->f[at]) != NULL && isdigit((unsigned char)t->f[at + 1])) {
        kind = (char)toupper((unsigned char)t->f[at]);
        part = t->f[at + 1] - '0';
        at += 2;
        n = blanks(t, at, b);
        if (year == 0 && digits(t, at + n, b, 4, &value) == 4) {
            year = value;
            at += n + 4;
        }
    }
    if (kind == 'Q' && part >= 1 && part <= 4)
        set_months(p, year, part * 3 - 2, part * 3);
    else if (kind == 'H' && part >= 1 && part <= 2)
        set_months(p, year, part * 6 - 5, part * 6);
    else if (kind == 0 && year != 0 && field && at - i <= 5)
        set_years(p, year, year);
    else
        return 0;
    if (year != 0)
        phrase_set_end(&p->last);
    return kind == 0 ? 4 : at - i;
}

static size_t read_english(const struct text *t, size_t i, size_t b, bool field, struct phrase *p)
{
    static const char *const ends[] = {"the end of ", "end of ",   "end-",
                                       "end ",        "year-end ", "late "};
    size_t n = 0, w, mid = text_is(t, i, b, "mid-");

    if (i > 0 && isalnum((unsigned char)t->f[i - 1]))
        return 0;
    for (size_t k = 0; n == 0 && k < COUNT(ends); k++)
        n = text_is(t, i, b, ends[k]);
    n = mid > 0 ? mid : n;
    w = read_english_month(t, i + n, b, p);
    if (w == 0)
        w = read_english_part(t, i + n, b, field || n > 0, p);
    if (w == 0)
        return 0;
    p->marked_end = n > 0;
    if (mid > 0 && p->whole_year)
        set_months(p, p->last.year, 1, 6);
    if (mid > 0 && p->last.year != 0)
        phrase_set_end(&p->last);
    return n + w;
}

bool phrase_read(const struct text *t, size_t i, size_t b, bool field, struct phrase *out)
{
    unsigned char c = i < b ? (unsigned char)t->f[i] : 0;

    memset(out, 0, sizeof(*out));
    if (c == 0)
        return false;
    if (c >= 0x80 || c == '"' || isdigit(c)) {
        out->len = read_five_years(t, i, b, out);
        if (out->len == 0)
            out->len = read_nth_plan(t, i, b, out);
        if (out->len == 0)
            out->len = read_chinese(t, i, b, field, out);
    }
    if (out->len == 0 && isdigit(c))
        out->len = read_iso(t, i, b, field, out);
    if (out->len == 0 && isdigit(c))
        out->len = read_day_first(t, i, b, out);
    if (out->len == 0 && isalnum(c))
        out->len = read_english(t, i, b, field, out);
    return out->len > 0 && out->last.month > 0;
}
