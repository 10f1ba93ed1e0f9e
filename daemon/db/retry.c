/* SPDX-License-Identifier: BSD-2-Clause */
/* The ordinary way to what else only the DBA could do by SQL. The alerter finds what waits by
 * itself. */
#include "daemon/db/retry.h"

#include <stdio.h>
#include <string.h>

#include "common/i18n.h"
#include "daemon/db/plain.h"
#include "daemon/settings.h"

static bool list(PGconn *pg, struct err *e)
{
    PGresult *r =
        plain_query(pg,
                    "select delivery, post, channel, why, reason, attempt "
                    "from duban.stuck_deliveries where delivery is not null order by created",
                    0, NULL, e);

    if (r == NULL)
        return false;
    for (int i = 0; i < PQntuples(r); i++)
        printf(_("%s  %s by %s: %s, %s after %s attempts\n"), PQgetvalue(r, i, 0),
               PQgetvalue(r, i, 1), PQgetvalue(r, i, 2), PQgetvalue(r, i, 3),
               PQgetisnull(r, i, 4) ? "-" : PQgetvalue(r, i, 4), PQgetvalue(r, i, 5));
    if (PQntuples(r) == 0)
        puts(_("no message is stuck"));
    PQclear(r);
    return true;
}

static bool again(PGconn *pg, const char *id, bool *found, struct err *e)
{
    const char *values[] = {id};
    PGresult *r = plain_query(pg, "select duban.delivery_retry($1::text)", 1, values, e);

    if (r == NULL)
        return false;
    *found = strcmp(PQgetvalue(r, 0, 0), "t") == 0;
    PQclear(r);
    return true;
}

bool retry_run(const struct settings *s, char *const *ids, size_t n, struct err *e)
{
    PGconn *pg = NULL;
    const char *unknown = NULL;
    bool ok = plain_connect(s->database, NULL, &pg, e) && (n > 0 || list(pg, e));

    for (size_t i = 0; ok && i < n; i++) {
        bool found = false;

        ok = again(pg, ids[i], &found, e);
        if (ok && found)
            printf(_("%s is tried again\n"), ids[i]);
        else if (ok)
            unknown = ids[i];
    }
    PQfinish(pg);
    if (ok && unknown != NULL)
        return err_set(e, "refused",
                       _("no message %s is dead or waits; duband retry alone lists what is stuck"),
                       unknown);
    return ok;
}
