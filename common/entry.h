/* SPDX-License-Identifier: BSD-2-Clause */
/* Log entries as text: "duban-entry/v1", then `name SP value` lines (grammar: docs/log.md). */
#ifndef DUBAN_ENTRY_H
#define DUBAN_ENTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/* Value of the first line with this name: borrowed, not NUL-terminated; false when absent. */
bool entry_get(const char *entry, size_t len, const char *name, const char **value,
               size_t *value_len);
/* Next line of this name after *cursor (start with NULL); false at the end. */
bool entry_next(const char *entry, size_t len, const char *name, const char **cursor,
                const char **value, size_t *value_len);
/* Checks the form: first line, LF at the end, no control characters, < 64 KiB. Error: "entry". */
bool entry_check(const char *entry, size_t len, struct err *e);

#endif
