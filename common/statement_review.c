/* SPDX-License-Identifier: BSD-2-Clause */
/* Reviews and countersignatures: what others say about a report that is in the log already. */
#include <string.h>

#include "common/i18n.h"
#include "common/instant.h"
#include "common/statement.h"
#include "common/statement_kinds.h"

#define ITEMS_MAX 1000
#define REASON_MAX 20000

bool statement_item_valid(const char *s)
{
    size_t n = strspn(s, "0123456789");

    if (n < 1 || n > 18)
        return false;
    if (s[n] == '\0')
        return true;
    size_t ord = s[n] == '.' ? strspn(s + n + 1, "0123456789") : 0;
    return ord >= 1 && ord <= 3 && s[n + 1 + ord] == '\0';
}

static const char *const DECISIONS[] = {"accept", "return", NULL};
static const struct shape REVIEW[] = {
    STATEMENT_ITEM("report", false),
    {.name = "decision", .type = SHAPE_WORD, .words = DECISIONS},
    {.name = "reason", .type = SHAPE_TEXT, .optional = true, .min = 1, .max = REASON_MAX},
    STATEMENT_DATE("due", true),
    SHAPE_END,
};

const struct shape statement_review_shape[] = {
    STATEMENT_HEAD,
    {.name = "reviews", .type = SHAPE_OBJECTS, .min = 1, .max = ITEMS_MAX, .members = REVIEW},
    SHAPE_END,
};

static const struct shape REPORT = STATEMENT_ITEM(NULL, false);
const struct shape statement_countersign_shape[] = {
    STATEMENT_HEAD,
    {.name = "reports", .type = SHAPE_LIST, .min = 1, .max = ITEMS_MAX, .members = &REPORT},
    SHAPE_END,
};

bool statement_twice(const json_t *list, const char *name, const char *member, struct err *e)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *a = json_array_get(list, i);
        const struct place at = {NULL, name, i};
        const char *one = json_string_value(member ? json_object_get(a, member) : a);

        for (size_t j = 0; one && j < i; j++) {
            const json_t *b = json_array_get(list, j);
            const char *other = json_string_value(member ? json_object_get(b, member) : b);
            if (other && strcmp(one, other) == 0)
                return shape_error(&at, member, _("is named a second time"), e);
        }
    }
    return true;
}

bool statement_review_read(struct statement *s, struct err *e)
{
    const json_t *list = json_object_get(s->json, "reviews");
    size_t i;
    json_t *one;

    json_array_foreach((json_t *)list, i, one)
    {
        const struct place at = {NULL, "reviews", i};
        const char *decision = json_string_value(json_object_get(one, "decision"));
        bool returns = strcmp(decision, "return") == 0;

        if (returns && !json_object_get(one, "reason"))
            return shape_error(&at, "reason", _("a returned report needs a reason"), e);
        if (!returns && json_object_get(one, "due"))
            return shape_error(&at, "due", _("only a returned report has a new date"), e);
    }
    return statement_twice(list, "reviews", "report", e);
}

bool statement_countersign_read(struct statement *s, struct err *e)
{
    return statement_twice(json_object_get(s->json, "reports"), "reports", NULL, e);
}
