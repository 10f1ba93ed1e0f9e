/* SPDX-License-Identifier: BSD-2-Clause */
/* Channel "mail": one message as RFC 5322 text, handed to an SMTP server by libcurl over STARTTLS
 * or TLS. Message-ID and thread are the same for each attempt. */
#ifndef DUBAN_MAIL_H
#define DUBAN_MAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "daemon/alert/bundle.h"
#include "daemon/alert/outcome.h"
#include "daemon/alert/transfer.h"

struct settings;

/* A header's text as RFC 2047 encoded words in UTF-8, folded; plain ASCII stays as it is. Control
 * characters never come through. */
void mail_encode(const char *text, struct buf *out);
/* The whole message, lines ending in CRLF. unix_s: time of sending. False when from or the target
 * is no address that may stand in an envelope. */
bool mail_write(const struct bundle *b, const char *from, int64_t unix_s, struct buf *out);
/* Makes the transfer; NULL and *o filled when nothing can be sent. */
struct transfer *mail_prepare(struct transfers *t, const struct settings *s, const struct bundle *b,
                              struct outcome *o);
/* What an answer means: try again, or never. */
void mail_judge(const struct transfer_result *r, struct outcome *o);

#endif
