/* SPDX-License-Identifier: BSD-2-Clause */
/* Which functions a role consists of. */
#ifndef DUBAN_ROLES_H
#define DUBAN_ROLES_H

#include "daemon/child.h"

struct role_functions {
    child_start_fn *start;
    child_stop_fn *stop;
};

struct role_functions role_functions(enum child_kind kind);
/* Reads what a role needs before rights are dropped: the TLS files (receiver), the log key
 * (signer). Errors "tls", "key-file". */
bool role_prepare(struct child *c, struct err *e);
/* Whether a generation with these settings could start: every role's files can be read. */
bool role_prepare_all(const struct settings *s, struct err *e);

#endif
