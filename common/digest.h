/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 over one or two pieces (FIPS 180-4), by OpenSSL. */
#ifndef DUBAN_DIGEST_H
#define DUBAN_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE 32

void sha256(const void *bytes, size_t n, uint8_t out[DIGEST_SIZE]);
/* SHA-256 of a then b, without joining them. */
void sha256_two(const void *a, size_t an, const void *b, size_t bn, uint8_t out[DIGEST_SIZE]);

#endif
