/* SPDX-License-Identifier: BSD-2-Clause */
/* Both sides give their rows as sorted text; a merge finds what only one has. */
#include "daemon/rebuild/compare.h"

#include <stdio.h>
#include <string.h>

#include "common/i18n.h"
#include "common/mem.h"

#define SHOWN_MAX 20

/* Every table that is a function of the log: all but the operational ones, which
 * docs/architecture.md lists, and obligation_past, which depends on how far obligations were made
 * when one was taken away. */
static const char tables_sql[] =
    "select c.relname, 'select x::text from duban.' || quote_ident(c.relname) || ' x order by"
    " x::text collate \"C\"' from pg_class c where c.relnamespace = 'duban'::regnamespace and"
    " c.relkind = 'r' and c.relname not in ('migration', 'head', 'checkpoint', 'agenda',"
    " 'materialised', 'put_off', 'remake', 'delivery', 'delivery_attempt', 'delivery_told', "
    "'asof_left_out', "
    "'obligation_past', 'alive') order by "
    "c.relname";

/* One side of the merge: rows come one at a time. */
struct side {
    PGconn *pg;
    PGresult *row; /* NULL at the end */
};

static const char *side_text(const struct side *s)
{
    return s->row != NULL ? PQgetvalue(s->row, 0, 0) : NULL;
}

static bool side_next(struct side *s, struct err *e)
{
    ExecStatusType status;

    PQclear(s->row);
    s->row = PQgetResult(s->pg);
    status = PQresultStatus(s->row);
    if (status == PGRES_SINGLE_TUPLE)
        return true;
    PQclear(s->row);
    s->row = NULL;
    while (status == PGRES_TUPLES_OK) {
        PGresult *rest = PQgetResult(s->pg);

        if (rest == NULL)
            return true;
        PQclear(rest);
    }
    return err_set(e, "database", _("reading a table failed: %s"), PQerrorMessage(s->pg));
}

static bool side_start(struct side *s, const char *sql, struct err *e)
{
    if (PQsendQuery(s->pg, sql) != 1 || PQsetSingleRowMode(s->pg) != 1)
        return err_set(e, "database", _("reading a table failed: %s"), PQerrorMessage(s->pg));
    return side_next(s, e);
}

static void show(const char *table, char sign, const char *text, uint64_t *found)
{
    if ((*found)++ < SHOWN_MAX)
        printf("%c %s %s\n", sign, table, text);
}

static bool compare_table(struct side *live, struct side *rebuilt, const char *table,
                          uint64_t *rows, uint64_t *found, struct err *e)
{
    bool ok = true;

    while (ok && (live->row != NULL || rebuilt->row != NULL)) {
        const char *a = side_text(live), *b = side_text(rebuilt);
        int order = a == NULL ? 1 : b == NULL ? -1 : strcmp(a, b);

        if (order < 0)
            show(table, '-', a, found);
        else if (order > 0)
            show(table, '+', b, found);
        *rows += order <= 0;
        ok = (order > 0 || side_next(live, e)) && (order < 0 || side_next(rebuilt, e));
    }
    return ok;
}

bool compare_run(PGconn *live_pg, PGconn *rebuilt_pg, uint64_t *rows, uint64_t *differences,
                 struct err *e)
{
    struct side live = {.pg = live_pg}, rebuilt = {.pg = rebuilt_pg};
    PGresult *tables = plain_query(live_pg, tables_sql, 0, NULL, e);
    bool ok = tables != NULL;

    *rows = *differences = 0;
    for (int i = 0; ok && i < PQntuples(tables); i++) {
        const char *name = PQgetvalue(tables, i, 0), *sql = PQgetvalue(tables, i, 1);
        uint64_t found = 0;

        ok = side_start(&live, sql, e) && side_start(&rebuilt, sql, e) &&
             compare_table(&live, &rebuilt, name, rows, &found, e);
        if (found > SHOWN_MAX)
            printf(_("  … and %llu more rows of %s\n"), (unsigned long long)found - SHOWN_MAX,
                   name);
        *differences += found;
    }
    PQclear(tables);
    PQclear(live.row);
    PQclear(rebuilt.row);
    return ok;
}
