/* SPDX-License-Identifier: BSD-2-Clause */
/* What all connections of a listener share of TLS: our certificate and key, the CA for clients, and
 * the rules: one version, no resumption, nobody without a certificate. */
#ifndef DUBAN_TLS_CONTEXT_H
#define DUBAN_TLS_CONTEXT_H

#include <stdbool.h>

#include "common/err.h"

struct ssl_ctx_st;

struct tls_context {
    struct ssl_ctx_st *ssl; /* for tls_io.c */
};

/* Reads certificate chain, private key and client CA (PEM files). TLS 1.3 only, client certificate
 * demanded, no tickets, no resumption, no early data, ALPN http/1.1, nothing from openssl.cnf.
 * Error "tls": names the file and what is wrong with it. */
bool tls_context_new(const char *cert, const char *key, const char *ca, struct tls_context **out,
                     struct err *e);
/* Connections that use it keep what they need. */
void tls_context_free(struct tls_context **c);

#endif
