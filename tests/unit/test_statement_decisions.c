/* SPDX-License-Identifier: BSD-2-Clause */
/* Payloads of those who decide: review, countersign, extension, closure, record. */
#include "statement_fixture.h"

#define BODY(text) "{" HEAD "," text "}"
#define FILE_1 "{\"name\":\"a\",\"size\":1,\"sha256\":\"" ZERO "\"}"
#define RECORD(members)                                                                            \
    BODY("\"records\":[{\"task\":\"p1/6.1\",\"period\":\"2022Q1\",\"status\":\"on-track\","        \
         "\"for\":\"u001\",\"received_on\":\"2022-04-01\"," members "}]")

static void refuses(enum statement_kind kind, const char *json, const char *part)
{
    refuse(kind, json, "schema", part);
}

static void reviews(void **state)
{
    (void)state;
    accept(STATEMENT_REVIEW, BODY("\"reviews\":[{\"report\":\"12.0\",\"decision\":\"accept\"},"
                                  "{\"report\":\"12\",\"decision\":\"return\",\"reason\":\"r\","
                                  "\"due\":\"2022-04-30\"}]"));
#define REVIEW(text) BODY("\"reviews\":[{" text "}]")
    refuses(STATEMENT_REVIEW, BODY("\"reviews\":[]"), "reviews");
    refuses(STATEMENT_REVIEW, REVIEW("\"report\":\"12.0\""), "decision");
    refuses(STATEMENT_REVIEW, REVIEW("\"report\":\"12.0\",\"decision\":\"accepted\""), "decision");
    refuses(STATEMENT_REVIEW, REVIEW("\"report\":\"12.\",\"decision\":\"accept\""), "report");
    refuses(STATEMENT_REVIEW, REVIEW("\"report\":\"12.0000\",\"decision\":\"accept\""), "report");
    refuses(STATEMENT_REVIEW, REVIEW("\"report\":\"p1/1\",\"decision\":\"accept\""), "report");
    refuses(STATEMENT_REVIEW, REVIEW("\"report\":12,\"decision\":\"accept\""), "report");
    refuses(STATEMENT_REVIEW,
            REVIEW("\"report\":\"1234567890123456789.0\",\"decision\":\"accept\""), "report");
    refuses(STATEMENT_REVIEW, REVIEW("\"report\":\"1.0\",\"decision\":\"return\""), "reason");
    refuses(STATEMENT_REVIEW, REVIEW("\"report\":\"1.0\",\"decision\":\"return\",\"reason\":\"\""),
            "reason");
    refuses(STATEMENT_REVIEW,
            REVIEW("\"report\":\"1.0\",\"decision\":\"accept\",\"due\":\"2022-04-30\""), "due");
    refuses(STATEMENT_REVIEW,
            REVIEW("\"report\":\"1.0\",\"decision\":\"return\",\"reason\":\"r\",\"due\":\"30 "
                   "April\""),
            "due");
    refuses(STATEMENT_REVIEW,
            BODY("\"reviews\":[{\"report\":\"1.0\",\"decision\":\"accept\"},"
                 "{\"report\":\"1.0\",\"decision\":\"accept\"}]"),
            "second time");
}

static void countersignatures(void **state)
{
    (void)state;
    accept(STATEMENT_COUNTERSIGN, BODY("\"reports\":[\"12.0\",\"12.1\",\"13\"]"));
    refuses(STATEMENT_COUNTERSIGN, BODY("\"reports\":[]"), "reports");
    refuses(STATEMENT_COUNTERSIGN, BODY("\"reports\":[\"12.0\",\"12.0\"]"), "second time");
    refuses(STATEMENT_COUNTERSIGN, BODY("\"reports\":[12]"), "reports");
}

static void extensions(void **state)
{
    (void)state;
#define ASK "\"task\":\"p1/1\",\"until\":\"2022-09-30\",\"reason\":\"r\",\"progress\":40"
    accept(STATEMENT_EXTENSION, BODY("\"requests\":[{" ASK "},{" ASK ",\"period\":\"2022Q1\"}]"));
    accept(STATEMENT_EXTENSION,
           BODY("\"decisions\":[{\"request\":\"5.0\",\"decision\":\"grant\",\"until\":"
                "\"2022-09-30\"},{\"request\":\"5.1\",\"decision\":\"refuse\",\"reason\":"
                "\"r\"}]"));
    refuses(STATEMENT_EXTENSION, "{" HEAD "}", "either");
    refuses(STATEMENT_EXTENSION,
            BODY("\"requests\":[{" ASK "}],\"decisions\":[{\"request\":\"5.0\",\"decision\":"
                 "\"grant\"}]"),
            "either");
    refuses(STATEMENT_EXTENSION, BODY("\"requests\":[{" ASK ",\"period\":\"-\"}]"), "period");
    refuses(STATEMENT_EXTENSION, BODY("\"requests\":[{" ASK ",\"period\":\"2022Q1!1\"}]"),
            "period");
    refuses(STATEMENT_EXTENSION,
            BODY("\"requests\":[{\"task\":\"1\",\"until\":\"2022-09-30\",\"reason\":\"r\","
                 "\"progress\":40}]"),
            "task");
    refuses(STATEMENT_EXTENSION,
            BODY("\"requests\":[{\"task\":\"p1/1\",\"until\":\"2022-09-30\",\"reason\":\"r\","
                 "\"progress\":101}]"),
            "progress");
    refuses(STATEMENT_EXTENSION,
            BODY("\"requests\":[{\"task\":\"p1/1\",\"until\":\"2022-09-30\",\"progress\":1}]"),
            "reason");
    refuses(STATEMENT_EXTENSION,
            BODY("\"decisions\":[{\"request\":\"5.0\",\"decision\":\"refuse\"}]"), "reason");
    refuses(STATEMENT_EXTENSION,
            BODY("\"decisions\":[{\"request\":\"5.0\",\"decision\":\"refuse\",\"reason\":\"r\","
                 "\"until\":\"2022-09-30\"}]"),
            "until");
    refuses(STATEMENT_EXTENSION,
            BODY("\"decisions\":[{\"request\":\"5.0\",\"decision\":\"grant\"},{\"request\":"
                 "\"5.0\",\"decision\":\"grant\"}]"),
            "second time");
}

static void closures(void **state)
{
    (void)state;
    accept(STATEMENT_CLOSURE,
           BODY("\"requests\":[{\"task\":\"p1/1\",\"text\":\"t\",\"evidence\":[" FILE_1 "]}]"));
    accept(STATEMENT_CLOSURE,
           BODY("\"decisions\":[{\"request\":\"5.0\",\"decision\":\"grant\"},{\"task\":\"p1/1\","
                "\"decision\":\"reopen\",\"reason\":\"r\",\"due\":\"2022-09-30\"}]"));
    refuses(STATEMENT_CLOSURE,
            BODY("\"requests\":[{\"task\":\"p1/1\",\"text\":\"t\",\"evidence\":[]}]"), "evidence");
    refuses(STATEMENT_CLOSURE, BODY("\"requests\":[{\"task\":\"p1/1\",\"text\":\"t\"}]"),
            "evidence");
    refuses(STATEMENT_CLOSURE, BODY("\"requests\":[{\"task\":\"p1/1\",\"evidence\":[" FILE_1 "]}]"),
            "text");
    refuses(STATEMENT_CLOSURE,
            BODY("\"requests\":[{\"task\":\"p1/1\",\"text\":\"t\",\"evidence\":[" FILE_1
                 "]},{\"task\":\"p1/1\",\"text\":\"t\",\"evidence\":[" FILE_1 "]}]"),
            "second time");
    refuses(STATEMENT_CLOSURE, BODY("\"decisions\":[{\"task\":\"p1/1\",\"decision\":\"grant\"}]"),
            "request");
    refuses(STATEMENT_CLOSURE,
            BODY("\"decisions\":[{\"request\":\"5.0\",\"decision\":\"reopen\",\"reason\":\"r\"}]"),
            "task");
    refuses(STATEMENT_CLOSURE, BODY("\"decisions\":[{\"task\":\"p1/1\",\"decision\":\"reopen\"}]"),
            "reason");
    refuses(STATEMENT_CLOSURE,
            BODY("\"decisions\":[{\"request\":\"5.0\",\"decision\":\"grant\",\"due\":"
                 "\"2022-09-30\"}]"),
            "due");
}

/* A faulty value stops a record: the office has the paper before it. */
static void records(void **state)
{
    (void)state;
    accept(STATEMENT_RECORD, RECORD("\"source\":\"paper\",\"scan\":{\"sha256\":\"" ZERO "\"}"));
    accept(STATEMENT_RECORD, RECORD("\"source\":\"phone\""));
    refuses(STATEMENT_RECORD, RECORD("\"source\":\"paper\""), "scan");
    refuses(STATEMENT_RECORD, RECORD("\"source\":\"fax\""), "source");
    refuses(STATEMENT_RECORD, RECORD("\"source\":\"phone\",\"progress\":101"), "progress");
    refuses(STATEMENT_RECORD, RECORD("\"source\":\"phone\",\"next_by\":\"soon\""), "next_by");
    refuses(STATEMENT_RECORD, RECORD("\"source\":\"mail\",\"scan\":{\"sha256\":\"0\"}"), "sha256");
    refuses(STATEMENT_RECORD,
            BODY("\"records\":[{\"task\":\"p1/6.1\",\"status\":\"on-track\",\"for\":\"u001\","
                 "\"received_on\":\"2022-04-01\",\"source\":\"phone\"}]"),
            "period");
    refuses(STATEMENT_RECORD,
            BODY("\"records\":[{\"task\":\"p1/6.1\",\"period\":\"2022Q1\",\"status\":\"on-track\","
                 "\"received_on\":\"2022-04-01\",\"source\":\"phone\"}]"),
            "for");
    refuses(STATEMENT_RECORD,
            BODY("\"records\":[{\"task\":\"p1/6.1\",\"period\":\"2022Q1\",\"status\":\"on-track\","
                 "\"for\":\"u001\",\"source\":\"phone\"}]"),
            "received_on");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reviews),    cmocka_unit_test(countersignatures),
        cmocka_unit_test(extensions), cmocka_unit_test(closures),
        cmocka_unit_test(records),
    };
    return cmocka_run_group_tests_name("statement_decisions", tests, NULL, NULL);
}
