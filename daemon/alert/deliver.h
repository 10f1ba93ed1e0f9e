/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "deliver": claims the messages that are owed, hands each to its channel and records how it
 * went. Channels do not wait for one another, nor attempts on one channel for the slowest: each
 * channel has its own number of places. Two alerters never hold the same message: a claim is a
 * lease in the database. A crash between sending and recording sends again, under the same id. */
#ifndef DUBAN_DELIVER_H
#define DUBAN_DELIVER_H

#include <stdbool.h>

struct db;
struct deliver;
struct event_base;
struct settings;

/* idle: called after deliver_leave(), when nothing is under way any more. */
typedef void (*deliver_idle)(void *arg);

struct deliver *deliver_new(struct event_base *base, const struct settings *s, deliver_idle idle,
                            void *arg);
void deliver_set_db(struct deliver *d, struct db *db);
/* Free the connection first. What is under way is cut off; its lease runs out. */
void deliver_free(struct deliver **d);
/* The database is the right one: from now on messages are claimed, each second and on a hint. */
void deliver_go(struct deliver *d);
void deliver_hint(struct deliver *d);
/* Claims nothing more. True when nothing is under way; else idle is called later. */
bool deliver_leave(struct deliver *d);

#endif
