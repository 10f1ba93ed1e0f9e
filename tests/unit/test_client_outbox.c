/* SPDX-License-Identifier: BSD-2-Clause */
/* The outbox before a server that is away, busy, forgetful or dishonest: each statement is
 * delivered once, and what is not right is said aloud. */
#include "outbox_fixture.h"

static void test_delivers_in_order(void **state)
{
    struct sender *s = *state;

    add(s, "p1/1");
    add(s, "p1/2");
    add(s, "p1/3");
    assert_true(exists(s, "outbox/2.dsse.json"));
    char *before = world_file(s->w, "outbox/2.dsse.json");
    assert_true(deliver(s));
    assert_int_equal(s->receipts, 3);
    assert_string_equal(s->tasks, "p1/1 p1/2 p1/3 ");
    assert_int_equal(s->w->requests, 1); /* one request for all */
    assert_false(exists(s, "outbox/2.dsse.json"));
    char *sent = world_file(s->w, "sent/2.dsse.json");
    assert_string_equal(before, sent);
    assert_true(exists(s, "receipts/2.tlog-proof"));
    assert_true(exists(s, "log.state"));
    free(before);
    free(sent);
    outbox_close(&s->o);
    sender_open(s);
    assert_int_equal(s->o->len, 0);
    assert_int_equal(s->o->base_seq, 3);
    add(s, "p1/4");
    assert_int_equal(s->o->items[0].seq, 4);
}

static void test_away_is_kept(void **state)
{
    struct sender *s = *state;

    add(s, "p1/1");
    s->w->away = 1000;
    assert_false(deliver(s));
    assert_code(s->e, "away");
    assert_true(s->w->requests > 3); /* tried again */
    assert_true(s->w->slept_ms <= 3000);
    assert_true(exists(s, "outbox/1.dsse.json"));
    s->w->away = 0;
    assert_true(deliver(s));
    assert_int_equal(s->receipts, 1);
}

static void test_busy_is_tried_again(void **state)
{
    struct sender *s = *state;

    add(s, "p1/1");
    s->w->busy = 2;
    assert_true(deliver(s));
    assert_int_equal(s->w->requests, 3);
    assert_int_equal(s->w->sleeps, 2);
}

static void test_lost_answer_gives_the_same_receipt(void **state)
{
    struct sender *s = *state;

    add(s, "p1/1");
    s->w->lose_answer = 1;
    assert_true(deliver(s));
    assert_int_equal(s->w->size, 2); /* one entry besides the stranger's */
}

static void test_set_aside_and_signed_anew(void **state)
{
    struct sender *s = *state;

    add(s, "p1/1");
    add(s, "p1/bad");
    add(s, "p1/3");
    add(s, "p1/4");
    s->w->refuse_task = 1;
    assert_true(deliver(s));
    assert_int_equal(s->problems, 1);
    assert_string_equal(s->tasks, "p1/1 p1/3 p1/4 ");
    assert_int_equal(s->o->base_seq, 3);
    assert_int_equal(count_in(s, "outbox/refused", ".statement.json"), 1);
    assert_int_equal(count_in(s, "outbox/refused", ".problem.json"), 1);
}

/* The certificate only carries: when the server will not have it, nothing is wrong with what was
 * written, and it goes out unchanged once the certificate is renewed. */
static void test_certificate_is_renewed(void **state)
{
    struct sender *s = *state;

    add(s, "p1/1");
    add(s, "p1/2");
    char *before = world_file(s->w, "outbox/2.dsse.json");
    s->w->certificate = 2;
    assert_false(deliver(s));
    assert_code(s->e, "refused");
    assert_int_equal(s->problems, 0);
    assert_int_equal(s->o->len, 2);
    assert_false(exists(s, "outbox/refused"));
    s->w->certificate = 0;
    assert_true(deliver(s));
    assert_string_equal(s->tasks, "p1/1 p1/2 ");
    char *sent = world_file(s->w, "sent/2.dsse.json");
    assert_string_equal(before, sent);
    free(before);
    free(sent);
}

static void test_resync_after_another_computer(void **state)
{
    struct sender *s = *state;

    s->w->last_seq = 7; /* the server has seen more of this key */
    memset(s->w->last_id, 0x5A, DIGEST_SIZE);
    add(s, "p1/1");
    add(s, "p1/2");
    assert_true(deliver(s));
    assert_string_equal(s->tasks, "p1/1 p1/2 ");
    assert_int_equal(s->o->base_seq, 9);
}

static void test_server_that_forgot_is_evidence(void **state)
{
    struct sender *s = *state;

    add(s, "p1/1");
    assert_true(deliver(s));
    s->w->last_seq = 0; /* what it acknowledged is gone */
    memset(s->w->last_id, 0, DIGEST_SIZE);
    add(s, "p1/2");
    assert_false(deliver(s));
    assert_code(s->e, "evidence");
    assert_non_null(strstr(s->e.text, "receipts/1.tlog-proof"));
    assert_true(exists(s, "outbox/2.dsse.json"));
}

static void test_bad_receipts_are_loud(void **state)
{
    for (int tamper = 1; tamper <= 5; tamper++) {
        struct sender *s = sender_new();

        s->w->tamper = tamper;
        add(s, "p1/1");
        assert_false(deliver(s));
        assert_code(s->e, "evidence");
        assert_non_null(strstr(s->e.text, "/evidence/1-"));
        assert_true(exists(s, "outbox/1.dsse.json"));
        assert_false(exists(s, "receipts/1.tlog-proof"));
        assert_int_equal(count_in(s, "evidence", ".json"), 1);
        sender_free(&s);
    }
    (void)state;
}

static void test_rewritten_log_is_loud(void **state)
{
    struct sender *s = *state;

    add(s, "p1/1");
    assert_true(deliver(s));
    s->w->leaves[0][3] ^= 1; /* an old entry is changed */
    world_stranger(s->w);
    add(s, "p1/2");
    assert_false(deliver(s));
    assert_code(s->e, "evidence");
}

static void test_backoff(void **state)
{
    (void)state;
    for (unsigned attempt = 0; attempt < 40; attempt++) {
        int64_t top = 200;
        for (unsigned i = 0; i < attempt && top < 30000; i++)
            top *= 2;
        if (top > 30000)
            top = 30000;
        for (uint32_t r = 1; r < 4000000000u; r += 123456789u) {
            int64_t d = deliver_delay_ms(attempt, 0, r);
            assert_true(d >= 0 && d <= top);
        }
    }
    assert_true(deliver_delay_ms(0, 5, 0) >= 5000);
}

static void test_key_is_needed(void **state)
{
    struct sender *s = *state;
    char path[256];

    outbox_close(&s->o);
    snprintf(path, sizeof path, "%s/sign.key", s->w->dir);
    assert_int_equal(unlink(path), 0);
    assert_false(outbox_open(s->w->home, &s->o, &s->e));
    assert_code(s->e, "key-file");
    assert_non_null(strstr(s->e.text, path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_delivers_in_order),
        TEST(test_away_is_kept),
        TEST(test_busy_is_tried_again),
        TEST(test_lost_answer_gives_the_same_receipt),
        TEST(test_set_aside_and_signed_anew),
        TEST(test_certificate_is_renewed),
        TEST(test_resync_after_another_computer),
        TEST(test_server_that_forgot_is_evidence),
        cmocka_unit_test(test_bad_receipts_are_loud),
        TEST(test_rewritten_log_is_loud),
        cmocka_unit_test(test_backoff),
        TEST(test_key_is_needed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
