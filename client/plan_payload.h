/* SPDX-License-Identifier: BSD-2-Clause */
/* A parsed plan as the body of a plan statement. */
#ifndef DUBAN_CLIENT_PLAN_PAYLOAD_H
#define DUBAN_CLIENT_PLAN_PAYLOAD_H

#include <jansson.h>

#include "client/resolve.h"
#include "common/digest.h"
#include "plan/plan.h"

/* What the command line and the file add to what was parsed. */
struct plan_payload {
    const char *handle, *from, *to, *title; /* title: when the plan has none */
    const char *rule, *ladder;              /* NULL: the server's defaults */
    bool countersign;                       /* by the units' heads, before a report counts */
    uint8_t source[DIGEST_SIZE];            /* SHA-256 of the file */
};

/* {"plan": {…}}: new reference. Names that owners does not know are left out. */
json_t *plan_payload_make(const struct plan *p, const struct resolve_map *owners,
                          const struct plan_payload *with);

#endif
