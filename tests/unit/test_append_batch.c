/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "append" against a fake database: what goes into a batch, and one batch in flight. */
#include "append_fixture.h"

static void test_one_in_flight(void **state)
{
    struct world *w = *state;
    struct fake_call *c;

    append_add(w->append, make(w, 1, 1));
    append_add(w->append, make(w, 2, 1));
    turn(w);
    c = fake_waiting(w->db);
    assert_non_null(c);
    assert_int_equal(fake_arg_count(c, ARG(S_ID)), 2); /* one turn of the loop, one batch */
    assert_int_equal(c->n, FIRST_ARRAY + BATCH_ARRAYS);
    append_add(w->append, make(w, 3, 1));
    turn(w);
    assert_int_equal(db_pending(w->db), 1); /* waits for the first */
    record(w);
    assert_int_equal(w->recorded, 2);
    turn(w);
    assert_int_equal(db_pending(w->db), 1);
    record(w);
    assert_int_equal(w->recorded, 3);
    assert_int_equal(w->batches, 2);
    assert_true(append_idle(w->append));
    assert_int_equal(w->last->old.size, 3);
    assert_int_equal(batch_new_size(w->last), 4);
}

static void test_chain_within_a_batch(void **state)
{
    struct world *w = *state;
    struct fake_call *c;

    append_add(w->append, make(w, 1, 1));
    append_add(w->append, make(w, 1, 2));
    append_add(w->append, make(w, 2, 5));
    append_add(w->append, make(w, 1, 4)); /* does not continue 2: waits */
    append_add(w->append, make(w, 1, 3));
    turn(w);
    c = fake_waiting(w->db);
    assert_int_equal(fake_arg_count(c, ARG(S_ID)), 4);
    assert_int_equal(fake_arg_count(c, ARG(C_KEY)), 2);
    assert_int_equal(fake_arg_number(c, ARG(C_SEQ), 0), 1);
    assert_int_equal(fake_arg_number(c, ARG(C_LAST_SEQ), 0), 3);
    assert_int_equal(fake_arg_number(c, ARG(C_SEQ), 1), 5);
    record(w);
    turn(w);
    c = fake_waiting(w->db);
    assert_int_equal(fake_arg_count(c, ARG(S_ID)), 1);
    assert_int_equal(fake_arg_number(c, ARG(S_SEQ), 0), 4);
    record(w);
    assert_int_equal(w->recorded, 5);
}

static void test_limits(void **state)
{
    struct world *w = *state;
    struct buf many = {0};

    for (int i = 0; i < 1000; i++)
        buf_addf(&many, "%s{\"task\":\"p1/%d\",\"status\":\"done\"}", i > 0 ? "," : "", i);
    for (int i = 1; i <= 5; i++)
        append_add(w->append, make_with(w, i, 1, many.data));
    turn(w);
    assert_int_equal(fake_arg_count(fake_waiting(w->db), ARG(R_ORD)), 4000); /* not 5,000 */
    record(w);
    turn(w);
    record(w);
    for (int i = 0; i < 300; i++)
        append_add(w->append, make(w, 10 + i, 1));
    turn(w);
    assert_int_equal(fake_arg_count(fake_waiting(w->db), ARG(S_ID)), 256);
    record(w);
    turn(w);
    record(w);
    assert_int_equal(w->recorded, 305);
    buf_free(&many);
}

static void test_reports(void **state)
{
    struct world *w = *state;
    struct fake_call *c;
    size_t n;

    append_add(w->append,
               make_with(w, 1, 1,
                         "{\"task\":\"p1/1\",\"period\":\"2022Q1\",\"status\":\"on-track\","
                         "\"progress\":101},"
                         "{\"task\":\"p1/1\",\"period\":\"2022Q1\",\"status\":\"done\",\"values\":"
                         "[{\"name\":\"x\",\"value\":\"5.5\",\"unit\":\"%\"},"
                         "{\"name\":\"y\",\"value\":\"1\"}]},"
                         "{\"task\":\"p1/1\",\"period\":\"2022Q1\",\"status\":\"done\"},"
                         "{\"task\":\"p1/2\",\"status\":\"done\"}"));
    append_add(w->append, make(w, 2, 1)); /* the same task, but of another unit */
    turn(w);
    c = fake_waiting(w->db);
    assert_int_equal(fake_arg_count(c, ARG(R_ORD)), 5);
    assert_int_equal(fake_arg_number(c, ARG(R_STATEMENT), 4), 2);
    assert_int_equal(fake_arg_number(c, ARG(R_ORD), 2), 2);
    /* a faulty one is repeated by nobody; the third repeats the second */
    assert_int_equal(fake_arg_number(c, ARG(R_REPEAT), 0), 0);
    assert_int_equal(fake_arg_number(c, ARG(R_REPEAT), 1), 0);
    assert_int_equal(fake_arg_number(c, ARG(R_REPEAT), 2), 1);
    assert_int_equal(fake_arg_number(c, ARG(R_REPEAT), 4), 0);
    assert_non_null(fake_arg_element(c, ARG(R_ERRORS), 0, &n));
    assert_null(fake_arg_element(c, ARG(R_ERRORS), 1, &n));
    assert_int_equal(fake_arg_number(c, ARG(R_PROGRESS), 0), -1);
    assert_int_equal(fake_arg_number(c, ARG(R_PROGRESS), 1), -1);
    assert_memory_equal(fake_arg_element(c, ARG(R_PERIOD), 3, &n), "-", 1);
    /* the unit of measure, then the mark of a report that carries values */
    assert_int_equal(fake_arg_count(c, ARG(M_REPORT)), 2);
    assert_int_equal(fake_arg_number(c, ARG(M_REPORT), 0), 2);
    assert_memory_equal(fake_arg_element(c, ARG(M_UNIT), 0, &n), "%", 1);
    assert_int_equal(fake_arg_number(c, ARG(M_REPORT), 1), 2);
    assert_null(fake_arg_element(c, ARG(M_NAME), 1, &n));
    record(w);
}

static void test_tail(void **state)
{
    struct world *w = *state;
    struct submission *s = make(w, 1, 7);
    struct buf out = {0};

    s->arrived = REAL;
    batch_arrays_tail(s, 12, 1000000, &out);
    assert_non_null(strstr(out.data, "arrival 2023-11-14T22:13:21.000000Z\ncertificate -\nkey "));
    assert_non_null(strstr(out.data, "\nalg ed25519\ntype application/vnd.duban.report.v1+json\n"
                                     "seq 7\npae-sha256 0107"));
    assert_non_null(strstr(out.data, "\nsig AAAAAAAAAAA=\nregistry 12\n"));
    s->has_certificate = true;
    buf_clear(&out);
    batch_arrays_tail(s, 12, 0, &out);
    assert_non_null(strstr(out.data, "\ncertificate 0000"));
    buf_free(&out);
    submission_free(&w->pool, &s);
}

static void test_act_alone(void **state)
{
    struct world *w = *state;
    struct submission *act = make(w, 2, 1);

    act->kind = STATEMENT_REGISTRY;
    append_add(w->append, make(w, 1, 1));
    append_add(w->append, act);
    append_add(w->append, make(w, 3, 1));
    turn(w);
    assert_int_equal(fake_arg_count(fake_waiting(w->db), ARG(S_ID)), 1);
    record(w);
    turn(w);
    assert_string_equal(fake_waiting(w->db)->statement, "append_act");
    assert_int_equal(fake_waiting(w->db)->n, 12);
    fake_answer(w->db, DB_DONE, answer(1, 4));
    assert_int_equal(w->stale, 1); /* the registry is read before the next batch */
    turn(w);
    assert_int_equal(db_pending(w->db), 0);
    append_registry(w->append, 5, 0);
    turn(w);
    record(w);
    assert_int_equal(w->recorded, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_one_in_flight), TEST(test_chain_within_a_batch),
                                       TEST(test_limits),        TEST(test_reports),
                                       TEST(test_tail),          TEST(test_act_alone)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
