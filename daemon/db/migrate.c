/* SPDX-License-Identifier: BSD-2-Clause */
/* Migrations, forward only. The session lock keeps two of them apart; it does not have to hold
 * against an enemy, who would need the owner's rights to harm anything here. */
#include "daemon/db/migrate.h"

#include <stdio.h>
#include <string.h>

#include "common/i18n.h"
#include "daemon/db/plain.h"
#include "daemon/db/schema.h"
#include "daemon/settings.h"

static bool run(PGconn *pg, const char *sql, struct err *e)
{
    PGresult *r = plain_query(pg, sql, 0, NULL, e);

    PQclear(r);
    return r != NULL;
}

/* One boolean or text value; NULL result = failure. */
static bool truth(PGconn *pg, const char *sql, bool *value, struct err *e)
{
    PGresult *r = plain_query(pg, sql, 0, NULL, e);

    *value = r != NULL && PQntuples(r) == 1 && strcmp(PQgetvalue(r, 0, 0), "t") == 0;
    PQclear(r);
    return r != NULL;
}

/* The applied files; *out NULL when the schema does not exist. */
static bool read_applied(PGconn *pg, PGresult **out, struct err *e)
{
    bool there;

    *out = NULL;
    if (!truth(pg, "select pg_catalog.to_regclass('duban.migration') is not null", &there, e))
        return false;
    if (!there)
        return true;
    *out = plain_query(pg, "select m.name, m.checksum from duban.migration as m order by m.name", 0,
                       NULL, e);
    return *out != NULL;
}

static const char *applied_checksum(const PGresult *applied, const char *name)
{
    for (int i = 0; applied != NULL && i < PQntuples(applied); i++)
        if (strcmp(PQgetvalue(applied, i, 0), name) == 0)
            return PQgetvalue(applied, i, 1);
    return NULL;
}

/* Everything applied must be ours, byte for byte. */
static bool check_applied(const PGresult *applied, struct err *e)
{
    size_t n;
    const struct schema_file *files = schema_files(&n);
    char ours[65];

    for (int i = 0; applied != NULL && i < PQntuples(applied); i++) {
        const char *name = PQgetvalue(applied, i, 0);
        size_t k = 0;

        while (k < n && strcmp(files[k].name, name) != 0)
            k++;
        if (k == n)
            return err_set(e, "migration",
                           _("the database has the migration %s, which this duband does not know: "
                             "use the newer duband"),
                           name);
        schema_checksum(&files[k], ours);
        if (strcmp(ours, PQgetvalue(applied, i, 1)) != 0)
            return err_set(e, "migration",
                           _("sql/schema/%s.sql was changed after it was applied (checksum %s, "
                             "applied %s): migrations only go forward"),
                           name, ours, PQgetvalue(applied, i, 1));
    }
    return true;
}

static bool record(PGconn *pg, const struct schema_file *f, struct err *e)
{
    char checksum[65];
    const char *values[] = {f->name, checksum};
    bool begun = false;
    PGresult *r;

    schema_checksum(f, checksum);
    r = plain_query(pg, "insert into duban.migration (name, checksum) values ($1, $2)", 2, values,
                    e);
    PQclear(r);
    if (r == NULL || !truth(pg, "select exists (select from duban.log_entry)", &begun, e))
        return false;
    if (!begun)
        return true;
    r = plain_query(pg, "select duban.log_migration($1, $2)", 2, values, e);
    PQclear(r);
    return r != NULL;
}

static bool apply(PGconn *pg, const struct schema_file *f, struct err *e)
{
    struct err ignored;

    if (run(pg, "begin", e) && plain_script(pg, f->name, f->sql, e) && record(pg, f, e) &&
        run(pg, "commit", e))
        return true;
    run(pg, "rollback", &ignored);
    return false;
}

static bool build_asof(PGconn *pg, struct err *e)
{
    struct err ignored;

    if (run(pg, "begin", e) && run(pg, "select duban.asof_build()", e) && run(pg, "commit", e))
        return true;
    run(pg, "rollback", &ignored);
    return false;
}

static bool apply_all(PGconn *pg, const PGresult *applied, bool dry_run, struct err *e)
{
    size_t n, done = 0;
    const struct schema_file *files = schema_files(&n);

    for (size_t i = 0; i < n; i++) {
        if (applied_checksum(applied, files[i].name) != NULL)
            continue;
        if (!dry_run && !apply(pg, &files[i], e))
            return false;
        printf(dry_run ? _("would apply %s\n") : _("applied %s\n"), files[i].name);
        done++;
    }
    if (done == 0)
        puts(_("the database is up to date"));
    /* the past is made of the tables and views as they are now (sql/schema/028_asof.sql) */
    return done == 0 || dry_run || build_asof(pg, e);
}

/* The roles are made by the DBA; what fails without them fails with a riddle. */
static bool check_roles(PGconn *pg, struct err *e)
{
    bool there = false, member = false;

    if (!truth(pg,
               "select count(*) = 6 from pg_catalog.pg_roles where rolname in ('duban_owner', "
               "'duban_append', 'duban_receiver', 'duban_alerter', 'duban_reader', "
               "'duban_auditor')",
               &there, e))
        return false;
    if (!there)
        return err_set(e, "migration",
                       _("the roles of duban are missing: run psql -f sql/roles.sql as a "
                         "superuser first"));
    if (!truth(pg, "select pg_catalog.pg_has_role('duban_append', 'member')", &member, e))
        return false;
    if (member)
        return true;
    return err_set(e, "migration",
                   _("user %s is not a member of duban_append: log in as duban_owner (PGUSER)"),
                   PQuser(pg));
}

bool migrate_run(const struct settings *s, bool dry_run, struct err *e)
{
    PGconn *pg = NULL;
    PGresult *applied = NULL;
    bool ok = plain_connect(s->database, NULL, &pg, e) && check_roles(pg, e) &&
              run(pg, "select pg_catalog.pg_advisory_lock(721450)", e) &&
              read_applied(pg, &applied, e) && check_applied(applied, e) &&
              apply_all(pg, applied, dry_run, e);

    PQclear(applied);
    PQfinish(pg);
    return ok;
}

bool migrate_state(PGconn *pg, size_t *missing, struct err *e)
{
    size_t n;
    const struct schema_file *files = schema_files(&n);
    PGresult *applied = NULL;
    bool ok = read_applied(pg, &applied, e) && check_applied(applied, e);

    *missing = 0;
    for (size_t i = 0; ok && i < n; i++)
        *missing += applied_checksum(applied, files[i].name) == NULL;
    PQclear(applied);
    return ok;
}
