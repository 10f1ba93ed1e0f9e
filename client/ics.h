/* SPDX-License-Identifier: BSD-2-Clause */
/* What is due as a calendar file (RFC 5545) for any calendar program. */
#ifndef DUBAN_CLIENT_ICS_H
#define DUBAN_CLIENT_ICS_H

#include <jansson.h>
#include <stdint.h>

#include "common/buf.h"

/* Appends a VCALENDAR with one VEVENT for each unsettled item of /v1/due: it ends at the due
 * instant (UTC), reminds a day and an hour before, and has a UID that is the same in each export,
 * so that a calendar that reads the file again moves the event instead of adding one. now: µs, the
 * DTSTAMP. Lines are folded at 75 bytes between characters (section 3.1). Returns the number of
 * events. */
size_t ics_write(const json_t *items, int64_t now, struct buf *out);

#endif
