/* SPDX-License-Identifier: BSD-2-Clause */
/* Who gets in and who does not: certificates, versions, protocols, what is no TLS at all, files of
 * the server that do not fit. The client is OpenSSL itself. */
#include "unit.h"

#include "tls_fixture.h"

#define SECOND ((int64_t)1000000)

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TLS_TEST(test_handshake), TLS_TEST(test_no_certificate), TLS_TEST(test_bad_certificates),
        TLS_TEST(test_tls12),     TLS_TEST(test_alpn),           TLS_TEST(test_plain_http),
        TLS_TEST(test_garbage),   TLS_TEST(test_wrong_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
