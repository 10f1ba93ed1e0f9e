/* SPDX-License-Identifier: BSD-2-Clause */
/* Alerts as things of their own: testing their ways, listing them with their deliveries. */
#ifndef DUBAN_CLIENT_ALERT_H
#define DUBAN_CLIENT_ALERT_H

#include "client/app.h"

/* duban alert --test POST… [--text T] */
int alert_command(struct app *a, int argc, char **argv);
/* duban alerts [--open] */
int alerts_command(struct app *a, int argc, char **argv);

#endif
