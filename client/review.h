/* SPDX-License-Identifier: BSD-2-Clause */
/* duban review, duban countersign. */
#ifndef DUBAN_CLIENT_REVIEW_H
#define DUBAN_CLIENT_REVIEW_H

#include "client/app.h"

int review_command(struct app *a, int argc, char **argv);
int countersign_command(struct app *a, int argc, char **argv);

#endif
