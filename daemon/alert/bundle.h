/* SPDX-License-Identifier: BSD-2-Clause */
/* One message to deliver, as duban.delivery_claim() hands it out: what one level owes one post for
 * one instant. The database is trusted; what people wrote into it is not (texts may hold anything
 * but NUL). */
#ifndef DUBAN_BUNDLE_H
#define DUBAN_BUNDLE_H

#include <jansson.h>
#include <stdbool.h>

#include "common/buf.h"

struct bundle {
    char *id;      /* stable: Message-ID, webhook-id, name of the file; hexadecimal */
    char *channel; /* code */
    char *kind;    /* mail, webhook, spool */
    char *target;  /* address, url or post */
    int attempt;   /* 1 = the first */
    json_t *json;  /* all of it */
};

/* Copies; NULL when body is not a JSON object or id not what it should be. */
struct bundle *bundle_new(const char *id, const char *channel, const char *kind, const char *target,
                          int attempt, const char *body);
void bundle_free(struct bundle **b);
/* Text member, "" when absent; in the message or in one of its alerts. */
const char *bundle_text(const json_t *o, const char *member);
json_int_t bundle_number(const json_t *o, const char *member);

#endif
