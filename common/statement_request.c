/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests and the decisions about them: extensions, and closing a task. One statement holds
 * either requests or decisions, never both: they are signed by different people. */
#include <string.h>

#include "common/i18n.h"
#include "common/instant.h"
#include "common/statement.h"
#include "common/statement_kinds.h"

#define ITEMS_MAX 1000
#define TEXT_MAX 20000

#define REASON(may_lack)                                                                           \
    {                                                                                              \
        .name = "reason", .type = SHAPE_TEXT, .optional = (may_lack), .min = 1, .max = TEXT_MAX    \
    }
#define LISTS(requests, decisions)                                                                 \
    {.name = "requests",                                                                           \
     .type = SHAPE_OBJECTS,                                                                        \
     .optional = true,                                                                             \
     .min = 1,                                                                                     \
     .max = ITEMS_MAX,                                                                             \
     .members = (requests)},                                                                       \
    {                                                                                              \
        .name = "decisions", .type = SHAPE_OBJECTS, .optional = true, .min = 1, .max = ITEMS_MAX,  \
        .members = (decisions)                                                                     \
    }

static const struct shape EXTENSION_REQUEST[] = {
    STATEMENT_TASK("task", false),
    {.name = "period",
     .type = SHAPE_MATCH,
     .optional = true,
     .match = period_valid,
     .wanted = N_("a period such as 2022Q1; left out for the completion of the task")},
    STATEMENT_DATE("until", false),
    REASON(false),
    {.name = "progress", .type = SHAPE_INTEGER, .min = 0, .max = 100},
    SHAPE_END,
};

static const char *const DECISIONS[] = {"grant", "refuse", NULL};
static const struct shape EXTENSION_DECISION[] = {
    STATEMENT_ITEM("request", false),
    {.name = "decision", .type = SHAPE_WORD, .words = DECISIONS},
    STATEMENT_DATE("until", true),
    REASON(true),
    SHAPE_END,
};

const struct shape statement_extension_shape[] = {
    STATEMENT_HEAD,
    LISTS(EXTENSION_REQUEST, EXTENSION_DECISION),
    SHAPE_END,
};

static const struct shape EVIDENCE[] = {
    {.name = "name", .type = SHAPE_STRING, .min = 1, .max = 255},
    {.name = "size", .type = SHAPE_INTEGER, .min = 0, .max = STATEMENT_INTEGER_MAX},
    {.name = "sha256",
     .type = SHAPE_MATCH,
     .match = shape_is_hex,
     .wanted = N_("64 lower-case hexadecimal digits")},
    SHAPE_END,
};
static const struct shape CLOSURE_REQUEST[] = {
    STATEMENT_TASK("task", false),
    {.name = "text", .type = SHAPE_TEXT, .min = 1, .max = TEXT_MAX},
    {.name = "evidence", .type = SHAPE_OBJECTS, .min = 1, .max = 100, .members = EVIDENCE},
    SHAPE_END,
};

static const char *const CLOSURE_DECISIONS[] = {"grant", "refuse", "reopen", NULL};
static const struct shape CLOSURE_DECISION[] = {
    STATEMENT_ITEM("request", true),
    STATEMENT_TASK("task", true),
    {.name = "decision", .type = SHAPE_WORD, .words = CLOSURE_DECISIONS},
    STATEMENT_DATE("due", true),
    REASON(true),
    SHAPE_END,
};

const struct shape statement_closure_shape[] = {
    STATEMENT_HEAD,
    LISTS(CLOSURE_REQUEST, CLOSURE_DECISION),
    SHAPE_END,
};

static bool either(const struct statement *s, struct err *e)
{
    if (!json_object_get(s->json, "requests") == !json_object_get(s->json, "decisions"))
        return shape_error(NULL, "requests",
                           _("a statement holds either \"requests\" or \"decisions\""), e);
    return true;
}

/* What is refused or reopened has a reason; only a member of `only` may carry `member`. */
static bool check_decision(const json_t *one, const struct place *at, const char *member,
                           bool allowed, struct err *e)
{
    const char *decision = json_string_value(json_object_get(one, "decision"));

    if (strcmp(decision, "grant") != 0 && !json_object_get(one, "reason"))
        return shape_error(at, "reason", _("a refusal or reopening needs a reason"), e);
    if (!allowed && json_object_get(one, member))
        return shape_error(at, member, _("does not go with this decision"), e);
    return true;
}

bool statement_extension_read(struct statement *s, struct err *e)
{
    const json_t *list = json_object_get(s->json, "decisions");
    size_t i;
    json_t *one;

    if (!either(s, e))
        return false;
    json_array_foreach((json_t *)list, i, one)
    {
        const struct place at = {NULL, "decisions", i};
        const char *decision = json_string_value(json_object_get(one, "decision"));
        if (!check_decision(one, &at, "until", strcmp(decision, "grant") == 0, e))
            return false;
    }
    return statement_twice(list, "decisions", "request", e);
}

bool statement_closure_read(struct statement *s, struct err *e)
{
    const json_t *list = json_object_get(s->json, "decisions");
    size_t i;
    json_t *one;

    if (!either(s, e))
        return false;
    json_array_foreach((json_t *)list, i, one)
    {
        const struct place at = {NULL, "decisions", i};
        const char *decision = json_string_value(json_object_get(one, "decision"));
        bool reopens = strcmp(decision, "reopen") == 0;
        const char *wanted = reopens ? "task" : "request", *other = reopens ? "request" : "task";
        if (!json_object_get(one, wanted) || json_object_get(one, other))
            return shape_error(&at, wanted,
                               _("\"grant\" and \"refuse\" name a request, \"reopen\" a task"), e);
        if (!check_decision(one, &at, "due", strcmp(decision, "grant") != 0, e))
            return false;
    }
    return statement_twice(list, "decisions", "request", e) &&
           statement_twice(list, "decisions", "task", e) &&
           statement_twice(json_object_get(s->json, "requests"), "requests", "task", e);
}
