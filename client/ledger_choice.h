/* SPDX-License-Identifier: BSD-2-Clause */
/* Which rows and columns of the ledger a clerk wants, and in what order. */
#ifndef DUBAN_CLIENT_LEDGER_CHOICE_H
#define DUBAN_CLIENT_LEDGER_CHOICE_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"

struct ledger_choice {
    const char *leader, *status, *period, *kind, *light, *text, *sort; /* NULL: any */
    bool overdue;
};

/* Is what was typed possible at all? state: as for the server, NULL for any. Error "usage" names
 * the choices. */
bool ledger_choice_check(const struct ledger_choice *c, const char *state, struct err *e);
/* Removes the items that were not asked for, and sorts the others: by a member, "-" before it turns
 * the order round; numbers as numbers. Error "usage": a status or member that no item of
 * any ledger has; names the choices. */
bool ledger_choose(const struct ledger_choice *c, json_t *items, struct err *e);

#endif
