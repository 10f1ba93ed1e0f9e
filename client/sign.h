/* SPDX-License-Identifier: BSD-2-Clause */
/* duban sign --type T < PAYLOAD: a DSSE envelope for scripts; keeps no state. */
#ifndef DUBAN_CLIENT_SIGN_H
#define DUBAN_CLIENT_SIGN_H

#include "client/app.h"

int sign_command(struct app *a, int argc, char **argv);

#endif
