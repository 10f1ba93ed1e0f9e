/* SPDX-License-Identifier: BSD-2-Clause */
/* Signed log heads: keys as text, signatures, cosignatures, and what is none of them. */
#include "tlog_fixture.h"

#include "common/cosignature.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vkey_round_trip),          cmocka_unit_test(vkeys_that_are_not),
        cmocka_unit_test(checkpoint_of_the_vector), cmocka_unit_test(cosignature_of_the_vector),
        cmocka_unit_test(checkpoints_that_are_not), cmocka_unit_test(other_signatures_are_ignored),
        cmocka_unit_test(only_ed25519_signs_heads),
    };
    return cmocka_run_group_tests_name("checkpoint", tests, set_up, tear_down);
}
