/* SPDX-License-Identifier: BSD-2-Clause */
/* Signs of life: what a proxy, a dead daemon or a restored backup cannot pretend. */
#include "client/alarm.h"
#include "client/app.h"
#include "client/heartbeat.h"
#include "unit.h"

#include "common/clock.h"
#include "common/cosignature.h"
#include "common/mem.h"

#define ORIGIN "duban.example/test/log1"
#define NOW 1650000000
#define SKEW 120

static struct key *keys[3]; /* two machines' log keys, and a stranger's */
static struct checkpoint_vkey vkeys[2];

static int set_up(void **state)
{
    struct err e;
    struct buf b = {0};

    (void)state;
    for (size_t i = 0; i < 3; i++)
        if (!key_generate(KEY_ED25519, &keys[i], &e))
            return -1;
    for (size_t i = 0; i < 2; i++) {
        buf_clear(&b);
        checkpoint_vkey_format(ORIGIN, keys[i], &b);
        if (!checkpoint_vkey_parse(b.data, b.len, &vkeys[i], &e))
            return -1;
    }
    buf_free(&b);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++)
        key_free(&keys[i]);
    for (size_t i = 0; i < 2; i++)
        checkpoint_vkey_clear(&vkeys[i]);
    return 0;
}

/* Note of a head by one key, with a cosignature by another and an instant. */
static void make(struct buf *note, uint64_t size, uint8_t root, size_t by, size_t co, int64_t at)
{
    struct checkpoint c = {.origin = ORIGIN, .size = size};
    struct buf line = {0};
    struct err e;

    memset(c.root, root, DIGEST_SIZE);
    buf_clear(note);
    assert_true(checkpoint_sign(&c, keys[by], note, &e));
    assert_true(cosignature_sign(note->data, note->len, ORIGIN, keys[co], at, &line, &e));
    buf_add(note, line.data, line.len);
    buf_free(&line);
}

static enum heartbeat_finding take(struct heartbeat *h, const struct buf *note, int64_t now)
{
    struct err why = {0};
    enum heartbeat_finding f = heartbeat_take(h, note->data, note->len, now * 1000000, &why);

    if (f >= HEARTBEAT_FORGED)
        assert_true(why.text[0] != '\0');
    return f;
}

static enum heartbeat_finding one(struct heartbeat *h, uint64_t size, uint8_t root, size_t by,
                                  int64_t at, int64_t now)
{
    struct buf note = {0};

    make(&note, size, root, by, by, at);
    enum heartbeat_finding f = take(h, &note, now);
    buf_free(&note);
    return f;
}

static struct heartbeat fresh(void)
{
    struct heartbeat h;

    heartbeat_start(&h, vkeys, 2, (int64_t)SKEW * 1000000);
    return h;
}

static void good_ones(void **state)
{
    struct heartbeat h = fresh();

    (void)state;
    assert_int_equal(one(&h, 10, 1, 0, NOW, NOW), HEARTBEAT_GOOD);
    assert_int_equal(one(&h, 10, 1, 0, NOW + 15, NOW + 15), HEARTBEAT_GOOD);
    assert_int_equal(one(&h, 12, 2, 0, NOW + 30, NOW + 30), HEARTBEAT_GOOD);
    assert_int_equal(one(&h, 12, 2, 0, NOW + 30, NOW + 31), HEARTBEAT_SAME);
    heartbeat_connected(&h); /* another machine, whose clock is a little behind */
    assert_int_equal(one(&h, 12, 2, 1, NOW + 20, NOW + 32), HEARTBEAT_GOOD);
}

static void forged_ones(void **state)
{
    struct heartbeat h = fresh();
    struct buf note = {0};
    struct checkpoint c = {.origin = ORIGIN, .size = 10};
    struct err e;

    (void)state;
    assert_int_equal(one(&h, 10, 1, 2, NOW, NOW), HEARTBEAT_FORGED); /* a stranger's key */
    make(&note, 10, 1, 0, 2, NOW); /* a true head with a stranger's instant */
    assert_int_equal(take(&h, &note, NOW), HEARTBEAT_FORGED);
    buf_clear(&note);
    assert_true(checkpoint_sign(&c, keys[0], &note, &e)); /* a true head without an instant */
    assert_int_equal(take(&h, &note, NOW), HEARTBEAT_FORGED);
    make(&note, 10, 1, 0, 0, NOW);
    note.data[note.len - 40] ^= 1; /* inside the signature on the instant */
    assert_int_equal(take(&h, &note, NOW), HEARTBEAT_FORGED);
    make(&note, 10, 1, 0, 0, NOW);
    note.data[strlen(ORIGIN) + 1] = '2'; /* another size */
    assert_int_equal(take(&h, &note, NOW), HEARTBEAT_FORGED);
    note.len = 0;
    assert_int_equal(take(&h, &note, NOW), HEARTBEAT_FORGED);
    assert_int_equal(h.newest.size, 0); /* nothing was learned from any of them */
    buf_free(&note);
}

/* The instant cannot be put before another head: it is signed with it. */
static void instant_of_another_head(void **state)
{
    struct heartbeat h = fresh();
    struct buf a = {0}, b = {0};

    (void)state;
    make(&a, 10, 1, 0, 0, NOW);
    make(&b, 11, 2, 0, 0, NOW - 5000);
    char *cut = strstr(b.data, "\n\n");
    char *mine = strstr(a.data, "\n\n");
    cut = strchr(cut + 2, '\n') + 1;   /* the cosignature of b … */
    mine = strchr(mine + 2, '\n') + 1; /* … in the place of a's */
    b.len = (size_t)(cut - b.data);
    buf_add(&b, mine, (size_t)(a.data + a.len - mine));
    assert_int_equal(take(&h, &b, NOW), HEARTBEAT_FORGED);
    buf_free(&a);
    buf_free(&b);
}

static void old_ones(void **state)
{
    struct heartbeat h = fresh();

    (void)state;
    assert_int_equal(one(&h, 10, 1, 0, NOW, NOW + SKEW + 1), HEARTBEAT_OFF);
    assert_int_equal(one(&h, 10, 1, 0, NOW + SKEW + 1, NOW), HEARTBEAT_OFF);
    assert_int_equal(one(&h, 10, 1, 0, NOW, NOW + SKEW), HEARTBEAT_GOOD);
    assert_int_equal(one(&h, 10, 1, 0, NOW + 15, NOW + 15), HEARTBEAT_GOOD);
    assert_int_equal(one(&h, 10, 1, 0, NOW, NOW + 16), HEARTBEAT_REPLAYED);
    assert_int_equal(one(&h, 10, 1, 0, NOW + 15, NOW + 40), HEARTBEAT_SAME);
}

static void shrunk_ones(void **state)
{
    struct heartbeat h = fresh();

    (void)state;
    assert_int_equal(one(&h, 10, 1, 0, NOW, NOW), HEARTBEAT_GOOD);
    assert_int_equal(one(&h, 9, 1, 0, NOW + 1, NOW + 1), HEARTBEAT_SHRUNK);
    assert_int_equal(one(&h, 10, 7, 0, NOW + 2, NOW + 2), HEARTBEAT_FORKED);
    /* another machine may be a moment behind, not longer */
    heartbeat_connected(&h);
    assert_int_equal(one(&h, 9, 1, 1, NOW + 3, NOW + 3), HEARTBEAT_BEHIND);
    assert_int_equal(one(&h, 10, 1, 1, NOW + 4, NOW + 4), HEARTBEAT_GOOD);
    assert_int_equal(one(&h, 12, 1, 0, NOW + 5, NOW + 5), HEARTBEAT_GOOD);
    assert_int_equal(one(&h, 11, 1, 1, NOW + 6, NOW + 6), HEARTBEAT_BEHIND);
    assert_int_equal(one(&h, 11, 1, 1, NOW + 7, NOW + 7), HEARTBEAT_SHRUNK);
}

static void remembered(void **state)
{
    struct heartbeat h = fresh();
    struct buf note = {0};

    (void)state;
    make(&note, 10, 1, 0, 0, NOW - 86400);
    heartbeat_remember(&h, note.data, note.len);
    assert_int_equal(h.newest.size, 10);
    assert_int_equal(one(&h, 9, 1, 0, NOW, NOW), HEARTBEAT_SHRUNK);
    make(&note, 99, 1, 2, 2, NOW); /* a file that somebody else wrote */
    heartbeat_remember(&h, note.data, note.len);
    assert_int_equal(h.newest.size, 10);
    buf_free(&note);
}

static void at(int64_t seconds)
{
    clock_set_for_test((NOW + seconds) * 1000000, (1000 + seconds) * 1000000);
}

static void silence(void **state)
{
    struct alarm a = {.silence_us = 10 * 1000000, .once = true};

    (void)state;
    at(0);
    alarm_start(&a);
    for (int i = 1; i <= 10; i++) {
        at(i);
        alarm_tick(&a);
    }
    assert_false(a.leave);
    alarm_good(&a);
    for (int i = 11; i <= 20; i++) {
        at(i);
        alarm_tick(&a);
    }
    assert_false(a.leave);
    at(21);
    alarm_tick(&a);
    assert_true(a.leave);
    assert_int_equal(a.status, APP_SILENT);
    clock_set_for_test(-1, -1);
}

/* A computer that slept has not listened: that is not the server's silence. */
static void absence(void **state)
{
    struct alarm a = {.silence_us = 10 * 1000000, .once = true};

    (void)state;
    at(0);
    alarm_start(&a);
    at(9);
    alarm_tick(&a);
    at(9 + 7200);
    alarm_tick(&a);
    assert_false(a.leave);
    at(9 + 7210);
    alarm_tick(&a);
    at(9 + 7212);
    alarm_tick(&a);
    assert_false(a.leave);
    for (int i = 0; i < 12; i++) {
        at(9 + 7212 + i);
        alarm_tick(&a);
    }
    assert_true(a.leave);
    clock_set_for_test(-1, -1);
}

/* Told once, again after an hour, and anew after recovery. */
static void told_once(void **state)
{
    struct alarm a = {0};

    (void)state;
    at(0);
    alarm_start(&a);
    alarm_raise(&a, ALARM_FORGED, "test");
    int64_t first = a.told[ALARM_FORGED];
    at(15);
    alarm_raise(&a, ALARM_FORGED, "test");
    assert_int_equal(a.told[ALARM_FORGED], first);
    at(3700);
    alarm_raise(&a, ALARM_FORGED, "test");
    assert_true(a.told[ALARM_FORGED] > first);
    alarm_good(&a);
    assert_int_equal(a.told[ALARM_FORGED], 0);
    clock_set_for_test(-1, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_ones),
        cmocka_unit_test(forged_ones),
        cmocka_unit_test(instant_of_another_head),
        cmocka_unit_test(old_ones),
        cmocka_unit_test(shrunk_ones),
        cmocka_unit_test(remembered),
        cmocka_unit_test(silence),
        cmocka_unit_test(absence),
        cmocka_unit_test(told_once),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
