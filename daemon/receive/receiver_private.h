/* SPDX-License-Identifier: BSD-2-Clause */
/* For receiver.c, receiver_wires.c and receiver_figures.c only. */
#ifndef DUBAN_RECEIVER_PRIVATE_H
#define DUBAN_RECEIVER_PRIVATE_H

#include <event2/event.h>

#include "daemon/child.h"
#include "daemon/db/conn.h"
#include "daemon/link.h"
#include "daemon/receive/accept.h"
#include "daemon/receive/acknowledge.h"
#include "daemon/receive/admin.h"
#include "daemon/receive/append.h"
#include "daemon/receive/intake.h"
#include "daemon/receive/keys.h"
#include "daemon/receive/pulse.h"
#include "daemon/receive/push.h"
#include "daemon/receive/query.h"
#include "daemon/receive/seal.h"

struct receiver {
    struct child *child;
    struct db *append_db, *read_db, *push_db, *listen_db;
    struct link *signer; /* NULL while there is none */
    struct keys *keys;
    struct intake *intake;
    struct append *append;
    struct seal *seal;
    struct acknowledge *acknowledge;
    struct query *query;
    struct push *push;
    struct pulse *pulse;
    struct accept *accept;
    struct admin *admin;          /* only where there is a local listener */
    struct event *reload, *drain; /* keys again; whether a drain is complete */
    struct event *listen;         /* accept even when it is not ready */
    struct buf message;           /* to the signer */
    bool stopping;
    const char *code; /* of seal's state; NULL = statements are taken */
    char why[300];    /* the sentence beside it */
};

/* receiver_wires.c: what each step calls when it is done; arg is the receiver. */
extern const struct intake_ops receiver_intake_ops;
extern const struct append_ops receiver_append_ops;
extern const struct seal_ops receiver_seal_ops;
extern const struct acknowledge_ops receiver_acknowledge_ops;
extern const struct accept_ops receiver_accept_ops;
extern const struct pulse_ops receiver_pulse_ops;

/* receiver_figures.c */
extern const struct admin_ops receiver_admin_ops;

/* Accepts connections once statements can be taken: a caller of a process that has just started
 * waits a moment instead of being turned away. */
void receiver_listen_if_ready(struct receiver *r);
/* Reads the registry now, or in a second when that cannot be started. */
void receiver_load_keys(struct receiver *r);

#endif
