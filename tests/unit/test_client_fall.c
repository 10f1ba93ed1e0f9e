/* SPDX-License-Identifier: BSD-2-Clause */
/* Order of decimals of any length, without floating point. */
#include "client/fall.h"
#include "unit.h"

static void decimals_are_ordered(void **state)
{
    static const char *const rising[] = {"-100",
                                         "-20.5",
                                         "-20.49",
                                         "-2",
                                         "-0.1",
                                         "0",
                                         "0.000001",
                                         "0.1",
                                         "0.11",
                                         "1",
                                         "2",
                                         "2.01",
                                         "2.1",
                                         "10",
                                         "99.999999",
                                         "100",
                                         "999999999999999998.999999",
                                         "999999999999999999"};
    size_t n = sizeof rising / sizeof rising[0];

    (void)state;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            if (fall_less(rising[i], rising[k]) != (i < k))
                fail_msg("%s < %s", rising[i], rising[k]);
}

static void forms_of_one_number_are_equal(void **state)
{
    static const char *const same[][2] = {{"0", "-0"},    {"-0", "0"},     {"-0.0", "0.00"},
                                          {"5", "5.0"},   {"5.50", "5.5"}, {"007", "7"},
                                          {"-3.0", "-3"}, {"0.100", "0.1"}};

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (fall_less(same[i][0], same[i][1]) || fall_less(same[i][1], same[i][0]))
            fail_msg("%s and %s", same[i][0], same[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_are_ordered),
        cmocka_unit_test(forms_of_one_number_are_equal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
