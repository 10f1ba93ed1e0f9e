/* SPDX-License-Identifier: BSD-2-Clause */
/* duban plan parse · duban plan register. */
#ifndef DUBAN_CLIENT_PLAN_COMMAND_H
#define DUBAN_CLIENT_PLAN_COMMAND_H

#include "client/app.h"

int plan_parse_command(struct app *a, int argc, char **argv);
int plan_register_command(struct app *a, int argc, char **argv);
/* duban plan show HANDLE [--as-of N] */
int plan_show_command(struct app *a, int argc, char **argv);

#endif
