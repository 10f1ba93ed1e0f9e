/* SPDX-License-Identifier: BSD-2-Clause */
/* One POST /v1/statements: its envelopes, one or as many lines, and an answer for each in order.
 * Lives until all are answered, also when its client has gone meanwhile. */
#ifndef DUBAN_EXCHANGE_H
#define DUBAN_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "daemon/receive/problem.h"

struct exchange;
struct session;

#define EXCHANGE_LINES_MAX 256
#define EXCHANGE_TYPE_ONE "application/vnd.dsse.envelope.v1+json"
#define EXCHANGE_TYPE_MANY "application/x-ndjson"

enum exchange_kind { EXCHANGE_ONE, EXCHANGE_MANY, EXCHANGE_NEITHER };

/* By Content-Type; parameters behind ';' are ignored. NULL = NEITHER. */
enum exchange_kind exchange_kind_of(const char *content_type);
/* Registers itself with the session: when that goes, lines not taken are dropped. Lives at least
 * until exchange_release().
 * body is borrowed until all lines were taken or the session is gone. NULL with *p filled: no
 * envelope, or too many ("malformed", "size"). */
struct exchange *exchange_new(struct session *s, enum exchange_kind kind, const char *body,
                              size_t n, struct problem *p);
/* Next envelope that was not taken yet; false when there is none. */
bool exchange_next(struct exchange *x, const char **json, size_t *n, size_t *index);
/* Are there lines that were not taken? */
bool exchange_more(const struct exchange *x);
/* Whoever made it has taken what it wants: from now on the last answer frees it. */
void exchange_release(struct exchange *x);
/* Answers of one envelope; the last one answers the request. */
void exchange_receipt(struct exchange *x, size_t index, const char *json, size_t n);
void exchange_problem(struct exchange *x, size_t index, struct problem *p);
/* NULL when it has gone. */
struct session *exchange_session(const struct exchange *x);

#endif
