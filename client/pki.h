/* SPDX-License-Identifier: BSD-2-Clause */
/* X.509 for enrolment and init: one CA (pathlen 0), certificates for servers and clients, signing
 * requests as proof of possession (RFC 5280, RFC 2986). */
#ifndef DUBAN_CLIENT_PKI_H
#define DUBAN_CLIENT_PKI_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/digest.h"
#include "common/err.h"
#include "common/key.h"

struct pki_ca;

/* What a new certificate says. */
struct pki_subject {
    const char *name;        /* common name */
    const char *alternative; /* subjectAltName as OpenSSL writes it: "URI:urn:duban:unit:u001" */
    bool server;             /* else a client */
    long days;
};

struct pki_issued {
    struct buf pem; /* owned */
    uint8_t fingerprint[DIGEST_SIZE];
    int64_t until; /* µs */
};

/* Makes a CA key and a self-signed certificate (ten years). Errors: "crypto", "file". */
bool pki_ca_make(const char *name, const char *certificate_path, const char *key_path,
                 struct err *e);
/* Loads them; the pair is checked. Errors: "key-file", "certificate". */
bool pki_ca_load(const char *certificate_path, const char *key_path, struct pki_ca **out,
                 struct err *e);
void pki_ca_free(struct pki_ca **ca);
/* Issues a certificate for this public key. Error "crypto". */
bool pki_issue(const struct pki_ca *ca, const struct key *public_key, const struct pki_subject *s,
               struct pki_issued *out, struct err *e);

/* Appends a signing request (PEM) for a key pair; SM2 with the id of docs/statements.md. Error
 * "crypto". */
bool pki_request_make(const struct key *k, const char *name, struct buf *pem, struct err *e);
/* Checks a request's signature by its own key (proof of possession). New public key. Error
 * "request". */
bool pki_request_check(const char *pem, struct key **public_key, struct err *e);
/* Public key of a PEM certificate. Error "certificate". */
bool pki_certificate_key(const char *pem, struct key **public_key, struct err *e);

#endif
