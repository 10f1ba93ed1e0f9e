/* SPDX-License-Identifier: BSD-2-Clause */
/* A byte is tested for being small by borrowing from its high bit. The borrow may reach the byte
 * above, so that only the lowest mark is exact: enough for "does it occur" and for "where first".
 */
#include "common/text_scan.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ONES 0x0101010101010101u
#define HIGH 0x8080808080808080u
#define WORD sizeof(uint64_t)

/* Marks bytes below m, which is at most 0x80; those above 0x7F never are. */
static uint64_t below(uint64_t v, unsigned m)
{
    return (v - ONES * m) & ~v & HIGH;
}

static uint64_t equal(uint64_t v, char c)
{
    return below(v ^ (ONES * (unsigned char)c), 1);
}

/* At most eight bytes, spaces behind them; that of the lowest address is the least significant. */
static uint64_t load(const char *s, size_t n)
{
    uint64_t v = ONES * ' ';

    memcpy(&v, s, n);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

/* Nothing but printable ASCII without a backslash? Bytes above 0x7F count as marks here. */
static bool plain(uint64_t v)
{
    uint64_t marks =
        (v - ONES * 0x20) | ((v ^ (ONES * 0x7F)) - ONES) | ((v ^ (ONES * '\\')) - ONES) | v;

    return (marks & HIGH) == 0;
}

static unsigned kinds(uint64_t v)
{
    return (below(v, 0x20) | equal(v, 0x7F) ? TEXT_CONTROL : 0U) |
           (equal(v, '\\') ? TEXT_BACKSLASH : 0U) | (v & HIGH ? TEXT_WIDE : 0U);
}

unsigned text_scan_kinds(const char *s, size_t n)
{
    unsigned found = 0;
    size_t i = 0;

    for (; n - i >= WORD; i += WORD) {
        uint64_t v = load(s + i, WORD);

        if (!plain(v))
            found |= kinds(v);
    }
    return i < n ? found | kinds(load(s + i, n - i)) : found;
}

static uint64_t escapes(uint64_t v)
{
    return below(v, 0x20) | equal(v, '"') | equal(v, '\\');
}

size_t text_scan_escape(const char *s, size_t n)
{
    uint64_t marks = 0;
    size_t i = 0;

    for (; n - i >= WORD && marks == 0; i += WORD)
        marks = escapes(load(s + i, WORD));
    if (marks != 0)
        i -= WORD;
    else if (i < n)
        marks = escapes(load(s + i, n - i));
    return marks != 0 ? i + (size_t)__builtin_ctzll(marks) / 8 : n;
}
