/* SPDX-License-Identifier: BSD-2-Clause */
/* PostgreSQL arrays in binary form. The server is trusted for content, not for lengths: every
 * length that it sends is checked against the bytes that are there. */
#include "daemon/db/array.h"

#include <string.h>

#define HEADER 20 /* dimensions, null flag, type, length, lower bound */

static void put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

void array_begin(struct array *a, enum array_oid oid)
{
    uint8_t head[HEADER] = {0};

    buf_clear(&a->b);
    a->b.full = false;
    a->count = 0;
    a->full = false;
    put32(head + 8, (uint32_t)oid);
    put32(head + 16, 1); /* lower bound */
    if (!buf_add(&a->b, head, sizeof head))
        a->full = true;
}

void array_add(struct array *a, const void *bytes, size_t n)
{
    char *p = n <= INT32_MAX ? buf_reserve(&a->b, n + 4) : NULL;

    if (p == NULL) {
        a->full = true;
        return;
    }
    put32((uint8_t *)p, (uint32_t)n);
    if (n > 0)
        memcpy(p + 4, bytes, n);
    a->b.len += n + 4;
    a->count++;
}

void array_add_null(struct array *a)
{
    char *p = buf_reserve(&a->b, 4);

    if (p == NULL) {
        a->full = true;
        return;
    }
    put32((uint8_t *)p, UINT32_MAX);
    a->b.len += 4;
    a->count++;
    put32((uint8_t *)a->b.data + 4, 1);
}

void array_add_text(struct array *a, const char *s)
{
    if (s == NULL)
        array_add_null(a);
    else
        array_add(a, s, strlen(s));
}

void array_add_int8(struct array *a, int64_t v)
{
    uint8_t p[8];

    put32(p, (uint32_t)((uint64_t)v >> 32));
    put32(p + 4, (uint32_t)(uint64_t)v);
    array_add(a, p, sizeof p);
}

void array_add_int4(struct array *a, int32_t v)
{
    uint8_t p[4];

    put32(p, (uint32_t)v);
    array_add(a, p, sizeof p);
}

void array_add_int2(struct array *a, int16_t v)
{
    uint8_t p[2] = {(uint8_t)((uint16_t)v >> 8), (uint8_t)((uint16_t)v & 0xff)};

    array_add(a, p, sizeof p);
}

void array_add_bool(struct array *a, bool v)
{
    uint8_t p = v ? 1 : 0;

    array_add(a, &p, 1);
}

bool array_end(struct array *a)
{
    uint8_t *p = (uint8_t *)a->b.data;

    if (a->full)
        return false;
    if (a->count == 0) { /* an empty array has no dimension */
        a->b.len = 12;
        return true;
    }
    put32(p, 1);
    put32(p + 12, a->count);
    return true;
}

void array_free(struct array *a)
{
    buf_free(&a->b);
    a->count = 0;
}

bool array_open(struct array_reader *r, const void *bytes, size_t n, enum array_oid oid,
                uint32_t *count)
{
    const uint8_t *p = bytes;

    *count = 0;
    *r = (struct array_reader){0};
    if (p == NULL || n < 12 || get32(p + 8) != (uint32_t)oid)
        return false;
    if (get32(p) == 0)
        return n == 12;
    if (get32(p) != 1 || n < HEADER)
        return false;
    *count = get32(p + 12);
    if (*count > (n - HEADER) / 4) {
        *count = 0;
        return false;
    }
    *r = (struct array_reader){.at = p + HEADER, .end = p + n, .left = *count};
    return true;
}

bool array_next(struct array_reader *r, const uint8_t **bytes, size_t *n)
{
    uint32_t len;

    *bytes = NULL;
    *n = 0;
    if (r->left == 0 || r->end - r->at < 4)
        return false;
    len = get32(r->at);
    if (len != UINT32_MAX && len > (size_t)(r->end - r->at) - 4)
        return false;
    r->at += 4;
    r->left--;
    if (len == UINT32_MAX)
        return true;
    *bytes = r->at;
    *n = len;
    r->at += len;
    return true;
}
