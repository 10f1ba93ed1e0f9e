/* SPDX-License-Identifier: BSD-2-Clause */
/* Signed log heads, proofs of inclusion, log entries. */
#include "unit.h"

#include "common/bytes.h"
#include "common/checkpoint.h"
#include "common/cosignature.h"
#include "common/entry.h"
#include "common/tlog_proof.h"

#include <openssl/evp.h>

/* RFC 8032 section 7.1, test 1, is the log key; the note below was signed, and its signature
 * checked, with the openssl command line, and put together by a few lines of Python. */
static const uint8_t SECRET[32] = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a,
                                   0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32,
                                   0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};
#define ORIGIN "duban.example/test/log1"
#define VKEY ORIGIN "+ade128d4+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
#define BODY ORIGIN "\n2\n5gn9Be3DPpSPCYoIOVPxgBX1uv2clZ3HJTcgSn96Stk=\n"
#define DASH "\xE2\x80\x94 "
#define SIGNATURE                                                                                  \
    "reEo1NkNKpcZn83rTibywIpX6dRu6M8hCVd4LwYCjadJq1aZJ85TIHm0vmCDex5hlGpTYPUnGFZhZTvS4mf+0P/"      \
    "kPwo="
#define NOTE BODY "\n" DASH ORIGIN " " SIGNATURE "\n"
#define ENTRY "duban-entry/v1\nkind genesis\n"
#define EXTRA "ZHViYW4tZW50cnkvdjEKa2luZCBnZW5lc2lzCg=="
#define SIBLING "qxq38Hx8j+Dv9LpvqlPH5EEukaWZFT6KpOAb7s5beCU="
#define PROOF "c2sp.org/tlog-proof@v1\nextra " EXTRA "\nindex 0\n" SIBLING "\n\n" NOTE

static struct checkpoint_vkey vkey;
static struct key *log_key;

static int set_up(void **state)
{
    struct err e;
    EVP_PKEY *p = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, SECRET, sizeof SECRET);

    (void)state;
    bool ok =
        p && key_from_evp(p, &log_key, &e) && checkpoint_vkey_parse(VKEY, strlen(VKEY), &vkey, &e);
    EVP_PKEY_free(p);
    return ok ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    checkpoint_vkey_clear(&vkey);
    key_free(&log_key);
    return 0;
}

static void vkey_round_trip(void **state)
{
    struct buf b = {0};

    (void)state;
    assert_string_equal(vkey.name, ORIGIN);
    assert_int_equal(vkey.id, 0xade128d4);
    assert_memory_equal(key_id(vkey.key), key_id(log_key), DIGEST_SIZE);
    checkpoint_vkey_format(ORIGIN, log_key, &b);
    assert_string_equal(b.data, VKEY);
    buf_free(&b);
}

static void vkeys_that_are_not(void **state)
{
    static const char *const bad[] = {
        "",
        "+",
        ORIGIN,
        ORIGIN "+ade128d4",
        ORIGIN "+ade128d5+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea",
        ORIGIN "+ADE128D4+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea",
        ORIGIN "+ade128d4+AtdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea",
        "other" ORIGIN "+ade128d4+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea",
        "a b+ade128d4+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea",
        "+ade128d4+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea",
        VKEY "=",
        VKEY "\n",
    };
    struct checkpoint_vkey v;
    struct err e;

    (void)state;
    for (size_t i = 0; i < LEN(bad); i++) {
        assert_false(checkpoint_vkey_parse(bad[i], strlen(bad[i]), &v, &e));
        assert_code(e, "vkey");
        assert_null(v.key);
    }
}

static void checkpoint_of_the_vector(void **state)
{
    struct checkpoint c;
    struct buf b = {0};
    struct err e;

    (void)state;
    assert_true(checkpoint_open(NOTE, strlen(NOTE), &vkey, 1, &c, &e));
    assert_string_equal(c.origin, ORIGIN);
    assert_int_equal(c.size, 2);
    assert_true(checkpoint_sign(&c, log_key, &b, &e));
    assert_string_equal(b.data, NOTE);
    buf_free(&b);
}

/* Made with Python and the openssl command line, like the note. */
static void cosignature_of_the_vector(void **state)
{
    static const char line[] = DASH ORIGIN
        " OuzPvgAAAABiWQCAfiAUB6cWwQOnjS5/7mB4DGkcsO4mbv/707jNAFW9/MxV7IP7Sl/SAeOqjj7ji2"
        "BsPedEnSVOXQcQLWR01lruCA==\n";
    static const char *const others[] = {"duban.example/test/log2", ORIGIN "2", "duban.example"};
    struct checkpoint c;
    struct buf b = {0};
    struct err e;
    int64_t at = 0;
    size_t by = 7;

    (void)state;
    assert_true(cosignature_sign(NOTE, strlen(NOTE), ORIGIN, log_key, 1650000000, &b, &e));
    assert_string_equal(b.data, line);
    buf_clear(&b);
    buf_addf(&b, "%s%s", NOTE, line);
    assert_true(checkpoint_open(b.data, b.len, &vkey, 1, &c, &e)); /* others pass over the line */
    assert_true(cosignature_open(b.data, b.len, &vkey, 1, &c, &at, &by, &e));
    assert_int_equal(at, 1650000000);
    assert_int_equal(by, 0);
    assert_int_equal(c.size, 2);
    assert_false(cosignature_open(NOTE, strlen(NOTE), &vkey, 1, &c, &at, &by, &e));
    assert_code(e, "log-signature");
    assert_false(cosignature_sign(BODY, strlen(BODY), ORIGIN, log_key, 1, &b, &e));
    /* the same under a name that is not the key's */
    for (size_t i = 0; i < LEN(others); i++) {
        buf_clear(&b);
        buf_addf(&b, "%s%s%s%s", NOTE, DASH, others[i], line + strlen(DASH ORIGIN));
        assert_true(checkpoint_open(b.data, b.len, &vkey, 1, &c, &e));
        assert_false(cosignature_open(b.data, b.len, &vkey, 1, &c, &at, &by, &e));
        assert_code(e, "log-signature");
    }
    buf_free(&b);
}

static void refuse_note(const char *note, const char *code)
{
    struct checkpoint c;
    struct err e = {0};

    if (checkpoint_open(note, strlen(note), &vkey, 1, &c, &e))
        fail_msg("accepted: %s", note);
    if (!err_is(&e, code))
        fail_msg("%s instead of %s: %s", e.code, code, note);
}

static void checkpoints_that_are_not(void **state)
{
#define ROOT "5gn9Be3DPpSPCYoIOVPxgBX1uv2clZ3HJTcgSn96Stk="
#define SIG_LINE "\n" DASH ORIGIN " " SIGNATURE "\n"
    static const char *const form[] = {
        "",
        "\n",
        "\n\n",
        BODY,
        ORIGIN "\n2\n" SIG_LINE,
        ORIGIN "\n02\n" ROOT "\n" SIG_LINE,
        ORIGIN "\n-2\n" ROOT "\n" SIG_LINE,
        ORIGIN "\n\n" ROOT "\n" SIG_LINE,
        ORIGIN "\n2 \n" ROOT "\n" SIG_LINE,
        ORIGIN "\n9223372036854775808\n" ROOT "\n" SIG_LINE,
        ORIGIN "\n99999999999999999999\n" ROOT "\n" SIG_LINE,
        ORIGIN "\n2\n5gn9Be3DPpSPCYoIOVPxgBX1uv2clZ3HJTcgSn96St==\n" SIG_LINE,
        ORIGIN "\n2\nZm9v\n" SIG_LINE,
        ORIGIN "\n2\n" ROOT "\nextension line\n" SIG_LINE,
        "a b\n2\n" ROOT "\n" SIG_LINE,
        "\n2\n" ROOT "\n" SIG_LINE,
        BODY "\n" DASH ORIGIN " " SIGNATURE,
        BODY "\n- " ORIGIN " " SIGNATURE "\n",
        BODY "\n" DASH ORIGIN "\n",
        BODY "\n" DASH ORIGIN " Zm9v\n",
        BODY "\n" DASH ORIGIN " Zm9*\n",
        BODY "\n" DASH ORIGIN " reEo1NkNKpc\n", /* without its padding */
        BODY "\n" DASH " " SIGNATURE "\n",
        BODY "\n" DASH ORIGIN " " SIGNATURE "\nrest\n",
        "\xff" NOTE,
    };
    static const char *const signature[] = {
        BODY "\n",
        /* another size, root or origin under the same signature */
        ORIGIN "\n3\n" ROOT "\n" SIG_LINE,
        ORIGIN "\n2\n5gn9Be3DPpSPCYoIOVPxgBX1uv2clZ3HJTcgSn96Stg=\n" SIG_LINE,
        "duban.example/test/log2\n2\n" ROOT "\n" SIG_LINE,
        /* a key that is not known, by name or by id */
        BODY "\n" DASH "other " SIGNATURE "\n",
        BODY "\n" DASH ORIGIN
             " reEo1dkNKpcZn83rTibywIpX6dRu6M8hCVd4LwYCjadJq1aZJ85TIHm0vmCDex5hlGpTYPUnGFZhZTvS4m"
             "f+0P/kPwo=\n",
        /* the known key, with a signature of another length */
        BODY "\n" DASH ORIGIN " reEo1NkNKpcZn83r\n",
        /* one right and one wrong signature by the same key */
        BODY "\n" DASH ORIGIN " " SIGNATURE "\n" DASH ORIGIN " reEo1NkNKpcZn83r\n",
    };

    (void)state;
    for (size_t i = 0; i < LEN(form); i++)
        refuse_note(form[i], "checkpoint");
    for (size_t i = 0; i < LEN(signature); i++)
        refuse_note(signature[i], "log-signature");
}

/* Witnesses' and other machines' lines are ignored; any one of several log keys will do. */
static void other_signatures_are_ignored(void **state)
{
    static const char note[] = BODY "\n" DASH "witness.example AAAAAQID\n" DASH ORIGIN " " SIGNATURE
                                    "\n" DASH ORIGIN " AAAAAQID\n";
    struct checkpoint_vkey two[2] = {{.name = ORIGIN, .id = 7}, vkey};
    struct checkpoint c;
    struct err e;

    (void)state;
    assert_true(key_generate(KEY_ED25519, &two[0].key, &e));
    assert_true(checkpoint_open(note, strlen(note), two, 2, &c, &e));
    assert_false(checkpoint_open(note, strlen(note), two, 1, &c, &e));
    assert_code(e, "log-signature");
    assert_false(checkpoint_open(note, strlen(note), NULL, 0, &c, &e));
    key_free(&two[0].key);
    /* more lines than anybody needs */
    struct buf b = {0};
    buf_add_str(&b, NOTE);
    for (int i = 0; i < 100; i++)
        buf_add_str(&b, DASH "witness.example AAAAAQID\n");
    assert_false(checkpoint_open(b.data, b.len, &vkey, 1, &c, &e));
    assert_code(e, "checkpoint");
    buf_free(&b);
}

static void only_ed25519_signs_heads(void **state)
{
    struct checkpoint c = {.origin = ORIGIN};
    struct key *k = NULL;
    struct buf b = {0};
    struct err e;

    (void)state;
    assert_true(key_generate(KEY_ECDSA_P256, &k, &e));
    assert_false(checkpoint_sign(&c, k, &b, &e));
    assert_code(e, "crypto");
    assert_int_equal(b.len, 0);
    key_free(&k);
}

static void proof_round_trip(void **state)
{
    struct tlog_proof p = {0};
    struct checkpoint head;
    struct buf b = {0};
    struct err e = {0};

    (void)state;
    assert_true(tlog_proof_parse(PROOF, strlen(PROOF), &p, &e));
    assert_int_equal(p.extra.len, strlen(ENTRY));
    assert_memory_equal(p.extra.data, ENTRY, p.extra.len);
    assert_int_equal(p.index, 0);
    assert_int_equal(p.path_len, 1);
    assert_string_equal(p.note.data, NOTE);
    assert_true(tlog_proof_verify(&p, &vkey, 1, &head, &e));
    assert_int_equal(head.size, 2);
    tlog_proof_format(p.extra.data, p.extra.len, p.index, (const uint8_t(*)[DIGEST_SIZE])p.path,
                      p.path_len, p.note.data, p.note.len, "\n", &b);
    assert_string_equal(b.data, PROOF);
    tlog_proof_clear(&p);
    buf_clear(&b);
    tlog_proof_format("", 0, 0, NULL, 0, NOTE, strlen(NOTE), "\n", &b);
    assert_string_equal(b.data, "c2sp.org/tlog-proof@v1\nindex 0\n\n" NOTE);
    assert_true(tlog_proof_parse(b.data, b.len, &p, &e));
    assert_int_equal(p.extra.len, 0);
    assert_int_equal(p.path_len, 0);
    tlog_proof_clear(&p);
    buf_free(&b);
}

static void proofs_that_are_not(void **state)
{
#define FIRST "c2sp.org/tlog-proof@v1\n"
    static const char *const bad[] = {
        "",
        "c2sp.org/tlog-proof@v2\nindex 0\n\n" NOTE,
        FIRST,
        FIRST "index 0\n",
        FIRST "index 0\n\n",
        FIRST "\n" NOTE,
        FIRST "index\n\n" NOTE,
        FIRST "index \n\n" NOTE,
        FIRST "index 00\n\n" NOTE,
        FIRST "index 0 \n\n" NOTE,
        FIRST "index -1\n\n" NOTE,
        FIRST "index 9223372036854775807\n\n" NOTE,
        FIRST "index 99999999999999999999\n\n" NOTE,
        FIRST "extra \nindex 0\n\n" NOTE,
        FIRST "extra Zg\nindex 0\n\n" NOTE,
        FIRST "extra -_-_\nindex 0\n\n" NOTE,
        FIRST "extra Zm9v\nextra Zm9v\nindex 0\n\n" NOTE,
        FIRST "index 0\nextra Zm9v\n\n" NOTE,
        FIRST "index 0\nZm9v\n\n" NOTE,
        FIRST "index 0\n" SIBLING "x\n\n" NOTE,
        FIRST "index 0\n" NOTE,
        FIRST "index 0\r\n\r\n" NOTE,
    };
    struct tlog_proof p = {0};
    struct err e;
    struct buf b = {0};

    (void)state;
    for (size_t i = 0; i < LEN(bad); i++) {
        if (tlog_proof_parse(bad[i], strlen(bad[i]), &p, &e))
            fail_msg("accepted: %s", bad[i]);
        assert_code(e, "proof-form");
    }
    buf_add_str(&b, FIRST "index 0\n");
    for (int i = 0; i <= MERKLE_LEVELS; i++)
        buf_add_str(&b, SIBLING "\n");
    buf_add_str(&b, "\n" NOTE);
    assert_false(tlog_proof_parse(b.data, b.len, &p, &e));
    assert_code(e, "proof-form");
    buf_free(&b);
    tlog_proof_clear(&p);
}

/* Whatever single byte is changed: either it does not parse or it does not verify. */
static void a_changed_byte_is_found(void **state)
{
    char text[] = PROOF;
    size_t inclusion = 0;
    size_t signature = 0;
    size_t other = 0;

    (void)state;
    for (size_t i = 0; i < sizeof text - 1; i++) {
        struct tlog_proof p = {0};
        struct checkpoint head;
        struct err e = {0};
        text[i] ^= 1;
        if (tlog_proof_parse(text, sizeof text - 1, &p, &e) &&
            tlog_proof_verify(&p, &vkey, 1, &head, &e))
            fail_msg("byte %zu may be changed", i);
        inclusion += err_is(&e, "inclusion");
        signature += err_is(&e, "log-signature");
        other += err_is(&e, "checkpoint") || err_is(&e, "proof-form");
        tlog_proof_clear(&p);
        text[i] ^= 1;
    }
    assert_true(inclusion > 10 && signature > 10 && other > 10);
    assert_int_equal(inclusion + signature + other, sizeof text - 1);
}

static void entries_are_read(void **state)
{
    static const char entry[] =
        "duban-entry/v1\nkind statement\noutcome a b\noutcome c\nempty-not x\n";
    const char *v = NULL;
    const char *cursor = NULL;
    size_t n = 0;
    size_t len = sizeof entry - 1;
    struct err e;

    (void)state;
    assert_true(entry_check(entry, len, &e));
    assert_true(entry_get(entry, len, "kind", &v, &n));
    assert_int_equal(n, 9);
    assert_memory_equal(v, "statement", 9);
    assert_false(entry_get(entry, len, "kin", &v, &n));
    assert_false(entry_get(entry, len, "ind", &v, &n));
    assert_false(entry_get(entry, len, "b", &v, &n));
    assert_true(entry_next(entry, len, "outcome", &cursor, &v, &n));
    assert_memory_equal(v, "a b", n);
    assert_true(entry_next(entry, len, "outcome", &cursor, &v, &n));
    assert_int_equal(n, 1);
    assert_memory_equal(v, "c", n);
    assert_false(entry_next(entry, len, "outcome", &cursor, &v, &n));
    assert_false(entry_next(entry, len, "outcome", &cursor, &v, &n));
    assert_false(entry_get("", 0, "kind", &v, &n));
}

static void entries_that_are_not(void **state)
{
    static const char *const bad[] = {
        "",
        "duban-entry/v2\nkind x\n",
        "duban-entry/v1",
        "duban-entry/v1\nkind x",
        "duban-entry/v1\nkind\n",
        "duban-entry/v1\nkind \n",
        "duban-entry/v1\n x\n",
        "duban-entry/v1\n\n",
        "duban-entry/v1\nKind x\n",
        "duban-entry/v1\nkind a\tb\n",
        "duban-entry/v1\nkind a\x7f\n",
        "duban-entry/v1\nkind a\r\n",
        "duban-entry/v1\nkind \xff\n",
    };
    struct err e;
    struct buf b = {0};

    (void)state;
    for (size_t i = 0; i < LEN(bad); i++) {
        if (entry_check(bad[i], strlen(bad[i]), &e))
            fail_msg("accepted: %s", bad[i]);
        assert_code(e, "entry");
    }
    buf_add_str(&b, "duban-entry/v1\n");
    while (b.len < 65530)
        buf_add_str(&b, "a b\n");
    assert_int_equal(b.len, 65531);
    assert_true(entry_check(b.data, b.len, &e));
    buf_add_str(&b, "a bc\n");
    assert_false(entry_check(b.data, b.len, &e));
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vkey_round_trip),          cmocka_unit_test(vkeys_that_are_not),
        cmocka_unit_test(checkpoint_of_the_vector), cmocka_unit_test(cosignature_of_the_vector),
        cmocka_unit_test(checkpoints_that_are_not), cmocka_unit_test(other_signatures_are_ignored),
        cmocka_unit_test(only_ed25519_signs_heads), cmocka_unit_test(proof_round_trip),
        cmocka_unit_test(proofs_that_are_not),      cmocka_unit_test(a_changed_byte_is_found),
        cmocka_unit_test(entries_are_read),         cmocka_unit_test(entries_that_are_not),
    };
    return cmocka_run_group_tests_name("tlog", tests, set_up, tear_down);
}
