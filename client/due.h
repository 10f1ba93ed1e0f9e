/* SPDX-License-Identifier: BSD-2-Clause */
/* duban due [--sheet F.csv [--encoding gb18030]]: what is owed, and by when. */
#ifndef DUBAN_CLIENT_DUE_H
#define DUBAN_CLIENT_DUE_H

#include "client/app.h"

int due_command(struct app *a, int argc, char **argv);

#endif
