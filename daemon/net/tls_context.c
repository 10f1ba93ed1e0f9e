/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules of TLS for all connections of a listener. */
#include "daemon/net/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/mem.h"

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
