/* SPDX-License-Identifier: BSD-2-Clause */
/* One statement on its way from the wire to its receipt. Made by the session's exchange, filled by
 * verify, carried by append, answered once. Pooled: the fast path allocates nothing for it. */
#ifndef DUBAN_SUBMISSION_H
#define DUBAN_SUBMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/dsse.h"
#include "common/statement.h"
#include "daemon/receive/problem.h"

struct submission {
    struct submission *next; /* of the list that it is in */
    void *owner;             /* whom the answer goes to */
    size_t index;            /* place in the owner's request */
    int64_t arrived;         /* clock_real() */
    int64_t started;         /* clock_mono() */
    bool has_certificate;
    uint8_t certificate[DIGEST_SIZE];
    /* by verify */
    struct dsse dsse; /* owned */
    enum statement_kind kind;
    struct statement *st; /* owned */
    uint8_t id[DIGEST_SIZE];
    int64_t key_row;
    char unit[40]; /* unit for whom it reports, "" for posts without one */
    const char *alg;
    struct problem refusal; /* why it would be refused, while a duplicate is looked for */
};

struct submission_pool {
    struct submission *free;
    size_t free_len;
};

/* Everything is empty except reusable memory. */
struct submission *submission_new(struct submission_pool *p);
/* Back to the pool; big payloads are released. */
void submission_free(struct submission_pool *p, struct submission **s);
void submission_pool_clear(struct submission_pool *p);

/* First in, first out. */
struct submission_list {
    struct submission *head, **tail;
    size_t len;
    size_t bytes; /* of payloads */
};
void submission_list_init(struct submission_list *l);
void submission_list_add(struct submission_list *l, struct submission *s);
/* Puts all of `front` before l; front is empty afterwards. */
void submission_list_prepend(struct submission_list *l, struct submission_list *front);
struct submission *submission_list_take(struct submission_list *l);

#endif
