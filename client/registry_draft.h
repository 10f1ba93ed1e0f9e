/* SPDX-License-Identifier: BSD-2-Clause */
/* registry.draft: the owners that a plan names and the registry does not know, as registry text to
 * fill in and apply. */
#ifndef DUBAN_CLIENT_REGISTRY_DRAFT_H
#define DUBAN_CLIENT_REGISTRY_DRAFT_H

#include <jansson.h>
#include <stddef.h>

#include "client/resolve.h"
#include "common/buf.h"
#include "plan/registry_names.h"

struct registry_draft_counts {
    size_t units, unit_groups, leaders, leader_groups;
};

/* Counts what is unknown and appends the draft: units u001 … and leaders leader-01 … in order of
 * first appearance (behind the codes in use), near-duplicates beside each other, for each unit its
 * contact and head, office and chief when they have no holder. source: name of the plan's file. */
void registry_draft_make(const struct registry_names *names, const struct resolve_map *known,
                         const json_t *objects, const char *source, struct buf *out,
                         struct registry_draft_counts *counts);

#endif
