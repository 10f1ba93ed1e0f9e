/* SPDX-License-Identifier: BSD-2-Clause */
/* From the names printed in a plan to the codes of the registry, as they are valid on a day. */
#ifndef DUBAN_CLIENT_RESOLVE_H
#define DUBAN_CLIENT_RESOLVE_H

#include <jansson.h>
#include <stdbool.h>

struct resolve_map;

/* Codes and names of units, aliases valid on date (YYYY-MM-DD), rosters, leaders' posts and their
 * holders of that day, out of registry objects. */
struct resolve_map *resolve_new(const json_t *objects, const char *date);
void resolve_free(struct resolve_map **m);
/* Code of a unit or a roster of units, NULL when unknown; borrowed. Compares folded (NFKC, without
 * white space). */
const char *resolve_unit(const struct resolve_map *m, const char *name);
/* Code of a post or a roster of posts, NULL when unknown; borrowed. */
const char *resolve_leader(const struct resolve_map *m, const char *name);

#endif
