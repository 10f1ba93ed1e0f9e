/* SPDX-License-Identifier: BSD-2-Clause */
/* Ends of chains by key: open addressing; keys are small numbers of the database. */
#include "daemon/receive/chains.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

static size_t start(int64_t key, size_t slots)
{
    return (size_t)(((uint64_t)key * 0x9e3779b97f4a7c15ULL) >> 32) & (slots - 1);
}

static struct chains_end *find(struct chains_end *slot, size_t slots, int64_t key)
{
    size_t i = start(key, slots);

    while (slot[i].key != 0 && slot[i].key != key)
        i = (i + 1) & (slots - 1);
    return &slot[i];
}

struct chains_end *chains_get(const struct chains *c, int64_t key)
{
    struct chains_end *e = c->slots > 0 ? find(c->slot, c->slots, key) : NULL;

    return e != NULL && e->key == key ? e : NULL;
}

static void grow(struct chains *c)
{
    size_t slots = c->slots > 0 ? c->slots * 2 : 512;
    struct chains_end *slot = xcalloc(slots, sizeof *slot);

    for (size_t i = 0; i < c->slots; i++)
        if (c->slot[i].key != 0)
            *find(slot, slots, c->slot[i].key) = c->slot[i];
    free(c->slot);
    c->slot = slot;
    c->slots = slots;
}

void chains_put(struct chains *c, int64_t key, int64_t seq, const uint8_t id[DIGEST_SIZE])
{
    struct chains_end *e;

    if (2 * (c->used + 1) > c->slots)
        grow(c);
    e = find(c->slot, c->slots, key);
    if (e->key == 0)
        c->used++;
    else if (e->seq > seq)
        return;
    e->key = key;
    e->seq = seq;
    memcpy(e->id, id, DIGEST_SIZE);
}

void chains_clear(struct chains *c)
{
    if (c->used > 0)
        memset(c->slot, 0, c->slots * sizeof *c->slot);
    c->used = 0;
}

void chains_free(struct chains *c)
{
    free(c->slot);
    *c = (struct chains){0};
}
