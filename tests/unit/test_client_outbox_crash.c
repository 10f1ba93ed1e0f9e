/* SPDX-License-Identifier: BSD-2-Clause */
/* The outbox: what was signed is delivered exactly once, whatever is interrupted and wherever. */
#include "outbox_fixture.h"

#include <fcntl.h>

/* Two are delivered, but the receipt of the first never came to disk: it waits again, below the
 * base. */
static void lose_first_receipt(struct sender *s)
{
    char from[256], to[256];

    add(s, "p1/1");
    add(s, "p1/2");
    assert_true(deliver(s));
    outbox_close(&s->o);
    snprintf(from, sizeof from, "%s/sent/1.dsse.json", s->w->dir);
    snprintf(to, sizeof to, "%s/outbox/1.dsse.json", s->w->dir);
    assert_int_equal(rename(from, to), 0);
    snprintf(from, sizeof from, "%s/receipts/1.tlog-proof", s->w->dir);
    assert_int_equal(unlink(from), 0);
    sender_open(s);
    assert_int_equal(s->o->len, 1);
}

static void test_answer_lost_after_crash(void **state)
{
    struct sender *s = *state;

    lose_first_receipt(s);
    add(s, "p1/3");
    assert_int_equal(s->o->items[1].seq, 3);
    assert_true(deliver(s));
    assert_string_equal(s->tasks, "p1/1 p1/3 ");
    assert_int_equal(s->o->base_seq, 3);
    assert_true(exists(s, "receipts/1.tlog-proof"));
}

/* The base never goes back: the next statement would take a place that is taken. */
static void test_old_receipt_leaves_the_base(void **state)
{
    struct sender *s = *state;

    lose_first_receipt(s);
    assert_true(deliver(s));
    assert_string_equal(s->tasks, "p1/1 ");
    assert_int_equal(s->o->base_seq, 2);
    add(s, "p1/3");
    assert_int_equal(s->o->items[0].seq, 3);
}

static void test_removed_file_is_a_gap(void **state)
{
    struct sender *s = *state;
    char path[256];

    add(s, "p1/1");
    add(s, "p1/2");
    add(s, "p1/3");
    outbox_close(&s->o);
    snprintf(path, sizeof path, "%s/outbox/2.dsse.json", s->w->dir);
    assert_int_equal(unlink(path), 0);
    sender_open(s);
    assert_int_equal(s->o->len, 2);
    assert_true(deliver(s));
    assert_string_equal(s->tasks, "p1/1 p1/3 ");
}

/* Hundreds of loud messages are expected here. */
static int mute(void)
{
    int kept = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);

    dup2(null, STDERR_FILENO);
    close(null);
    return kept;
}

static void unmute(int kept)
{
    dup2(kept, STDERR_FILENO);
    close(kept);
}

/* Stops after every number of durable steps, starts again, and counts what arrives. */
static void test_every_crash_point(void **state)
{
    size_t stopped = 0;
    int standard_error = mute();

    for (int steps = 0; steps < 60; steps++) {
        struct sender *s = sender_new();

        add(s, "p1/1");
        add(s, "p1/bad");
        add(s, "p1/3");
        add(s, "p1/4");
        s->w->refuse_task = 1;
        disk_stop_for_test(steps);
        bool whole = deliver(s);
        disk_stop_for_test(-1);
        outbox_close(&s->o);
        if (whole) {
            sender_free(&s);
            break;
        }
        stopped++;
        assert_code(s->e, "stopped");
        sender_open(s);
        assert_true(deliver(s));
        assert_int_equal(s->o->len, 0);
        outbox_close(&s->o);
        /* the server has each good one once, in order; nothing else */
        assert_int_equal(s->w->size, 1 + 3);
        assert_true(exists(s, "receipts/3.tlog-proof") && exists(s, "sent/3.dsse.json"));
        sender_free(&s);
    }
    unmute(standard_error);
    assert_true(stopped > 15);
    (void)state;
}

/* A crash while the second start is repairing what the first one left. */
static void test_crash_during_recovery(void **state)
{
    int standard_error = mute();

    for (int a = 0; a < 24; a++)
        for (int b = 0; b < 8; b++) {
            struct sender *s = sender_new();
            struct outbox *again = NULL;

            add(s, "p1/bad");
            add(s, "p1/2");
            add(s, "p1/3");
            s->w->refuse_task = 1;
            disk_stop_for_test(a);
            deliver(s);
            outbox_close(&s->o);
            disk_stop_for_test(b);
            if (outbox_open(s->w->home, &again, &s->e))
                outbox_close(&again);
            disk_stop_for_test(-1);
            sender_open(s);
            assert_true(deliver(s));
            assert_int_equal(s->w->size, 1 + 2);
            sender_free(&s);
        }
    unmute(standard_error);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_answer_lost_after_crash),
        TEST(test_old_receipt_leaves_the_base),
        TEST(test_removed_file_is_a_gap),
        cmocka_unit_test(test_every_crash_point),
        cmocka_unit_test(test_crash_during_recovery),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
