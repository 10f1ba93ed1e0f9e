/* SPDX-License-Identifier: BSD-2-Clause */
/* What every signing command does: check the identity, sign into the outbox, deliver, say how it
 * went. Also the commands outbox and flush. */
#ifndef DUBAN_CLIENT_SEND_H
#define DUBAN_CLIENT_SEND_H

#include <jansson.h>
#include <stdbool.h>

#include "client/app.h"
#include "client/outbox.h"

/* Locks HOME, checks certificate and keys, opens the outbox. */
bool send_open(struct app *a, struct outbox **o, struct err *e);
/* Signs one statement per body (array of objects with the members after the head) and empties the
 * outbox. Prints what came back. Returns the exit status: kept statements are 3 (or 5 when the
 * reason is local), refused ones 1. */
int send_bodies(struct app *a, struct outbox *o, const char *type, const json_t *bodies);
/* send_open and send_bodies with one body; takes over the reference. */
int send_one(struct app *a, const char *type, json_t *body);

/* duban outbox · duban flush [--wait SECONDS] */
int outbox_command(struct app *a, int argc, char **argv);
int flush_command(struct app *a, int argc, char **argv);

#endif
