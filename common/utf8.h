/* SPDX-License-Identifier: BSD-2-Clause */
/* UTF-8 by utf8proc: validity, display width, folding of names. */
#ifndef DUBAN_UTF8_H
#define DUBAN_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Valid UTF-8 without NUL. */
bool utf8_valid(const char *s, size_t n);
/* Columns that a terminal uses (East Asian wide = 2). */
size_t utf8_width(const char *s);
/* NFKC with white space removed; new string. NULL for invalid UTF-8. */
char *utf8_fold(const char *s);

#endif
