/* SPDX-License-Identifier: BSD-2-Clause */
/* What applying a text would change in the registry. */
#ifndef DUBAN_CLIENT_REGISTRY_DIFF_H
#define DUBAN_CLIENT_REGISTRY_DIFF_H

#include <jansson.h>
#include <stddef.h>

#include "common/buf.h"

struct registry_diff {
    json_t *changes;  /* owned: registry objects that are new or different, in order */
    json_t *contacts; /* owned: contacts likewise, without "set" */
    size_t added, changed, unchanged;
    size_t others; /* objects in the registry that the text does not name: they stay */
};

/* now: objects in force (GET /v1/registry); wanted: registry_text_parse. Appends one line per new
 * ("+") or changed ("~", with what changes) object to lines. */
void registry_diff_make(const json_t *now, const json_t *wanted, struct registry_diff *out,
                        struct buf *lines);
void registry_diff_clear(struct registry_diff *d);
/* New array of arrays: the changes cut so that each fits one statement. max_count, max_bytes: of
 * one statement's body. */
json_t *registry_diff_split(const json_t *changes, size_t max_count, size_t max_bytes);

#endif
