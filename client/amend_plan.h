/* SPDX-License-Identifier: BSD-2-Clause */
/* An amendment of a plan itself, as options say it. */
#ifndef DUBAN_CLIENT_AMEND_PLAN_H
#define DUBAN_CLIENT_AMEND_PLAN_H

#include <jansson.h>
#include <stdbool.h>

#include "client/options.h"
#include "client/resolve.h"
#include "common/err.h"

/* {"change": "plan", …} from MEMBER=VALUE and members to clear; owners resolve names of leaders.
 * *change is new, NULL on error "usage": no such member, no date, neither yes nor no, an unknown
 * leader. */
bool amend_plan_change(const struct options_list *sets, const struct options_list *clears,
                       const struct resolve_map *owners, json_t **change, struct err *e);

#endif
