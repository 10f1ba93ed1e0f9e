/* SPDX-License-Identifier: BSD-2-Clause */
/* Payloads: heads, reports, acknowledgements, contacts, and the values that people type. */
#include "unit.h"

#include "common/json.h"
#include "common/mem.h"
#include "common/statement.h"
#include "common/statement_kinds.h"

#define KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define HEAD                                                                                       \
    "\"v\":1,\"aud\":\"duban.example/log1\",\"unit\":\"u001\",\"key\":\"" KEY                      \
    "\",\"seq\":1,\"prev\":\"" ZERO                                                                \
    "\",\"id\":\"0190b3c8-0000-7000-8000-000000000000\",\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAA\","     \
    "\"iat\":\"2026-11-21T10:00:00Z\""
#define REPORT "{\"task\":\"p1/6.1\",\"period\":\"2022Q1\",\"status\":\"on-track\"}"

static struct statement *parse(enum statement_kind kind, const char *json, struct err *e)
{
    struct statement *s = NULL;

    e->code[0] = '\0';
    if (!statement_parse(kind, json, strlen(json), &s, e))
        assert_null(s);
    return s;
}

static void refuse(enum statement_kind kind, const char *json, const char *code, const char *part)
{
    struct err e;
    struct statement *s = parse(kind, json, &e);

    if (s)
        fail_msg("accepted: %s", json);
    if (strcmp(e.code, code) != 0 || !strstr(e.text, part))
        fail_msg("[%s] %s\ndoes not say [%s] %s for\n%s", e.code, e.text, code, part, json);
}

static void accept(enum statement_kind kind, const char *payload)
{
    struct err e = {0};
    struct statement *s = parse(kind, payload, &e);

    if (s == NULL)
        fail_msg("%s: %s", payload, e.text);
    statement_free(&s);
}

/* The head with one member replaced (value NULL: left out). */
static char *head_with(const char *name, const char *value)
{
    json_error_t error;
    json_t *j = json_loads("{" HEAD ",\"reports\":[" REPORT "]}", 0, &error);

    assert_non_null(j);
    json_object_del(j, name);
    if (value) {
        json_t *v = json_loads(value, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
        assert_non_null(v);
        json_object_set_new(j, name, v);
    }
    char *text = json_dumps(j, JSON_COMPACT);
    json_decref(j);
    return text;
}

static void refuse_member(const char *name, const char *value)
{
    char *text = head_with(name, value);

    refuse(STATEMENT_REPORT, text, "schema", name);
    free(text);
}

static void accept_member(const char *name, const char *value)
{
    char *text = head_with(name, value);
    struct err e;
    struct statement *s = parse(STATEMENT_REPORT, text, &e);

    if (!s)
        fail_msg("%s: %s", text, e.text);
    statement_free(&s);
    free(text);
}

static void kinds(void **state)
{
    enum statement_kind kind;

    (void)state;
    for (int k = STATEMENT_REPORT; k < STATEMENT_KINDS; k++) {
        assert_true(statement_kind_of(statement_type_of((enum statement_kind)k), &kind));
        assert_int_equal(kind, k);
    }
    assert_string_equal(statement_type_of(STATEMENT_REPORT),
                        "application/vnd.duban.report.v1+json");
    assert_false(statement_kind_of("application/json", &kind));
    assert_false(statement_kind_of("application/vnd.duban.report.v2+json", &kind));
    assert_int_equal(statement_payload_max(STATEMENT_REPORT), 262144);
    assert_int_equal(statement_payload_max(STATEMENT_PLAN), 2097152);
    assert_int_equal(statement_payload_max(STATEMENT_REGISTRY), 2097152);
}

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

static void heads_one_by_one(void **state)
{
    static const char *const names[] = {"v",    "aud", "unit",  "key", "seq",
                                        "prev", "id",  "nonce", "iat", "reports"};
    (void)state;
    for (size_t i = 0; i < LEN(names); i++) {
        refuse_member(names[i], NULL);
        refuse_member(names[i], "null");
        refuse_member(names[i], "true");
        refuse_member(names[i], "{}");
    }
    refuse_member("v", "2");
    refuse_member("v", "\"1\"");
    refuse_member("aud", "\"\"");
    refuse_member("aud", "\"a\\nb\"");
    refuse_member("unit", "\"\"");
    refuse_member("unit", "\"a\\u0007\"");
    refuse_member("unit", "\"a\\u0085\"");
    refuse_member("key", "\"" KEY "0\"");
    refuse_member("key", "\"0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef\"");
    refuse_member("prev", "\"00\"");
    refuse_member("seq", "0");
    refuse_member("seq", "-1");
    refuse_member("seq", "\"1\"");
    refuse_member("id", "\"0190b3c8-0000-7000-8000-00000000000\"");
    refuse_member("id", "\"0190b3c8-0000-7000-c000-000000000000\"");
    refuse_member("id", "\"0190b3c8-0000-0000-8000-000000000001\"");
    refuse_member("id", "\"0190b3c8-0000-9000-8000-000000000001\"");
    refuse_member("id", "\"0190b3c80000-7000-8000-000000000000x\"");
    refuse_member("nonce", "\"AAAAAAAAAAAAAAA\"");
    refuse_member("nonce", "\"AAAAAAAAAAAAAAAAAAAAA=\"");
    refuse_member("iat", "\"2026-11-21\"");
    refuse_member("iat", "\"2026-11-21T10:00:00\"");
    refuse_member("extra", "1");
    refuse_member("reports", "[]");
    refuse_member("reports", "[1]");
    accept_member("seq", "9007199254740992");
    accept_member("id", "\"00000000-0000-0000-0000-000000000000\"");
    accept_member("id", "\"FFFFFFFF-ffff-ffff-ffff-ffffffffffff\"");
    accept_member("id", "\"f81d4fae-7dec-11d0-a765-00a0c91e6bf6\"");
    accept_member("iat", "\"2026-11-21T18:00:00.5+08:00\"");
    accept_member("unit", "\"市发展改革委\"");
    refuse(STATEMENT_REPORT, "{" HEAD ",\"v\":1,\"reports\":[" REPORT "]}", "malformed", "line 1");
    refuse(STATEMENT_REPORT, "{\"seq\":9007199254740993}", "malformed", "2^53");
    refuse(STATEMENT_REPORT, "[]", "schema", "object");
    refuse(STATEMENT_REPORT, "1", "schema", "object");
    refuse(STATEMENT_REPORT, "", "malformed", "");
}

static char *report_text(const char *report)
{
    return xasprintf("{" HEAD ",\"reports\":[%s]}", report);
}

static void refuse_report(const char *report, const char *part)
{
    char *text = report_text(report);

    refuse(STATEMENT_REPORT, text, "schema", part);
    free(text);
}

static void shapes_of_reports(void **state)
{
#define R(more) "{\"task\":\"p1/1\",\"period\":\"2022\",\"status\":\"done\"," more "}"
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

static void acknowledgements(void **state)
{
    struct err e = {0};
    struct statement *s =
        parse(STATEMENT_ACKNOWLEDGE, "{" HEAD ",\"alerts\":[3,1],\"comment\":\"a\\nb\"}", &e);

    (void)state;
    assert_non_null(s);
    assert_int_equal(s->alerts_len, 2);
    assert_int_equal(s->alerts[0], 3);
    assert_int_equal(s->alerts[1], 1);
    assert_string_equal(s->comment, "a\nb");
    assert_null(s->bundle);
    assert_null(s->decision);
    statement_free(&s);
    s = parse(STATEMENT_ACKNOWLEDGE, "{" HEAD ",\"bundle\":\"b7\",\"decision\":\"d\"}", &e);
    assert_non_null(s);
    assert_string_equal(s->bundle, "b7");
    assert_string_equal(s->decision, "d");
    assert_int_equal(s->alerts_len, 0);
    statement_free(&s);
    refuse(STATEMENT_ACKNOWLEDGE, "{" HEAD "}", "schema", "either");
    refuse(STATEMENT_ACKNOWLEDGE, "{" HEAD ",\"alerts\":[1],\"bundle\":\"b\"}", "schema", "either");
    refuse(STATEMENT_ACKNOWLEDGE, "{" HEAD ",\"alerts\":[]}", "schema", "alerts");
    refuse(STATEMENT_ACKNOWLEDGE, "{" HEAD ",\"alerts\":[0]}", "schema", "alerts[0]");
    refuse(STATEMENT_ACKNOWLEDGE, "{" HEAD ",\"alerts\":[\"1\"]}", "schema", "alerts[0]");
    refuse(STATEMENT_ACKNOWLEDGE, "{" HEAD ",\"alerts\":[1,2,1]}", "schema", "alerts[2]");
    refuse(STATEMENT_ACKNOWLEDGE, "{" HEAD ",\"alerts\":1}", "schema", "alerts");
    refuse(STATEMENT_ACKNOWLEDGE, "{" HEAD ",\"bundle\":7}", "schema", "bundle");
    refuse(STATEMENT_ACKNOWLEDGE, "{" HEAD ",\"alerts\":[1],\"x\":1}", "schema", "\"x\"");
    refuse(STATEMENT_ACKNOWLEDGE, "{" HEAD ",\"alerts\":[1],\"comment\":\"\\u0001\"}", "schema",
           "comment");
    refuse(STATEMENT_ACKNOWLEDGE, "{" HEAD ",\"reports\":[" REPORT "]}", "schema", "reports");
    accept(STATEMENT_ACKNOWLEDGE, "{" HEAD ",\"alerts\":[1],\"until\":\"2022-04-12\"}");
    accept(STATEMENT_ACKNOWLEDGE, "{" HEAD ",\"alerts\":[1],\"told\":{\"by\":\"a\",\"to\":\"b\","
                                  "\"at\":\"2022-04-11T22:00:00+08:00\",\"how\":\"c\"}}");
    refuse(STATEMENT_ACKNOWLEDGE, "{" HEAD ",\"alerts\":[1],\"until\":\"soon\"}", "schema",
           "until");
    refuse(STATEMENT_ACKNOWLEDGE,
           "{" HEAD ",\"alerts\":[1],\"until\":\"2022-04-12\",\"told\":{\"by\":\"a\",\"to\":\"b\","
           "\"at\":\"2022-04-11T22:00:00+08:00\",\"how\":\"c\"}}",
           "schema", "until");
    refuse(STATEMENT_ACKNOWLEDGE, "{" HEAD ",\"alerts\":[1],\"told\":{\"by\":\"a\"}}", "schema",
           "told");
}

static void silences(void **state)
{
    (void)state;
    accept(STATEMENT_SILENCE, "{" HEAD ",\"silences\":[{\"units\":[\"u001\"],\"tasks\":[\"p1/3\"],"
                              "\"until\":\"2022-04-12\",\"reason\":\"r\"}]}");
    accept(STATEMENT_SILENCE, "{" HEAD ",\"ends\":[\"120.1\"]}");
    refuse(STATEMENT_SILENCE, "{" HEAD "}", "schema", "silences");
    refuse(STATEMENT_SILENCE, "{" HEAD ",\"silences\":[]}", "schema", "silences");
    refuse(STATEMENT_SILENCE, "{" HEAD ",\"silences\":[{\"until\":\"2022-04-12\"}]}", "schema",
           "reason");
    refuse(STATEMENT_SILENCE, "{" HEAD ",\"silences\":[{\"reason\":\"r\"}]}", "schema", "until");
    refuse(STATEMENT_SILENCE,
           "{" HEAD
           ",\"silences\":[{\"tasks\":[\"x\"],\"until\":\"2022-04-12\",\"reason\":\"r\"}]}",
           "schema", "tasks[0]");
    refuse(STATEMENT_SILENCE, "{" HEAD ",\"ends\":[\"120\"]}", "schema", "ends[0]");
    refuse(STATEMENT_SILENCE, "{" HEAD ",\"ends\":[\"12345678901234567890.1\"]}", "schema",
           "ends[0]");
}

static void contacts(void **state)
{
    struct err e = {0};
    struct statement *s =
        parse(STATEMENT_CONTACT,
              "{" HEAD ",\"contacts\":[{\"post\":\"u001-contact\",\"name\":\"某某\",\"phone\":"
              "\"010-1\",\"mail\":\"a@b\"},{\"post\":\"office\",\"name\":\"b\"}]}",
              &e);

    (void)state;
    assert_non_null(s);
    statement_free(&s);
    refuse(STATEMENT_CONTACT, "{" HEAD ",\"contacts\":[]}", "schema", "contacts");
    refuse(STATEMENT_CONTACT, "{" HEAD "}", "schema", "contacts");
    refuse(STATEMENT_CONTACT, "{" HEAD ",\"contacts\":[{\"post\":\"A\",\"name\":\"b\"}]}", "schema",
           "contacts[0].post: must be a code");
    refuse(STATEMENT_CONTACT, "{" HEAD ",\"contacts\":[{\"post\":\"a\"}]}", "schema",
           "contacts[0].name");
    refuse(STATEMENT_CONTACT,
           "{" HEAD ",\"contacts\":[{\"post\":\"a\",\"name\":\"b\",\"mail\":\"a\\r\\nBcc: x\"}]}",
           "schema", "contacts[0].mail");
}

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
        cmocka_unit_test(kinds),
        cmocka_unit_test(a_report_is_read),
        cmocka_unit_test(plain_reports),
        cmocka_unit_test(heads_one_by_one),
        cmocka_unit_test(shapes_of_reports),
        cmocka_unit_test(limits),
        cmocka_unit_test(faults_one_by_one),
        cmocka_unit_test(all_faults_at_once),
        cmocka_unit_test(faults_stay_with_their_report),
        cmocka_unit_test(acknowledgements),
        cmocka_unit_test(silences),
        cmocka_unit_test(contacts),
        cmocka_unit_test(status_names),
        cmocka_unit_test(decimals),
        cmocka_unit_test(periods),
        cmocka_unit_test(tasks),
    };
    return cmocka_run_group_tests_name("statement", tests, NULL, NULL);
}
