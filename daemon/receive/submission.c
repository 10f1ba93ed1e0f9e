/* SPDX-License-Identifier: BSD-2-Clause */
/* Statements under way: pool and list. */
#include "daemon/receive/submission.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

#define FREE_MOST 1024
#define KEEP_BYTES 8192 /* payload memory kept for reuse */

struct submission *submission_new(struct submission_pool *p)
{
    struct submission *s = p->free;
    struct buf payload;

    if (s == NULL)
        return xcalloc(1, sizeof *s);
    p->free = s->next;
    p->free_len--;
    /* the long text members need no clearing: they are written before they are read */
    payload = s->dsse.payload;
    memset(s, 0, offsetof(struct submission, refusal));
    s->dsse.payload = payload;
    return s;
}

void submission_free(struct submission_pool *p, struct submission **sp)
{
    struct submission *s = *sp;

    *sp = NULL;
    if (s == NULL)
        return;
    statement_free(&s->st);
    if (p->free_len >= FREE_MOST) {
        dsse_clear(&s->dsse);
        free(s);
        return;
    }
    if (s->dsse.payload.cap > KEEP_BYTES)
        dsse_clear(&s->dsse);
    s->next = p->free;
    p->free = s;
    p->free_len++;
}

void submission_pool_clear(struct submission_pool *p)
{
    while (p->free != NULL) {
        struct submission *s = p->free;

        p->free = s->next;
        dsse_clear(&s->dsse);
        free(s);
    }
    p->free_len = 0;
}

void submission_list_init(struct submission_list *l)
{
    *l = (struct submission_list){.tail = &l->head};
}

void submission_list_add(struct submission_list *l, struct submission *s)
{
    s->next = NULL;
    *l->tail = s;
    l->tail = &s->next;
    l->len++;
    l->bytes += s->dsse.payload.len;
}

void submission_list_prepend(struct submission_list *l, struct submission_list *front)
{
    if (front->head == NULL)
        return;
    *front->tail = l->head;
    if (l->head == NULL)
        l->tail = front->tail;
    l->head = front->head;
    l->len += front->len;
    l->bytes += front->bytes;
    submission_list_init(front);
}

struct submission *submission_list_take(struct submission_list *l)
{
    struct submission *s = l->head;

    if (s == NULL)
        return NULL;
    l->head = s->next;
    if (l->head == NULL)
        l->tail = &l->head;
    l->len--;
    l->bytes -= s->dsse.payload.len;
    s->next = NULL;
    return s;
}
