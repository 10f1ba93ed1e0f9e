/* SPDX-License-Identifier: BSD-2-Clause */
/* The log's tree. Appending needs only the frontier (the perfect subtrees, one per bit of the
 * size); verifying trusts nobody: sizes, indexes and paths come from the other side. */
#include "common/merkle.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

void merkle_leaf(const void *entry, size_t n, uint8_t out[DIGEST_SIZE])
{
    static const uint8_t prefix = 0x00;

    sha256_two(&prefix, 1, entry, n, out);
}

void merkle_node(const uint8_t l[DIGEST_SIZE], const uint8_t r[DIGEST_SIZE],
                 uint8_t out[DIGEST_SIZE])
{
    uint8_t both[1 + 2 * DIGEST_SIZE];

    both[0] = 0x01;
    memcpy(both + 1, l, DIGEST_SIZE);
    memcpy(both + 1 + DIGEST_SIZE, r, DIGEST_SIZE);
    sha256(both, sizeof both, out);
}

void merkle_frontier_add(struct merkle_frontier *f, const uint8_t leaf[DIGEST_SIZE])
{
    uint8_t h[DIGEST_SIZE];
    unsigned l = 0;

    memcpy(h, leaf, DIGEST_SIZE);
    for (; f->size >> l & 1; l++)
        merkle_node(f->node[l], h, h);
    memcpy(f->node[l], h, DIGEST_SIZE);
    f->size++;
}

void merkle_frontier_root(const struct merkle_frontier *f, uint8_t out[DIGEST_SIZE])
{
    bool have = false;

    for (unsigned l = 0; l < MERKLE_LEVELS; l++) {
        if (!(f->size >> l & 1))
            continue;
        if (have)
            merkle_node(f->node[l], out, out);
        else
            memcpy(out, f->node[l], DIGEST_SIZE);
        have = true;
    }
    if (!have)
        sha256(NULL, 0, out);
}

/* Complete nodes of one level that hold new leaves, from index `first` on. */
struct range_level {
    uint64_t first;
    uint64_t len;
    uint8_t (*node)[DIGEST_SIZE];
};

struct merkle_range {
    struct merkle_frontier old;
    uint64_t size;
    unsigned levels; /* smallest with size <= 2^levels */
    struct range_level level[MERKLE_LEVELS + 1];
    /* edge[l]: the leaves right of the last complete node of level l, when there are any */
    bool has_edge[MERKLE_LEVELS + 1];
    uint8_t edge[MERKLE_LEVELS + 1][DIGEST_SIZE];
};

/* A complete node: one of ours, or the old frontier's, which is the only old one ever asked for. */
static const uint8_t *range_node(const struct merkle_range *r, unsigned l, uint64_t index)
{
    const struct range_level *level = &r->level[l];

    return index >= level->first ? level->node[index - level->first] : r->old.node[l];
}

static void range_fill_level(struct merkle_range *r, unsigned l)
{
    struct range_level *level = &r->level[l];

    level->first = r->old.size >> l;
    level->len = (r->size >> l) - level->first;
    if (level->len == 0)
        return;
    level->node = xmalloc((size_t)level->len * DIGEST_SIZE);
    for (uint64_t i = 0; i < level->len; i++) {
        uint64_t left = 2 * (level->first + i);
        merkle_node(range_node(r, l - 1, left), range_node(r, l - 1, left + 1), level->node[i]);
    }
}

/* The edge of level l + 1 from that of level l. */
static void range_fill_edge(struct merkle_range *r, unsigned l)
{
    r->has_edge[l + 1] = r->has_edge[l];
    if (r->has_edge[l])
        memcpy(r->edge[l + 1], r->edge[l], DIGEST_SIZE);
    if (!(r->size >> l & 1))
        return;
    const uint8_t *last = range_node(r, l, (r->size >> l) - 1);
    if (r->has_edge[l])
        merkle_node(last, r->edge[l], r->edge[l + 1]);
    else
        memcpy(r->edge[l + 1], last, DIGEST_SIZE);
    r->has_edge[l + 1] = true;
}

struct merkle_range *merkle_range_new(const struct merkle_frontier *old,
                                      const uint8_t (*leaves)[DIGEST_SIZE], size_t n)
{
    struct merkle_range *r = xcalloc(1, sizeof *r);

    r->old = *old;
    r->size = old->size + n;
    while (r->levels < MERKLE_LEVELS && (uint64_t)1 << r->levels < r->size)
        r->levels++;
    r->level[0].first = old->size;
    r->level[0].len = n;
    r->level[0].node = xmalloc(n * DIGEST_SIZE);
    memcpy(r->level[0].node, leaves, n * DIGEST_SIZE);
    for (unsigned l = 0; l < r->levels; l++) {
        range_fill_level(r, l + 1);
        range_fill_edge(r, l);
    }
    return r;
}

void merkle_range_free(struct merkle_range **r)
{
    if (!r || !*r)
        return;
    for (unsigned l = 0; l <= MERKLE_LEVELS; l++)
        free((*r)->level[l].node);
    free(*r);
    *r = NULL;
}

size_t merkle_range_path(const struct merkle_range *r, uint64_t index,
                         uint8_t path[MERKLE_LEVELS][DIGEST_SIZE])
{
    size_t n = 0;

    for (unsigned l = 0; l < r->levels; l++) {
        uint64_t sibling = index >> l ^ 1;
        const uint8_t *h = NULL;
        if (sibling < r->size >> l)
            h = range_node(r, l, sibling);
        else if (sibling == r->size >> l && r->has_edge[l])
            h = r->edge[l];
        if (h)
            memcpy(path[n++], h, DIGEST_SIZE);
    }
    return n;
}

void merkle_range_root(const struct merkle_range *r, uint8_t out[DIGEST_SIZE])
{
    /* a perfect tree is one complete node; any other is the edge of its top level */
    if (r->size == (uint64_t)1 << r->levels)
        memcpy(out, range_node(r, r->levels, 0), DIGEST_SIZE);
    else
        memcpy(out, r->edge[r->levels], DIGEST_SIZE);
}
