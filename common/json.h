/* SPDX-License-Identifier: BSD-2-Clause */
/* jansson with our stricter rules (docs/statements.md): duplicate members, \u0000, trailing bytes,
 * reals and integers beyond 2^53, depth over 6 (arrays and objects together) are refused. */
#ifndef DUBAN_JSON_H
#define DUBAN_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "err.h"

/* New reference in *out. Error "malformed" names line and column. */
bool json_read(const char *text, size_t n, int max_depth, json_t **out, struct err *e);
/* Appends compact JSON (UTF-8, members in insertion order). */
void json_write(const json_t *j, struct buf *out);
/* Appends s as a JSON string with quotes. */
void json_write_string(const char *s, struct buf *out);
/* Error "schema" when obj holds a member that is not in the NULL-terminated list; names it. */
bool json_only(const json_t *obj, const char *where, const char *const *members, struct err *e);

#endif
