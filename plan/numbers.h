/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of tasks: what a printed number becomes, and how all of a plan become different. */
#ifndef DUBAN_PLAN_NUMBERS_H
#define DUBAN_PLAN_NUMBERS_H

#include "plan/parse.h"

/* Sets number of every item, by the rules of "Task = <handle>/<number>" (docs/statements.md):
 * normalised; "i" before indicators when the plan also has tasks; .x1, .x2 … for unnumbered rows;
 * where numbers repeat, the ordinal of the outermost section in front of all of that kind; what
 * repeats even then gets -b, -c … and the warning number-repeated. */
void numbers_assign(struct parse *p);

#endif
