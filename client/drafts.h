/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports that were begun in an editor and are not signed. */
#ifndef DUBAN_CLIENT_DRAFTS_H
#define DUBAN_CLIENT_DRAFTS_H

#include "client/app.h"

/* duban draft [list] · draft show NAME · draft delete NAME */
int draft_command(struct app *a, int argc, char **argv);

#endif
