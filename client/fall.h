/* SPDX-License-Identifier: BSD-2-Clause */
/* A cumulative value that falls is asked about before it is signed. */
#ifndef DUBAN_CLIENT_FALL_H
#define DUBAN_CLIENT_FALL_H

#include <jansson.h>
#include <stdbool.h>

#include "client/app.h"

/* Holds the values of reports (array) against the newest ones on the server; for those that are
 * counted up and fall it says so and asks. True when nothing falls, the report explains it, the
 * server is away (it will ask), or the person agrees. Errors: app_confirm. */
bool fall_confirm(struct app *a, const json_t *reports, struct err *e);

/* Whether decimal a is less than decimal b, exactly; both as decimal_valid() wants them. */
bool fall_less(const char *a, const char *b);

#endif
