/* SPDX-License-Identifier: BSD-2-Clause */
/* Values that people type: status, decimal, period, task (docs/statements.md). */
#include <string.h>
#include <strings.h>

#include "common/statement.h"
#include "common/statement_kinds.h"

static const struct {
    const char *english, *chinese;
} STATUS_NAMES[] = {
    [STATUS_NOT_STARTED] = {"not-started", "未开始"},
    [STATUS_ON_TRACK] = {"on-track", "正常推进"},
    [STATUS_AT_RISK] = {"at-risk", "有风险"},
    [STATUS_BLOCKED] = {"blocked", "受阻"},
    [STATUS_DONE] = {"done", "已完成"},
};
#define STATUS_LEN (sizeof STATUS_NAMES / sizeof STATUS_NAMES[0])

enum statement_status status_parse_any(const char *s)
{
    for (size_t i = 0; i < STATUS_LEN; i++)
        if (strcasecmp(s, STATUS_NAMES[i].english) == 0 || strcmp(s, STATUS_NAMES[i].chinese) == 0)
            return (enum statement_status)i;
    return STATUS_INVALID;
}

const char *status_name(enum statement_status s)
{
    return (size_t)s < STATUS_LEN ? STATUS_NAMES[s].english : "invalid";
}

static size_t span_digits(const char *s)
{
    return strspn(s, "0123456789");
}

bool decimal_valid(const char *s)
{
    if (*s == '-')
        s++;
    size_t whole = span_digits(s);
    if (whole < 1 || whole > 18)
        return false;
    s += whole;
    if (*s == '\0')
        return true;
    if (*s++ != '.')
        return false;
    size_t part = span_digits(s);
    return part >= 1 && part <= 6 && s[part] == '\0';
}

/* Day of the week of 1 January (0 = Sunday), Gregorian. */
static int first_weekday(int year)
{
    int y = year - 1;

    return (1 + 5 * (y % 4) + 4 * (y % 100) + 6 * (y % 400)) % 7;
}

/* Weeks of an ISO 8601 year: 53 when it starts on a Thursday, or on a Wednesday in a leap year. */
static int iso_weeks(int year)
{
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int first = first_weekday(year);

    return first == 4 || (first == 3 && leap) ? 53 : 52;
}

static int two_digits(const char *s)
{
    if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
        return -1;
    return (s[0] - '0') * 10 + (s[1] - '0');
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

/* What stands behind year and month: nothing, -2 (ten days), H1 (half month), -15 (day). */
static bool month_tail_valid(int year, int month, const char *s)
{
    if (s[0] == '\0')
        return true;
    if (s[0] == 'H')
        return (s[1] == '1' || s[1] == '2') && s[2] == '\0';
    if (s[0] != '-')
        return false;
    if (strlen(s) == 2)
        return s[1] >= '1' && s[1] <= '3';
    int day = strlen(s) == 3 ? two_digits(s + 1) : -1;
    return day >= 1 && day <= month_days(year, month);
}

/* What stands behind the year: H1 Q1 -03 -03-2 -03H1 -03-15 -W12. */
static bool period_tail_valid(int year, const char *s)
{
    size_t n = strlen(s);

    if (s[0] == 'H')
        return n == 2 && (s[1] == '1' || s[1] == '2');
    if (s[0] == 'Q')
        return n == 2 && s[1] >= '1' && s[1] <= '4';
    if (s[0] != '-')
        return false;
    if (s[1] == 'W') {
        int week = n == 4 ? two_digits(s + 2) : -1;
        return week >= 1 && week <= iso_weeks(year);
    }
    int month = n >= 3 ? two_digits(s + 1) : -1;
    return month >= 1 && month <= 12 && month_tail_valid(year, month, s + 3);
}

bool period_valid(const char *s)
{
    if (strnlen(s, 16) < 4 || two_digits(s) < 0 || two_digits(s + 2) < 0)
        return false;
    int year = two_digits(s) * 100 + two_digits(s + 2);
    if (year < 1900)
        return false;
    return s[4] == '\0' || period_tail_valid(year, s + 4);
}

bool statement_number_valid(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-");

    return n >= 1 && n <= 64 && s[n] == '\0' && s[0] != '.' && s[0] != '-';
}

bool task_valid(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");

    return n >= 1 && n <= 16 && s[n] == '/' && statement_number_valid(s + n + 1);
}
