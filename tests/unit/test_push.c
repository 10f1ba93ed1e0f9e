/* SPDX-License-Identifier: BSD-2-Clause */
/* Who sees which alert: a post its own, a unit those of its posts, an operator all. */
#include "unit.h"

#include "daemon/receive/push.h"

static char contact[] = "u001-contact", head[] = "u001-head", leader[] = "leader-01",
            office[] = "office";

static void test_unit(void **state)
{
    char *mine[] = {contact, head};
    struct keys_client c = {.code = "u001", .posts = mine, .posts_len = 2};
    char *one[] = {head}, *other[] = {leader, office}, *both[] = {office, contact};

    (void)state;
    assert_true(push_entitled(&c, one, 1));
    assert_false(push_entitled(&c, other, 2));
    assert_true(push_entitled(&c, both, 2));
    assert_false(push_entitled(&c, NULL, 0));
}

static void test_no_posts(void **state)
{
    struct keys_client c = {.code = "u009"};
    char *one[] = {head};

    (void)state;
    assert_false(push_entitled(&c, one, 1));
    c.is_operator = true;
    assert_true(push_entitled(&c, one, 1));
    assert_true(push_entitled(&c, NULL, 0)); /* withdrawn: also without addressees */
}

static void test_names_are_whole(void **state)
{
    char *mine[] = {contact};
    char longer[] = "u001-contact-2", shorter[] = "u001";
    struct keys_client c = {.code = "u001", .posts = mine, .posts_len = 1};
    char *posts[] = {longer, shorter};

    (void)state;
    assert_false(push_entitled(&c, posts, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_unit), cmocka_unit_test(test_no_posts),
                                       cmocka_unit_test(test_names_are_whole)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
