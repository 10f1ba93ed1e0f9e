/* SPDX-License-Identifier: BSD-2-Clause */
/* Signed log heads with an instant: C2SP tlog-cosignature, Ed25519 (signature type 0x04). The log's
 * own key makes it beside its plain signature; the prefix "cosignature/v1" keeps the two texts
 * apart. It says: at this second, this was the largest tree that the signer had signed. */
#ifndef DUBAN_COSIGNATURE_H
#define DUBAN_COSIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "checkpoint.h"
#include "err.h"
#include "key.h"

/* Appends the signature line for a note that checkpoint_sign() made under this name. seconds since
 * the epoch, not negative. Error: "crypto". */
bool cosignature_sign(const char *note, size_t len, const char *name, const struct key *log_key,
                      int64_t seconds, struct buf *out, struct err *e);
/* checkpoint_open(), and demands a valid cosignature by one of the n keys: v[*by] signed at
 * *seconds. Errors: those of checkpoint_open; "log-signature" when there is none or it is wrong. */
bool cosignature_open(const char *note, size_t len, const struct checkpoint_vkey *v, size_t n,
                      struct checkpoint *head, int64_t *seconds, size_t *by, struct err *e);

#endif
