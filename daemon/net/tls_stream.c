/* SPDX-License-Identifier: BSD-2-Clause */
/* TLS 1.3 with client certificates on plain events. The only file that calls libssl.
 *
 * One state machine (enum tls_state); what an operation waits for is kept per operation, because a
 * read may need the socket to take bytes and a write may need it to give some. Whether a
 * certificate is good is decided once, after the handshake, never in a callback of the library. */
#include "daemon/net/tls_stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/i18n.h"
#include "common/log.h"
#include "common/mem.h"
#include "daemon/net/tls_private.h"

#define SECOND 1000000
#define READ_BUDGET ((size_t)64 * 1024) /* bytes from one connection in one turn of the loop */
#define READ_STOP ((size_t)64 * 1024)   /* unsent output above which the peer is not read */
#define DRAIN_SECONDS 60
#define LINGER_SECONDS 5
#define LINGER_MAX ((size_t)8 * 1024 * 1024)

struct tls_context {
    SSL_CTX *ssl;
};

static void stream_watch(struct tls_stream *s);

/* ---- context ------------------------------------------------------------------------------- */

static bool context_error(struct err *e, const char *what, const char *path)
{
    char reason[160];
    unsigned long code = ERR_peek_last_error();
    const char *text = code != 0 ? ERR_reason_error_string(code) : NULL;

    if (text != NULL)
        snprintf(reason, sizeof(reason), "%s", text);
    else
        ERR_error_string_n(code, reason, sizeof(reason));
    ERR_clear_error();
    return err_set(e, "tls", _("%s %s cannot be used: %s; run duband check"), what, path, reason);
}

/* RFC 7301: a client without ALPN never gets here and is served. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                   const unsigned char *in, unsigned int in_len, void *arg)
{
    static const unsigned char ours[] = "\x08http/1.1";

    (void)ssl;
    (void)arg;
    for (unsigned int at = 0; at < in_len; at += in[at] + 1U) {
        if (in_len - at >= sizeof(ours) - 1 && memcmp(in + at, ours, sizeof(ours) - 1) == 0) {
            *out = in + at + 1;
            *out_len = in[at];
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static bool context_protocol(SSL_CTX *c)
{
    SSL_CTX_set_options(c, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(c, 1);
    SSL_CTX_set_security_level(c, 2);
    SSL_CTX_set_alpn_select_cb(c, on_alpn, NULL);
    return SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(c, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_ciphersuites(c, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
                                       "TLS_AES_128_GCM_SHA256") == 1 &&
           SSL_CTX_set1_groups_list(c, "X25519:P-256") == 1 &&
           SSL_CTX_set1_sigalgs_list(c, "ed25519:ECDSA+SHA256:ECDSA+SHA384") == 1 &&
           SSL_CTX_set_num_tickets(c, 0) == 1 && SSL_CTX_set_max_early_data(c, 0) == 1;
}

static bool context_verify(SSL_CTX *c, const char *ca, struct err *e)
{
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(c);
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(ca);

    if (names == NULL || SSL_CTX_load_verify_file(c, ca) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return context_error(e, "tls-ca", ca);
    }
    SSL_CTX_set_client_CA_list(c, names);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_verify_depth(c, 2);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT);
    return true;
}

static bool context_fill(SSL_CTX *c, const char *cert, const char *key, const char *ca,
                         struct err *e)
{
    if (!context_protocol(c))
        return context_error(e, "TLS", "1.3");
    if (SSL_CTX_use_certificate_chain_file(c, cert) != 1)
        return context_error(e, "tls-certificate", cert);
    if (SSL_CTX_use_PrivateKey_file(c, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(c) != 1)
        return context_error(e, "tls-key", key);
    return context_verify(c, ca, e);
}

bool tls_context_new(const char *cert, const char *key, const char *ca, struct tls_context **out,
                     struct err *e)
{
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    ERR_clear_error();
    SSL_CTX *c = SSL_CTX_new(TLS_server_method());
    if (c == NULL)
        return context_error(e, "TLS", "1.3");
    if (!context_fill(c, cert, key, ca, e)) {
        SSL_CTX_free(c);
        return false;
    }
    *out = xcalloc(1, sizeof(**out));
    (*out)->ssl = c;
    return true;
}

void tls_context_free(struct tls_context **c)
{
    if (*c == NULL)
        return;
    SSL_CTX_free((*c)->ssl);
    free(*c);
    *c = NULL;
}

/* ---- end ----------------------------------------------------------------------------------- */

const char *tls_end_name(enum tls_end end)
{
    static const char *const names[] = {[TLS_END_DONE] = "done",
                                        [TLS_END_PEER] = "peer",
                                        [TLS_END_TRUNCATED] = "truncated",
                                        [TLS_END_HANDSHAKE] = "handshake",
                                        [TLS_END_CERTIFICATE] = "certificate",
                                        [TLS_END_PLAIN] = "plain",
                                        [TLS_END_TIMEOUT] = "timeout",
                                        [TLS_END_SLOW] = "slow",
                                        [TLS_END_REFUSED] = "refused",
                                        [TLS_END_ERROR] = "error",
                                        [TLS_END_STOP] = "stop"};

    return names[end];
}

/* close_notify, once and without waiting. */
static void stream_goodbye(struct tls_stream *s)
{
    if (s->ssl == NULL || s->broken || s->state == TLS_OPENING)
        return;
    s->broken = true;
    ERR_clear_error();
    SSL_shutdown(s->ssl);
    ERR_clear_error();
}

void tls_stream_close(struct tls_stream *s, enum tls_end end)
{
    if (s->state == TLS_CLOSED)
        return;
    stream_goodbye(s);
    event_del(&s->readable);
    event_del(&s->writable);
    s->watch_r = s->watch_w = false;
    SSL_free(s->ssl);
    s->ssl = NULL;
    close(s->fd);
    s->pool->unsent -= s->out.len - s->out_at;
    buf_free(&s->in);
    buf_free(&s->out);
    s->out_at = 0;
    tls_pool_bury(s->pool, s);
    s->end = end;
    s->state = TLS_CLOSED;
}

/* The peer may still be sending: closing now would reset the connection and destroy what we have
 * just said. */
static void stream_linger(struct tls_stream *s, enum tls_end end)
{
    stream_goodbye(s);
    shutdown(s->fd, SHUT_WR);
    if (s->state == TLS_OPENING)
        tls_pool_opened(s->pool, s);
    s->state = TLS_LINGERING;
    s->end = end;
    s->deadline = clock_mono() + LINGER_SECONDS * SECOND;
    stream_watch(s);
}

static void stream_discard(struct tls_stream *s)
{
    ssize_t n;

    while ((n = recv(s->fd, s->pool->scratch, TLS_SCRATCH, 0)) > 0) {
        s->lingered += (size_t)n;
        if (s->lingered > LINGER_MAX)
            break;
    }
    if (n >= 0 || (errno != EAGAIN && errno != EINTR))
        tls_stream_close(s, s->end);
}

/* ---- handshake ----------------------------------------------------------------------------- */

static bool handshake_reason(int reason, enum tls_end *end)
{
    switch (reason) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
        *end = TLS_END_PLAIN;
        return true;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
        *end = TLS_END_CERTIFICATE;
        return true;
    default:
        return false;
    }
}

static void handshake_failed(struct tls_stream *s)
{
    enum tls_end end = TLS_END_HANDSHAKE;
    unsigned long code = ERR_peek_error();
    const char *why = code != 0 ? ERR_reason_error_string(code) : NULL;
    long verify = SSL_get_verify_result(s->ssl);

    (void)handshake_reason(ERR_GET_REASON(code), &end);
    if (verify != X509_V_OK)
        why = X509_verify_cert_error_string(verify);
    log_limited(LOG_LEVEL_INFO, tls_end_name(end), "handshake refused peer=%s end=%s why=\"%s\"",
                s->peer, tls_end_name(end), why != NULL ? why : "connection closed");
    s->broken = true;
    ERR_clear_error();
    if (end == TLS_END_PLAIN)
        tls_stream_close(s, end);
    else
        stream_linger(s, end);
}

/* The certificate decides, and only the verified one. */
static bool handshake_identify(struct tls_stream *s, struct err *e)
{
    X509 *x = SSL_get0_peer_certificate(s->ssl);

    if (x == NULL || SSL_get_verify_result(s->ssl) != X509_V_OK)
        return err_set(e, "certificate", "no verified certificate");
    return certificate_identify(x, &s->identity, e);
}

static void stream_opened(struct tls_stream *s)
{
    const int on = 1;

    /* we have nothing to say after the handshake: without this a client that does not switch
     * Nagle's algorithm off waits 40 ms for our delayed acknowledgement before it sends its request
     */
    setsockopt(s->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
    tls_pool_opened(s->pool, s);
    s->state = TLS_OPEN;
    s->deadline = 0;
    s->active = clock_mono();
    s->announced = true;
    s->pool->ops->on_open(s, s->pool->data);
}

/* True when data may be read now. */
static bool stream_handshake(struct tls_stream *s)
{
    struct err e = {0};

    ERR_clear_error();
    int rc = SSL_accept(s->ssl);
    s->handshake_writes = false;
    if (rc != 1) {
        int why = SSL_get_error(s->ssl, rc);
        s->handshake_writes = why == SSL_ERROR_WANT_WRITE;
        if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
            stream_watch(s);
        else
            handshake_failed(s);
        return false;
    }
    if (!handshake_identify(s, &e)) {
        log_limited(LOG_LEVEL_WARN, "identity",
                    "handshake refused peer=%s end=certificate why=\"%s\"", s->peer, e.text);
        stream_linger(s, TLS_END_CERTIFICATE);
        return false;
    }
    stream_opened(s);
    return s->state == TLS_OPEN;
}

/* ---- read ---------------------------------------------------------------------------------- */

enum io { IO_BYTES, IO_WAIT, IO_END };

static enum io read_plain(struct tls_stream *s, size_t *n, enum tls_end *end)
{
    ssize_t rc = recv(s->fd, s->pool->scratch, TLS_SCRATCH, 0);

    if (rc > 0) {
        *n = (size_t)rc;
        return IO_BYTES;
    }
    if (rc < 0 && (errno == EAGAIN || errno == EINTR))
        return IO_WAIT;
    *end = rc == 0 ? TLS_END_PEER : TLS_END_ERROR;
    return IO_END;
}

static enum io read_tls(struct tls_stream *s, size_t *n, enum tls_end *end)
{
    ERR_clear_error();
    int rc = SSL_read_ex(s->ssl, s->pool->scratch, TLS_SCRATCH, n);
    s->read_wants_write = false;
    if (rc == 1)
        return IO_BYTES;
    switch (SSL_get_error(s->ssl, rc)) {
    case SSL_ERROR_WANT_WRITE:
        s->read_wants_write = true;
        return IO_WAIT;
    case SSL_ERROR_WANT_READ:
        return IO_WAIT;
    case SSL_ERROR_ZERO_RETURN:
        *end = TLS_END_PEER;
        return IO_END;
    default:
        *end = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING
                   ? TLS_END_TRUNCATED
                   : TLS_END_ERROR;
        s->broken = true;
        ERR_clear_error();
        return IO_END;
    }
}

/* Hands over what was left and what is new; keeps what the owner does not take. */
static void stream_deliver(struct tls_stream *s, const char *data, size_t n)
{
    const struct tls_ops *ops = s->pool->ops;

    if (s->in.len == 0) {
        size_t used = n > 0 ? ops->on_data(s, data, n) : 0;
        if (s->state == TLS_OPEN && used < n && !buf_add(&s->in, data + used, n - used))
            tls_stream_close(s, TLS_END_ERROR);
        return;
    }
    if (!buf_add(&s->in, data, n)) {
        tls_stream_close(s, TLS_END_ERROR);
        return;
    }
    size_t used = ops->on_data(s, s->in.data, s->in.len);
    if (s->state == TLS_OPEN)
        buf_consume(&s->in, used);
}

static bool stream_may_read(const struct tls_stream *s)
{
    return s->state == TLS_OPEN && !s->paused && s->out.len - s->out_at <= READ_STOP;
}

/* Bytes that came before the end are handed over before the end is acted on. */
static void stream_ended(struct tls_stream *s, enum tls_end end)
{
    if (s->out.len == s->out_at || end == TLS_END_ERROR) {
        tls_stream_close(s, end);
        return;
    }
    s->state = TLS_DRAINING; /* a peer that closed its half may still take our answer */
    s->end = end;
    s->deadline = clock_mono() + DRAIN_SECONDS * SECOND;
    stream_watch(s);
}

static void stream_read(struct tls_stream *s)
{
    size_t budget = READ_BUDGET;
    enum tls_end end = TLS_END_ERROR;

    if (s->in.len > 0 && stream_may_read(s))
        stream_deliver(s, NULL, 0);
    while (stream_may_read(s)) {
        size_t n = 0;
        enum io io = s->ssl != NULL ? read_tls(s, &n, &end) : read_plain(s, &n, &end);
        if (io == IO_WAIT)
            break;
        if (io == IO_END) {
            stream_ended(s, end);
            return;
        }
        s->active = clock_mono();
        s->idle = false;
        stream_deliver(s, s->pool->scratch, n);
        if (n >= budget) {
            tls_pool_requeue(s->pool, s);
            break;
        }
        budget -= n;
    }
    if (s->state != TLS_CLOSED)
        stream_watch(s);
}

/* ---- write --------------------------------------------------------------------------------- */

static enum io write_some(struct tls_stream *s, size_t *n)
{
    const char *from = s->out.data + s->out_at;
    size_t len = s->out.len - s->out_at;

    if (s->ssl == NULL) {
        ssize_t rc = send(s->fd, from, len, MSG_NOSIGNAL);
        *n = rc > 0 ? (size_t)rc : 0;
        return rc >= 0 ? IO_BYTES : errno == EAGAIN || errno == EINTR ? IO_WAIT : IO_END;
    }
    ERR_clear_error();
    int rc = SSL_write_ex(s->ssl, from, len, n);
    s->write_wants_read = false;
    if (rc == 1)
        return IO_BYTES;
    int why = SSL_get_error(s->ssl, rc);
    s->write_wants_read = why == SSL_ERROR_WANT_READ;
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
        return IO_WAIT;
    s->broken = true;
    ERR_clear_error();
    return IO_END;
}

static void stream_sent_all(struct tls_stream *s)
{
    buf_clear(&s->out);
    s->out_at = 0;
    if (s->state == TLS_DRAINING) {
        if (s->end == TLS_END_DONE)
            stream_linger(s, s->end);
        else
            tls_stream_close(s, s->end);
        return;
    }
    s->sent = s->pool->ops->on_sent != NULL;
    /* reading may have stopped for the sake of output, with bytes in our buffer or in OpenSSL's */
    if (s->sent || s->in.len > 0 || (s->ssl != NULL && SSL_has_pending(s->ssl)))
        tls_pool_requeue(s->pool, s);
}

static void stream_flush(struct tls_stream *s)
{
    while ((s->state == TLS_OPEN || s->state == TLS_DRAINING) && s->out.len > s->out_at) {
        size_t n = 0;
        enum io io = write_some(s, &n);
        if (io == IO_END) {
            tls_stream_close(s, TLS_END_ERROR);
            return;
        }
        if (io == IO_WAIT)
            break;
        s->out_at += n;
        s->pool->unsent -= n;
        s->active = clock_mono();
        s->idle = false;
        if (s->out_at == s->out.len)
            stream_sent_all(s);
    }
    if (s->state == TLS_OPEN || s->state == TLS_DRAINING)
        stream_watch(s);
}

bool tls_stream_write(struct tls_stream *s, const void *bytes, size_t n)
{
    size_t unsent = s->out.len - s->out_at;

    if (s->state != TLS_OPEN)
        return false;
    if (n == 0)
        return true;
    if (n > s->out_max - (unsent < s->out_max ? unsent : s->out_max) ||
        n > s->pool->limits.output_total - s->pool->unsent) {
        tls_stream_close(s, TLS_END_SLOW);
        return false;
    }
    /* moving what waits is paid for by at least as much that has left */
    if (s->out_at > 0 && s->out_at >= unsent) {
        buf_consume(&s->out, s->out_at);
        s->out_at = 0;
    }
    if (!buf_add(&s->out, bytes, n)) {
        tls_stream_close(s, TLS_END_SLOW);
        return false;
    }
    s->pool->unsent += n;
    if (unsent == 0)
        stream_flush(s);
    return s->state == TLS_OPEN;
}

/* ---- events -------------------------------------------------------------------------------- */

static void stream_want(struct event *ev, bool *added, bool wanted)
{
    if (*added == wanted)
        return;
    *added = wanted;
    if (wanted)
        event_add(ev, NULL);
    else
        event_del(ev);
}

/* The only place that says what the events wait for. */
static void stream_watch(struct tls_stream *s)
{
    bool r = false;
    bool w = false;

    switch (s->state) {
    case TLS_OPENING:
        r = !s->handshake_writes;
        w = s->handshake_writes;
        break;
    case TLS_OPEN:
    case TLS_DRAINING:
        r = (stream_may_read(s) && !s->requeued) || s->write_wants_read;
        w = (s->out.len > s->out_at && !s->write_wants_read) || s->read_wants_write;
        break;
    case TLS_LINGERING:
        r = true;
        break;
    case TLS_CLOSED:
        return;
    }
    stream_want(&s->readable, &s->watch_r, r);
    stream_want(&s->writable, &s->watch_w, w);
}

static void stream_turn(struct tls_stream *s, bool readable, bool writable)
{
    if (s->state == TLS_LINGERING) {
        stream_discard(s);
        return;
    }
    if (s->state == TLS_OPENING) {
        if (!stream_handshake(s))
            return;
        readable = true; /* the first request may be inside OpenSSL already */
    }
    if (writable || s->write_wants_read)
        stream_flush(s);
    if (readable || s->read_wants_write)
        stream_read(s);
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    stream_turn(arg, (what & EV_READ) != 0, (what & EV_WRITE) != 0);
}

void tls_stream_again(struct tls_stream *s)
{
    if (s->state == TLS_OPENING && s->ssl == NULL)
        stream_opened(s);
    if (s->sent && s->state == TLS_OPEN) {
        s->sent = false;
        s->pool->ops->on_sent(s);
    }
    if (s->state != TLS_CLOSED)
        stream_turn(s, true, false);
}

/* ---- the rest ------------------------------------------------------------------------------ */

struct tls_stream *tls_stream_new(struct tls_pool *p, struct tls_context *ctx, int fd,
                                  const char *peer)
{
    SSL *ssl = NULL;

    if (ctx != NULL) {
        ERR_clear_error();
        ssl = SSL_new(ctx->ssl);
        if (ssl == NULL || SSL_set_fd(ssl, fd) != 1) {
            SSL_free(ssl);
            return NULL;
        }
    }
    struct tls_stream *s = xcalloc(1, sizeof(*s));
    s->pool = p;
    s->ssl = ssl;
    s->fd = fd;
    s->in.limit = p->limits.input_max;
    s->out.limit = p->limits.output_max * 2;
    s->out_max = p->limits.output_max;
    snprintf(s->peer, sizeof(s->peer), "%s", peer);
    event_assign(&s->readable, p->base, fd, EV_READ | EV_PERSIST, on_event, s);
    event_assign(&s->writable, p->base, fd, EV_WRITE | EV_PERSIST, on_event, s);
    return s;
}

void tls_stream_trim(struct tls_stream *s)
{
    if (s->in.len == 0)
        buf_free(&s->in);
    if (s->out.len == s->out_at) {
        buf_free(&s->out);
        s->out_at = 0;
    }
    if (s->state == TLS_OPEN && s->pool->ops->on_idle != NULL)
        s->pool->ops->on_idle(s);
}

void tls_stream_free(struct tls_stream *s)
{
    free(s);
}

void tls_stream_set_data(struct tls_stream *s, void *data)
{
    s->data = data;
}

void *tls_stream_data(const struct tls_stream *s)
{
    return s->data;
}

const struct certificate_identity *tls_stream_identity(const struct tls_stream *s)
{
    return s->identity.not_after != 0 ? &s->identity : NULL;
}

const char *tls_stream_peer(const struct tls_stream *s)
{
    return s->peer;
}

size_t tls_stream_unsent(const struct tls_stream *s)
{
    return s->out.len - s->out_at;
}

void tls_stream_set_output_max(struct tls_stream *s, size_t bytes)
{
    s->out_max = bytes;
}

void tls_stream_deadline(struct tls_stream *s, unsigned seconds)
{
    if (s->state == TLS_OPEN)
        s->deadline = seconds > 0 ? clock_mono() + (int64_t)seconds * SECOND : 0;
}

void tls_stream_pause(struct tls_stream *s)
{
    s->paused = true;
    stream_watch(s);
}

void tls_stream_resume(struct tls_stream *s)
{
    s->paused = false;
    /* the next bytes may be in our buffer or in OpenSSL's: the socket would not tell */
    if (s->state == TLS_OPEN)
        tls_pool_requeue(s->pool, s);
}

void tls_stream_finish(struct tls_stream *s)
{
    if (s->state != TLS_OPEN)
        return;
    s->state = TLS_DRAINING;
    s->end = TLS_END_DONE;
    s->deadline = clock_mono() + DRAIN_SECONDS * SECOND;
    if (s->out.len == s->out_at)
        stream_linger(s, TLS_END_DONE);
    else
        stream_watch(s);
}
