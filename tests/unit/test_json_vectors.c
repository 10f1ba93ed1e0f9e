/* SPDX-License-Identifier: BSD-2-Clause */
/* JSONTestSuite: y_ is JSON and must be read unless one of our stricter rules says no, n_ must be
 * refused, i_ may be either. */
#include "vectors.h"

#include "common/json.h"

static struct counts {
    size_t yes, no, either, either_read;
    size_t duplicates, numbers, nul, depth;
} counts;

/* Which of our rules refused a text that is JSON. */
static bool ours(const char *text, const char *path)
{
    if (strstr(text, "duplicate"))
        counts.duplicates++;
    else if (strstr(text, "numbers are integers") || strstr(text, "2^53"))
        counts.numbers++;
    else if (strstr(text, "\\u0000"))
        counts.nul++;
    else if (strstr(text, "too deep"))
        counts.depth++;
    else
        return false;
    fprintf(stderr, "# stricter: %s: %s\n", strrchr(path, '/') + 1, text);
    return true;
}

static void one_file(const char *path, const char *name)
{
    struct buf b = {0};
    struct err e = {0};
    json_t *j = NULL;

    assert_true(file_read(path, 1000000, &b, &e));
    bool ok = json_read(b.data ? b.data : "", b.len, 6, &j, &e);
    json_decref(j);
    buf_free(&b);
    if (name[0] == 'n') {
        counts.no++;
        if (ok)
            fail_msg("%s was read", name);
    } else if (name[0] == 'y') {
        counts.yes++;
        if (!ok && !ours(e.text, path))
            fail_msg("%s was refused: %s", name, e.text);
    } else {
        counts.either++;
        counts.either_read += ok;
    }
}

static void parsing(void **state)
{
    char *dir = vectors_path("json/test_parsing");

    (void)state;
    if (!dir)
        skip();
    size_t n = vectors_walk(dir, one_file);
    fprintf(stderr,
            "# JSONTestSuite: %zu files: %zu y_, %zu n_, %zu i_ (%zu read); refused y_ by our "
            "rules: %zu duplicate members, %zu numbers, %zu NUL, %zu depth\n",
            n, counts.yes, counts.no, counts.either, counts.either_read, counts.duplicates,
            counts.numbers, counts.nul, counts.depth);
    assert_int_equal(n, counts.yes + counts.no + counts.either);
    assert_true(counts.yes >= 90 && counts.no >= 180 && counts.either >= 30);
    assert_int_equal(counts.duplicates, 2);
    assert_int_equal(counts.nul, 2);
    assert_in_range(counts.numbers, 5, 20);
    free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parsing)};

    return cmocka_run_group_tests_name("json_vectors", tests, NULL, NULL);
}
