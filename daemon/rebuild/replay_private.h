/* SPDX-License-Identifier: BSD-2-Clause */
/* What replay.c and replay_statement.c share, for nobody else. */
#ifndef DUBAN_REPLAY_PRIVATE_H
#define DUBAN_REPLAY_PRIVATE_H

#include "daemon/rebuild/replay.h"
#include "daemon/receive/batch_arrays.h"
#include "daemon/receive/submission.h"

/* Entries that one raise made together and that are still to be compared. */
#define REPLAY_PENDING_MAX 2

struct replay {
    PGconn *pg; /* borrowed */
    struct batch_arrays *arrays;
    struct submission_pool pool;
    struct buf pae;
    struct buf pending[REPLAY_PENDING_MAX];
    size_t pending_at, pending_len;
};

/* Sets "diverged" with the entry's number in front; always false. */
bool replay_diverged(const struct replay_entry *entry, const char *what, struct err *e);
/* Value of a line of the entry as a string of the caller's; NULL when there is none. */
char *replay_line(const struct replay_entry *entry, const char *name);
/* Bytes as PostgreSQL reads a bytea, as a string of the caller's. */
char *replay_bytea(const void *bytes, size_t n);
/* r: one row, one column, the entry as bytea text. Takes r; NULL: the query failed and says so in
 * *e. Errors: "diverged", "database". */
bool replay_same(const struct replay_entry *entry, PGresult *r, struct err *e);

/* replay_statement.c: checks the signature and applies an entry of a statement. Errors as
 * replay_apply(). */
bool replay_statement(struct replay *r, const struct replay_entry *entry, struct err *e);

#endif
