/* SPDX-License-Identifier: BSD-2-Clause */
/* Judging signs of life. Each machine's signer has its own key and its own memory: what one key
 * signed never shrinks; against another key's it may be a moment behind, not longer. */
#include "client/heartbeat.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/cosignature.h"
#include "common/digest.h"
#include "common/i18n.h"
#include "common/instant.h"

#define SECOND ((int64_t)1000000)
#define BEHIND_MOST 2 /* signs of life in a row */

void heartbeat_start(struct heartbeat *h, const struct checkpoint_vkey *vkeys, size_t n,
                     int64_t skew_us)
{
    memset(h, 0, sizeof *h);
    h->vkeys = vkeys;
    h->n = n < HOME_VKEYS_MAX ? n : HOME_VKEYS_MAX;
    h->skew_us = skew_us;
    h->seconds = -1;
}

void heartbeat_connected(struct heartbeat *h)
{
    h->seconds = -1;
}

static void learn(struct heartbeat *h, const struct checkpoint *c, size_t by)
{
    if (c->size >= h->newest.size)
        h->newest = *c;
    h->by[by] = *c;
}

void heartbeat_remember(struct heartbeat *h, const char *note, size_t len)
{
    struct checkpoint c;
    struct err ignored;
    int64_t seconds;
    size_t by = 0;

    if (cosignature_open(note, len, h->vkeys, h->n, &c, &seconds, &by, &ignored))
        learn(h, &c, by);
}

static bool same_size_other_root(const struct checkpoint *a, const struct checkpoint *b)
{
    return a->size > 0 && a->size == b->size && memcmp(a->root, b->root, DIGEST_SIZE) != 0;
}

/* The head against those seen before. */
static enum heartbeat_finding compare(struct heartbeat *h, const struct checkpoint *c, size_t by,
                                      struct err *why)
{
    const struct checkpoint *own = &h->by[by];

    if (same_size_other_root(c, own) || same_size_other_root(c, &h->newest)) {
        err_set(why, "forked", _("at %" PRIu64 " entries the log has another root than before"),
                c->size);
        return HEARTBEAT_FORKED;
    }
    if (c->size >= h->newest.size) {
        h->behind = 0;
        return HEARTBEAT_GOOD;
    }
    if (c->size >= own->size && ++h->behind < BEHIND_MOST)
        return HEARTBEAT_BEHIND;
    err_set(why, "shrunk", _("the log had %" PRIu64 " entries and now has %" PRIu64),
            h->newest.size, c->size);
    return HEARTBEAT_SHRUNK;
}

enum heartbeat_finding heartbeat_take(struct heartbeat *h, const char *note, size_t len,
                                      int64_t now_us, struct err *why)
{
    struct checkpoint c;
    char at[INSTANT_SIZE];
    int64_t seconds = 0;
    size_t by = 0;
    enum heartbeat_finding f;

    if (!cosignature_open(note, len, h->vkeys, h->n, &c, &seconds, &by, why))
        return HEARTBEAT_FORGED;
    if (seconds > now_us / SECOND + h->skew_us / SECOND ||
        seconds < now_us / SECOND - h->skew_us / SECOND) {
        if (seconds < INT64_MAX / SECOND / 4)
            instant_format_local(seconds * SECOND, at);
        else
            memcpy(at, "?", 2);
        err_set(why, "off", _("the sign of life is of %s: it was kept back, or a clock is wrong"),
                at);
        return HEARTBEAT_OFF;
    }
    if (seconds == h->seconds)
        return HEARTBEAT_SAME;
    if (seconds < h->seconds) {
        err_set(why, "replayed", _("a sign of life came again that was %lld s older"),
                (long long)(h->seconds - seconds));
        return HEARTBEAT_REPLAYED;
    }
    h->seconds = seconds;
    f = compare(h, &c, by, why);
    if (f == HEARTBEAT_GOOD)
        learn(h, &c, by);
    return f;
}

const char *heartbeat_name(enum heartbeat_finding f)
{
    static const char *const names[] = {"good", "same",     "behind", "forged",
                                        "off",  "replayed", "shrunk", "forked"};

    return names[f];
}
