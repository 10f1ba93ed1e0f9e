/* SPDX-License-Identifier: BSD-2-Clause */
/* Who owns an item: gathered from brackets, field lines, columns or a sentence, then settled. */
#ifndef DUBAN_PLAN_OWNERS_H
#define DUBAN_PLAN_OWNERS_H

#include <stdbool.h>
#include <stddef.h>

#include "plan/labels.h"
#include "plan/names.h"
#include "plan/pool.h"
#include "plan/text.h"

struct owners {
    struct plan_pool *pool;
    struct names leaders, leads, resp, units;
    bool by_sentence;     /* no bracket, field or column: only sentences of the text name them */
    bool resp_verb;       /* responsible units were named by a verb: …负责 */
    bool lead_named;      /* some label or verb named a lead */
    bool first_leads;     /* the plan says that of several responsible units the first leads */
    bool resp_as_lead;    /* set by owners_settle: responsible units became the leads */
    const char *deadline; /* as printed; NULL */
    const char *deadline_source;
    size_t fields; /* labels and verbs found */
};

/* A part of the item's text that says who owns it, and is not text of the item. */
struct owners_cut {
    size_t a, b;
};

struct owners_cuts {
    struct owners_cut *v;
    size_t n, cap;
};

/* Adds the value f[a..b) of a field of this role. */
void owners_field(struct owners *o, enum label_role role, const struct text *t, size_t a, size_t b,
                  const char *source);
/* Reads "A牵头，B、C配合，6月底前完成" in f[a..b): a run of owners with verbs. False when it holds
 * no verb. */
bool owners_verbs(struct owners *o, const struct text *t, size_t a, size_t b, const char *source);
/* Reads all owner brackets, field lines and labelled sentences of an item's text, and, when there
 * is none of them, sentences such as "由A牵头，B配合"; what is to be cut goes to cuts, in order. */
void owners_read(struct owners *o, const struct text *t, struct owners_cuts *cuts);
/* bare: a bracket that holds only units, without label or verb, counts too. */
void owners_read_bare(struct owners *o, const struct text *t, struct owners_cuts *cuts);
/* Decides the leads: those named; else the responsible units; the others participate. */
void owners_settle(struct owners *o);
bool owners_any(const struct owners *o);

#endif
