/* SPDX-License-Identifier: BSD-2-Clause */
/* How an attempt to deliver ended, for duban.delivery_record(): outcome and a stable reason code
 * (docs/operations.md lists them). */
#ifndef DUBAN_ALERT_OUTCOME_H
#define DUBAN_ALERT_OUTCOME_H

#include <stdint.h>

enum outcome_kind { OUTCOME_SENT, OUTCOME_RETRY, OUTCOME_DEAD };

struct outcome {
    enum outcome_kind kind;
    char reason[32];     /* code */
    char detail[200];    /* for the operator; never a secret */
    int64_t retry_after; /* seconds; 0 = as back-off says */
};

/* Long texts are cut; retry_after stays. */
void outcome_set(struct outcome *o, enum outcome_kind kind, const char *reason, const char *detail);

#endif
