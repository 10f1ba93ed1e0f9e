/* SPDX-License-Identifier: BSD-2-Clause */
/* Certificates made on the spot, a pool over socketpairs and an OpenSSL client: for tests of
 * net/tls_stream and net/stream. */
#ifndef DUBAN_TESTS_TLS_FIXTURE_H
#define DUBAN_TESTS_TLS_FIXTURE_H

#include <event2/event.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/mem.h"
#include "daemon/child.h"
#include "daemon/net/tls_context.h"
#include "daemon/net/tls_stream.h"

/* A certificate with its key. */
struct cert {
    X509 *x;
    EVP_PKEY *key;
};

struct cert_options {
    const struct cert *issuer; /* NULL = itself, an authority */
    const char *san;           /* NULL = none */
    const char *usage;         /* extendedKeyUsage; NULL = none */
    long from, to;             /* days from now */
};

static void add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;

    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(e);
    assert_int_equal(X509_add_ext(x, e, -1), 1);
    X509_EXTENSION_free(e);
}

static struct cert cert_make(const char *cn, const struct cert_options *o)
{
    static long serial = 1;
    struct cert c = {X509_new(), EVP_EC_gen("P-256")};
    const struct cert *issuer = o->issuer != NULL ? o->issuer : &c;
    X509_NAME *name = X509_get_subject_name(c.x);

    assert_non_null(c.key);
    X509_set_version(c.x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(c.x), ++serial);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
    X509_set_issuer_name(c.x, X509_get_subject_name(issuer->x));
    X509_gmtime_adj(X509_getm_notBefore(c.x), o->from * 86400);
    X509_gmtime_adj(X509_getm_notAfter(c.x), o->to * 86400);
    X509_set_pubkey(c.x, c.key);
    add_extension(c.x, issuer->x, NID_subject_key_identifier, "hash");
    if (o->issuer == NULL) {
        add_extension(c.x, issuer->x, NID_basic_constraints, "critical,CA:TRUE");
        add_extension(c.x, issuer->x, NID_key_usage, "critical,keyCertSign,cRLSign");
    } else {
        add_extension(c.x, issuer->x, NID_authority_key_identifier, "keyid");
        add_extension(c.x, issuer->x, NID_basic_constraints, "critical,CA:FALSE");
        add_extension(c.x, issuer->x, NID_key_usage, "critical,digitalSignature");
    }
    if (o->usage != NULL)
        add_extension(c.x, issuer->x, NID_ext_key_usage, o->usage);
    if (o->san != NULL)
        add_extension(c.x, issuer->x, NID_subject_alt_name, o->san);
    assert_true(X509_sign(c.x, issuer->key, EVP_sha256()) > 0);
    return c;
}

static void cert_free(struct cert *c)
{
    X509_free(c->x);
    EVP_PKEY_free(c->key);
}

/* The server's side as a test sees it. */
struct fixture {
    char dir[32];
    struct cert ca, other_ca, server, client;
    struct tls_context *tls;
    struct event_base *base;
    struct tls_pool *pool;
    struct tls_ops ops;
    /* what the callbacks saw */
    struct tls_stream *stream; /* the one opened last */
    unsigned opened, closed, sent, rooms;
    enum tls_end end;
    struct buf received;
    size_t take; /* on_data uses at most so many bytes a call; 0 = all */
    bool pause, echo;
};

static struct fixture *fixture; /* of the running test */

static void on_open(struct tls_stream *s, void *pool_data)
{
    fixture->opened++;
    fixture->stream = s;
    assert_ptr_equal(pool_data, fixture);
}

static size_t on_data(struct tls_stream *s, const char *data, size_t n)
{
    struct fixture *f = fixture;
    size_t used = f->take > 0 && f->take < n ? f->take : n;

    buf_add(&f->received, data, used);
    if (f->echo)
        tls_stream_write(s, data, used);
    if (f->pause)
        tls_stream_pause(s);
    return used;
}

static void on_sent(struct tls_stream *s)
{
    (void)s;
    fixture->sent++;
}

static void on_close(struct tls_stream *s, enum tls_end end)
{
    fixture->closed++;
    fixture->end = end;
    if (fixture->stream == s)
        fixture->stream = NULL;
}

static char *in_dir(const struct fixture *f, const char *name)
{
    return xasprintf("%s/%s", f->dir, name);
}

static void save(const struct fixture *f, const char *name, const X509 *x, EVP_PKEY *key)
{
    char *path = in_dir(f, name);
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    if (x != NULL)
        assert_int_equal(PEM_write_X509(out, x), 1);
    if (key != NULL)
        assert_int_equal(PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(out);
    free(path);
}

static struct tls_context *fixture_context(const struct fixture *f)
{
    struct tls_context *tls = NULL;
    struct err e = {0};
    char *cert = in_dir(f, "server.pem");
    char *key = in_dir(f, "server.key");
    char *ca = in_dir(f, "ca.pem");

    if (!tls_context_new(cert, key, ca, &tls, &e))
        fail_msg("%s", e.text);
    free(cert);
    free(key);
    free(ca);
    return tls;
}

static void fixture_pool(struct fixture *f, const struct tls_limits *limits)
{
    tls_pool_free(&f->pool);
    f->pool = tls_pool_new(f->base, limits, &f->ops, f);
}

static const struct tls_limits fixture_limits = {
    .max_connections = 100, .max_handshakes = 50, .handshake_seconds = 10};

static int fixture_setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));

    fixture = f;
    clock_set_for_test(-1, 100 * (int64_t)1000000); /* it stands: the lane takes no rest */
    signal(SIGPIPE, SIG_IGN);
    strcpy(f->dir, "/tmp/tls-XXXXXX");
    if (mkdtemp(f->dir) == NULL)
        return -1;
    f->ca = cert_make("test CA", &(struct cert_options){.to = 30});
    f->other_ca = cert_make("other CA", &(struct cert_options){.to = 30});
    f->server = cert_make(
        "server", &(struct cert_options){
                      .issuer = &f->ca, .san = "DNS:localhost", .usage = "serverAuth", .to = 7});
    f->client = cert_make("client", &(struct cert_options){.issuer = &f->ca,
                                                           .san = "URI:urn:duban:unit:u001",
                                                           .usage = "clientAuth",
                                                           .to = 7});
    save(f, "server.pem", f->server.x, NULL);
    save(f, "server.key", NULL, f->server.key);
    save(f, "ca.pem", f->ca.x, NULL);
    f->tls = fixture_context(f);
    f->base = child_base();
    f->ops = (struct tls_ops){on_open, on_data, on_sent, NULL, on_close};
    fixture_pool(f, &fixture_limits);
    *state = f;
    return 0;
}

static int fixture_teardown(void **state)
{
    static const char *const files[] = {"server.pem", "server.key", "ca.pem"};
    struct fixture *f = *state;

    clock_set_for_test(-1, -1);
    tls_pool_free(&f->pool);
    tls_context_free(&f->tls);
    event_base_free(f->base);
    for (size_t i = 0; i < LEN(files); i++) {
        char *path = in_dir(f, files[i]);
        unlink(path);
        free(path);
    }
    rmdir(f->dir);
    cert_free(&f->ca);
    cert_free(&f->other_ca);
    cert_free(&f->server);
    cert_free(&f->client);
    buf_free(&f->received);
    free(f);
    return 0;
}

/* ---- client -------------------------------------------------------------------------------- */

struct client {
    SSL_CTX *ctx;
    SSL *ssl;
    int fd;
    bool connected; /* as far as it knows: TLS 1.3 lets it believe so too early */
    bool ended;     /* read said end or error */
    int reason;     /* OpenSSL's reason of a failed read or handshake */
    struct buf got;
};

/* A connected pair; the server's end goes into the pool. */
static int client_socket(struct fixture *f, struct tls_context *tls)
{
    int fd[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
    tls_pool_add(f->pool, tls, fd[0], "test");
    return fd[1];
}

static struct client client_new(struct fixture *f, const struct cert *cert)
{
    struct client c = {.ctx = SSL_CTX_new(TLS_client_method())};

    X509_STORE_add_cert(SSL_CTX_get_cert_store(c.ctx), f->ca.x);
    SSL_CTX_set_verify(c.ctx, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(c.ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (cert != NULL) {
        assert_int_equal(SSL_CTX_use_certificate(c.ctx, cert->x), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey(c.ctx, cert->key), 1);
    }
    c.fd = client_socket(f, f->tls);
    c.ssl = SSL_new(c.ctx);
    SSL_set_fd(c.ssl, c.fd);
    SSL_set_connect_state(c.ssl);
    return c;
}

__attribute__((unused)) static void client_free(struct client *c)
{
    SSL_free(c->ssl);
    SSL_CTX_free(c->ctx);
    if (c->fd >= 0)
        close(c->fd);
    buf_free(&c->got);
}

static void client_failed(struct client *c, int rc)
{
    int why = SSL_get_error(c->ssl, rc);

    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
        return;
    c->ended = true;
    c->reason = ERR_GET_REASON(ERR_peek_error());
}

static void client_turn(struct client *c)
{
    char chunk[16384];
    size_t n;

    ERR_clear_error();
    if (c->ended || c->ssl == NULL)
        return;
    if (!c->connected) {
        int rc = SSL_do_handshake(c->ssl);
        c->connected = rc == 1;
        if (rc != 1)
            client_failed(c, rc);
        return;
    }
    int rc = SSL_read_ex(c->ssl, chunk, sizeof(chunk), &n);
    if (rc == 1)
        buf_add(&c->got, chunk, n);
    else
        client_failed(c, rc);
}

/* Lets both sides work for a while. */
static void turns(struct fixture *f, struct client *c, int n)
{
    for (int i = 0; i < n; i++) {
        event_base_loop(f->base, EVLOOP_NONBLOCK);
        if (c != NULL)
            client_turn(c);
    }
}

__attribute__((unused)) static void client_send(struct client *c, const char *text)
{
    size_t n;

    assert_int_equal(SSL_write_ex(c->ssl, text, strlen(text), &n), 1);
    assert_int_equal(n, strlen(text));
}

__attribute__((unused)) static struct client client_open_as(struct fixture *f,
                                                            const struct cert *cert)
{
    struct client c = client_new(f, cert);
    unsigned before = f->opened;

    turns(f, &c, 30);
    assert_true(c.connected);
    assert_int_equal(f->opened, before + 1);
    return c;
}

__attribute__((unused)) static struct client client_open(struct fixture *f)
{
    return client_open_as(f, &f->client);
}

#define TLS_TEST(t) cmocka_unit_test_setup_teardown(t, fixture_setup, fixture_teardown)

#endif
