/* SPDX-License-Identifier: BSD-2-Clause */
/* A connection that is open: data both ways, ends, deadlines by the test's clock. The client is
 * OpenSSL itself. */
#include "unit.h"

#include "tls_fixture.h"

#define SECOND ((int64_t)1000000)

/* ---- data ---------------------------------------------------------------------------------- */

static void test_echo(void **state)
{
    struct fixture *f = *state;
    struct client c = client_open(f);

    f->echo = true;
    client_send(&c, "hello");
    turns(f, &c, 10);
    assert_string_equal(f->received.data, "hello");
    assert_string_equal(c.got.data, "hello");
    assert_true(f->sent > 0);
    client_free(&c);
}

/* Far more than a turn's budget at once: nothing stays behind in a buffer of ours or OpenSSL's. */
static void test_much_in(void **state)
{
    struct fixture *f = *state;
    struct client c = client_open(f);
    static char data[500000];
    size_t at = 0;

    memset(data, 'x', sizeof(data));
    for (int i = 0; i < 2000 && at < sizeof(data); i++) {
        size_t n = 0;
        ERR_clear_error();
        if (SSL_write_ex(c.ssl, data + at, sizeof(data) - at, &n) == 1)
            at += n;
        event_base_loop(f->base, EVLOOP_NONBLOCK);
    }
    turns(f, NULL, 20);
    assert_int_equal(at, sizeof(data));
    assert_int_equal(f->received.len, sizeof(data));
    client_free(&c);
}

static void test_much_out(void **state)
{
    struct fixture *f = *state;
    struct client c = client_open(f);
    static char data[5000000];

    memset(data, 'y', sizeof(data));
    assert_true(tls_stream_write(f->stream, data, sizeof(data)));
    assert_true(tls_stream_write(f->stream, "end", 3));
    assert_true(tls_stream_unsent(f->stream) > 0);
    tls_stream_finish(f->stream);
    assert_false(tls_stream_write(f->stream, "more", 4));
    turns(f, &c, 3000);
    assert_int_equal(c.got.len, sizeof(data) + 3);
    assert_string_equal(c.got.data + sizeof(data), "end");
    assert_true(c.ended); /* a proper close_notify, not an error */
    assert_int_equal(SSL_get_shutdown(c.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
    client_free(&c);
    turns(f, NULL, 5);
    assert_int_equal(f->end, TLS_END_DONE);
}

/* Paused: nothing is handed over; resumed: everything, also what no event will announce again. */
static void test_pause(void **state)
{
    struct fixture *f = *state;
    struct client c = client_open(f);

    f->pause = true;
    f->take = 2;
    client_send(&c, "abcdef");
    client_send(&c, "ghi");
    turns(f, &c, 20);
    assert_string_equal(f->received.data, "ab");
    tls_stream_resume(f->stream);
    turns(f, &c, 20);
    assert_string_equal(f->received.data, "abcd");
    f->pause = false;
    f->take = 0;
    tls_stream_resume(f->stream);
    turns(f, &c, 20);
    assert_string_equal(f->received.data, "abcdefghi");
    client_free(&c);
}

/* A client that sends without taking answers is not read for ever: the window closes instead. */
static void test_back_pressure(void **state)
{
    struct fixture *f = *state;
    struct client c = client_open(f);
    char data[16384];
    size_t n;
    int writes = 0;

    f->echo = true;
    memset(data, 'z', sizeof(data));
    for (int i = 0; i < 500; i++) {
        ERR_clear_error();
        writes += SSL_write_ex(c.ssl, data, sizeof(data), &n) == 1;
        event_base_loop(f->base, EVLOOP_NONBLOCK);
    }
    assert_true(writes < 200);
    assert_true(tls_stream_unsent(f->stream) < 200000);
    assert_int_equal(f->closed, 0);
    turns(f, &c, 1000); /* once it reads, everything comes */
    assert_int_equal(c.got.len, f->received.len);
    client_free(&c);
}

static void test_slow(void **state)
{
    struct fixture *f = *state;
    struct client c = client_open(f);
    char data[10000] = {0};
    int written = 0;

    tls_stream_set_output_max(f->stream, 50000);
    while (tls_stream_write(f->stream, data, sizeof(data)) && written < 1000)
        written++;
    assert_true(written < 1000);
    assert_int_equal(f->closed, 0); /* from the loop, not inside the write */
    turns(f, NULL, 3);
    assert_int_equal(f->closed, 1);
    assert_int_equal(f->end, TLS_END_SLOW);
    client_free(&c);
}

/* ---- ends ---------------------------------------------------------------------------------- */

static void test_peer_closes(void **state)
{
    struct fixture *f = *state;
    struct client c = client_open(f);

    client_send(&c, "last words");
    SSL_shutdown(c.ssl);
    turns(f, NULL, 10);
    assert_string_equal(f->received.data, "last words");
    assert_int_equal(f->end, TLS_END_PEER);
    assert_int_equal(f->closed, 1);
    client_free(&c);
}

static void test_truncated(void **state)
{
    struct fixture *f = *state;
    struct client c = client_open(f);

    client_send(&c, "last words");
    close(c.fd);
    c.fd = -1;
    turns(f, NULL, 10);
    assert_string_equal(f->received.data, "last words");
    assert_int_equal(f->closed, 1);
    assert_int_equal(f->end, TLS_END_TRUNCATED);
    client_free(&c);
}

static void test_early_close(void **state)
{
    struct fixture *f = *state;
    int silent = client_socket(f, f->tls);
    struct client c = client_new(f, &f->client);

    assert_int_equal(tls_pool_count(f->pool), 2);
    turns(f, &c, 1); /* in the middle of the handshake */
    close(silent);
    close(c.fd);
    c.fd = -1;
    turns(f, NULL, 10);
    assert_int_equal(tls_pool_count(f->pool), 0);
    assert_int_equal(f->opened + f->closed, 0);
    client_free(&c);
}

/* Closing inside a callback, twice, and writing afterwards: one on_close, from the loop. */
static size_t on_data_close(struct tls_stream *s, const char *data, size_t n)
{
    (void)data;
    tls_stream_close(s, TLS_END_DONE);
    tls_stream_close(s, TLS_END_ERROR);
    assert_false(tls_stream_write(s, "x", 1));
    tls_stream_resume(s);
    tls_stream_finish(s);
    assert_int_equal(fixture->closed, 0);
    return n;
}

static void test_close_inside(void **state)
{
    struct fixture *f = *state;
    struct client c = client_open(f);

    f->ops.on_data = on_data_close;
    client_send(&c, "abc");
    turns(f, &c, 10);
    assert_int_equal(f->closed, 1);
    assert_int_equal(f->end, TLS_END_DONE);
    client_free(&c);
}

/* The refusal arrives although the client goes on sending. */
static void test_finish_lingers(void **state)
{
    struct fixture *f = *state;
    struct client c = client_open(f);

    assert_true(tls_stream_write(f->stream, "no", 2));
    tls_stream_finish(f->stream);
    turns(f, NULL, 3);
    assert_int_equal(f->closed, 0);
    client_send(&c, "still talking");
    turns(f, &c, 5);
    assert_string_equal(c.got.data, "no");
    assert_int_equal(f->received.len, 0);
    close(c.fd);
    c.fd = -1;
    turns(f, NULL, 5);
    assert_int_equal(f->end, TLS_END_DONE);
    client_free(&c);
}

/* ---- deadlines ----------------------------------------------------------------------------- */

static void test_silent(void **state)
{
    struct fixture *f = *state;
    int fd;

    clock_set_for_test(-1, 100 * SECOND);
    fd = client_socket(f, f->tls);
    turns(f, NULL, 3);
    clock_set_for_test(-1, 109 * SECOND);
    tls_pool_check(f->pool);
    assert_int_equal(tls_pool_count(f->pool), 1);
    clock_set_for_test(-1, 110 * SECOND);
    tls_pool_check(f->pool);
    assert_int_equal(tls_pool_count(f->pool), 0);
    close(fd);
}

/* A byte a second does not help: neither in the handshake nor later. */
static void test_byte_a_second(void **state)
{
    struct fixture *f = *state;
    struct client c = client_open(f);
    int64_t second;

    clock_set_for_test(-1, 200 * SECOND);
    int late = client_socket(f, f->tls);
    tls_stream_deadline(f->stream, 7);
    for (second = 200; second < 230 && f->closed == 0; second++) {
        clock_set_for_test(-1, second * SECOND);
        client_send(&c, "x");
        send(late, "\x16", 1, MSG_NOSIGNAL);
        turns(f, NULL, 5);
        tls_pool_check(f->pool);
        turns(f, NULL, 2);
    }
    assert_int_equal(second - 1, 207);
    assert_int_equal(f->received.len, 8);
    assert_int_equal(f->end, TLS_END_TIMEOUT);
    clock_set_for_test(-1, 210 * SECOND);
    tls_pool_check(f->pool);
    assert_int_equal(tls_pool_count(f->pool), 0);
    client_free(&c);
    close(late);
}

static void test_deadline_lifted(void **state)
{
    struct fixture *f = *state;
    struct client c = client_open(f);

    clock_set_for_test(-1, 300 * SECOND);
    tls_stream_deadline(f->stream, 5);
    tls_stream_deadline(f->stream, 0);
    clock_set_for_test(-1, 9000 * SECOND);
    tls_pool_check(f->pool);
    turns(f, NULL, 2);
    assert_int_equal(f->closed, 0);
    client_free(&c);
}

/* Who lets an answer lie does not keep it for ever. */
static void test_drain_deadline(void **state)
{
    struct fixture *f = *state;
    struct client c = client_open(f);
    static char data[2000000];

    clock_set_for_test(-1, 400 * SECOND);
    assert_true(tls_stream_write(f->stream, data, sizeof(data)));
    tls_stream_finish(f->stream);
    turns(f, NULL, 3);
    clock_set_for_test(-1, 459 * SECOND);
    tls_pool_check(f->pool);
    assert_int_equal(tls_pool_count(f->pool), 1);
    clock_set_for_test(-1, 461 * SECOND);
    tls_pool_check(f->pool);
    turns(f, NULL, 2);
    assert_int_equal(f->end, TLS_END_TIMEOUT);
    client_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TLS_TEST(test_echo),          TLS_TEST(test_much_in),         TLS_TEST(test_much_out),
        TLS_TEST(test_pause),         TLS_TEST(test_back_pressure),   TLS_TEST(test_slow),
        TLS_TEST(test_peer_closes),   TLS_TEST(test_truncated),       TLS_TEST(test_early_close),
        TLS_TEST(test_close_inside),  TLS_TEST(test_finish_lingers),  TLS_TEST(test_silent),
        TLS_TEST(test_byte_a_second), TLS_TEST(test_deadline_lifted), TLS_TEST(test_drain_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
