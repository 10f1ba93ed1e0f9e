/* SPDX-License-Identifier: BSD-2-Clause */
/* The values that people type: status names, decimals, periods, tasks. */
#include "unit.h"

#include "common/statement.h"

static void status_names(void **state)
{
    (void)state;
    assert_int_equal(status_parse_any("not-started"), STATUS_NOT_STARTED);
    assert_int_equal(status_parse_any("正常推进"), STATUS_ON_TRACK);
    assert_int_equal(status_parse_any("有风险"), STATUS_AT_RISK);
    assert_int_equal(status_parse_any("受阻"), STATUS_BLOCKED);
    assert_int_equal(status_parse_any("已完成"), STATUS_DONE);
    assert_int_equal(status_parse_any("未开始"), STATUS_NOT_STARTED);
    assert_int_equal(status_parse_any("完成"), STATUS_INVALID);
    assert_int_equal(status_parse_any(""), STATUS_INVALID);
    assert_string_equal(status_name(STATUS_AT_RISK), "at-risk");
    assert_string_equal(status_name(STATUS_INVALID), "invalid");
}

static void all_valid(bool (*f)(const char *), const char *const *texts, size_t n, bool want)
{
    for (size_t i = 0; i < n; i++)
        if (f(texts[i]) != want)
            fail_msg("%s: %s", want ? "refused" : "accepted", texts[i]);
}

static void decimals(void **state)
{
    static const char *const good[] = {"0", "5.5", "-1", "-0.000001", "999999999999999999.999999"};
    static const char *const bad[] = {"",         "-",   ".5",    "5.", "5,5",
                                      "1e3",      "+1",  " 1",    "1 ", "0x1",
                                      "NaN",      "--1", "1.2.3", "１", "1234567890123456789",
                                      "1.1234567"};
    (void)state;
    all_valid(decimal_valid, good, LEN(good), true);
    all_valid(decimal_valid, bad, LEN(bad), false);
}

static void periods(void **state)
{
    static const char *const good[] = {
        "2022",       "2022H1",     "2022H2",     "2022Q1",    "2022Q4",   "2022-01",  "2022-12",
        "2022-03-1",  "2022-03-3",  "2022-W01",   "2022-W52",  "2020-W53", "2026-W53", "2015-W53",
        "2022-03-01", "2022-03-31", "2024-02-29", "2022-03H1", "2022-12H2"};
    static const char *const bad[] = {
        "",           "202",        "20222",      "2022H0",     "2022H3",    "2022Q0",
        "2022Q5",     "2022-00",    "2022-13",    "2022-3",     "2022-03-",  "2022-03-0",
        "2022-03-4",  "2022-02-29", "2022-04-31", "2022-03-00", "2022-03H3", "2022-03H",
        "2022-03H12", "2022-03-1a", "2022-W00",   "2022-W53",   "2022-W1",   "2022-w01",
        "2022q1",     "2022Q1 ",    " 2022",      "2022-W012",  "2022-0a",   "0000",
        "2024-W53",   "２０２２"};
    (void)state;
    all_valid(period_valid, good, LEN(good), true);
    all_valid(period_valid, bad, LEN(bad), false);
}

static void tasks(void **state)
{
    static const char *const good[] = {"p1/6.1",  "p1/i1",    "a-b/15-10",         "p/01.2",
                                       "p1/6.x1", "p1/3.1-b", "abcdefghijklmnop/1"};
    static const char *const bad[] = {"",        "p1",     "p1/",       "/1",
                                      "P1/1",    "p1/1/2", "p1/（一）", "p1/ 1",
                                      "p1/.1",   "p1/-1",  "p_1/1",     "abcdefghijklmnopq/1",
                                      "p1/6.1 ", "6.1"};
    (void)state;
    all_valid(task_valid, good, LEN(good), true);
    all_valid(task_valid, bad, LEN(bad), false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_names),
        cmocka_unit_test(decimals),
        cmocka_unit_test(periods),
        cmocka_unit_test(tasks),
    };
    return cmocka_run_group_tests_name("statement_values", tests, NULL, NULL);
}
