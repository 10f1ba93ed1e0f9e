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
/* New string in *path: /v1/alerts/N<tail>. Error "usage": not the number of an alert. */
bool why_alert_path(const char *typed, const char *tail, char **path, struct err *e);
/* app_not_found for an alert; false. */
bool why_no_alert(const struct app *a, const char *typed, struct err *e);
int why_command(struct app *a, int argc, char **argv);
int ladder_test_command(struct app *a, int argc, char **argv);

#endif
