/* SPDX-License-Identifier: BSD-2-Clause */
/* A batch and what the database said about it. */
#include "daemon/receive/batch.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "daemon/db/array.h"

enum column { RECEIVED, RECEIVED_TEXT, OLD_SIZE, OLD_FRONTIER, ENTRIES, OUTCOMES };

struct batch *batch_new(void)
{
    struct batch *b = xmalloc(sizeof *b);

    b->n = 0;
    b->act = false;
    b->result = NULL;
    b->range = NULL;
    b->beyond = 0;
    return b;
}

void batch_free(struct batch **bp, struct submission_pool *pool)
{
    struct batch *b = *bp;

    *bp = NULL;
    if (b == NULL)
        return;
    for (size_t i = 0; i < b->n; i++)
        submission_free(pool, &b->statement[i]);
    db_result_unref(&b->result);
    merkle_range_free(&b->range);
    free(b);
}

static bool take_frontier(struct batch *b, const struct db_result *r)
{
    struct array_reader a;
    uint32_t count;
    size_t n;
    const char *bytes = db_bytes(r, 0, OLD_FRONTIER, &n);
    const uint8_t *node;

    b->old.size = (uint64_t)db_int8(r, 0, OLD_SIZE);
    if (bytes == NULL || !array_open(&a, bytes, n, ARRAY_BYTEA, &count) || count > MERKLE_LEVELS)
        return false;
    if (b->old.size >> count != 0)
        return false; /* a level that is in the size has no node */
    for (uint32_t l = 0; l < count; l++) {
        bool wanted = (b->old.size >> l & 1) != 0;

        if (!array_next(&a, &node, &n) || (wanted && (node == NULL || n != DIGEST_SIZE)))
            return false;
        if (wanted)
            memcpy(b->old.node[l], node, DIGEST_SIZE);
    }
    return true;
}

static bool take_entries(struct batch *b, const struct db_result *r)
{
    struct array_reader entries, outcomes;
    uint32_t count, count2;
    size_t n, n2;
    const char *p = db_bytes(r, 0, ENTRIES, &n), *q = db_bytes(r, 0, OUTCOMES, &n2);
    const uint8_t *text;

    if (p == NULL || q == NULL || !array_open(&entries, p, n, ARRAY_BYTEA, &count) ||
        !array_open(&outcomes, q, n2, ARRAY_TEXT, &count2) || count != b->n || count2 != b->n)
        return false;
    for (size_t i = 0; i < b->n; i++) {
        if (!array_next(&entries, &b->entry[i], &b->entry_len[i]) || b->entry[i] == NULL ||
            !array_next(&outcomes, &text, &b->outcomes_len[i]) || text == NULL)
            return false;
        b->outcomes[i] = (const char *)text;
        merkle_leaf(b->entry[i], b->entry_len[i], b->leaf[i]);
    }
    return true;
}

bool batch_take_result(struct batch *b, struct db_result *r)
{
    if (db_rows(r) != 1 || db_null(r, 0, RECEIVED_TEXT) || db_null(r, 0, OLD_SIZE))
        return false;
    b->result = db_result_ref(r);
    b->received = db_text(r, 0, RECEIVED_TEXT);
    return take_frontier(b, r) && take_entries(b, r);
}

const struct merkle_range *batch_range(struct batch *b)
{
    if (b->range == NULL)
        b->range = merkle_range_new(&b->old, (const uint8_t(*)[DIGEST_SIZE])b->leaf, b->n);
    return b->range;
}

void batch_extend(struct batch *b, const uint8_t (*leaves)[DIGEST_SIZE], size_t n,
                  uint8_t root[DIGEST_SIZE])
{
    uint8_t(*all)[DIGEST_SIZE] = xcalloc(b->n + n, DIGEST_SIZE);

    memcpy(all, b->leaf, b->n * DIGEST_SIZE);
    memcpy(all + b->n, leaves, n * DIGEST_SIZE);
    merkle_range_free(&b->range);
    b->range = merkle_range_new(&b->old, (const uint8_t(*)[DIGEST_SIZE])all, b->n + n);
    b->beyond = n;
    free(all);
    merkle_range_root(b->range, root);
}
