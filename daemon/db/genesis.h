/* SPDX-License-Identifier: BSD-2-Clause */
/* `duband genesis`: takes the first statement of a log, which registers the key that signs it. */
#ifndef DUBAN_DB_GENESIS_H
#define DUBAN_DB_GENESIS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

struct settings;

/* Reads one DSSE envelope from standard input, checks it, hands it to duban.genesis() as whoever
 * the environment says (the owner), prints entry 0. Errors: "malformed", "schema", "key",
 * "signature", "audience", "sequence", "database". */
bool genesis_run(const struct settings *s, struct err *e);
/* The checks alone: a registry statement for this origin, seq 1, signed by an operator's key that
 * it registers itself. payload and signature are copied out as hexadecimal ("\x…"), the type as
 * text; the caller frees them. */
bool genesis_check(const char *json, size_t n, const char *origin, char **payload, char **sig,
                   char **type, struct err *e);

#endif
