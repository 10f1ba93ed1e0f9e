/* SPDX-License-Identifier: BSD-2-Clause */
/* What the server says that we owe (GET /v1/due), and what a typed task or period means by it. */
#ifndef DUBAN_CLIENT_ITEMS_H
#define DUBAN_CLIENT_ITEMS_H

#include <jansson.h>
#include <stdbool.h>

#include "client/app.h"

/* New array of the items, by due. Errors: connect_list. */
bool items_due(struct app *a, json_t **items, struct err *e);
/* The server's time in µs (GET /v1/me), the real clock when it does not say. */
int64_t items_now(struct app *a);
/* New string: handle/number for what a person typed: handle/number with a printed or normalised
 * number, or the bare number when one open plan has it. items may be NULL (server away): then only
 * handle/number is taken. Error "usage" lists the choices. */
bool items_task(const json_t *items, const char *typed, char **task, struct err *e);
/* The only period of this task that is opened and has no report. Error "usage" lists them. */
bool items_period(const json_t *items, const char *task, const char **period, struct err *e);

#endif
