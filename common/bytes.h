/* SPDX-License-Identifier: BSD-2-Clause */
/* Hexadecimal (lower case) and base64 (RFC 4648): strict decoding, no white space. */
#ifndef DUBAN_BYTES_H
#define DUBAN_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

/* Writes 2n characters and a NUL. */
void hex_encode(const uint8_t *in, size_t n, char *out);
/* Exactly 2n lower-case digits at s and nothing behind them; false otherwise. */
bool hex_decode(const char *s, uint8_t *out, size_t n);
/* Appends standard base64 with padding. */
void base64_encode(const uint8_t *in, size_t n, struct buf *out);
/* Accepts the standard or the URL-safe alphabet (never both in one text), padded or not; unused
 * bits must be zero. Appends the bytes; false leaves *out as it was. */
bool base64_decode(const char *s, size_t n, struct buf *out);
/* Takes only the standard, padded form (len characters) of exactly n bytes: for C2SP texts. */
bool base64_exact(const char *s, size_t len, uint8_t *out, size_t n);

#endif
