/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "seal": requests and answers out of order, what the signer lacks, a head beyond the batch,
 * forks, a database that is behind, and the tail that nobody sealed. */
#include "unit.h"

#include <event2/event.h>

#include "common/bytes.h"
#include "common/clock.h"
#include "daemon/link.h"
#include "daemon/receive/seal.h"
#include "tests/fakes/fake_db.h"

struct request {
    uint64_t old_size, new_size;
    uint8_t root[DIGEST_SIZE];
    uint8_t first_leaf;
};

struct world {
    struct event_base *base;
    struct db *db;
    struct seal *seal;
    struct submission_pool pool;
    bool no_link;
    struct request sent[32];
    size_t sent_len;
    uint64_t sealed[8], sealed_by[8]; /* new size of each batch, size of its head */
    uint64_t covered[8];              /* size of the tree that its paths end in */
    size_t sealed_len, unsealed;
    unsigned heads, urgent;
    char code[16];
    int states;
};

static bool send_request(void *arg, const struct sign_request *r)
{
    struct world *w = arg;
    struct request *q = &w->sent[w->sent_len];

    if (w->no_link)
        return false;
    assert_true(w->sent_len++ < LEN(w->sent));
    q->old_size = r->old_size;
    q->new_size = r->new_size;
    memcpy(q->root, r->root, DIGEST_SIZE);
    q->first_leaf = r->new_size > r->old_size ? r->leaves[0][0] : 0;
    return true;
}

static void on_sealed(void *arg, struct batch *b, uint64_t size, const char *note, size_t n)
{
    struct world *w = arg;

    assert_memory_equal(note, n == 4 ? "note" : "origin\n", n == 4 ? 4 : 7);
    w->sealed[w->sealed_len] = batch_new_size(b);
    w->covered[w->sealed_len] = batch_covered_size(b);
    w->sealed_by[w->sealed_len++] = size;
    batch_free(&b, &w->pool);
}

static void on_unsealed(void *arg, struct batch *b)
{
    struct world *w = arg;

    w->unsealed++;
    batch_free(&b, &w->pool);
}

static void on_heads(void *arg, bool urgent)
{
    struct world *w = arg;

    w->heads++;
    w->urgent += urgent;
}

static void on_state(void *arg, const char *code, const char *why)
{
    struct world *w = arg;

    (void)why;
    w->states++;
    snprintf(w->code, sizeof w->code, "%s", code != NULL ? code : "good");
}

static int set_up(void **state)
{
    static const struct seal_ops ops = {.send = send_request,
                                        .on_sealed = on_sealed,
                                        .on_unsealed = on_unsealed,
                                        .on_heads = on_heads,
                                        .on_state = on_state};
    struct world *w = xcalloc(1, sizeof *w);

    clock_set_for_test(1, 1000000);
    w->base = event_base_new();
    w->db = db_new(NULL, NULL, NULL);
    w->seal = seal_new(w->base, &ops, w);
    seal_set_db(w->seal, w->db);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    db_free(&w->db);
    seal_free(&w->seal);
    submission_pool_clear(&w->pool);
    event_base_free(w->base);
    free(w);
    clock_set_for_test(-1, -1);
    return 0;
}

/* n statements behind old_size entries; leaf i of the log begins with byte i. */
static struct batch *make(struct world *w, uint64_t old_size, size_t n)
{
    struct batch *b = batch_new();

    memset(&b->old, 0, sizeof b->old);
    for (uint64_t i = 0; i < old_size; i++) {
        uint8_t leaf[DIGEST_SIZE] = {(uint8_t)i};

        merkle_frontier_add(&b->old, leaf);
    }
    for (size_t i = 0; i < n; i++) {
        memset(b->leaf[i], 0, DIGEST_SIZE);
        b->leaf[i][0] = (uint8_t)(old_size + i);
        b->statement[i] = submission_new(&w->pool);
    }
    b->n = n;
    return b;
}

static void say(struct world *w, unsigned type, struct sign_answer a)
{
    struct buf out = {0};

    a.note = "note";
    a.note_len = 4;
    assert_true(sign_answer_encode(type, &a, &out));
    seal_answer(w->seal, type, (const uint8_t *)out.data, out.len);
    buf_free(&out);
}

static void head(struct world *w, uint64_t old_size, uint64_t new_size, uint64_t size)
{
    say(w, LINK_HEAD,
        (struct sign_answer){.old_size = old_size, .new_size = new_size, .size = size});
}

/* The signer's head of `size` for the batch 3 … 5, with the root of a log of `leaves` leaves. */
static void head_with_root(struct world *w, uint64_t size, uint64_t of)
{
    struct merkle_frontier f = {0};
    struct buf note = {0}, out = {0};
    uint8_t root[DIGEST_SIZE];

    for (uint64_t i = 0; i < of; i++) {
        uint8_t leaf[DIGEST_SIZE] = {(uint8_t)i};

        merkle_frontier_add(&f, leaf);
    }
    merkle_frontier_root(&f, root);
    buf_addf(&note, "origin\n%llu\n", (unsigned long long)size);
    base64_encode(root, sizeof root, &note);
    buf_add_str(&note, "\n\n— origin AAAA\n");
    assert_true(sign_answer_encode(
        LINK_HEAD,
        &(struct sign_answer){
            .old_size = 3, .new_size = 5, .size = size, .note = note.data, .note_len = note.len},
        &out));
    seal_answer(w->seal, LINK_HEAD, (const uint8_t *)out.data, out.len);
    buf_free(&note);
    buf_free(&out);
}

static void need(struct world *w, uint64_t old_size, uint64_t new_size, uint64_t from)
{
    say(w, LINK_NEED,
        (struct sign_answer){
            .old_size = old_size, .new_size = new_size, .from = from, .to = old_size});
}

static struct db_result *log_state(uint64_t size, uint64_t sealed)
{
    struct db_result *r = fake_result(1, 5);

    fake_int8(r, 0, 0, (int64_t)size);
    fake_bytes(r, 0, 1, "0123456789abcdef0123456789abcdef", 32);
    fake_int8(r, 0, 3, (int64_t)sealed);
    return r;
}

static struct db_result *leaves(uint64_t from, int n)
{
    struct db_result *r = fake_result(n, 1);

    for (int i = 0; i < n; i++) {
        uint8_t leaf[DIGEST_SIZE] = {(uint8_t)(from + (uint64_t)i)};

        fake_bytes(r, i, 0, leaf, DIGEST_SIZE);
    }
    return r;
}

/* Waits for the moment of patience after a NEED. */
static void wait_patiently(struct world *w)
{
    struct timeval tv = {.tv_usec = 10000};

    event_base_loopexit(w->base, &tv);
    event_base_dispatch(w->base);
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void test_out_of_order(void **state)
{
    struct world *w = *state;
    struct batch *b = make(w, 3, 2);
    uint8_t root[DIGEST_SIZE];

    merkle_range_root(batch_range(b), root);
    seal_batch(w->seal, b);
    seal_batch(w->seal, make(w, 5, 4));
    assert_int_equal(w->sent_len, 2);
    assert_int_equal(w->sent[0].old_size, 3);
    assert_int_equal(w->sent[0].new_size, 5);
    assert_int_equal(w->sent[0].first_leaf, 3);
    assert_memory_equal(w->sent[0].root, root, DIGEST_SIZE);
    head(w, 5, 9, 9);
    assert_int_equal(w->sealed_len, 1);
    assert_int_equal(w->sealed[0], 9);
    assert_int_equal(w->covered[0], 9);
    head(w, 3, 5, 5);
    assert_int_equal(w->sealed[1], 5);
    assert_int_equal(w->sealed_by[1], 5);
    head(w, 3, 5, 5); /* once is enough */
    assert_int_equal(w->sealed_len, 2);
    assert_int_equal(seal_sealed_size(w->seal), 9);
    assert_int_equal(w->unsealed, 0);
}

/* Another receiver's entries come between: patience first, then the database is asked. */
static void test_need(void **state)
{
    struct world *w = *state;

    seal_batch(w->seal, make(w, 5, 2));
    need(w, 5, 7, 3);
    assert_int_equal(w->sent_len, 1);
    wait_patiently(w);
    assert_int_equal(w->sent[1].old_size, 5);
    need(w, 5, 7, 3);
    assert_string_equal(fake_waiting(w->db)->statement, "leaves");
    fake_answer(w->db, DB_DONE, leaves(3, 4));
    assert_int_equal(w->sent[2].old_size, 3);
    assert_int_equal(w->sent[2].new_size, 7);
    assert_int_equal(w->sent[2].first_leaf, 3);
    head(w, 3, 7, 7);
    assert_int_equal(w->sealed_by[0], 7);
}

/* Somebody else had the signer sign beyond us: the head counts if the database knows its entries.
 */
static void test_head_beyond(void **state)
{
    struct world *w = *state;

    seal_batch(w->seal, make(w, 3, 2));
    head_with_root(w, 9, 9);
    assert_int_equal(w->sealed_len, 0);
    assert_string_equal(fake_waiting(w->db)->statement, "leaves");
    fake_answer(w->db, DB_DONE, leaves(5, 4));
    assert_int_equal(w->sealed_by[0], 9);
    assert_int_equal(w->covered[0], 9); /* the paths end in that tree */
}

/* The entries behind the batch are not those that were signed: nothing may be acknowledged. */
static void test_head_beyond_of_another_log(void **state)
{
    struct world *w = *state;

    seal_batch(w->seal, make(w, 3, 2));
    head_with_root(w, 9, 8);
    fake_answer(w->db, DB_DONE, leaves(5, 4));
    assert_int_equal(w->sealed_len, 0);
    assert_int_equal(w->unsealed, 1);
    assert_string_equal(w->code, "busy"); /* until it is found out */
}

static void test_head_beyond_the_database(void **state)
{
    struct world *w = *state;

    seal_batch(w->seal, make(w, 3, 2));
    head(w, 3, 5, 9);
    fake_answer(w->db, DB_DONE, leaves(5, 0));
    assert_int_equal(w->sealed_len, 0);
    assert_int_equal(w->unsealed, 1);
    assert_string_equal(w->code, "busy"); /* until it is found out */
    head(w, 0, 0, 9);
    fake_answer(w->db, DB_DONE, log_state(5, 3));
    assert_string_equal(w->code, "behind");
}

static void test_behind_and_back(void **state)
{
    struct world *w = *state;

    seal_check(w->seal);
    assert_string_equal(w->code, "busy");
    assert_int_equal(w->sent[0].new_size, 0); /* asks for the newest head */
    head(w, 0, 0, 9);
    fake_answer(w->db, DB_DONE, log_state(8, 8));
    assert_string_equal(w->code, "behind");
    seal_check(w->seal);
    head(w, 0, 0, 9);
    fake_answer(w->db, DB_DONE, log_state(9, 8));
    assert_string_equal(w->code, "good");
    assert_int_equal(w->heads, 1); /* the database did not have that head */
}

static void test_fork_is_for_good(void **state)
{
    struct world *w = *state;

    seal_batch(w->seal, make(w, 3, 2));
    say(w, LINK_REFUSED,
        (struct sign_answer){.old_size = 3, .new_size = 5, .refusal = SIGN_REFUSED_FORK});
    assert_int_equal(w->unsealed, 1);
    assert_string_equal(w->code, "behind");
    seal_check(w->seal);
    seal_link(w->seal);
    head(w, 0, 0, 3);
    fake_answer(w->db, DB_DONE, log_state(3, 3));
    assert_string_equal(w->code, "behind");
}

/* An empty log, and a tail at the first look: sealed from the database. */
static void test_tail(void **state)
{
    struct world *w = *state;

    seal_check(w->seal);
    need(w, 0, 0, 0);
    fake_answer(w->db, DB_DONE, log_state(2, 0));
    assert_string_equal(w->code, "good");
    assert_string_equal(fake_waiting(w->db)->statement, "leaves");
    fake_answer(w->db, DB_DONE, leaves(0, 2));
    assert_int_equal(w->sent[1].old_size, 0);
    assert_int_equal(w->sent[1].new_size, 2);
    head(w, 0, 2, 2);
    assert_int_equal(seal_sealed_size(w->seal), 2);
    /* what appeared since the last look is left to who wrote it */
    seal_check(w->seal);
    head(w, 0, 0, 2);
    fake_answer(w->db, DB_DONE, log_state(6, 2));
    assert_null(fake_waiting(w->db));
    seal_check(w->seal);
    head(w, 0, 0, 2);
    fake_answer(w->db, DB_DONE, log_state(7, 2));
    assert_string_equal(fake_waiting(w->db)->statement, "leaves");
    fake_answer(w->db, DB_DONE, leaves(2, 4));
    assert_int_equal(w->sent[w->sent_len - 1].new_size, 6);
}

static void test_new_link(void **state)
{
    struct world *w = *state;

    w->no_link = true;
    seal_batch(w->seal, make(w, 3, 2));
    assert_int_equal(w->sent_len, 0);
    w->no_link = false;
    seal_link(w->seal);
    assert_int_equal(w->sent[0].new_size, 5);
    seal_link(w->seal); /* the signer died before it answered */
    assert_true(w->sent_len >= 3);
    head(w, 3, 5, 5);
    assert_int_equal(w->sealed_len, 1);
}

static void test_given_up(void **state)
{
    struct world *w = *state;

    seal_batch(w->seal, make(w, 3, 2));
    clock_set_for_test(1, 1000000 + 11000000);
    seal_notify(w->seal);
    struct timeval tv = {.tv_usec = 80000};
    event_base_loopexit(w->base, &tv);
    event_base_dispatch(w->base);
    assert_int_equal(w->unsealed, 1);
    head(w, 3, 5, 5); /* too late */
    assert_int_equal(w->sealed_len, 0);
}

static void test_heads_for_append(void **state)
{
    struct world *w = *state;
    struct array sizes = {0}, notes = {0};

    seal_batch(w->seal, make(w, 3, 2));
    head(w, 3, 5, 5);
    assert_int_equal(w->heads, 1);
    assert_false(seal_idle(w->seal));
    array_begin(&sizes, ARRAY_INT8);
    array_begin(&notes, ARRAY_TEXT);
    seal_heads_take(w->seal, &sizes, &notes);
    assert_int_equal(sizes.count, 1);
    seal_batch(w->seal, make(w, 5, 1));
    head(w, 5, 6, 6);
    seal_heads_stored(w->seal, true); /* only the one that was taken */
    assert_false(seal_idle(w->seal));
    seal_heads_take(w->seal, &sizes, &notes);
    seal_heads_stored(w->seal, false); /* not stored: offered again */
    assert_false(seal_idle(w->seal));
    seal_heads_take(w->seal, &sizes, &notes);
    seal_heads_stored(w->seal, true);
    assert_true(seal_idle(w->seal));
    array_free(&sizes);
    array_free(&notes);
}

static void test_broken_answer(void **state)
{
    struct world *w = *state;

    seal_batch(w->seal, make(w, 3, 2));
    seal_answer(w->seal, LINK_HEAD, (const uint8_t *)"x", 1);
    head(w, 4, 5, 5); /* not what was asked */
    assert_int_equal(w->sealed_len, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_out_of_order),
                                       TEST(test_need),
                                       TEST(test_head_beyond),
                                       TEST(test_head_beyond_of_another_log),
                                       TEST(test_head_beyond_the_database),
                                       TEST(test_behind_and_back),
                                       TEST(test_fork_is_for_good),
                                       TEST(test_tail),
                                       TEST(test_new_link),
                                       TEST(test_given_up),
                                       TEST(test_heads_for_append),
                                       TEST(test_broken_answer)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
