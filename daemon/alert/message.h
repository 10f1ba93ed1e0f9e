/* SPDX-License-Identifier: BSD-2-Clause */
/* What a message says to people, in the language of the post (zh_CN or en), which is not that of
 * the daemon: so the words stand here in both, not in the message catalogue. */
#ifndef DUBAN_MESSAGE_H
#define DUBAN_MESSAGE_H

#include <stdint.h>

#include "common/buf.h"
#include "daemon/alert/bundle.h"

/* One line, without control characters, at most 200 bytes of it by people. */
void message_subject(const struct bundle *b, struct buf *out);
/* Plain text; lines end in LF. */
void message_plain(const struct bundle *b, struct buf *out);
/* A whole HTML page without scripts, pictures and links. */
void message_html(const struct bundle *b, struct buf *out);
/* What webhooks and hooks get:
 * {"type":"duban.alert","delivery","timestamp","subject","text","data"}; unix_s: time of sending.
 */
void message_json(const struct bundle *b, int64_t unix_s, struct buf *out);

#endif
