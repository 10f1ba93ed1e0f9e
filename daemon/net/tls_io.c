/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes of one connection: the only file that calls libssl for it (tls_context.c for what all
 * share). What an operation waits for is kept per operation, because a read may need the socket to
 * take bytes and a write may need it to give some. Whether a certificate is good is decided once,
 * after the handshake, never in a callback of the library. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include "common/log.h"
#include "daemon/net/tls_context.h"
#include "daemon/net/tls_private.h"

bool tls_io_new(struct tls_stream *s, struct tls_context *ctx)
{
    ERR_clear_error();
    s->ssl = SSL_new(ctx->ssl);
    if (s->ssl != NULL && SSL_set_fd(s->ssl, s->fd) == 1)
        return true;
    tls_io_free(s);
    return false;
}

void tls_io_free(struct tls_stream *s)
{
    SSL_free(s->ssl);
    s->ssl = NULL;
}

bool tls_io_pending(const struct tls_stream *s)
{
    return s->ssl != NULL && SSL_has_pending(s->ssl) == 1;
}

void tls_io_goodbye(struct tls_stream *s)
{
    if (s->ssl == NULL || s->broken || s->state == TLS_OPENING)
        return;
    s->broken = true;
    ERR_clear_error();
    SSL_shutdown(s->ssl);
    ERR_clear_error();
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

static enum tls_end handshake_failed(struct tls_stream *s)
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
    return end;
}

/* The certificate decides, and only the verified one. */
static bool handshake_identify(struct tls_stream *s, struct err *e)
{
    X509 *x = SSL_get0_peer_certificate(s->ssl);

    if (x == NULL || SSL_get_verify_result(s->ssl) != X509_V_OK)
        return err_set(e, "certificate", "no verified certificate");
    return certificate_identify(x, &s->identity, e);
}

enum tls_io tls_io_accept(struct tls_stream *s, enum tls_end *end)
{
    struct err e = {0};

    ERR_clear_error();
    int rc = SSL_accept(s->ssl);
    s->handshake_writes = false;
    if (rc != 1) {
        int why = SSL_get_error(s->ssl, rc);
        s->handshake_writes = why == SSL_ERROR_WANT_WRITE;
        if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
            return TLS_IO_WAIT;
        *end = handshake_failed(s);
        return TLS_IO_END;
    }
    if (handshake_identify(s, &e))
        return TLS_IO_BYTES;
    log_limited(LOG_LEVEL_WARN, "identity", "handshake refused peer=%s end=certificate why=\"%s\"",
                s->peer, e.text);
    *end = TLS_END_CERTIFICATE;
    return TLS_IO_END;
}

/* ---- read and write ------------------------------------------------------------------------ */

static enum tls_io read_plain(struct tls_stream *s, size_t *n, enum tls_end *end)
{
    ssize_t rc = recv(s->fd, s->pool->scratch, TLS_SCRATCH, 0);

    if (rc > 0) {
        *n = (size_t)rc;
        return TLS_IO_BYTES;
    }
    if (rc < 0 && (errno == EAGAIN || errno == EINTR))
        return TLS_IO_WAIT;
    *end = rc == 0 ? TLS_END_PEER : TLS_END_ERROR;
    return TLS_IO_END;
}

static enum tls_io read_tls(struct tls_stream *s, size_t *n, enum tls_end *end)
{
    ERR_clear_error();
    int rc = SSL_read_ex(s->ssl, s->pool->scratch, TLS_SCRATCH, n);
    s->read_wants_write = false;
    if (rc == 1)
        return TLS_IO_BYTES;
    switch (SSL_get_error(s->ssl, rc)) {
    case SSL_ERROR_WANT_WRITE:
        s->read_wants_write = true;
        return TLS_IO_WAIT;
    case SSL_ERROR_WANT_READ:
        return TLS_IO_WAIT;
    case SSL_ERROR_ZERO_RETURN:
        *end = TLS_END_PEER;
        return TLS_IO_END;
    default:
        *end = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING
                   ? TLS_END_TRUNCATED
                   : TLS_END_ERROR;
        s->broken = true;
        ERR_clear_error();
        return TLS_IO_END;
    }
}

enum tls_io tls_io_read(struct tls_stream *s, size_t *n, enum tls_end *end)
{
    return s->ssl != NULL ? read_tls(s, n, end) : read_plain(s, n, end);
}

enum tls_io tls_io_write(struct tls_stream *s, size_t *n)
{
    const char *from = s->out.data + s->out_at;
    size_t len = s->out.len - s->out_at;

    if (s->ssl == NULL) {
        ssize_t rc = send(s->fd, from, len, MSG_NOSIGNAL);
        *n = rc > 0 ? (size_t)rc : 0;
        return rc >= 0                             ? TLS_IO_BYTES
               : errno == EAGAIN || errno == EINTR ? TLS_IO_WAIT
                                                   : TLS_IO_END;
    }
    ERR_clear_error();
    int rc = SSL_write_ex(s->ssl, from, len, n);
    s->write_wants_read = false;
    if (rc == 1)
        return TLS_IO_BYTES;
    int why = SSL_get_error(s->ssl, rc);
    s->write_wants_read = why == SSL_ERROR_WANT_READ;
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
        return TLS_IO_WAIT;
    s->broken = true;
    ERR_clear_error();
    return TLS_IO_END;
}
