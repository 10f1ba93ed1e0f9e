/* SPDX-License-Identifier: BSD-2-Clause */
/* Signed log heads: C2SP signed-note and tlog-checkpoint with Ed25519 (signature type 0x01). */
#ifndef DUBAN_CHECKPOINT_H
#define DUBAN_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "err.h"
#include "key.h"

/* A verifier key: "name+hex(id)+base64(0x01 || public key)". */
struct checkpoint_vkey {
    char name[128];
    uint32_t id;
    struct key *key; /* owned */
};

struct checkpoint {
    char origin[128];
    uint64_t size;
    uint8_t root[DIGEST_SIZE];
};

/* Error: "vkey". */
bool checkpoint_vkey_parse(const char *text, size_t n, struct checkpoint_vkey *out, struct err *e);
void checkpoint_vkey_clear(struct checkpoint_vkey *v);
/* Appends the vkey text of an ed25519 log key under this name. */
void checkpoint_vkey_format(const char *name, const struct key *log_key, struct buf *out);

/* Appends the signed note: three lines, blank line, one signature line. Error: "crypto". */
bool checkpoint_sign(const struct checkpoint *c, const struct key *log_key, struct buf *out,
                     struct err *e);
/* Parses a note and demands origin == v[i].name and one valid signature by one of the n keys;
 * unknown signature lines are ignored. Errors: "checkpoint" (form), "log-signature". */
bool checkpoint_open(const char *note, size_t len, const struct checkpoint_vkey *v, size_t n,
                     struct checkpoint *out, struct err *e);

#endif
