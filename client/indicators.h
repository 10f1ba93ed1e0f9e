/* SPDX-License-Identifier: BSD-2-Clause */
/* Targets against time. */
#ifndef DUBAN_CLIENT_INDICATORS_H
#define DUBAN_CLIENT_INDICATORS_H

#include "client/app.h"

/* duban indicators [--plan H] [--unit U] [--as-of N] */
int indicators_command(struct app *a, int argc, char **argv);

#endif
