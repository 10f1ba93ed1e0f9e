/* SPDX-License-Identifier: BSD-2-Clause */
/* Signing keys: the algorithms that a registered key may have (docs/statements.md). The algorithm
 * is a property of the key, never of a message. Signatures: ecdsa-p256 and sm2 are DER, ed25519 is
 * 64 raw bytes; sm2 always uses SM3 and the user id 1234567812345678. */
#ifndef DUBAN_KEY_H
#define DUBAN_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "err.h"

enum key_alg { KEY_ECDSA_P256, KEY_ED25519, KEY_SM2 };

struct key; /* a public key, or a key pair */

/* "ecdsa-p256", "ed25519", "sm2". */
const char *key_alg_name(enum key_alg alg);
/* False for an unknown name. */
bool key_alg_parse(const char *name, enum key_alg *alg);

/* Makes a key pair. Errors: "crypto". */
bool key_generate(enum key_alg alg, struct key **out, struct err *e);
/* Reads a PEM private key (PKCS#8). Errors: "key-file": missing, unreadable, readable by others
 * (mode must be 0600 or stricter unless owned through systemd credentials, 0400/0440), not a key,
 * algorithm not known; the text names the path and the remedy. */
bool key_load(const char *path, struct key **out, struct err *e);
/* Writes the private key as PKCS#8 PEM with mode 0600, atomically, synced. Error: "file". */
bool key_save(const struct key *k, const char *path, struct err *e);
/* Takes a DER SubjectPublicKeyInfo. Only the named curve, uncompressed; i2d(d2i(x)) must equal x.
 * Error: "key". */
bool key_from_spki(const uint8_t *der, size_t n, struct key **out, struct err *e);
/* Wraps an EVP_PKEY (given as void * so that OpenSSL stays out of this header); takes a reference.
 */
bool key_from_evp(void *pkey, struct key **out, struct err *e);
/* The EVP_PKEY, borrowed. */
void *key_evp(const struct key *k);
void key_free(struct key **k);

enum key_alg key_algorithm(const struct key *k);
/* DER SubjectPublicKeyInfo, owned by the key. */
const uint8_t *key_spki(const struct key *k, size_t *n);
/* SHA-256 of the SPKI: the key's name in statements. */
const uint8_t *key_id(const struct key *k);

/* Appends the signature over msg. Error: "crypto". */
bool key_sign(const struct key *k, const void *msg, size_t n, struct buf *sig, struct err *e);
/* True only for a valid signature in the algorithm of the key. */
bool key_verify(const struct key *k, const void *msg, size_t n, const void *sig, size_t sig_n);

#endif
