/* SPDX-License-Identifier: BSD-2-Clause */
/* Proofs of inclusion, signed log heads and entries: one text has one reading. */
#include <string.h>

#include "common/checkpoint.h"
#include "common/entry.h"
#include "common/tlog_proof.h"
#include "fuzz.h"

/* the public key of RFC 8032 section 7.1, test 1, whose secret key everybody knows */
static const char VKEY[] =
    "duban.example/test/log1+ade128d4+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";

static void check_entry(const char *entry, size_t len)
{
    const char *cursor = NULL;
    const char *value = NULL;
    size_t n = 0;
    struct err e;

    if (!len)
        return;
    bool ok = entry_check(entry, len, &e);
    while (entry_next(entry, len, "kind", &cursor, &value, &n)) {
        FUZZ_CHECK(value >= entry && n <= len && value + n <= entry + len);
        FUZZ_CHECK(!ok || n > 0);
    }
}

static void check_proof(const struct tlog_proof *p, const char *text, size_t len)
{
    struct checkpoint_vkey v;
    struct checkpoint head;
    struct buf again = {0};
    struct err e = {0};

    tlog_proof_format(p->extra.data, p->extra.len, p->index, (const uint8_t(*)[DIGEST_SIZE])p->path,
                      p->path_len, p->note.data, p->note.len, "\n", &again);
    FUZZ_CHECK(again.len == len && memcmp(again.data, text, len) == 0);
    FUZZ_CHECK(checkpoint_vkey_parse(VKEY, sizeof VKEY - 1, &v, &e));
    if (!tlog_proof_verify(p, &v, 1, &head, &e))
        FUZZ_CHECK(e.code[0] && e.text[0]);
    else
        FUZZ_CHECK(p->index < head.size);
    checkpoint_vkey_clear(&v);
    check_entry(p->extra.data, p->extra.len);
    buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tlog_proof p = {0};
    struct checkpoint_vkey v;
    struct err e = {0};
    const char *text = (const char *)data;

    if (tlog_proof_parse(text, size, &p, &e))
        check_proof(&p, text, size);
    else
        FUZZ_CHECK(err_is(&e, "proof-form") && e.text[0]);
    tlog_proof_clear(&p);
    if (checkpoint_vkey_parse(text, size, &v, &e))
        checkpoint_vkey_clear(&v);
    check_entry(text, size);
    return 0;
}
