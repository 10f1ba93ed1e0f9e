/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "materialise": makes the obligations to come, two periods ahead, slice by slice, never under
 * the log lock (docs/architecture.md). */
#ifndef DUBAN_MATERIALISE_H
#define DUBAN_MATERIALISE_H

#include <stdbool.h>
#include <stdint.h>

struct db;
struct materialise;

/* One slice is done. pending: plans with something left; 0 = everything is made. What a rule or a
 * calendar could not say of the periods just made was logged as a warning. */
typedef void (*materialise_done)(void *arg, bool ok, int64_t made, int64_t pending);

struct materialise *materialise_new(materialise_done done, void *arg);
void materialise_set_db(struct materialise *m, struct db *d);
/* Free the connection first. */
void materialise_free(struct materialise **m);
/* Makes one slice; done is called later, or at once when the database is not there. */
void materialise_slice(struct materialise *m);

#endif
