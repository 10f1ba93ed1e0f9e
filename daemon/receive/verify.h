/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "verify": from an envelope's bytes to a statement that may be appended. Order of the checks
 * (docs/architecture.md): size, envelope, registered key, signature over the exact bytes, strict
 * parse of those very bytes, audience and key; then what may change with time: unit, validity,
 * right to deliver and to speak. A statement that fails only the latter may be a duplicate of a
 * stored one and still gets its receipt. `iat` never refuses. */
#ifndef DUBAN_VERIFY_H
#define DUBAN_VERIFY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "daemon/receive/keys.h"
#include "daemon/receive/submission.h"

enum verify_outcome {
    VERIFY_GOOD,        /* append it */
    VERIFY_REFUSED,     /* answer with the problem */
    VERIFY_UNLESS_KNOWN /* answer with the problem, unless this very statement is stored */
};

struct verify {
    const struct keys *keys; /* borrowed */
    struct buf pae;          /* scratch; owned */
};

void verify_clear(struct verify *v);
/* The whole step; s has the certificate and the times, the rest is filled here. */
enum verify_outcome verify_statement(struct verify *v, const char *json, size_t n,
                                     struct submission *s, struct problem *p);
/* May this client hand in statements of this key, and ask for their receipts? */
bool verify_may_deliver(const struct keys_client *c, const struct keys_key *key);
/* Only the checks that change with time and registry: again after a new registry. */
enum verify_outcome verify_allowed(const struct verify *v, struct submission *s, struct problem *p);

#endif
