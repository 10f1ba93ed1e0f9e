/* SPDX-License-Identifier: BSD-2-Clause */
/* All connections of a pool: its limits, who makes room for whom, new certificates, its end, and
 * handshakes that wait for those who are inside. */
#include "unit.h"

#include "tls_fixture.h"

#define SECOND ((int64_t)1000000)

/* ---- limits -------------------------------------------------------------------------------- */

static void test_max_connections(void **state)
{
    struct fixture *f = *state;
    int fd[3];
    char c;

    fixture_pool(f, &(struct tls_limits){
                        .max_connections = 2, .max_handshakes = 9, .handshake_seconds = 10});
    for (int i = 0; i < 3; i++)
        fd[i] = client_socket(f, f->tls);
    assert_int_equal(tls_pool_count(f->pool), 2);
    assert_int_equal(read(fd[2], &c, 1), 0);
    for (int i = 0; i < 3; i++)
        close(fd[i]);
}

/* At the limit the one that is idle longest goes; not one with work under way or a push stream. */
static void test_make_room(void **state)
{
    struct fixture *f = *state;

    fixture_pool(f, &(struct tls_limits){
                        .max_connections = 3, .max_handshakes = 9, .handshake_seconds = 10});
    clock_set_for_test(-1, 600 * SECOND);
    struct client push = client_open(f);
    struct client busy = client_open(f);
    tls_stream_deadline(f->stream, 60);
    tls_stream_pause(f->stream);
    struct client idle = client_open(f);
    tls_stream_deadline(f->stream, 60);
    assert_false(tls_pool_make_room(f->pool)); /* not for a second yet */
    clock_set_for_test(-1, 601 * SECOND);
    tls_pool_check(f->pool);
    struct client fresh = client_open(f);
    assert_int_equal(tls_pool_count(f->pool), 3);
    assert_int_equal(f->closed, 1);
    assert_int_equal(f->end, TLS_END_REFUSED);
    turns(f, &idle, 3);
    assert_true(idle.ended);
    clock_set_for_test(-1, 602 * SECOND);
    tls_pool_check(f->pool);
    assert_false(tls_pool_make_room(f->pool)); /* the fresh one has no deadline: as a push stream */
    client_free(&push);
    client_free(&busy);
    client_free(&idle);
    client_free(&fresh);
}

/* One client cannot keep the others out: above a quarter of all places its newest connection goes.
 */
static void test_crowd(void **state)
{
    struct fixture *f = *state;
    struct cert cert = cert_make("one", &(struct cert_options){.issuer = &f->ca,
                                                               .san = "URI:urn:duban:unit:u009",
                                                               .usage = "clientAuth",
                                                               .to = 30});
    struct client crowd[9], other[3], one;

    fixture_pool(f, &(struct tls_limits){
                        .max_connections = 12, .max_handshakes = 20, .handshake_seconds = 10});
    for (size_t i = 0; i < LEN(crowd); i++)
        crowd[i] = client_open(f);
    for (size_t i = 0; i < LEN(other); i++)
        other[i] = client_open_as(f, &cert);
    one = client_open_as(f, &cert); /* nine are over eight: the ninth goes */
    assert_int_equal(tls_pool_count(f->pool), 12);
    assert_int_equal(f->closed, 1);
    assert_int_equal(f->end, TLS_END_REFUSED);
    turns(f, &crowd[8], 3);
    assert_true(crowd[8].ended);
    assert_false(tls_pool_make_room(f->pool)); /* eight are its own */
    for (size_t i = 0; i < LEN(crowd); i++)
        client_free(&crowd[i]);
    for (size_t i = 0; i < LEN(other); i++)
        client_free(&other[i]);
    client_free(&one);
    cert_free(&cert);
}

static void on_room(void *ctx)
{
    ((struct fixture *)ctx)->rooms++;
}

/* Stalled handshakes make room after two seconds when somebody is waiting. */
static void test_max_handshakes(void **state)
{
    struct fixture *f = *state;
    int fd[3];

    fixture_pool(f, &(struct tls_limits){
                        .max_connections = 9, .max_handshakes = 2, .handshake_seconds = 10});
    tls_pool_on_room(f->pool, on_room, f);
    clock_set_for_test(-1, 500 * SECOND);
    fd[0] = client_socket(f, f->tls);
    assert_true(tls_pool_has_room(f->pool));
    fd[1] = client_socket(f, f->tls);
    assert_false(tls_pool_has_room(f->pool));
    close(fd[1]);
    turns(f, NULL, 5);
    assert_int_equal(f->rooms, 1);
    fd[1] = client_socket(f, f->tls);
    clock_set_for_test(-1, 502 * SECOND);
    tls_pool_check(f->pool);
    assert_false(tls_pool_has_room(f->pool));
    clock_set_for_test(-1, 503 * SECOND);
    tls_pool_check(f->pool);
    assert_true(tls_pool_has_room(f->pool));
    assert_int_equal(f->rooms, 2);
    close(fd[0]);
    close(fd[1]);
}

static void test_output_total(void **state)
{
    struct fixture *f = *state;
    static char data[700000];
    struct tls_limits limits = fixture_limits;

    limits.output_total = 1000000;
    fixture_pool(f, &limits);
    struct client a = client_open(f);
    struct tls_stream *first = f->stream;
    struct client b = client_open(f);
    assert_true(tls_stream_write(first, data, sizeof(data)));
    assert_false(tls_stream_write(f->stream, data, sizeof(data)));
    turns(f, NULL, 3);
    assert_int_equal(f->closed, 1);
    assert_int_equal(f->end, TLS_END_SLOW);
    client_free(&a);
    client_free(&b);
}

/* New files: connections from now on use them, those that are open go on. */
static void test_swap(void **state)
{
    struct fixture *f = *state;
    struct client before = client_open(f);

    cert_free(&f->server);
    f->server = cert_make(
        "second", &(struct cert_options){
                      .issuer = &f->ca, .san = "DNS:localhost", .usage = "serverAuth", .to = 7});
    save(f, "server.pem", f->server.x, NULL);
    save(f, "server.key", NULL, f->server.key);
    tls_context_free(&f->tls);
    f->tls = fixture_context(f);
    struct client after = client_open(f);
    assert_int_equal(X509_cmp(SSL_get0_peer_certificate(after.ssl), f->server.x), 0);
    assert_int_not_equal(X509_cmp(SSL_get0_peer_certificate(before.ssl), f->server.x), 0);
    f->echo = true;
    client_send(&before, "alive");
    turns(f, &before, 10);
    assert_string_equal(before.got.data, "alive");
    client_free(&before);
    client_free(&after);
}

static void test_plain_pool(void **state)
{
    struct fixture *f = *state;
    int fd = client_socket(f, NULL);
    char c[8] = "";

    f->echo = true;
    assert_int_equal(send(fd, "hi", 2, 0), 2);
    turns(f, NULL, 5);
    assert_int_equal(f->opened, 1);
    assert_null(tls_stream_identity(f->stream));
    assert_int_equal(read(fd, c, sizeof(c)), 2);
    assert_string_equal(c, "hi");
    close(fd);
    turns(f, NULL, 5);
    assert_int_equal(f->end, TLS_END_PEER);
}

static void test_stop(void **state)
{
    struct fixture *f = *state;
    struct client c = client_open(f);
    int fd = client_socket(f, f->tls);

    tls_pool_free(&f->pool);
    assert_int_equal(f->closed, 1);
    assert_int_equal(f->end, TLS_END_STOP);
    client_free(&c);
    close(fd);
}

/* ---- many at once -------------------------------------------------------------------------- */

/* Handshakes wait for those who are inside. */
static void test_open_first(void **state)
{
    struct fixture *f = *state;
    struct client inside = client_open(f), many[20];
    int64_t until;
    int answered = 0;
    char c;

    clock_set_for_test(-1, -1);
    until = clock_mono() + 10 * SECOND;
    for (size_t i = 0; i < LEN(many); i++) {
        many[i] = client_new(f, &f->client);
        client_turn(&many[i]); /* its first message is there */
    }
    client_send(&inside, "x");
    for (int i = 0; i < 100 && f->received.len == 0; i++)
        event_base_loop(f->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    assert_string_equal(f->received.data, "x");
    for (size_t i = 0; i < LEN(many); i++)
        answered += recv(many[i].fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
    assert_in_range(answered, 0, 4);
    while (f->opened < 1 + LEN(many) && clock_mono() < until) {
        for (size_t j = 0; j < LEN(many); j++)
            client_turn(&many[j]);
        event_base_loop(f->base, EVLOOP_NONBLOCK);
    }
    assert_int_equal(f->opened, 1 + LEN(many));
    for (size_t i = 0; i < LEN(many); i++)
        client_free(&many[i]);
    client_free(&inside);
}

/* Opening one costs a second of the test's clock: three seconds of rest, which the loop waits out
 * in real time, so that nothing happens within a test. */
static void on_open_slow(struct tls_stream *s, void *pool_data)
{
    clock_set_for_test(-1, clock_mono() + SECOND);
    on_open(s, pool_data);
}

/* n handshakes up to where the client has the last word. */
static void almost_open(struct fixture *f, struct client *c, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        c[i] = client_new(f, &f->client);
        client_turn(&c[i]);
    }
    turns(f, NULL, 10);
    for (size_t i = 0; i < n; i++)
        assert_false(c[i].connected);
    f->ops.on_open = on_open_slow;
}

/* The lane takes a part of the time: after a step it leaves the loop to those that are busy, be it
 * by news or by what they left over. */
static void lane_rests(struct fixture *f, bool left_over)
{
    struct client inside = client_open(f), two[2];

    almost_open(f, two, 2);
    if (left_over)
        tls_stream_resume(f->stream);
    else
        client_send(&inside, "x");
    turns(f, NULL, 3);
    assert_int_equal(f->received.len, left_over ? 0 : 1);
    for (int j = 0; j < 2; j++)
        client_turn(&two[j]);
    turns(f, NULL, 50);
    assert_int_equal(f->opened, 2);
    assert_true(tls_stream_write(f->stream, "first", 5)); /* in the order of their news */
    turns(f, &two[0], 3);
    assert_string_equal(two[0].got.data, "first");
    /* closed while it waits: it is gone from the lane, too */
    clock_set_for_test(-1, clock_mono() + 20 * SECOND);
    tls_pool_check(f->pool);
    turns(f, NULL, 3);
    assert_int_equal(tls_pool_count(f->pool), 2);
    struct client after = client_new(f, &f->client);
    turns(f, NULL, 3);
    assert_int_equal(tls_pool_count(f->pool), 3);
    client_free(&after);
    for (int j = 0; j < 2; j++)
        client_free(&two[j]);
    client_free(&inside);
}

/* Nobody is busy any more: nobody waits. */
static void test_lane_alone(void **state)
{
    struct fixture *f = *state;
    struct client inside = client_open(f), two[2];

    client_send(&inside, "x");
    turns(f, NULL, 3);
    assert_string_equal(f->received.data, "x");
    almost_open(f, two, 2);
    for (int i = 0; i < 2; i++)
        client_turn(&two[i]);
    turns(f, NULL, 50);
    assert_int_equal(f->opened, 3);
    for (int i = 0; i < 2; i++)
        client_free(&two[i]);
    client_free(&inside);
}

/* Ten thousand that hang up at once are in the lane, too; who was busy a moment ago is not. */
static void test_lane_idle(void **state)
{
    struct fixture *f = *state;
    struct client idle = client_open(f);

    clock_set_for_test(-1, clock_mono() + 2 * SECOND);
    tls_pool_check(f->pool);
    struct client busy = client_open(f), one;
    almost_open(f, &one, 1);
    client_send(&busy, "b");
    turns(f, NULL, 3);
    client_turn(&one);
    turns(f, NULL, 10);
    assert_int_equal(f->opened, 3); /* the lane rests now */
    client_send(&idle, "i");
    client_send(&busy, "b");
    turns(f, NULL, 50);
    assert_string_equal(f->received.data, "bb");
    client_free(&one);
    client_free(&busy);
    client_free(&idle);
}

static void test_lane_rests(void **state)
{
    lane_rests(*state, false);
}

static void test_lane_rests_left_over(void **state)
{
    lane_rests(*state, true);
}

static void on_busy(evutil_socket_t fd, short what, void *arg)
{
    struct timeval now = {0, 0};

    (void)fd;
    (void)what;
    event_add(arg, &now);
    event_base_loopbreak(event_get_base(arg)); /* else the loop has work for ever */
}

/* But not for ever: the loop always has something better to do, and they get in. */
static void test_opening_not_starved(void **state)
{
    struct fixture *f = *state;
    struct event *busy[8];
    struct client c = client_new(f, &f->client);
    int64_t until;

    clock_set_for_test(-1, -1);
    until = clock_mono() + 5 * SECOND;
    for (size_t i = 0; i < LEN(busy); i++) {
        busy[i] = event_new(f->base, -1, 0, on_busy, event_self_cbarg());
        on_busy(-1, 0, busy[i]);
    }
    while (f->opened == 0 && clock_mono() < until) {
        event_base_loop(f->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
        client_turn(&c);
    }
    assert_int_equal(f->opened, 1);
    for (size_t i = 0; i < LEN(busy); i++)
        event_free(busy[i]);
    client_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TLS_TEST(test_max_connections), TLS_TEST(test_max_handshakes),
        TLS_TEST(test_make_room),       TLS_TEST(test_crowd),
        TLS_TEST(test_output_total),    TLS_TEST(test_swap),
        TLS_TEST(test_plain_pool),      TLS_TEST(test_stop),
        TLS_TEST(test_open_first),      TLS_TEST(test_lane_alone),
        TLS_TEST(test_lane_rests),      TLS_TEST(test_lane_rests_left_over),
        TLS_TEST(test_lane_idle),       TLS_TEST(test_opening_not_starved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
