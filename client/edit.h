/* SPDX-License-Identifier: BSD-2-Clause */
/* A report as a text to be written in an editor: "name: value" lines, and sections for longer
 * texts. What was typed stays in HOME/drafts until it is signed. */
#ifndef DUBAN_CLIENT_EDIT_H
#define DUBAN_CLIENT_EDIT_H

#include <jansson.h>
#include <stdbool.h>

#include "client/home.h"
#include "common/buf.h"
#include "common/err.h"

/* Appends the text of a report, with explanations in the language of the user as comments (#) and a
 * note in front of them, or NULL. */
void edit_write(const json_t *report, const char *note, struct buf *out);
/* Reads such a text into report, replacing the members that it can hold; an empty one is removed.
 * Error "usage": names the line and what is wrong with it. */
bool edit_read(const char *text, json_t *report, struct err *e);
/* Opens $VISUAL, else $EDITOR, on the file and waits. Error "local": none is set, or it failed. */
bool edit_run(const char *path, struct err *e);
/* New string: the draft of a report, HOME/drafts/PLAN_NUMBER~PERIOD.txt; makes the folder. Error
 * "file". */
bool edit_draft(const struct home *h, const char *task, const char *period, char **path,
                struct err *e);
/* Lets the user change the report: goes on from a draft that is there, else from what the report
 * says; note: what to say in front of it, or NULL. *changed: whether what came back differs from
 * that. The draft stays. Errors: those above; "declined": the text was emptied, the draft is
 * removed. */
bool edit_report(const char *draft, json_t *report, const char *note, bool *changed, struct err *e);

#endif
