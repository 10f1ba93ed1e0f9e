/* SPDX-License-Identifier: BSD-2-Clause */
/* What the commands that decide share: checking a body as the server will, showing it instead of
 * signing it, lists of what waits for a decision. */
#ifndef DUBAN_CLIENT_DECIDE_H
#define DUBAN_CLIENT_DECIDE_H

#include <jansson.h>
#include <stdbool.h>

#include "client/app.h"
#include "client/options.h"
#include "common/statement.h"

/* One column of a list: a member of the items (a name that ends in "due" or is "received" is shown
 * as an instant, one of states, kinds or verdicts as a word). A table ends with a NULL member. */
struct decide_column {
    const char *member, *title;
    bool cut; /* the last one: may be cut to the terminal's width */
};

/* Is the body of this form, as the server will see it? Error "usage" names member, place and value.
 */
bool decide_check(enum statement_kind kind, const json_t *body, struct err *e);
/* Takes body. Checks it as the server will (error "usage"), then signs and sends it; dry_run:
 * prints the elements of its first list as JSON lines, signs nothing and needs no server. Exit
 * status. */
int decide_send(struct app *a, enum statement_kind kind, json_t *body, bool dry_run);
/* GET path, one line per item; `none` when there is nothing. Exit status. */
int decide_list(struct app *a, const char *path, const struct decide_column *columns,
                const char *none);
/* Adds "?name=value" or "&name=value", percent-encoded, unless value is NULL. path: owned text,
 * replaced. */
void decide_filter(char **path, const char *name, const char *value);
/* New string: handle/number for what was typed; asks the server only for a bare number. Errors:
 * those of items_due, items_task. */
bool decide_task(struct app *a, const char *typed, char **task, struct err *e);
/* One element for each argument: {member: argument, "decision": decision [, "reason"]}. */
json_t *decide_elements(const struct options_list *args, const char *member, const char *decision,
                        const char *reason);
/* Exactly one of the flags; error "usage" names them. */
bool decide_one_of(const bool *flags, size_t n, const char *names, struct err *e);

#endif
