/* SPDX-License-Identifier: BSD-2-Clause */
/* Proof verification, step by step as RFC 9162 writes it down. */
#include <string.h>

#include "common/merkle.h"

static bool same(const uint8_t a[DIGEST_SIZE], const uint8_t b[DIGEST_SIZE])
{
    return memcmp(a, b, DIGEST_SIZE) == 0;
}

/* RFC 9162 section 2.1.3.2. */
bool merkle_verify_inclusion(uint64_t index, uint64_t size, const uint8_t leaf[DIGEST_SIZE],
                             const uint8_t (*path)[DIGEST_SIZE], size_t n,
                             const uint8_t root[DIGEST_SIZE])
{
    uint8_t r[DIGEST_SIZE];

    if (index >= size)
        return false;
    uint64_t fn = index;
    uint64_t sn = size - 1;
    memcpy(r, leaf, DIGEST_SIZE);
    for (size_t i = 0; i < n; i++) {
        if (sn == 0)
            return false;
        if (fn & 1 || fn == sn) {
            merkle_node(path[i], r, r);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            merkle_node(r, path[i], r);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && same(r, root);
}

/* Steps 4 to 7 of RFC 9162 section 2.1.4.2; first: the node that both trees share. */
static bool climb(uint64_t fn, uint64_t sn, const uint8_t first[DIGEST_SIZE],
                  const uint8_t old_root[DIGEST_SIZE], const uint8_t new_root[DIGEST_SIZE],
                  const uint8_t (*path)[DIGEST_SIZE], size_t n)
{
    uint8_t fr[DIGEST_SIZE];
    uint8_t sr[DIGEST_SIZE];

    memcpy(fr, first, DIGEST_SIZE);
    memcpy(sr, first, DIGEST_SIZE);
    for (size_t i = 0; i < n; i++) {
        if (sn == 0)
            return false;
        if (fn & 1 || fn == sn) {
            merkle_node(path[i], fr, fr);
            merkle_node(path[i], sr, sr);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            merkle_node(sr, path[i], sr);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && same(fr, old_root) && same(sr, new_root);
}

/* RFC 9162 section 2.1.4.2. A proof from the empty tree says nothing and is refused. */
bool merkle_verify_consistency(uint64_t old_size, uint64_t new_size,
                               const uint8_t old_root[DIGEST_SIZE],
                               const uint8_t new_root[DIGEST_SIZE],
                               const uint8_t (*path)[DIGEST_SIZE], size_t n)
{
    if (old_size == 0 || old_size > new_size)
        return false;
    if (old_size == new_size)
        return n == 0 && same(old_root, new_root);
    if (n == 0)
        return false;
    bool power = (old_size & (old_size - 1)) == 0;
    uint64_t fn = old_size - 1;
    uint64_t sn = new_size - 1;
    while (fn & 1) {
        fn >>= 1;
        sn >>= 1;
    }
    if (power)
        return climb(fn, sn, old_root, old_root, new_root, path, n);
    return climb(fn, sn, path[0], old_root, new_root, path + 1, n - 1);
}
