/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocking access for one-shot commands. */
#include "daemon/db/plain.h"

#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"

static void on_notice(void *arg, const PGresult *res)
{
    (void)arg;
    (void)res; /* "schema does not exist, skipping" and the like */
}

/* libpq's messages end in a newline and may have several lines. */
static void one_line(char *s)
{
    size_t n = strlen(s);

    while (n > 0 && s[n - 1] == '\n')
        s[--n] = '\0';
    for (; *s != '\0'; s++)
        if (*s == '\n')
            *s = ' ';
}

bool plain_connect(const char *conninfo, const char *user, PGconn **out, struct err *e)
{
    const char *keys[] = {"connect_timeout",
                          "dbname",
                          "application_name",
                          "client_encoding",
                          "options",
                          "user",
                          NULL};
    const char *values[] = {
        "10", conninfo, "duband", "UTF8", "-c search_path=pg_catalog,pg_temp -c lock_timeout=60s",
        user, NULL};
    PGconn *pg = PQconnectdbParams(keys, values, 1);

    *out = NULL;
    if (pg != NULL && PQstatus(pg) == CONNECTION_OK) {
        PQsetNoticeReceiver(pg, on_notice, NULL);
        *out = pg;
        return true;
    }
    err_set(e, "database", _("the database (%s) cannot be reached: %s"), conninfo,
            pg != NULL ? PQerrorMessage(pg) : "");
    one_line(e->text);
    PQfinish(pg);
    return false;
}

static bool set_error(PGconn *pg, const PGresult *r, struct err *e)
{
    const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(r, PG_DIAG_MESSAGE_DETAIL);

    err_set(e, "database", "%s%s%s", text != NULL ? text : PQerrorMessage(pg),
            detail != NULL ? "; " : "", detail != NULL ? detail : "");
    one_line(e->text);
    return false;
}

PGresult *plain_query(PGconn *pg, const char *sql, int n, const char *const *values, struct err *e)
{
    PGresult *r = PQexecParams(pg, sql, n, NULL, values, NULL, NULL, 0);

    if (PQresultStatus(r) == PGRES_TUPLES_OK || PQresultStatus(r) == PGRES_COMMAND_OK)
        return r;
    set_error(pg, r, e);
    PQclear(r);
    return NULL;
}

bool plain_script(PGconn *pg, const char *name, const char *sql, struct err *e)
{
    PGresult *r = PQexec(pg, sql);
    const char *position = PQresultErrorField(r, PG_DIAG_STATEMENT_POSITION);
    int line = 1;
    bool ok = PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK;

    if (!ok) {
        long at = position != NULL ? strtol(position, NULL, 10) : 0;

        set_error(pg, r, e);
        for (const char *p = sql; *p != '\0' && at > 1; p++) {
            /* the position counts characters, not bytes */
            at -= ((unsigned char)*p & 0xc0) != 0x80;
            line += *p == '\n';
        }
        if (position != NULL)
            err_prefix(e, "%s.sql:%d", name, line);
        else
            err_prefix(e, "%s.sql", name);
    }
    PQclear(r);
    return ok;
}
