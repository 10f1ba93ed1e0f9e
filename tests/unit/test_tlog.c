/* SPDX-License-Identifier: BSD-2-Clause */
/* Proofs of inclusion, and the log entries that they are about. */
#include "tlog_fixture.h"

#include "common/entry.h"
#include "common/tlog_proof.h"

#define ENTRY "duban-entry/v1\nkind genesis\n"
#define EXTRA "ZHViYW4tZW50cnkvdjEKa2luZCBnZW5lc2lzCg=="
#define SIBLING "qxq38Hx8j+Dv9LpvqlPH5EEukaWZFT6KpOAb7s5beCU="
#define PROOF "c2sp.org/tlog-proof@v1\nextra " EXTRA "\nindex 0\n" SIBLING "\n\n" NOTE

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
        cmocka_unit_test(proof_round_trip),        cmocka_unit_test(proofs_that_are_not),
        cmocka_unit_test(a_changed_byte_is_found), cmocka_unit_test(entries_are_read),
        cmocka_unit_test(entries_that_are_not),
    };
    return cmocka_run_group_tests_name("tlog", tests, set_up, tear_down);
}
