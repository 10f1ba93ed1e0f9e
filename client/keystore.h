/* SPDX-License-Identifier: BSD-2-Clause */
/* The files that make an identity: TLS certificate and key, signing key, CA file. Every fault is
 * named with its file, subject, date and the next command. */
#ifndef DUBAN_CLIENT_KEYSTORE_H
#define DUBAN_CLIENT_KEYSTORE_H

#include <stdbool.h>
#include <stdint.h>

#include "client/home.h"
#include "common/digest.h"
#include "common/err.h"
#include "common/key.h"

/* What a PEM certificate file says about itself. */
struct keystore_certificate {
    char subject[200];
    int64_t from, until;              /* µs since 1970 */
    uint8_t fingerprint[DIGEST_SIZE]; /* SHA-256 of the DER */
};

/* Reads the first certificate of a PEM file. Error "key-file" names path and cause. */
bool keystore_certificate(const char *path, struct keystore_certificate *out, struct err *e);
/* Checks everything that TLS needs before a connection is tried: CA file, certificate (readable,
 * not expired at the real clock, already valid), private key (readable, private, belongs to the
 * certificate). Errors: "key-file", "certificate". */
bool keystore_check(const struct home *h, struct err *e);
/* Loads the signing key; new key. Error "key-file". */
bool keystore_sign_key(const struct home *h, struct key **out, struct err *e);
/* The words for “duban enrol …” that renew this identity: "--unit u001". */
void keystore_enrol_words(const struct home *h, char *out, size_t size);

#endif
