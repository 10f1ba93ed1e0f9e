/* SPDX-License-Identifier: BSD-2-Clause */
/* Errors as values: a stable code for programs and one translated sentence for people.
 * Every fallible function of the project ends in `struct err *e` and returns false after
 * filling it. The sentence names the thing, the place and the remedy; it never holds a secret. */
#ifndef DUBAN_ERR_H
#define DUBAN_ERR_H

#include <stdbool.h>

struct err {
    char code[24];  /* stable: "malformed", "key", "config" …; "" = none */
    char text[600]; /* translated, UTF-8, no newline */
};

/* Fills *e (which may be NULL) and returns false, so that callers write `return err_set(…)`.
 * A text that does not fit is cut at a character boundary. */
bool err_set(struct err *e, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the text of *e; the code stays. Returns false. */
bool err_prefix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* True when *e holds this code. */
bool err_is(const struct err *e, const char *code);

#endif
