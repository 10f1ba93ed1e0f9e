/* SPDX-License-Identifier: BSD-2-Clause */
/* duban watch [--since N] [--exec CMD]: alerts as they come, across lost connections. */
#ifndef DUBAN_CLIENT_WATCH_H
#define DUBAN_CLIENT_WATCH_H

#include "client/app.h"

int watch_command(struct app *a, int argc, char **argv);

#endif
