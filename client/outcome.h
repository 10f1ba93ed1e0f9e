/* SPDX-License-Identifier: BSD-2-Clause */
/* Receipts as people read them: entry, outcome of each part, what is due next. */
#ifndef DUBAN_CLIENT_OUTCOME_H
#define DUBAN_CLIENT_OUTCOME_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "client/app.h"
#include "common/dsse.h"

struct outbox;

/* Gathers what came back while an outbox is emptied; pass it to deliver_all. */
struct outcome_seen {
    struct app *app;             /* borrowed */
    size_t refused;              /* outcomes that are refused */
    const struct outbox *outbox; /* borrowed; what answers has just left it */
    size_t ours;                 /* the last so many statements are those of this command */
    bool set_aside;              /* a statement took no place */
};

/* deliver_on_answer: prints the receipt (with --json unchanged). data: struct outcome_seen. */
void outcome_on_answer(void *data, const struct dsse *sent, int64_t seq, const json_t *receipt,
                       const json_t *problem);
/* Translated word for an outcome, a state of an obligation, a status of a task, a kind of alert;
 * the text itself when it is not known. */
const char *outcome_word(const char *outcome);
/* The same for the state of a delivery: "waiting" is not a report that waits for its head. */
const char *outcome_delivery_word(const char *state);
/* Last part of a payload type: "report" for application/vnd.duban.report.v1+json. */
void outcome_kind(const char *type, char *out, size_t size);

#endif
