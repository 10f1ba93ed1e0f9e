/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "append" against a fake database: signed heads, stored with a batch or by themselves. */
#include "append_fixture.h"

#include <unistd.h>

#define PATIENCE_US 60000 /* more than append.c has */
#define ARG_HEADS 2       /* argument number of the heads' sizes */

/* A head is signed, and a batch goes at once: no head goes with it. */
static void batch_before_its_time(struct world *w)
{
    append_heads(w->append, false);
    append_add(w->append, make(w, 1, 1));
    turn(w);
    assert_int_equal(fake_arg_count(fake_waiting(w->db), ARG_HEADS), 0);
}

static void its_time_comes(struct world *w)
{
    usleep(PATIENCE_US);
    turn(w);
}

static void stored_by_itself(struct world *w)
{
    assert_string_equal(fake_waiting(w->db)->statement, "seal");
    fake_answer(w->db, DB_DONE, fake_result(1, 1));
    assert_int_equal(w->heads_stored, 1);
    assert_true(append_idle(w->append));
}

/* A head waits a little, so that a row is not written for each batch; then it goes by itself. */
static void test_heads(void **state)
{
    struct world *w = *state;

    batch_before_its_time(w);
    record(w);
    turn(w);
    assert_int_equal(db_pending(w->db), 0);
    its_time_comes(w);
    stored_by_itself(w);
}

/* ... or with the next batch, when there is one. */
static void test_heads_with_a_batch(void **state)
{
    struct world *w = *state;

    batch_before_its_time(w);
    its_time_comes(w); /* but the connection is busy */
    append_add(w->append, make(w, 2, 1));
    record(w);
    turn(w);
    assert_int_equal(fake_arg_count(fake_waiting(w->db), ARG_HEADS), 1); /* on the way */
    fake_answer(w->db, DB_FAILED, fake_error("53100", ""));
    assert_int_equal(w->heads_lost, 1);
    append_heads(w->append, true);
    turn(w);
    stored_by_itself(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_heads), TEST(test_heads_with_a_batch)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
