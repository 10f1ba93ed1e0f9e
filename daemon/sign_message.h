/* SPDX-License-Identifier: BSD-2-Clause */
/* The messages between receiver and signer (docs/architecture.md, "seal"). Each request gets
 * exactly one answer, which repeats the request's sizes; answers may overtake each other. When the
 * link breaks, requests without an answer are sent again on the next one: all are repeatable. */
#ifndef DUBAN_SIGN_MESSAGE_H
#define DUBAN_SIGN_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/digest.h"

#define SIGN_LEAVES_MAX 16384 /* leaf hashes in one request: 512 KiB */
#define SIGN_NOTE_MAX 4096

/* LINK_SIGN: "leaves old_size … new_size − 1 have these hashes; sign the tree of new_size".
 * new_size − old_size ≤ SIGN_LEAVES_MAX leaves; old_size == new_size without leaves asks for the
 * newest head. root: what the database's tree says for new_size, all zero = not known; a different
 * root is a fork and is refused. */
struct sign_request {
    uint64_t old_size, new_size;
    uint8_t root[DIGEST_SIZE];
    const uint8_t (*leaves)[DIGEST_SIZE]; /* borrowed */
};

enum sign_refusal {
    SIGN_REFUSED_FORM = 1, /* the request contradicts itself */
    SIGN_REFUSED_FORK,     /* root differs from the one computed here: stop acknowledging */
    SIGN_REFUSED_STATE     /* the state file cannot be written (disk full?): try again later */
};

/* The answer: type LINK_HEAD, LINK_NEED or LINK_REFUSED.
 * HEAD: note signs the tree of `size`. size == new_size, except when the request was not beyond the
 * signer's tree and is not its newest head: then it is the newest one (size > new_size). A size
 * above the database's head means that the database is behind (restored backup, lost failover):
 * read-only. NEED: the signer's tree has `from` leaves; send {from, new_size, leaves from …
 * new_size − 1}, in parts if they are too many. `to` = the request's old_size. */
struct sign_answer {
    uint64_t old_size, new_size; /* of the request */
    uint64_t size;               /* HEAD */
    const char *note;            /* HEAD: signed checkpoint, borrowed, not NUL-terminated */
    size_t note_len;
    uint64_t from, to;         /* NEED */
    enum sign_refusal refusal; /* REFUSED */
};

/* Appends the payload of a LINK_SIGN message. */
bool sign_request_encode(const struct sign_request *r, struct buf *out);
/* False when the bytes are no request. Leaves are borrowed from data. */
bool sign_request_decode(const uint8_t *data, size_t n, struct sign_request *out);
/* type: LINK_HEAD, LINK_NEED or LINK_REFUSED. */
bool sign_answer_encode(unsigned type, const struct sign_answer *a, struct buf *out);
bool sign_answer_decode(unsigned type, const uint8_t *data, size_t n, struct sign_answer *out);

#endif
