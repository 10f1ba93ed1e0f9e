/* SPDX-License-Identifier: BSD-2-Clause */
/* The registry's copy in memory: loaded as a whole, found, replaced, kept when loading fails. */
#include "unit.h"

#include "tests/fakes/fake_db.h"
#include "tests/fakes/fake_registry.h"

static int loads, failures;

static void on_loaded(void *arg, bool ok)
{
    (void)arg;
    if (ok)
        loads++;
    else
        failures++;
}

struct world {
    struct db *db;
    struct keys *keys;
    struct key *p256, *ed;
};

static int set_up(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);
    struct err e;

    loads = failures = 0;
    w->db = db_new(NULL, NULL, NULL);
    w->keys = keys_new(on_loaded, NULL);
    assert_true(key_generate(KEY_ECDSA_P256, &w->p256, &e));
    assert_true(key_generate(KEY_ED25519, &w->ed, &e));
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    db_free(&w->db);
    keys_free(&w->keys);
    key_free(&w->p256);
    key_free(&w->ed);
    free(w);
    return 0;
}

static void load(struct world *w, int64_t registry, bool revoked)
{
    struct fake_key k[] = {{.key = w->p256, .row = 7, .code = "u001", .unit = "u001"},
                           {.key = w->ed,
                            .row = 8,
                            .code = "office",
                            .is_operator = true,
                            .revoked = revoked,
                            .until = FAKE_REAL}};
    struct fake_client c[] = {
        {.certificate = {1}, .code = "u001", .post = "u001-contact", .until = FAKE_REAL}};

    fake_load(w->keys, w->db, registry, k, 2, c, 1);
}

static void test_load_and_find(void **state)
{
    struct world *w = *state;
    static const uint8_t stranger[DIGEST_SIZE] = {9}, known[DIGEST_SIZE] = {1};
    struct keys_key *k;

    assert_false(keys_loaded(w->keys));
    assert_null(keys_find(w->keys, key_id(w->p256)));
    assert_int_equal(keys_registry(w->keys), -1);
    load(w, 3, true);
    assert_int_equal(loads, 1);
    assert_int_equal(keys_registry(w->keys), 3);
    assert_string_equal(keys_origin(w->keys), FAKE_AUD);
    k = keys_find(w->keys, key_id(w->p256));
    assert_non_null(k);
    assert_int_equal(k->row, 7);
    assert_string_equal(k->unit, "u001");
    assert_int_equal(k->names_len, 2);
    assert_int_equal(k->valid_from, INT64_MIN);
    assert_non_null(keys_public(k));
    k = keys_find(w->keys, key_id(w->ed));
    assert_true(k->is_operator && k->revoked && k->unit == NULL);
    assert_int_equal(k->valid_until, FAKE_REAL);
    assert_null(keys_find(w->keys, stranger));
    assert_null(keys_client(w->keys, stranger));
    assert_string_equal(keys_client(w->keys, known)->posts[0], "u001-contact");
    assert_true(keys_client_valid(keys_client(w->keys, known), FAKE_REAL - 1));
    assert_false(keys_client_valid(keys_client(w->keys, known), FAKE_REAL));
    assert_false(keys_client_valid(NULL, 0));
}

static void test_replaced(void **state)
{
    struct world *w = *state;
    const struct key *parsed;

    load(w, 3, true);
    parsed = keys_public(keys_find(w->keys, key_id(w->p256)));
    load(w, 4, false);
    assert_int_equal(loads, 2);
    assert_int_equal(keys_registry(w->keys), 4);
    assert_false(keys_find(w->keys, key_id(w->ed))->revoked);
    /* what was parsed is taken over, not parsed again */
    assert_ptr_equal(keys_public(keys_find(w->keys, key_id(w->p256))), parsed);
}

static void test_failure_keeps_the_old_one(void **state)
{
    struct world *w = *state;

    load(w, 3, true);
    assert_true(keys_load(w->keys, w->db));
    fake_answer(w->db, DB_DONE, fake_generation(4));
    fake_answer(w->db, DB_FAILED, fake_error("57014", ""));
    assert_int_equal(failures, 1);
    assert_int_equal(keys_registry(w->keys), 3);
    assert_non_null(keys_find(w->keys, key_id(w->p256)));
    w->db->down = true;
    assert_false(keys_load(w->keys, w->db));
    w->db->down = false;
    load(w, 5, true);
    assert_int_equal(keys_registry(w->keys), 5);
}

/* A change while loading is not forgotten: another load follows, and only then it is told. */
static void test_again(void **state)
{
    struct world *w = *state;

    assert_true(keys_load(w->keys, w->db));
    assert_true(keys_load(w->keys, w->db));
    assert_int_equal(db_pending(w->db), 1);
    fake_answer(w->db, DB_DONE, fake_generation(1));
    fake_answer(w->db, DB_DONE, fake_keys(NULL, 0));
    fake_answer(w->db, DB_DONE, fake_clients(NULL, 0));
    assert_int_equal(loads, 0);
    assert_int_equal(db_pending(w->db), 1);
    load(w, 2, true); /* joins the one under way, once more */
    fake_answer(w->db, DB_DONE, fake_generation(2));
    fake_answer(w->db, DB_DONE, fake_keys(NULL, 0));
    fake_answer(w->db, DB_DONE, fake_clients(NULL, 0));
    assert_int_equal(loads, 1);
    assert_int_equal(db_pending(w->db), 0);
}

/* The registry names one algorithm, the bytes are of another: not usable. */
static void test_algorithm_of_the_registry(void **state)
{
    struct world *w = *state;
    struct fake_key k[] = {{.key = w->p256, .row = 7, .code = "u001", .unit = "u001"}};
    struct db_result *r = fake_keys(k, 1);

    fake_text(r, 0, 3, "ed25519");
    assert_true(keys_load(w->keys, w->db));
    fake_answer(w->db, DB_DONE, fake_generation(1));
    fake_answer(w->db, DB_DONE, r);
    fake_answer(w->db, DB_DONE, fake_clients(NULL, 0));
    assert_null(keys_public(keys_find(w->keys, key_id(w->p256))));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_load_and_find), TEST(test_replaced),
                                       TEST(test_failure_keeps_the_old_one), TEST(test_again),
                                       TEST(test_algorithm_of_the_registry)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
