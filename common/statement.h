/* SPDX-License-Identifier: BSD-2-Clause */
/* Payloads of statements, strictly read after their signature was verified (docs/statements.md).
 * Shape decides the statement ("schema"); values decide each report (its errors). */
#ifndef DUBAN_STATEMENT_H
#define DUBAN_STATEMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "err.h"

#define STATEMENT_TYPE(kind) "application/vnd.duban." kind ".v1+json"
#define STATEMENT_PAYLOAD_MAX ((size_t)256 * 1024)
#define STATEMENT_PLAN_MAX ((size_t)2 * 1024 * 1024)
#define STATEMENT_REPORTS_MAX 1000

enum statement_kind {
    STATEMENT_REPORT,
    STATEMENT_ACKNOWLEDGE,
    STATEMENT_PLAN,
    STATEMENT_REGISTRY,
    STATEMENT_CONTACT,
    STATEMENT_TEST,
    STATEMENT_ASK,
    STATEMENT_ANSWER,
    STATEMENT_REVIEW,
    STATEMENT_COUNTERSIGN,
    STATEMENT_EXTENSION,
    STATEMENT_CLOSURE,
    STATEMENT_RECORD,
    STATEMENT_SILENCE,
    STATEMENT_KINDS /* how many there are; new kinds go in front of it */
};

enum statement_status {
    STATUS_NOT_STARTED,
    STATUS_ON_TRACK,
    STATUS_AT_RISK,
    STATUS_BLOCKED,
    STATUS_DONE,
    STATUS_INVALID
};

struct statement_value {
    const char *name, *value, *unit; /* unit may be NULL */
};

/* One element of "reports"; all strings are borrowed from the statement. */
struct statement_report {
    const char *task;   /* as written */
    const char *period; /* NULL when absent */
    const char *status_text;
    enum statement_status status;
    int progress; /* -1 when absent */
    const json_t *json;
    struct statement_value *values; /* owned by the statement */
    size_t values_len;
    bool more; /* carries values, a warning, an explanation or a promise that the ledger keeps */
    char
        *errors; /* owned: JSON array [{"field","code","detail"}] of value faults, NULL when none */
};

struct statement {
    enum statement_kind kind;
    json_t *json; /* owned; NULL for a plain report */
    char *text;   /* owned; the strings of a plain report */
    /* head; strings borrowed from json or text */
    const char *aud, *unit, *id, *nonce, *iat;
    uint8_t key[DIGEST_SIZE];
    int64_t seq; /* >= 1 */
    uint8_t prev[DIGEST_SIZE];
    /* report */
    struct statement_report *reports;
    size_t reports_len;
    /* acknowledge: alerts, or bundle */
    int64_t *alerts;
    size_t alerts_len;
    const char *bundle, *comment, *decision;
};

/* Kind of a payload type; false when the type is not one of ours. */
bool statement_kind_of(const char *type, enum statement_kind *kind);
const char *statement_type_of(enum statement_kind kind);
/* Most payload bytes of this kind. */
size_t statement_payload_max(enum statement_kind kind);
/* Deepest nesting of a payload of this kind. */
int statement_depth_max(enum statement_kind kind);
/* Reads the exact verified bytes. New statement in *out. Errors: "malformed" (not strict JSON),
 * "schema" (type, member, limit; the text names the member and its place). */
bool statement_parse(enum statement_kind kind, const char *payload, size_t n,
                     struct statement **out, struct err *e);
void statement_free(struct statement **s);

/* Status in English or Chinese as people type it; STATUS_INVALID otherwise. */
enum statement_status status_parse_any(const char *s);
/* English name as in payloads. */
const char *status_name(enum statement_status s);
/* Decimal text: optional '-', digits, optional '.' digits; at most 18 + 6 digits. */
bool decimal_valid(const char *s);
/* Period text in one of the six forms of docs/statements.md, calendar-checked. */
bool period_valid(const char *s);
/* Task text: handle/number. */
bool task_valid(const char *s);

#endif
