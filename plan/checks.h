/* SPDX-License-Identifier: BSD-2-Clause */
/* What a careful reader would notice in a plan: contradictions, gaps, missing owners. */
#ifndef DUBAN_PLAN_CHECKS_H
#define DUBAN_PLAN_CHECKS_H

#include "plan/parse.h"

/* Adds the warnings that need the whole plan, and puts all warnings in the order of their lines.
 * Codes: no-lead, no-owners, no-items, lead-group, leader-group, lead-assumed, unit-twice,
 * number-gap, count-announced, value-conflict, figures-conflict, near-duplicate-unit. */
void checks_run(struct parse *p);
/* Values of indicators that the running text gives otherwise (conflicts.c). */
void conflicts_find(struct parse *p);

#endif
