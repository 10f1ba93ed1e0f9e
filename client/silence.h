/* SPDX-License-Identifier: BSD-2-Clause */
/* duban silence: giving, ending and listing silences. */
#ifndef DUBAN_CLIENT_SILENCE_H
#define DUBAN_CLIENT_SILENCE_H

#include "client/app.h"

/* duban silence [--unit U]… [--task TASK]… --until DATE|TIME --reason T · --end SILENCE… · without
 * options: the silences that the server lets us see */
int silence_command(struct app *a, int argc, char **argv);

#endif
