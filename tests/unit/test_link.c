/* SPDX-License-Identifier: BSD-2-Clause */
/* Links: messages whole and in order whatever their size, descriptors with the right message,
 * bounds, the other end's death. And the messages between receiver and signer. */
#include "unit.h"

#include <event2/event.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"
#include "daemon/link.h"
#include "daemon/sign_message.h"

struct end {
    struct link *link;
    unsigned messages, closes;
    size_t bytes;
    unsigned last_type;
    int fd[8];
    unsigned fds;
    bool wrong, free_on_message;
};

static void on_message(struct link *l, void *ctx, unsigned type, const uint8_t *data, size_t n,
                       int fd)
{
    struct end *e = ctx;

    (void)l;
    /* each byte of message m is m: shows order and completeness */
    for (size_t i = 0; i < n; i++)
        e->wrong = e->wrong || data[i] != (uint8_t)e->messages;
    e->messages++;
    e->bytes += n;
    e->last_type = type;
    if (fd >= 0)
        e->fd[e->fds++] = fd;
    if (e->free_on_message)
        link_free(&e->link);
}

static void on_close(struct link *l, void *ctx)
{
    struct end *e = ctx;

    assert_ptr_equal(l, e->link);
    e->closes++;
    link_free(&e->link);
}

static const struct link_ops ops = {on_message, on_close};

struct pair {
    struct event_base *base;
    struct end a, b;
};

static void setup(struct pair *p)
{
    int fd[2];

    memset(p, 0, sizeof(*p));
    p->base = event_base_new();
    assert_non_null(p->base);
    assert_true(link_pair(fd));
    assert_true((fcntl(fd[0], F_GETFD) & FD_CLOEXEC) != 0);
    p->a.link = link_new(p->base, fd[0], &ops, &p->a);
    p->b.link = link_new(p->base, fd[1], &ops, &p->b);
}

static void run(struct pair *p)
{
    for (int i = 0; i < 200; i++)
        event_base_loop(p->base, EVLOOP_NONBLOCK);
}

static void teardown(struct pair *p)
{
    link_free(&p->a.link);
    link_free(&p->b.link);
    event_base_free(p->base);
}

static void test_sizes(void **state)
{
    static const size_t sizes[] = {0, 1, 7, 8, 4096, 65536, 300000, LINK_MESSAGE_MAX, 3};
    struct pair p;
    size_t total = 0;

    (void)state;
    setup(&p);
    for (size_t i = 0; i < LEN(sizes); i++) {
        char *m = xmalloc(sizes[i] + 1);
        memset(m, (int)i, sizes[i] + 1);
        assert_true(link_send(p.a.link, (unsigned)i + 1, m, sizes[i], -1));
        free(m);
        total += sizes[i];
    }
    assert_true(link_unsent(p.a.link) > 0);
    run(&p);
    assert_int_equal(link_unsent(p.a.link), 0);
    assert_int_equal(p.b.messages, LEN(sizes));
    assert_int_equal(p.b.bytes, total);
    assert_int_equal(p.b.last_type, LEN(sizes));
    assert_false(p.b.wrong);
    teardown(&p);
}

/* Descriptors arrive with their own message, also behind output that has to wait. */
static void test_descriptors(void **state)
{
    struct pair p;
    char big[200000];
    int pipes[3][2];
    char c;

    (void)state;
    setup(&p);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pipe(pipes[i]), 0);
        memset(big, 2 * i, sizeof(big));
        assert_true(link_send(p.a.link, 1, big, sizeof(big), -1));
        c = (char)(2 * i + 1);
        assert_true(link_send(p.a.link, LINK_PEER, &c, 1, pipes[i][1]));
        close(pipes[i][1]);
    }
    run(&p);
    assert_int_equal(p.b.messages, 6);
    assert_false(p.b.wrong);
    assert_int_equal(p.b.fds, 3);
    for (int i = 0; i < 3; i++) {
        char out = (char)('a' + i);
        assert_true((fcntl(p.b.fd[i], F_GETFD) & FD_CLOEXEC) != 0);
        assert_int_equal(write(p.b.fd[i], &out, 1), 1);
        assert_int_equal(read(pipes[i][0], &c, 1), 1);
        assert_int_equal(c, out);
        close(p.b.fd[i]);
        /* ours was a duplicate and is closed: now nobody holds the writing end */
        assert_int_equal(read(pipes[i][0], &c, 1), 0);
        close(pipes[i][0]);
    }
    teardown(&p);
}

static void test_bounds(void **state)
{
    struct pair p;
    char *big = xcalloc(1, LINK_MESSAGE_MAX + 1);
    unsigned sent = 0;

    (void)state;
    setup(&p);
    assert_false(link_send(p.a.link, 1, big, LINK_MESSAGE_MAX + 1, -1));
    while (link_send(p.a.link, 1, big, LINK_MESSAGE_MAX, -1))
        sent++;
    assert_in_range(sent, 7, 9);
    assert_true(link_unsent(p.a.link) <= LINK_QUEUE_MAX);
    free(big);
    teardown(&p);
}

static void test_death(void **state)
{
    struct pair p;

    (void)state;
    setup(&p);
    assert_true(link_send(p.a.link, 1, "\0", 1, -1));
    link_free(&p.a.link);
    run(&p);
    /* what was sent before counts, then the end is told once */
    assert_int_equal(p.b.messages, 1);
    assert_int_equal(p.b.closes, 1);
    teardown(&p);
}

/* A sender learns of the death from the loop, not inside link_send(). */
static void test_send_to_dead(void **state)
{
    struct pair p;

    (void)state;
    setup(&p);
    link_free(&p.b.link);
    assert_false(link_send(p.a.link, 1, "x", 1, -1));
    assert_int_equal(p.a.closes, 0);
    run(&p);
    assert_int_equal(p.a.closes, 1);
    teardown(&p);
}

static void test_free_inside(void **state)
{
    struct pair p;

    (void)state;
    setup(&p);
    p.b.free_on_message = true;
    assert_true(link_send(p.a.link, 1, NULL, 0, -1));
    assert_true(link_send(p.a.link, 2, NULL, 0, -1));
    run(&p);
    assert_int_equal(p.b.messages, 1);
    assert_int_equal(p.b.closes, 0);
    assert_int_equal(p.a.closes, 1);
    teardown(&p);
}

/* Bytes that are no message: the link ends, nothing is handed over. */
static void test_garbage(void **state)
{
    static const uint32_t headers[][2] = {{0xFFFFFFFF, 1},
                                          {(uint32_t)LINK_MESSAGE_MAX + 1, 1},
                                          {0, 0x80000001}}; /* says it has a descriptor */

    (void)state;
    for (size_t i = 0; i < LEN(headers); i++) {
        struct end e = {0};
        struct event_base *base = event_base_new();
        int fd[2];
        assert_true(link_pair(fd));
        e.link = link_new(base, fd[0], &ops, &e);
        assert_int_equal(send(fd[1], headers[i], sizeof(headers[i]), 0), sizeof(headers[i]));
        for (int n = 0; n < 10; n++)
            event_base_loop(base, EVLOOP_NONBLOCK);
        assert_int_equal(e.messages, 0);
        assert_int_equal(e.closes, 1);
        close(fd[1]);
        event_base_free(base);
    }
}

static void test_request_form(void **state)
{
    uint8_t leaves[3][DIGEST_SIZE];
    struct sign_request r = {.old_size = 5, .new_size = 8};
    struct sign_request out;
    struct buf b = {0};

    (void)state;
    memset(leaves, 7, sizeof(leaves));
    memset(r.root, 9, sizeof(r.root));
    r.leaves = (const uint8_t(*)[DIGEST_SIZE])leaves;
    assert_true(sign_request_encode(&r, &b));
    assert_true(sign_request_decode((const uint8_t *)b.data, b.len, &out));
    assert_int_equal(out.old_size, 5);
    assert_int_equal(out.new_size, 8);
    assert_memory_equal(out.root, r.root, DIGEST_SIZE);
    assert_memory_equal(out.leaves, leaves, sizeof(leaves));
    for (size_t n = 0; n < b.len; n++)
        assert_false(sign_request_decode((const uint8_t *)b.data, n, &out));
    buf_add(&b, "", 1);
    assert_false(sign_request_decode((const uint8_t *)b.data, b.len, &out));
    r.new_size = 4;
    assert_false(sign_request_encode(&r, &b));
    r.new_size = 5 + SIGN_LEAVES_MAX + 1;
    assert_false(sign_request_encode(&r, &b));
    buf_free(&b);
}

static void test_answer_form(void **state)
{
    struct sign_answer a = {.old_size = 1, .new_size = 2, .size = 3, .note = "note", .note_len = 4};
    struct sign_answer out;
    struct buf b = {0};

    (void)state;
    assert_true(sign_answer_encode(LINK_HEAD, &a, &b));
    assert_true(sign_answer_decode(LINK_HEAD, (const uint8_t *)b.data, b.len, &out));
    assert_int_equal(out.size, 3);
    assert_int_equal(out.note_len, 4);
    assert_memory_equal(out.note, "note", 4);
    assert_false(sign_answer_decode(LINK_NEED, (const uint8_t *)b.data, b.len, &out));
    buf_clear(&b);
    a.refusal = SIGN_REFUSED_FORK;
    assert_true(sign_answer_encode(LINK_REFUSED, &a, &b));
    assert_true(sign_answer_decode(LINK_REFUSED, (const uint8_t *)b.data, b.len, &out));
    assert_int_equal(out.refusal, SIGN_REFUSED_FORK);
    assert_false(sign_answer_decode(LINK_SIGN, (const uint8_t *)b.data, b.len, &out));
    buf_clear(&b);
    a.from = 10;
    a.to = 20;
    assert_true(sign_answer_encode(LINK_NEED, &a, &b));
    assert_true(sign_answer_decode(LINK_NEED, (const uint8_t *)b.data, b.len, &out));
    assert_int_equal(out.from, 10);
    assert_int_equal(out.to, 20);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_bounds),       cmocka_unit_test(test_death),
        cmocka_unit_test(test_send_to_dead), cmocka_unit_test(test_free_inside),
        cmocka_unit_test(test_garbage),      cmocka_unit_test(test_request_form),
        cmocka_unit_test(test_answer_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
