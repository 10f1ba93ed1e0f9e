/* SPDX-License-Identifier: BSD-2-Clause */
/* Payloads of our own statements. The bytes are made once and signed; nothing here is ever
 * serialised a second time. */
#include "client/compose.h"

#include <stdio.h>
#include <string.h>

#include "common/bytes.h"
#include "common/clock.h"
#include "common/i18n.h"
#include "common/instant.h"
#include "common/json.h"
#include "common/statement.h"
#include "common/uuid7.h"

#define NONCE_BYTES 16
#define DEPTH 6 /* of a type that we do not know */

static const char *const head_members[] = {"v",    "aud", "unit",  "key", "seq",
                                           "prev", "id",  "nonce", "iat", NULL};

static bool is_head(const char *name)
{
    for (size_t i = 0; head_members[i]; i++)
        if (strcmp(head_members[i], name) == 0)
            return true;
    return false;
}

static json_t *make_head(const char *aud, const char *unit, const struct key *k,
                         const struct compose_place *at)
{
    char key[2 * DIGEST_SIZE + 1], prev[2 * DIGEST_SIZE + 1], id[37], iat[INSTANT_SIZE];
    char nonce[4 * (NONCE_BYTES + 2) / 3 + 1];

    hex_encode(key_id(k), DIGEST_SIZE, key);
    hex_encode(at->prev, DIGEST_SIZE, prev);
    uuid7(id);
    nonce_text(NONCE_BYTES, nonce);
    instant_format_utc(clock_real(), iat);
    return json_pack("{s:i,s:s,s:s,s:s,s:I,s:s,s:s,s:s,s:s}", "v", 1, "aud", aud, "unit", unit,
                     "key", key, "seq", (json_int_t)at->seq, "prev", prev, "id", id, "nonce", nonce,
                     "iat", iat);
}

static size_t payload_max(const char *type)
{
    enum statement_kind kind;

    return statement_kind_of(type, &kind) ? statement_payload_max(kind) : STATEMENT_PAYLOAD_MAX;
}

static bool sign_json(const struct key *k, const char *type, const json_t *payload,
                      struct dsse *out, uint8_t id[DIGEST_SIZE], struct err *e)
{
    struct buf bytes = {0}, scratch = {0};

    json_write(payload, &bytes);
    bool ok = !bytes.full && bytes.len <= payload_max(type);
    if (!ok)
        err_set(e, "size", _("the statement is too large: %zu bytes, at most %zu are accepted"),
                bytes.len, payload_max(type));
    ok = ok && dsse_sign(k, type, bytes.data, bytes.len, out, e);
    if (ok)
        dsse_identity(type, bytes.data, bytes.len, &scratch, id);
    buf_free(&scratch);
    buf_free(&bytes);
    return ok;
}

bool compose_sign(const char *aud, const char *unit, const struct key *k, const char *type,
                  const struct compose_place *at, const json_t *body, struct dsse *out,
                  uint8_t id[DIGEST_SIZE], struct err *e)
{
    json_t *payload = make_head(aud, unit, k, at);
    const char *name;
    json_t *value;

    if (!payload)
        return err_set(e, "config", _("aud or unit is not UTF-8 text"));
    json_object_foreach((json_t *)body, name, value)
    {
        if (!is_head(name))
            json_object_set(payload, name, value);
    }
    bool ok = sign_json(k, type, payload, out, id, e);
    json_decref(payload);
    return ok;
}

bool compose_read(const struct dsse *d, json_t **out, struct err *e)
{
    enum statement_kind kind;
    int depth = statement_kind_of(d->type, &kind) ? statement_depth_max(kind) : DEPTH;

    return json_read(d->payload.data ? d->payload.data : "", d->payload.len, depth, out, e);
}

bool compose_again(const struct key *k, const struct dsse *old, const struct compose_place *at,
                   struct dsse *out, uint8_t id[DIGEST_SIZE], struct err *e)
{
    json_t *payload = NULL;

    if (!compose_read(old, &payload, e))
        return false;
    const char *aud = json_string_value(json_object_get(payload, "aud"));
    const char *unit = json_string_value(json_object_get(payload, "unit"));
    bool ok = aud && unit ? compose_sign(aud, unit, k, old->type, at, payload, out, id, e)
                          : err_set(e, "malformed", _("a kept statement without aud or unit"));
    json_decref(payload);
    return ok;
}

bool compose_place_of(const struct dsse *d, struct compose_place *at, struct err *e)
{
    json_t *payload = NULL;

    if (!compose_read(d, &payload, e))
        return false;
    const json_t *seq = json_object_get(payload, "seq");
    const char *prev = json_string_value(json_object_get(payload, "prev"));
    bool ok = json_is_integer(seq) && prev && hex_decode(prev, at->prev, DIGEST_SIZE);
    at->seq = ok ? json_integer_value(seq) : 0;
    json_decref(payload);
    return ok || err_set(e, "malformed", _("a kept statement without seq or prev"));
}
