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

/* Value of a digit, and that it is one. */
enum { HEX = 0x10 };
static const uint8_t HEX_VALUE[256] = {
    ['0'] = HEX + 0,  ['1'] = HEX + 1,  ['2'] = HEX + 2,  ['3'] = HEX + 3,
    ['4'] = HEX + 4,  ['5'] = HEX + 5,  ['6'] = HEX + 6,  ['7'] = HEX + 7,
    ['8'] = HEX + 8,  ['9'] = HEX + 9,  ['a'] = HEX + 10, ['b'] = HEX + 11,
    ['c'] = HEX + 12, ['d'] = HEX + 13, ['e'] = HEX + 14, ['f'] = HEX + 15,
};

bool hex_decode(const char *s, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned high = HEX_VALUE[(unsigned char)s[2 * i]];
        unsigned low = high ? HEX_VALUE[(unsigned char)s[2 * i + 1]] : 0;

        if (low == 0) /* also behind the end of a text that is too short */
            return false;
        out[i] = (uint8_t)(high << 4 | (low & 15));
    }
    return s[2 * n] == '\0';
}

static uint32_t load_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void base64_quad(uint32_t v, char *p)
{
    p[0] = BASE64_DIGITS[v >> 18];
    p[1] = BASE64_DIGITS[v >> 12 & 63];
    p[2] = BASE64_DIGITS[v >> 6 & 63];
    p[3] = BASE64_DIGITS[v & 63];
}

void base64_encode(const uint8_t *in, size_t n, struct buf *out)
{
    char *p = n <= SIZE_MAX / 2 ? buf_reserve(out, (n + 2) / 3 * 4) : NULL;
    size_t i = 0;

    if (!p) {
        out->full = true;
        return;
    }
    for (; n - i > 3; i += 3, p += 4) /* four bytes are read at once, three are taken */
        base64_quad(load_be32(in + i) >> 8, p);
    if (n - i == 3) {
        base64_quad((uint32_t)in[i] << 16 | (uint32_t)in[i + 1] << 8 | in[i + 2], p);
        i += 3;
        p += 4;
    }
    if (i < n) {
        uint32_t v = (uint32_t)in[i] << 16 | (i + 1 < n ? (uint32_t)in[i + 1] << 8 : 0);
        *p++ = BASE64_DIGITS[v >> 18];
        *p++ = BASE64_DIGITS[v >> 12 & 63];
        *p++ = i + 1 < n ? BASE64_DIGITS[v >> 6 & 63] : '=';
        *p++ = '=';
    }
    out->len += (n + 2) / 3 * 4;
}

/* What a character is: its value in the low six bits, and, above the 24 bits that four of them
 * make, that it is one and whose own it is. */
#define DIGIT 0x1000000U
#define STANDARD 0x3000000U
#define URL 0x5000000U
#define BOTH 0x6000000U

static const uint32_t BASE64_VALUE[256] = {
    ['A'] = DIGIT + 0,  ['B'] = DIGIT + 1,  ['C'] = DIGIT + 2,     ['D'] = DIGIT + 3,
    ['E'] = DIGIT + 4,  ['F'] = DIGIT + 5,  ['G'] = DIGIT + 6,     ['H'] = DIGIT + 7,
    ['I'] = DIGIT + 8,  ['J'] = DIGIT + 9,  ['K'] = DIGIT + 10,    ['L'] = DIGIT + 11,
    ['M'] = DIGIT + 12, ['N'] = DIGIT + 13, ['O'] = DIGIT + 14,    ['P'] = DIGIT + 15,
    ['Q'] = DIGIT + 16, ['R'] = DIGIT + 17, ['S'] = DIGIT + 18,    ['T'] = DIGIT + 19,
    ['U'] = DIGIT + 20, ['V'] = DIGIT + 21, ['W'] = DIGIT + 22,    ['X'] = DIGIT + 23,
    ['Y'] = DIGIT + 24, ['Z'] = DIGIT + 25, ['a'] = DIGIT + 26,    ['b'] = DIGIT + 27,
    ['c'] = DIGIT + 28, ['d'] = DIGIT + 29, ['e'] = DIGIT + 30,    ['f'] = DIGIT + 31,
    ['g'] = DIGIT + 32, ['h'] = DIGIT + 33, ['i'] = DIGIT + 34,    ['j'] = DIGIT + 35,
    ['k'] = DIGIT + 36, ['l'] = DIGIT + 37, ['m'] = DIGIT + 38,    ['n'] = DIGIT + 39,
    ['o'] = DIGIT + 40, ['p'] = DIGIT + 41, ['q'] = DIGIT + 42,    ['r'] = DIGIT + 43,
    ['s'] = DIGIT + 44, ['t'] = DIGIT + 45, ['u'] = DIGIT + 46,    ['v'] = DIGIT + 47,
    ['w'] = DIGIT + 48, ['x'] = DIGIT + 49, ['y'] = DIGIT + 50,    ['z'] = DIGIT + 51,
    ['0'] = DIGIT + 52, ['1'] = DIGIT + 53, ['2'] = DIGIT + 54,    ['3'] = DIGIT + 55,
    ['4'] = DIGIT + 56, ['5'] = DIGIT + 57, ['6'] = DIGIT + 58,    ['7'] = DIGIT + 59,
    ['8'] = DIGIT + 60, ['9'] = DIGIT + 61, ['+'] = STANDARD + 62, ['/'] = STANDARD + 63,
    ['-'] = URL + 62,   ['_'] = URL + 63,
};

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

struct base64_seen {
    uint32_t any, all;
};

/* Four characters to three bytes at a time. */
static void base64_quads(const unsigned char *s, size_t quads, char *p, struct base64_seen *seen)
{
    uint32_t any = seen->any, all = seen->all;

    for (; quads > 0; quads--, s += 4, p += 3) {
        uint32_t a = BASE64_VALUE[s[0]], b = BASE64_VALUE[s[1]];
        uint32_t c = BASE64_VALUE[s[2]], d = BASE64_VALUE[s[3]];
        uint32_t v = a << 18 | b << 12 | c << 6 | d;

        any |= a | b | c | d;
        all &= a & b & c & d;
        p[0] = (char)(v >> 16);
        p[1] = (char)(v >> 8);
        p[2] = (char)v;
    }
    *seen = (struct base64_seen){any, all};
}

/* The last two or three characters; their unused bits must be zero. */
static bool base64_tail(const unsigned char *s, size_t n, char *p, struct base64_seen *seen)
{
    uint32_t a = BASE64_VALUE[s[0]], b = BASE64_VALUE[s[1]],
             c = n == 3 ? BASE64_VALUE[s[2]] : DIGIT;
    uint32_t v = a << 12 | b << 6 | c;

    seen->any |= a | b | c;
    seen->all &= a & b & c;
    p[0] = (char)(v >> 10);
    if (n == 3)
        p[1] = (char)(v >> 2);
    return (v & (n == 3 ? 0x3 : 0x3FF)) == 0;
}

bool base64_decode(const char *s, size_t n, struct buf *out)
{
    const unsigned char *in = (const unsigned char *)s;
    struct base64_seen seen = {0, DIGIT};

    if (!base64_strip(s, &n))
        return false;
    size_t rest = n % 4, len = n / 4 * 3 + (rest ? rest - 1 : 0);
    char *p = buf_reserve(out, len);
    if (!p)
        return false;
    base64_quads(in, n / 4, p, &seen);
    bool ok = rest == 0 || base64_tail(in + n - rest, rest, p + n / 4 * 3, &seen);
    ok = ok && seen.all == DIGIT && (seen.any & BOTH) != BOTH;
    p[ok ? len : 0] = '\0';
    out->len += ok ? len : 0;
    return ok;
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
