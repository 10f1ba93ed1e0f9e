/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory with one lifetime, in blocks; see pool.h. */
#include "plan/pool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

#if defined(__SANITIZE_ADDRESS__)
#define POOL_BLOCK 0 /* each piece its own block, so that the sanitizer sees its bounds */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_BLOCK 0
#endif
#endif
#ifndef POOL_BLOCK
#define POOL_BLOCK ((size_t)64 * 1024)
#endif

struct block {
    struct block *next;
    size_t used, size;
    max_align_t bytes[];
};

struct plan_pool {
    struct block *first;
};

struct plan_pool *pool_new(void)
{
    return xcalloc(1, sizeof(struct plan_pool));
}

void pool_free(struct plan_pool **p)
{
    if (*p == NULL)
        return;
    for (struct block *b = (*p)->first; b != NULL;) {
        struct block *next = b->next;
        free(b);
        b = next;
    }
    free(*p);
    *p = NULL;
}

static struct block *block_new(struct plan_pool *p, size_t n)
{
    struct block *b = xcalloc(1, sizeof(*b) + n);

    b->size = n;
    /* a large piece goes behind the current block, which may still have room */
    if (p->first != NULL && n > POOL_BLOCK) {
        b->next = p->first->next;
        p->first->next = b;
    } else {
        b->next = p->first;
        p->first = b;
    }
    return b;
}

void *pool_alloc(struct plan_pool *p, size_t n)
{
    size_t align = sizeof(max_align_t);
    struct block *b = p->first;
    char *at;

    n = n == 0 ? 1 : n;
    if (POOL_BLOCK != 0)
        n = (n + align - 1) / align * align;
    if (b == NULL || b->size - b->used < n)
        b = block_new(p, n > POOL_BLOCK ? n : POOL_BLOCK);
    at = (char *)b->bytes + b->used;
    b->used += n;
    return at;
}

char *pool_strndup(struct plan_pool *p, const char *s, size_t n)
{
    char *copy = pool_alloc(p, n + 1);

    if (n > 0)
        memcpy(copy, s, n);
    return copy;
}

char *pool_strdup(struct plan_pool *p, const char *s)
{
    return pool_strndup(p, s, strlen(s));
}

char *pool_printf(struct plan_pool *p, const char *fmt, ...)
{
    va_list ap;
    char *text = NULL;
    char *copy;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        abort();
    va_end(ap);
    copy = pool_strdup(p, text);
    free(text);
    return copy;
}

void *pool_grow(struct plan_pool *p, void *array, size_t n, size_t *cap, size_t size)
{
    void *larger;

    if (n < *cap)
        return array;
    *cap = *cap == 0 ? 8 : *cap * 2;
    larger = pool_alloc(p, *cap * size);
    if (n > 0)
        memcpy(larger, array, n * size);
    return larger;
}
