/* SPDX-License-Identifier: BSD-2-Clause */
/* Sends what waits in the outbox, in order, until each statement has a verified receipt. */
#ifndef DUBAN_CLIENT_DELIVER_H
#define DUBAN_CLIENT_DELIVER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "client/app.h"
#include "client/outbox.h"
#include "client/receipts.h"

/* How to reach the server and to wait: libcurl, or a fake in tests. */
struct deliver_peer {
    bool (*post)(void *data, const char *type, const struct buf *body, long *status,
                 struct buf *answer, long *retry_after, struct err *e);
    struct receipts_ask ask;
    void (*sleep_ms)(void *data, int64_t ms);
    uint32_t (*random)(void *data);
    void *data;
};

/* What happened to one statement; receipt or problem, borrowed. */
typedef void deliver_on_answer(void *data, const struct dsse *sent, int64_t seq,
                               const json_t *receipt, const json_t *problem);

struct deliver_result {
    size_t delivered; /* with verified receipts */
    size_t refused;   /* set aside: took no place */
};

/* Sends everything. patience_ms: how long to go on trying when the server is away. True when the
 * outbox is empty. Errors: "away" (statements remain), "tls", "evidence" (names the evidence file;
 * the statement remains), those of outbox.h. */
bool deliver_all(struct outbox *o, const struct deliver_peer *peer, int64_t patience_ms,
                 deliver_on_answer *on_answer, void *data, struct deliver_result *result,
                 struct err *e);
/* Back-off with full jitter: a random time up to min(30 s, 200 ms × 2^attempt), at least
 * retry_after seconds. */
int64_t deliver_delay_ms(unsigned attempt, long retry_after, uint32_t random);
/* The real peer of this app's connection. */
struct deliver_peer deliver_curl(struct app *a);

#endif
