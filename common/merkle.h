/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 6962 section 2.1 Merkle trees: frontier, in-batch audit paths, proof verification. */
#ifndef DUBAN_MERKLE_H
#define DUBAN_MERKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"

#define MERKLE_LEVELS 63

/* The perfect subtrees of a tree of `size` leaves: node[l] counts when bit l of size is set. */
struct merkle_frontier {
    uint64_t size;
    uint8_t node[MERKLE_LEVELS][DIGEST_SIZE];
};

void merkle_leaf(const void *entry, size_t n, uint8_t out[DIGEST_SIZE]);
void merkle_node(const uint8_t l[DIGEST_SIZE], const uint8_t r[DIGEST_SIZE],
                 uint8_t out[DIGEST_SIZE]);
/* Adds one leaf hash. */
void merkle_frontier_add(struct merkle_frontier *f, const uint8_t leaf[DIGEST_SIZE]);
/* Root; SHA-256 of nothing for size 0. */
void merkle_frontier_root(const struct merkle_frontier *f, uint8_t out[DIGEST_SIZE]);

/* A batch of new leaves behind an old frontier: gives the audit path of each new leaf in the tree
 * that ends with the batch, without reading the tree. */
struct merkle_range;
/* Copies what it needs. n >= 1. */
struct merkle_range *merkle_range_new(const struct merkle_frontier *old,
                                      const uint8_t (*leaves)[DIGEST_SIZE], size_t n);
void merkle_range_free(struct merkle_range **r);
/* Audit path of leaf `index` (old size <= index < new size); returns the number of hashes. */
size_t merkle_range_path(const struct merkle_range *r, uint64_t index,
                         uint8_t path[MERKLE_LEVELS][DIGEST_SIZE]);
/* Root of the whole tree. */
void merkle_range_root(const struct merkle_range *r, uint8_t out[DIGEST_SIZE]);

/* RFC 9162 section 2.1.3.2 / 2.1.4.2 algorithms. */
bool merkle_verify_inclusion(uint64_t index, uint64_t size, const uint8_t leaf[DIGEST_SIZE],
                             const uint8_t (*path)[DIGEST_SIZE], size_t n,
                             const uint8_t root[DIGEST_SIZE]);
bool merkle_verify_consistency(uint64_t old_size, uint64_t new_size,
                               const uint8_t old_root[DIGEST_SIZE],
                               const uint8_t new_root[DIGEST_SIZE],
                               const uint8_t (*path)[DIGEST_SIZE], size_t n);

#endif
