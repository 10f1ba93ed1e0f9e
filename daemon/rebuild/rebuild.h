/* SPDX-License-Identifier: BSD-2-Clause */
/* `duband rebuild`: the ledger made again from the log alone, in an empty database, and held
 * against the live one (docs/architecture.md, "The ledger is a function of the log"). */
#ifndef DUBAN_REBUILD_H
#define DUBAN_REBUILD_H

#include <stdbool.h>

#include "common/err.h"

struct settings;

struct rebuild_options {
    const char *into; /* NULL: beside the configured database */
    bool compare;
    const char *until; /* number of the last entry to replay; NULL: all */
    bool past;
};

/* Replays every entry of the configured database into the database `into` (a conninfo; NULL = the
 * configured one with "_rebuild" behind its name, emptied first), as the logged-in owner of both.
 * Checks on the way every signature, every place in a chain and every byte of every entry. compare:
 * then prints each row that only one side has ("-" live, "+" rebuilt) and a line of totals. until:
 * stops behind that entry (and what was raised together with it), and stops the target's clock at
 * its instant: the views there show what they showed then. past: at each entry, every view of the
 * target is held against the live one's as of that entry. Prints to stdout. Errors: "database";
 * "rebuild": the target is not empty, or is the live database; "diverged": an entry or a row
 * differs (the text names the first entry, or counts the rows). */
bool rebuild_run(const struct settings *s, const struct rebuild_options *o, struct err *e);

#endif
