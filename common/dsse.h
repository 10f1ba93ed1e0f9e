/* SPDX-License-Identifier: BSD-2-Clause */
/* DSSE envelopes (secure-systems-lab/dsse 1.0.2): one signature, JSON form. */
#ifndef DUBAN_DSSE_H
#define DUBAN_DSSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "err.h"
#include "key.h"

#define DSSE_SIG_MAX 256

struct dsse {
    char type[96];              /* payloadType */
    struct buf payload;         /* the exact signed bytes; owned */
    uint8_t keyid[DIGEST_SIZE]; /* SHA-256 of the SPKI: a look-up hint, checked by the payload */
    uint8_t sig[DSSE_SIG_MAX];
    size_t sig_len;
};

/* Appends PAE(type, payload) = "DSSEv1" SP len SP type SP len SP payload. */
void dsse_pae(const char *type, const void *payload, size_t n, struct buf *out);
/* Identity of a statement: SHA-256 of the PAE. Reuses *scratch for the PAE (left filled with it).
 */
void dsse_identity(const char *type, const void *payload, size_t n, struct buf *scratch,
                   uint8_t id[DIGEST_SIZE]);
/* Reads one envelope: exactly the members payloadType, payload, signatures[1]{keyid, sig}.
 * *out must be zeroed or reused; its payload buffer is cleared first. Errors: "malformed" (not
 * JSON, duplicate or unknown member, bad base64, trailing bytes), "size" (payload over max). */
bool dsse_decode(const char *json, size_t n, size_t payload_max, struct dsse *out, struct err *e);
/* Appends the envelope as one line of JSON without a newline. */
void dsse_encode(const struct dsse *d, struct buf *out);
/* Signs payload with k and fills *out. Error: "crypto". */
bool dsse_sign(const struct key *k, const char *type, const void *payload, size_t n,
               struct dsse *out, struct err *e);
/* Releases the payload. */
void dsse_clear(struct dsse *d);

#endif
