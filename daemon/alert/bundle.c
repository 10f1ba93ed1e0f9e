/* SPDX-License-Identifier: BSD-2-Clause */
/* One message to deliver. */
#include "daemon/alert/bundle.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

/* It becomes a file's name and a part of headers. */
static bool id_good(const char *id)
{
    size_t n = strspn(id, "0123456789abcdef");

    return n >= 16 && n <= 64 && id[n] == '\0';
}

struct bundle *bundle_new(const char *id, const char *channel, const char *kind, const char *target,
                          int attempt, const char *body)
{
    json_t *j = json_loads(body, JSON_REJECT_DUPLICATES, NULL);

    if (!json_is_object(j) || !id_good(id)) {
        json_decref(j);
        return NULL;
    }
    struct bundle *b = xcalloc(1, sizeof *b);
    b->id = xstrdup(id);
    b->channel = xstrdup(channel);
    b->kind = xstrdup(kind);
    b->target = xstrdup(target);
    b->attempt = attempt;
    b->json = j;
    return b;
}

void bundle_free(struct bundle **bp)
{
    struct bundle *b = *bp;

    *bp = NULL;
    if (b == NULL)
        return;
    free(b->id);
    free(b->channel);
    free(b->kind);
    free(b->target);
    json_decref(b->json);
    free(b);
}

const char *bundle_text(const json_t *o, const char *member)
{
    const char *s = json_string_value(json_object_get(o, member));

    return s != NULL ? s : "";
}

json_int_t bundle_number(const json_t *o, const char *member)
{
    return json_integer_value(json_object_get(o, member));
}
