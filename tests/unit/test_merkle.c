/* SPDX-License-Identifier: BSD-2-Clause */
/* The tree against the definition of RFC 6962 section 2.1, written down here a second time. */
#include "unit.h"

#include "common/bytes.h"
#include "common/mem.h"
#include "common/merkle.h"

#define MOST 130

static uint8_t leaves[MOST][DIGEST_SIZE];

/* MTH, straight from the definition. */
static void slow_root(size_t from, size_t to, uint8_t out[DIGEST_SIZE])
{
    uint8_t l[DIGEST_SIZE];
    uint8_t r[DIGEST_SIZE];
    size_t k = 1;

    if (to - from == 1) {
        memcpy(out, leaves[from], DIGEST_SIZE);
        return;
    }
    while (k * 2 < to - from)
        k *= 2;
    slow_root(from, from + k, l);
    slow_root(from + k, to, r);
    merkle_node(l, r, out);
}

/* PATH(m, D[from:to]). */
static size_t slow_path(size_t m, size_t from, size_t to, uint8_t path[][DIGEST_SIZE])
{
    size_t k = 1;
    size_t n;

    if (to - from == 1)
        return 0;
    while (k * 2 < to - from)
        k *= 2;
    if (m < from + k) {
        n = slow_path(m, from, from + k, path);
        slow_root(from + k, to, path[n]);
    } else {
        n = slow_path(m, from + k, to, path);
        slow_root(from, from + k, path[n]);
    }
    return n + 1;
}

/* SUBPROOF(m, D[from:to], whole). */
static size_t slow_consistency(size_t m, size_t from, size_t to, bool whole,
                               uint8_t path[][DIGEST_SIZE])
{
    size_t k = 1;
    size_t n;

    if (m == to) {
        if (whole)
            return 0;
        slow_root(from, to, path[0]);
        return 1;
    }
    while (k * 2 < to - from)
        k *= 2;
    if (m <= from + k) {
        n = slow_consistency(m, from, from + k, whole, path);
        slow_root(from + k, to, path[n]);
    } else {
        n = slow_consistency(m, from + k, to, false, path);
        slow_root(from, from + k, path[n]);
    }
    return n + 1;
}

static int make_leaves(void **state)
{
    (void)state;
    for (size_t i = 0; i < MOST; i++) {
        char text[20];
        int n = snprintf(text, sizeof text, "leaf %zu", i);
        merkle_leaf(text, (size_t)n, leaves[i]);
    }
    return 0;
}

/* Known values: the empty tree, and the leaf hash of nothing. */
static void known_hashes(void **state)
{
    struct merkle_frontier f = {0};
    uint8_t d[DIGEST_SIZE];
    char hex[65];

    (void)state;
    merkle_frontier_root(&f, d);
    hex_encode(d, sizeof d, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    merkle_leaf("", 0, d);
    hex_encode(d, sizeof d, hex);
    assert_string_equal(hex, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

static void frontier_equals_the_definition(void **state)
{
    struct merkle_frontier f = {0};
    uint8_t fast[DIGEST_SIZE];
    uint8_t slow[DIGEST_SIZE];

    (void)state;
    for (size_t i = 0; i < MOST; i++) {
        merkle_frontier_add(&f, (const uint8_t *)leaves[i]);
        assert_int_equal(f.size, i + 1);
        merkle_frontier_root(&f, fast);
        slow_root(0, i + 1, slow);
        assert_memory_equal(fast, slow, DIGEST_SIZE);
    }
}

static void check_range(const struct merkle_frontier *old, size_t batch)
{
    uint8_t path[MERKLE_LEVELS][DIGEST_SIZE];
    uint8_t slow[MERKLE_LEVELS][DIGEST_SIZE];
    uint8_t root[DIGEST_SIZE];
    uint8_t want[DIGEST_SIZE];
    size_t m = (size_t)old->size;
    size_t size = m + batch;
    struct merkle_range *r =
        merkle_range_new(old, (const uint8_t(*)[DIGEST_SIZE])(leaves + m), batch);

    merkle_range_root(r, root);
    slow_root(0, size, want);
    assert_memory_equal(root, want, DIGEST_SIZE);
    for (size_t i = m; i < size; i++) {
        size_t n = merkle_range_path(r, i, path);
        assert_int_equal(n, slow_path(i, 0, size, slow));
        assert_memory_equal(path, slow, n * DIGEST_SIZE);
        assert_true(merkle_verify_inclusion(i, size, (const uint8_t *)leaves[i],
                                            (const uint8_t(*)[DIGEST_SIZE])path, n, root));
    }
    merkle_range_free(&r);
    assert_null(r);
}

/* Every old size and batch size up to 40, and some around powers of two. */
static void ranges_give_every_path(void **state)
{
    struct merkle_frontier old = {0};

    (void)state;
    for (size_t m = 0; m < MOST; m++) {
        for (size_t batch = 1; m + batch <= (m < 40 ? 80 : MOST) && batch <= 40; batch++)
            if (m < 40 || batch < 5 || (m + batch) % 64 < 2)
                check_range(&old, batch);
        merkle_frontier_add(&old, (const uint8_t *)leaves[m]);
    }
}

static void inclusion_refuses_changes(void **state)
{
    uint8_t path[MERKLE_LEVELS][DIGEST_SIZE];
    const uint8_t(*p)[DIGEST_SIZE] = (const uint8_t(*)[DIGEST_SIZE])path;
    uint8_t root[DIGEST_SIZE];
    size_t refused = 0;

    (void)state;
    for (size_t size = 1; size <= 20; size++) {
        slow_root(0, size, root);
        for (size_t i = 0; i < size; i++) {
            const uint8_t *leaf = leaves[i];
            size_t n = slow_path(i, 0, size, path);
            assert_true(merkle_verify_inclusion(i, size, leaf, p, n, root));
            assert_false(merkle_verify_inclusion(i, size, leaf, p, n + 1, root));
            assert_false(n > 0 && merkle_verify_inclusion(i, size, leaf, p, n - 1, root));
            assert_false(merkle_verify_inclusion(i, size, leaves[i + 1], p, n, root));
            assert_false(merkle_verify_inclusion(size, size, leaf, p, n, root));
            assert_false(merkle_verify_inclusion(i, 0, leaf, p, n, root));
            for (size_t j = 0; j < size; j++)
                assert_int_equal(merkle_verify_inclusion(j, size, leaf, p, n, root), j == i);
            for (size_t bit = 0; bit < n * 256; bit += 61, refused++) {
                path[bit / 256][bit % 256 / 8] ^= (uint8_t)(1 << bit % 8);
                assert_false(merkle_verify_inclusion(i, size, leaf, p, n, root));
                path[bit / 256][bit % 256 / 8] ^= (uint8_t)(1 << bit % 8);
            }
        }
    }
    assert_true(refused > 1000);
}

static void consistency_of_every_pair(void **state)
{
    uint8_t path[MERKLE_LEVELS][DIGEST_SIZE];
    const uint8_t(*p)[DIGEST_SIZE] = (const uint8_t(*)[DIGEST_SIZE])path;
    uint8_t a[DIGEST_SIZE];
    uint8_t b[DIGEST_SIZE];

    (void)state;
    for (size_t m = 1; m <= 66; m++)
        for (size_t n = m; n <= 70; n++) {
            slow_root(0, m, a);
            slow_root(0, n, b);
            size_t len = slow_consistency(m, 0, n, true, path);
            assert_true(merkle_verify_consistency(m, n, a, b, p, len));
            assert_false(merkle_verify_consistency(m, n, a, b, p, len + 1));
            assert_false(merkle_verify_consistency(0, n, a, b, p, len));
            if (m == n)
                continue;
            assert_false(merkle_verify_consistency(m, n, b, a, p, len));
            assert_false(merkle_verify_consistency(n, m, a, b, p, len));
            assert_false(merkle_verify_consistency(m, n, a, b, p, len - 1));
            path[len / 2][7] ^= 4;
            assert_false(merkle_verify_consistency(m, n, a, b, p, len));
        }
}

/* Sizes near 2^63 must neither overflow nor loop. */
static void huge_sizes(void **state)
{
    uint8_t path[MERKLE_LEVELS][DIGEST_SIZE] = {{0}};
    const uint8_t(*p)[DIGEST_SIZE] = (const uint8_t(*)[DIGEST_SIZE])path;
    uint8_t root[DIGEST_SIZE] = {0};
    struct merkle_frontier f = {.size = ((uint64_t)1 << 62) - 1};

    (void)state;
    assert_false(merkle_verify_inclusion(UINT64_MAX - 1, UINT64_MAX, root, p, 63, root));
    assert_false(merkle_verify_consistency(1, UINT64_MAX, root, root, p, 63));
    assert_false(merkle_verify_consistency(UINT64_MAX - 1, UINT64_MAX, root, root, p, 63));
    struct merkle_range *r = merkle_range_new(&f, (const uint8_t(*)[DIGEST_SIZE])leaves, 3);
    uint64_t size = f.size + 3;
    merkle_range_root(r, root);
    for (uint64_t i = f.size; i < size; i++) {
        size_t n = merkle_range_path(r, i, path);
        assert_true(merkle_verify_inclusion(i, size, leaves[i - f.size], p, n, root));
    }
    merkle_range_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_hashes),
        cmocka_unit_test(frontier_equals_the_definition),
        cmocka_unit_test(ranges_give_every_path),
        cmocka_unit_test(inclusion_refuses_changes),
        cmocka_unit_test(consistency_of_every_pair),
        cmocka_unit_test(huge_sizes),
    };
    return cmocka_run_group_tests_name("merkle", tests, make_leaves, NULL);
}
