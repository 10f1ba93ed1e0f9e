/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the live log in slices, hands each entry to replay, then to compare. The live database is
 * only read, in one snapshot. */
#include "daemon/rebuild/rebuild.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "daemon/db/migrate.h"
#include "daemon/db/plain.h"
#include "daemon/rebuild/compare.h"
#include "daemon/rebuild/past.h"
#include "daemon/rebuild/replay.h"
#include "daemon/settings.h"

#define SLICE "500"

static const char slice_sql[] =
    "select e.index, e.entry, coalesce(s.payload_type, ''), coalesce(s.payload, ''),"
    " coalesce(s.signature, '') from duban.log_entry e"
    " left join duban.statement s on s.entry = e.index"
    " where e.index >= $1::bigint order by e.index limit " SLICE;

struct rebuild {
    PGconn *live, *target;
    struct replay *replay;
    int64_t next;         /* index of the next entry */
    int64_t until;        /* the last one to replay */
    struct past *past;    /* NULL: not asked for */
    uint64_t differences; /* of the past */
};

static bool command(PGconn *pg, const char *sql, struct err *e)
{
    PGresult *r = plain_query(pg, sql, 0, NULL, e);

    PQclear(r);
    return r != NULL;
}

/* "\x…" of bytea into bytes. */
static bool take_bytea(const char *text, struct buf *out)
{
    size_t n = strlen(text) / 2 - 1;
    char *p;

    buf_clear(out);
    p = buf_reserve(out, n + 1);
    if (p == NULL || !hex_decode(text + 2, (uint8_t *)p, n))
        return false;
    out->len = n;
    p[n] = '\0';
    return true;
}

static bool take_row(const PGresult *r, int row, struct replay_entry *entry, struct err *e)
{
    entry->index = strtoll(PQgetvalue(r, row, 0), NULL, 10);
    free(entry->type);
    entry->type = xstrdup(PQgetvalue(r, row, 2));
    if (take_bytea(PQgetvalue(r, row, 1), &entry->text) &&
        take_bytea(PQgetvalue(r, row, 3), &entry->payload) &&
        take_bytea(PQgetvalue(r, row, 4), &entry->signature))
        return true;
    return err_set(e, "database", _("entry %lld is not readable"), (long long)entry->index);
}

/* The target stands behind an entry: is that what the live side says it was? */
static bool look_back(struct rebuild *b, struct err *e)
{
    return past_compare(b->past, b->next - 1, &b->differences, e);
}

/* Replays up to SLICE entries in one transaction; *count = how many there were. */
static bool replay_slice(struct rebuild *b, int *count, struct err *e)
{
    struct replay_entry entry = {0};
    char from[24];
    const char *values[] = {from};
    PGresult *r;
    bool ok;

    snprintf(from, sizeof(from), "%lld", (long long)b->next);
    r = plain_query(b->live, slice_sql, 1, values, e);
    ok = r != NULL && command(b->target, "begin", e);
    *count = r != NULL ? PQntuples(r) : 0;
    for (int i = 0; ok && i < *count; i++) {
        ok = take_row(r, i, &entry, e);
        if (ok && entry.index != b->next)
            ok = err_set(e, "diverged", _("entry %lld is missing in the log"), (long long)b->next);
        ok = ok && replay_apply(b->replay, &entry, e);
        b->next++;
        ok = ok && (b->past == NULL || !replay_settled(b->replay) || look_back(b, e));
        if (b->next > b->until && replay_settled(b->replay))
            break;
    }
    PQclear(r);
    replay_entry_clear(&entry);
    return ok && command(b->target, "commit", e);
}

/* Both roots; they agree when every entry agrees, said once more by the trees themselves. */
static bool check_roots(struct rebuild *b, struct err *e)
{
    static const char sql[] = "select size || ' ' || encode(root, 'hex') from duban.head()";
    PGresult *live = plain_query(b->live, sql, 0, NULL, e);
    PGresult *target = live != NULL ? plain_query(b->target, sql, 0, NULL, e) : NULL;
    bool ok = target != NULL;

    if (ok && strcmp(PQgetvalue(live, 0, 0), PQgetvalue(target, 0, 0)) != 0)
        ok = err_set(e, "diverged", _("the roots differ: live %s, rebuilt %s"),
                     PQgetvalue(live, 0, 0), PQgetvalue(target, 0, 0));
    PQclear(live);
    PQclear(target);
    return ok;
}

/* Obligations are made as far as the live side had to make them at the instant of the snapshot. */
static bool make_obligations(struct rebuild *b, struct err *e)
{
    PGresult *now = plain_query(b->live, "select duban.now()::text", 0, NULL, e);
    const char *values[] = {now != NULL ? PQgetvalue(now, 0, 0) : NULL};
    PGresult *made =
        now == NULL ? NULL
                    : plain_query(b->target, "select duban.replay_obligations($1::timestamptz)", 1,
                                  values, e);

    PQclear(now);
    PQclear(made);
    return made != NULL;
}

static bool replay_all(struct rebuild *b, struct err *e)
{
    int count = 1;

    while (count > 0 && (b->next <= b->until || !replay_settled(b->replay)))
        if (!replay_slice(b, &count, e))
            return false;
    if (!replay_settled(b->replay))
        return err_set(e, "diverged", _("the log ends in the middle of what was raised together"));
    printf(_("%lld entries replayed: every signature, chain and byte agrees\n"),
           (long long)b->next);
    return b->until != INT64_MAX || check_roots(b, e);
}

/* After all: the target as it stood behind its last entry, or the verdict on the past. */
static bool finish_past(struct rebuild *b, struct err *e)
{
    if (b->past != NULL)
        printf(_("%llu views compared as of their entries, %llu differences\n"),
               (unsigned long long)past_compared(b->past), (unsigned long long)b->differences);
    if (b->differences > 0)
        return err_set(e, "diverged",
                       _("%llu views as of an entry differ from the ledger rebuilt up to it"),
                       (unsigned long long)b->differences);
    if (b->until == INT64_MAX)
        return true;
    printf(_("stopped behind entry %lld: duban.now() stands still there\n"),
           (long long)b->next - 1);
    return past_stop(b->target, e);
}

static bool compare_all(struct rebuild *b, struct err *e)
{
    uint64_t rows, differences;

    if (!make_obligations(b, e) || !compare_run(b->live, b->target, &rows, &differences, e))
        return false;
    printf(_("%llu rows compared, %llu differences\n"), (unsigned long long)rows,
           (unsigned long long)differences);
    return differences == 0 ||
           err_set(e, "diverged", _("the live ledger differs from its log in %llu rows"),
                   (unsigned long long)differences);
}

/* A target that was named must hold nothing of duban; the one beside the live database is ours and
 * is emptied. Then it gets the schema. */
static bool prepare(const struct settings *s, const char *into, bool ours, struct rebuild *b,
                    struct err *e)
{
    struct settings target = *s;
    PGresult *r;
    bool empty;

    target.database = (char *)(uintptr_t)into;
    if (!plain_connect(s->database, NULL, &b->live, e))
        return false;
    if (!plain_connect(into, NULL, &b->target, e))
        return err_prefix(e, _("a rebuild needs a database of its own, made by the DBA: "
                               "createdb -O duban_owner NAME; psql -d NAME -f roles.sql"));
    if (ours && !command(b->target, "drop schema if exists duban cascade", e))
        return false;
    r = plain_query(b->target, "select to_regnamespace('duban') is null", 0, NULL, e);
    empty = r != NULL && PQgetvalue(r, 0, 0)[0] == 't';
    PQclear(r);
    if (r != NULL && !empty)
        err_set(e, "rebuild", _("%s already holds a ledger: name an empty database"), into);
    return empty && migrate_run(&target, false, e) &&
           command(b->live, "begin isolation level repeatable read read only", e);
}

/* "<conninfo> dbname=<name>_rebuild", or NULL when the conninfo is a URI or names no database. */
static char *beside(const char *conninfo)
{
    PQconninfoOption *o = PQconninfoParse(conninfo, NULL);
    char *named = NULL;

    for (const PQconninfoOption *p = o; p != NULL && p->keyword != NULL; p++)
        if (strcmp(p->keyword, "dbname") == 0 && p->val != NULL && strstr(conninfo, "://") == NULL)
            named = xasprintf("%s dbname='%s_rebuild'", conninfo, p->val);
    PQconninfoFree(o);
    return named;
}

static bool read_until(const struct rebuild_options *o, int64_t *until, struct err *e)
{
    char *end = NULL;

    *until = INT64_MAX;
    if (o->until == NULL)
        return true;
    *until = strtoll(o->until, &end, 10);
    if (*end != '\0' || *o->until == '\0' || *until < 0)
        return err_set(e, "usage", _("--until takes the number of an entry, not %s"), o->until);
    return !o->compare ||
           err_set(e, "usage",
                   _("--compare needs the whole log: leave --until away, or use --past"));
}

bool rebuild_run(const struct settings *s, const struct rebuild_options *o, struct err *e)
{
    struct rebuild b = {0};
    const char *into = o->into;
    char *named = into == NULL ? beside(s->database) : NULL;
    bool ok = read_until(o, &b.until, e);

    ok = ok &&
         (into != NULL || named != NULL ||
          err_set(e, "rebuild", _("name the empty database to rebuild into: --into CONNINFO")));

    ok = ok && prepare(s, into != NULL ? into : named, into == NULL, &b, e);
    if (ok) {
        b.replay = replay_new(b.target);
        ok = (!o->past || past_new(b.live, b.target, &b.past, e)) && replay_all(&b, e) &&
             finish_past(&b, e) && (!o->compare || compare_all(&b, e));
        replay_free(&b.replay);
        past_free(&b.past);
    }
    PQfinish(b.live);
    PQfinish(b.target);
    free(named);
    return ok;
}
