/* SPDX-License-Identifier: BSD-2-Clause */
/* Payloads of the ledger's life: amendments, asks and answers, early warnings, tasks filed once. */
#include "statement_fixture.h"

struct sample {
    enum statement_kind kind;
    const char *body;
    const char *wrong; /* part of the message; NULL: it is right */
};

static void check(const struct sample *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *text = xasprintf("{" HEAD ",%s}", list[i].body);

        if (list[i].wrong)
            refuse(list[i].kind, text, "schema", list[i].wrong);
        else
            accept(list[i].kind, text);
        free(text);
    }
}
#define CHECK(list) check(list, LEN(list))

#define AMEND "\"amend\":\"p1\",\"from\":\"2022-05-01\",\"changes\":"

static void amendments(void **state)
{
    static const struct sample list[] = {
        {STATEMENT_PLAN, AMEND "[{\"change\":\"set\",\"task\":\"6.1\",\"leads\":[\"u002\"]}]",
         NULL},
        {STATEMENT_PLAN,
         AMEND "[{\"change\":\"set\",\"task\":\"1\",\"clear\":[\"deadline\",\"deadline_raw\"],"
               "\"continuous\":true},{\"change\":\"new\",\"task\":\"7\",\"kind\":\"task\",\"text\":"
               "\"x\"},{\"change\":\"withdraw\",\"task\":\"8\",\"reason\":\"r\"}],\"basis\":\"b\"",
         NULL},
        {STATEMENT_PLAN,
         AMEND "[{\"change\":\"set\",\"task\":\"1\",\"targets\":[{\"name\":\"n\",\"value\":\"5\","
               "\"baseline\":\"1\",\"cumulative\":true,\"curve\":[{\"period\":\"2022Q1\","
               "\"value\":\"2\"}]}]}]",
         NULL},
        {STATEMENT_PLAN,
         AMEND "[{\"change\":\"set\",\"task\":\"1\",\"targets\":[{\"name\":\"n\",\"curve\":[{"
               "\"period\":\"spring\",\"value\":\"2\"}]}]}]",
         "period"},
        {STATEMENT_PLAN, AMEND "[]", "changes"},
        {STATEMENT_PLAN, AMEND "[{\"change\":\"drop\",\"task\":\"1\"}]", "change"},
        {STATEMENT_PLAN, AMEND "[{\"task\":\"1\"}]", "change"},
        {STATEMENT_PLAN, AMEND "[{\"change\":\"set\",\"task\":\"p1/1\"}]", "task"},
        {STATEMENT_PLAN, AMEND "[{\"change\":\"set\",\"task\":\"1\",\"kind\":\"task\"}]", "kind"},
        {STATEMENT_PLAN, AMEND "[{\"change\":\"new\",\"task\":\"1\",\"text\":\"x\"}]", "kind"},
        {STATEMENT_PLAN, AMEND "[{\"change\":\"withdraw\",\"task\":\"1\",\"text\":\"x\"}]", "text"},
        {STATEMENT_PLAN, AMEND "[{\"change\":\"set\",\"task\":\"1\",\"clear\":[\"text\"]}]",
         "clear"},
        {STATEMENT_PLAN,
         AMEND "[{\"change\":\"set\",\"task\":\"1\",\"title\":\"x\",\"clear\":[\"title\"]}]",
         "clear"},
        {STATEMENT_PLAN,
         AMEND "[{\"change\":\"set\",\"task\":\"1\",\"title\":\"x\"},{\"change\":\"withdraw\","
               "\"task\":\"1\"}]",
         "same number"},
        {STATEMENT_PLAN,
         AMEND "[{\"change\":\"plan\",\"title\":\"t\",\"to\":\"2023-03-31\",\"rule\":\"monthly\","
               "\"countersign\":false,\"leaders\":[{\"was\":\"leader-01\",\"now\":\"leader-02\"}],"
               "\"clear\":[\"number\"]},{\"change\":\"withdraw\",\"task\":\"1\"}]",
         NULL},
        {STATEMENT_PLAN, AMEND "[{\"change\":\"plan\",\"title\":\"t\"},{\"change\":\"plan\"}]",
         "same number"},
        {STATEMENT_PLAN, AMEND "[{\"change\":\"plan\",\"to\":\"31.3.2023\"}]", "to"},
        {STATEMENT_PLAN, AMEND "[{\"change\":\"plan\",\"title\":\"\"}]", "title"},
        {STATEMENT_PLAN, AMEND "[{\"change\":\"plan\",\"task\":\"1\"}]", "task"},
        {STATEMENT_PLAN, AMEND "[{\"change\":\"plan\",\"leaders\":[\"leader-01\"]}]", "leaders"},
        {STATEMENT_PLAN, AMEND "[{\"change\":\"plan\",\"clear\":[\"title\"]}]", "clear"},
        {STATEMENT_PLAN, AMEND "[{\"change\":\"plan\",\"number\":\"n\",\"clear\":[\"number\"]}]",
         "clear"},
        {STATEMENT_PLAN, "\"amend\":\"p1\",\"changes\":[{\"change\":\"withdraw\",\"task\":\"1\"}]",
         "from"},
        {STATEMENT_PLAN, "\"amend\":\"p1\",\"from\":\"2022-05-01\"", "changes"},
        {STATEMENT_PLAN, "\"basis\":\"b\"", "either"},
        {STATEMENT_PLAN,
         AMEND "[{\"change\":\"withdraw\",\"task\":\"1\"}],\"plan\":{\"handle\":\"p1\",\"title\":"
               "\"t\",\"from\":\"2022-01-01\",\"to\":\"2022-12-31\",\"source_sha256\":\"" KEY
               "\",\"tasks\":[{\"task\":\"1\",\"kind\":\"task\",\"text\":\"x\"}]}",
         "either"},
    };

    (void)state;
    CHECK(list);
}

#define ASK "{\"task\":\"p1/1\",\"units\":[\"u002\"],\"due\":\"2022-05-01\",\"text\":\"t\"}"

static void asks(void **state)
{
    static const struct sample list[] = {
        {STATEMENT_ASK, "\"asks\":[" ASK "]", NULL},
        {STATEMENT_ASK,
         "\"asks\":[{\"task\":\"p1/"
         "1\",\"period\":\"2022Q1\",\"units\":[\"u002\",\"教育局\"],\"due\":"
         "\"2022-05-01T12:00:00+08:00\",\"text\":\"t\"}]",
         NULL},
        {STATEMENT_ASK, "\"asks\":[]", "asks"},
        {STATEMENT_ASK,
         "\"asks\":[{\"task\":\"p1/1\",\"units\":[],\"due\":\"2022-05-01\",\"text\":\"t\"}]",
         "units"},
        {STATEMENT_ASK,
         "\"asks\":[{\"task\":\"p1/"
         "1\",\"units\":[\"a\",\"a\"],\"due\":\"2022-05-01\",\"text\":\"t\"}]",
         "second time"},
        {STATEMENT_ASK,
         "\"asks\":[{\"task\":\"p1/1\",\"units\":[\"a\"],\"due\":\"soon\",\"text\":\"t\"}]", "due"},
        {STATEMENT_ASK, "\"asks\":[{\"task\":\"p1/1\",\"units\":[\"a\"],\"due\":\"2022-05-01\"}]",
         "text"},
        {STATEMENT_ASK,
         "\"asks\":[{\"task\":\"1\",\"units\":[\"a\"],\"due\":\"2022-05-01\",\"text\":\"t\"}]",
         "task"},
        {STATEMENT_ANSWER, "\"answers\":[{\"ask\":\"12.1\",\"text\":\"t\"}]", NULL},
        {STATEMENT_ANSWER,
         "\"answers\":[{\"ask\":\"12.1\",\"values\":[{\"name\":\"n\",\"value\":\"5.5\",\"unit\":"
         "\"%\"}]},{\"ask\":\"12.2\",\"text\":\"t\"}]",
         NULL},
        {STATEMENT_ANSWER, "\"answers\":[{\"ask\":\"12.1\"}]", "text"},
        {STATEMENT_ANSWER, "\"answers\":[{\"ask\":\"12\",\"text\":\"t\"}]", "ask"},
        {STATEMENT_ANSWER, "\"answers\":[{\"ask\":\"12.\",\"text\":\"t\"}]", "ask"},
        {STATEMENT_ANSWER, "\"answers\":[{\"ask\":\"-1.1\",\"text\":\"t\"}]", "ask"},
        {STATEMENT_ANSWER,
         "\"answers\":[{\"ask\":\"12.1\",\"text\":\"t\"},{\"ask\":\"12.1\",\"text\":\"u\"}]",
         "second time"},
        {STATEMENT_ANSWER,
         "\"answers\":[{\"ask\":\"12.1\",\"values\":[{\"name\":\"n\",\"value\":\"5,5\"}]}]",
         "value"},
    };

    (void)state;
    CHECK(list);
}

static struct statement *report(const char *members)
{
    struct err e = {0};
    char *one = xasprintf("{\"task\":\"p1/1\",\"period\":\"2022Q1\",%s}", members);
    char *text = report_text(one);
    struct statement *s = parse(STATEMENT_REPORT, text, &e);

    if (!s)
        fail_msg("%s: %s", members, e.text);
    free(one);
    free(text);
    return s;
}

static void reports_that_carry_more(void **state)
{
    static const struct {
        const char *members;
        bool more;
        const char *fault;
    } list[] = {
        {"\"status\":\"on-track\"", false, NULL},
        {"\"status\":\"on-track\",\"cites\":[\"12.1\",\"13.2\"]", false, NULL},
        {"\"status\":\"on-track\",\"cites\":[\"12\"]", false, "cites[0]"},
        {"\"status\":\"on-track\",\"values\":[{\"name\":\"n\",\"value\":\"1\"}]", true, NULL},
        {"\"status\":\"on-track\",\"explanation\":\"e\"", true, NULL},
        {"\"status\":\"at-risk\",\"early_warning\":\"w\"", true, NULL},
        {"\"status\":\"blocked\",\"early_warning\":\"w\"", true, NULL},
        {"\"status\":\"on-track\",\"early_warning\":\"w\"", true, "early_warning"},
        {"\"status\":\"done\",\"early_warning\":\"w\"", true, "early_warning"},
    };

    (void)state;
    for (size_t i = 0; i < LEN(list); i++) {
        struct statement *s = report(list[i].members);
        const char *errors = s->reports[0].errors;

        assert_int_equal(s->reports[0].more, list[i].more);
        if ((errors != NULL) != (list[i].fault != NULL) ||
            (errors && !strstr(errors, list[i].fault)))
            fail_msg("%s: %s", list[i].members, errors ? errors : "accepted");
        statement_free(&s);
    }
}

static void registry(void **state)
{
#define UNIT "\"changes\":[{\"set\":\"unit\",\"code\":\"u1\",\"name\":\"n\""
#define SAME "\"changes\":[{\"set\":\"same\",\"code\":\"s1\",\"tasks\":"
    static const struct sample list[] = {
        {STATEMENT_REGISTRY, UNIT ",\"retired\":\"2024-01-01\",\"successor\":[\"u2\",\"u3\"]}]",
         NULL},
        {STATEMENT_REGISTRY, UNIT ",\"retired\":\"2024-01-01\"}]", NULL},
        {STATEMENT_REGISTRY, UNIT ",\"successor\":[\"u2\"]}]", "successor"},
        {STATEMENT_REGISTRY, UNIT ",\"retired\":\"2024-01-01\",\"successor\":[]}]", "successor"},
        {STATEMENT_REGISTRY, SAME "[\"p1/1\",\"p2/4\"]}]", NULL},
        {STATEMENT_REGISTRY, SAME "[\"p1/1\"]}]", "tasks"},
        {STATEMENT_REGISTRY, SAME "[\"1\",\"2\"]}]", "tasks"},
    };

    (void)state;
    CHECK(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amendments),
        cmocka_unit_test(asks),
        cmocka_unit_test(reports_that_carry_more),
        cmocka_unit_test(registry),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
