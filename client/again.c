/* SPDX-License-Identifier: BSD-2-Clause */
#include "client/again.h"

#include <stdlib.h>
#include <string.h>

#include "client/connect.h"
#include "client/disk.h"
#include "client/edit.h"
#include "common/i18n.h"
#include "common/mem.h"

static const char *const TAKEN[] = {"status", "progress", "text", "values", "risk", "next", NULL};

/* New string: why the period was returned, while it is owed again; NULL when it is not. */
static char *returned(const json_t *task, const char *period)
{
    const char *reason = NULL;
    size_t i;
    const json_t *x;

    json_array_foreach(json_object_get(task, "again"), i, x)
    {
        const char *of = app_str(x, "period"), *kind = app_str(x, "kind"),
                   *state = app_str(x, "state");
        if (of && kind && state && strcmp(kind, "resubmission") == 0 &&
            strncmp(of, period, strlen(period)) == 0 && strcmp(state, "submitted") != 0)
            reason = app_str(x, "reason");
    }
    return reason ? xasprintf(_("returned: %s"), reason) : NULL;
}

bool again_fetch(struct app *a, json_t *report, char **note, struct err *e)
{
    json_t *task = NULL;
    char *path = xasprintf("/v1/tasks/%s", app_str(report, "task"));
    bool ok = app_connect(a, false, e) && connect_json(a->connect, path, &task, e);
    const json_t *last = json_object_get(json_object_get(task, "last"), "report");

    if (ok && !last)
        ok = err_set(e, "usage", _("%s has no report yet that could be changed"),
                     app_str(report, "task"));
    for (size_t i = 0; ok && TAKEN[i]; i++)
        if (json_object_get(last, TAKEN[i]))
            json_object_set_new(report, TAKEN[i], json_deep_copy(json_object_get(last, TAKEN[i])));
    *note = ok ? returned(task, app_str(report, "period")) : NULL;
    json_decref(task);
    free(path);
    return ok;
}

bool again_edit(struct app *a, json_t *report, bool again, const char *note, char **draft,
                struct err *e)
{
    bool changed = false;

    if (!edit_draft(a->home, app_str(report, "task"), app_str(report, "period"), draft, e) ||
        !edit_report(*draft, report, note, &changed, e))
        return false;
    return changed || !again ||
           app_confirm(a, _("Nothing was changed. Sign the same report once more?"), e);
}

void again_done(const char *draft)
{
    struct err ignored;

    if (draft)
        disk_remove(draft, &ignored);
}
