/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of units and people as they are printed: 市教育局、市财政局等，各县（市、区）人民政府. */
#ifndef DUBAN_PLAN_NAMES_H
#define DUBAN_PLAN_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/plan.h"
#include "plan/text.h"

/* A growing list of names; v in the pool. */
struct names {
    struct plan_names list;
    size_t cap;
    bool open; /* the list ended in 等: others are meant too */
};

/* Role that a name carries in a bracket of its own: 市教育局（牵头）. */
enum names_role { NAMES_PLAIN, NAMES_LEAD, NAMES_SUPPORT };

/* Called for each name of the list. */
typedef void names_each(void *ctx, const struct text *t, size_t a, size_t b, enum names_role role);

/* Splits f[a..b) into names: separators 、，；/ and, between complete names, 和 and 及; 等 and what
 * belongs to it dropped; brackets inside names kept. True when the list ended in 等. */
bool names_split(const struct text *t, size_t a, size_t b, names_each *each, void *ctx);
/* Adds the name unless the list holds it. */
void names_add(struct plan_pool *p, struct names *names, const struct text *t, size_t a, size_t b);
void names_add_string(struct plan_pool *p, struct names *names, const char *name);
bool names_has(const struct names *names, const char *name);
/* Does f[a..b) look like the name of a unit, or of a group of units? strict: as it must inside a
 * sentence, where any noun may stand. */
bool names_unit_like(const struct text *t, size_t a, size_t b, bool strict);
/* Are most of the names in the list f[a..b) unit-like, and at least one? all: every one. */
bool names_units(const struct text *t, size_t a, size_t b, bool strict, bool all);

#endif
