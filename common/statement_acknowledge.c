/* SPDX-License-Identifier: BSD-2-Clause */
/* Acknowledgements and contacts: the two small kinds. */
#include "common/i18n.h"
#include "common/instant.h"
#include "common/mem.h"
#include "common/statement.h"
#include "common/statement_kinds.h"

#define ALERTS_MAX 1000
#define CONTACTS_MAX 5000
#define COMMENT_MAX 20000

bool statement_until_valid(const char *s)
{
    return date_valid(s) || shape_is_instant(s);
}

static const struct shape ALERT = {
    .type = SHAPE_INTEGER,
    .min = 1,
    .max = STATEMENT_INTEGER_MAX,
};

static const struct shape TOLD[] = {
    {.name = "by", .type = SHAPE_STRING, .min = 1, .max = 200},
    {.name = "to", .type = SHAPE_STRING, .min = 1, .max = 200},
    {.name = "at",
     .type = SHAPE_MATCH,
     .match = shape_is_instant,
     .wanted = N_("an instant of RFC 3339")},
    {.name = "how", .type = SHAPE_STRING, .min = 1, .max = 200},
    SHAPE_END,
};

const struct shape statement_acknowledge_shape[] = {
    STATEMENT_HEAD,
    {.name = "alerts",
     .type = SHAPE_LIST,
     .optional = true,
     .min = 1,
     .max = ALERTS_MAX,
     .members = &ALERT},
    {.name = "bundle", .type = SHAPE_STRING, .optional = true, .min = 1, .max = 128},
    {.name = "comment", .type = SHAPE_TEXT, .optional = true, .max = COMMENT_MAX},
    {.name = "decision", .type = SHAPE_TEXT, .optional = true, .max = COMMENT_MAX},
    {.name = "until",
     .type = SHAPE_MATCH,
     .optional = true,
     .match = statement_until_valid,
     .wanted = N_("a date YYYY-MM-DD or an instant of RFC 3339")},
    {.name = "told", .type = SHAPE_OBJECT, .optional = true, .members = TOLD},
    SHAPE_END,
};

static const struct shape CONTACT[] = {
    STATEMENT_CODE("post", false),
    {.name = "name", .type = SHAPE_STRING, .min = 1, .max = 200},
    {.name = "phone", .type = SHAPE_STRING, .optional = true, .max = 64},
    {.name = "mail", .type = SHAPE_STRING, .optional = true, .max = 254},
    SHAPE_END,
};

const struct shape statement_contact_shape[] = {
    STATEMENT_HEAD,
    {.name = "contacts", .type = SHAPE_OBJECTS, .min = 1, .max = CONTACTS_MAX, .members = CONTACT},
    SHAPE_END,
};

bool statement_acknowledge_read(struct statement *s, struct err *e)
{
    const json_t *alerts = json_object_get(s->json, "alerts");

    s->bundle = json_string_value(json_object_get(s->json, "bundle"));
    s->comment = json_string_value(json_object_get(s->json, "comment"));
    s->decision = json_string_value(json_object_get(s->json, "decision"));
    if (json_object_get(s->json, "told") && json_object_get(s->json, "until"))
        return shape_error(NULL, "until", _("a note that somebody was told holds nothing"), e);
    if (!alerts == !s->bundle)
        return shape_error(NULL, "alerts",
                           _("an acknowledgement names either \"alerts\" or one \"bundle\""), e);
    s->alerts_len = json_array_size(alerts);
    if (s->alerts_len)
        s->alerts = xcalloc(s->alerts_len, sizeof *s->alerts);
    for (size_t i = 0; i < s->alerts_len; i++) {
        const struct place at = {NULL, "alerts", i};
        s->alerts[i] = json_integer_value(json_array_get(alerts, i));
        for (size_t j = 0; j < i; j++)
            if (s->alerts[j] == s->alerts[i])
                return shape_error(&at, NULL, _("names an alert a second time"), e);
    }
    return true;
}
