/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of a receipt (docs/api.md). Formatting only: whether one may be given is decided in
 * acknowledge.c. */
#ifndef DUBAN_RECEIPT_H
#define DUBAN_RECEIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/merkle.h"

struct receipt {
    const uint8_t *id; /* identity of the statement */
    uint64_t entry;
    const char *received;
    bool duplicate;
    const char *outcomes; /* JSON array */
    size_t outcomes_len;
    const uint8_t *body; /* the raw entry */
    size_t body_len;
    const uint8_t (*path)[DIGEST_SIZE];
    size_t path_len;
    const char *note; /* as receipt_escape() writes it: a batch has one for all */
    size_t note_len;
};

/* Appends the JSON object without a newline. */
void receipt_write(const struct receipt *r, struct buf *out);
/* Appends bytes as the inside of a JSON string. They are UTF-8. */
void receipt_escape(const char *s, size_t n, struct buf *out);

#endif
