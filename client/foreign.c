/* SPDX-License-Identifier: BSD-2-Clause */
/* A table of what the server's SQL and common/statement_report.c say about values; %s stands for
 * what they put in. Sentences without such a place need no row: any message of the program is
 * found. */
#include "client/foreign.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/i18n.h"
#include "common/mem.h"

#define PLACES 3

static const char *const SENTENCES[] = {
    N_("no task of this name is registered; see duban due"),
    N_("no task of this name is registered"),
    N_("the task has no such period; see duban show"),
    N_("this task names no part for the unit"),
    N_("the task was withdrawn by entry %s"),
    N_("the task was closed by entry %s: reopen it first"),
    N_("the task was closed by entry %s"),
    N_("%s is measured in %s, not in %s"),
    N_("\"%s\" is not a task; write the plan's handle, a slash and the number, such as p1/6.1"),
    N_("the report names no period; add one, such as 2022Q1"),
    N_("\"%s\" is not a period; write one of the forms %s"),
    N_("\"%s\" is not a status; use %s"),
    N_("progress is %s; it must be a whole number from 0 to 100"),
    N_("\"%s\" is not a date; write year-month-day, such as 2022-03-31"),
    N_("\"%s\" (%s) is not a decimal number; write digits with a point, such as 5.5, at most 18 "
       "before and 6 behind it"),
    N_("\"%s\" is not an answer; write entry and place, such as 1234.1"),
    N_("an early warning goes with status at-risk or blocked, not %s"),
    N_("entry %s decided about it already"),
    N_("the new date is past"),
    N_("the new date must lie after %s and not in the past"),
    N_("the new date must lie after %s"),
    N_("it was due %s: an extension is asked for before that"),
    N_("it was reported or closed since: there is nothing left to extend"),
    N_("an extension is asked for already and not decided yet"),
    N_("closing is asked for already and not decided yet"),
    N_("closing is asked for by the unit that is accountable for the task"),
    N_("first report it done, again after a refusal: duban report TASK --status done"),
    N_("the task is not closed"),
    N_("no accepted report of this number; see duban review"),
    N_("no extension of this number was asked for; see duban extend"),
    N_("no closing of this number was asked for; see duban close"),
    N_("the unit has no accepted report of this number"),
    N_("the unit has sent this period again since: countersign the newest"),
    N_("the unit has sent this period again since: review %s"),
    N_("this report counts as it is: its plan asks for no countersignature, or the head signed it "
       "himself"),
    N_("this report waits for the countersignature of the unit's head"),
    N_("this report was kept beside: nobody owed it, so it is neither accepted nor returned"),
    N_("the unit owes nothing here: not its task, never owed, not open yet, or settled"),
    N_("the same person asked for this under another post: somebody else must decide"),
    N_("the same person holds a post of %s: somebody else must decide"),
    N_("the same person holds a post of %s and reports for it in its name"),
    N_("%s is neither the office nor a leader of %s"),
    N_("%s is not the head of %s: only the head countersigns"),
    N_("%s is not the office: only the office enters reports for units"),
    N_("%s cannot decide about its own task: the office or a leader of the task does"),
    N_("%s is a day to come; the report came today or before"),
    N_("no unit of this name is registered"),
    N_("no unit is called \"%s\" today"),
    N_("%s names no part for %s"),
    N_("only a lead of %s asks about it"),
    N_("%s was withdrawn or struck off: nothing is asked about it any more"),
    N_("it would be due before it is asked"),
    N_("a unit does not ask itself"),
    N_("no alert of this number went to this post; see duban watch"),
    N_("not a registered unit or task: %s"),
    N_("no silence of this name lasts; see duban silence"),
    N_("no plan has the handle \"%s\""),
    N_("the plan has no task %s; see duban ledger"),
    N_("the test clock only goes forward, only on an origin that ends in /test"),
    N_("the registry has no such rule"),
    N_("the registry has no calendar %s"),
    /* of common/statement_kinds.h: headers are not read for messages */
    N_("a UUID of RFC 9562"),
    N_("16 to 64 characters of base64url"),
    N_("an entry and ordinal such as 812.0"),
    N_("a task such as p1/6.1"),
    N_("a date YYYY-MM-DD"),
    N_("a code of [a-z0-9-], at most 32 long"),
    N_("a decimal such as 5.5"),
    N_("a period such as 2022Q1"),
    NULL,
};

struct piece {
    const char *text;
    size_t len;
};

/* Does the text have this form? Pieces: what stands at each %s, the shortest that fits. */
static bool has_form(const char *form, const char *text, struct piece pieces[PLACES])
{
    size_t n = 0;
    const char *place = strstr(form, "%s");

    if (!place || strncmp(form, text, (size_t)(place - form)) != 0)
        return false;
    text += place - form;
    for (; place; n++) {
        const char *literal = place + 2;
        place = strstr(literal, "%s");
        size_t len = place ? (size_t)(place - literal) : strlen(literal);
        size_t left = strlen(text);
        const char *end = text;
        if (n == PLACES || (!place && left < len))
            return false;
        if (!place)
            end = text + left - len;
        while (place && *end && strncmp(end, literal, len) != 0)
            end++;
        if (end == text || strncmp(end, literal, len) != 0)
            return false;
        pieces[n] = (struct piece){text, (size_t)(end - text)};
        text = end + len;
    }
    return true;
}

static char *filled(const char *form, const struct piece pieces[PLACES])
{
    struct buf b = {0};
    const char *place;

    for (size_t n = 0; (place = strstr(form, "%s")) && n < PLACES; n++) {
        buf_add(&b, form, (size_t)(place - form));
        buf_add(&b, pieces[n].text, pieces[n].len);
        form = place + 2;
    }
    buf_add_str(&b, form);
    return b.data ? b.data : xstrdup("");
}

char *foreign_text(const char *english)
{
    struct piece pieces[PLACES] = {0};
    const char *own = *english ? _(english) : english;

    for (size_t i = 0; own == english && SENTENCES[i]; i++)
        if (has_form(SENTENCES[i], english, pieces))
            return filled(_(SENTENCES[i]), pieces);
    return xstrdup(own);
}
