/* SPDX-License-Identifier: BSD-2-Clause */
/* duban registry apply FILE · registry export, and the registry in force for other commands. */
#ifndef DUBAN_CLIENT_REGISTRY_H
#define DUBAN_CLIENT_REGISTRY_H

#include <jansson.h>
#include <stdbool.h>

#include "client/app.h"

/* The objects in force: new array. Errors: connect_list. */
bool registry_fetch(struct app *a, json_t **objects, struct err *e);
int registry_apply_command(struct app *a, int argc, char **argv);
int registry_export_command(struct app *a, int argc, char **argv);

#endif
