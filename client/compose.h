/* SPDX-License-Identifier: BSD-2-Clause */
/* Payloads of our own statements: the head that all have (docs/statements.md) and a body. */
#ifndef DUBAN_CLIENT_COMPOSE_H
#define DUBAN_CLIENT_COMPOSE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "client/home.h"
#include "common/buf.h"
#include "common/dsse.h"
#include "common/err.h"
#include "common/key.h"

/* The place of a statement in its key's chain. */
struct compose_place {
    int64_t seq;               /* of the statement */
    uint8_t prev[DIGEST_SIZE]; /* identity of seq - 1; zeros for seq 1 */
};

/* Signs {head, members of body}. aud and unit are those of the text. type: payload type. Fills *out
 * (cleared first) and its identity. Errors: "size" (payload over the limit of its type), "crypto".
 */
bool compose_sign(const char *aud, const char *unit, const struct key *k, const char *type,
                  const struct compose_place *at, const json_t *body, struct dsse *out,
                  uint8_t id[DIGEST_SIZE], struct err *e);
/* Signs the body of an earlier statement anew at another place. Errors: also "malformed". */
bool compose_again(const struct key *k, const struct dsse *old, const struct compose_place *at,
                   struct dsse *out, uint8_t id[DIGEST_SIZE], struct err *e);
/* Place of a statement as its payload says. Error "malformed". */
bool compose_place_of(const struct dsse *d, struct compose_place *at, struct err *e);
/* Strict parse of a payload of ours, by the depth of its type; new reference. */
bool compose_read(const struct dsse *d, json_t **out, struct err *e);

#endif
