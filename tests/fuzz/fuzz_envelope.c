/* SPDX-License-Identifier: BSD-2-Clause */
/* DSSE envelopes: what is read must be written and read again to the same bytes, and our scanner
 * must never read what jansson would not. */
#include <string.h>

#include "common/dsse.h"
#include "common/dsse_scan.h"
#include "common/json.h"
#include "common/statement.h"
#include "fuzz.h"

/* The same envelope in another spelling, which only jansson can read. */
static void check_slow_path(const struct buf *json, const struct dsse *d)
{
    struct buf other = {0};
    struct dsse slow = {0};
    struct err e = {0};

    buf_add_str(&other, "{\"\\u0070ayloadType");
    buf_add(&other, json->data + strlen("{\"payloadType"), json->len - strlen("{\"payloadType"));
    FUZZ_CHECK(dsse_decode(other.data, other.len, STATEMENT_PLAN_MAX, &slow, &e));
    FUZZ_CHECK(strcmp(d->type, slow.type) == 0);
    FUZZ_CHECK(d->payload.len == slow.payload.len && d->sig_len == slow.sig_len);
    FUZZ_CHECK(memcmp(d->payload.data, slow.payload.data, d->payload.len) == 0);
    FUZZ_CHECK(memcmp(d->sig, slow.sig, d->sig_len) == 0);
    dsse_clear(&slow);
    buf_free(&other);
}

/* What the scanner takes, jansson must take too, with the same members. */
static void check_scan(const char *text, size_t n)
{
    static const char *const names[] = {"payloadType", "payload", "keyid", "sig"};
    struct dsse_members m;
    json_t *j = NULL;
    struct err e = {0};

    if (!dsse_scan(text, n, &m))
        return;
    const struct dsse_text *found[] = {&m.type, &m.payload, &m.keyid, &m.sig};
    FUZZ_CHECK(json_read(text, n, 3, &j, &e));
    FUZZ_CHECK(json_object_size(j) == 3);
    const json_t *signature = json_array_get(json_object_get(j, "signatures"), 0);
    FUZZ_CHECK(json_array_size(json_object_get(j, "signatures")) == 1);
    FUZZ_CHECK(json_object_size(signature) == 2);
    for (int i = 0; i < 4; i++) {
        const json_t *value = json_object_get(i < 2 ? j : signature, names[i]);
        FUZZ_CHECK(json_is_string(value) && json_string_length(value) == found[i]->n);
        FUZZ_CHECK(memcmp(json_string_value(value), found[i]->s, found[i]->n) == 0);
    }
    json_decref(j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dsse d = {0};
    struct dsse again = {0};
    struct buf json = {0};
    struct buf scratch = {0};
    struct err e = {0};
    uint8_t id[DIGEST_SIZE];

    check_scan((const char *)data, size);
    if (dsse_decode((const char *)data, size, STATEMENT_PLAN_MAX, &d, &e)) {
        FUZZ_CHECK(d.payload.len <= STATEMENT_PLAN_MAX);
        FUZZ_CHECK(d.sig_len >= 1 && d.sig_len <= DSSE_SIG_MAX);
        dsse_identity(d.type, d.payload.data, d.payload.len, &scratch, id);
        dsse_encode(&d, &json);
        FUZZ_CHECK(dsse_decode(json.data, json.len, STATEMENT_PLAN_MAX, &again, &e));
        FUZZ_CHECK(strcmp(d.type, again.type) == 0);
        FUZZ_CHECK(d.payload.len == again.payload.len && d.sig_len == again.sig_len);
        FUZZ_CHECK(memcmp(d.payload.data, again.payload.data, d.payload.len) == 0);
        FUZZ_CHECK(memcmp(d.sig, again.sig, d.sig_len) == 0);
        FUZZ_CHECK(memcmp(d.keyid, again.keyid, DIGEST_SIZE) == 0);
        check_slow_path(&json, &d);
    } else {
        FUZZ_CHECK(e.code[0] && e.text[0]);
    }
    dsse_clear(&d);
    dsse_clear(&again);
    buf_free(&json);
    buf_free(&scratch);
    return 0;
}
