/* SPDX-License-Identifier: BSD-2-Clause */
/* duban ledger · show TASK · history TASK: what the server lets this identity see. */
#ifndef DUBAN_CLIENT_LEDGER_H
#define DUBAN_CLIENT_LEDGER_H

#include "client/app.h"

/* New string: the value of a member as people read it; "-" for NULL. */
char *ledger_value(const char *member, const json_t *v);

int ledger_command(struct app *a, int argc, char **argv);
int show_command(struct app *a, int argc, char **argv);
int history_command(struct app *a, int argc, char **argv);

#endif
