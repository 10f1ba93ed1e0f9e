/* SPDX-License-Identifier: BSD-2-Clause */
/* What a plan says about itself: title, reference number, issuer, date, period. */
#ifndef DUBAN_PLAN_HEADING_H
#define DUBAN_PLAN_HEADING_H

#include "plan/parse.h"

/* Fills title, number, issuer, issued, from and to of the plan, and from, to, year of the parse.
 * Needs the layout only. */
void heading_read(struct parse *p);

#endif
