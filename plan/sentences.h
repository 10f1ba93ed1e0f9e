/* SPDX-License-Identifier: BSD-2-Clause */
/* Owners named in a sentence of the text itself: 由市教育局牵头，市财政局配合。 */
#ifndef DUBAN_PLAN_SENTENCES_H
#define DUBAN_PLAN_SENTENCES_H

#include "plan/owners.h"

/* Adds the owners of such sentences. A sentence that says nothing else is cut; clauses inside
 * another sentence stay in the text. */
void sentences_read(struct owners *o, const struct text *t, struct owners_cuts *cuts);

#endif
