/* SPDX-License-Identifier: BSD-2-Clause */
/* From the names printed in a plan to the codes of the registry, as they are valid on a day. */
#ifndef DUBAN_CLIENT_OWNERS_H
#define DUBAN_CLIENT_OWNERS_H

#include <jansson.h>
#include <stdbool.h>

struct owners_map;

/* Codes and names of units, aliases valid on date (YYYY-MM-DD), rosters, leaders' posts and their
 * holders of that day, out of registry objects. */
struct owners_map *owners_new(const json_t *objects, const char *date);
void owners_free(struct owners_map **m);
/* Code of a unit or a roster of units, NULL when unknown; borrowed. Compares folded (NFKC, without
 * white space). */
const char *owners_unit(const struct owners_map *m, const char *name);
/* Code of a post or a roster of posts, NULL when unknown; borrowed. */
const char *owners_leader(const struct owners_map *m, const char *name);

#endif
