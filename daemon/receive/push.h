/* SPDX-License-Identifier: BSD-2-Clause */
/* GET /v1/alerts/stream: backlog, then live. Events are read once per receiver, formatted once and
 * written to every watcher that may see them. NOTIFY is a hint; the table is read each second. */
#ifndef DUBAN_PUSH_H
#define DUBAN_PUSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/receive/keys.h"
#include "daemon/receive/problem.h"

struct db;
struct event_base;
struct push;
struct session;

struct push *push_new(struct event_base *base, const struct keys *keys, unsigned ping_seconds);
/* The read connection; borrowed. */
void push_set_db(struct push *p, struct db *d);
/* Free sessions and connection first. */
void push_free(struct push **p);

/* Serves a stream request of a registered client; ?heartbeat=1 asks for signs of life. False with
 * *problem: not a number, or busy. */
bool push_subscribe(struct push *p, struct session *s, struct problem *problem);
/* There may be new events. */
void push_notify(struct push *p);
/* Who is not registered any more, or revoked, is closed. */
void push_recheck(struct push *p);
/* Watchers that asked for signs of life; of them, those that have had none yet. */
size_t push_hearers(const struct push *p);
size_t push_unheard(const struct push *p);
/* Sends a signed head, the sign of life, to the hearers, or (first) to those that have had none.
 * interval: seconds until the next, told to them. */
void push_heartbeat(struct push *p, const char *note, size_t n, unsigned interval, bool first);
size_t push_count(const struct push *p);
/* May this client see an event for these posts? */
bool push_entitled(const struct keys_client *c, char *const *posts, size_t n);

#endif
