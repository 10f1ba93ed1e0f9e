/* SPDX-License-Identifier: BSD-2-Clause */
/* The names in a plan that a registry must know: units and leaders in order of first appearance,
 * with groups marked and near-duplicates paired. */
#ifndef DUBAN_PLAN_REGISTRY_NAMES_H
#define DUBAN_PLAN_REGISTRY_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/plan.h"

#define REGISTRY_NAMES_NONE ((size_t)-1)

struct registry_name {
    const char *name; /* borrowed from the plan */
    bool group; /* 各县（市、区）…, 成员单位, 市政府各部门, 各位副市长 … */
    size_t near;  /* index of an earlier, very similar name; REGISTRY_NAMES_NONE */
    size_t count; /* items that name it */
    bool leads;   /* at least once as a lead */
    size_t line;  /* of the first item that names it */
};

struct registry_names {
    struct registry_name *units, *leaders;
    size_t units_len, leaders_len;
};

/* Lists the names; the plan must outlive the list. Freed by registry_names_free(). */
struct registry_names *registry_names_new(const struct plan *p);
void registry_names_free(struct registry_names **r);

/* True for a name that stands for several: 各…, …成员单位, …各部门, 有关部门, 各位…, all … */
bool plan_name_is_group(const char *name);
/* True when two different names very likely mean the same unit: the shorter is the longer with
 * some characters left out (市退役军人局 / 市退役军人事务局), its suffix dropped, or one character
 * differs in a long name. Never for two groups with different members. */
bool plan_names_near(const char *a, const char *b);

#endif
