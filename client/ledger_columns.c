/* SPDX-License-Identifier: BSD-2-Clause */
#include "client/ledger_columns.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/i18n.h"
#include "common/mem.h"

static const struct ledger_column COLUMNS[] = {
    {"task", N_("TASK"), TERM_LEFT, EXPORT_TEXT},
    {"no", N_("NUMBER"), TERM_LEFT, EXPORT_TEXT},
    {"title", N_("TITLE"), TERM_CUT, EXPORT_TEXT},
    {"kind", N_("KIND"), TERM_LEFT, EXPORT_TEXT},
    {"unit", N_("CODE"), TERM_LEFT, EXPORT_TEXT},
    {"unit_name", N_("UNIT"), TERM_LEFT, EXPORT_TEXT},
    {"co_leads", N_("CO-LEADS"), TERM_LEFT, EXPORT_TEXT},
    {"participants", N_("PARTICIPANTS"), TERM_LEFT, EXPORT_TEXT},
    {"leaders", N_("LEADERS"), TERM_LEFT, EXPORT_TEXT},
    {"deadline", N_("DEADLINE"), TERM_LEFT, EXPORT_DATE},
    {"inherited", N_("INHERITED"), TERM_LEFT, EXPORT_DATE},
    {"approved", N_("APPROVED"), TERM_LEFT, EXPORT_DATE},
    {"period", N_("PERIOD"), TERM_LEFT, EXPORT_TEXT},
    {"state", N_("STATE"), TERM_LEFT, EXPORT_TEXT},
    {"due", N_("DUE"), TERM_LEFT, EXPORT_INSTANT},
    {"overdue", N_("OVERDUE"), TERM_LEFT, EXPORT_TEXT},
    {"status", N_("STATUS"), TERM_LEFT, EXPORT_TEXT},
    {"progress", N_("%"), TERM_RIGHT, EXPORT_NUMBER},
    {"text", N_("TEXT"), TERM_CUT, EXPORT_TEXT},
    {"last_period", N_("LAST PERIOD"), TERM_LEFT, EXPORT_TEXT},
    {"last_received", N_("RECEIVED"), TERM_LEFT, EXPORT_INSTANT},
    {"completion", N_("COMPLETION"), TERM_LEFT, EXPORT_TEXT},
    {"extensions", N_("EXTENSIONS"), TERM_RIGHT, EXPORT_NUMBER},
    {"returned", N_("RETURNED"), TERM_RIGHT, EXPORT_NUMBER},
    {"light", N_("LIGHT"), TERM_LEFT, EXPORT_TEXT},
    {"light_why", N_("WHY"), TERM_LEFT, EXPORT_TEXT},
    {"last_entry", N_("ENTRY"), TERM_RIGHT, EXPORT_NUMBER},
    {0},
};

static const char USUAL[] = "task,unit_name,period,state,due,status,progress,title";
static const char WITH_LIGHT[] =
    "task,unit_name,period,state,due,status,progress,light,light_why,title";

const struct ledger_column *ledger_column(const char *member)
{
    for (const struct ledger_column *c = COLUMNS; c->member; c++)
        if (strcmp(c->member, member) == 0)
            return c;
    return NULL;
}

bool ledger_column_unknown(const char *option, const char *typed, struct err *e)
{
    struct buf all = {0};

    for (const struct ledger_column *c = COLUMNS; c->member; c++)
        buf_addf(&all, "%s%s", c == COLUMNS ? "" : ", ", c->member);
    err_set(e, "usage", _("%s: there is no column %s; there are %s"), option, typed, all.data);
    buf_free(&all);
    return false;
}

static size_t every(const struct ledger_column **out)
{
    size_t n = 0;

    for (const struct ledger_column *c = COLUMNS; c->member; c++)
        out[n++] = c;
    return n;
}

bool ledger_columns_read(const char *list, bool file, bool light, const struct ledger_column **out,
                         size_t *n, struct err *e)
{
    char *rest = xstrdup(list ? list : light ? WITH_LIGHT : USUAL), *save = NULL;
    bool ok = true;

    *n = 0;
    if (!list && file)
        *n = every(out);
    else
        for (char *one = strtok_r(rest, ", ", &save); ok && one;
             one = strtok_r(NULL, ", ", &save)) {
            const struct ledger_column *c = ledger_column(one);
            ok = c && *n < LEDGER_COLUMNS_MAX ? true : ledger_column_unknown("--columns", one, e);
            if (ok)
                out[(*n)++] = c;
        }
    if (ok && *n == 0)
        ok = ledger_column_unknown("--columns", list ? list : "", e);
    free(rest);
    return ok;
}
