/* SPDX-License-Identifier: BSD-2-Clause */
/* Who holds how many connections of a pool: one count for each certificate. */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "common/digest.h"
#include "common/log.h"
#include "common/mem.h"
#include "daemon/net/tls_private.h"

#define CROWD_SHARE 4 /* one certificate keeps one in so many of all places */
#define CROWD_LEAST 8 /* and so many of a small pool */

struct tls_holder {
    uint8_t fingerprint[DIGEST_SIZE]; /* first: what is looked for has only this */
    unsigned count;
};

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, DIGEST_SIZE);
}

void tls_holder_enter(struct tls_stream *s)
{
    struct tls_pool *p = s->pool;
    struct tls_holder **found, *h;

    if (s->ssl == NULL)
        return;
    found = tfind(s->identity.fingerprint, &p->holders, compare);
    if (found != NULL) {
        h = *found;
    } else {
        h = xcalloc(1, sizeof(*h));
        memcpy(h->fingerprint, s->identity.fingerprint, DIGEST_SIZE);
        if (tsearch(h, &p->holders, compare) == NULL) { /* no memory: it is not counted */
            free(h);
            return;
        }
    }
    h->count++;
    s->holder = h;
}

void tls_holder_leave(struct tls_stream *s)
{
    struct tls_holder *h = s->holder;

    if (h == NULL)
        return;
    s->holder = NULL;
    if (--h->count > 0)
        return;
    tdelete(h, &s->pool->holders, compare);
    free(h);
}

struct tls_stream *tls_holder_crowd(const struct tls_pool *p)
{
    struct tls_stream *s, *newest = NULL;
    unsigned most = p->limits.max_connections / CROWD_SHARE;

    if (most < CROWD_LEAST)
        most = CROWD_LEAST;
    TAILQ_FOREACH(s, &p->open, entry)
    {
        if (s->holder == NULL || s->state != TLS_OPEN)
            continue;
        if (s->holder->count > most || (newest != NULL && s->holder == newest->holder)) {
            most = s->holder->count;
            newest = s;
        }
    }
    if (newest != NULL)
        log_limited(LOG_LEVEL_WARN, "crowd",
                    "connection closed reason=share peer=%s name=%s connections=%u limit=%u",
                    newest->peer, newest->identity.name, most, p->limits.max_connections);
    return newest;
}
