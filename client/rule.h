/* SPDX-License-Identifier: BSD-2-Clause */
/* duban rule test FILE|CODE: the dates that a reporting rule makes, before it is signed. */
#ifndef DUBAN_CLIENT_RULE_H
#define DUBAN_CLIENT_RULE_H

#include "client/app.h"

int rule_test_command(struct app *a, int argc, char **argv);
/* Notes on standard error what the schedules of this identity's plans cannot do (GET /v1/warnings):
 * one line for each plan and kind. Says nothing when the server does not answer. */
void rule_warnings(struct app *a);

#endif
