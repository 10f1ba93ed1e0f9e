/* SPDX-License-Identifier: BSD-2-Clause */
/* The server's sentences in the reader's language, with what it put into them. */
#include "unit.h"

#include "client/foreign.h"
#include "common/i18n.h"
#include "find_messages.h"

static void is(const char *english, const char *wanted)
{
    char *text = foreign_text(english);

    assert_string_equal(text, wanted);
    free(text);
}

static void english_stays(void **state)
{
    static const char *const texts[] = {
        "no unit is called \"x\" today", "the task has no such period; see duban show",
        "u1 is neither the office nor a leader of p1/1", "", "something else %s"};

    (void)state;
    i18n_init("en");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        is(texts[i], texts[i]);
}

static void chinese(void **state)
{
    (void)state;
    i18n_init("zh_CN");
    is("the task has no such period; see duban show", "该任务没有这个报送期；见 duban show");
    is("no unit is called \"水利局\" today", "目前没有名为“水利局”的单位");
    is("users is measured in km, not in m", "users 的计量单位是 km，不是 m");
    is("\"x\" (users) is not a decimal number; write digits with a point, such as 5.5, at most 18 "
       "before and 6 behind it",
       "“x”（users）不是小数；请写数字和小数点，如 5.5，整数最多 18 位、小数最多 6 位");
    is("the task was closed by entry 12", "该任务已由条目 12 销号");
    is("the task was closed by entry 12: reopen it first", "该任务已由条目 12 销号：请先重新打开");
    /* nothing at a place, another end, another beginning: not this sentence */
    is("the task was closed by entry ", "the task was closed by entry ");
    is("no unit is called \"x\" tomorrow", "no unit is called \"x\" tomorrow");
    is("Today no unit is called \"x\" today", "Today no unit is called \"x\" today");
    is("\"a\" is not a period", "\"a\" is not a period");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(english_stays),
        cmocka_unit_test(chinese),
    };

    find_messages();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
