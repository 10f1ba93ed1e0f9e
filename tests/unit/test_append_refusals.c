/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "append" against a fake database that refuses, fails or is lost: repeats, the slow path, and
 * that nothing which is not certain is told as recorded. */
#include "append_fixture.h"

/* One row of duban.chain(). stored: whether the place holds this statement (1), another (2), none.
 */
static void chain_row(struct db_result *r, int row, int64_t key, int64_t last, int stored,
                      int64_t seq)
{
    uint8_t id[DIGEST_SIZE];

    fake_int8(r, row, 0, row + 1);
    fake_int8(r, row, 1, last);
    identity(key, last, id);
    fake_bytes(r, row, 2, id, DIGEST_SIZE);
    if (stored == 0)
        return;
    identity(stored == 1 ? key : 99, seq, id);
    fake_bytes(r, row, 3, id, DIGEST_SIZE);
    fake_int8(r, row, 4, 1);
}

static void test_slow_path(void **state)
{
    struct world *w = *state;
    struct db_result *r = fake_result(4, 5);

    append_add(w->append, make(w, 1, 3)); /* stored already: its receipt */
    append_add(w->append, make(w, 2, 3)); /* place used by another: 409 */
    append_add(w->append, make(w, 3, 9)); /* gap: 409 */
    append_add(w->append, make(w, 4, 2)); /* right */
    turn(w);
    fake_answer(w->db, DB_FAILED, fake_error("DB001", ""));
    assert_string_equal(fake_waiting(w->db)->statement, "chain");
    chain_row(r, 0, 1, 5, 1, 3);
    chain_row(r, 1, 2, 5, 2, 3);
    chain_row(r, 2, 3, 6, 0, 9);
    chain_row(r, 3, 4, 1, 0, 2);
    fake_answer(w->db, DB_DONE, r);
    assert_int_equal(w->looked_up, 1);
    assert_string_equal(w->codes, "sequence sequence ");
    assert_int_equal(w->expected_seq, 7);
    assert_int_equal(fake_arg_count(fake_waiting(w->db), ARG(S_ID)), 1);
    record(w);
    assert_int_equal(w->recorded, 1);
    /* learnt: what is surely out of place does not disturb another batch */
    append_add(w->append, make(w, 1, 4));
    assert_int_equal(w->looked_up, 2);
    assert_int_equal(w->expected_seq, 6);
    append_add(w->append, make(w, 4, 3));
    turn(w);
    record(w);
    assert_int_equal(w->recorded, 2);
}

static void test_slow_path_ends(void **state)
{
    struct world *w = *state;

    append_add(w->append, make(w, 1, 1));
    turn(w);
    for (int i = 0; i < 10 && fake_waiting(w->db) != NULL; i++) {
        struct db_result *r = fake_result(1, 5);

        fake_answer(w->db, DB_FAILED, fake_error("DB001", ""));
        if (fake_waiting(w->db) == NULL) {
            db_result_unref(&r);
            break;
        }
        chain_row(r, 0, 1, 0, 0, 1);
        fake_answer(w->db, DB_DONE, r);
    }
    assert_string_equal(w->codes, "busy ");
}

static void test_rate(void **state)
{
    struct world *w = *state;

    append_add(w->append, make(w, 1, 1));
    append_add(w->append, make(w, 2, 1));
    append_add(w->append, make(w, 2, 2)); /* behind the refused one */
    append_add(w->append, make(w, 3, 1));
    turn(w);
    fake_answer(w->db, DB_FAILED, fake_error("DB002", "2"));
    assert_string_equal(w->codes, "rate rate ");
    assert_int_equal(fake_arg_count(fake_waiting(w->db), ARG(S_ID)), 2);
    record(w);
    assert_int_equal(w->recorded, 2);
}

static void test_clock(void **state)
{
    struct world *w = *state;
    struct fake_call *c;

    append_add(w->append, make(w, 1, 1));
    turn(w);
    assert_null(fake_waiting(w->db)->arg[1].bytes); /* nothing expected at first */
    record(w);
    clock_set_for_test(REAL + 999, 5000000 + 7000000);
    append_add(w->append, make(w, 1, 2));
    turn(w);
    c = fake_waiting(w->db);
    assert_non_null(c->arg[1].bytes);
    /* by the monotonic clock, seven seconds on; 2000-01-01 is PostgreSQL's zero */
    assert_int_equal(fake_arg_number(c, ARG(C_SEQ), 0), 2);
    int64_t expected = 0;
    for (int i = 0; i < 8; i++)
        expected = expected << 8 | (uint8_t)c->arg[1].bytes[i];
    assert_true(expected + 946684800000000 == REAL + 7000000);
    fake_answer(w->db, DB_FAILED, fake_error("DB003", ""));
    assert_string_equal(w->codes, "clock ");
}

static void test_stale_registry(void **state)
{
    struct world *w = *state;

    append_add(w->append, make(w, 1, 1));
    append_add(w->append, make(w, 2, 1));
    turn(w);
    fake_answer(w->db, DB_FAILED, fake_error("DB004", ""));
    assert_int_equal(w->stale, 1);
    turn(w);
    assert_int_equal(db_pending(w->db), 0); /* nothing goes before the registry is read */
    append_registry(w->append, 9, 0);
    turn(w);
    assert_int_equal(fake_arg_count(fake_waiting(w->db), ARG(S_ID)), 2);
    assert_int_equal((uint8_t)fake_waiting(w->db)->arg[0].bytes[7], 9);
    fake_answer(w->db, DB_FAILED, fake_error("DB004", ""));
    w->allowed = VERIFY_REFUSED;
    append_registry(w->append, 10, 0);
    assert_string_equal(w->codes, "key key ");
}

static void test_lost(void **state)
{
    struct world *w = *state;

    append_add(w->append, make(w, 1, 1));
    turn(w);
    append_add(w->append, make(w, 2, 1));
    w->db->down = true;
    fake_answer(w->db, DB_LOST, NULL);
    append_down(w->append);
    assert_string_equal(w->codes, "unknown busy ");
    assert_int_equal(w->recorded, 0);
    assert_string_equal(append_closed(w->append), "busy");
}

static void test_one_by_one(void **state)
{
    struct world *w = *state;

    append_add(w->append, make(w, 1, 1));
    append_add(w->append, make(w, 2, 1));
    append_add(w->append, make(w, 3, 1));
    turn(w);
    fake_answer(w->db, DB_FAILED, fake_error("22P02", ""));
    turn(w);
    assert_int_equal(fake_arg_count(fake_waiting(w->db), ARG(S_ID)), 1);
    record(w);
    turn(w);
    fake_answer(w->db, DB_FAILED, fake_error("22P02", ""));
    turn(w);
    record(w);
    assert_int_equal(w->recorded, 2);
    assert_string_equal(w->codes, "internal ");
}

static void test_server_trouble(void **state)
{
    struct world *w = *state;

    append_add(w->append, make(w, 1, 1));
    append_add(w->append, make(w, 2, 1));
    turn(w);
    fake_answer(w->db, DB_FAILED, fake_error("53100", "")); /* disk full */
    assert_string_equal(w->codes, "busy busy ");
    assert_true(append_idle(w->append));
}

/* An answer that is not in the contract must not be acknowledged. */
static void test_strange_answer(void **state)
{
    struct world *w = *state;

    append_add(w->append, make(w, 1, 1));
    turn(w);
    fake_answer(w->db, DB_DONE, answer(2, 3));
    assert_string_equal(w->codes, "unknown ");
    assert_int_equal(w->recorded, 0);
}

static void test_closed(void **state)
{
    struct world *w = *state;

    assert_null(append_closed(w->append));
    append_add(w->append, make(w, 1, 1));
    append_close(w->append, "behind");
    assert_string_equal(w->codes, "behind ");
    assert_string_equal(append_closed(w->append), "behind");
    append_close(w->append, NULL);
    assert_null(append_closed(w->append));
}

static void fill(struct world *w)
{
    assert_false(append_full(w->append));
    for (int i = 0; !append_full(w->append); i++) {
        append_add(w->append, make(w, 10 + i, 1));
        assert_true(i < 5000); /* bounded */
    }
    assert_null(append_closed(w->append)); /* what comes may wait */
    assert_int_equal(w->rooms, 0);
}

static void test_full(void **state)
{
    struct world *w = *state;

    fill(w);
    turn(w); /* a batch leaves: there is room, told once */
    assert_int_equal(w->rooms, 1);
    assert_false(append_full(w->append));
    record(w);
    turn(w);
    assert_int_equal(w->rooms, 1);
    record(w);
    assert_string_equal(w->codes, "");
}

static void test_full_and_down(void **state)
{
    struct world *w = *state;

    fill(w);
    append_down(w->append); /* its queue is empty */
    assert_int_equal(w->rooms, 1);
    assert_false(append_full(w->append));
}

/* Whatever empties the queue, who waits for room hears of it: nobody else would wake them. */
static void test_full_of_repetitions(void **state)
{
    struct world *w = *state;

    append_add(w->append, make(w, 1, 1));
    turn(w);
    for (int i = 0; !append_full(w->append); i++) {
        append_add(w->append, make(w, 1, 1));
        assert_true(i < 5000);
    }
    record(w);
    turn(w); /* all of them are recorded already: no batch is left to send */
    assert_null(fake_waiting(w->db));
    assert_int_equal(w->rooms, 1);
}

static void test_full_and_revoked(void **state)
{
    struct world *w = *state;

    fill(w);
    append_set_db(w->append, NULL); /* so that no batch makes room */
    w->allowed = VERIFY_REFUSED;
    append_registry(w->append, 4, 0);
    assert_false(append_full(w->append)); /* asking does not forget who waits */
    turn(w);
    assert_int_equal(w->rooms, 1);
}

static void test_sent_twice(void **state)
{
    struct world *w = *state;

    append_add(w->append, make(w, 1, 1));
    append_add(w->append, make(w, 1, 1)); /* waits, since the first is not recorded yet */
    turn(w);
    assert_int_equal(fake_arg_count(fake_waiting(w->db), ARG(S_ID)), 1);
    record(w);
    turn(w); /* its place is taken now: no batch is made to fail by it */
    assert_int_equal(w->looked_up, 1);
    assert_null(fake_waiting(w->db));
    assert_true(append_idle(w->append));
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_slow_path),
                                       TEST(test_slow_path_ends),
                                       TEST(test_rate),
                                       TEST(test_clock),
                                       TEST(test_stale_registry),
                                       TEST(test_lost),
                                       TEST(test_one_by_one),
                                       TEST(test_server_trouble),
                                       TEST(test_strange_answer),
                                       TEST(test_closed),
                                       TEST(test_full),
                                       TEST(test_full_and_down),
                                       TEST(test_sent_twice),
                                       TEST(test_full_of_repetitions),
                                       TEST(test_full_and_revoked)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
