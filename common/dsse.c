/* SPDX-License-Identifier: BSD-2-Clause */
/* Envelopes. Nothing in an envelope is believed: the algorithm comes from the registered key, and
 * the key is named again inside the signed payload. What was signed is kept byte for byte. */
#include "common/dsse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/bytes.h"
#include "common/dsse_scan.h"
#include "common/i18n.h"
#include "common/json.h"

#define ENVELOPE_DEPTH 3 /* envelope, signatures, signature */

void dsse_pae(const char *type, const void *payload, size_t n, struct buf *out)
{
    buf_addf(out, "DSSEv1 %zu %s %zu ", strlen(type), type, n);
    buf_add(out, payload, n);
}

void dsse_identity(const char *type, const void *payload, size_t n, struct buf *scratch,
                   uint8_t id[DIGEST_SIZE])
{
    buf_clear(scratch);
    dsse_pae(type, payload, n, scratch);
    sha256(scratch->data, scratch->len, id);
}

static bool malformed(struct err *e, const char *what)
{
    return err_set(e, "malformed", _("not an envelope: %s"), what);
}

static bool read_type(struct dsse_text type, struct dsse *out, struct err *e)
{
    if (!type.s || type.n == 0 || type.n >= sizeof out->type)
        return malformed(e, _("payloadType must be a short string"));
    for (size_t i = 0; i < type.n; i++)
        if (type.s[i] <= ' ' || type.s[i] > '~')
            return malformed(e, _("payloadType must be printable ASCII"));
    memcpy(out->type, type.s, type.n);
    out->type[type.n] = '\0';
    return true;
}

static bool read_payload(struct dsse_text text, size_t max, struct dsse *out, struct err *e)
{
    if (!text.s)
        return malformed(e, _("payload must be a string"));
    /* 4 characters hold 3 bytes; up to 3 more for a padded end */
    if (text.n / 4 * 3 > max + 3)
        return err_set(e, "size", _("the payload is larger than %zu bytes"), max);
    if (!base64_decode(text.s, text.n, &out->payload))
        return malformed(e, _("payload is not base64"));
    if (out->payload.len > max)
        return err_set(e, "size", _("the payload is larger than %zu bytes"), max);
    return true;
}

static bool read_keyid(struct dsse_text keyid, struct dsse *out, struct err *e)
{
    char hex[2 * DIGEST_SIZE + 1] = "";

    if (keyid.s && keyid.n == 2 * DIGEST_SIZE)
        memcpy(hex, keyid.s, keyid.n);
    if (hex_decode(hex, out->keyid, DIGEST_SIZE))
        return true;
    return malformed(e, _("keyid must be 64 lower-case hexadecimal digits"));
}

static bool read_signature(struct dsse_text text, struct dsse *out, struct err *e)
{
    struct buf sig = {.limit = DSSE_SIG_MAX};
    bool ok = text.s && text.n > 0 && base64_decode(text.s, text.n, &sig);

    if (ok) {
        memcpy(out->sig, sig.data, sig.len);
        out->sig_len = sig.len;
    }
    buf_free(&sig);
    return ok || malformed(e, _("sig must be base64 of at most 256 bytes"));
}

static struct dsse_text text_member(const json_t *obj, const char *name)
{
    const json_t *j = json_object_get(obj, name);

    return (struct dsse_text){json_string_value(j), json_string_length(j)};
}

/* The members by jansson, borrowed from the envelope. */
static bool find_members(const json_t *envelope, struct dsse_members *m, struct err *e)
{
    static const char *const outer[] = {"payloadType", "payload", "signatures", NULL};
    static const char *const inner[] = {"keyid", "sig", NULL};
    const json_t *list = json_object_get(envelope, "signatures");
    const json_t *one = json_array_get(list, 0);

    if (!json_is_object(envelope))
        return malformed(e, _("it must be a JSON object"));
    if (!json_only(envelope, "envelope", outer, e))
        return malformed(e, _("it may hold payloadType, payload and signatures, nothing else"));
    if (!json_is_array(list) || json_array_size(list) != 1 || !json_is_object(one))
        return malformed(e, _("signatures must hold exactly one object"));
    if (!json_only(one, "signatures[0]", inner, e))
        return malformed(e, _("signatures[0] may hold keyid and sig, nothing else"));
    m->type = text_member(envelope, "payloadType");
    m->payload = text_member(envelope, "payload");
    m->keyid = text_member(one, "keyid");
    m->sig = text_member(one, "sig");
    return true;
}

bool dsse_decode(const char *json, size_t n, size_t payload_max, struct dsse *out, struct err *e)
{
    struct dsse_members m = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
    json_t *envelope = NULL;

    buf_clear(&out->payload);
    out->sig_len = 0;
    bool ok = dsse_scan(json, n, &m) ||
              (json_read(json, n, ENVELOPE_DEPTH, &envelope, e) && find_members(envelope, &m, e));
    ok = ok && read_type(m.type, out, e) && read_keyid(m.keyid, out, e) &&
         read_signature(m.sig, out, e) && read_payload(m.payload, payload_max, out, e);
    json_decref(envelope);
    return ok;
}

void dsse_encode(const struct dsse *d, struct buf *out)
{
    char keyid[2 * DIGEST_SIZE + 1];

    hex_encode(d->keyid, DIGEST_SIZE, keyid);
    buf_add_str(out, "{\"payloadType\":");
    json_write_string(d->type, out);
    buf_add_str(out, ",\"payload\":\"");
    base64_encode((const uint8_t *)d->payload.data, d->payload.len, out);
    buf_addf(out, "\",\"signatures\":[{\"keyid\":\"%s\",\"sig\":\"", keyid);
    base64_encode(d->sig, d->sig_len, out);
    buf_add_str(out, "\"}]}");
}

bool dsse_sign(const struct key *k, const char *type, const void *payload, size_t n,
               struct dsse *out, struct err *e)
{
    struct buf pae = {0};
    struct buf sig = {.limit = DSSE_SIG_MAX};
    bool ok = strlen(type) < sizeof out->type;

    dsse_pae(type, payload, n, &pae);
    buf_clear(&out->payload);
    ok = ok && !pae.full && buf_add(&out->payload, payload, n);
    if (!ok)
        err_set(e, "crypto", _("this statement is too large to be signed"));
    ok = ok && key_sign(k, pae.data, pae.len, &sig, e);
    if (ok) {
        snprintf(out->type, sizeof out->type, "%s", type);
        memcpy(out->keyid, key_id(k), DIGEST_SIZE);
        memcpy(out->sig, sig.data, sig.len);
        out->sig_len = sig.len;
    }
    buf_free(&pae);
    buf_free(&sig);
    return ok;
}

void dsse_clear(struct dsse *d)
{
    buf_free(&d->payload);
    d->sig_len = 0;
}
