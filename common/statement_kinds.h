/* SPDX-License-Identifier: BSD-2-Clause */
/* Private to statement*.c: the shapes and readers of each kind (docs/statements.md). */
#ifndef DUBAN_STATEMENT_KINDS_H
#define DUBAN_STATEMENT_KINDS_H

#include "i18n.h"
#include "shape.h"
#include "statement.h"

#define STATEMENT_INTEGER_MAX ((int64_t)1 << 53)

/* Members that every payload has; a kind's table starts with them. */
#define STATEMENT_HEAD                                                                             \
    {.name = "v", .type = SHAPE_INTEGER, .min = 1, .max = 1},                                      \
        {.name = "aud", .type = SHAPE_STRING, .min = 1, .max = 127},                               \
        {.name = "unit", .type = SHAPE_STRING, .min = 1, .max = 200},                              \
        {.name = "key",                                                                            \
         .type = SHAPE_MATCH,                                                                      \
         .match = shape_is_hex,                                                                    \
         .wanted = N_("64 lower-case hexadecimal digits")},                                        \
        {.name = "seq", .type = SHAPE_INTEGER, .min = 1, .max = STATEMENT_INTEGER_MAX},            \
        {.name = "prev",                                                                           \
         .type = SHAPE_MATCH,                                                                      \
         .match = shape_is_hex,                                                                    \
         .wanted = N_("64 lower-case hexadecimal digits")},                                        \
        {.name = "id",                                                                             \
         .type = SHAPE_MATCH,                                                                      \
         .match = shape_is_uuid,                                                                   \
         .wanted = N_("a UUID of RFC 9562")},                                                      \
        {.name = "nonce",                                                                          \
         .type = SHAPE_MATCH,                                                                      \
         .match = shape_is_nonce,                                                                  \
         .wanted = N_("16 to 64 characters of base64url")},                                        \
    {                                                                                              \
        .name = "iat", .type = SHAPE_MATCH, .match = shape_is_instant,                             \
        .wanted = N_("an instant of RFC 3339")                                                     \
    }

/* Members that several kinds share. */
#define STATEMENT_ITEM(member, may_lack)                                                           \
    {                                                                                              \
        .name = (member), .type = SHAPE_MATCH, .optional = (may_lack),                             \
        .match = statement_item_valid, .wanted = N_("an entry and ordinal such as 812.0")          \
    }
#define STATEMENT_TASK(member, may_lack)                                                           \
    {                                                                                              \
        .name = (member), .type = SHAPE_MATCH, .optional = (may_lack), .match = task_valid,        \
        .wanted = N_("a task such as p1/6.1")                                                      \
    }
#define STATEMENT_DATE(member, may_lack)                                                           \
    {                                                                                              \
        .name = (member), .type = SHAPE_MATCH, .optional = (may_lack), .match = date_valid,        \
        .wanted = N_("a date YYYY-MM-DD")                                                          \
    }
#define STATEMENT_CODE(member, may_lack)                                                           \
    {                                                                                              \
        .name = (member), .type = SHAPE_MATCH, .optional = (may_lack), .match = shape_is_code,     \
        .wanted = N_("a code of [a-z0-9-], at most 32 long")                                       \
    }
#define STATEMENT_DECIMAL(member, may_lack)                                                        \
    {                                                                                              \
        .name = (member), .type = SHAPE_MATCH, .optional = (may_lack), .match = decimal_valid,     \
        .wanted = N_("a decimal such as 5.5")                                                      \
    }
#define STATEMENT_PERIOD(member, may_lack)                                                         \
    {                                                                                              \
        .name = (member), .type = SHAPE_MATCH, .optional = (may_lack), .match = period_valid,      \
        .wanted = N_("a period such as 2022Q1")                                                    \
    }

extern const struct shape statement_report_shape[];
extern const struct shape statement_acknowledge_shape[];
extern const struct shape statement_registry_shape[];
extern const struct shape statement_contact_shape[];
extern const struct shape statement_plan_shape[];
extern const struct shape statement_review_shape[];
extern const struct shape statement_countersign_shape[];
extern const struct shape statement_extension_shape[];
extern const struct shape statement_closure_shape[];
extern const struct shape statement_record_shape[];
extern const struct shape statement_silence_shape[];
extern const struct shape statement_test_shape[];
extern const struct shape statement_ask_shape[];
extern const struct shape statement_answer_shape[];

/* An object of the registry; the table of them ends with a set of NULL. */
struct statement_object {
    const char *set;
    const struct shape *shape;
    const char *name; /* the member that names the object; NULL: there is one only */
};
extern const struct statement_object statement_objects[];

/* Reads a report statement that is plain; false says nothing but that the whole reader must look.
 * What was filled in is freed with *s in either case. */
bool statement_quick(const char *payload, size_t n, struct statement *s);
/* The whole reader: tree, tables, and what they cannot say. As statement_parse() without its limit.
 */
bool statement_parse_whole(enum statement_kind kind, const char *payload, size_t n,
                           struct statement **out, struct err *e);
/* What the tables cannot say; s->json has passed its table. Each fills its part of *s or gives
 * error "schema". */
bool statement_report_read(struct statement *s, struct err *e);
bool statement_acknowledge_read(struct statement *s, struct err *e);
bool statement_registry_read(struct statement *s, struct err *e);
bool statement_plan_read(struct statement *s, struct err *e);
bool statement_review_read(struct statement *s, struct err *e);
bool statement_countersign_read(struct statement *s, struct err *e);
bool statement_extension_read(struct statement *s, struct err *e);
bool statement_closure_read(struct statement *s, struct err *e);
bool statement_record_read(struct statement *s, struct err *e);
/* Error "schema" when two elements have the same text in this member (NULL: are the same text). */
bool statement_twice(const json_t *list, const char *name, const char *member, struct err *e);
bool statement_silence_read(struct statement *s, struct err *e);
bool statement_test_read(struct statement *s, struct err *e);
bool statement_ask_read(struct statement *s, struct err *e);
bool statement_answer_read(struct statement *s, struct err *e);

/* Matchers for tables: a decimal, a task's number without the plan. */
bool statement_number_valid(const char *s);
bool statement_until_valid(const char *s); /* a date or an instant */
/* <entry>.<ord>: an element of a statement in the log. */
bool statement_place_valid(const char *s);
/* A report or request of an earlier statement: its entry, or entry.ordinal. */
bool statement_item_valid(const char *s);

#endif
