/* SPDX-License-Identifier: BSD-2-Clause */
/* What a role gets from the parent, and the frame that it runs in. A role is a start and a stop
 * function on a given event base, so that forked children and `duband --single` run the same code:
 *
 *     bool receiver_start(struct child *c, struct err *e);   receive/receiver.h
 *     void receiver_stop(struct child *c);
 *     bool alerter_start(struct child *c, struct err *e);    alert/alerter.h
 *     void alerter_stop(struct child *c);
 *     bool signer_start(…), signer_stop(…)                   sign/signer.h
 *
 * start: sets up events on c->base and returns; false = cannot work at all (the child exits, the
 *   parent tries again with back-off). An unreachable database is no reason: connect by timer.
 * stop: frees everything the role made, also half-done things; c->role is reset to NULL.
 * child_run() makes the base, calls start, then sends heartbeats and dispatches until the end. */
#ifndef DUBAN_CHILD_H
#define DUBAN_CHILD_H

#include <stdbool.h>

#include "common/err.h"

struct event_base;
struct key;
struct link;
struct settings;
struct tls_context;

enum child_kind { CHILD_SIGNER, CHILD_RECEIVER, CHILD_ALERTER };

struct child {
    /* set by the parent before start */
    enum child_kind kind;
    unsigned slot; /* receivers: 0 … receivers−1 in their generation; else 0 */
    const struct settings *settings;
    struct event_base *base;
    int listen_fd;           /* receivers; else -1; borrowed */
    int admin_fd;            /* receiver 0: the local listener; else -1; borrowed */
    struct tls_context *tls; /* receivers: read before rights were dropped; owned by the frame */
    struct key *log_key;     /* signer: taken by signer_start() */

    /* set by the role in start; NULL = not interested */
    void *role; /* the role's own struct */
    /* A new link end arrived and now belongs to the role. Receivers: to the signer (peer is 0), the
     * one before is dead or useless: send unanswered requests again on the new one. Signer: to
     * receiver number `peer`, unique among living receivers; the one before under that number, if
     * any, is to be freed. Comes some time after start, again after each restart of the other. */
    void (*on_peer)(struct child *c, unsigned peer, int fd);
    /* Accept nothing new, finish what is under way, then call child_leave(). The parent kills after
     * drain-timeout seconds. NULL = leave at once. */
    void (*on_drain)(struct child *c);
    /* New certificate files (only in --single; processes are replaced instead): use c->tls from now
     * on. The old one is freed when this returns. */
    void (*on_tls)(struct child *c);

    /* private to the frame */
    bool draining, leave;
    int exit_code;
    struct link *parent;                          /* NULL in --single */
    void (*on_leave)(struct child *c, void *ctx); /* --single */
    void *leave_ctx;
};

typedef bool child_start_fn(struct child *c, struct err *e);
typedef void child_stop_fn(struct child *c);

const char *child_kind_name(enum child_kind kind);
/* Whole life of a forked child: base, link to the parent (fd is taken), start, loop, stop. Returns
 * the exit code. */
int child_run(struct child *c, int parent_fd, child_start_fn *start, child_stop_fn *stop);
/* An event base as the roles get it; NULL when the system refuses. */
struct event_base *child_base(void);
/* The order to drain, once. */
void child_drain(struct child *c);
/* The role is done: code 0 after a drain, else the child counts as dead and is started again. */
void child_leave(struct child *c, int code);
/* Drops to the user of the settings for good, no new privileges; the signer gets no core dumps, is
 * not traceable and locks its memory if it may. Error "user". */
bool child_drop_rights(const struct settings *s, enum child_kind kind, struct err *e);

#endif
