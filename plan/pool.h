/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory with one lifetime: whatever a parse makes lives as long as the plan and is freed at
 * once. Sizes follow from the input, which plan_parse() limits. */
#ifndef DUBAN_PLAN_POOL_H
#define DUBAN_PLAN_POOL_H

#include <stddef.h>

struct plan_pool;

struct plan_pool *pool_new(void);
void pool_free(struct plan_pool **p);
/* Zeroed, aligned for any object. */
void *pool_alloc(struct plan_pool *p, size_t n);
/* Copy of n bytes with a NUL. */
char *pool_strndup(struct plan_pool *p, const char *s, size_t n);
char *pool_strdup(struct plan_pool *p, const char *s);
/* printf into the pool. */
char *pool_printf(struct plan_pool *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Room for one more element of this size in an array of n: the same array, or a larger copy.
 * *cap counts elements. */
void *pool_grow(struct plan_pool *p, void *array, size_t n, size_t *cap, size_t size);

#endif
