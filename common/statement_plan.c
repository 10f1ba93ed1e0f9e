/* SPDX-License-Identifier: BSD-2-Clause */
/* Plans: a parsed plan, reviewed by the office before it signed it. */
#include "common/i18n.h"
#include "common/instant.h"
#include "common/statement.h"
#include "common/statement_kinds.h"

#include <stdlib.h>
#include <string.h>

#define TASKS_MAX 10000
#define OWNERS_MAX 300
#define TEXT_MAX 20000

static bool is_handle(const char *s)
{
    return shape_is_code(s) && strlen(s) <= 16;
}

static const struct shape SECTION = {.type = SHAPE_STRING, .max = 500};
static const struct shape OWNER = STATEMENT_CODE(NULL, false);

static const struct shape POINT[] = {
    STATEMENT_PERIOD("period", false),
    STATEMENT_DECIMAL("value", false),
    SHAPE_END,
};

static const struct shape TARGET[] = {
    {.name = "name", .type = SHAPE_STRING, .max = 500},
    {.name = "op", .type = SHAPE_STRING, .optional = true, .max = 16},
    STATEMENT_DECIMAL("value", true),
    {.name = "unit", .type = SHAPE_STRING, .optional = true, .max = 64},
    STATEMENT_DECIMAL("baseline", true),
    {.name = "cumulative", .type = SHAPE_BOOLEAN, .optional = true},
    {.name = "curve", .type = SHAPE_OBJECTS, .optional = true, .max = 500, .members = POINT},
    SHAPE_END,
};

static const char *const KINDS[] = {"task", "indicator", NULL};

/* Members of a task that an amendment may change too. */
#define TASK_MEMBERS                                                                               \
    {.name = "no", .type = SHAPE_STRING, .optional = true, .max = 64},                             \
        {.name = "section", .type = SHAPE_LIST, .optional = true, .max = 20, .members = &SECTION}, \
        {.name = "title", .type = SHAPE_STRING, .optional = true, .max = 2000},                    \
        {.name = "leaders",                                                                        \
         .type = SHAPE_LIST,                                                                       \
         .optional = true,                                                                         \
         .max = OWNERS_MAX,                                                                        \
         .members = &OWNER},                                                                       \
        {.name = "leads",                                                                          \
         .type = SHAPE_LIST,                                                                       \
         .optional = true,                                                                         \
         .max = OWNERS_MAX,                                                                        \
         .members = &OWNER},                                                                       \
        {.name = "units",                                                                          \
         .type = SHAPE_LIST,                                                                       \
         .optional = true,                                                                         \
         .max = OWNERS_MAX,                                                                        \
         .members = &OWNER},                                                                       \
        STATEMENT_DATE("deadline", true),                                                          \
        {.name = "deadline_raw", .type = SHAPE_STRING, .optional = true, .max = 500},              \
        {.name = "deadline_source", .type = SHAPE_STRING, .optional = true, .max = 100},           \
        {.name = "continuous", .type = SHAPE_BOOLEAN, .optional = true},                           \
        {.name = "targets",                                                                        \
         .type = SHAPE_OBJECTS,                                                                    \
         .optional = true,                                                                         \
         .max = 100,                                                                               \
         .members = TARGET},                                                                       \
        {.name = "baseline", .type = SHAPE_STRING, .optional = true, .max = 500},                  \
        {.name = "target", .type = SHAPE_STRING, .optional = true, .max = 500},                    \
    {                                                                                              \
        .name = "nature", .type = SHAPE_STRING, .optional = true, .max = 100                       \
    }
#define TASK_NUMBER                                                                                \
    {                                                                                              \
        .name = "task", .type = SHAPE_MATCH, .match = statement_number_valid,                      \
        .wanted = N_("a number of [a-z0-9.-] such as 6.1, without the plan's handle")              \
    }

static const struct shape TASK[] = {
    TASK_NUMBER,
    {.name = "kind", .type = SHAPE_WORD, .words = KINDS},
    {.name = "text", .type = SHAPE_TEXT, .max = TEXT_MAX},
    TASK_MEMBERS,
    SHAPE_END,
};

/* Changes of an amendment; what a change does not name stays as it is. */
static const char *const CLEARED[] = {
    "no",      "section",  "title",        "leaders",         "leads",
    "units",   "deadline", "deadline_raw", "deadline_source", "continuous",
    "targets", "baseline", "target",       "nature",          NULL};
static const struct shape CLEAR = {.type = SHAPE_WORD, .words = CLEARED};
#define CHANGE_WORD                                                                                \
    {                                                                                              \
        .name = "change", .type = SHAPE_STRING, .min = 1, .max = 16                                \
    }
static const struct shape SET_TASK[] = {
    CHANGE_WORD,
    TASK_NUMBER,
    {.name = "text", .type = SHAPE_TEXT, .optional = true, .max = TEXT_MAX},
    TASK_MEMBERS,
    {.name = "clear", .type = SHAPE_LIST, .optional = true, .min = 1, .max = 14, .members = &CLEAR},
    SHAPE_END,
};
static const struct shape NEW_TASK[] = {
    CHANGE_WORD,
    TASK_NUMBER,
    {.name = "kind", .type = SHAPE_WORD, .words = KINDS},
    {.name = "text", .type = SHAPE_TEXT, .max = TEXT_MAX},
    TASK_MEMBERS,
    SHAPE_END,
};
static const struct shape WITHDRAW_TASK[] = {
    CHANGE_WORD,
    TASK_NUMBER,
    {.name = "reason", .type = SHAPE_TEXT, .optional = true, .max = TEXT_MAX},
    SHAPE_END,
};

/* One leader in the place of another, in all tasks of the plan. */
static const struct shape SUCCESSION[] = {
    STATEMENT_CODE("was", false),
    STATEMENT_CODE("now", false),
    SHAPE_END,
};
static const char *const PLAN_CLEARED[] = {"number", "issuer", "issued", NULL};
static const struct shape PLAN_CLEAR = {.type = SHAPE_WORD, .words = PLAN_CLEARED};
static const struct shape SET_PLAN[] = {
    CHANGE_WORD,
    {.name = "title", .type = SHAPE_STRING, .optional = true, .min = 1, .max = 500},
    {.name = "number", .type = SHAPE_STRING, .optional = true, .max = 200},
    {.name = "issuer", .type = SHAPE_STRING, .optional = true, .max = 500},
    STATEMENT_DATE("issued", true),
    STATEMENT_DATE("from", true),
    STATEMENT_DATE("to", true),
    STATEMENT_CODE("rule", true),
    STATEMENT_CODE("ladder", true),
    {.name = "countersign", .type = SHAPE_BOOLEAN, .optional = true},
    {.name = "leaders",
     .type = SHAPE_OBJECTS,
     .optional = true,
     .min = 1,
     .max = OWNERS_MAX,
     .members = SUCCESSION},
    {.name = "clear",
     .type = SHAPE_LIST,
     .optional = true,
     .min = 1,
     .max = 3,
     .members = &PLAN_CLEAR},
    SHAPE_END,
};
static const struct shape CHANGE = {.type = SHAPE_ANY};

static const struct shape PLAN[] = {
    {.name = "handle",
     .type = SHAPE_MATCH,
     .match = is_handle,
     .wanted = N_("a handle of [a-z0-9-], at most 16 long")},
    {.name = "title", .type = SHAPE_STRING, .min = 1, .max = 500},
    {.name = "number", .type = SHAPE_STRING, .optional = true, .max = 200},
    {.name = "issuer", .type = SHAPE_STRING, .optional = true, .max = 500},
    STATEMENT_DATE("issued", true),
    STATEMENT_DATE("from", false),
    STATEMENT_DATE("to", false),
    STATEMENT_CODE("rule", true),
    {.name = "countersign", .type = SHAPE_BOOLEAN, .optional = true},
    STATEMENT_CODE("ladder", true),
    {.name = "source_sha256",
     .type = SHAPE_MATCH,
     .match = shape_is_hex,
     .wanted = N_("64 lower-case hexadecimal digits")},
    {.name = "tasks", .type = SHAPE_OBJECTS, .min = 1, .max = TASKS_MAX, .members = TASK},
    SHAPE_END,
};

const struct shape statement_plan_shape[] = {
    STATEMENT_HEAD,
    {.name = "plan", .type = SHAPE_OBJECT, .optional = true, .members = PLAN},
    {.name = "amend",
     .type = SHAPE_MATCH,
     .optional = true,
     .match = is_handle,
     .wanted = N_("a handle of [a-z0-9-], at most 16 long")},
    {.name = "basis", .type = SHAPE_STRING, .optional = true, .min = 1, .max = 200},
    STATEMENT_DATE("from", true),
    {.name = "changes",
     .type = SHAPE_LIST,
     .optional = true,
     .min = 1,
     .max = TASKS_MAX,
     .members = &CHANGE},
    SHAPE_END,
};

struct numbered {
    const char *number;
    size_t index;
};

static int by_number(const void *a, const void *b)
{
    const struct numbered *x = a;
    const struct numbered *y = b;
    int order = strcmp(x->number, y->number);

    return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* A number names one task: the same number twice would bind reports to either. */
static bool numbers_once(const json_t *tasks, const struct place *up, const char *list,
                         struct err *e)
{
    size_t n = json_array_size(tasks);
    struct numbered *all = calloc(n ? n : 1, sizeof *all);
    bool ok = true;

    if (!all)
        return shape_error(up, list, _("no memory for so many"), e);
    for (size_t i = 0; i < n; i++) {
        const json_t *number = json_object_get(json_array_get(tasks, i), "task");
        /* the plan itself has no number, and is named once, too */
        all[i] = (struct numbered){number ? json_string_value(number) : "", i};
    }
    qsort(all, n, sizeof *all, by_number);
    for (size_t i = 1; ok && i < n; i++) {
        const struct place at = {up, list, all[i].index};
        if (strcmp(all[i - 1].number, all[i].number) == 0)
            ok = shape_error(&at, "task", _("the same number as an earlier task"), e);
    }
    free(all);
    return ok;
}

/* A member that is given and taken away at once has two meanings. */
static bool check_clear(const json_t *change, const struct place *at, struct err *e)
{
    size_t i;
    json_t *one;

    json_array_foreach(json_object_get(change, "clear"), i, one)
    {
        if (json_object_get(change, json_string_value(one)))
            return shape_error(at, "clear", _("names a member that the change also sets"), e);
    }
    return true;
}

static bool check_change(const json_t *change, size_t index, struct err *e)
{
    static const struct {
        const char *word;
        const struct shape *shape;
    } changes[] = {
        {"set", SET_TASK}, {"new", NEW_TASK}, {"withdraw", WITHDRAW_TASK}, {"plan", SET_PLAN}};
    const struct place at = {NULL, "changes", index};
    const char *word = json_string_value(json_object_get(change, "change"));

    for (size_t i = 0; word && i < sizeof changes / sizeof changes[0]; i++)
        if (strcmp(word, changes[i].word) == 0)
            return shape_check(change, changes[i].shape, &at, e) && check_clear(change, &at, e);
    return shape_error(&at, "change", _("must be one of: set, new, withdraw, plan"), e);
}

static bool read_amendment(const struct statement *s, struct err *e)
{
    const json_t *changes = json_object_get(s->json, "changes");

    if (!json_object_get(s->json, "from"))
        return shape_error(NULL, "from", _("is missing: the day from which the amendment holds"),
                           e);
    if (!changes)
        return shape_error(NULL, "changes", _("is missing"), e);
    for (size_t i = 0; i < json_array_size(changes); i++)
        if (!check_change(json_array_get(changes, i), i, e))
            return false;
    return numbers_once(changes, NULL, "changes", e);
}

bool statement_plan_read(struct statement *s, struct err *e)
{
    static const struct place plan = {NULL, "plan", SIZE_MAX};
    const json_t *whole = json_object_get(s->json, "plan");
    bool amend = json_object_get(s->json, "amend") != NULL;

    if (amend == (whole != NULL))
        return shape_error(NULL, "plan",
                           _("a statement has either a \"plan\" or an \"amend\" with its changes"),
                           e);
    if (amend)
        return read_amendment(s, e);
    if (json_object_get(s->json, "changes") || json_object_get(s->json, "basis") ||
        json_object_get(s->json, "from"))
        return shape_error(NULL, "changes", _("belongs to an amendment"), e);
    return numbers_once(json_object_get(whole, "tasks"), &plan, "tasks", e);
}
