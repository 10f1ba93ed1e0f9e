/* SPDX-License-Identifier: BSD-2-Clause */
/* TLS and the little HTTP that a generator needs. */
#include "bench/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE ((size_t)16 * 1024)

static bool tls_error(struct err *e, const char *what)
{
    char text[200];

    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    return err_set(e, "wire", "%s: %s", what, text);
}

bool wire_peer_open(struct wire_peer *p, struct err *e)
{
    static const unsigned char alpn[] = "\x08http/1.1";
    SSL_CTX *c = SSL_CTX_new(TLS_client_method());

    p->ctx = c;
    if (c == NULL || SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) != 1)
        return tls_error(e, "TLS");
    if (SSL_CTX_load_verify_locations(c, p->ca, NULL) != 1)
        return tls_error(e, p->ca);
    if (SSL_CTX_use_certificate_chain_file(c, p->cert) != 1)
        return tls_error(e, p->cert);
    if (SSL_CTX_use_PrivateKey_file(c, p->key, SSL_FILETYPE_PEM) != 1)
        return tls_error(e, p->key);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_alpn_protos(c, alpn, sizeof alpn - 1);
    SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (p->lean)
        SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
    return true;
}

void wire_peer_close(struct wire_peer *p)
{
    SSL_CTX_free(p->ctx);
    p->ctx = NULL;
}

static bool connect_to(struct wire *w, const char *url, struct err *e)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    char host[64];
    int port, one = 1;

    if (sscanf(url, "https://%63[0-9.]:%d", host, &port) != 2 ||
        inet_pton(AF_INET, host, &a.sin_addr) != 1 || port < 1 || port > 65535)
        return err_set(e, "wire", "%s: write https://ADDRESS:PORT", url);
    a.sin_port = htons((uint16_t)port);
    w->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (w->fd < 0 || connect(w->fd, (struct sockaddr *)&a, sizeof a) != 0)
        return err_set(e, "wire", "%s: %s", url, strerror(errno));
    setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return true;
}

static bool prepare(struct wire *w, const struct wire_peer *p, struct err *e)
{
    w->fd = -1;
    w->out_len = w->out_at = 0;
    buf_clear(&w->in);
    w->ssl = SSL_new(p->ctx);
    if (w->ssl == NULL)
        return tls_error(e, "TLS");
    if (!connect_to(w, p->url, e))
        return false;
    SSL_set_fd(w->ssl, w->fd);
    return true;
}

static bool no_blocking(struct wire *w, struct err *e)
{
    return fcntl(w->fd, F_SETFL, O_NONBLOCK) == 0 || err_set(e, "wire", "%s", strerror(errno));
}

bool wire_open(struct wire *w, const struct wire_peer *p, struct err *e)
{
    if (!prepare(w, p, e))
        return false;
    if (SSL_connect(w->ssl) != 1)
        return tls_error(e, p->url);
    return no_blocking(w, e);
}

bool wire_begin(struct wire *w, const struct wire_peer *p, struct err *e)
{
    return prepare(w, p, e) && no_blocking(w, e);
}

void wire_close(struct wire *w)
{
    SSL_free(w->ssl);
    w->ssl = NULL;
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
    buf_free(&w->in);
}

static enum wire_state state_of(struct wire *w, int n)
{
    int why = SSL_get_error(w->ssl, n);

    ERR_clear_error();
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? WIRE_AGAIN : WIRE_BROKEN;
}

enum wire_state wire_shake(struct wire *w)
{
    int n = SSL_connect(w->ssl);

    return n == 1 ? WIRE_DONE : state_of(w, n);
}

enum wire_state wire_flush(struct wire *w)
{
    while (w->out_at < w->out_len) {
        size_t n;

        if (SSL_write_ex(w->ssl, w->out + w->out_at, w->out_len - w->out_at, &n) != 1)
            return state_of(w, 0);
        w->out_at += n;
    }
    return WIRE_DONE;
}

enum wire_state wire_send(struct wire *w, const char *bytes, size_t n)
{
    w->out = bytes;
    w->out_len = n;
    w->out_at = 0;
    return wire_flush(w);
}

enum wire_state wire_receive(struct wire *w)
{
    for (;;) {
        char *to = buf_reserve(&w->in, READ_SIZE);
        size_t n;

        if (to == NULL)
            return WIRE_BROKEN;
        if (SSL_read_ex(w->ssl, to, READ_SIZE, &n) != 1)
            return state_of(w, 0);
        w->in.len += n;
        w->in.data[w->in.len] = '\0';
    }
}

bool wire_answer(const struct buf *in, struct wire_answer *a)
{
    const char *end, *length;

    if (in->len < 16 || (end = memmem(in->data, in->len, "\r\n\r\n", 4)) == NULL)
        return false;
    length = strcasestr(in->data, "\r\ncontent-length:");
    a->status = atoi(in->data + 9);
    a->body = end + 4;
    a->body_len = length != NULL && length < end ? strtoul(length + 17, NULL, 10) : 0;
    a->whole_len = (size_t)(a->body - in->data) + a->body_len;
    return in->len >= a->whole_len;
}
