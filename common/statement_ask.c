/* SPDX-License-Identifier: BSD-2-Clause */
/* A lead asks chosen participants; their answers. Who may ask whom, the database decides. */
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/instant.h"
#include "common/statement.h"
#include "common/statement_kinds.h"

#define ASKS_MAX 100
#define ANSWERS_MAX 1000
#define UNITS_MAX 300
#define VALUES_MAX 100
#define TEXT_MAX 20000

static bool is_due(const char *s)
{
    return date_valid(s) || shape_is_instant(s);
}

bool statement_place_valid(const char *s)
{
    size_t entry = strspn(s, "0123456789");
    size_t ord = s[entry] == '.' ? strspn(s + entry + 1, "0123456789") : 0;

    return entry >= 1 && entry <= 18 && ord >= 1 && ord <= 5 && s[entry + 1 + ord] == '\0';
}

static const struct shape UNIT = {.type = SHAPE_STRING, .min = 1, .max = 200};
static const struct shape ASK[] = {
    {.name = "task",
     .type = SHAPE_MATCH,
     .match = task_valid,
     .wanted = N_("a task such as p1/6.1: the plan's handle, a slash and the number")},
    STATEMENT_PERIOD("period", true),
    {.name = "units", .type = SHAPE_LIST, .min = 1, .max = UNITS_MAX, .members = &UNIT},
    {.name = "due",
     .type = SHAPE_MATCH,
     .match = is_due,
     .wanted = N_("a date YYYY-MM-DD or an instant of RFC 3339")},
    {.name = "text", .type = SHAPE_TEXT, .min = 1, .max = TEXT_MAX},
    SHAPE_END,
};

const struct shape statement_ask_shape[] = {
    STATEMENT_HEAD,
    {.name = "asks", .type = SHAPE_OBJECTS, .min = 1, .max = ASKS_MAX, .members = ASK},
    SHAPE_END,
};

static const struct shape VALUE[] = {
    {.name = "name", .type = SHAPE_STRING, .min = 1, .max = 200},
    STATEMENT_DECIMAL("value", false),
    {.name = "unit", .type = SHAPE_STRING, .optional = true, .max = 64},
    SHAPE_END,
};

static const struct shape ANSWER[] = {
    {.name = "ask",
     .type = SHAPE_MATCH,
     .match = statement_place_valid,
     .wanted = N_("the number of what was asked, such as 1234.1")},
    {.name = "text", .type = SHAPE_TEXT, .optional = true, .min = 1, .max = TEXT_MAX},
    {.name = "values",
     .type = SHAPE_OBJECTS,
     .optional = true,
     .min = 1,
     .max = VALUES_MAX,
     .members = VALUE},
    SHAPE_END,
};

const struct shape statement_answer_shape[] = {
    STATEMENT_HEAD,
    {.name = "answers", .type = SHAPE_OBJECTS, .min = 1, .max = ANSWERS_MAX, .members = ANSWER},
    SHAPE_END,
};

bool statement_ask_read(struct statement *s, struct err *e)
{
    size_t i, k, m;
    json_t *ask, *unit, *other;

    json_array_foreach(json_object_get(s->json, "asks"), i, ask)
    {
        const struct place at = {NULL, "asks", i};
        const json_t *units = json_object_get(ask, "units");
        json_array_foreach((json_t *)units, k, unit) json_array_foreach((json_t *)units, m, other)
        {
            if (m < k && json_equal(unit, other))
                return shape_error(&at, "units", _("names a unit a second time"), e);
        }
    }
    return true;
}

/* An answer says something, and once: of two in one statement nobody knows which counts. */
bool statement_answer_read(struct statement *s, struct err *e)
{
    const json_t *list = json_object_get(s->json, "answers");
    size_t i;
    json_t *answer;

    json_array_foreach((json_t *)list, i, answer)
    {
        const struct place at = {NULL, "answers", i};
        if (!json_object_get(answer, "text") && !json_object_get(answer, "values"))
            return shape_error(&at, "text", _("is missing: an answer has a text or values"), e);
        for (size_t k = 0; k < i; k++)
            if (json_equal(json_object_get(answer, "ask"),
                           json_object_get(json_array_get(list, k), "ask")))
                return shape_error(&at, "ask", _("is answered a second time in this statement"), e);
    }
    return true;
}
