/* SPDX-License-Identifier: BSD-2-Clause */
/* Instants and dates as text, without the C library's locale-bound parsers. */
#include "common/instant.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND ((int64_t)1000000)
#define DAY ((int64_t)86400)
#define INSTANT_LAST (253402300799 * SECOND + 999999) /* 9999-12-31T23:59:59.999999Z */
#define DURATION_MAX ((int64_t)36525 * DAY * SECOND)  /* a hundred years */

/* Exactly n digits at s; -1 otherwise. */
static int digits(const char *s, int n)
{
    int v = 0;

    for (int i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return -1;
        v = v * 10 + (s[i] - '0');
    }
    return v;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/* Days from 1970-01-01 to a Gregorian day; years are counted from March so that the leap day comes
 * last. */
static int64_t day_number(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t era = y / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* "YYYY-MM-DD" at s; the byte behind is not looked at. */
static bool date_parts(const char *s, int64_t *day)
{
    int y = digits(s, 4);

    if (y < 1 || s[4] != '-')
        return false;
    int m = digits(s + 5, 2);
    if (m < 1 || m > 12 || s[7] != '-')
        return false;
    int d = digits(s + 8, 2);
    if (d < 1 || d > days_in_month(y, m))
        return false;
    *day = day_number(y, m, d);
    return true;
}

bool date_valid(const char *s)
{
    int64_t day = 0;

    return date_parts(s, &day) && s[10] == '\0';
}

/* "HH:MM:SS" at s as seconds, or -1. */
static int clock_parts(const char *s)
{
    int h = digits(s, 2);

    if (h < 0 || h > 23 || s[2] != ':')
        return -1;
    int m = digits(s + 3, 2);
    if (m < 0 || m > 59 || s[5] != ':')
        return -1;
    int sec = digits(s + 6, 2);
    return sec < 0 || sec > 59 ? -1 : h * 3600 + m * 60 + sec;
}

/* ".f" with 1 to 6 digits, or nothing; moves *s behind it. */
static bool fraction(const char **s, int64_t *us)
{
    int64_t scale = SECOND / 10;

    *us = 0;
    if (**s != '.')
        return true;
    ++*s;
    if (digits(*s, 1) < 0)
        return false;
    for (; digits(*s, 1) >= 0; ++*s, scale /= 10) {
        if (scale == 0)
            return false;
        *us += scale * (**s - '0');
    }
    return true;
}

/* "Z" or "±HH:MM" up to the end, as seconds east. */
static bool offset(const char *s, int *seconds)
{
    *seconds = 0;
    if ((*s == 'Z' || *s == 'z') && s[1] == '\0')
        return true;
    if (*s != '+' && *s != '-')
        return false;
    int h = digits(s + 1, 2);
    if (h < 0 || h > 23 || s[3] != ':')
        return false;
    int m = digits(s + 4, 2);
    if (m < 0 || m > 59 || s[6] != '\0')
        return false;
    *seconds = (*s == '-' ? -1 : 1) * (h * 3600 + m * 60);
    return true;
}

bool instant_parse(const char *s, int64_t *us)
{
    int64_t day = 0;
    int64_t frac = 0;
    int east = 0;

    if (!date_parts(s, &day) || (s[10] != 'T' && s[10] != 't'))
        return false;
    int sec = clock_parts(s + 11);
    if (sec < 0)
        return false;
    s += 19;
    if (!fraction(&s, &frac) || !offset(s, &east))
        return false;
    int64_t at = (day * DAY + sec - east) * SECOND + frac;
    if (at < 0 || at > INSTANT_LAST)
        return false;
    *us = at;
    return true;
}

/* Whole seconds and the rest, also before 1970. */
static time_t split(int64_t us, long *rest)
{
    int64_t sec = us / SECOND;

    *rest = (long)(us % SECOND);
    if (*rest < 0) {
        *rest += (long)SECOND;
        sec--;
    }
    return (time_t)sec;
}

void instant_format_utc(int64_t us, char out[INSTANT_SIZE])
{
    struct tm tm = {0};
    long rest = 0;
    time_t sec = split(us, &rest);

    gmtime_r(&sec, &tm);
    size_t n = strftime(out, INSTANT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, INSTANT_SIZE - n, ".%06ldZ", rest);
}

void instant_format_local(int64_t us, char out[INSTANT_SIZE])
{
    struct tm tm = {0};
    long rest = 0;
    time_t sec = split(us, &rest);

    localtime_r(&sec, &tm);
    size_t n = strftime(out, INSTANT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
    long east = tm.tm_gmtoff / 60;
    long minutes = east < 0 ? -east : east;
    snprintf(out + n, INSTANT_SIZE - n, "%c%02ld:%02ld", east < 0 ? '-' : '+', minutes / 60 % 100,
             minutes % 60);
}

static int64_t unit_seconds(char c)
{
    switch (c) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 3600;
    case 'd':
        return DAY;
    case 'w':
        return 7 * DAY;
    default:
        return 0;
    }
}

bool duration_parse(const char *s, int64_t *us)
{
    int64_t sum = 0;

    if (*s++ != '+' || *s == '\0')
        return false;
    while (*s) {
        int64_t v = 0;
        int n = 0;
        for (; digits(s, 1) >= 0 && n < 10; n++, s++)
            v = v * 10 + (*s - '0');
        int64_t unit = *s ? unit_seconds(*s++) : 0;
        if (n == 0 || unit == 0 || v > DURATION_MAX / SECOND / unit)
            return false;
        sum += v * unit * SECOND;
        if (sum > DURATION_MAX)
            return false;
    }
    *us = sum;
    return true;
}
