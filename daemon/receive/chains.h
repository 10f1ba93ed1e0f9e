/* SPDX-License-Identifier: BSD-2-Clause */
/* What this receiver has learnt about where each key's chain ends: a hint that keeps duplicates
 * and reuses out of the batches. The database's row is the truth. */
#ifndef DUBAN_CHAINS_H
#define DUBAN_CHAINS_H

#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"

struct chains_end {
    int64_t key; /* the database's number of the key; 0 = free slot */
    int64_t seq;
    uint8_t id[DIGEST_SIZE];
};

/* Grows with the number of registered keys, not with statements. Zeroed = empty. */
struct chains {
    struct chains_end *slot; /* owned */
    size_t slots, used;
};

/* NULL when nothing is known. Valid until the next chains_put(). */
struct chains_end *chains_get(const struct chains *c, int64_t key);
/* Learns; an older seq than the known one is ignored. */
void chains_put(struct chains *c, int64_t key, int64_t seq, const uint8_t id[DIGEST_SIZE]);
/* Forgets everything, keeps the memory. */
void chains_clear(struct chains *c);
void chains_free(struct chains *c);

#endif
