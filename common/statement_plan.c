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
#define CODE_WANTED "a code of [a-z0-9-], at most 32 long"

static bool is_handle(const char *s)
{
    return shape_is_code(s) && strlen(s) <= 16;
}

static const struct shape SECTION = {.type = SHAPE_STRING, .max = 500};
static const struct shape OWNER = {
    .type = SHAPE_MATCH,
    .match = shape_is_code,
    .wanted = CODE_WANTED,
};

static const struct shape TARGET[] = {
    {.name = "name", .type = SHAPE_STRING, .max = 500},
    {.name = "op", .type = SHAPE_STRING, .optional = true, .max = 16},
    {.name = "value",
     .type = SHAPE_MATCH,
     .optional = true,
     .match = decimal_valid,
     .wanted = "a decimal such as 5.5"},
    {.name = "unit", .type = SHAPE_STRING, .optional = true, .max = 64},
    SHAPE_END,
};

static const char *const KINDS[] = {"task", "indicator", NULL};

static const struct shape TASK[] = {
    {.name = "task",
     .type = SHAPE_MATCH,
     .match = statement_number_valid,
     .wanted = "a number of [a-z0-9.-] such as 6.1, without the plan's handle"},
    {.name = "no", .type = SHAPE_STRING, .optional = true, .max = 64},
    {.name = "kind", .type = SHAPE_WORD, .words = KINDS},
    {.name = "section", .type = SHAPE_LIST, .optional = true, .max = 20, .members = &SECTION},
    {.name = "title", .type = SHAPE_STRING, .optional = true, .max = 2000},
    {.name = "text", .type = SHAPE_TEXT, .max = TEXT_MAX},
    {.name = "leaders", .type = SHAPE_LIST, .optional = true, .max = OWNERS_MAX, .members = &OWNER},
    {.name = "leads", .type = SHAPE_LIST, .optional = true, .max = OWNERS_MAX, .members = &OWNER},
    {.name = "units", .type = SHAPE_LIST, .optional = true, .max = OWNERS_MAX, .members = &OWNER},
    {.name = "deadline",
     .type = SHAPE_MATCH,
     .optional = true,
     .match = date_valid,
     .wanted = "a date YYYY-MM-DD"},
    {.name = "deadline_raw", .type = SHAPE_STRING, .optional = true, .max = 500},
    {.name = "deadline_source", .type = SHAPE_STRING, .optional = true, .max = 100},
    {.name = "continuous", .type = SHAPE_BOOLEAN, .optional = true},
    {.name = "targets", .type = SHAPE_OBJECTS, .optional = true, .max = 100, .members = TARGET},
    {.name = "baseline", .type = SHAPE_STRING, .optional = true, .max = 500},
    {.name = "target", .type = SHAPE_STRING, .optional = true, .max = 500},
    {.name = "nature", .type = SHAPE_STRING, .optional = true, .max = 100},
    SHAPE_END,
};

static const struct shape PLAN[] = {
    {.name = "handle",
     .type = SHAPE_MATCH,
     .match = is_handle,
     .wanted = "a handle of [a-z0-9-], at most 16 long"},
    {.name = "title", .type = SHAPE_STRING, .min = 1, .max = 500},
    {.name = "number", .type = SHAPE_STRING, .optional = true, .max = 200},
    {.name = "issuer", .type = SHAPE_STRING, .optional = true, .max = 500},
    {.name = "issued",
     .type = SHAPE_MATCH,
     .optional = true,
     .match = date_valid,
     .wanted = "a date YYYY-MM-DD"},
    {.name = "from", .type = SHAPE_MATCH, .match = date_valid, .wanted = "a date YYYY-MM-DD"},
    {.name = "to", .type = SHAPE_MATCH, .match = date_valid, .wanted = "a date YYYY-MM-DD"},
    {.name = "rule",
     .type = SHAPE_MATCH,
     .optional = true,
     .match = shape_is_code,
     .wanted = CODE_WANTED},
    {.name = "ladder",
     .type = SHAPE_MATCH,
     .optional = true,
     .match = shape_is_code,
     .wanted = CODE_WANTED},
    {.name = "source_sha256",
     .type = SHAPE_MATCH,
     .match = shape_is_hex,
     .wanted = "64 lower-case hexadecimal digits"},
    {.name = "tasks", .type = SHAPE_OBJECTS, .min = 1, .max = TASKS_MAX, .members = TASK},
    SHAPE_END,
};

const struct shape statement_plan_shape[] = {
    STATEMENT_HEAD,
    {.name = "plan", .type = SHAPE_OBJECT, .members = PLAN},
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
bool statement_plan_read(struct statement *s, struct err *e)
{
    const json_t *tasks = json_object_get(json_object_get(s->json, "plan"), "tasks");
    const struct place plan = {NULL, "plan", SIZE_MAX};
    size_t n = json_array_size(tasks);
    struct numbered *all = calloc(n ? n : 1, sizeof *all);
    bool ok = true;

    if (!all)
        return shape_error(&plan, "tasks", _("no memory for so many"), e);
    for (size_t i = 0; i < n; i++) {
        const json_t *number = json_object_get(json_array_get(tasks, i), "task");
        all[i] = (struct numbered){json_string_value(number), i};
    }
    qsort(all, n, sizeof *all, by_number);
    for (size_t i = 1; ok && i < n; i++) {
        const struct place at = {&plan, "tasks", all[i].index};
        if (strcmp(all[i - 1].number, all[i].number) == 0)
            ok = shape_error(&at, "task", _("the same number as an earlier task"), e);
    }
    free(all);
    return ok;
}
