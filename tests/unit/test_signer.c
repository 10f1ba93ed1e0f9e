/* SPDX-License-Identifier: BSD-2-Clause */
/* The signer's role over real links: one answer for each request, exact sizes, several receivers
 * out of order, a missing range, a fork, drain. */
#include "unit.h"

#include <event2/event.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/checkpoint.h"
#include "common/clock.h"
#include "common/cosignature.h"
#include "common/mem.h"
#include "daemon/child.h"
#include "daemon/link.h"
#include "daemon/settings.h"
#include "daemon/sign/head.h"
#include "daemon/sign/signer.h"

#define ORIGIN "duban.example/city/log1"
#define LEAVES 4000

struct answered {
    unsigned type;
    struct sign_answer a;
    uint64_t signed_size;
    int64_t seconds; /* of a sign of life */
};

/* A receiver. */
struct far {
    struct link *link;
    struct answered answer[8];
    size_t n;
    bool closed;
};

struct fixture {
    struct event_base *base;
    struct child child;
    struct settings settings;
    struct far far[2];
    struct checkpoint_vkey vkey;
    char dir[32];
    uint8_t leaf[LEAVES][DIGEST_SIZE];
};

static struct checkpoint_vkey *vkey; /* for on_message */

static void on_message(struct link *l, void *ctx, unsigned type, const uint8_t *data, size_t n,
                       int fd)
{
    struct far *f = ctx;
    struct answered *a = &f->answer[f->n++];

    (void)l;
    assert_int_equal(fd, -1);
    assert_true(f->n <= LEN(f->answer));
    a->type = type;
    if (type == LINK_PULSE) {
        struct checkpoint c;
        struct err e = {0};
        size_t by = 9;
        if (!cosignature_open((const char *)data, n, vkey, 1, &c, &a->seconds, &by, &e))
            fail_msg("%s", e.text);
        a->signed_size = c.size;
        return;
    }
    assert_true(sign_answer_decode(type, data, n, &a->a));
    if (type == LINK_HEAD) {
        struct checkpoint c;
        struct err e = {0};
        if (!checkpoint_open(a->a.note, a->a.note_len, vkey, 1, &c, &e))
            fail_msg("%s", e.text);
        assert_int_equal(c.size, a->a.size);
    }
    a->a.note = NULL;
}

static void on_close(struct link *l, void *ctx)
{
    struct far *f = ctx;

    f->closed = true;
    if (l == f->link) /* not one that was replaced */
        link_free(&f->link);
}

static void connect_far(struct fixture *f, unsigned i)
{
    static const struct link_ops ops = {on_message, on_close};
    int fd[2];

    assert_true(link_pair(fd));
    f->far[i].link = link_new(f->base, fd[0], &ops, &f->far[i]);
    f->child.on_peer(&f->child, i + 1, fd[1]);
}

static void start(struct fixture *f, struct key *k)
{
    struct err e = {0};

    memset(&f->child, 0, sizeof(f->child));
    f->child.settings = &f->settings;
    f->child.base = f->base;
    f->child.log_key = k;
    if (!signer_start(&f->child, &e))
        fail_msg("%s", e.text);
    assert_null(f->child.log_key);
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    struct key *k = NULL;
    struct buf text = {0};

    strcpy(f->dir, "/tmp/signer-XXXXXX");
    if (mkdtemp(f->dir) == NULL || !key_generate(KEY_ED25519, &k, NULL))
        return -1;
    checkpoint_vkey_format(ORIGIN, k, &text);
    if (!checkpoint_vkey_parse(text.data, text.len, &f->vkey, NULL))
        return -1;
    buf_free(&text);
    vkey = &f->vkey;
    f->settings.origin = xstrdup(ORIGIN);
    f->settings.signer_state = xasprintf("%s/state", f->dir);
    f->base = child_base();
    for (size_t i = 0; i < LEAVES; i++)
        merkle_leaf(&i, sizeof(i), f->leaf[i]);
    start(f, k);
    connect_far(f, 0);
    connect_far(f, 1);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char *lock = xasprintf("%s.lock", f->settings.signer_state);

    signer_stop(&f->child);
    link_free(&f->far[0].link);
    link_free(&f->far[1].link);
    event_base_free(f->base);
    unlink(f->settings.signer_state);
    unlink(lock);
    free(lock);
    rmdir(f->dir);
    free(f->settings.origin);
    free(f->settings.signer_state);
    checkpoint_vkey_clear(&f->vkey);
    free(f);
    return 0;
}

static void ask(struct fixture *f, unsigned far, uint64_t from, uint64_t to)
{
    struct sign_request r = {.old_size = from,
                             .new_size = to,
                             .leaves = (const uint8_t(*)[DIGEST_SIZE])(f->leaf + from)};
    struct buf b = {0};

    assert_true(sign_request_encode(&r, &b));
    assert_true(link_send(f->far[far].link, LINK_SIGN, b.data, b.len, -1));
    buf_free(&b);
}

/* Until both together have n answers; at most some seconds. */
static void run_until(struct fixture *f, size_t n)
{
    int64_t end = clock_mono() + 5000000;

    while (f->far[0].n + f->far[1].n < n && clock_mono() < end)
        if (event_base_loop(f->base, EVLOOP_NONBLOCK) == 0)
            usleep(500);
    assert_int_equal(f->far[0].n + f->far[1].n, n);
}

static void assert_head(const struct answered *a, uint64_t old_size, uint64_t new_size,
                        uint64_t size)
{
    assert_int_equal(a->type, LINK_HEAD);
    assert_int_equal(a->a.old_size, old_size);
    assert_int_equal(a->a.new_size, new_size);
    assert_int_equal(a->a.size, size);
}

static void test_one(void **state)
{
    struct fixture *f = *state;

    ask(f, 0, 0, 5);
    run_until(f, 1);
    assert_head(&f->far[0].answer[0], 0, 5, 5);
}

/* Several in one turn: one write, but a head of exactly its size for each. */
static void test_coalesced(void **state)
{
    struct fixture *f = *state;

    ask(f, 0, 0, 5);
    ask(f, 0, 5, 9);
    ask(f, 0, 9, 2000);
    run_until(f, 3);
    assert_head(&f->far[0].answer[0], 0, 5, 5);
    assert_head(&f->far[0].answer[1], 5, 9, 9);
    assert_head(&f->far[0].answer[2], 9, 2000, 2000);
}

/* The receiver that committed second asks first: it waits for the other instead of fetching. */
static void test_out_of_order(void **state)
{
    struct fixture *f = *state;

    ask(f, 1, 5, 9);
    for (int i = 0; i < 3; i++)
        event_base_loop(f->base, EVLOOP_NONBLOCK);
    assert_int_equal(f->far[1].n, 0);
    ask(f, 0, 0, 5);
    run_until(f, 2);
    assert_head(&f->far[0].answer[0], 0, 5, 5);
    assert_head(&f->far[1].answer[0], 5, 9, 9);
}

static void test_need(void **state)
{
    struct fixture *f = *state;
    const struct answered *a = f->far[0].answer;

    ask(f, 0, 0, 5);
    run_until(f, 1);
    ask(f, 0, 100, 110);
    run_until(f, 2);
    assert_int_equal(a[1].type, LINK_NEED);
    assert_int_equal(a[1].a.new_size, 110);
    assert_int_equal(a[1].a.from, 5);
    assert_int_equal(a[1].a.to, 100);
    ask(f, 0, 5, 110);
    run_until(f, 3);
    assert_head(&a[2], 5, 110, 110);
}

/* Older than the tree: the newest head, which says how far it goes. */
static void test_behind(void **state)
{
    struct fixture *f = *state;

    ask(f, 0, 0, 50);
    run_until(f, 1);
    ask(f, 1, 20, 30);
    ask(f, 1, 0, 0);
    run_until(f, 3);
    assert_head(&f->far[1].answer[0], 20, 30, 50);
    assert_head(&f->far[1].answer[1], 0, 0, 50);
}

static void test_fork(void **state)
{
    struct fixture *f = *state;
    struct sign_request r = {
        .old_size = 5, .new_size = 6, .leaves = (const uint8_t(*)[DIGEST_SIZE])f->leaf};
    struct buf b = {0};

    ask(f, 0, 0, 5);
    run_until(f, 1);
    memset(r.root, 1, sizeof(r.root));
    assert_true(sign_request_encode(&r, &b));
    assert_true(link_send(f->far[0].link, LINK_SIGN, b.data, b.len, -1));
    run_until(f, 2);
    assert_int_equal(f->far[0].answer[1].type, LINK_REFUSED);
    assert_int_equal(f->far[0].answer[1].a.refusal, SIGN_REFUSED_FORK);
    buf_free(&b);
}

/* A receiver that talks nonsense loses its link; the others go on. */
static void test_nonsense(void **state)
{
    struct fixture *f = *state;

    assert_true(link_send(f->far[1].link, LINK_SIGN, "x", 1, -1));
    ask(f, 0, 0, 5);
    run_until(f, 1);
    for (int i = 0; i < 10; i++)
        event_base_loop(f->base, EVLOOP_NONBLOCK);
    assert_true(f->far[1].closed);
    assert_head(&f->far[0].answer[0], 0, 5, 5);
}

/* A receiver was restarted: its fresh link takes the place of the one before. */
static void test_fresh_link(void **state)
{
    struct fixture *f = *state;
    struct link *old = f->far[0].link;

    connect_far(f, 0);
    ask(f, 0, 0, 5);
    run_until(f, 1);
    assert_head(&f->far[0].answer[0], 0, 5, 5);
    link_free(&old);
}

/* The state file is in the way of a directory: nothing is signed, the receiver is told, and when
 * the fault is gone it goes on. */
static void test_disk(void **state)
{
    struct fixture *f = *state;
    char away[64];

    snprintf(away, sizeof(away), "%s.away", f->dir);
    assert_int_equal(rename(f->dir, away), 0);
    ask(f, 0, 0, 5);
    run_until(f, 1);
    assert_int_equal(f->far[0].answer[0].type, LINK_REFUSED);
    assert_int_equal(f->far[0].answer[0].a.refusal, SIGN_REFUSED_STATE);
    assert_int_equal(rename(away, f->dir), 0);
    ask(f, 0, 0, 5);
    run_until(f, 2);
    assert_head(&f->far[0].answer[1], 0, 5, 5);
}

/* A sign of life: the newest head, signed with this second, and never more than is in the file. */
static void test_pulse(void **state)
{
    struct fixture *f = *state;
    int64_t before = clock_real() / 1000000;

    ask(f, 0, 0, 5);
    run_until(f, 1);
    assert_true(link_send(f->far[1].link, LINK_PULSE, NULL, 0, -1));
    run_until(f, 2);
    assert_int_equal(f->far[1].answer[0].type, LINK_PULSE);
    assert_int_equal(f->far[1].answer[0].signed_size, 5);
    assert_true(f->far[1].answer[0].seconds >= before);
    assert_true(f->far[1].answer[0].seconds <= clock_real() / 1000000);
}

/* What waits is answered before it leaves. */
static void test_drain(void **state)
{
    struct fixture *f = *state;

    ask(f, 0, 7, 9);
    event_base_loop(f->base, EVLOOP_NONBLOCK);
    child_drain(&f->child);
    assert_true(f->child.leave);
    assert_int_equal(f->child.exit_code, 0);
    run_until(f, 1);
    assert_int_equal(f->far[0].answer[0].type, LINK_NEED);
}

#define SIGNER_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SIGNER_TEST(test_one),      SIGNER_TEST(test_coalesced),  SIGNER_TEST(test_out_of_order),
        SIGNER_TEST(test_need),     SIGNER_TEST(test_behind),     SIGNER_TEST(test_fork),
        SIGNER_TEST(test_nonsense), SIGNER_TEST(test_fresh_link), SIGNER_TEST(test_disk),
        SIGNER_TEST(test_drain),    SIGNER_TEST(test_pulse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
