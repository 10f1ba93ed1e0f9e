/* SPDX-License-Identifier: BSD-2-Clause */
/* Building the reports of a statement, from options, a sheet or a file of JSON lines. */
#ifndef DUBAN_CLIENT_REPORT_H
#define DUBAN_CLIENT_REPORT_H

#include <jansson.h>
#include <stdbool.h>

#include "client/app.h"
#include "client/home.h"

/* Adds {"name","value"[,"unit"]} for "NAME=NUM[UNIT]"; false for anything else. */
bool report_add_value(json_t *values, const char *text);
/* Adds {"name","size","sha256"} of a file. Error "file". */
bool report_add_evidence(json_t *evidence, const char *path, struct err *e);
/* Checks one report as the server will: shape and values. False: *faults is a new array
 * [{"field","code","detail"}]. */
bool report_check(const json_t *report, json_t **faults);
/* Signs the reports (at most 1,000 and 256 KiB a statement) and delivers; exit status. Asks first
 * about values that fall (fall_confirm). */
int report_send(struct app *a, const json_t *reports);

/* duban report … */
int report_command(struct app *a, int argc, char **argv);
/* duban report --sheet FILE [--good-rows] */
int report_sheet(struct app *a, const char *path, bool good_rows);

#endif
