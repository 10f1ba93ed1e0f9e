/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the outbox's files: outbox.c (changes), outbox_files.c (what is on disk),
 * outbox_chain.c (signing a chain anew). */
#ifndef DUBAN_CLIENT_OUTBOX_PRIVATE_H
#define DUBAN_CLIENT_OUTBOX_PRIVATE_H

#include "client/outbox.h"

#define OUTBOX_SUFFIX ".dsse.json"

/* seq.state {"seq","id"}; the marker of a new chain adds {"from","last"}. */
struct outbox_state {
    int64_t seq; /* last acknowledged place */
    uint8_t id[DIGEST_SIZE];
    int64_t from, last; /* marker: first file that is replaced, last file of the new chain */
};

/* Durable steps below HOME; errors "file". */
bool outbox_write(const struct home *h, const char *name, const void *bytes, size_t n,
                  struct err *e);
bool outbox_remove(const struct home *h, const char *name, struct err *e);
bool outbox_exists(const struct home *h, const char *name);

bool outbox_state_read(const char *path, struct outbox_state *out, struct err *e);
bool outbox_state_write(const char *path, const struct outbox_state *s, bool marker, struct err *e);
/* Writes seq.state and keeps it in *o. */
bool outbox_set_base(struct outbox *o, int64_t seq, const uint8_t id[DIGEST_SIZE], struct err *e);
/* Appends one item to the list in memory. */
void outbox_add_item(struct outbox *o, int64_t seq, const uint8_t id[DIGEST_SIZE]);
/* Reads the waiting files; *whole: the chain has neither gap nor wrong link. */
bool outbox_load(struct outbox *o, bool *whole, struct err *e);

/* Signs items first … len-1 anew behind the given place and puts them in force instead of the files
 * from number `from` on. */
bool outbox_resign(struct outbox *o, size_t first, int64_t from, int64_t base,
                   const uint8_t id[DIGEST_SIZE], struct err *e);
/* Finishes or drops a half-made chain, loads, repairs a gap. */
bool outbox_recover(struct outbox *o, struct err *e);

#endif
