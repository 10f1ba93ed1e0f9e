/* SPDX-License-Identifier: BSD-2-Clause */
/* transparency-dev/merkle: proofs that must verify and proofs that must not. Hashes of another
 * size than 32 bytes cannot reach our verifier: its callers refuse them, and so does this test. */
#include "vectors.h"

#include <inttypes.h>
#include <jansson.h>

#include "common/bytes.h"
#include "common/merkle.h"

static struct counts {
    size_t good, bad, refused, wrong_size, unsettled;
} counts;

static bool hash_of(const json_t *j, uint8_t out[DIGEST_SIZE])
{
    const char *text = json_string_value(j);

    return text && base64_exact(text, strlen(text), out, DIGEST_SIZE);
}

/* The proof's hashes; false when one has a wrong size. */
static bool path_of(const json_t *vector, uint8_t path[][DIGEST_SIZE], size_t *n)
{
    const json_t *list = json_object_get(vector, "proof");

    *n = json_array_size(list);
    if (*n > MERKLE_LEVELS)
        return false;
    for (size_t i = 0; i < *n; i++)
        if (!hash_of(json_array_get(list, i), path[i]))
            return false;
    return true;
}

static uint64_t number(const json_t *vector, const char *name)
{
    double v = json_real_value(json_object_get(vector, name));

    /* some sizes are 2^64 - 1, which jansson cannot hold as an integer */
    return v >= 18446744073709551615.0 ? UINT64_MAX : (uint64_t)v;
}

static bool inclusion(const json_t *v, const uint8_t path[][DIGEST_SIZE], size_t n, bool *sized)
{
    uint8_t leaf[DIGEST_SIZE];
    uint8_t root[DIGEST_SIZE];

    *sized = *sized && hash_of(json_object_get(v, "leafHash"), leaf) &&
             hash_of(json_object_get(v, "root"), root);
    return *sized && merkle_verify_inclusion(number(v, "leafIdx"), number(v, "treeSize"), leaf,
                                             path, n, root);
}

static bool consistency(const json_t *v, const uint8_t path[][DIGEST_SIZE], size_t n, bool *sized)
{
    uint8_t old_root[DIGEST_SIZE];
    uint8_t new_root[DIGEST_SIZE];

    *sized = *sized && hash_of(json_object_get(v, "root1"), old_root) &&
             hash_of(json_object_get(v, "root2"), new_root);
    return *sized && merkle_verify_consistency(number(v, "size1"), number(v, "size2"), old_root,
                                               new_root, path, n);
}

static void one_file(const char *path_name, const char *name)
{
    json_error_t error;
    uint8_t path[MERKLE_LEVELS][DIGEST_SIZE];
    size_t n = 0;

    (void)name;
    json_t *v = json_load_file(path_name, JSON_DECODE_INT_AS_REAL, &error);
    if (!v)
        fail_msg("%s: %s", path_name, error.text);
    bool sized = path_of(v, path, &n);
    const uint8_t(*p)[DIGEST_SIZE] = (const uint8_t(*)[DIGEST_SIZE])path;
    bool ok =
        json_object_get(v, "leafIdx") ? inclusion(v, p, n, &sized) : consistency(v, p, n, &sized);
    bool want = !json_is_true(json_object_get(v, "wantErr"));
    counts.wrong_size += !sized;
    counts.refused += !ok;
    if (want)
        counts.good++;
    else
        counts.bad++;
    if (want && !sized)
        counts.unsettled++;
    else if (ok != want)
        fail_msg("%s: we say %s", path_name, ok ? "valid" : "invalid");
    json_decref(v);
}

static void run(const char *tail)
{
    char *dir = vectors_path(tail);

    if (!dir)
        skip();
    counts = (struct counts){0};
    size_t n = vectors_walk(dir, one_file);
    fprintf(stderr,
            "# %s: %zu files: %zu must verify, %zu must not; %zu refused, %zu of them for a hash "
            "that is not 32 bytes (%zu of those would verify by bytes alone)\n",
            tail, n, counts.good, counts.bad, counts.refused, counts.wrong_size, counts.unsettled);
    assert_true(n >= 90);
    assert_true(counts.good >= 5);
    assert_true(counts.bad >= 80);
    assert_true(counts.unsettled <= 1);
    free(dir);
}

static void inclusion_vectors(void **state)
{
    (void)state;
    run("merkle/testdata/inclusion");
}

static void consistency_vectors(void **state)
{
    (void)state;
    run("merkle/testdata/consistency");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(inclusion_vectors),
                                       cmocka_unit_test(consistency_vectors)};

    return cmocka_run_group_tests_name("merkle_vectors", tests, NULL, NULL);
}
