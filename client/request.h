/* SPDX-License-Identifier: BSD-2-Clause */
/* duban extend, duban close: asking, and deciding about what was asked. */
#ifndef DUBAN_CLIENT_REQUEST_H
#define DUBAN_CLIENT_REQUEST_H

#include "client/app.h"

int extend_command(struct app *a, int argc, char **argv);
int close_command(struct app *a, int argc, char **argv);

#endif
