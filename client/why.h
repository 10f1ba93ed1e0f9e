/* SPDX-License-Identifier: BSD-2-Clause */
/* duban why ALERT · duban why --not TASK · duban ladder test: the arithmetic of alerts, told. */
#ifndef DUBAN_CLIENT_WHY_H
#define DUBAN_CLIENT_WHY_H

#include <jansson.h>

#include "client/app.h"

/* Prints each item by show, or as JSON. */
void why_show_all(const struct app *a, const json_t *items, void (*show)(const json_t *));
/* One step of GET /v1/ladder. */
void why_show_step(const json_t *step);
int why_command(struct app *a, int argc, char **argv);
int ladder_test_command(struct app *a, int argc, char **argv);

#endif
