/* SPDX-License-Identifier: BSD-2-Clause */
/* Channel "webhook": a POST signed by the Standard Webhooks convention (webhook-id,
 * webhook-timestamp, webhook-signature "v1,<base64 of HMAC-SHA-256 over id.timestamp.body>"). */
#ifndef DUBAN_WEBHOOK_H
#define DUBAN_WEBHOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "daemon/alert/bundle.h"
#include "daemon/alert/outcome.h"
#include "daemon/alert/transfer.h"

struct settings;

/* Appends "v1,…" for each line "whsec_<base64>" of secrets, separated by a space. False when there
 * is none, or a line is not of that form with 16 to 64 bytes. */
bool webhook_sign(const char *secrets, const char *id, int64_t unix_s, const char *body, size_t len,
                  struct buf *out);
/* As mail_prepare() and mail_judge(). */
struct transfer *webhook_prepare(struct transfers *t, const struct settings *s,
                                 const struct bundle *b, struct outcome *o);
void webhook_judge(const struct transfer_result *r, struct outcome *o);

#endif
