/* SPDX-License-Identifier: BSD-2-Clause */
/* Arrays for PostgreSQL in binary form: written, read back, and broken bytes refused. */
#include "unit.h"

#include "daemon/db/array.h"

static void test_known_bytes(void **state)
{
    static const uint8_t wanted[] = {0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23, 0, 0, 0,   2,   0,   0,
                                     0, 1, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0,  0, 4, 255, 255, 255, 254};
    struct array a = {0};

    (void)state;
    array_begin(&a, ARRAY_INT4);
    array_add_int4(&a, 1);
    array_add_int4(&a, -2);
    assert_true(array_end(&a));
    assert_int_equal(a.b.len, sizeof wanted);
    assert_memory_equal(a.b.data, wanted, sizeof wanted);
    array_free(&a);
}

static void test_empty_and_reuse(void **state)
{
    struct array a = {0};
    struct array_reader r;
    const uint8_t *p;
    uint32_t count = 7;
    size_t n;

    (void)state;
    array_begin(&a, ARRAY_TEXT);
    array_add_text(&a, "x");
    assert_true(array_end(&a));
    array_begin(&a, ARRAY_TEXT);
    assert_true(array_end(&a));
    assert_int_equal(a.b.len, 12);
    assert_true(array_open(&r, a.b.data, a.b.len, ARRAY_TEXT, &count));
    assert_int_equal(count, 0);
    assert_false(array_next(&r, &p, &n));
    array_free(&a);
}

static void test_nulls(void **state)
{
    struct array a = {0};
    struct array_reader r;
    const uint8_t *p;
    uint32_t count;
    size_t n;

    (void)state;
    array_begin(&a, ARRAY_TEXT);
    array_add_text(&a, "甲");
    array_add_text(&a, NULL);
    array_add_text(&a, "");
    assert_true(array_end(&a));
    assert_int_equal(a.b.data[7], 1); /* holds a null */
    assert_true(array_open(&r, a.b.data, a.b.len, ARRAY_TEXT, &count));
    assert_int_equal(count, 3);
    assert_true(array_next(&r, &p, &n));
    assert_int_equal(n, 3);
    assert_memory_equal(p, "甲", 3);
    assert_true(array_next(&r, &p, &n));
    assert_null(p);
    assert_true(array_next(&r, &p, &n));
    assert_non_null(p);
    assert_int_equal(n, 0);
    assert_false(array_next(&r, &p, &n));
    array_free(&a);
}

static void test_types(void **state)
{
    struct array a = {0};
    struct array_reader r;
    uint32_t count;

    (void)state;
    array_begin(&a, ARRAY_INT8);
    array_add_int8(&a, INT64_MIN);
    assert_true(array_end(&a));
    assert_false(array_open(&r, a.b.data, a.b.len, ARRAY_INT4, &count));
    assert_true(array_open(&r, a.b.data, a.b.len, ARRAY_INT8, &count));
    assert_int_equal((uint8_t)a.b.data[24], 0x80);
    array_begin(&a, ARRAY_BOOL);
    array_add_bool(&a, true);
    array_begin(&a, ARRAY_INT2);
    array_add_int2(&a, -1);
    assert_true(array_end(&a));
    assert_int_equal(a.count, 1);
    array_free(&a);
}

/* No cut and no length, however wrong, is read beyond its end (sanitizers watch). */
static void test_broken(void **state)
{
    struct array a = {0};
    struct array_reader r;
    const uint8_t *p;
    uint32_t count;
    size_t n;

    (void)state;
    array_begin(&a, ARRAY_BYTEA);
    array_add(&a, "abc", 3);
    array_add(&a, "defgh", 5);
    assert_true(array_end(&a));
    for (size_t cut = 0; cut < a.b.len; cut++) {
        uint8_t *copy = malloc(cut + 1);
        uint32_t read = 0;

        assert_non_null(copy);
        memcpy(copy, a.b.data, cut);
        if (array_open(&r, copy, cut, ARRAY_BYTEA, &count))
            while (array_next(&r, &p, &n))
                read++;
        assert_true(read < 2);
        free(copy);
    }
    a.b.data[20] = 0x7f; /* length of the first element */
    assert_true(array_open(&r, a.b.data, a.b.len, ARRAY_BYTEA, &count));
    assert_false(array_next(&r, &p, &n));
    a.b.data[12] = 0x7f; /* number of elements */
    assert_false(array_open(&r, a.b.data, a.b.len, ARRAY_BYTEA, &count));
    a.b.data[3] = 2; /* dimensions */
    assert_false(array_open(&r, a.b.data, a.b.len, ARRAY_BYTEA, &count));
    assert_false(array_open(&r, NULL, 0, ARRAY_BYTEA, &count));
    array_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_bytes), cmocka_unit_test(test_empty_and_reuse),
        cmocka_unit_test(test_nulls), cmocka_unit_test(test_types), cmocka_unit_test(test_broken)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
