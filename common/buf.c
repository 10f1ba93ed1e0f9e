/* SPDX-License-Identifier: BSD-2-Clause */
/* The buffer behind everything whose size a peer decides: it grows up to its limit, then says so
 * and keeps what it had. An allocation that fails counts as a limit that was reached. */
#include "common/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_LIMIT_DEFAULT ((size_t)64 * 1024 * 1024)
#define BUF_FIRST 256

static bool refuse(struct buf *b)
{
    b->full = true;
    return false;
}

/* Makes room for n more bytes and the NUL. */
static bool grow(struct buf *b, size_t n)
{
    size_t limit = b->limit ? b->limit : BUF_LIMIT_DEFAULT;

    if (b->len > limit || n > limit - b->len)
        return refuse(b);
    size_t need = b->len + n + 1; /* and the NUL */
    if (need <= b->cap)
        return true;
    size_t cap = b->cap ? b->cap : BUF_FIRST;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    if (cap > limit + 1)
        cap = limit + 1;
    char *p = realloc(b->data, cap);
    if (!p)
        return refuse(b);
    b->data = p;
    b->cap = cap;
    return true;
}

bool buf_add(struct buf *b, const void *bytes, size_t n)
{
    if (!grow(b, n))
        return false;
    if (n)
        memcpy(b->data + b->len, bytes, n);
    b->len += n;
    b->data[b->len] = '\0';
    return true;
}

bool buf_add_str(struct buf *b, const char *s)
{
    return buf_add(b, s, strlen(s));
}

bool buf_add_u64(struct buf *b, uint64_t v)
{
    char digits[20]; /* of UINT64_MAX */
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    return buf_add(b, digits + at, sizeof digits - at);
}

bool buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_list again;

    va_start(ap, fmt);
    va_copy(again, ap);
    size_t room = b->cap - b->len;
    int n = vsnprintf(room ? b->data + b->len : NULL, room, fmt, ap);
    va_end(ap);
    bool ok = n >= 0 && grow(b, (size_t)n);
    if (ok && (size_t)n >= room)
        vsnprintf(b->data + b->len, b->cap - b->len, fmt, again);
    va_end(again);
    if (ok)
        b->len += (size_t)n;
    else
        refuse(b);
    if (b->data)
        b->data[b->len] = '\0';
    return ok;
}

char *buf_reserve(struct buf *b, size_t n)
{
    if (!grow(b, n))
        return NULL;
    b->data[b->len] = '\0';
    b->data[b->len + n] = '\0';
    return b->data + b->len;
}

void buf_consume(struct buf *b, size_t n)
{
    if (n > b->len)
        n = b->len;
    if (!n)
        return;
    memmove(b->data, b->data + n, b->len - n);
    b->len -= n;
    b->data[b->len] = '\0';
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->full = false;
    if (b->data)
        b->data[0] = '\0';
}

void buf_free(struct buf *b)
{
    free(b->data);
    b->data = NULL;
    b->len = 0;
    b->cap = 0;
    b->full = false;
}
