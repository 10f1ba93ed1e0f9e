/* SPDX-License-Identifier: BSD-2-Clause */
/* Payloads about alerts: acknowledgements, silences, and the contacts who are told. */
#include "statement_fixture.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acknowledgements),
        cmocka_unit_test(silences),
        cmocka_unit_test(contacts),
    };
    return cmocka_run_group_tests_name("statement_alerts", tests, NULL, NULL);
}
