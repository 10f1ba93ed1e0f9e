/* SPDX-License-Identifier: BSD-2-Clause */
/* A blocking connection, for the commands migrate, genesis, retry and check only: never in a loop
 * of the daemon. */
#ifndef DUBAN_DB_PLAIN_H
#define DUBAN_DB_PLAIN_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "common/err.h"

/* user NULL: as conninfo and environment say. Error "database": names the target and the cause. */
bool plain_connect(const char *conninfo, const char *user, PGconn **out, struct err *e);
/* One statement with n text parameters. NULL on failure: "database" with what the server said.
 * The result belongs to the caller. */
PGresult *plain_query(PGconn *pg, const char *sql, int n, const char *const *values, struct err *e);
/* Runs a whole script in the open transaction. Error "database" names the line of the script. */
bool plain_script(PGconn *pg, const char *name, const char *sql, struct err *e);

#endif
