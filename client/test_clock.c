/* SPDX-License-Identifier: BSD-2-Clause */
/* duban clock: a registry statement like any other, refused by servers whose origin is not a test.
 */
#include "client/test_clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client/options.h"
#include "client/send.h"
#include "common/i18n.h"
#include "common/instant.h"
#include "common/statement.h"

bool test_clock_parse(const char *s, int64_t *us)
{
    struct tm tm = {.tm_isdst = -1};
    int second = 0, end = 0;
    char separator;

    if (instant_parse(s, us))
        return true;
    if (sscanf(s, "%4d-%2d-%2d%c%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &separator,
               &tm.tm_hour, &tm.tm_min, &end) != 6 ||
        (separator != 'T' && separator != ' '))
        return false;
    if (s[end] == ':') {
        int more = 0;
        if (sscanf(s + end, ":%2d%n", &second, &more) != 1)
            return false;
        end += more;
    }
    char day[32];
    snprintf(day, sizeof day, "%04d-%02d-%02d", tm.tm_year, tm.tm_mon, tm.tm_mday);
    if (s[end] || !date_valid(day) || tm.tm_hour > 23 || tm.tm_min > 59 || second > 59)
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    tm.tm_sec = second;
    time_t t = mktime(&tm);
    *us = (int64_t)t * 1000000;
    return t != (time_t)-1;
}

int clock_command(struct app *a, int argc, char **argv)
{
    struct options_list args;
    json_t *body = NULL;
    char instant[INSTANT_SIZE];
    int64_t us;
    struct err e;
    bool ok = options_parse(a, NULL, argc, argv, &args, &e) &&
              options_count(&args, 1, 1, "clock TIME|+DURATION", &e);
    const char *text = ok ? args.items[0] : "";

    if (ok && text[0] == '+' && duration_parse(text, &us) && us > 0) {
        body = json_pack("{s:[{s:s,s:I}]}", "changes", "set", "clock", "by", (json_int_t)us);
    } else if (ok && text[0] != '+' && test_clock_parse(text, &us)) {
        instant_format_utc(us, instant);
        body = json_pack("{s:[{s:s,s:s}]}", "changes", "set", "clock", "to", instant);
    } else if (ok) {
        ok = err_set(&e, "usage",
                     _("%s is neither an instant (2022-04-08T17:31:00+08:00) nor a duration (+90s, "
                       "+2h, +3d)"),
                     text);
    }
    options_free(&args);
    return ok ? send_one(a, STATEMENT_TYPE("registry"), body) : app_fail(a, &e);
}
