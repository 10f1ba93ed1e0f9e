/* SPDX-License-Identifier: BSD-2-Clause */
/* Test alerts: an operator asks whether the ways to some posts work. */
#include "common/i18n.h"
#include "common/statement_kinds.h"

#define POSTS_MAX 100
#define TEXT_MAX 500

static const struct shape TEST_POST = STATEMENT_CODE(NULL, false);

const struct shape statement_test_shape[] = {
    STATEMENT_HEAD,
    {.name = "posts", .type = SHAPE_LIST, .min = 1, .max = POSTS_MAX, .members = &TEST_POST},
    {.name = "text", .type = SHAPE_STRING, .optional = true, .min = 1, .max = TEXT_MAX},
    SHAPE_END,
};

bool statement_test_read(struct statement *s, struct err *e)
{
    const json_t *posts = json_object_get(s->json, "posts");

    for (size_t i = 0; i < json_array_size(posts); i++) {
        const struct place at = {NULL, "posts", i};
        for (size_t j = 0; j < i; j++)
            if (json_equal(json_array_get(posts, i), json_array_get(posts, j)))
                return shape_error(&at, NULL, _("names a post a second time"), e);
    }
    return true;
}
