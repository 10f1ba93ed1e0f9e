/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that arrive in one turn of the loop share one write of the state file; then each is
 * answered with a head of exactly its size. A request that is ahead of the tree waits a moment:
 * mostly the missing leaves are on their way from another receiver, which committed first. */
#include "daemon/sign/signer.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "daemon/child.h"
#include "daemon/link.h"
#include "daemon/settings.h"
#include "daemon/sign/head.h"

#define AHEAD_WAIT_US 1000
#define PENDING_MAX 64 /* of one receiver */

enum pending_state { PENDING_NEW, PENDING_TAKEN, PENDING_KNOWN, PENDING_REFUSED };

struct pending {
    struct peer *peer;
    struct sign_request request; /* leaves: owned, below */
    uint8_t (*leaves)[DIGEST_SIZE];
    uint8_t root[DIGEST_SIZE];
    enum pending_state state;
    enum sign_refusal refusal;
    int64_t since; /* clock_mono() */
    TAILQ_ENTRY(pending) entry;
};

/* One receiver. */
struct peer {
    struct signer *signer;
    unsigned number;
    unsigned pending;
    struct link *link;
    TAILQ_ENTRY(peer) entry;
};

struct signer {
    struct child *child;
    struct head *head;
    struct event *turn; /* now, or when the oldest that is ahead has waited long enough */
    struct buf pulse;   /* newest head with its instant */
    int64_t pulse_at;   /* that instant, in seconds */
    TAILQ_HEAD(, peer) peers;
    TAILQ_HEAD(, pending) pendings;
};

static void pending_free(struct signer *s, struct pending *p)
{
    TAILQ_REMOVE(&s->pendings, p, entry);
    p->peer->pending--;
    free(p->leaves);
    free(p);
}

static void peer_free(struct peer *peer)
{
    struct signer *s = peer->signer;
    struct pending *next;

    for (struct pending *p = TAILQ_FIRST(&s->pendings); p != NULL; p = next) {
        next = TAILQ_NEXT(p, entry);
        if (p->peer == peer)
            pending_free(s, p);
    }
    TAILQ_REMOVE(&s->peers, peer, entry);
    link_free(&peer->link);
    free(peer);
}

/* ---- answers ------------------------------------------------------------------------------- */

/* A peer that does not take its answers has a broken link; on_close follows or the parent kills. */
static void answer(const struct pending *p, unsigned type, struct sign_answer *a)
{
    struct buf out = {0};

    a->old_size = p->request.old_size;
    a->new_size = p->request.new_size;
    if (!sign_answer_encode(type, a, &out) ||
        !link_send(p->peer->link, type, out.data, out.len, -1))
        log_warn("answer not sent receiver=%u size=%llu", p->peer->number,
                 (unsigned long long)a->new_size);
    buf_free(&out);
}

static void answer_refusal(const struct pending *p, enum sign_refusal refusal)
{
    if (refusal == SIGN_REFUSED_FORK)
        log_error("refused to sign: the database's tree is not an extension of what was signed "
                  "receiver=%u size=%llu",
                  p->peer->number, (unsigned long long)p->request.new_size);
    answer(p, LINK_REFUSED, &(struct sign_answer){.refusal = refusal});
}

static void answer_head(struct signer *s, const struct pending *p)
{
    struct buf note = {0};
    struct err e = {0};
    bool exact = p->state == PENDING_TAKEN;
    bool ok = exact ? head_sign(s->head, p->request.new_size, p->root, &note, &e)
                    : head_newest(s->head, &note, &e);

    if (ok) {
        answer(p, LINK_HEAD,
               &(struct sign_answer){.size = exact ? p->request.new_size : head_size(s->head),
                                     .note = note.data,
                                     .note_len = note.len});
    } else {
        log_error("cannot sign error=\"%s\"", e.text);
        answer_refusal(p, SIGN_REFUSED_STATE);
    }
    buf_free(&note);
}

/* ---- one turn ------------------------------------------------------------------------------ */

/* True when the request has found its answer. */
static bool settle(struct signer *s, struct pending *p)
{
    switch (head_extend(s->head, &p->request, p->root)) {
    case HEAD_TAKEN:
        p->state = PENDING_TAKEN;
        return true;
    case HEAD_KNOWN:
        p->state = PENDING_KNOWN;
        return true;
    case HEAD_NEED:
        return false;
    case HEAD_FORK:
        p->state = PENDING_REFUSED;
        p->refusal = SIGN_REFUSED_FORK;
        return true;
    default:
        p->state = PENDING_REFUSED;
        p->refusal = SIGN_REFUSED_FORM;
        return true;
    }
}

/* Again and again as long as one makes room for another. */
static void settle_all(struct signer *s)
{
    struct pending *p;
    bool more = true;

    while (more) {
        more = false;
        TAILQ_FOREACH(p, &s->pendings, entry)
        if (p->state == PENDING_NEW && settle(s, p))
            more = true;
    }
}

static bool any_taken(const struct signer *s)
{
    const struct pending *p;

    TAILQ_FOREACH(p, &s->pendings, entry)
    if (p->state == PENDING_TAKEN && p->request.new_size > head_size(s->head))
        return true;
    return false;
}

/* The file first: a signature must never be newer than what a restarted signer remembers. */
static void store(struct signer *s)
{
    struct pending *p;
    struct err e = {0};

    if (!any_taken(s) || head_store(s->head, &e))
        return;
    log_limited(LOG_LEVEL_ERROR, "store", "nothing is signed error=\"%s\"", e.text);
    TAILQ_FOREACH(p, &s->pendings, entry)
    {
        if (p->state != PENDING_NEW && p->request.new_size > head_size(s->head)) {
            p->state = PENDING_REFUSED;
            p->refusal = SIGN_REFUSED_STATE;
        }
    }
}

/* Answers what is settled or has waited long enough. Returns the µs until the next, 0 = none. */
static int64_t answer_all(struct signer *s, bool all)
{
    struct pending *next;
    int64_t now = clock_mono();
    int64_t wait = 0;

    for (struct pending *p = TAILQ_FIRST(&s->pendings); p != NULL; p = next) {
        next = TAILQ_NEXT(p, entry);
        int64_t left = p->since + AHEAD_WAIT_US - now;
        if (p->state == PENDING_NEW && left > 0 && !all) {
            wait = wait == 0 || left < wait ? left : wait;
            continue;
        }
        if (p->state == PENDING_NEW)
            answer(p, LINK_NEED,
                   &(struct sign_answer){.from = head_size(s->head), .to = p->request.old_size});
        else if (p->state == PENDING_REFUSED)
            answer_refusal(p, p->refusal);
        else
            answer_head(s, p);
        pending_free(s, p);
    }
    return wait;
}

static void signer_turn(struct signer *s, bool all)
{
    settle_all(s);
    store(s);
    int64_t wait = answer_all(s, all);
    if (wait > 0)
        event_add(s->turn, &(struct timeval){0, (suseconds_t)(wait < 1000 ? 1000 : wait)});
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    signer_turn(arg, false);
}

/* ---- links --------------------------------------------------------------------------------- */

/* The sign of life that watchers get: one signature a second at most, whoever asks. */
static void on_pulse(struct peer *peer)
{
    struct signer *s = peer->signer;
    struct err e = {0};
    int64_t now = clock_real() / 1000000;

    if (s->pulse.len == 0 || s->pulse_at != now) {
        buf_clear(&s->pulse);
        s->pulse_at = now;
        if (!head_alive(s->head, now, &s->pulse, &e)) {
            log_limited(LOG_LEVEL_ERROR, "pulse", "no sign of life error=\"%s\"", e.text);
            buf_clear(&s->pulse);
            return;
        }
    }
    (void)link_send(peer->link, LINK_PULSE, s->pulse.data, s->pulse.len, -1);
}

static void on_message(struct link *l, void *ctx, unsigned type, const uint8_t *data, size_t n,
                       int fd)
{
    struct peer *peer = ctx;
    struct signer *s = peer->signer;
    struct sign_request r;

    (void)l;
    if (type == LINK_PULSE && fd < 0 && n == 0) {
        on_pulse(peer);
        return;
    }
    if (type != LINK_SIGN || fd >= 0 || peer->pending >= PENDING_MAX ||
        !sign_request_decode(data, n, &r)) {
        log_error("link dropped: not a request to sign receiver=%u", peer->number);
        peer_free(peer);
        return;
    }
    struct pending *p = xcalloc(1, sizeof(*p));
    size_t bytes = (size_t)(r.new_size - r.old_size) * DIGEST_SIZE;
    p->leaves = xmalloc(bytes > 0 ? bytes : 1);
    memcpy(p->leaves, r.leaves, bytes);
    p->peer = peer;
    p->request = r;
    p->request.leaves = (const uint8_t(*)[DIGEST_SIZE])p->leaves;
    p->since = clock_mono();
    TAILQ_INSERT_TAIL(&s->pendings, p, entry);
    peer->pending++;
    event_add(s->turn, &(struct timeval){0, 0});
}

static void on_close(struct link *l, void *ctx)
{
    (void)l;
    peer_free(ctx);
}

static void on_peer(struct child *c, unsigned number, int fd)
{
    static const struct link_ops ops = {on_message, on_close};
    struct signer *s = c->role;
    struct peer *old;

    TAILQ_FOREACH(old, &s->peers, entry)
    if (old->number == number)
        break;
    if (old != NULL)
        peer_free(old);
    struct peer *peer = xcalloc(1, sizeof(*peer));
    peer->signer = s;
    peer->number = number;
    peer->link = link_new(c->base, fd, &ops, peer);
    TAILQ_INSERT_TAIL(&s->peers, peer, entry);
}

/* ---- life ---------------------------------------------------------------------------------- */

static void on_drain(struct child *c)
{
    signer_turn(c->role, true);
    child_leave(c, 0);
}

bool signer_start(struct child *c, struct err *e)
{
    struct head *head = NULL;
    bool fresh = false;

    if (!head_open(c->settings->signer_state, c->settings->origin, c->log_key, &head, &fresh, e))
        return false;
    c->log_key = NULL;
    struct signer *s = xcalloc(1, sizeof(*s));
    s->child = c;
    s->head = head;
    s->turn = event_new(c->base, -1, 0, on_turn, s);
    if (s->turn == NULL)
        abort();
    TAILQ_INIT(&s->peers);
    TAILQ_INIT(&s->pendings);
    c->role = s;
    c->on_peer = on_peer;
    c->on_drain = on_drain;
    if (fresh)
        log_warn("new signer state: nothing was signed on this machine before file=%s",
                 c->settings->signer_state);
    log_info("signer ready size=%llu", (unsigned long long)head_size(head));
    return true;
}

void signer_stop(struct child *c)
{
    struct signer *s = c->role;

    if (s == NULL)
        return;
    while (!TAILQ_EMPTY(&s->peers))
        peer_free(TAILQ_FIRST(&s->peers));
    event_free(s->turn);
    head_free(&s->head);
    buf_free(&s->pulse);
    free(s);
    c->role = NULL;
    c->on_peer = NULL;
    c->on_drain = NULL;
}
