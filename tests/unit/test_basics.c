/* SPDX-License-Identifier: BSD-2-Clause */
/* mem, buf, err, bytes, digest, utf8, uuid7, clock. */
#include "unit.h"

#include "common/buf.h"
#include "common/bytes.h"
#include "common/clock.h"
#include "common/digest.h"
#include "common/err.h"
#include "common/mem.h"
#include "common/utf8.h"
#include "common/uuid7.h"

static void buf_grows_and_stops_at_its_limit(void **state)
{
    struct buf b = {.limit = 10};

    (void)state;
    assert_null(b.data);
    assert_true(buf_add(&b, "12345", 5));
    assert_int_equal(b.data[5], 0);
    assert_true(buf_addf(&b, "%d", 678));
    assert_string_equal(b.data, "12345678");
    assert_false(b.full);
    assert_false(buf_add_str(&b, "xyz"));
    assert_true(b.full);
    assert_string_equal(b.data, "12345678");
    assert_false(buf_addf(&b, "%s", "a longer text than there is room for"));
    assert_string_equal(b.data, "12345678");
    assert_int_equal(b.len, 8);
    assert_true(buf_add_str(&b, "90"));
    assert_null(buf_reserve(&b, 1));
    assert_null(buf_reserve(&b, SIZE_MAX));
    buf_consume(&b, 3);
    assert_string_equal(b.data, "4567890");
    buf_consume(&b, 100);
    assert_int_equal(b.len, 0);
    buf_clear(&b);
    assert_false(b.full);
    buf_free(&b);
    assert_null(b.data);
}

static void buf_add_u64_as_printf(void **state)
{
    static const uint64_t v[] = {0, 1, 9, 10, 12345, INT64_MAX, UINT64_MAX};

    (void)state;
    for (size_t i = 0; i < LEN(v); i++) {
        struct buf b = {0};
        char wanted[32];

        snprintf(wanted, sizeof wanted, "%llu", (unsigned long long)v[i]);
        assert_true(buf_add_u64(&b, v[i]));
        assert_string_equal(b.data, wanted);
        buf_free(&b);
    }
}

static void buf_addf_longer_than_the_room(void **state)
{
    struct buf b = {0};
    char want[1001];

    (void)state;
    memset(want, 'x', 1000);
    want[1000] = '\0';
    assert_true(buf_add_str(&b, "a"));
    assert_true(buf_addf(&b, "%s|", want));
    assert_int_equal(b.len, 1002);
    assert_int_equal(b.data[1001], '|');
    char *p = buf_reserve(&b, 5000);
    assert_ptr_equal(p, b.data + 1002);
    memset(p, 'y', 5000);
    b.len += 5000;
    assert_int_equal(b.data[b.len], 0);
    buf_free(&b);
}

static void err_is_cut_at_a_character_and_cleaned(void **state)
{
    struct err e;
    struct buf b = {0};

    (void)state;
    assert_false(err_set(&e, "a-code", "line\nbreak \x1b[31m %d", 7));
    assert_string_equal(e.text, "line break  [31m 7");
    assert_true(err_is(&e, "a-code"));
    assert_false(err_is(&e, "a-cod"));
    assert_false(err_prefix(&e, "file %s", "x"));
    assert_string_equal(e.text, "file x: line break  [31m 7");
    assert_code(e, "a-code");
    for (int shift = 0; shift < 3; shift++) {
        buf_clear(&b);
        buf_add_str(&b, shift == 2 ? "ab" : shift == 1 ? "a" : "");
        for (int i = 0; i < 300; i++)
            buf_add_str(&b, "督");
        err_set(&e, "x", "%s", b.data);
        assert_true(utf8_valid(e.text, strlen(e.text)));
        assert_in_range(strlen(e.text), sizeof e.text - 4, sizeof e.text - 1);
    }
    assert_false(err_set(NULL, "x", "y"));
    assert_false(err_prefix(NULL, "x"));
    buf_free(&b);
}

static void hex_is_strict(void **state)
{
    uint8_t raw[3];
    char text[7];

    (void)state;
    assert_true(hex_decode("00a1ff", raw, 3));
    hex_encode(raw, 3, text);
    assert_string_equal(text, "00a1ff");
    assert_false(hex_decode("00A1ff", raw, 3));
    assert_false(hex_decode("00a1f", raw, 3));
    assert_false(hex_decode("00a1fff", raw, 3));
    assert_false(hex_decode("00a1f ", raw, 3));
    assert_false(hex_decode("", raw, 3));
    assert_true(hex_decode("", raw, 0));
}

static bool decodes(const char *text, const char *want)
{
    struct buf b = {0};
    buf_add_str(&b, "kept");
    bool ok = base64_decode(text, strlen(text), &b);
    bool same = ok && b.len == 4 + strlen(want) && memcmp(b.data + 4, want, strlen(want)) == 0;
    if (!ok)
        assert_int_equal(b.len, 4);
    assert_memory_equal(b.data, "kept", 4);
    buf_free(&b);
    return same;
}

/* RFC 4648 section 10. */
static void base64_vectors(void **state)
{
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    (void)state;
    for (size_t i = 0; i < LEN(pairs); i++) {
        struct buf b = {0};
        base64_encode((const uint8_t *)pairs[i][0], strlen(pairs[i][0]), &b);
        assert_string_equal(b.data, pairs[i][1]);
        buf_free(&b);
        assert_true(decodes(pairs[i][1], pairs[i][0]));
    }
}

static void base64_refuses_second_forms(void **state)
{
    static const char *const bad[] = {
        "Zg=",  "Zg===",    "Z",    "Zh==", "Zm9=",  "Zm 9v", "Zm9v\n",           "=",       "====",
        "Z===", "Zm9vYg=a", "+_+_", "-/ab", "Zm9v=", "Zm9*",  "\xc3\xa9\xc3\xa9", "Zg==Zg=="};
    uint8_t out[32];

    (void)state;
    for (size_t i = 0; i < LEN(bad); i++)
        assert_false(decodes(bad[i], "f"));
    assert_true(decodes("Zg", "f"));
    assert_true(decodes("-_-_", "\xfb\xff\xbf"));
    assert_true(decodes("+/+/", "\xfb\xff\xbf"));
    assert_true(base64_exact("+/+/", 4, out, 3));
    assert_false(base64_exact("-_-_", 4, out, 3));
    assert_false(base64_exact("Zg", 2, out, 1));
    assert_true(base64_exact("Zg==", 4, out, 1));
    assert_false(base64_exact("Zg==", 4, out, 2));
}

/* Each byte at each place of whole blocks and of both tails. */
static void base64_knows_every_byte(void **state)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";

    (void)state;
    for (int c = 1; c < 256; c++) {
        for (size_t at = 0; at < 10; at++) {
            char text[] = "AAAAAAAAAAA";
            struct buf b = {0};
            bool digit = strchr(digits, c) != NULL;

            text[at] = (char)c;
            if (c != '=')
                assert_int_equal(base64_decode(text, 8 + (at < 8 ? 0 : at - 6), &b), digit);
            buf_free(&b);
        }
    }
}

static void base64_round_trip_of_every_length(void **state)
{
    uint8_t raw[300];
    struct buf text = {0};
    struct buf back = {0};

    (void)state;
    for (size_t n = 0; n < sizeof raw; n++) {
        raw[n] = (uint8_t)(n * 7 + 3);
        buf_clear(&text);
        buf_clear(&back);
        base64_encode(raw, n, &text);
        assert_true(base64_decode(text.data, text.len, &back));
        assert_int_equal(back.len, n);
        assert_memory_equal(back.data, raw, n);
    }
    struct buf small = {.limit = 10};
    base64_encode(raw, 9, &small);
    assert_true(small.full);
    assert_int_equal(small.len, 0);
    buf_free(&small);
    buf_free(&text);
    buf_free(&back);
}

/* FIPS 180-4 examples. */
static void sha256_examples(void **state)
{
    uint8_t d[DIGEST_SIZE];
    char hex[65];

    (void)state;
    sha256("", 0, d);
    hex_encode(d, sizeof d, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256_two("a", 1, "bc", 2, d);
    hex_encode(d, sizeof d, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void utf8_rules(void **state)
{
    (void)state;
    assert_true(utf8_valid("督查a", 7));
    assert_false(utf8_valid("a\0b", 3));
    assert_false(utf8_valid("\xed\xa0\x80", 3));     /* a surrogate */
    assert_false(utf8_valid("\xc0\x80", 2));         /* overlong NUL */
    assert_false(utf8_valid("\xf4\x90\x80\x80", 4)); /* beyond U+10FFFF */
    assert_false(utf8_valid("\xe7\x9d", 2));
    assert_true(utf8_valid("", 0));
    assert_int_equal(utf8_width("督查a"), 5);
    assert_int_equal(utf8_width("e\xcc\x81"), 1); /* combining */
    assert_int_equal(utf8_width("（）"), 4);
    assert_int_equal(utf8_width("\xff"), 1);
    char *folded = utf8_fold("市 发改委\xe3\x80\x80（ＡＢ１）\t");
    assert_string_equal(folded, "市发改委(AB1)");
    free(folded);
    assert_null(utf8_fold("\xff"));
}

static void uuid7_is_sorted_and_formed(void **state)
{
    char last[37] = "";
    char now[37];

    (void)state;
    clock_set_for_test(1700000000123456, 5);
    assert_int_equal(clock_real(), 1700000000123456);
    assert_int_equal(clock_mono(), 5);
    for (int i = 0; i < 10000; i++) {
        /* more than 4,096 in one millisecond, and a clock that runs back */
        if (i == 9000)
            clock_set_for_test(1600000000000000, 5);
        uuid7(now);
        assert_int_equal(strlen(now), 36);
        assert_int_equal(now[14], '7');
        assert_non_null(strchr("89ab", now[19]));
        assert_true(strcmp(now, last) > 0);
        memcpy(last, now, sizeof last);
    }
    clock_set_for_test(-1, -1);
    assert_true(clock_real() > 1700000000000000);
    assert_true(clock_mono() > 0);
}

static void nonces_are_base64url(void **state)
{
    char a[64];
    char b[64];

    (void)state;
    nonce_text(16, a);
    nonce_text(16, b);
    assert_int_equal(strlen(a), 22);
    assert_string_not_equal(a, b);
    for (int i = 0; i < 200; i++) {
        nonce_text(20, a);
        assert_int_equal(
            strspn(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            strlen(a));
    }
}

static void mem_copies(void **state)
{
    (void)state;
    char *s = xasprintf("%s-%d", "a", 5);
    char *t = xstrndup(s, 2);
    char *u = xstrdup(s);
    uint8_t *z = xcalloc(3, 2);
    assert_string_equal(s, "a-5");
    assert_string_equal(t, "a-");
    assert_string_equal(u, s);
    assert_int_equal(z[5], 0);
    free(s);
    free(t);
    free(u);
    free(xrealloc(z, 100));
    free(xmalloc(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buf_grows_and_stops_at_its_limit),
        cmocka_unit_test(buf_addf_longer_than_the_room),
        cmocka_unit_test(buf_add_u64_as_printf),
        cmocka_unit_test(err_is_cut_at_a_character_and_cleaned),
        cmocka_unit_test(hex_is_strict),
        cmocka_unit_test(base64_vectors),
        cmocka_unit_test(base64_refuses_second_forms),
        cmocka_unit_test(base64_knows_every_byte),
        cmocka_unit_test(base64_round_trip_of_every_length),
        cmocka_unit_test(sha256_examples),
        cmocka_unit_test(utf8_rules),
        cmocka_unit_test(uuid7_is_sorted_and_formed),
        cmocka_unit_test(nonces_are_base64url),
        cmocka_unit_test(mem_copies),
    };
    return cmocka_run_group_tests_name("basics", tests, NULL, NULL);
}
