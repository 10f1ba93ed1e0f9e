/* SPDX-License-Identifier: BSD-2-Clause */
/* Strict JSON and DSSE envelopes. */
#include "unit.h"

#include "common/bytes.h"
#include "common/dsse.h"
#include "common/json.h"

static bool reads(const char *text, size_t n, int depth)
{
    json_t *j = NULL;
    struct err e = {0};
    bool ok = json_read(text, n, depth, &j, &e);

    if (ok) {
        assert_non_null(j);
    } else {
        assert_null(j);
        assert_code(e, "malformed");
        assert_non_null(strstr(e.text, "line"));
    }
    json_decref(j);
    return ok;
}

static bool ok(const char *text)
{
    return reads(text, strlen(text), 6);
}

static void json_accepts(void **state)
{
    (void)state;
    assert_true(ok("{}"));
    assert_true(ok(" { \"a\" : [ 1 , -2 , \"\\u4e2d\\\"\\\\ . 1e5 [[[[[[[[\" ] }\n"));
    assert_true(ok("{\"a\":9007199254740992,\"b\":-9007199254740992,\"c\":0,\"d\":-0}"));
    assert_true(ok("[[[[[[]]]]]]"));
    assert_true(ok("[{},{},{},[],[],[],[],{\"a\":{}}]"));
}

static void json_refuses(void **state)
{
    static const char *const bad[] = {
        "",
        "{",
        "{\"a\":1,\"a\":1}",
        "{\"a\":{\"b\":1,\"c\":2,\"b\":3}}",
        "{\"a\":\"\\u0000\"}",
        "{\"\\u0000\":1}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":-Infinity}",
        "{\"a\":nan}",
        "{\"a\":1.5}",
        "{\"a\":1.0}",
        "{\"a\":1e3}",
        "{\"a\":1E3}",
        "{\"a\":9007199254740993}",
        "{\"a\":-9007199254740993}",
        "{\"a\":18446744073709551616}",
        "{\"a\":99999999999999999999999999999999}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":0x10}",
        "{} {}",
        "{}x",
        "{\"a\":1,}",
        "{'a':1}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\xff\"}",
        "{\"a\":\"\xed\xa0\x80\"}",
        "{\"a\":\"\\ud800\"}",
        "\xef\xbb\xbf{}",
        "[[[[[[[]]]]]]]",
        "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}",
        "// comment\n{}",
    };

    (void)state;
    for (size_t i = 0; i < LEN(bad); i++)
        if (ok(bad[i]))
            fail_msg("accepted: %s", bad[i]);
    assert_false(reads("{}\0", 3, 6));
    assert_false(reads("1\0", 2, 6));
    assert_false(reads("{\"a\":1\0}", 8, 6));
    assert_false(reads("{\"a\":\"\\\0\"}", 9, 6));
    assert_false(reads("{\"a\":true\0}", 11, 6));
    assert_false(reads("{\"a\":\"b\0c\"}", 11, 6));
}

/* A bomb of a million brackets is refused before any recursion. */
static void json_depth_bomb(void **state)
{
    size_t n = 1000000;
    char *bomb = malloc(n);

    (void)state;
    assert_non_null(bomb);
    memset(bomb, '[', n);
    assert_false(reads(bomb, n, 8));
    for (size_t i = 0; i < n; i += 5)
        memcpy(bomb + i, "{\"a\":", 5);
    assert_false(reads(bomb, n, 8));
    free(bomb);
    assert_true(reads("[[]]", 4, 2));
    assert_false(reads("[[]]", 4, 1));
}

static void json_error_names_the_place(void **state)
{
    json_t *j = NULL;
    struct err e;
    const char *text = "{\n  \"a\": 1,\n  \"b\": 1.5\n}";

    (void)state;
    assert_false(json_read(text, strlen(text), 6, &j, &e));
    assert_non_null(strstr(e.text, "line 3, column 8"));
}

static void json_writes(void **state)
{
    struct buf b = {0};
    json_t *j = NULL;
    struct err e;
    const char *text = "{\"z\":[1,true,\"督\\n\\u0001\\\"\"],\"a\":{}}";

    (void)state;
    assert_true(json_read(text, strlen(text), 6, &j, &e));
    json_write(j, &b);
    assert_string_equal(b.data, text);
    json_decref(j);
    buf_clear(&b);
    json_write_string("a\"\\\n\t\x01督", &b);
    assert_string_equal(b.data, "\"a\\\"\\\\\\n\\u0009\\u0001督\"");
    buf_clear(&b);
    json_write_string("bad \xff name", &b);
    assert_string_equal(b.data, "\"bad ? name\"");
    buf_free(&b);
}

static void json_only_names_the_member(void **state)
{
    static const char *const members[] = {"a", "b", NULL};
    json_t *j = json_pack("{s:i, s:i}", "a", 1, "zz", 2);
    struct err e;

    (void)state;
    assert_false(json_only(j, "reports[3]", members, &e));
    assert_code(e, "schema");
    assert_string_equal(e.text, "reports[3]: unknown member \"zz\"");
    json_object_del(j, "zz");
    assert_true(json_only(j, "reports[3]", members, &e));
    json_decref(j);
}

/* The example of the DSSE specification (protocol.md). */
static void pae_of_the_specification(void **state)
{
    static const char want[] = "DSSEv1 29 http://example.com/HelloWorld 11 hello world";
    struct buf b = {0};
    uint8_t id[DIGEST_SIZE];
    uint8_t same[DIGEST_SIZE];

    (void)state;
    dsse_pae("http://example.com/HelloWorld", "hello world", 11, &b);
    assert_int_equal(b.len, sizeof want - 1);
    assert_memory_equal(b.data, want, b.len);
    sha256(want, sizeof want - 1, same);
    dsse_identity("http://example.com/HelloWorld", "hello world", 11, &b, id);
    assert_memory_equal(id, same, DIGEST_SIZE);
    buf_clear(&b);
    /* lengths count bytes, not characters; zero bytes are bytes */
    dsse_pae("t", "督\0", 4, &b);
    assert_int_equal(b.len, 17);
    assert_memory_equal(b.data, "DSSEv1 1 t 4 督\0", 17);
    buf_clear(&b);
    dsse_pae("t", NULL, 0, &b);
    assert_string_equal(b.data, "DSSEv1 1 t 0 ");
    buf_free(&b);
}

static void envelope_round_trip(void **state)
{
    static const char payload[] = "{\"v\":1,\"text\":\"督\"}";
    struct key *k = NULL;
    struct err e = {0};
    struct dsse d = {0};
    struct dsse back = {0};
    struct buf json = {0};
    struct buf pae = {0};

    (void)state;
    for (int alg = KEY_ECDSA_P256; alg <= KEY_SM2; alg++) {
        assert_true(key_generate((enum key_alg)alg, &k, &e));
        assert_true(dsse_sign(k, "application/x", payload, sizeof payload - 1, &d, &e));
        buf_clear(&json);
        dsse_encode(&d, &json);
        assert_null(strchr(json.data, '\n'));
        assert_true(dsse_decode(json.data, json.len, sizeof payload - 1, &back, &e));
        assert_string_equal(back.type, "application/x");
        assert_int_equal(back.payload.len, sizeof payload - 1);
        assert_memory_equal(back.payload.data, payload, sizeof payload - 1);
        assert_memory_equal(back.keyid, key_id(k), DIGEST_SIZE);
        buf_clear(&pae);
        dsse_pae(back.type, back.payload.data, back.payload.len, &pae);
        assert_true(key_verify(k, pae.data, pae.len, back.sig, back.sig_len));
        key_free(&k);
    }
    assert_false(dsse_decode(json.data, json.len, sizeof payload - 2, &back, &e));
    assert_code(e, "size");
    assert_false(dsse_decode(json.data, json.len, 1, &back, &e));
    assert_code(e, "size");
    assert_false(dsse_decode(json.data, json.len - 1, 1000, &back, &e));
    assert_code(e, "malformed");
    dsse_clear(&d);
    dsse_clear(&back);
    buf_free(&json);
    buf_free(&pae);
}

#define KEYID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SIGS "\"signatures\":[{\"keyid\":\"" KEYID "\",\"sig\":\"Zm9v\"}]"

#define ENVELOPE(keyid)                                                                            \
    "{\"payloadType\":\"t\",\"payload\":\"Zm9v\",\"signatures\":[{\"keyid\":" keyid                \
    ",\"sig\":\"Zm9v\"}]}"

static void envelopes_that_are_not(void **state)
{
    static const char *const bad[] = {
        "[]",
        "1",
        "{}",
        "{\"payloadType\":\"t\",\"payload\":\"Zm9v\"}",
        "{\"payloadType\":\"t\",\"payload\":\"Zm9v\",\"signatures\":[]}",
        "{\"payloadType\":\"t\",\"payload\":\"Zm9v\",\"signatures\":{}}",
        "{\"payloadType\":\"t\",\"payload\":\"Zm9v\",\"signatures\":[1]}",
        "{\"payloadType\":\"t\",\"payload\":\"Zm9v\"," SIGS ",\"x\":1}",
        "{\"payloadType\":\"t\",\"payloadType\":\"t\",\"payload\":\"Zm9v\"," SIGS "}",
        "{\"payloadType\":\"t\",\"payload\":\"Zm9v\"," SIGS "} x",
        "{\"payloadType\":\"t\",\"payload\":\"Zm9v\"," SIGS ",}",
        "{\"payloadType\":\"t\" \"payload\":\"Zm9v\"," SIGS "}",
        "{\"payload\":\"t\",\"payload\":\"Zm9v\"," SIGS "}",
        "{" SIGS "," SIGS ",\"payload\":\"Zm9v\"}",
        "{\"payloadType\":1,\"payload\":\"Zm9v\"," SIGS "}",
        "{\"payloadType\":\"\",\"payload\":\"Zm9v\"," SIGS "}",
        "{\"payloadType\":\"a b\",\"payload\":\"Zm9v\"," SIGS "}",
        "{\"payloadType\":\"督\",\"payload\":\"Zm9v\"," SIGS "}",
        "{\"payloadType\":\"t\",\"payload\":null," SIGS "}",
        "{\"payloadType\":\"t\",\"payload\":\"Zm9\\u0000\"," SIGS "}",
        "{\"payloadType\":\"t\",\"payload\":\"Zm9*\"," SIGS "}",
        "{\"payloadType\":\"t\",\"payload\":\"Zm9v\",\"signatures\":[{\"keyid\":\"" KEYID
        "\",\"sig\":\"Zm9v\"},{\"keyid\":\"" KEYID "\",\"sig\":\"Zm9v\"}]}",
        "{\"payloadType\":\"t\",\"payload\":\"Zm9v\",\"signatures\":[{\"keyid\":\"" KEYID
        "\",\"sig\":\"Zm9v\",\"cert\":\"x\"}]}",
        "{\"payloadType\":\"t\",\"payload\":\"Zm9v\",\"signatures\":[{\"sig\":\"Zm9v\"}]}",
        "{\"payloadType\":\"t\",\"payload\":\"Zm9v\",\"signatures\":[{\"keyid\":\"" KEYID "\"}]}",
        "{\"payloadType\":\"t\",\"payload\":\"Zm9v\",\"signatures\":[{\"keyid\":\"" KEYID
        "\",\"sig\":\"\"}]}",
        ENVELOPE("\"AB\""),
        ENVELOPE("7"),
    };
    struct dsse d = {0};
    struct err e;
    const char *good = "{\"payloadType\":\"t\",\"payload\":\"-_-_\"," SIGS "}";

    (void)state;
    for (size_t i = 0; i < LEN(bad); i++) {
        e.code[0] = '\0';
        if (dsse_decode(bad[i], strlen(bad[i]), 1000, &d, &e))
            fail_msg("accepted: %s", bad[i]);
        assert_code(e, "malformed");
    }
    assert_true(dsse_decode(good, strlen(good), 1000, &d, &e));
    assert_int_equal(d.payload.len, 3);
    assert_int_equal(d.sig_len, 3);
    good = "{\"payloadType\":\"t\",\"payload\":\"\"," SIGS "}";
    assert_true(dsse_decode(good, strlen(good), 1000, &d, &e));
    assert_int_equal(d.payload.len, 0);
    dsse_clear(&d);
}

/* Any order, white space and escapes: the scanner for the usual spelling and jansson agree. */
static void spellings_of_one_envelope(void **state)
{
    static const char *const same[] = {
        "{\"payloadType\":\"t\",\"payload\":\"Zm9v\"," SIGS "}",
        "{" SIGS ",\"payload\":\"Zm9v\",\"payloadType\":\"t\"}",
        " {\n\"payload\" : \"Zm9v\" ,\t" SIGS ",\r\n\"payloadType\":\"t\" } \n",
        "{\"payloadType\":\"t\",\"payload\":\"\\u005am9v\"," SIGS "}",
        "{\"payload\\u0054ype\":\"t\",\"payload\":\"Zm9v\"," SIGS "}",
        "{\"payloadType\":\"t\",\"payload\":\"Zm9v\",\"signatures\":[{\"sig\":\"Zm9v\",\"keyid\":"
        "\"" KEYID "\"}]}",
    };
    struct dsse d = {0};
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < LEN(same); i++) {
        if (!dsse_decode(same[i], strlen(same[i]), 1000, &d, &e))
            fail_msg("%s: %s", same[i], e.text);
        assert_string_equal(d.type, "t");
        assert_string_equal(d.payload.data, "foo");
        assert_int_equal(d.sig_len, 3);
        assert_int_equal(d.keyid[31], 0xef);
    }
    dsse_clear(&d);
}

static void long_members_are_refused(void **state)
{
    struct buf b = {0};
    struct dsse d = {0};
    struct err e;

    (void)state;
    buf_add_str(&b, "{\"payloadType\":\"");
    for (int i = 0; i < 96; i++)
        buf_add_str(&b, "t");
    buf_add_str(&b, "\",\"payload\":\"\"," SIGS "}");
    assert_false(dsse_decode(b.data, b.len, 1000, &d, &e));
    assert_code(e, "malformed");
    buf_clear(&b);
    buf_add_str(&b, "{\"payloadType\":\"t\",\"payload\":\"\",\"signatures\":[{\"keyid\":\"" KEYID
                    "\",\"sig\":\"");
    for (int i = 0; i < 100; i++)
        buf_add_str(&b, "Zm9v");
    buf_add_str(&b, "\"}]}");
    assert_false(dsse_decode(b.data, b.len, 1000, &d, &e));
    assert_code(e, "malformed");
    buf_free(&b);
    dsse_clear(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_accepts),
        cmocka_unit_test(json_refuses),
        cmocka_unit_test(json_depth_bomb),
        cmocka_unit_test(json_error_names_the_place),
        cmocka_unit_test(json_writes),
        cmocka_unit_test(json_only_names_the_member),
        cmocka_unit_test(pae_of_the_specification),
        cmocka_unit_test(envelope_round_trip),
        cmocka_unit_test(envelopes_that_are_not),
        cmocka_unit_test(spellings_of_one_envelope),
        cmocka_unit_test(long_members_are_refused),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
