/* SPDX-License-Identifier: BSD-2-Clause */
/* Server-sent events: their form, fan-out to those who may see them, slow consumers, pings. */
#include "unit.h"

#include "daemon/net/stream.h"
#include "tls_fixture.h"

static void assert_format(const char *data, const char *expected)
{
    struct buf b = {0};

    assert_true(stream_format(&b, 7, "alert", data, strlen(data)));
    assert_string_equal(b.data, expected);
    buf_free(&b);
}

static void test_format(void **state)
{
    (void)state;
    assert_format("{}", "id: 7\nevent: alert\ndata: {}\n\n");
    assert_format("a\nb", "id: 7\nevent: alert\ndata: a\ndata: b\n\n");
    /* no line end in the data can end the event or begin another field */
    assert_format("a\r\n\rid: 9\n",
                  "id: 7\nevent: alert\ndata: a\ndata: \ndata: id: 9\ndata: \n\n");
    assert_format("", "id: 7\nevent: alert\ndata: \n\n");
}

/* Without a number: nobody resumes by it. */
static void test_format_plain(void **state)
{
    struct buf b = {0};

    (void)state;
    assert_true(stream_format(&b, -1, "heartbeat", "{}", 2));
    assert_string_equal(b.data, "event: heartbeat\ndata: {}\n\n");
    buf_free(&b);
}

static void test_format_limit(void **state)
{
    struct buf b = {.limit = 20};

    (void)state;
    assert_false(stream_format(&b, 7, "alert", "123", 3));
    buf_free(&b);
}

/* A plain subscriber: the far end of its connection and its stream. */
struct subscriber {
    int fd;
    struct stream *st;
    struct buf got;
};

static void subscribe(struct fixture *f, struct stream_hub *h, struct subscriber *s, void *data)
{
    memset(s, 0, sizeof(*s));
    s->fd = client_socket(f, NULL);
    turns(f, NULL, 3);
    s->st = stream_new(h, f->stream, data);
    assert_non_null(s->st);
}

static void receive(struct fixture *f, struct subscriber *s)
{
    char chunk[4096];
    ssize_t n;

    turns(f, NULL, 3);
    while ((n = read(s->fd, chunk, sizeof(chunk))) > 0)
        buf_add(&s->got, chunk, (size_t)n);
}

static void unsubscribe(struct subscriber *s)
{
    stream_free(&s->st);
    if (s->fd >= 0)
        close(s->fd);
    buf_free(&s->got);
}

static bool same(void *data, const void *ctx)
{
    return data == ctx;
}

static void test_fan_out(void **state)
{
    struct fixture *f = *state;
    struct stream_hub *h = stream_hub_new(f->base, 15);
    struct subscriber s[3];
    static int me;
    static int other;

    for (int i = 0; i < 3; i++)
        subscribe(f, h, &s[i], i == 2 ? &other : &me);
    assert_int_equal(stream_hub_count(h), 3);
    stream_set_last(s[1].st, 5); /* has seen event 5 already */
    assert_int_equal(stream_hub_send(h, 5, "five\n", 5, same, &me), 1);
    assert_int_equal(stream_hub_send(h, 6, "six\n", 4, NULL, NULL), 3);
    assert_int_equal(stream_hub_send(h, 6, "six\n", 4, NULL, NULL), 0); /* told twice, sent once */
    for (int i = 0; i < 3; i++) {
        receive(f, &s[i]);
        assert_non_null(strstr(s[i].got.data, "Content-Type: text/event-stream\r\n"));
        assert_int_equal(strstr(s[i].got.data, "five\n") != NULL, i == 0);
        assert_non_null(strstr(s[i].got.data, "six\n"));
        assert_int_equal(stream_last(s[i].st), 6);
        unsubscribe(&s[i]);
    }
    assert_int_equal(stream_hub_count(h), 0);
    stream_hub_free(&h);
}

/* One who does not read is closed at its cap; the others get everything. */
static void test_slow(void **state)
{
    struct fixture *f = *state;
    struct stream_hub *h = stream_hub_new(f->base, 15);
    struct subscriber slow;
    struct subscriber quick;
    static char event[10000];
    int64_t id = 0;

    memset(event, 'e', sizeof(event));
    subscribe(f, h, &slow, NULL);
    subscribe(f, h, &quick, NULL);
    size_t expected = 0;
    while (f->closed == 0 && id < 1000) {
        expected += sizeof(event);
        stream_hub_send(h, ++id, event, sizeof(event), NULL, NULL);
        receive(f, &quick);
    }
    assert_int_equal(f->closed, 1);
    assert_int_equal(f->end, TLS_END_SLOW);
    assert_int_equal(stream_last(quick.st), id);
    assert_true(stream_last(slow.st) < id);
    assert_true((size_t)stream_last(slow.st) * sizeof(event) > STREAM_OUTPUT_MAX);
    assert_true(quick.got.len > expected);
    unsubscribe(&slow);
    unsubscribe(&quick);
    stream_hub_free(&h);
}

static void test_ping(void **state)
{
    struct fixture *f = *state;
    struct stream_hub *h = stream_hub_new(f->base, 1);
    struct subscriber s;

    subscribe(f, h, &s, NULL);
    for (int i = 0;
         i < 300 && (s.got.data == NULL || strstr(s.got.data, "\r\n\r\n: ping\n\n") == NULL); i++) {
        usleep(10000);
        receive(f, &s);
    }
    assert_non_null(strstr(s.got.data, "\r\n\r\n: ping\n\n"));
    /* the hub may go before its streams */
    stream_hub_free(&h);
    unsubscribe(&s);
}

#define MANY 90

static bool all_but_last(void *data, const void *ctx)
{
    return data != ctx;
}

static size_t told(struct fixture *f, struct subscriber *s, const char *word)
{
    size_t n = 0;

    for (int i = 0; i < MANY; i++) {
        if (s[i].st != NULL)
            receive(f, &s[i]);
        n += s[i].got.data != NULL && strstr(s[i].got.data, word) != NULL;
    }
    return n;
}

/* To many in slices: the loop is not held, who goes in between is passed over, a later word takes
 * the place of one that is not said yet, and nobody hears one twice. */
static void test_tell(void **state)
{
    struct fixture *f = *state;
    struct stream_hub *h = stream_hub_new(f->base, 900);
    static struct subscriber s[MANY];
    const void *last = &s[MANY - 1];

    for (int i = 0; i < MANY; i++)
        subscribe(f, h, &s[i], &s[i]);
    stream_hub_tell(h, "early\n", 6, all_but_last, last);
    stream_free(&s[64].st); /* the next of the round */
    stream_hub_tell(h, "later\n", 6, all_but_last, last);
    for (int i = 0; i < 100 && told(f, s, "later\n") < MANY - 2; i++)
        usleep(5000);
    assert_int_equal(told(f, s, "later\n"), MANY - 2);
    assert_int_equal(told(f, s, "early\n"), 64);
    for (int i = 0; i < MANY; i++) {
        const char *first = s[i].got.data != NULL ? strstr(s[i].got.data, "later\n") : NULL;

        assert_true(first == NULL || strstr(first + 1, "later\n") == NULL);
        unsubscribe(&s[i]);
    }
    stream_hub_free(&h);
}

/* The deadline that the request had no longer counts. */
static void test_no_deadline(void **state)
{
    struct fixture *f = *state;
    struct stream_hub *h = stream_hub_new(f->base, 15);
    struct subscriber s;

    clock_set_for_test(-1, 1000000);
    s.fd = client_socket(f, NULL);
    turns(f, NULL, 3);
    tls_stream_deadline(f->stream, 5);
    s.got = (struct buf){0};
    s.st = stream_new(h, f->stream, NULL);
    clock_set_for_test(-1, (int64_t)9000 * 1000000);
    tls_pool_check(f->pool);
    turns(f, NULL, 3);
    assert_int_equal(f->closed, 0);
    unsubscribe(&s);
    stream_hub_free(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_format_limit),
        cmocka_unit_test(test_format_plain),
        TLS_TEST(test_fan_out),
        TLS_TEST(test_slow),
        TLS_TEST(test_ping),
        TLS_TEST(test_tell),
        TLS_TEST(test_no_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
