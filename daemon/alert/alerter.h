/* SPDX-License-Identifier: BSD-2-Clause */
/* The alerter's role: obligations to come, and the path of an alert as far as the database. */
#ifndef DUBAN_ALERTER_H
#define DUBAN_ALERTER_H

#include <stdbool.h>

#include "common/err.h"

struct child;

/* As daemon/child.h says. An unreachable database is no error: it is tried again for ever. */
bool alerter_start(struct child *c, struct err *e);
void alerter_stop(struct child *c);

#endif
