/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "append": collects verified statements and records them, one batch in flight on the append
 * connection, each batch one SQL call in one transaction (docs/architecture.md). What is verified
 * goes as soon as the connection is free; there is no waiting for more. */
#ifndef DUBAN_APPEND_H
#define DUBAN_APPEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/db/array.h"
#include "daemon/receive/batch.h"
#include "daemon/receive/problem.h"
#include "daemon/receive/submission.h"
#include "daemon/receive/verify.h"

struct append;
struct db;
struct event_base;

/* Each statement given to append_add() comes back through exactly one of the first three. */
struct append_ops {
    /* Committed. The batch now belongs to the callee. */
    void (*on_recorded)(void *arg, struct batch *b);
    /* Not recorded, or nobody knows (code "unknown"). */
    void (*on_refused)(void *arg, struct submission *s, struct problem *p);
    /* Its place is taken: answer with the stored receipt if that is this very statement, else
     * with s->refusal. */
    void (*on_lookup)(void *arg, struct submission *s);
    /* A newer registry is in force: read it, then call append_registry(). Until then nothing is
     * sent. */
    void (*on_stale)(void *arg);
    /* Checks again what the registry decides. */
    enum verify_outcome (*allowed)(void *arg, struct submission *s, struct problem *p);
    /* Whether others have spoken already and are not read yet (NULL: nobody): a small batch waits
     * for them, for 2 ms at most. */
    bool (*more)(void *arg);
    /* Signed heads to be stored on the way: fills both arrays (begun and ended by append). */
    void (*heads)(void *arg, struct array *sizes, struct array *notes);
    /* The heads taken last are stored, or must be offered again. */
    void (*on_heads)(void *arg, bool stored);
    /* After append_full() said so: there is room again. */
    void (*on_room)(void *arg);
};

struct append *append_new(struct event_base *base, const struct append_ops *ops, void *arg);
/* The connection whose handlers call append_ready() and append_down(); borrowed. */
void append_set_db(struct append *a, struct db *d);
void append_ready(struct append *a);
void append_down(struct append *a);
/* Free the connection first. What still waits is refused. */
void append_free(struct append **a);

/* NULL when statements can be taken now, else the code to refuse with: "busy", or what
 * append_close() said. */
const char *append_closed(const struct append *a);
/* As many wait as may wait here (4,096 statements, 64 MiB): keep back what would be added, until
 * on_room. */
bool append_full(struct append *a);
/* Takes the statement over. Call only when append_closed() is NULL and append_full() is false. */
void append_add(struct append *a, struct submission *s);
/* Refuses everything with this code (static text; "behind") until called with NULL. */
void append_close(struct append *a, const char *code);
/* The registry that statements are verified by from now on, and the test clock's offset. Those that
 * wait are checked again. */
void append_registry(struct append *a, int64_t registry, int64_t offset_us);
/* There are heads to be stored: after 50 ms, with the batch that goes then; urgent: at once.
 */
void append_heads(struct append *a, bool urgent);
/* Nothing waits and nothing is in flight. */
bool append_idle(const struct append *a);

struct append_figures {
    uint64_t batches, statements, slow, lost;
    size_t waiting;
    uint64_t micros; /* sum over batches, from sending to answer */
};
const struct append_figures *append_figures(struct append *a);

#endif
