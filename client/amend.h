/* SPDX-License-Identifier: BSD-2-Clause */
/* Amendments of a registered plan: made by hand, or as the difference between it and a corrected
 * document. */
#ifndef DUBAN_CLIENT_AMEND_H
#define DUBAN_CLIENT_AMEND_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "client/app.h"
#include "client/outbox.h"

/* duban plan amend FILE | --task T --set MEMBER=VALUE… | --plan H --set MEMBER=VALUE… */
int plan_amend_command(struct app *a, int argc, char **argv);

/* The tasks of a registered plan as they stand, in the members of a plan statement: new array.
 * Errors: connect_list. */
bool amend_fetch(struct app *a, const char *handle, json_t **tasks, struct err *e);
/* What turns the tasks now into those wanted: new array of changes (set, new, withdraw), in the
 * order of wanted, then what is not in it. Members that wanted leaves out are cleared. */
json_t *amend_difference(const json_t *now, const json_t *wanted);
/* Prints each change with the old value beside the new one; plan: the plan itself as it stands, or
 * NULL. */
void amend_show(const json_t *plan, const json_t *now, const json_t *changes);
/* New string: a member as people read it on one line, "-" for NULL. */
char *amend_text(const json_t *v);
/* One line for each member of two objects: its name, the old value, the new one. */
void amend_show_members(const json_t *old, const json_t *new);
/* Shows, asks, signs {"amend", "basis", "from", "changes"}. basis and from may be NULL (from: the
 * server's day). now: as amend_fetch gives it. Returns the exit status. */
int amend_sign(struct app *a, struct outbox *o, const char *handle, const char *basis,
               const char *from, const json_t *now, const json_t *changes);

#endif
