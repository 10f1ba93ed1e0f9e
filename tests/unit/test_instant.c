/* SPDX-License-Identifier: BSD-2-Clause */
/* Instants, dates, durations. */
#include "unit.h"

#include <time.h>

#include "common/instant.h"

static int64_t parse(const char *s)
{
    int64_t us = -1;

    return instant_parse(s, &us) ? us : -1;
}

static void instants(void **state)
{
    (void)state;
    assert_int_equal(parse("1970-01-01T00:00:00Z"), 0);
    assert_int_equal(parse("1970-01-01T08:00:00+08:00"), 0);
    assert_int_equal(parse("2026-11-21T10:00:00.123456Z"), 1795255200123456);
    assert_int_equal(parse("2026-11-21T18:00:00.1+08:00"), 1795255200100000);
    assert_int_equal(parse("2026-11-21t10:00:00z"), 1795255200000000);
    assert_int_equal(parse("2024-02-29T23:59:59-00:30"), 1709252999000000);
    assert_int_equal(parse("9999-12-31T23:59:59.999999Z"), 253402300799999999);
}

static void instants_that_are_not(void **state)
{
    static const char *const bad[] = {
        "",
        "2026",
        "2026-11-21",
        "2026-11-21T10:00:00",
        "2026-11-21 10:00:00Z",
        "2026-11-21T10:00Z",
        "2026-11-21T24:00:00Z",
        "2026-11-21T10:60:00Z",
        "2026-11-21T10:00:60Z",
        "2026-13-01T10:00:00Z",
        "2026-00-01T10:00:00Z",
        "2026-02-29T10:00:00Z",
        "2026-11-21T10:00:00.Z",
        "2026-11-21T10:00:00.1234567Z",
        "2026-11-21T10:00:00ZZ",
        "2026-11-21T10:00:00+8:00",
        "2026-11-21T10:00:00+0800",
        "2026-11-21T10:00:00+24:00",
        "2026-11-21T10:00:00+08:60",
        "2026-11-21T10:00:00+08:00x",
        " 2026-11-21T10:00:00Z",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+08:00",
        "9999-12-31T23:59:59-00:01",
        "99999-12-31T23:59:59Z",
    };

    (void)state;
    for (size_t i = 0; i < LEN(bad); i++)
        if (parse(bad[i]) != -1)
            fail_msg("accepted: %s", bad[i]);
}

/* Every day of four centuries against the C library. */
static void every_day(void **state)
{
    struct tm tm;
    char text[64];
    int seen = 0;

    (void)state;
    for (int64_t day = 0; day < 146097; day++, seen++) {
        time_t t = (time_t)(day * 86400);
        gmtime_r(&t, &tm);
        strftime(text, sizeof text, "%Y-%m-%dT12:34:56Z", &tm);
        assert_int_equal(parse(text), (day * 86400 + 45296) * 1000000);
        text[10] = '\0';
        assert_true(date_valid(text));
    }
    assert_int_equal(seen, 146097);
}

static void formats(void **state)
{
    char out[INSTANT_SIZE];

    (void)state;
    instant_format_utc(1795255200123456, out);
    assert_string_equal(out, "2026-11-21T10:00:00.123456Z");
    instant_format_utc(1795255200000007, out);
    assert_string_equal(out, "2026-11-21T10:00:00.000007Z");
    instant_format_utc(-1, out);
    assert_string_equal(out, "1969-12-31T23:59:59.999999Z");
    setenv("TZ", "Asia/Shanghai", 1);
    tzset();
    instant_format_local(1795255200123456, out);
    assert_string_equal(out, "2026-11-21T18:00:00+08:00");
    setenv("TZ", "XXX3:30", 1);
    tzset();
    instant_format_local(1795255200123456, out);
    assert_string_equal(out, "2026-11-21T06:30:00-03:30");
    instant_format_utc(INT64_MAX, out); /* nonsense stays inside the buffer */
    instant_format_local(INT64_MIN, out);
}

static void dates(void **state)
{
    static const char *const bad[] = {
        "",           "2022-02-30", "2022-2-03",   "2022-02-3",   "2022/02/03", "2022-02-031",
        "0000-01-01", "2100-02-29", "2022-02-03 ", "２022-02-03", "2022-02-0x"};
    (void)state;
    assert_true(date_valid("2000-02-29"));
    assert_true(date_valid("2022-12-31"));
    for (size_t i = 0; i < LEN(bad); i++)
        assert_false(date_valid(bad[i]));
}

static void durations(void **state)
{
    static const char *const bad[] = {"",
                                      "+",
                                      "90s",
                                      "+90",
                                      "+s",
                                      "-1d",
                                      "+1y",
                                      "+1d ",
                                      "+ 1d",
                                      "+1d-1h",
                                      "+1.5h",
                                      "+99999999999s",
                                      "+99999w",
                                      "+9999999999w",
                                      "+36000d36000d"};
    static const struct {
        const char *text;
        int64_t seconds;
    } good[] = {{"+90s", 90},    {"+15m", 900},      {"+2h", 7200}, {"+3d", 259200},
                {"+1w", 604800}, {"+1d12h", 129600}, {"+0s", 0},    {"+1w1d1h1m1s", 694861}};
    int64_t us = 0;

    (void)state;
    for (size_t i = 0; i < LEN(good); i++) {
        assert_true(duration_parse(good[i].text, &us));
        assert_int_equal(us, good[i].seconds * 1000000);
    }
    for (size_t i = 0; i < LEN(bad); i++)
        if (duration_parse(bad[i], &us))
            fail_msg("accepted: %s", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instants),  cmocka_unit_test(instants_that_are_not),
        cmocka_unit_test(every_day), cmocka_unit_test(formats),
        cmocka_unit_test(dates),     cmocka_unit_test(durations),
    };
    return cmocka_run_group_tests_name("instant", tests, NULL, NULL);
}
