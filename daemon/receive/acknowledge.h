/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "acknowledge": the only place that says "stored". A receipt leaves when its entry is
 * committed and a signed head covers it; for a statement that was stored before, from what the
 * database holds. */
#ifndef DUBAN_ACKNOWLEDGE_H
#define DUBAN_ACKNOWLEDGE_H

#include <stddef.h>
#include <stdint.h>

#include "common/digest.h"
#include "daemon/receive/batch.h"

struct acknowledge;
struct db;
struct event_base;

enum acknowledge_outcome {
    ACKNOWLEDGE_FOUND,  /* stored; id and json are given */
    ACKNOWLEDGE_ABSENT, /* nothing is stored at that place */
    ACKNOWLEDGE_UNSURE  /* the database did not answer, or no head covers the entry yet */
};

/* id: identity of what is stored, 32 bytes. json: the receipt. Valid during the call. */
typedef void (*acknowledge_found)(void *arg, enum acknowledge_outcome outcome, const uint8_t *id,
                                  const char *json, size_t n);

struct acknowledge_ops {
    /* One statement of a batch and its receipt. */
    void (*deliver)(void *arg, struct submission *s, const char *json, size_t n);
};

struct acknowledge *acknowledge_new(struct event_base *base, const struct acknowledge_ops *ops,
                                    void *arg);
/* The read connection; borrowed. */
void acknowledge_set_db(struct acknowledge *a, struct db *d);
/* Free the connection first: it answers what is under way. Those that wait are told UNSURE. */
void acknowledge_free(struct acknowledge **a);

/* Delivers the receipt of every statement of a batch under the head of exactly
 * batch_covered_size(). The caller frees the batch. */
void acknowledge_batch(struct acknowledge *a, struct batch *b, const char *note, size_t n);
/* The receipt of what is stored at (key, seq). Waits up to 10 s for a head. done is always called,
 * perhaps at once. */
void acknowledge_again(struct acknowledge *a, const uint8_t key[DIGEST_SIZE], int64_t seq,
                       bool duplicate, acknowledge_found done, void *arg);
/* A head was stored: those that wait for one may go on. */
void acknowledge_sealed(struct acknowledge *a);

#endif
