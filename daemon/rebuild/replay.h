/* SPDX-License-Identifier: BSD-2-Clause */
/* One entry after the other, applied again by the functions that applied it first. */
#ifndef DUBAN_REPLAY_H
#define DUBAN_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "daemon/db/plain.h"

/* An entry with its statement, if it has one. */
struct replay_entry {
    int64_t index;
    struct buf text;      /* the entry; owned */
    char *type;           /* payload type, "" without a statement; owned */
    struct buf payload;   /* owned */
    struct buf signature; /* owned */
};

struct replay;

/* pg: the target, in which duban's schema is and nothing else; borrowed. */
struct replay *replay_new(PGconn *pg);
void replay_free(struct replay **r);
/* Applies the entry and compares what comes out with its text, byte for byte. Errors: "diverged"
 * (signature, chain or bytes), "database". */
bool replay_apply(struct replay *r, const struct replay_entry *entry, struct err *e);
/* True when every entry that the last call produced was compared; an alert may need a second one.
 */
bool replay_settled(const struct replay *r);
void replay_entry_clear(struct replay_entry *entry);

#endif
