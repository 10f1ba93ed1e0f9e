/* SPDX-License-Identifier: BSD-2-Clause */
/* Receipts: proof that a statement is entry n of the log, checked here and never believed. */
#ifndef DUBAN_CLIENT_RECEIPTS_H
#define DUBAN_CLIENT_RECEIPTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/app.h"
#include "client/home.h"
#include "common/checkpoint.h"
#include "common/dsse.h"
#include "common/instant.h"

/* What a check may have to ask the server for. Nothing of it is believed: the answers only count
 * when the hashes then fit. */
struct receipts_ask {
    /* /log/consistency?from=&to= as text; false: *e filled */
    bool (*consistency)(void *data, uint64_t from, uint64_t to, struct buf *out, struct err *e);
    /* RFC 3339 instant by which this task is due; false: *e filled */
    bool (*task_due)(void *data, const char *task, char out[INSTANT_SIZE], struct err *e);
    void *data;
};

/* Checks a receipt object against the statement it answers: identity, our digest, key and place in
 * the entry, received, the digest over its outcomes, inclusion path, log signature. *head: the
 * signed head. Errors: "evidence"; those of ask->task_due. */
bool receipts_check(const struct home *h, const struct dsse *sent, int64_t seq,
                    const json_t *receipt, const struct receipts_ask *ask, struct checkpoint *head,
                    struct err *e);
/* Checks a proof text alone against a statement (NULL: only inclusion and signature). *entry: its
 * index. Error "evidence". */
bool receipts_check_proof(const struct home *h, const char *proof, size_t n,
                          const struct dsse *sent, int64_t seq, struct checkpoint *head,
                          uint64_t *entry, struct err *e);
/* Compares a head with HOME/log.state, asks for a consistency proof when the sizes differ, and
 * keeps the larger one. Errors: "evidence"; those of ask->consistency. */
bool receipts_remember(const struct home *h, const struct checkpoint *head,
                       const struct receipts_ask *ask, struct err *e);
/* Keeps what did not verify: HOME/evidence/<seq>-<time>.json. *path: new string, or NULL. */
void receipts_keep_evidence(const struct home *h, int64_t seq, const json_t *receipt, char **path);
/* Digest over the canonical outcome lines of a receipt (docs/log.md). False only when ask->task_due
 * was needed and failed, with its error. */
bool receipts_outcomes_digest(const json_t *outcomes, const struct receipts_ask *ask,
                              uint8_t out[DIGEST_SIZE], struct err *e);

/* duban receipts verify [FILE…] */
int receipts_command(struct app *a, int argc, char **argv);

#endif
