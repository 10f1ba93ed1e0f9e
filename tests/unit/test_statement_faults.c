/* SPDX-License-Identifier: BSD-2-Clause */
/* What is wrong in a report that is taken nevertheless: named one by one, each with its report. */
#include "statement_fixture.h"

#include "common/json.h"

/* The faults of the first report as a JSON array. */
static json_t *faults_of(const char *report)
{
    struct err e = {0};
    json_error_t error;
    char *text = report_text(report);
    struct statement *s = parse(STATEMENT_REPORT, text, &e);

    if (!s)
        fail_msg("%s: %s", report, e.text);
    json_t *faults = s->reports[0].errors ? json_loads(s->reports[0].errors, 0, &error) : NULL;
    assert_true(!s->reports[0].errors || json_is_array(faults));
    statement_free(&s);
    free(text);
    return faults;
}

static void one_fault(const char *report, const char *field, const char *code, const char *part)
{
    json_t *faults = faults_of(report);
    const char *got_field = NULL;
    const char *got_code = NULL;
    const char *detail = NULL;

    if (json_array_size(faults) != 1)
        fail_msg("%zu faults: %s", json_array_size(faults), report);
    assert_int_equal(json_unpack(json_array_get(faults, 0), "{s:s, s:s, s:s !}", "field",
                                 &got_field, "code", &got_code, "detail", &detail),
                     0);
    assert_string_equal(got_field, field);
    assert_string_equal(got_code, code);
    if (!strstr(detail, part))
        fail_msg("\"%s\" does not say \"%s\"", detail, part);
    json_decref(faults);
}

static void faults_one_by_one(void **state)
{
#define TPS(t, p, s) "{\"task\":\"" t "\",\"period\":\"" p "\",\"status\":\"" s "\"}"
    (void)state;
    one_fault("{\"task\":\"p1/1\",\"status\":\"done\"}", "period", "missing", "2022Q1");
    one_fault(TPS("p1/1", "2022Q5", "done"), "period", "period", "\"2022Q5\"");
    one_fault(TPS("p1/1", "", "done"), "period", "period", "2022H1");
    one_fault(TPS("p1/1", "2022", "finished"), "status", "enumeration", "on-track");
    one_fault(TPS("p1/1", "2022", "已完成"), "status", "enumeration", "已完成");
    one_fault(TPS("p1/1", "2022", "Done"), "status", "enumeration", "Done");
    one_fault(TPS("6.1", "2022", "done"), "task", "task", "handle");
    one_fault(TPS("", "2022", "done"), "task", "task", "p1/6.1");
    one_fault(R("\"progress\":101"), "progress", "range", "101");
    one_fault(R("\"progress\":-1"), "progress", "range", "0 to 100");
    one_fault(R("\"progress\":9007199254740992"), "progress", "range", "9007199254740992");
    one_fault(R("\"next_by\":\"2022-02-30\""), "next_by", "date", "2022-02-30");
    one_fault(R("\"next_by\":\"\""), "next_by", "date", "date");
    one_fault(R("\"values\":[{\"name\":\"a\",\"value\":\"1\"},{\"name\":\"b\",\"value\":\"5,5\"}]"),
              "values[1].value", "decimal", "\"5,5\" (b)");
    one_fault(R("\"evidence\":[{\"name\":\"a\",\"size\":-1,\"sha256\":\"" KEY "\"}]"),
              "evidence[0].size", "range", "-1");
    one_fault(R("\"evidence\":[{\"name\":\"a.pdf\",\"size\":0,\"sha256\":\"ABC\"}]"),
              "evidence[0].sha256", "digest", "a.pdf");
    assert_null(faults_of(R("\"progress\":0")));
    assert_null(faults_of(R("\"progress\":100")));
    assert_null(faults_of(R("\"corrects\":\"0190b3c8-0000-7000-8000-000000000000\"")));
}

static void all_faults_at_once(void **state)
{
    json_t *faults = faults_of(
        "{\"task\":\"x\",\"status\":\"?\",\"progress\":101,\"next_by\":\"x\",\"values\":[{\"name\":"
        "\"\\\"q\\\"\",\"value\":\"5,5\"},{\"name\":\"n\",\"value\":\"1e3\"}],\"evidence\":[{"
        "\"name\":\"f\",\"size\":-5,\"sha256\":\"\"}]}");

    (void)state;
    assert_int_equal(json_array_size(faults), 9);
    json_decref(faults);
}

/* A bad row hurts no other. */
static void faults_stay_with_their_report(void **state)
{
    struct err e = {0};
    char *text = report_text(REPORT "," R("\"progress\":101") "," REPORT);
    struct statement *s = parse(STATEMENT_REPORT, text, &e);

    (void)state;
    assert_non_null(s);
    assert_null(s->reports[0].errors);
    assert_non_null(s->reports[1].errors);
    assert_int_equal(s->reports[1].progress, -1);
    assert_null(s->reports[2].errors);
    statement_free(&s);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_one_by_one),
        cmocka_unit_test(all_faults_at_once),
        cmocka_unit_test(faults_stay_with_their_report),
    };
    return cmocka_run_group_tests_name("statement_faults", tests, NULL, NULL);
}
