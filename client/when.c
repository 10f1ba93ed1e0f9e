/* SPDX-License-Identifier: BSD-2-Clause */
/* Instants as people read them. Weekdays are our own words: the locale of the machine may lack
 * Chinese names although the messages have them. */
#include "client/when.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "common/i18n.h"
#include "common/instant.h"

#define SECOND ((int64_t)1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static const char *weekday(int day)
{
    static const char *const names[] = {N_("Sun"), N_("Mon"), N_("Tue"), N_("Wed"),
                                        N_("Thu"), N_("Fri"), N_("Sat")};

    return day >= 0 && day < 7 ? _(names[day]) : "";
}

static void local_time(int64_t us, struct tm *tm)
{
    time_t t = (time_t)(us / SECOND);

    localtime_r(&t, tm);
}

void when_format(int64_t us, char out[WHEN_SIZE])
{
    struct tm tm;

    local_time(us, &tm);
    snprintf(out, WHEN_SIZE, "%04d-%02d-%02d %s %02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
             tm.tm_mday, weekday(tm.tm_wday), tm.tm_hour, tm.tm_min);
}

void when_date(int64_t us, char out[11])
{
    struct tm tm;

    local_time(us, &tm);
    if (strftime(out, 11, "%Y-%m-%d", &tm) == 0)
        out[0] = '\0';
}

void when_text(const char *instant, char out[WHEN_SIZE])
{
    int64_t us;

    if (instant && instant_parse(instant, &us))
        when_format(us, out);
    else
        snprintf(out, WHEN_SIZE, "%s", instant ? instant : "-");
}

static void amount(int64_t n, const char *one, const char *many, char *out, size_t size)
{
    snprintf(out, size, "%" PRId64 " %s", n, n == 1 ? one : many);
}

void when_relative(int64_t us, int64_t now, char out[WHEN_SIZE])
{
    int64_t d = us > now ? us - now : now - us;
    char n[WHEN_SIZE / 2];

    if (d < MINUTE) {
        snprintf(out, WHEN_SIZE, "%s", _("now"));
        return;
    }
    if (d < HOUR)
        amount(d / MINUTE, _("minute"), _("minutes"), n, sizeof n);
    else if (d < 2 * DAY)
        amount(d / HOUR, _("hour"), _("hours"), n, sizeof n);
    else
        amount(d / DAY, _("day"), _("days"), n, sizeof n);
    snprintf(out, WHEN_SIZE, us > now ? _("in %s") : _("%s ago"), n);
}

void when_both(const char *instant, int64_t now, char out[2 * WHEN_SIZE])
{
    char at[WHEN_SIZE], far[WHEN_SIZE];
    int64_t us;

    when_text(instant, at);
    if (now <= 0 || !instant || !instant_parse(instant, &us)) {
        snprintf(out, 2 * WHEN_SIZE, "%s", at);
        return;
    }
    when_relative(us, now, far);
    snprintf(out, 2 * WHEN_SIZE, _("%s (%s)"), at, far);
}
