/* SPDX-License-Identifier: BSD-2-Clause */
/* A few receipts are checked after the measurement: that the figures are about real receipts. */
#include <jansson.h>
#include <string.h>

#include "bench/load.h"
#include "common/bytes.h"
#include "common/entry.h"
#include "common/tlog_proof.h"

static bool check_proof(const struct load_options *o, const char *text, const char *id,
                        struct err *e)
{
    struct checkpoint_vkey vkey = {0};
    struct tlog_proof proof = {0};
    struct checkpoint head;
    const char *value;
    size_t n;
    bool ok = checkpoint_vkey_parse(o->vkey, strlen(o->vkey), &vkey, e) &&
              tlog_proof_parse(text, strlen(text), &proof, e) &&
              tlog_proof_verify(&proof, &vkey, 1, &head, e);

    if (ok && (!entry_get(proof.extra.data, proof.extra.len, "pae-sha256", &value, &n) ||
               n != strlen(id) || memcmp(value, id, n) != 0))
        ok = err_set(e, "receipt", "the entry of the receipt is not about the statement");
    tlog_proof_clear(&proof);
    checkpoint_vkey_clear(&vkey);
    return ok;
}

bool load_verify(const struct load_options *o, const struct wire_answer *a,
                 const struct load_statement *s, struct err *e)
{
    json_t *j = json_loadb(a->body, a->body_len, JSON_DISABLE_EOF_CHECK, NULL);
    const char *proof = json_string_value(json_object_get(j, "proof"));
    char id[2 * DIGEST_SIZE + 1];
    bool ok;

    hex_encode(s->id, DIGEST_SIZE, id);
    if (proof == NULL)
        ok = err_set(e, "receipt", "an answer is not a receipt: %.300s", a->body);
    else
        ok = check_proof(o, proof, id, e);
    json_decref(j);
    return ok;
}
