/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections: who gets in and who does not, data both ways, ends, deadlines by the test's clock,
 * limits. The client is OpenSSL itself. */
#include "unit.h"

#include "tls_fixture.h"

#define SECOND ((int64_t)1000000)

/* ---- who gets in --------------------------------------------------------------------------- */

static void test_handshake(void **state)
{
    struct fixture *f = *state;
    struct client c = client_open(f);
    const struct certificate_identity *id = tls_stream_identity(f->stream);
    uint8_t digest[DIGEST_SIZE];
    unsigned n;

    assert_non_null(id);
    assert_string_equal(id->name, "unit:u001");
    assert_int_equal(X509_digest(f->client.x, EVP_sha256(), digest, &n), 1);
    assert_memory_equal(id->fingerprint, digest, DIGEST_SIZE);
    assert_in_range(id->not_after / SECOND, (uint64_t)time(NULL) + 6 * 86400,
                    (uint64_t)time(NULL) + 7 * 86400);
    assert_string_equal(tls_stream_peer(f->stream), "test");
    assert_string_equal(SSL_get_version(c.ssl), "TLSv1.3");
    /* nothing to resume with */
    client_send(&c, "x");
    f->echo = true;
    turns(f, &c, 10);
    assert_int_equal(SSL_SESSION_is_resumable(SSL_get0_session(c.ssl)), 0);
    client_free(&c);
}

/* Refused after the client believes to be connected: it hears the reason, the owner hears nothing.
 */
static void refused(struct fixture *f, struct client *c, int reason)
{
    turns(f, c, 40);
    assert_int_equal(f->opened, 0);
    assert_true(c->ended);
    if (reason != 0)
        assert_int_equal(c->reason, reason);
    client_free(c);
    turns(f, NULL, 5);
    assert_int_equal(f->closed, 0);
    assert_int_equal(tls_pool_count(f->pool), 0);
}

static void test_no_certificate(void **state)
{
    struct fixture *f = *state;
    struct client c = client_new(f, NULL);

    refused(f, &c, SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED);
}

static void refuse_cert(struct fixture *f, const struct cert_options *o, int reason)
{
    struct cert cert = cert_make("bad", o);
    struct client c = client_new(f, &cert);

    refused(f, &c, reason);
    cert_free(&cert);
}

static void test_bad_certificates(void **state)
{
    struct fixture *f = *state;
    static const char name[] = "URI:urn:duban:unit:u001";
    static const char both[] = "URI:urn:duban:unit:u001,URI:urn:duban:unit:u002";

    refuse_cert(
        f,
        &(struct cert_options){.issuer = &f->other_ca, .san = name, .usage = "clientAuth", .to = 7},
        SSL_R_TLSV1_ALERT_UNKNOWN_CA);
    refuse_cert(f,
                &(struct cert_options){
                    .issuer = &f->ca, .san = name, .usage = "clientAuth", .from = -9, .to = -1},
                SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED);
    refuse_cert(f,
                &(struct cert_options){
                    .issuer = &f->ca, .san = name, .usage = "clientAuth", .from = 1, .to = 9},
                0);
    refuse_cert(
        f, &(struct cert_options){.issuer = &f->ca, .san = name, .usage = "serverAuth", .to = 7},
        0);
    refuse_cert(f, &(struct cert_options){.san = name, .usage = "clientAuth", .to = 7}, 0);
    refuse_cert(f, &(struct cert_options){.issuer = &f->ca, .usage = "clientAuth", .to = 7}, 0);
    refuse_cert(
        f, &(struct cert_options){.issuer = &f->ca, .san = both, .usage = "clientAuth", .to = 7},
        0);
}

static void test_tls12(void **state)
{
    struct fixture *f = *state;
    struct client c = client_new(f, &f->client);

    SSL_set_max_proto_version(c.ssl, TLS1_2_VERSION);
    refused(f, &c, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION);
}

static void test_alpn(void **state)
{
    static const struct {
        const char *list;
        unsigned n;
        bool taken;
    } cases[] = {{"\x08http/1.1", 9, true},
                 {"\x02h2\x08http/1.1", 12, true},
                 {"\x02h2", 3, false},
                 {"\x08http/1.0", 9, false}};
    struct fixture *f = *state;

    for (size_t i = 0; i < LEN(cases); i++) {
        const unsigned char *chosen;
        unsigned len;
        struct client c = client_new(f, &f->client);
        f->opened = 0;
        SSL_set_alpn_protos(c.ssl, (const unsigned char *)cases[i].list, cases[i].n);
        turns(f, &c, 30);
        assert_int_equal(f->opened, cases[i].taken);
        SSL_get0_alpn_selected(c.ssl, &chosen, &len);
        assert_int_equal(len, cases[i].taken ? 8 : 0);
        client_free(&c);
    }
}

static void test_plain_http(void **state)
{
    struct fixture *f = *state;
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    int fd = client_socket(f, f->tls);
    char c[512];
    ssize_t n;

    assert_int_equal(send(fd, text, strlen(text), 0), strlen(text));
    turns(f, NULL, 10);
    assert_int_equal(tls_pool_count(f->pool), 0);
    while ((n = read(fd, c, sizeof(c))) > 0) /* at most an alert */
        assert_true(n < 16);
    assert_int_equal(f->opened + f->closed, 0);
    close(fd);
}

/* Random bytes, cut at random: never a crash, never a connection. */
static void test_garbage(void **state)
{
    struct fixture *f = *state;
    unsigned seed = 1;

    for (int round = 0; round < 100; round++) {
        int fd = client_socket(f, f->tls);
        char junk[700];
        for (size_t i = 0; i < sizeof(junk); i++)
            junk[i] = (char)rand_r(&seed);
        if (round % 2 == 0)
            memcpy(junk, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
        send(fd, junk, (size_t)(rand_r(&seed) % 700), MSG_NOSIGNAL);
        turns(f, NULL, 3);
        close(fd);
    }
    turns(f, NULL, 500);
    assert_int_equal(f->opened, 0);
    assert_int_equal(tls_pool_count(f->pool), 0);
}

static void test_wrong_files(void **state)
{
    struct fixture *f = *state;
    struct tls_context *tls = NULL;
    struct err e = {0};
    char *cert = in_dir(f, "server.pem");
    char *ca = in_dir(f, "ca.pem");

    assert_false(tls_context_new(cert, cert, ca, &tls, &e)); /* no key in it */
    assert_code(e, "tls");
    assert_non_null(strstr(e.text, "tls-key"));
    assert_false(tls_context_new("/nowhere", "/nowhere", ca, &tls, &e));
    assert_non_null(strstr(e.text, "/nowhere"));
    free(cert);
    free(ca);
}

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
        TLS_TEST(test_handshake),
        TLS_TEST(test_no_certificate),
        TLS_TEST(test_bad_certificates),
        TLS_TEST(test_tls12),
        TLS_TEST(test_alpn),
        TLS_TEST(test_plain_http),
        TLS_TEST(test_garbage),
        TLS_TEST(test_wrong_files),
        TLS_TEST(test_echo),
        TLS_TEST(test_much_in),
        TLS_TEST(test_much_out),
        TLS_TEST(test_pause),
        TLS_TEST(test_back_pressure),
        TLS_TEST(test_slow),
        TLS_TEST(test_peer_closes),
        TLS_TEST(test_truncated),
        TLS_TEST(test_early_close),
        TLS_TEST(test_close_inside),
        TLS_TEST(test_finish_lingers),
        TLS_TEST(test_silent),
        TLS_TEST(test_byte_a_second),
        TLS_TEST(test_deadline_lifted),
        TLS_TEST(test_drain_deadline),
        TLS_TEST(test_max_connections),
        TLS_TEST(test_max_handshakes),
        TLS_TEST(test_make_room),
        TLS_TEST(test_output_total),
        TLS_TEST(test_swap),
        TLS_TEST(test_plain_pool),
        TLS_TEST(test_stop),
        TLS_TEST(test_open_first),
        TLS_TEST(test_opening_not_starved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
