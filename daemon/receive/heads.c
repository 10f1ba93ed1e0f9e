/* SPDX-License-Identifier: BSD-2-Clause */
/* Heads on their way into the database. */
#include "daemon/receive/heads.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

static void drop(struct heads *h, size_t at)
{
    free(h->item[at].note);
    memmove(&h->item[at], &h->item[at + 1], (h->n - at - 1) * sizeof h->item[0]);
    h->n--;
}

void heads_add(struct heads *h, uint64_t size, const char *note, size_t n)
{
    for (size_t i = 0; i < h->n; i++)
        if (h->item[i].size == size)
            return;
    if (h->n == HEADS_MOST) {
        if (h->taken == HEADS_MOST)
            return;
        drop(h, h->taken);
    }
    h->item[h->n++] = (struct heads_item){.size = size, .note = xstrndup(note, n), .note_len = n};
}

void heads_take(struct heads *h, struct array *sizes, struct array *notes)
{
    for (size_t i = 0; i < h->n; i++) {
        array_add_int8(sizes, (int64_t)h->item[i].size);
        array_add(notes, h->item[i].note, h->item[i].note_len);
    }
    h->taken = h->n;
}

void heads_stored(struct heads *h, bool ok)
{
    while (ok && h->taken > 0) {
        drop(h, 0);
        h->taken--;
    }
    h->taken = 0;
}

void heads_clear(struct heads *h)
{
    h->taken = 0;
    while (h->n > 0)
        drop(h, 0);
}
