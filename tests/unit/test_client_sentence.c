/* SPDX-License-Identifier: BSD-2-Clause */
/* Why an alert exists: never the sentence of another kind. */
#include "unit.h"

#include "client/sentence.h"
#include "common/i18n.h"

#define DUE "2022-04-08 Fri 17:30"

static void why_is(const char *task_period_level, const char *why, const char *wanted)
{
    char *text = NULL;
    json_t *j = json_loads(task_period_level, 0, NULL);

    assert_non_null(j);
    json_object_set_new(j, "unit", json_string("u001"));
    json_object_set_new(j, "why", json_string(why));
    text = sentence_why(j, DUE);
    assert_string_equal(text, wanted);
    free(text);
    json_decref(j);
}

static void each_kind_has_its_own(void **state)
{
    static const char report[] = "{\"task\":\"p1/3\",\"period\":\"2022Q1\",\"level\":1}";

    (void)state;
    why_is(report, "u001 has not reported p1/3 for 2022Q1: it was due 2022-04-08 17:30.",
           "u001 has not reported p1/3 for 2022Q1; it was due " DUE);
    why_is("{\"task\":\"p1/3\",\"period\":\"2022Q1\",\"level\":0}",
           "u001 has not reported p1/3 for 2022Q1: it falls due 2022-04-08 17:30.",
           "u001 has not reported p1/3 for 2022Q1 yet; it falls due " DUE);
    why_is("{\"task\":\"p1/3\",\"level\":2}",
           "u001 has not reported p1/3 done: it was due 2022-12-31 23:59; vacant: chief.",
           "u001 has not reported p1/3 done; it was due " DUE "; passed because vacant: chief.");
    why_is(report, "u001 has not sent p1/3 for 2022Q1 again after its return: it was due 2022.",
           "u001 has not sent p1/3 for 2022Q1 again; it was due " DUE);
    why_is("{\"task\":\"p1/3\",\"period\":\"ask\",\"level\":1}",
           "u001 has not answered what was asked about p1/3 (12.0): it was due 2022.",
           "u001 has not answered what was asked about p1/3; it was due " DUE);
    why_is("{\"task\":\"p1/3\",\"period\":\"next\",\"level\":1}",
           "u001 has not sent the report on p1/3 that it promised in entry 9: it was due 2022.",
           "u001 has not sent the promised report on p1/3; it was due " DUE);
    why_is("{\"task\":\"p1/3\",\"period\":\"warning\",\"level\":2}",
           "u001 says early that p1/3 cannot be met: no land: none (report 13.0).",
           "u001 says early that p1/3 cannot be met: no land: none (report 13.0).");
}

static void what_is_not_known_stays(void **state)
{
    static const char other[] = "{\"task\":\"p1/3\",\"period\":\"2022Q1\",\"level\":1}";

    (void)state;
    why_is(other, "A silence about p1/3 ends.", "A silence about p1/3 ends.");
    why_is(other, "u002 has not reported p1/3 for 2022Q1.",
           "u002 has not reported p1/3 for 2022Q1.");
}

static void a_period_is_one_that_people_type(void **state)
{
    json_t *j = json_pack("{s:s}", "period", "warning"),
           *q = json_pack("{s:s}", "period", "2022Q1");

    (void)state;
    assert_null(sentence_period(j));
    assert_string_equal(sentence_period(q), "2022Q1");
    json_decref(j);
    json_decref(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_has_its_own),
        cmocka_unit_test(what_is_not_known_stays),
        cmocka_unit_test(a_period_is_one_that_people_type),
    };

    i18n_init("en");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
