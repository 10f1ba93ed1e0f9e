/* SPDX-License-Identifier: BSD-2-Clause */
/* Payloads of reports: what is read of them, their shape, their limits. */
#include "statement_fixture.h"

#include "common/statement_kinds.h"

static void a_report_is_read(void **state)
{
    struct err e = {0};
    struct statement *s = parse(
        STATEMENT_REPORT,
        "{" HEAD ",\"reports\":[{\"task\":\"p1/6.1\",\"period\":\"2022Q1\",\"status\":\"at-risk\","
        "\"progress\":40,\"text\":\"一\\n\\t二\",\"values\":[{\"name\":\"产值\",\"value\":\"5.5\","
        "\"unit\":\"亿元\"},{\"name\":\"b\",\"value\":\"-1\"}],\"risk\":\"r\",\"next\":\"n\","
        "\"next_by\":\"2022-03-31\",\"evidence\":[{\"name\":\"a.pdf\",\"size\":12,\"sha256\":"
        "\"" KEY "\"}],\"corrects\":17}," REPORT "]}",
        &e);

    (void)state;
    if (!s)
        fail_msg("%s", e.text);
    assert_string_equal(s->aud, "duban.example/log1");
    assert_string_equal(s->unit, "u001");
    assert_int_equal(s->seq, 1);
    assert_int_equal(s->key[0], 0x01);
    assert_int_equal(s->prev[31], 0);
    assert_string_equal(s->nonce, "AAAAAAAAAAAAAAAAAAAAAA");
    assert_int_equal(s->reports_len, 2);
    const struct statement_report *r = &s->reports[0];
    assert_string_equal(r->task, "p1/6.1");
    assert_string_equal(r->period, "2022Q1");
    assert_int_equal(r->status, STATUS_AT_RISK);
    assert_int_equal(r->progress, 40);
    assert_int_equal(r->values_len, 2);
    assert_string_equal(r->values[0].unit, "亿元");
    assert_null(r->values[1].unit);
    assert_string_equal(r->values[1].value, "-1");
    assert_null(r->errors);
    assert_int_equal(s->reports[1].progress, -1);
    assert_null(s->reports[1].errors);
    statement_free(&s);
    assert_null(s);
    statement_free(&s);
}

/* What is plain is read without a tree, and alike; one thing out of the way and the tree is back.
 */
static void plain_reports(void **state)
{
#define PLAIN "\"task\":\"p1/6.1\",\"period\":\"2022Q1\",\"status\":\"on-track\""
    static const char *const plain[] = {
        "{" HEAD ",\"reports\":[{" PLAIN "}]}",
        " {" HEAD " , \"reports\" : [ { " PLAIN " ,\n\"progress\":0 } ] }\r\n",
        "{" HEAD ",\"reports\":[{" PLAIN ",\"text\":\"一二三\",\"risk\":\"\",\"next\":\"n\","
        "\"next_by\":\"2022-03-31\",\"values\":[{\"unit\":\"亿元\",\"name\":\"产值\",\"value\":"
        "\"5.5\"}]},{" PLAIN ",\"progress\":100,\"values\":[]}]}",
    };
    static const char *const whole[] = {
        "{" HEAD ",\"reports\":[{" PLAIN ",\"text\":\"a\\nb\"}]}",
        "{" HEAD ",\"reports\":[{" PLAIN ",\"corrects\":17}]}",
        "{" HEAD ",\"reports\":[{" PLAIN ",\"progress\":101}]}",
        "{" HEAD ",\"reports\":[{\"task\":\"p1/6.1\",\"status\":\"on-track\"}]}",
        "{" HEAD ",\"reports\":[{\"task\":\"6.1\",\"period\":\"2022Q1\",\"status\":\"done\"}]}",
        "{" HEAD ",\"reports\":[{" PLAIN "},{" PLAIN
        ",\"values\":[{\"name\":\"a\",\"value\":\"x\"}]}]}",
    };
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        struct statement *s = parse(STATEMENT_REPORT, plain[i], &e), *t = NULL;
        assert_non_null(s);
        assert_null(s->json);
        assert_true(statement_parse_whole(STATEMENT_REPORT, plain[i], strlen(plain[i]), &t, &e));
        assert_int_equal(s->seq, t->seq);
        assert_int_equal(s->reports_len, t->reports_len);
        for (size_t k = 0; k < s->reports_len; k++) {
            assert_string_equal(s->reports[k].task, t->reports[k].task);
            assert_int_equal(s->reports[k].progress, t->reports[k].progress);
            assert_int_equal(s->reports[k].values_len, t->reports[k].values_len);
            assert_int_equal(s->reports[k].more, t->reports[k].more);
        }
        statement_free(&s);
        statement_free(&t);
    }
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        struct statement *s = parse(STATEMENT_REPORT, whole[i], &e);
        assert_non_null(s);
        assert_non_null(s->json);
        statement_free(&s);
    }
    refuse(STATEMENT_REPORT, "{" HEAD ",\"reports\":[{" PLAIN "}]}{", "malformed", "");
    refuse(STATEMENT_REPORT, "{" HEAD ",\"reports\":[{" PLAIN "," PLAIN "}]}", "malformed", "");
    refuse(STATEMENT_REPORT, "{" HEAD ",\"reports\":[{" PLAIN ",\"text\":\"\xC2\x85\"}]}", "schema",
           "control");
    refuse(STATEMENT_REPORT, "{" HEAD ",\"reports\":[{" PLAIN ",\"text\":\"\xC3\"}]}", "malformed",
           "");
}

static void refuse_report(const char *report, const char *part)
{
    char *text = report_text(report);

    refuse(STATEMENT_REPORT, text, "schema", part);
    free(text);
}

static void shapes_of_reports(void **state)
{
    (void)state;
    refuse_report("{\"period\":\"2022\",\"status\":\"done\"}", "reports[0].task: is missing");
    refuse_report("{\"task\":\"p1/1\",\"period\":\"2022\"}", "reports[0].status: is missing");
    refuse_report(REPORT ",{\"task\":1,\"status\":\"done\"}", "reports[1].task");
    refuse_report("{\"task\":\"p1/1\",\"status\":2}", "reports[0].status");
    refuse_report("{\"task\":\"p1/1\",\"status\":\"done\",\"period\":null}", "reports[0].period");
    refuse_report(R("\"progress\":\"5\""), "reports[0].progress: must be a whole number");
    refuse_report(R("\"progress\":true"), "progress");
    refuse_report(R("\"Progress\":5"), "reports[0]: unknown member \"Progress\"");
    refuse_report(R("\"text\":\"a\\rb\""), "reports[0].text: holds a control character");
    refuse_report(R("\"text\":\"a\\u001bb\""), "control");
    refuse_report(R("\"text\":\"a\\u007f\""), "control");
    refuse_report(R("\"risk\":[]"), "risk");
    refuse_report(R("\"next\":{}"), "next");
    refuse_report(R("\"next_by\":\"a\\nb\""), "next_by");
    refuse_report(R("\"values\":{}"), "values");
    refuse_report(R("\"values\":[1]"), "reports[0].values[0]: must be an object");
    refuse_report(R("\"values\":[{\"name\":\"a\"}]"), "reports[0].values[0].value: is missing");
    refuse_report(R("\"values\":[{\"value\":\"1\"}]"), "values[0].name");
    refuse_report(R("\"values\":[{\"name\":\"a\",\"value\":5}]"), "values[0].value");
    refuse_report(R("\"values\":[{\"name\":\"\",\"value\":\"5\"}]"), "values[0].name");
    refuse_report(R("\"values\":[{\"name\":\"a\",\"value\":\"5\",\"unit\":null}]"), "unit");
    refuse_report(R("\"values\":[{\"name\":\"a\",\"value\":\"5\",\"x\":1}]"), "\"x\"");
    refuse_report(R("\"evidence\":[{\"name\":\"a\",\"size\":1}]"), "evidence[0].sha256");
    refuse_report(R("\"evidence\":[{\"name\":\"a\",\"size\":\"1\",\"sha256\":\"\"}]"), "size");
    refuse_report(R("\"evidence\":[{\"size\":1,\"sha256\":\"\"}]"), "evidence[0].name");
    refuse_report(R("\"corrects\":true"), "corrects");
    refuse_report(R("\"corrects\":-1"), "corrects");
    refuse_report(R("\"corrects\":\"a b\""), "corrects");
    refuse_report(R("\"corrects\":\"\""), "corrects");
}

static char *repeated(const char *piece, size_t n, const char *between)
{
    struct buf b = {0};

    for (size_t i = 0; i < n; i++) {
        buf_add_str(&b, i ? between : "");
        buf_add_str(&b, piece);
    }
    return b.data;
}

static void limits(void **state)
{
    struct err e;
    char *thousand = repeated(REPORT, 1000, ",");
    char *text = report_text(thousand);
    struct statement *s = parse(STATEMENT_REPORT, text, &e);

    (void)state;
    assert_non_null(s);
    assert_int_equal(s->reports_len, 1000);
    statement_free(&s);
    free(text);
    char *more = xasprintf("%s,%s", thousand, REPORT);
    refuse_report(more, "reports: must have 1 to 1000 elements");
    free(more);
    free(thousand);
    /* characters, not bytes */
    char *han = repeated("督", 20000, "");
    char *report = xasprintf(R("\"text\":\"%s\""), han);
    text = report_text(report);
    s = parse(STATEMENT_REPORT, text, &e);
    assert_non_null(s);
    statement_free(&s);
    free(text);
    free(report);
    report = xasprintf(R("\"text\":\"%s督\""), han);
    refuse_report(report, "reports[0].text: must have 0 to 20000 characters");
    free(report);
    free(han);
    char *spaces = repeated(" ", STATEMENT_PAYLOAD_MAX, "");
    text = xasprintf("{" HEAD ",\"reports\":[" REPORT "]}%s", spaces);
    refuse(STATEMENT_REPORT, text, "schema", "262144");
    text[STATEMENT_PAYLOAD_MAX] = '\0';
    s = parse(STATEMENT_REPORT, text, &e);
    assert_non_null(s);
    statement_free(&s);
    free(text);
    free(spaces);
    refuse_report(R("\"values\":[{\"name\":[],\"value\":\"1\"}]"), "name");
    text = report_text(R("\"values\":[{\"name\":[[]],\"value\":\"1\"}]"));
    refuse(STATEMENT_REPORT, text, "malformed", "deep");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_is_read),
        cmocka_unit_test(plain_reports),
        cmocka_unit_test(shapes_of_reports),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests_name("statement_report", tests, NULL, NULL);
}
