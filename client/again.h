/* SPDX-License-Identifier: BSD-2-Clause */
/* report --again: the last report of a task as the beginning of the next. */
#ifndef DUBAN_CLIENT_AGAIN_H
#define DUBAN_CLIENT_AGAIN_H

#include <jansson.h>
#include <stdbool.h>

#include "client/app.h"

/* Copies what goes on (status, progress, text, values, risk, next step) from the last report of the
 * task in report; what belongs to one time only (evidence, warnings, promises, citations) is not
 * taken over. *note: new string, why the period was returned, or NULL. Errors: connect_json;
 * "usage": the task has no report yet. */
bool again_fetch(struct app *a, json_t *report, char **note, struct err *e);
/* Lets the user change report in the editor; its draft is kept until again_done. With again, what
 * comes back unchanged is asked about; note stands in front of the text, or NULL. Errors:
 * edit_report, "declined". */
bool again_edit(struct app *a, json_t *report, bool again, const char *note, char **draft,
                struct err *e);
/* The statement is signed: the draft goes. */
void again_done(const char *draft);

#endif
