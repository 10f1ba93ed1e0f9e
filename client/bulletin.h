/* SPDX-License-Identifier: BSD-2-Clause */
/* duban bulletin: the periodic circular (通报) as of an entry. duban brief POST: two pages for a
 * supervisor. duban print ALERT: a numbered 催办单 or 督办单. */
#ifndef DUBAN_CLIENT_BULLETIN_H
#define DUBAN_CLIENT_BULLETIN_H

#include "client/app.h"

int bulletin_command(struct app *a, int argc, char **argv);
int brief_command(struct app *a, int argc, char **argv);
int print_command(struct app *a, int argc, char **argv);

#endif
