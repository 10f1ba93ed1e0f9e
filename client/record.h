/* SPDX-License-Identifier: BSD-2-Clause */
/* duban record: the office enters what came on paper, by mail or chat. */
#ifndef DUBAN_CLIENT_RECORD_H
#define DUBAN_CLIENT_RECORD_H

#include "client/app.h"

int record_command(struct app *a, int argc, char **argv);

#endif
