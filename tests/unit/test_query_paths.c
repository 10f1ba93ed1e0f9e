/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths: C2SP tile names in their one spelling, numbers, statements, and which paths exist. */
#include "unit.h"

#include "daemon/receive/log_path.h"
#include "daemon/receive/query.h"

static void good(const char *text, bool entries, int level, int64_t n, int width)
{
    struct log_path p;

    if (!log_path_tile(text, &p))
        fail_msg("%s was refused", text);
    assert_int_equal(p.entries, entries);
    assert_int_equal(p.level, level);
    assert_int_equal(p.n, n);
    assert_int_equal(p.width, width);
}

static void test_tiles(void **state)
{
    (void)state;
    good("0/000", false, 0, 0, 256);
    good("0/x001/234", false, 0, 1234, 256);
    good("63/x001/x234/067.p/8", false, 63, 1234067, 8);
    good("entries/999.p/255", true, 0, 999, 255);
    good("entries/x123/000", true, 0, 123000, 256);
}

static void test_bad_tiles(void **state)
{
    static const char *const bad[] = {"",
                                      "0",
                                      "0/",
                                      "0/0",
                                      "0/00",
                                      "0/0000",
                                      "00/000",
                                      "64/000",
                                      "-1/000",
                                      "+1/000",
                                      "0/001/",
                                      "0/x001",
                                      "0/x001/",
                                      "0/x000/001",
                                      "0/001/234",
                                      "0/x001/x234",
                                      "0/001.p",
                                      "0/001.p/",
                                      "0/001.p/0",
                                      "0/001.p/256",
                                      "0/001.p/01",
                                      "0/001.p/1/",
                                      "0/001.p/1x",
                                      "0/ 01",
                                      "0/001 ",
                                      "entries",
                                      "entries/",
                                      "entries/0/000",
                                      "Entries/000",
                                      "0/x001/234.p/8.p/8",
                                      "0/x999/x999/x999/x999/x999/x999/x999/999",
                                      "0/x1/234",
                                      "0/x0001/234",
                                      "data/000"};
    struct log_path p;

    (void)state;
    for (size_t i = 0; i < LEN(bad); i++)
        if (log_path_tile(bad[i], &p))
            fail_msg("\"%s\" was taken", bad[i]);
}

static void test_numbers(void **state)
{
    int64_t n;

    (void)state;
    assert_true(log_path_number("0", &n));
    assert_int_equal(n, 0);
    assert_true(log_path_number("9007199254740992", &n));
    assert_false(log_path_number("9007199254740993", &n));
    assert_false(log_path_number("99999999999999999999999", &n));
    assert_false(log_path_number("01", &n));
    assert_false(log_path_number("", &n));
    assert_false(log_path_number("-1", &n));
    assert_false(log_path_number("1 ", &n));
    assert_false(log_path_number("0x1", &n));
}

#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void test_statements(void **state)
{
    uint8_t key[DIGEST_SIZE];
    int64_t seq = 0;

    (void)state;
    assert_true(query_statement_path("/v1/statements/" HEX "/17", key, &seq));
    assert_int_equal(seq, 17);
    assert_int_equal(key[1], 0x11);
    assert_false(query_statement_path("/v1/statements/" HEX "/0", key, &seq));
    assert_false(query_statement_path("/v1/statements/" HEX "/", key, &seq));
    assert_false(query_statement_path("/v1/statements/" HEX, key, &seq));
    assert_false(query_statement_path("/v1/statements/" HEX "0/1", key, &seq));
    assert_false(query_statement_path("/v1/statements/ABC/1", key, &seq));
    assert_false(query_statement_path("/v1/statements/", key, &seq));
}

static void test_known(void **state)
{
    static const char *const yes[] = {
        "/v1/due",         "/v1/ledger",      "/v1/tasks/p1/6.1", "/v1/tasks/p1/6.1/entries",
        "/v1/alerts",      "/v1/me",          "/v1/registry",     "/v1/plans",
        "/v1/plans/p1",    "/log/checkpoint", "/log/proof",       "/log/consistency",
        "/log/tile/0/000", "/log/entry/0"};
    static const char *const no[] = {"",
                                     "/",
                                     "/v1",
                                     "/v1/",
                                     "/v1/due/",
                                     "/v1/duex",
                                     "/v1/tasks",
                                     "/v1/tasks/p1",
                                     "/v1/tasks//6.1",
                                     "/v1/tasks/p1/6.1/other",
                                     "/v1/plans/",
                                     "/v1/plans/a/b",
                                     "/log",
                                     "/log/",
                                     "/readyz",
                                     "/v1/statements"};

    (void)state;
    for (size_t i = 0; i < LEN(yes); i++)
        if (!query_known(yes[i]))
            fail_msg("%s is not known", yes[i]);
    for (size_t i = 0; i < LEN(no); i++)
        if (query_known(no[i]))
            fail_msg("%s is known", no[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tiles), cmocka_unit_test(test_bad_tiles),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_statements),
        cmocka_unit_test(test_known)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
