/* SPDX-License-Identifier: BSD-2-Clause */
/* HOME/outbox: what was signed and is not acknowledged yet, in the order of its key's chain.
 *   outbox/<seq>.dsse.json          waiting; written to disk before anything is sent
 *   outbox/refused/<seq>-<id>.…     took no place in the chain: the statement and the problem
 *   outbox/resign/                  a new chain under construction; in force once `complete` is
 * there sent/<seq>.dsse.json            acknowledged, with receipts/<seq>.tlog-proof seq.state the
 * last acknowledged place: {"seq","id"} After a crash at any step outbox_open() finds every
 * statement exactly once. */
#ifndef DUBAN_CLIENT_OUTBOX_H
#define DUBAN_CLIENT_OUTBOX_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/compose.h"
#include "client/home.h"

struct outbox_item {
    int64_t seq;
    uint8_t id[DIGEST_SIZE];
};

struct outbox {
    const struct home *home; /* borrowed, locked */
    struct key *key;         /* owned: the signing key */
    struct outbox_item *items;
    size_t len;
    int64_t base_seq; /* last acknowledged place */
    uint8_t base_id[DIGEST_SIZE];
};

/* Loads it, finishes or drops a half-made chain, repairs a chain with a gap (says so). Errors:
 * "key-file", "file", "outbox" (a file that is no statement; names it). */
bool outbox_open(const struct home *h, struct outbox **out, struct err *e);
void outbox_close(struct outbox **o);

/* Signs a statement for the next place and writes it to disk. *seq: its place. */
bool outbox_add(struct outbox *o, const char *type, const json_t *body, int64_t *seq,
                struct err *e);
/* Reads item i. *out zeroed or reused. */
bool outbox_read(const struct outbox *o, size_t i, struct dsse *out, struct err *e);

/* The first item is acknowledged by this verified proof. */
bool outbox_delivered(struct outbox *o, const char *proof, struct err *e);
/* The first item took no place: moves it to outbox/refused with the problem and signs what is
 * behind it anew. *kept: new string, its file. */
bool outbox_set_aside(struct outbox *o, const json_t *problem, char **kept, struct err *e);
/* The server's chain ends at seq - 1 with this identity: signs everything anew from there. Error
 * "evidence" when we hold a receipt for that place: the server has lost what it acknowledged. */
bool outbox_resync(struct outbox *o, int64_t seq, const uint8_t prev[DIGEST_SIZE], struct err *e);

/* Writes seq.state: for a key that was used before HOME had an outbox (duban init). */
bool outbox_start_at(const char *dir, int64_t seq, const uint8_t id[DIGEST_SIZE], struct err *e);

#endif
