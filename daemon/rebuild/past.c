/* SPDX-License-Identifier: BSD-2-Clause */
/* One prepared statement a view and side: the number of its rows and a digest of their texts. What
 * the live side shows as of an entry must be what a ledger shows that never knew more. */
#include "daemon/rebuild/past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/i18n.h"
#include "common/mem.h"

struct past {
    PGconn *live, *target; /* borrowed */
    char **views;          /* owned, each owned */
    size_t n;
    uint64_t compared;
};

static bool run(PGconn *pg, const char *sql, struct err *e)
{
    PGresult *r = plain_query(pg, sql, 0, NULL, e);

    PQclear(r);
    return r != NULL;
}

static bool prepare(PGconn *pg, const char *view, const char *schema, struct err *e)
{
    char *sql =
        xasprintf("prepare past_%s as select count(*) || ' ' || coalesce(md5(string_agg(x::text,"
                  " E'\\n' order by x::text collate \"C\")), '-') from %s.%s x",
                  view, schema, view);
    bool ok = run(pg, sql, e);

    free(sql);
    return ok;
}

/* The target is ours alone: nothing but its views asks what time it is. */
static bool take_clock(PGconn *target, struct err *e)
{
    return run(target,
               "create or replace function duban.now() returns timestamptz language sql stable"
               " set search_path = pg_catalog, pg_temp as"
               " $$ select current_setting('duban.stopped')::timestamptz $$",
               e);
}

bool past_new(PGconn *live, PGconn *target, struct past **out, struct err *e)
{
    static const char sql[] = "select c.relname from pg_class c where c.relkind = 'v' and"
                              " c.relnamespace = 'duban'::regnamespace order by c.relname";
    PGresult *r = plain_query(live, sql, 0, NULL, e);
    struct past *p;
    bool ok = r != NULL && take_clock(target, e);

    *out = NULL;
    if (!ok) {
        PQclear(r);
        return false;
    }
    p = xcalloc(1, sizeof *p);
    p->live = live;
    p->target = target;
    p->views = xcalloc((size_t)PQntuples(r) + 1, sizeof *p->views);
    for (int i = 0; ok && i < PQntuples(r); i++) {
        const char *view = PQgetvalue(r, i, 0);
        p->views[p->n++] = xstrdup(view);
        ok = prepare(live, view, "duban_asof", e) && prepare(target, view, "duban", e);
    }
    PQclear(r);
    if (!ok)
        past_free(&p);
    *out = p;
    return ok;
}

void past_free(struct past **p)
{
    if (*p == NULL)
        return;
    for (size_t i = 0; i < (*p)->n; i++)
        free((*p)->views[i]);
    free((*p)->views);
    free(*p);
    *p = NULL;
}

uint64_t past_compared(const struct past *p)
{
    return p->compared;
}

bool past_stop(PGconn *target, struct err *e)
{
    static const char stop[] =
        "do $do$ begin execute format($f$create or replace function duban.now() returns timestamptz"
        " language sql stable set search_path = pg_catalog, pg_temp as $$ select %L::timestamptz $$"
        " $f$, (select max(h.received) from duban.head h)); end $do$";

    return run(target,
               "select duban.replay_obligations((select max(h.received) from duban.head h))", e) &&
           run(target, stop, e);
}

static char *value_of(PGconn *pg, const char *view, struct err *e)
{
    char *sql = xasprintf("execute past_%s", view);
    PGresult *r = plain_query(pg, sql, 0, NULL, e);
    char *value = r != NULL ? xstrdup(PQgetvalue(r, 0, 0)) : NULL;

    PQclear(r);
    free(sql);
    return value;
}

static bool compare_view(struct past *p, const char *view, int64_t entry, uint64_t *differences,
                         struct err *e)
{
    char *live = value_of(p->live, view, e),
         *rebuilt = live != NULL ? value_of(p->target, view, e) : NULL;
    bool ok = rebuilt != NULL;

    if (ok && strcmp(live, rebuilt) != 0) {
        (*differences)++;
        printf(_("entry %lld, %s: as of it %.*s rows, rebuilt %.*s, or other contents\n"),
               (long long)entry, view, (int)strcspn(live, " "), live, (int)strcspn(rebuilt, " "),
               rebuilt);
    }
    p->compared++;
    free(live);
    free(rebuilt);
    return ok;
}

bool past_compare(struct past *p, int64_t entry, uint64_t *differences, struct err *e)
{
    char as_of[24];
    const char *values[] = {as_of};
    PGresult *r;

    if (!run(p->target,
             "select duban.replay_obligations(h.at), set_config('duban.stopped', h.at::text, false)"
             " from (select max(x.received) as at from duban.head x) h",
             e))
        return false;
    snprintf(as_of, sizeof as_of, "%lld", (long long)entry);
    r = plain_query(p->live, "select set_config('duban.as_of', duban.as_of_fixed($1::text), true)",
                    1, values, e);
    PQclear(r);
    if (r == NULL)
        return false;
    for (size_t i = 0; i < p->n; i++)
        if (!compare_view(p, p->views[i], entry, differences, e))
            return false;
    return true;
}
