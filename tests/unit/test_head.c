/* SPDX-License-Identifier: BSD-2-Clause */
/* The signer's memory: it only grows, survives, is written before anything is signed, and a
 * damaged, foreign or forked state is refused. */
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "common/checkpoint.h"
#include "common/file.h"
#include "common/mem.h"
#include "daemon/sign/head.h"

#define ORIGIN "duban.example/city/log1"
#define LEAVES 40

static char dir[] = "/tmp/head-XXXXXX";
static char path[64];
static uint8_t leaf[LEAVES][DIGEST_SIZE];
static struct checkpoint_vkey vkey;
static struct key *shared_key; /* the log key, kept to make copies from */

static struct key *log_key(void)
{
    struct key *k = NULL;

    assert_true(key_from_evp(key_evp(shared_key), &k, NULL));
    return k;
}

static struct head *open_head(bool *fresh)
{
    struct head *h = NULL;
    struct err e = {0};

    if (!head_open(path, ORIGIN, log_key(), &h, fresh, &e))
        fail_msg("%s", e.text);
    return h;
}

static void fail_open(const char *origin, const char *code)
{
    struct head *h = NULL;
    struct key *k = log_key();
    struct err e = {0};
    bool fresh;

    assert_false(head_open(path, origin, k, &h, &fresh, &e));
    assert_code(e, code);
    assert_non_null(strstr(e.text, path));
    key_free(&k);
}

static void tree_root(size_t n, uint8_t root[DIGEST_SIZE])
{
    struct merkle_frontier f = {0};

    for (size_t i = 0; i < n; i++)
        merkle_frontier_add(&f, leaf[i]);
    merkle_frontier_root(&f, root);
}

static struct sign_request request(uint64_t from, uint64_t to)
{
    struct sign_request r = {.old_size = from, .new_size = to};

    r.leaves = (const uint8_t(*)[DIGEST_SIZE])(leaf + from);
    return r;
}

static void assert_signed(const struct buf *note, uint64_t size)
{
    struct checkpoint c;
    struct err e = {0};
    uint8_t root[DIGEST_SIZE];

    if (!checkpoint_open(note->data, note->len, &vkey, 1, &c, &e))
        fail_msg("%s", e.text);
    tree_root((size_t)size, root);
    assert_int_equal(c.size, size);
    assert_memory_equal(c.root, root, DIGEST_SIZE);
    assert_string_equal(c.origin, ORIGIN);
}

static void test_grows(void **state)
{
    bool fresh = false;
    struct head *h = open_head(&fresh);
    struct buf note = {0};
    struct err e = {0};
    uint8_t root[DIGEST_SIZE];
    struct sign_request r = request(0, 7);

    (void)state;
    assert_true(fresh);
    assert_int_equal(head_size(h), 0);
    assert_true(head_newest(h, &note, &e));
    assert_signed(&note, 0);

    assert_int_equal(head_extend(h, &r, root), HEAD_TAKEN);
    assert_int_equal(head_size(h), 0); /* not before it is in the file */
    assert_true(head_store(h, &e));
    assert_int_equal(head_size(h), 7);
    buf_clear(&note);
    assert_true(head_sign(h, 7, root, &note, &e));
    assert_signed(&note, 7);
    head_free(&h);

    h = open_head(&fresh);
    assert_false(fresh);
    assert_int_equal(head_size(h), 7);
    buf_clear(&note);
    assert_true(head_newest(h, &note, &e));
    assert_signed(&note, 7);
    head_free(&h);
    buf_free(&note);
}

/* Overlaps are skipped; what is beyond is asked for; what is inside is known. */
static void test_overlap(void **state)
{
    bool fresh;
    struct head *h = open_head(&fresh);
    struct err e = {0};
    uint8_t root[DIGEST_SIZE];
    uint8_t wanted[DIGEST_SIZE];
    struct sign_request r = request(3, 12);

    (void)state;
    assert_int_equal(head_extend(h, &r, root), HEAD_TAKEN);
    tree_root(12, wanted);
    assert_memory_equal(root, wanted, DIGEST_SIZE);
    r = request(13, 14);
    assert_int_equal(head_extend(h, &r, root), HEAD_NEED);
    r = request(2, 11);
    assert_int_equal(head_extend(h, &r, root), HEAD_KNOWN);
    r = request(12, 12);
    assert_int_equal(head_extend(h, &r, root), HEAD_TAKEN);
    assert_memory_equal(root, wanted, DIGEST_SIZE);
    r = request(9, 8);
    assert_int_equal(head_extend(h, &r, root), HEAD_FORM);
    assert_true(head_store(h, &e));
    head_free(&h);
}

/* Another history, told from the overlap or not, does not get a signature and leaves no trace. */
static void test_fork(void **state)
{
    bool fresh;
    struct head *h = open_head(&fresh);
    struct err e = {0};
    uint8_t root[DIGEST_SIZE];
    struct sign_request r = request(12, 20);

    (void)state;
    tree_root(19, r.root); /* not the root of 20 */
    assert_int_equal(head_extend(h, &r, root), HEAD_FORK);
    r = request(12, 12);
    tree_root(11, r.root);
    assert_int_equal(head_extend(h, &r, root), HEAD_FORK);
    r = request(12, 20);
    tree_root(20, r.root);
    assert_int_equal(head_extend(h, &r, root), HEAD_TAKEN);
    assert_true(head_store(h, &e));
    assert_int_equal(head_size(h), 20);
    head_free(&h);
}

/* The disk refuses: nothing may be signed, and memory is what the file holds. */
static void test_store_fails(void **state)
{
    bool fresh;
    struct head *h = open_head(&fresh);
    struct err e = {0};
    uint8_t root[DIGEST_SIZE];
    struct sign_request r = request(20, 25);
    char away[80];

    (void)state;
    snprintf(away, sizeof(away), "%s.away", dir);
    assert_int_equal(head_extend(h, &r, root), HEAD_TAKEN);
    assert_int_equal(rename(dir, away), 0);
    assert_false(head_store(h, &e));
    assert_code(e, "state");
    assert_int_equal(rename(away, dir), 0);
    assert_int_equal(head_size(h), 20);
    assert_int_equal(head_extend(h, &r, root), HEAD_TAKEN);
    assert_true(head_store(h, &e));
    assert_int_equal(head_size(h), 25);
    head_free(&h);
}

static void test_locked(void **state)
{
    bool fresh;
    struct head *h = open_head(&fresh);

    (void)state;
    fail_open(ORIGIN, "locked");
    head_free(&h);
}

static void test_foreign(void **state)
{
    (void)state;
    fail_open("duban.example/other", "state");
}

static uint64_t size_found(void)
{
    bool fresh;
    struct head *h = open_head(&fresh);
    uint64_t n = head_size(h);

    head_free(&h);
    return n;
}

/* Half of the file spoiled (power went while it was written): the other half holds. Any byte of
 * both spoiled, or a file that is too short: refused. */
static void test_damaged(void **state)
{
    struct buf text = {0};
    struct stat st;
    const size_t half = 8192;

    (void)state;
    assert_true(file_read(path, 65536, &text, NULL));
    assert_int_equal(text.len, 2 * half);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    uint64_t newest = size_found();
    bool first_is_newest = false;
    for (size_t i = 0; i < 400; i += 5) {
        uint64_t found[2];
        for (size_t k = 0; k < 2; k++) {
            text.data[k * half + i] ^= 1;
            assert_true(file_write(path, text.data, text.len, 0600, NULL));
            found[k] = size_found();
            text.data[k * half + i] ^= 1;
        }
        assert_true(found[0] == newest || found[1] == newest);
        assert_true(found[0] < newest || found[1] < newest);
        assert_true(i == 0 || first_is_newest == (found[0] < newest));
        first_is_newest = found[0] < newest;
        text.data[i] ^= 1;
        text.data[half + i] ^= 1;
        assert_true(file_write(path, text.data, text.len, 0600, NULL));
        fail_open(ORIGIN, "state");
        text.data[i] ^= 1;
        text.data[half + i] ^= 1;
    }
    for (size_t n = 0; n < text.len; n += 997) {
        assert_true(file_write(path, text.data, n, 0600, NULL));
        fail_open(ORIGIN, "state");
    }
    assert_true(file_write(path, text.data, text.len, 0600, NULL));
    buf_free(&text);
}

static int setup(void **state)
{
    struct buf text = {0};

    (void)state;
    if (mkdtemp(dir) == NULL || !key_generate(KEY_ED25519, &shared_key, NULL))
        return -1;
    snprintf(path, sizeof(path), "%s/signer-state", dir);
    for (size_t i = 0; i < LEAVES; i++)
        merkle_leaf(&i, sizeof(i), leaf[i]);
    checkpoint_vkey_format(ORIGIN, shared_key, &text);
    bool ok = checkpoint_vkey_parse(text.data, text.len, &vkey, NULL);
    buf_free(&text);
    return ok ? 0 : -1;
}

static int teardown(void **state)
{
    char *lock = xasprintf("%s.lock", path);

    (void)state;
    unlink(path);
    unlink(lock);
    free(lock);
    checkpoint_vkey_clear(&vkey);
    key_free(&shared_key);
    return rmdir(dir);
}

int main(void)
{
    /* in this order: each goes on from the state that the one before left */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grows),   cmocka_unit_test(test_overlap),
        cmocka_unit_test(test_fork),    cmocka_unit_test(test_store_fails),
        cmocka_unit_test(test_locked),  cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
