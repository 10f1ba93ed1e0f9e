/* SPDX-License-Identifier: BSD-2-Clause */
/* What a sign of life on the stream proves: the log's own key signed this head at this second.
 * Nothing else in the event counts. No I/O. */
#ifndef DUBAN_CLIENT_HEARTBEAT_H
#define DUBAN_CLIENT_HEARTBEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/home.h"
#include "common/checkpoint.h"
#include "common/err.h"

enum heartbeat_finding {
    HEARTBEAT_GOOD,   /* life, now */
    HEARTBEAT_SAME,   /* had already: proves nothing new */
    HEARTBEAT_BEHIND, /* another machine's signer, a moment behind: proves nothing yet */
    HEARTBEAT_FORGED, /* not signed by a known log key, or not readable */
    HEARTBEAT_OFF, /* older or newer than the clocks may differ: kept back, or a clock is wrong */
    HEARTBEAT_REPLAYED, /* older than one on the same connection */
    HEARTBEAT_SHRUNK,   /* the log was longer before */
    HEARTBEAT_FORKED    /* the log has another past than before */
};

struct heartbeat {
    const struct checkpoint_vkey *vkeys; /* borrowed */
    size_t n;
    int64_t skew_us;
    int64_t seconds;                      /* of the newest on this connection; -1 = none */
    unsigned behind;                      /* in a row */
    struct checkpoint newest;             /* largest head; size 0 = none */
    struct checkpoint by[HOME_VKEYS_MAX]; /* largest of each key */
};

void heartbeat_start(struct heartbeat *h, const struct checkpoint_vkey *vkeys, size_t n,
                     int64_t skew_us);
/* A new connection: another receiver, perhaps another machine. */
void heartbeat_connected(struct heartbeat *h);
/* Takes a note that was good in an earlier run; one that does not open is nothing. */
void heartbeat_remember(struct heartbeat *h, const char *note, size_t len);
/* Judges a note at this real time (µs); *why is filled for all from FORGED on. Only GOOD changes
 * what is known of the log. */
enum heartbeat_finding heartbeat_take(struct heartbeat *h, const char *note, size_t len,
                                      int64_t now_us, struct err *why);
/* Stable name, such as "forged". */
const char *heartbeat_name(enum heartbeat_finding f);

#endif
