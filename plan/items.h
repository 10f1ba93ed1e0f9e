/* SPDX-License-Identifier: BSD-2-Clause */
/* From segments of running text to items. */
#ifndef DUBAN_PLAN_ITEMS_H
#define DUBAN_PLAN_ITEMS_H

#include "plan/parse.h"

/* Adds the items of the running text. have_tables: tables gave items already, so running text
 * without owners is only their commentary. */
void items_from_text(struct parse *p, bool have_tables);

#endif
