/* SPDX-License-Identifier: BSD-2-Clause */
/* The registry as readable text (docs/statements.md, "The registry as readable text"). */
#ifndef DUBAN_CLIENT_REGISTRY_TEXT_H
#define DUBAN_CLIENT_REGISTRY_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"

#define REGISTRY_TEXT_MAX ((size_t)64 * 1024 * 1024)

/* Reads a text: array of `set` objects as in registry statements (and {"set":"contact",…}), in an
 * order in which each object stands behind those that it names. *blanks: holders without a name,
 * which are left out. name: of the file, for errors. Error "config" names file, line, object. */
bool registry_text_parse(const char *name, const char *text, json_t **objects, size_t *blanks,
                         struct err *e);
/* Appends the text of these objects (members that a text does not have, such as "entry", are left
 * out); unknown kinds are skipped. */
void registry_text_write(const json_t *objects, struct buf *out);
/* The member that names an object of this kind ("code", "key" …); NULL for an unknown kind. */
const char *registry_text_title(const char *kind);
/* "unit/u001"; false for an object without kind or name. */
bool registry_text_name(const json_t *object, char *out, size_t size);

#endif
