/* SPDX-License-Identifier: BSD-2-Clause */
/* A parsed plan as JSON lines, for programs and for `duban plan parse --format jsonl`. */
#ifndef DUBAN_PLAN_JSON_H
#define DUBAN_PLAN_JSON_H

#include <jansson.h>

#include "common/buf.h"
#include "plan/plan.h"

/* Appends one object a line: kind plan, then each item (task, indicator), then each warning.
 * False when the buffer's limit was reached. */
bool plan_json_write(const struct plan *p, struct buf *out);
/* One item as in those lines; new reference. Members without a value are null. */
json_t *plan_json_item(const struct plan_item *item);
/* {"kind":"plan","title","number","issuer","issued","from","to"}; new reference. */
json_t *plan_json_head(const struct plan *p);

#endif
