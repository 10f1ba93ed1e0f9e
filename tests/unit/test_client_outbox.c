/* SPDX-License-Identifier: BSD-2-Clause */
/* The outbox: what was signed is delivered exactly once, whatever is interrupted and wherever. */
#include "unit.h"

#include <fcntl.h>
#include <unistd.h>

#include "client/app.h"
#include "client/disk.h"
#include "client/outbox.h"
#include "common/statement.h"
#include "tests/fakes/client_world.h"

struct seen {
    size_t receipts, problems;
    char tasks[2048];
};

static void on_answer(void *data, const struct dsse *sent, int64_t seq, const json_t *receipt,
                      const json_t *problem)
{
    struct seen *s = data;

    (void)sent;
    (void)seq;
    s->receipts += receipt != NULL;
    s->problems += problem != NULL;
    if (receipt) {
        strcat(s->tasks, app_str(json_array_get(json_object_get(receipt, "outcomes"), 0), "task"));
        strcat(s->tasks, " ");
    }
}

static int setup(void **state)
{
    *state = world_new();
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    disk_stop_for_test(-1);
    world_free(&w);
    return 0;
}

static struct outbox *open_box(struct world *w)
{
    struct outbox *o = NULL;
    struct err e = {0};

    if (!outbox_open(w->home, &o, &e))
        fail_msg("%s: %s", e.code, e.text);
    return o;
}

static void add(struct outbox *o, const char *task)
{
    json_t *body = world_body(task);
    int64_t seq;
    struct err e = {0};

    if (!outbox_add(o, STATEMENT_TYPE("report"), body, &seq, &e))
        fail_msg("%s", e.text);
    json_decref(body);
}

static bool deliver(struct world *w, struct outbox *o, struct seen *s, struct err *e)
{
    struct deliver_peer peer = world_peer(w);
    struct deliver_result r;

    memset(s, 0, sizeof *s);
    return deliver_all(o, &peer, 3000, on_answer, s, &r, e);
}

static bool exists(const struct world *w, const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", w->dir, name);
    return access(path, F_OK) == 0;
}

static void test_delivers_in_order(void **state)
{
    struct world *w = *state;
    struct outbox *o = open_box(w);
    struct seen s;
    struct err e = {0};

    add(o, "p1/1");
    add(o, "p1/2");
    add(o, "p1/3");
    assert_true(exists(w, "outbox/2.dsse.json"));
    char *before = world_file(w, "outbox/2.dsse.json");
    assert_true(deliver(w, o, &s, &e));
    assert_int_equal(s.receipts, 3);
    assert_string_equal(s.tasks, "p1/1 p1/2 p1/3 ");
    assert_int_equal(w->requests, 1); /* one request for all */
    assert_false(exists(w, "outbox/2.dsse.json"));
    char *sent = world_file(w, "sent/2.dsse.json");
    assert_string_equal(before, sent);
    assert_true(exists(w, "receipts/2.tlog-proof"));
    assert_true(exists(w, "log.state"));
    free(before);
    free(sent);
    outbox_close(&o);
    o = open_box(w);
    assert_int_equal(o->len, 0);
    assert_int_equal(o->base_seq, 3);
    add(o, "p1/4");
    assert_int_equal(o->items[0].seq, 4);
    outbox_close(&o);
}

static void test_away_is_kept(void **state)
{
    struct world *w = *state;
    struct outbox *o = open_box(w);
    struct seen s;
    struct err e = {0};

    add(o, "p1/1");
    w->away = 1000;
    assert_false(deliver(w, o, &s, &e));
    assert_code(e, "away");
    assert_true(w->requests > 3); /* tried again */
    assert_true(w->slept_ms <= 3000);
    assert_true(exists(w, "outbox/1.dsse.json"));
    w->away = 0;
    assert_true(deliver(w, o, &s, &e));
    assert_int_equal(s.receipts, 1);
    outbox_close(&o);
}

static void test_busy_is_tried_again(void **state)
{
    struct world *w = *state;
    struct outbox *o = open_box(w);
    struct seen s;
    struct err e = {0};

    add(o, "p1/1");
    w->busy = 2;
    assert_true(deliver(w, o, &s, &e));
    assert_int_equal(w->requests, 3);
    assert_int_equal(w->sleeps, 2);
    outbox_close(&o);
}

static void test_lost_answer_gives_the_same_receipt(void **state)
{
    struct world *w = *state;
    struct outbox *o = open_box(w);
    struct seen s;
    struct err e = {0};

    add(o, "p1/1");
    w->lose_answer = 1;
    assert_true(deliver(w, o, &s, &e));
    assert_int_equal(w->size, 2); /* one entry besides the stranger's */
    outbox_close(&o);
}

static void test_set_aside_and_signed_anew(void **state)
{
    struct world *w = *state;
    struct outbox *o = open_box(w);
    struct seen s;
    struct err e = {0};

    add(o, "p1/1");
    add(o, "p1/bad");
    add(o, "p1/3");
    add(o, "p1/4");
    w->refuse_task = 1;
    assert_true(deliver(w, o, &s, &e));
    assert_int_equal(s.problems, 1);
    assert_string_equal(s.tasks, "p1/1 p1/3 p1/4 ");
    assert_int_equal(o->base_seq, 3);
    char *dir;
    assert_true(asprintf(&dir, "%s/outbox/refused", w->dir) > 0);
    assert_int_equal(disk_count(dir, ".statement.json"), 1);
    assert_int_equal(disk_count(dir, ".problem.json"), 1);
    free(dir);
    outbox_close(&o);
}

/* The certificate only carries: when the server will not have it, nothing is wrong with what was
 * written, and it goes out unchanged once the certificate is renewed. */
static void test_certificate_is_renewed(void **state)
{
    struct world *w = *state;
    struct outbox *o = open_box(w);
    struct seen s;
    struct err e = {0};

    add(o, "p1/1");
    add(o, "p1/2");
    char *before = world_file(w, "outbox/2.dsse.json");
    w->certificate = 2;
    assert_false(deliver(w, o, &s, &e));
    assert_code(e, "refused");
    assert_int_equal(s.problems, 0);
    assert_int_equal(o->len, 2);
    assert_false(exists(w, "outbox/refused"));
    w->certificate = 0;
    assert_true(deliver(w, o, &s, &e));
    assert_string_equal(s.tasks, "p1/1 p1/2 ");
    char *sent = world_file(w, "sent/2.dsse.json");
    assert_string_equal(before, sent);
    free(before);
    free(sent);
    outbox_close(&o);
}

static void test_resync_after_another_computer(void **state)
{
    struct world *w = *state;
    struct outbox *o = open_box(w);
    struct seen s;
    struct err e = {0};

    w->last_seq = 7; /* the server has seen more of this key */
    memset(w->last_id, 0x5A, DIGEST_SIZE);
    add(o, "p1/1");
    add(o, "p1/2");
    assert_true(deliver(w, o, &s, &e));
    assert_string_equal(s.tasks, "p1/1 p1/2 ");
    assert_int_equal(o->base_seq, 9);
    outbox_close(&o);
}

static void test_server_that_forgot_is_evidence(void **state)
{
    struct world *w = *state;
    struct outbox *o = open_box(w);
    struct seen s;
    struct err e = {0};

    add(o, "p1/1");
    assert_true(deliver(w, o, &s, &e));
    w->last_seq = 0; /* what it acknowledged is gone */
    memset(w->last_id, 0, DIGEST_SIZE);
    add(o, "p1/2");
    assert_false(deliver(w, o, &s, &e));
    assert_code(e, "evidence");
    assert_non_null(strstr(e.text, "receipts/1.tlog-proof"));
    assert_true(exists(w, "outbox/2.dsse.json"));
    outbox_close(&o);
}

static void test_bad_receipts_are_loud(void **state)
{
    for (int tamper = 1; tamper <= 5; tamper++) {
        struct world *w = world_new();
        struct outbox *o = open_box(w);
        struct seen s;
        struct err e = {0};
        char *dir;
        w->tamper = tamper;
        add(o, "p1/1");
        assert_false(deliver(w, o, &s, &e));
        assert_code(e, "evidence");
        assert_non_null(strstr(e.text, "/evidence/1-"));
        assert_true(exists(w, "outbox/1.dsse.json"));
        assert_false(exists(w, "receipts/1.tlog-proof"));
        assert_true(asprintf(&dir, "%s/evidence", w->dir) > 0);
        assert_int_equal(disk_count(dir, ".json"), 1);
        free(dir);
        outbox_close(&o);
        world_free(&w);
    }
    (void)state;
}

static void test_rewritten_log_is_loud(void **state)
{
    struct world *w = *state;
    struct outbox *o = open_box(w);
    struct seen s;
    struct err e = {0};

    add(o, "p1/1");
    assert_true(deliver(w, o, &s, &e));
    w->leaves[0][3] ^= 1; /* an old entry is changed */
    world_stranger(w);
    add(o, "p1/2");
    assert_false(deliver(w, o, &s, &e));
    assert_code(e, "evidence");
    outbox_close(&o);
}

static void test_answer_lost_after_crash(void **state)
{
    struct world *w = *state;
    struct outbox *o = open_box(w);
    struct seen s;
    struct err e = {0};
    char from[256], to[256];

    add(o, "p1/1");
    add(o, "p1/2");
    assert_true(deliver(w, o, &s, &e));
    outbox_close(&o);
    /* the receipt never came to disk: the statement waits again, below the base */
    snprintf(from, sizeof from, "%s/sent/1.dsse.json", w->dir);
    snprintf(to, sizeof to, "%s/outbox/1.dsse.json", w->dir);
    assert_int_equal(rename(from, to), 0);
    snprintf(from, sizeof from, "%s/receipts/1.tlog-proof", w->dir);
    assert_int_equal(unlink(from), 0);
    o = open_box(w);
    assert_int_equal(o->len, 1);
    add(o, "p1/3");
    assert_int_equal(o->items[1].seq, 3);
    assert_true(deliver(w, o, &s, &e));
    assert_string_equal(s.tasks, "p1/1 p1/3 ");
    assert_int_equal(o->base_seq, 3);
    assert_true(exists(w, "receipts/1.tlog-proof"));
    outbox_close(&o);
}

static void test_removed_file_is_a_gap(void **state)
{
    struct world *w = *state;
    struct outbox *o = open_box(w);
    struct seen s;
    struct err e = {0};
    char path[256];

    add(o, "p1/1");
    add(o, "p1/2");
    add(o, "p1/3");
    outbox_close(&o);
    snprintf(path, sizeof path, "%s/outbox/2.dsse.json", w->dir);
    assert_int_equal(unlink(path), 0);
    o = open_box(w);
    assert_int_equal(o->len, 2);
    assert_true(deliver(w, o, &s, &e));
    assert_string_equal(s.tasks, "p1/1 p1/3 ");
    outbox_close(&o);
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
        struct world *w = world_new();
        struct outbox *o = open_box(w);
        struct seen first, second;
        struct err e = {0};
        add(o, "p1/1");
        add(o, "p1/bad");
        add(o, "p1/3");
        add(o, "p1/4");
        w->refuse_task = 1;
        disk_stop_for_test(steps);
        bool whole = deliver(w, o, &first, &e);
        disk_stop_for_test(-1);
        outbox_close(&o);
        if (whole) {
            world_free(&w);
            break;
        }
        stopped++;
        assert_code(e, "stopped");
        o = open_box(w);
        assert_true(deliver(w, o, &second, &e));
        assert_int_equal(o->len, 0);
        outbox_close(&o);
        /* the server has each good one once, in order; nothing else */
        assert_int_equal(w->size, 1 + 3);
        assert_true(exists(w, "receipts/3.tlog-proof") && exists(w, "sent/3.dsse.json"));
        world_free(&w);
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
            struct world *w = world_new();
            struct outbox *o = open_box(w), *again = NULL;
            struct seen s;
            struct err e = {0};
            add(o, "p1/bad");
            add(o, "p1/2");
            add(o, "p1/3");
            w->refuse_task = 1;
            disk_stop_for_test(a);
            deliver(w, o, &s, &e);
            outbox_close(&o);
            disk_stop_for_test(b);
            if (outbox_open(w->home, &again, &e))
                outbox_close(&again);
            disk_stop_for_test(-1);
            o = open_box(w);
            assert_true(deliver(w, o, &s, &e));
            assert_int_equal(w->size, 1 + 2);
            outbox_close(&o);
            world_free(&w);
        }
    unmute(standard_error);
    (void)state;
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
    struct world *w = *state;
    struct outbox *o = NULL;
    struct err e = {0};
    char path[256];

    snprintf(path, sizeof path, "%s/sign.key", w->dir);
    assert_int_equal(unlink(path), 0);
    assert_false(outbox_open(w->home, &o, &e));
    assert_code(e, "key-file");
    assert_non_null(strstr(e.text, path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_delivers_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_away_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_busy_is_tried_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lost_answer_gives_the_same_receipt, setup, teardown),
        cmocka_unit_test_setup_teardown(test_set_aside_and_signed_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(test_certificate_is_renewed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_resync_after_another_computer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_server_that_forgot_is_evidence, setup, teardown),
        cmocka_unit_test(test_bad_receipts_are_loud),
        cmocka_unit_test_setup_teardown(test_rewritten_log_is_loud, setup, teardown),
        cmocka_unit_test_setup_teardown(test_answer_lost_after_crash, setup, teardown),
        cmocka_unit_test_setup_teardown(test_removed_file_is_a_gap, setup, teardown),
        cmocka_unit_test(test_every_crash_point),
        cmocka_unit_test(test_crash_during_recovery),
        cmocka_unit_test(test_backoff),
        cmocka_unit_test_setup_teardown(test_key_is_needed, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
