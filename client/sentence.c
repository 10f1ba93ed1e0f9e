/* SPDX-License-Identifier: BSD-2-Clause */
/* The server says why in English (duban.alert_why and the alerts without a deadline); its sentences
 * are told apart by how they begin, so that one that is new is shown as it is and never as another.
 */
#include "client/sentence.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client/app.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "common/statement.h"

static const char VACANT[] = "; vacant: ";

const char *sentence_period(const json_t *item)
{
    const char *period = app_str(item, "period");

    return period && period_valid(period) ? period : NULL;
}

/* What follows "<unit> <verb> <task>" in the server's sentence; NULL: it begins in another way. */
static const char *after(const json_t *j, const char *verb)
{
    const char *unit = app_str(j, "unit"), *task = app_str(j, "task"), *why = app_str(j, "why");
    char *head = xasprintf("%s %s %s", unit ? unit : "-", verb, task ? task : "-");
    size_t n = strlen(head);
    bool is = why && strncmp(why, head, n) == 0;

    free(head);
    return is ? why + n : NULL;
}

static char *reported(const json_t *j, const char *due, bool reminder)
{
    const char *unit = app_str(j, "unit"), *task = app_str(j, "task");
    const char *period = sentence_period(j);

    if (period)
        return xasprintf(reminder ? _("%s has not reported %s for %s yet; it falls due %s")
                                  : _("%s has not reported %s for %s; it was due %s"),
                         unit, task, period, due);
    return xasprintf(reminder ? _("%s has not reported %s done yet; it falls due %s")
                              : _("%s has not reported %s done; it was due %s"),
                     unit, task, due);
}

/* What has a due instant; NULL: not one of these sentences. */
static char *owed(const json_t *j, const char *due)
{
    const char *unit = app_str(j, "unit"), *task = app_str(j, "task");
    const char *period = sentence_period(j);
    bool reminder = app_int(j, "level", 0) == 0;

    if (after(j, "has not reported"))
        return reported(j, due, reminder);
    if (after(j, "has not sent") && period)
        return xasprintf(reminder ? _("%s has not sent %s for %s again yet; it falls due %s")
                                  : _("%s has not sent %s for %s again; it was due %s"),
                         unit, task, period, due);
    if (after(j, "has not answered what was asked about"))
        return xasprintf(reminder
                             ? _("%s has not answered yet what was asked about %s; it falls due %s")
                             : _("%s has not answered what was asked about %s; it was due %s"),
                         unit, task, due);
    if (after(j, "has not sent the report on"))
        return xasprintf(reminder
                             ? _("%s has not sent the promised report on %s yet; it falls due %s")
                             : _("%s has not sent the promised report on %s; it was due %s"),
                         unit, task, due);
    return NULL;
}

char *sentence_why(const json_t *j, const char *due)
{
    const char *why = app_str(j, "why"), *word = after(j, "says early that");
    const char *vacant = why ? strstr(why, VACANT) : NULL;
    char *text = due ? owed(j, due) : NULL;

    if (text && vacant) {
        char *whole = xasprintf(_("%s; passed because vacant: %s"), text, vacant + strlen(VACANT));
        free(text);
        return whole;
    }
    word = word ? strstr(word, ": ") : NULL;
    if (!text && word)
        return xasprintf(_("%s says early that %s cannot be met: %s"), app_str(j, "unit"),
                         app_str(j, "task"), word + 2);
    return text || !why ? text : xstrdup(why);
}
