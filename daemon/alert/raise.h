/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "raise": lets the database raise what is due, at most 256 items a transaction and as
 * many as keep the log lock for 40 ms, until nothing is due at this moment. The database recomputes
 * the rule; two daemons never raise twice. */
#ifndef DUBAN_RAISE_H
#define DUBAN_RAISE_H

#include <stdbool.h>
#include <stdint.h>

struct db;
struct raise;

/* ok: nothing more is due now, next_us until the next item (DUE_NONE: there is none). Not ok: the
 * database refused or was lost. raised: items of this run. */
typedef void (*raise_done)(void *arg, bool ok, int64_t raised, int64_t next_us);

struct raise *raise_new(raise_done done, void *arg);
void raise_set_db(struct raise *r, struct db *d);
/* An outage of over blind_s seconds is recorded before anything is raised; what fell due in it then
 * waits drain_s seconds for the outboxes (docs/rules.md). */
void raise_set_blind(struct raise *r, long blind_s, long drain_s);
/* Free the connection first. */
void raise_free(struct raise **r);
/* Starts a run; done is called later, or at once when the database is not there. sure: something
 * is due, so the log lock is taken without asking first whether it is worth it. */
void raise_run(struct raise *r, bool sure);

#endif
