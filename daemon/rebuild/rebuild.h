/* SPDX-License-Identifier: BSD-2-Clause */
/* `duband rebuild`: the ledger made again from the log alone, in an empty database, and held
 * against the live one (docs/architecture.md, "The ledger is a function of the log"). */
#ifndef DUBAN_REBUILD_H
#define DUBAN_REBUILD_H

#include <stdbool.h>

#include "common/err.h"

struct settings;

/* Replays every entry of the configured database into the database `into` (a conninfo; NULL = the
 * configured one with "_rebuild" behind its name, emptied first), as the logged-in owner of both.
 * Checks on the way every signature, every place in a chain and every byte of every entry. compare:
 * then prints each row that only one side has ("-" live, "+" rebuilt) and a line of totals. Prints
 * to stdout. Errors: "database"; "rebuild": the target is not empty, or is the live database;
 * "diverged": an entry or a row differs (the text names the first entry, or counts the rows). */
bool rebuild_run(const struct settings *s, const char *into, bool compare, struct err *e);

#endif
