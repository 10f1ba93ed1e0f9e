/* SPDX-License-Identifier: BSD-2-Clause */
/* A lead asks participants of its task; who was asked answers. */
#ifndef DUBAN_CLIENT_ASK_H
#define DUBAN_CLIENT_ASK_H

#include "client/app.h"

/* duban ask TASK --unit U… --due D --text T [--period P] */
int ask_command(struct app *a, int argc, char **argv);
/* duban answer TASK|ASK [--text T] [--value NAME=NUM]… */
int answer_command(struct app *a, int argc, char **argv);

#endif
