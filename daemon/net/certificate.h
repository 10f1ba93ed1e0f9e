/* SPDX-License-Identifier: BSD-2-Clause */
/* Who a certificate says it is. Only libcrypto's X509, no TLS: used on the verified peer
 * certificate by tls_stream, and on our own files by check. */
#ifndef DUBAN_CERTIFICATE_H
#define DUBAN_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/err.h"

#define CERTIFICATE_NAME_MAX 64
#define CERTIFICATE_URN "urn:duban:"

/* What duban keeps of a client certificate (docs/security.md). The fingerprint is the identity that
 * the registry knows; the name is a cross-check and a text for logs. */
struct certificate_identity {
    uint8_t fingerprint[DIGEST_SIZE]; /* SHA-256 of the DER */
    int64_t not_after;                /* microseconds since the epoch */
    char name[CERTIFICATE_NAME_MAX];  /* behind "urn:duban:", e.g. "unit:u001" */
};

/* Reads the DER of one subjectAltName extension value (a GeneralNames sequence, nothing behind it).
 * True when exactly one URI in it starts with "urn:duban:", and what follows is one to three parts
 * of [a-z0-9-]{1,32} with ':' between ("unit:u001", "operator"): no NUL, nothing else. name gets
 * the part behind the prefix. Other names (DNS, mail, other URIs) are ignored. Peer input: any
 * bytes. */
bool certificate_name_parse(const uint8_t *der, size_t n, char name[CERTIFICATE_NAME_MAX]);

/* Fills *out from an X509 * (void so that OpenSSL stays out of this header). Error "certificate":
 * no such name, several, or no readable end date. */
bool certificate_identify(const void *x509, struct certificate_identity *out, struct err *e);

#endif
