/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "seal": gets each recorded batch under a signed log head, beside the next append, and seals
 * what nobody sealed (alerts, a crash). The signer is the authority on how far the log goes: a
 * database behind it was restored or failed over with loss, and nothing is acknowledged then. */
#ifndef DUBAN_SEAL_H
#define DUBAN_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/db/array.h"
#include "daemon/receive/batch.h"
#include "daemon/sign_message.h"

struct db;
struct event_base;
struct seal;

struct seal_ops {
    /* Hands a request to the signer. False: not now; it is asked again when there is a new link. */
    bool (*send)(void *arg, const struct sign_request *r);
    /* Each batch comes back through exactly one of these two. size = the head's: equal to
     * batch_covered_size(), or, rarely, larger: then the paths must be read from the database. */
    void (*on_sealed)(void *arg, struct batch *b, uint64_t size, const char *note, size_t n);
    /* Recorded, but no head covers it (yet): the sender must ask again. */
    void (*on_unsealed)(void *arg, struct batch *b);
    /* Heads wait to be stored. */
    void (*on_heads)(void *arg, bool urgent);
    /* NULL: log and signer agree, statements may be taken. Else a code ("busy" while it is being
     * found out, "behind") and a sentence for readyz. */
    void (*on_state)(void *arg, const char *code, const char *why);
};

struct seal *seal_new(struct event_base *base, const struct seal_ops *ops, void *arg);
/* The read connection; borrowed. */
void seal_set_db(struct seal *s, struct db *d);
/* Free the connection first. Batches that wait are told on_unsealed. */
void seal_free(struct seal **s);

/* Takes the batch. */
void seal_batch(struct seal *s, struct batch *b);
/* A message of the signer: type LINK_HEAD, LINK_NEED, LINK_REFUSED. */
void seal_answer(struct seal *s, unsigned type, const uint8_t *data, size_t n);
/* There is a (new) link: everything unanswered is sent again. */
void seal_link(struct seal *s);
/* Does the database still agree with the signer? Calls on_state. After each (re)connection. */
void seal_check(struct seal *s);
/* Somebody wrote entries that may be without a head (NOTIFY duban_entry). */
void seal_notify(struct seal *s);

/* For append: heads to be stored, and what became of them. */
void seal_heads_take(struct seal *s, struct array *sizes, struct array *notes);
void seal_heads_stored(struct seal *s, bool ok);

/* Size of the newest head seen; of the database's log as last seen. */
uint64_t seal_sealed_size(const struct seal *s);
/* Nothing waits for the signer and no head waits for the database. */
bool seal_idle(const struct seal *s);

#endif
