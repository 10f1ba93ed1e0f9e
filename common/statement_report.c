/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports. A wrong shape refuses the statement; a wrong value refuses its own report only, with
 * all its faults at once, so that a clerk corrects a sheet in one go. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/instant.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/statement.h"
#include "common/statement_kinds.h"

#define TEXT_MAX 20000
#define VALUES_MAX 100
#define EVIDENCE_MAX 100
#define CITES_MAX 300
#define WARNING_MAX 2000

static const struct shape VALUE[] = {
    {.name = "name", .type = SHAPE_STRING, .min = 1, .max = 200},
    {.name = "value", .type = SHAPE_STRING, .max = 200},
    {.name = "unit", .type = SHAPE_STRING, .optional = true, .max = 64},
    SHAPE_END,
};

static const struct shape EVIDENCE[] = {
    {.name = "name", .type = SHAPE_STRING, .min = 1, .max = 255},
    {.name = "size",
     .type = SHAPE_INTEGER,
     .min = -STATEMENT_INTEGER_MAX,
     .max = STATEMENT_INTEGER_MAX},
    {.name = "sha256", .type = SHAPE_STRING, .max = 200},
    SHAPE_END,
};

static const struct shape CITE = {.type = SHAPE_STRING, .min = 1, .max = 64};

/* Members of a report, also of one that the office enters for a unit. */
#define REPORT_MEMBERS                                                                             \
    {.name = "task", .type = SHAPE_STRING, .max = 200},                                            \
        {.name = "period", .type = SHAPE_STRING, .optional = true, .max = 64},                     \
        {.name = "status", .type = SHAPE_STRING, .max = 64},                                       \
        {.name = "progress",                                                                       \
         .type = SHAPE_INTEGER,                                                                    \
         .optional = true,                                                                         \
         .min = -STATEMENT_INTEGER_MAX,                                                            \
         .max = STATEMENT_INTEGER_MAX},                                                            \
        {.name = "text", .type = SHAPE_TEXT, .optional = true, .max = TEXT_MAX},                   \
        {.name = "values",                                                                         \
         .type = SHAPE_OBJECTS,                                                                    \
         .optional = true,                                                                         \
         .max = VALUES_MAX,                                                                        \
         .members = VALUE},                                                                        \
        {.name = "risk", .type = SHAPE_TEXT, .optional = true, .max = TEXT_MAX},                   \
        {.name = "next", .type = SHAPE_TEXT, .optional = true, .max = TEXT_MAX},                   \
        {.name = "next_by", .type = SHAPE_STRING, .optional = true, .max = 64},                    \
        {.name = "evidence",                                                                       \
         .type = SHAPE_OBJECTS,                                                                    \
         .optional = true,                                                                         \
         .max = EVIDENCE_MAX,                                                                      \
         .members = EVIDENCE},                                                                     \
        {.name = "corrects", .type = SHAPE_ANY, .optional = true},                                 \
        {.name = "cites",                                                                          \
         .type = SHAPE_LIST,                                                                       \
         .optional = true,                                                                         \
         .min = 1,                                                                                 \
         .max = CITES_MAX,                                                                         \
         .members = &CITE},                                                                        \
        {.name = "early_warning",                                                                  \
         .type = SHAPE_TEXT,                                                                       \
         .optional = true,                                                                         \
         .min = 1,                                                                                 \
         .max = WARNING_MAX},                                                                      \
    {                                                                                              \
        .name = "explanation", .type = SHAPE_TEXT, .optional = true, .min = 1, .max = TEXT_MAX     \
    }

static const struct shape REPORT[] = {
    REPORT_MEMBERS,
    SHAPE_END,
};

const struct shape statement_report_shape[] = {
    STATEMENT_HEAD,
    {.name = "reports",
     .type = SHAPE_OBJECTS,
     .min = 1,
     .max = STATEMENT_REPORTS_MAX,
     .members = REPORT},
    SHAPE_END,
};

static const char *const SOURCES[] = {"paper", "mail", "chat", "phone", "other", NULL};
static const struct shape SCAN[] = {
    {.name = "name", .type = SHAPE_STRING, .optional = true, .min = 1, .max = 255},
    {.name = "size", .type = SHAPE_INTEGER, .optional = true, .max = STATEMENT_INTEGER_MAX},
    {.name = "sha256",
     .type = SHAPE_MATCH,
     .match = shape_is_hex,
     .wanted = N_("64 lower-case hexadecimal digits")},
    SHAPE_END,
};
static const struct shape RECORD[] = {
    REPORT_MEMBERS,
    {.name = "for", .type = SHAPE_STRING, .min = 1, .max = 200},
    {.name = "source", .type = SHAPE_WORD, .words = SOURCES},
    STATEMENT_DATE("received_on", false),
    {.name = "scan", .type = SHAPE_OBJECT, .optional = true, .members = SCAN},
    SHAPE_END,
};

const struct shape statement_record_shape[] = {
    STATEMENT_HEAD,
    {.name = "records",
     .type = SHAPE_OBJECTS,
     .min = 1,
     .max = STATEMENT_REPORTS_MAX,
     .members = RECORD},
    SHAPE_END,
};

static void add_fault(struct buf *faults, const char *field, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds one element to the array of faults; codes are stable, details are English. */
static void add_fault(struct buf *faults, const char *field, const char *code, const char *fmt, ...)
{
    struct err detail;
    va_list ap;

    va_start(ap, fmt);
    char *text = NULL;
    int n = vasprintf(&text, fmt, ap);
    va_end(ap);
    /* err_set cuts at a character and takes control characters out */
    err_set(&detail, code, "%s", n < 0 ? "" : text);
    if (n >= 0)
        free(text);
    buf_add_str(faults, faults->len ? ",{\"field\":" : "[{\"field\":");
    json_write_string(field, faults);
    buf_add_str(faults, ",\"code\":");
    json_write_string(code, faults);
    buf_add_str(faults, ",\"detail\":");
    json_write_string(detail.text, faults);
    buf_add_str(faults, "}");
}

static const char *text_of(const json_t *obj, const char *name)
{
    return json_string_value(json_object_get(obj, name));
}

static void check_task(struct statement_report *r, struct buf *faults)
{
    r->task = text_of(r->json, "task");
    if (!task_valid(r->task))
        add_fault(faults, "task", "task",
                  "\"%s\" is not a task; write the plan's handle, a slash and the number, "
                  "such as p1/6.1",
                  r->task);
}

static void check_period(struct statement_report *r, struct buf *faults)
{
    r->period = text_of(r->json, "period");
    if (!r->period)
        add_fault(faults, "period", "missing",
                  "the report names no period; add one, such as 2022Q1");
    else if (!period_valid(r->period))
        add_fault(faults, "period", "period",
                  "\"%s\" is not a period; write one of the forms 2022, 2022H1, 2022Q1, 2022-03, "
                  "2022-03-2, 2022-03H1, 2022-03-15, 2022-W12",
                  r->period);
}

/* Payloads hold the English name only, so that every reader understands them alike. */
static void check_status(struct statement_report *r, struct buf *faults)
{
    r->status_text = text_of(r->json, "status");
    r->status = status_parse_any(r->status_text);
    if (r->status != STATUS_INVALID && strcmp(status_name(r->status), r->status_text) != 0)
        r->status = STATUS_INVALID;
    if (r->status == STATUS_INVALID)
        add_fault(faults, "status", "enumeration",
                  "\"%s\" is not a status; use not-started, on-track, at-risk, blocked or done",
                  r->status_text);
}

static void check_progress(struct statement_report *r, struct buf *faults)
{
    const json_t *j = json_object_get(r->json, "progress");
    json_int_t v = json_integer_value(j);

    r->progress = -1;
    if (!j)
        return;
    if (v >= 0 && v <= 100)
        r->progress = (int)v;
    else
        add_fault(faults, "progress", "range",
                  "progress is %" JSON_INTEGER_FORMAT "; it must be a whole number from 0 to 100",
                  v);
}

static void check_next_by(struct statement_report *r, struct buf *faults)
{
    const char *date = text_of(r->json, "next_by");

    if (date && !date_valid(date))
        add_fault(faults, "next_by", "date",
                  "\"%s\" is not a date; write year-month-day, such as 2022-03-31", date);
}

static void check_values(struct statement_report *r, struct buf *faults)
{
    const json_t *list = json_object_get(r->json, "values");
    size_t i;
    json_t *one;

    r->values_len = json_array_size(list);
    if (r->values_len)
        r->values = xcalloc(r->values_len, sizeof *r->values);
    json_array_foreach(list, i, one)
    {
        char field[40];
        r->values[i] = (struct statement_value){text_of(one, "name"), text_of(one, "value"),
                                                text_of(one, "unit")};
        if (decimal_valid(r->values[i].value))
            continue;
        snprintf(field, sizeof field, "values[%zu].value", i);
        add_fault(faults, field, "decimal",
                  "\"%s\" (%s) is not a decimal number; write digits with a point, such as 5.5, "
                  "at most 18 before and 6 behind it",
                  r->values[i].value, r->values[i].name);
    }
}

static void check_evidence(struct statement_report *r, struct buf *faults)
{
    size_t i;
    json_t *one;

    json_array_foreach(json_object_get(r->json, "evidence"), i, one)
    {
        char field[40];
        json_int_t size = json_integer_value(json_object_get(one, "size"));
        if (size < 0) {
            snprintf(field, sizeof field, "evidence[%zu].size", i);
            add_fault(faults, field, "range",
                      "the size of \"%s\" is %" JSON_INTEGER_FORMAT
                      "; it must be the file's bytes, 0 or more",
                      text_of(one, "name"), size);
        }
        if (!shape_is_hex(text_of(one, "sha256"))) {
            snprintf(field, sizeof field, "evidence[%zu].sha256", i);
            add_fault(faults, field, "digest",
                      "the sha256 of \"%s\" is not a digest; write the file's SHA-256 as 64 "
                      "lower-case hexadecimal digits",
                      text_of(one, "name"));
        }
    }
}

static void check_cites(struct statement_report *r, struct buf *faults)
{
    size_t i;
    json_t *one;

    json_array_foreach(json_object_get(r->json, "cites"), i, one)
    {
        char field[40];
        if (statement_place_valid(json_string_value(one)))
            continue;
        snprintf(field, sizeof field, "cites[%zu]", i);
        add_fault(faults, field, "answer",
                  "\"%s\" is not an answer; write entry and place, such as 1234.1",
                  json_string_value(one));
    }
}

/* "Cannot be met for objective reasons" goes to the leader at once: not with a status that says
 * that all is well. */
static void check_warning(struct statement_report *r, struct buf *faults)
{
    if (json_object_get(r->json, "early_warning") && r->status != STATUS_AT_RISK &&
        r->status != STATUS_BLOCKED && r->status != STATUS_INVALID)
        add_fault(faults, "early_warning", "status",
                  "an early warning goes with status at-risk or blocked, not %s", r->status_text);
    r->more = r->values_len > 0 || json_object_get(r->json, "early_warning") ||
              json_object_get(r->json, "explanation") || json_object_get(r->json, "next_by");
}

static void check_report(struct statement_report *r)
{
    struct buf faults = {0};

    check_task(r, &faults);
    check_period(r, &faults);
    check_status(r, &faults);
    check_progress(r, &faults);
    check_next_by(r, &faults);
    check_values(r, &faults);
    check_evidence(r, &faults);
    check_cites(r, &faults);
    check_warning(r, &faults);
    if (faults.len) {
        buf_add_str(&faults, "]");
        r->errors = xstrdup(faults.data);
    }
    buf_free(&faults);
}

/* An entry's number, or the identity or id of the statement that is put right. */
static bool check_corrects(const json_t *report, const char *list, size_t index, struct err *e)
{
    const struct place at = {NULL, list, index};
    const json_t *j = json_object_get(report, "corrects");

    if (!j || (json_is_integer(j) && json_integer_value(j) >= 0))
        return true;
    const char *s = json_string_value(j);
    if (s && json_string_length(j) >= 1 && json_string_length(j) <= 128 &&
        s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-")] == '\0')
        return true;
    return shape_error(&at, "corrects", _("must be an entry's number or a statement's id"), e);
}

static bool read_reports(struct statement *s, const char *name, struct err *e)
{
    const json_t *list = json_object_get(s->json, name);

    s->reports_len = json_array_size(list);
    s->reports = xcalloc(s->reports_len, sizeof *s->reports);
    for (size_t i = 0; i < s->reports_len; i++) {
        s->reports[i].json = json_array_get(list, i);
        if (!check_corrects(s->reports[i].json, name, i, e))
            return false;
        check_report(&s->reports[i]);
    }
    return true;
}

bool statement_report_read(struct statement *s, struct err *e)
{
    return read_reports(s, "reports", e);
}

/* The office has the paper before it: a faulty value stops the statement, and is put right there.
 */
static bool check_record(const struct statement_report *r, size_t i, struct err *e)
{
    const struct place at = {NULL, "records", i};
    bool spoken = strcmp(text_of(r->json, "source"), "phone") == 0;
    struct err ignored;
    json_t *faults = NULL;

    if (!spoken && !json_object_get(r->json, "scan"))
        return shape_error(&at, "scan",
                           _("what came on paper, by mail or chat has a scan; only \"phone\" none"),
                           e);
    if (!r->errors || !json_read(r->errors, strlen(r->errors), 3, &faults, &ignored))
        return true;
    const json_t *first = json_array_get(faults, 0);
    shape_error(&at, text_of(first, "field"), text_of(first, "detail"), e);
    json_decref(faults);
    return false;
}

bool statement_record_read(struct statement *s, struct err *e)
{
    if (!read_reports(s, "records", e))
        return false;
    for (size_t i = 0; i < s->reports_len; i++)
        if (!check_record(&s->reports[i], i, e))
            return false;
    return true;
}
