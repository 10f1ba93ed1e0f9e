/* SPDX-License-Identifier: BSD-2-Clause */
/* Statements that are recorded by one transaction: filled by append, sealed, acknowledged. */
#ifndef DUBAN_BATCH_H
#define DUBAN_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/merkle.h"
#include "daemon/db/result.h"
#include "daemon/receive/submission.h"

#define BATCH_STATEMENTS_MAX 256
#define BATCH_REPORTS_MAX 4096
#define BATCH_BYTES_MAX ((size_t)16 * 1024 * 1024)

struct batch {
    struct submission *statement[BATCH_STATEMENTS_MAX]; /* owned, in order */
    size_t n;
    bool act; /* one statement that is not a report */
    /* after the commit; texts and entries are borrowed from result */
    struct db_result *result; /* owned */
    const char *received;     /* as in the entries */
    struct merkle_frontier old;
    struct merkle_range *range; /* owned; by batch_range() or batch_extend() */
    size_t beyond;              /* entries of others behind the batch that range covers too */
    const uint8_t *entry[BATCH_STATEMENTS_MAX];
    size_t entry_len[BATCH_STATEMENTS_MAX];
    const char *outcomes[BATCH_STATEMENTS_MAX];
    size_t outcomes_len[BATCH_STATEMENTS_MAX];
    uint8_t leaf[BATCH_STATEMENTS_MAX][DIGEST_SIZE];
};

struct batch *batch_new(void);
/* Statements still in it go to the pool. */
void batch_free(struct batch **b, struct submission_pool *pool);
/* Takes what append returned: keeps r, computes the leaf hashes. False when it is not what the
 * contract says (docs/architecture.md): then nothing may be acknowledged. */
bool batch_take_result(struct batch *b, struct db_result *r);
/* The new leaves on the old tree: made once, for root and audit paths. */
const struct merkle_range *batch_range(struct batch *b);
/* Lets the audit paths end in a larger tree: n leaf hashes that stand behind the batch in the log.
 * *root is that tree's. */
void batch_extend(struct batch *b, const uint8_t (*leaves)[DIGEST_SIZE], size_t n,
                  uint8_t root[DIGEST_SIZE]);
/* Size of the tree in which batch_range() gives paths. */
static inline uint64_t batch_covered_size(const struct batch *b)
{
    return b->old.size + b->n + b->beyond;
}
static inline uint64_t batch_new_size(const struct batch *b)
{
    return b->old.size + b->n;
}

#endif
