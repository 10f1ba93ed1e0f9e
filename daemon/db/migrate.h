/* SPDX-License-Identifier: BSD-2-Clause */
/* `duband migrate`: brings the database to this version, each file in one transaction, recorded
 * with its checksum, and after the log has begun in the log too. */
#ifndef DUBAN_DB_MIGRATE_H
#define DUBAN_DB_MIGRATE_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

struct settings;

/* Prints one line per file. dry_run: changes nothing. Logged in as whoever the environment says:
 * the owner. Errors: "database"; "migration": an applied file differs from ours, or the database
 * is newer than this program. */
bool migrate_run(const struct settings *s, bool dry_run, struct err *e);
/* For check: how many files are still to be applied. False as above. */
bool migrate_state(PGconn *pg, size_t *missing, struct err *e);

#endif
