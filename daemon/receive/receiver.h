/* SPDX-License-Identifier: BSD-2-Clause */
/* The receiver's role: the path of a statement, the read API and the push stream. */
#ifndef DUBAN_RECEIVER_H
#define DUBAN_RECEIVER_H

#include <stdbool.h>

#include "common/err.h"

struct child;

/* As daemon/child.h says. An unreachable database is no error: it is tried again for ever. */
bool receiver_start(struct child *c, struct err *e);
void receiver_stop(struct child *c);

#endif
