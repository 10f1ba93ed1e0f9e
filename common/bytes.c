/* SPDX-License-Identifier: BSD-2-Clause */
/* Hexadecimal and base64 as they appear in statements, entries and proofs. One byte string has one
 * hexadecimal form and, apart from alphabet and padding, one base64 form. */
#include "common/bytes.h"

#include <string.h>

static const char HEX_DIGITS[] = "0123456789abcdef";
static const char BASE64_DIGITS[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void hex_encode(const uint8_t *in, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++) {
        *out++ = HEX_DIGITS[in[i] >> 4];
        *out++ = HEX_DIGITS[in[i] & 15];
    }
    *out = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

bool hex_decode(const char *s, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int high = hex_value(s[2 * i]);
        int low = high < 0 ? -1 : hex_value(s[2 * i + 1]);
        if (low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return s[2 * n] == '\0';
}

void base64_encode(const uint8_t *in, size_t n, struct buf *out)
{
    char *p = n <= SIZE_MAX / 2 ? buf_reserve(out, (n + 2) / 3 * 4) : NULL;

    if (!p) {
        out->full = true;
        return;
    }
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)in[i] << 16;
        v |= i + 1 < n ? (uint32_t)in[i + 1] << 8 : 0;
        v |= i + 2 < n ? (uint32_t)in[i + 2] : 0;
        *p++ = BASE64_DIGITS[v >> 18];
        *p++ = BASE64_DIGITS[v >> 12 & 63];
        *p++ = i + 1 < n ? BASE64_DIGITS[v >> 6 & 63] : '=';
        *p++ = i + 2 < n ? BASE64_DIGITS[v & 63] : '=';
    }
    out->len += (n + 2) / 3 * 4;
}

enum { ALPHABET_STANDARD = 1, ALPHABET_URL = 2 };

/* Value of a base64 digit or -1; notes which alphabet the digit belongs to. */
static int base64_value(char c, unsigned *alphabets)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    *alphabets |= c == '+' || c == '/' ? ALPHABET_STANDARD : ALPHABET_URL;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

/* Length without padding; false when the padding is not what the length demands. */
static bool base64_strip(const char *s, size_t *n)
{
    size_t len = *n;
    size_t pad = 0;

    while (pad < 2 && pad < len && s[len - 1 - pad] == '=')
        pad++;
    if (pad && len % 4 != 0)
        return false;
    *n = len - pad;
    return *n % 4 != 1;
}

bool base64_decode(const char *s, size_t n, struct buf *out)
{
    unsigned alphabets = 0;
    uint32_t acc = 0;
    int bits = 0;

    if (!base64_strip(s, &n))
        return false;
    char *start = buf_reserve(out, n / 4 * 3 + n % 4);
    char *p = start;
    if (!p)
        return false;
    for (size_t i = 0; i < n; i++) {
        int v = base64_value(s[i], &alphabets);
        if (v < 0)
            break;
        acc = acc << 6 | (uint32_t)v;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            *p++ = (char)(acc >> bits & 0xFF);
        }
        acc &= 0xFFF;
        if (i == n - 1 && (acc & ((1U << bits) - 1)) == 0 && alphabets != 3) {
            *p = '\0';
            out->len += (size_t)(p - start);
            return true;
        }
    }
    *start = '\0';
    return n == 0;
}

bool base64_exact(const char *s, size_t len, uint8_t *out, size_t n)
{
    struct buf b = {.limit = n + 3};
    bool ok = len == (n + 2) / 3 * 4 && !memchr(s, '-', len) && !memchr(s, '_', len) &&
              base64_decode(s, len, &b) && b.len == n;

    if (ok && n)
        memcpy(out, b.data, n);
    buf_free(&b);
    return ok;
}
