/* SPDX-License-Identifier: BSD-2-Clause */
/* From verified bytes to a statement. The signature says who wrote it, not that it is sound: one
 * strict pass, and every later step reads only what this pass has let through. */
#include "common/statement.h"

#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/i18n.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/statement_kinds.h"

/* A kind of its own: its row here, its shape in a statement_*.c, who may sign it in
 * daemon/receive/verify.c, what it does in duban.act_at (sql/schema/008_act.sql). */
struct kind {
    const char *type;
    size_t payload_max;
    int depth;
    const struct shape *shape;
    bool (*read)(struct statement *s, struct err *e); /* NULL: the shape says it all */
};

static const struct kind KINDS[] = {
    [STATEMENT_REPORT] = {STATEMENT_TYPE("report"), STATEMENT_PAYLOAD_MAX, 6,
                          statement_report_shape, statement_report_read},
    [STATEMENT_ACKNOWLEDGE] = {STATEMENT_TYPE("acknowledge"), STATEMENT_PAYLOAD_MAX, 6,
                               statement_acknowledge_shape, statement_acknowledge_read},
    [STATEMENT_PLAN] = {STATEMENT_TYPE("plan"), STATEMENT_PLAN_MAX, 8, statement_plan_shape,
                        statement_plan_read},
    [STATEMENT_REGISTRY] = {STATEMENT_TYPE("registry"), STATEMENT_PLAN_MAX, 8,
                            statement_registry_shape, statement_registry_read},
    [STATEMENT_CONTACT] = {STATEMENT_TYPE("contact"), STATEMENT_PAYLOAD_MAX, 6,
                           statement_contact_shape, NULL},
    [STATEMENT_TEST] = {STATEMENT_TYPE("test"), STATEMENT_PAYLOAD_MAX, 6, statement_test_shape,
                        statement_test_read},
    [STATEMENT_ASK] = {STATEMENT_TYPE("ask"), STATEMENT_PAYLOAD_MAX, 6, statement_ask_shape,
                       statement_ask_read},
    [STATEMENT_ANSWER] = {STATEMENT_TYPE("answer"), STATEMENT_PAYLOAD_MAX, 6,
                          statement_answer_shape, statement_answer_read},
    [STATEMENT_REVIEW] = {STATEMENT_TYPE("review"), STATEMENT_PAYLOAD_MAX, 6,
                          statement_review_shape, statement_review_read},
    [STATEMENT_COUNTERSIGN] = {STATEMENT_TYPE("countersign"), STATEMENT_PAYLOAD_MAX, 6,
                               statement_countersign_shape, statement_countersign_read},
    [STATEMENT_EXTENSION] = {STATEMENT_TYPE("extension"), STATEMENT_PAYLOAD_MAX, 6,
                             statement_extension_shape, statement_extension_read},
    [STATEMENT_CLOSURE] = {STATEMENT_TYPE("closure"), STATEMENT_PAYLOAD_MAX, 6,
                           statement_closure_shape, statement_closure_read},
    [STATEMENT_RECORD] = {STATEMENT_TYPE("record"), STATEMENT_PAYLOAD_MAX, 6,
                          statement_record_shape, statement_record_read},
    [STATEMENT_SILENCE] = {STATEMENT_TYPE("silence"), STATEMENT_PAYLOAD_MAX, 6,
                           statement_silence_shape, statement_silence_read},
};
_Static_assert(sizeof KINDS / sizeof KINDS[0] == STATEMENT_KINDS, "one row per kind");

bool statement_kind_of(const char *type, enum statement_kind *kind)
{
    for (size_t i = 0; i < STATEMENT_KINDS; i++)
        if (strcmp(KINDS[i].type, type) == 0) {
            *kind = (enum statement_kind)i;
            return true;
        }
    return false;
}

const char *statement_type_of(enum statement_kind kind)
{
    return KINDS[kind].type;
}

size_t statement_payload_max(enum statement_kind kind)
{
    return KINDS[kind].payload_max;
}

int statement_depth_max(enum statement_kind kind)
{
    return KINDS[kind].depth;
}

static const char *text_of(const json_t *obj, const char *name)
{
    return json_string_value(json_object_get(obj, name));
}

/* The head's values; the shape has been checked. */
static bool read_head(struct statement *s)
{
    s->aud = text_of(s->json, "aud");
    s->unit = text_of(s->json, "unit");
    s->id = text_of(s->json, "id");
    s->nonce = text_of(s->json, "nonce");
    s->iat = text_of(s->json, "iat");
    s->seq = json_integer_value(json_object_get(s->json, "seq"));
    return hex_decode(text_of(s->json, "key"), s->key, DIGEST_SIZE) &&
           hex_decode(text_of(s->json, "prev"), s->prev, DIGEST_SIZE);
}

bool statement_parse_whole(enum statement_kind kind, const char *payload, size_t n,
                           struct statement **out, struct err *e)
{
    const struct kind *k = &KINDS[kind];
    struct statement *s = xcalloc(1, sizeof *s);

    s->kind = kind;
    bool ok = json_read(payload, n, k->depth, &s->json, e) &&
              shape_check(s->json, k->shape, NULL, e) && read_head(s) &&
              (!k->read || k->read(s, e));
    if (ok)
        *out = s;
    else
        statement_free(&s);
    return ok;
}

bool statement_parse(enum statement_kind kind, const char *payload, size_t n,
                     struct statement **out, struct err *e)
{
    *out = NULL;
    if (n > KINDS[kind].payload_max)
        return err_set(e, "schema", _("the payload is larger than %zu bytes"),
                       KINDS[kind].payload_max);
    if (kind == STATEMENT_REPORT) {
        *out = xcalloc(1, sizeof **out);
        if (statement_quick(payload, n, *out))
            return true;
        statement_free(out);
    }
    return statement_parse_whole(kind, payload, n, out, e);
}

void statement_free(struct statement **s)
{
    if (!s || !*s)
        return;
    for (size_t i = 0; i < (*s)->reports_len; i++) {
        free((*s)->reports[i].values);
        free((*s)->reports[i].errors);
    }
    free((*s)->reports);
    free((*s)->alerts);
    json_decref((*s)->json);
    free((*s)->text);
    free(*s);
    *s = NULL;
}
