/* SPDX-License-Identifier: BSD-2-Clause */
/* A ledger that was made again up to an entry, held against the live one as of that entry: every
 * view of schema duban there, the same view of schema duban_asof here. */
#ifndef DUBAN_PAST_H
#define DUBAN_PAST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "daemon/db/plain.h"

struct past;

/* Prepares both sides; target: its clock is taken over (past_stop). Error "database". */
bool past_new(PGconn *live, PGconn *target, struct past **out, struct err *e);
void past_free(struct past **p);
/* Stops the target's clock at the instant of its newest entry and makes the obligations that it
 * demands. Error "database". */
bool past_stop(PGconn *target, struct err *e);
/* Compares all views as of an entry at which the target stands; prints each that differs and counts
 * them in *differences. Error "database". */
bool past_compare(struct past *p, int64_t entry, uint64_t *differences, struct err *e);
/* Views compared so far. */
uint64_t past_compared(const struct past *p);

#endif
