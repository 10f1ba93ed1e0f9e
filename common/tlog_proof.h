/* SPDX-License-Identifier: BSD-2-Clause */
/* C2SP tlog-proof: "c2sp.org/tlog-proof@v1", extra (the entry), index, hashes, checkpoint. */
#ifndef DUBAN_TLOG_PROOF_H
#define DUBAN_TLOG_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "checkpoint.h"
#include "digest.h"
#include "err.h"
#include "merkle.h"

struct tlog_proof {
    struct buf extra; /* owned: the raw entry */
    uint64_t index;
    uint8_t path[MERKLE_LEVELS][DIGEST_SIZE];
    size_t path_len;
    struct buf note; /* owned: the signed checkpoint */
};

/* Appends the text form. Lines end with lf: "\n", or "\\n" inside of a JSON string, for which
 * nothing else than line ends needs an escape; the note comes with the same line ends. */
void tlog_proof_format(const void *extra, size_t extra_len, uint64_t index,
                       const uint8_t (*path)[DIGEST_SIZE], size_t n, const char *note,
                       size_t note_len, const char *lf, struct buf *out);
/* Strict. *out zeroed by the caller. Error: "proof-form". */
bool tlog_proof_parse(const char *text, size_t len, struct tlog_proof *out, struct err *e);
/* Checks checkpoint signature and inclusion of extra at index; *head gets the checkpoint.
 * Errors: "checkpoint", "log-signature", "inclusion". */
bool tlog_proof_verify(const struct tlog_proof *p, const struct checkpoint_vkey *v, size_t n,
                       struct checkpoint *head, struct err *e);
void tlog_proof_clear(struct tlog_proof *p);

#endif
