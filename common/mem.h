/* SPDX-License-Identifier: BSD-2-Clause */
/* Allocation that aborts with a message instead of returning NULL: for sizes that the program
 * chooses itself. What a peer sizes goes through struct buf with its limit. */
#ifndef DUBAN_MEM_H
#define DUBAN_MEM_H

#include <stddef.h>

void *xmalloc(size_t n);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
