/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 9562 section 5.7 identifiers; the 12 bits after the millisecond are a counter (section 6.2,
 * method 1), so identifiers of one process sort in the order in which they were made. */
#include "common/uuid7.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/buf.h"
#include "common/bytes.h"
#include "common/clock.h"
#include "common/mem.h"

static void random_bytes(uint8_t *out, size_t n)
{
    while (n > 0) {
        ssize_t got = getrandom(out, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        /* without random numbers no nonce may be made at all */
        if (got <= 0)
            abort();
        out += got;
        n -= (size_t)got;
    }
}

/* Milliseconds and counter of the next identifier, never behind the last one. */
static void next_stamp(uint64_t *ms, uint16_t *counter)
{
    static uint64_t last_ms;
    static uint16_t last_counter;
    uint8_t seed[2];

    *ms = (uint64_t)clock_real() / 1000;
    if (*ms > last_ms) {
        random_bytes(seed, sizeof seed);
        *counter = (uint16_t)((seed[0] << 8 | seed[1]) & 0x7FF);
    } else {
        *ms = last_counter == 0xFFF ? last_ms + 1 : last_ms;
        *counter = (uint16_t)((last_counter + 1) & 0xFFF);
    }
    last_ms = *ms;
    last_counter = *counter;
}

void uuid7(char out[37])
{
    uint8_t b[16];
    char hex[33];
    uint64_t ms = 0;
    uint16_t counter = 0;

    next_stamp(&ms, &counter);
    for (int i = 0; i < 6; i++)
        b[i] = (uint8_t)(ms >> (40 - 8 * i));
    b[6] = (uint8_t)(0x70 | counter >> 8);
    b[7] = (uint8_t)counter;
    random_bytes(b + 8, 8);
    b[8] = (uint8_t)(0x80 | (b[8] & 0x3F));
    hex_encode(b, sizeof b, hex);
    const char *from = hex;
    for (int i = 0; i < 36; i++)
        out[i] = i == 8 || i == 13 || i == 18 || i == 23 ? '-' : *from++;
    out[36] = '\0';
}

void nonce_text(size_t n, char *out)
{
    struct buf text = {0};
    uint8_t *raw = xmalloc(n);

    random_bytes(raw, n);
    base64_encode(raw, n, &text);
    size_t len = text.len;
    while (len > 0 && text.data[len - 1] == '=')
        len--;
    for (size_t i = 0; i < len; i++)
        out[i] = (char)(text.data[i] == '+' ? '-' : text.data[i] == '/' ? '_' : text.data[i]);
    out[len] = '\0';
    free(raw);
    buf_free(&text);
}
