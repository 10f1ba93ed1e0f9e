/* SPDX-License-Identifier: BSD-2-Clause */
/* The cells of a filled row. What a spreadsheet makes of a plain text (60 becomes 60%, 2022-03
 * becomes Mar-22) is understood; everything else that is not right is named. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/app.h"
#include "client/foreign.h"
#include "client/report.h"
#include "client/sheet_private.h"
#include "common/buf.h"
#include "common/i18n.h"
#include "common/instant.h"
#include "common/mem.h"
#include "common/statement.h"

struct row {
    struct sheet *sheet;
    const struct sheet_header *header;
    const struct csv_row *csv;
    const char *dir;
    json_t *report;
};

static void fault(struct row *r, enum sheet_column c, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void fault(struct row *r, enum sheet_column c, const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        abort();
    va_end(ap);
    sheet_fault_add(r->sheet, r->header, r->csv, c, text);
    free(text);
}

static const char *cell(struct row *r, enum sheet_column c)
{
    return sheet_cell(r->header, r->csv, c);
}

static void set(struct row *r, const char *name, const char *value)
{
    json_object_set_new(r->report, name, json_string(value));
}

/* "Mar-22" and "2022年3月": what spreadsheets show for 2022-03. */
static bool month_of_spreadsheet(const char *s, char out[40])
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int year, month, end = 0;

    if (sscanf(s, "%4d年%2d月%n", &year, &month, &end) == 2 && end && !s[end] && month >= 1 &&
        month <= 12 && year >= 1970 && year <= 9999) {
        snprintf(out, 40, "%04d-%02d", year, month);
        return true;
    }
    for (int i = 0; i < 12; i++)
        if (strncasecmp(s, months[i], 3) == 0 && sscanf(s + 3, "-%2d%n", &year, &end) == 1 &&
            !s[3 + end] && year >= 0) {
            snprintf(out, 40, "%04d-%02d", 2000 + year % 100, i + 1);
            return true;
        }
    return false;
}

static void take_place(struct row *r)
{
    const char *task = cell(r, SHEET_TASK);
    const char *period = cell(r, SHEET_PERIOD);
    char month[40];

    if (!task_valid(task))
        fault(r, SHEET_TASK, _("“%s” is not a task; it is written PLAN/NUMBER, such as p1/15-10"),
              task);
    set(r, "task", task);
    if (month_of_spreadsheet(period, month))
        period = month;
    if (!period_valid(period))
        fault(r, SHEET_PERIOD, _("“%s” is not a period, such as 2022Q1 or 2022-03"), period);
    set(r, "period", period);
}

static void take_status(struct row *r)
{
    const char *text = cell(r, SHEET_STATUS);
    enum statement_status s = status_parse_any(text);

    if (!*text)
        fault(r, SHEET_STATUS, _("is empty although the row is filled"));
    else if (s == STATUS_INVALID)
        fault(r, SHEET_STATUS,
              _("“%s” is not a status: not-started 未开始, on-track 正常推进, at-risk 有风险, "
                "blocked "
                "受阻, done 已完成"),
              text);
    else
        set(r, "status", status_name(s));
}

static void take_progress(struct row *r)
{
    const char *text = cell(r, SHEET_PROGRESS);
    char *end = NULL;

    if (!*text)
        return;
    long n = strtol(text, &end, 10);
    if (end != text && *end == '.') /* 60.00% */
        end += 1 + strspn(end + 1, "0");
    if (end == text || n < 0 || n > 100 ||
        (*end && strcmp(end, "%") != 0 && strcmp(end, "％") != 0))
        fault(r, SHEET_PROGRESS, _("“%s” is not a whole number from 0 to 100"), text);
    else
        json_object_set_new(r->report, "progress", json_integer(n));
}

/* The next part of a list separated by ; or ；; NULL at the end. Parts are trimmed. */
static char *next_part(char **rest)
{
    while (*rest && **rest) {
        char *part = *rest;
        size_t n = strcspn(part, ";");
        char *wide = strstr(part, "；");
        if (wide && (size_t)(wide - part) < n) {
            n = (size_t)(wide - part);
            *rest = wide + strlen("；");
        } else {
            *rest = part + n + (part[n] == ';');
        }
        part[n] = '\0';
        part += strspn(part, " \t\r\n");
        for (n = strlen(part); n && strchr(" \t\r\n", part[n - 1]);)
            part[--n] = '\0';
        if (*part)
            return part;
    }
    return NULL;
}

static void take_values(struct row *r)
{
    char *text = xstrdup(cell(r, SHEET_VALUES));
    char *rest = text;
    json_t *values = json_array();

    for (char *part = next_part(&rest); part; part = next_part(&rest))
        if (!report_add_value(values, part))
            fault(r, SHEET_VALUES, _("“%s” is not NAME=NUMBER (with a decimal point; several: ;)"),
                  part);
    if (json_array_size(values))
        json_object_set(r->report, "values", values);
    json_decref(values);
    free(text);
}

static void take_evidence(struct row *r)
{
    char *text = xstrdup(cell(r, SHEET_EVIDENCE));
    char *rest = text;
    json_t *evidence = json_array();
    struct err e;

    for (char *part = next_part(&rest); part; part = next_part(&rest)) {
        char *path = part[0] == '/' ? xstrdup(part) : xasprintf("%s/%s", r->dir, part);
        if (!report_add_evidence(evidence, path, &e))
            fault(r, SHEET_EVIDENCE, "%s", e.text);
        free(path);
    }
    if (json_array_size(evidence))
        json_object_set(r->report, "evidence", evidence);
    json_decref(evidence);
    free(text);
}

/* 2022/4/8 and 2022年4月8日 are what spreadsheets make of 2022-04-08. */
static void take_next_by(struct row *r)
{
    const char *text = cell(r, SHEET_NEXT_BY);
    char date[40];
    int y, m, d, end = 0;

    if (!*text)
        return;
    if ((sscanf(text, "%4d/%2d/%2d%n", &y, &m, &d, &end) == 3 && end && !text[end]) ||
        (sscanf(text, "%4d年%2d月%2d日%n", &y, &m, &d, &end) == 3 && end && !text[end]))
        snprintf(date, sizeof date, "%04d-%02d-%02d", y, m, d);
    else
        snprintf(date, sizeof date, "%.30s", text);
    if (!date_valid(date))
        fault(r, SHEET_NEXT_BY, _("“%s” is not a date, such as 2022-04-08"), text);
    else
        set(r, "next_by", date);
}

static void take_texts(struct row *r)
{
    static const struct {
        enum sheet_column c;
        const char *name;
    } texts[] = {{SHEET_TEXT, "text"}, {SHEET_RISK, "risk"}, {SHEET_NEXT, "next"}};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char *s = xstrdup(cell(r, texts[i].c));
        char *to = s;
        /* line breaks inside a cell come as CR LF, LF or CR */
        for (const char *p = s; *p; p++)
            if (*p != '\r')
                *to++ = *p;
            else if (p[1] != '\n')
                *to++ = '\n';
        *to = '\0';
        if (*s)
            set(r, texts[i].name, s);
        free(s);
    }
}

/* What the row's cells cannot show one by one (a text too long): the server's own check. */
static void check_whole(struct row *r)
{
    json_t *faults = NULL;
    size_t i;
    const json_t *f;

    if (report_check(r->report, &faults))
        return;
    json_array_foreach(faults, i, f)
    {
        const char *detail = app_str(f, "detail");
        char *own = foreign_text(detail ? detail : "?");
        fault(r, SHEET_TEXT, "%s", own);
        free(own);
    }
    json_decref(faults);
}

json_t *sheet_row_report(struct sheet *s, const struct sheet_header *h, const struct csv_row *csv,
                         const char *dir)
{
    struct row r = {.sheet = s, .header = h, .csv = csv, .dir = dir, .report = json_object()};
    size_t before = s->faults_len;

    take_place(&r);
    take_status(&r);
    take_progress(&r);
    take_texts(&r);
    take_values(&r);
    take_next_by(&r);
    take_evidence(&r);
    if (s->faults_len == before)
        check_whole(&r);
    if (s->faults_len == before)
        return r.report;
    json_decref(r.report);
    return NULL;
}
