/* SPDX-License-Identifier: BSD-2-Clause */
/* Silences: what the alerts of some units or tasks wait for, given with an end and a reason. */
#include <string.h>

#include "common/i18n.h"
#include "common/statement_kinds.h"

#define SILENCES_MAX 100
#define NAMED_MAX 1000
#define REASON_MAX 2000

static const struct shape SILENCED_UNIT = {.type = SHAPE_STRING, .min = 1, .max = 200};
static const struct shape SILENCED_TASK = {
    .type = SHAPE_MATCH,
    .max = 100,
    .match = task_valid,
    .wanted = N_("a task, handle/number"),
};
static const struct shape SILENCE[] = {
    {.name = "units",
     .type = SHAPE_LIST,
     .optional = true,
     .max = NAMED_MAX,
     .members = &SILENCED_UNIT},
    {.name = "tasks",
     .type = SHAPE_LIST,
     .optional = true,
     .max = NAMED_MAX,
     .members = &SILENCED_TASK},
    {.name = "until",
     .type = SHAPE_MATCH,
     .match = statement_until_valid,
     .wanted = N_("a date YYYY-MM-DD or an instant of RFC 3339")},
    {.name = "reason", .type = SHAPE_TEXT, .min = 1, .max = REASON_MAX},
    SHAPE_END,
};

/* The name of a silence: the entry that gave it, a dot, its place in it. */
static bool is_silence(const char *s)
{
    size_t n = strspn(s, "0123456789"), m = s[n] == '.' ? strspn(s + n + 1, "0123456789") : 0;

    return n >= 1 && n <= 18 && m >= 1 && m <= 4 && s[n + 1 + m] == '\0';
}

static const struct shape ENDED = {
    .type = SHAPE_MATCH,
    .match = is_silence,
    .wanted = N_("the name of a silence, such as 120.1"),
};

const struct shape statement_silence_shape[] = {
    STATEMENT_HEAD,
    {.name = "silences",
     .type = SHAPE_OBJECTS,
     .optional = true,
     .min = 1,
     .max = SILENCES_MAX,
     .members = SILENCE},
    {.name = "ends",
     .type = SHAPE_LIST,
     .optional = true,
     .min = 1,
     .max = SILENCES_MAX,
     .members = &ENDED},
    SHAPE_END,
};

bool statement_silence_read(struct statement *s, struct err *e)
{
    if (!json_object_get(s->json, "silences") && !json_object_get(s->json, "ends"))
        return shape_error(NULL, "silences", _("gives a silence or ends one"), e);
    return true;
}
