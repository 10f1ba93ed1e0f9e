/* SPDX-License-Identifier: BSD-2-Clause */
/* The alerter's steps against a fake database: due sleeps and polls, raise goes on while something
 * is due and never spins, materialise makes one slice at a time. */
#include "unit.h"

#include <event2/event.h>

#include "common/clock.h"
#include "daemon/alert/due.h"
#include "daemon/alert/materialise.h"
#include "daemon/alert/raise.h"
#include "tests/fakes/fake_db.h"

struct world {
    struct event_base *base;
    struct db *db;
    struct due *due;
    struct raise *raise;
    struct materialise *materialise;
    unsigned dues, polls, done;
    bool ok;
    int64_t raised, next, made, pending;
};

static void on_due(void *arg)
{
    ((struct world *)arg)->dues++;
}

static void on_poll(void *arg)
{
    ((struct world *)arg)->polls++;
}

static void on_raised(void *arg, bool ok, int64_t raised, int64_t next_us)
{
    struct world *w = arg;

    w->done++;
    w->ok = ok;
    w->raised = raised;
    w->next = next_us;
}

static void on_made(void *arg, bool ok, int64_t made, int64_t pending)
{
    struct world *w = arg;

    w->done++;
    w->ok = ok;
    w->made = made;
    w->pending = pending;
}

static int set_up(void **state)
{
    static const struct due_ops ops = {.on_due = on_due, .on_poll = on_poll};
    struct world *w = xcalloc(1, sizeof *w);

    w->base = event_base_new();
    w->db = db_new(NULL, NULL, NULL);
    w->due = due_new(w->base, &ops, w);
    w->raise = raise_new(on_raised, w);
    w->materialise = materialise_new(on_made, w);
    raise_set_db(w->raise, w->db);
    materialise_set_db(w->materialise, w->db);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    db_free(&w->db);
    due_free(&w->due);
    raise_free(&w->raise);
    materialise_free(&w->materialise);
    event_base_free(w->base);
    free(w);
    return 0;
}

static void run_for(struct world *w, int ms)
{
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};

    event_base_loopexit(w->base, &tv);
    event_base_dispatch(w->base);
}

/* Runs until *count is n, at most 10 s: a busy machine is late, never early. */
static void run_until(struct world *w, const unsigned *count, unsigned n)
{
    for (int i = 0; i < 2000 && *count < n; i++)
        run_for(w, 5);
    assert_int_equal(*count, n);
}

static struct db_result *raised(int64_t n, int64_t next)
{
    struct db_result *r = fake_result(1, 3);

    fake_int8(r, 0, 0, n);
    fake_int8(r, 0, 2, n * 100);
    if (next != DUE_NONE)
        fake_int8(r, 0, 1, next);
    return r;
}

static void test_due(void **state)
{
    struct world *w = *state;

    due_wait(w->due, 400000);
    run_for(w, 10);
    assert_int_equal(w->dues, 0);
    run_until(w, &w->dues, 1);
    assert_int_equal(w->polls, 0);
    due_wait(w->due, -5); /* overdue */
    run_until(w, &w->dues, 2);
}

static void test_due_polls(void **state)
{
    struct world *w = *state;

    due_wait(w->due, DUE_NONE);
    run_for(w, 50);
    assert_int_equal(w->polls, 0);
    due_hint(w->due);
    run_until(w, &w->polls, 1);
    due_wait(w->due, 3600000000LL); /* far: it looks each second all the same */
    run_until(w, &w->polls, 2);
    assert_int_equal(w->dues, 0);
    due_stop(w->due);
    due_hint(w->due); /* while somebody works */
    run_for(w, 20);
    assert_int_equal(w->polls, 2);
}

static void test_raise_until_none_is_due(void **state)
{
    struct world *w = *state;

    raise_run(w->raise, true);
    fake_answer(w->db, DB_DONE, raised(256, 0));
    assert_string_equal(fake_waiting(w->db)->statement, "breath");
    fake_answer(w->db, DB_DONE, fake_result(1, 1));
    assert_string_equal(fake_waiting(w->db)->statement, "raise");
    fake_answer(w->db, DB_DONE, raised(256, -7));
    fake_answer(w->db, DB_DONE, fake_result(1, 1));
    assert_int_equal(w->done, 0);
    fake_answer(w->db, DB_DONE, raised(3, 5000));
    assert_int_equal(w->done, 1);
    assert_true(w->ok);
    assert_int_equal(w->raised, 515);
    assert_int_equal(w->next, 5000);
}

static int items_asked(const struct world *w)
{
    const unsigned char *p = (const unsigned char *)fake_waiting(w->db)->arg[0].bytes;

    return p[2] << 8 | p[3];
}

/* A batch is as large as the log lock may be held for. */
static void test_raise_holds_the_lock_briefly(void **state)
{
    static const struct {
        int64_t n, held_us;
        int next;
    } batch[] = {{64, 6400, 128},   {128, 12800, 256}, {256, 25600, 256},
                 {256, 160000, 64}, {64, 640000, 8},   {8, 8000, 16},
                 {3, 900, 16},      {16, 1, 32},       {32, 64000, 20}};
    struct world *w = *state;

    raise_run(w->raise, true);
    assert_int_equal(items_asked(w), 64);
    for (size_t i = 0; i < sizeof batch / sizeof batch[0]; i++) {
        struct db_result *r = raised(batch[i].n, 0);

        fake_int8(r, 0, 2, batch[i].held_us);
        fake_answer(w->db, DB_DONE, r);
        fake_answer(w->db, DB_DONE, fake_result(1, 1)); /* breath */
        assert_int_equal(items_asked(w), batch[i].next);
    }
}

static void test_raise_asks_first(void **state)
{
    struct world *w = *state;
    struct db_result *r = fake_result(1, 1);

    raise_run(w->raise, false);
    assert_string_equal(fake_waiting(w->db)->statement, "next_due");
    fake_int8(r, 0, 0, 700);
    fake_answer(w->db, DB_DONE, r);
    assert_int_equal(w->next, 700);
    raise_run(w->raise, false);
    fake_answer(w->db, DB_DONE, fake_result(1, 1)); /* nothing on the agenda */
    assert_true(w->next == DUE_NONE);
    raise_run(w->raise, false);
    r = fake_result(1, 1);
    fake_int8(r, 0, 0, 0);
    fake_answer(w->db, DB_DONE, r);
    assert_string_equal(fake_waiting(w->db)->statement, "raise");
    fake_answer(w->db, DB_DONE, raised(1, DUE_NONE));
    assert_true(w->next == DUE_NONE);
}

/* Due, but the database could do nothing about it: there must be a pause. */
static void test_raise_never_spins(void **state)
{
    struct world *w = *state;

    raise_run(w->raise, true);
    fake_answer(w->db, DB_DONE, raised(0, -1));
    assert_int_equal(w->done, 1);
    assert_true(w->next >= 10000);
}

static void test_raise_fails(void **state)
{
    struct world *w = *state;

    raise_run(w->raise, true);
    fake_answer(w->db, DB_FAILED, fake_error("DB003", ""));
    assert_false(w->ok);
    raise_run(w->raise, true);
    fake_answer(w->db, DB_LOST, NULL);
    assert_false(w->ok);
    w->db->down = true;
    raise_run(w->raise, true);
    assert_int_equal(w->done, 3);
}

static void test_materialise(void **state)
{
    struct world *w = *state;

    materialise_slice(w->materialise);
    fake_answer(w->db, DB_DONE, raised(2000, 3));
    assert_true(w->ok);
    assert_int_equal(w->made, 2000);
    assert_int_equal(w->pending, 3);
    materialise_slice(w->materialise);
    fake_answer(w->db, DB_FAILED, fake_error("53100", ""));
    assert_false(w->ok);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_due),
                                       TEST(test_due_polls),
                                       TEST(test_raise_until_none_is_due),
                                       TEST(test_raise_holds_the_lock_briefly),
                                       TEST(test_raise_asks_first),
                                       TEST(test_raise_never_spins),
                                       TEST(test_raise_fails),
                                       TEST(test_materialise)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
