/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256. The low-level calls are used on purpose: in OpenSSL 3 the EVP form looks the algorithm
 * up and allocates for each digest, which costs more than hashing a tree node does. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "common/digest.h"

#include <openssl/sha.h>

void sha256(const void *bytes, size_t n, uint8_t out[DIGEST_SIZE])
{
    sha256_two(bytes, n, NULL, 0, out);
}

void sha256_two(const void *a, size_t an, const void *b, size_t bn, uint8_t out[DIGEST_SIZE])
{
    SHA256_CTX c;

    SHA256_Init(&c);
    if (an)
        SHA256_Update(&c, a, an);
    if (bn)
        SHA256_Update(&c, b, bn);
    SHA256_Final(out, &c);
}
