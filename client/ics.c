/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts come from the server: what a calendar would take for structure is escaped (RFC 5545,
 * section 3.3.11), control characters are left out. */
#include "client/ics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/app.h"
#include "client/outcome.h"
#include "client/when.h"
#include "common/bytes.h"
#include "common/digest.h"
#include "common/i18n.h"
#include "common/instant.h"
#include "common/mem.h"

#define FOLD 75
#define LASTS 1800 /* seconds that an event takes in the calendar, up to the due instant */

/* Writes one content line, folded; a fold never splits a character. */
static void line(struct buf *out, const char *name, const char *value)
{
    struct buf all = {0};
    size_t at = 0, room = FOLD;

    buf_addf(&all, "%s:%s", name, value);
    while (all.len - at > room) {
        size_t n = room;
        while (n > 1 && ((unsigned char)all.data[at + n] & 0xC0) == 0x80)
            n--;
        buf_add(out, all.data + at, n);
        buf_add_str(out, "\r\n ");
        at += n;
        room = FOLD - 1; /* the space counts */
    }
    buf_add(out, all.data + at, all.len - at);
    buf_add_str(out, "\r\n");
    buf_free(&all);
}

/* New string: a TEXT value. */
static char *escaped(const char *s)
{
    struct buf b = {0};

    for (; *s; s++) {
        if (*s == '\\' || *s == ';' || *s == ',')
            buf_addf(&b, "\\%c", *s);
        else if (*s == '\n')
            buf_add_str(&b, "\\n");
        else if ((unsigned char)*s >= 0x20 && *s != 0x7F)
            buf_add(&b, s, 1);
    }
    return b.data ? b.data : xstrdup("");
}

static void text_line(struct buf *out, const char *name, const char *value)
{
    char *text = escaped(value);

    line(out, name, text);
    free(text);
}

static void instant_line(struct buf *out, const char *name, int64_t us)
{
    char text[32];
    struct tm tm;
    time_t t = (time_t)(us / 1000000);

    gmtime_r(&t, &tm);
    strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &tm);
    line(out, name, text);
}

static void alarm_before(struct buf *out, const char *trigger, const char *summary)
{
    line(out, "BEGIN", "VALARM");
    line(out, "ACTION", "DISPLAY");
    line(out, "TRIGGER;RELATED=END", trigger);
    text_line(out, "DESCRIPTION", summary);
    line(out, "END", "VALARM");
}

/* The same for the same obligation in every export. */
static void uid_line(struct buf *out, const json_t *item)
{
    uint8_t digest[DIGEST_SIZE];
    char hex[2 * DIGEST_SIZE + 1];
    char *uid;
    const char *period = app_str(item, "period"), *ask = app_str(item, "ask");
    char *name = xasprintf("%s %s %s %s", app_str(item, "task"), period ? period : "-",
                           app_str(item, "unit") ? app_str(item, "unit") : "-", ask ? ask : "-");

    sha256(name, strlen(name), digest);
    hex_encode(digest, DIGEST_SIZE, hex);
    uid = xasprintf("%.32s@duban", hex);
    line(out, "UID", uid);
    free(uid);
    free(name);
}

static void event(struct buf *out, const json_t *item, int64_t due, int64_t now)
{
    const char *kind = app_str(item, "kind"), *period = app_str(item, "period");
    const char *unit = app_str(item, "unit_name"), *title = app_str(item, "title");
    const char *what = kind && strcmp(kind, "completion") == 0 ? _("completion")
                       : kind && strcmp(kind, "answer") == 0   ? _("answer")
                                                               : period;
    char when[WHEN_SIZE];
    char *summary =
        xasprintf("%s %s %s", app_str(item, "task"), what ? what : "", title ? title : "");

    when_format(due, when);
    char *body = xasprintf(_("due %s\n%s\n%s"), when, unit ? unit : app_str(item, "unit"),
                           outcome_word(app_str(item, "state")));
    line(out, "BEGIN", "VEVENT");
    uid_line(out, item);
    instant_line(out, "DTSTAMP", now);
    instant_line(out, "DTSTART", due - (int64_t)LASTS * 1000000);
    instant_line(out, "DTEND", due);
    text_line(out, "SUMMARY", summary);
    text_line(out, "DESCRIPTION", body);
    line(out, "TRANSP", "TRANSPARENT");
    alarm_before(out, "-P1D", summary);
    alarm_before(out, "-PT1H", summary);
    line(out, "END", "VEVENT");
    free(body);
    free(summary);
}

static bool is_open(const json_t *item)
{
    const char *state = app_str(item, "state");

    return state && strcmp(state, "submitted") != 0 && strcmp(state, "accepted") != 0;
}

size_t ics_write(const json_t *items, int64_t now, struct buf *out)
{
    size_t i, n = 0;
    const json_t *item;

    line(out, "BEGIN", "VCALENDAR");
    line(out, "VERSION", "2.0");
    line(out, "PRODID", "-//duban//duban due//EN");
    line(out, "CALSCALE", "GREGORIAN");
    json_array_foreach((json_t *)items, i, item)
    {
        int64_t due;
        const char *text = app_str(item, "due");
        if (!text || !app_str(item, "task") || !is_open(item) || !instant_parse(text, &due))
            continue;
        event(out, item, due, now);
        n++;
    }
    line(out, "END", "VCALENDAR");
    return n;
}
