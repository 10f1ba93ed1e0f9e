/* SPDX-License-Identifier: BSD-2-Clause */
/* What the promises rest on in the server, asked of it one by one. Every question is a constant. */
#include "daemon/db/check_db.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "daemon/db/migrate.h"
#include "daemon/db/plain.h"
#include "daemon/settings.h"

#define CLOCK_APART_S 2

struct checking {
    const struct settings *s;
    check_report_fn *report;
    void *ctx;
    PGconn *pg;
    char *place;
    size_t wrong;
};

static void tell(struct checking *c, enum check_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void tell(struct checking *c, enum check_level level, const char *fmt, ...)
{
    char text[700];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    c->wrong += level == CHECK_WRONG;
    c->report(c->ctx, level, c->place, text);
}

/* One value as text, new string; NULL (and a finding) when the question fails. */
static char *ask(struct checking *c, const char *sql)
{
    struct err e = {0};
    PGresult *r = plain_query(c->pg, sql, 0, NULL, &e);
    char *value = NULL;

    if (r == NULL)
        tell(c, CHECK_WRONG, "%s", e.text);
    else
        value = xstrdup(PQntuples(r) > 0 ? PQgetvalue(r, 0, 0) : "");
    PQclear(r);
    return value;
}

static void check_version(struct checking *c)
{
    int v = PQserverVersion(c->pg);

    if (v >= 150000)
        tell(c, CHECK_OK, _("PostgreSQL %d.%d"), v / 10000, v % 10000);
    else
        tell(c, CHECK_WRONG, _("PostgreSQL %d is too old: 15 or newer is needed"), v / 10000);
}

static void check_setting(struct checking *c, const char *name, const char *sql, const char *also,
                          const char *why)
{
    char *value = ask(c, sql);

    if (value == NULL)
        return;
    if (strcmp(value, "on") == 0 || strcmp(value, also) == 0)
        tell(c, CHECK_OK, "%s = %s", name, value);
    else
        tell(c, CHECK_WRONG, _("%s = %s: must be on, or %s"), name, value, why);
    free(value);
}

static void check_durability(struct checking *c)
{
    char *encoding;

    check_setting(c, "fsync", "select pg_catalog.current_setting('fsync')", "on",
                  _("a power failure loses what was acknowledged"));
    check_setting(c, "full_page_writes", "select pg_catalog.current_setting('full_page_writes')",
                  "on", _("a power failure damages the database"));
    check_setting(c, "synchronous_commit",
                  "select pg_catalog.current_setting('synchronous_commit')", "remote_apply",
                  _("a crash loses what was acknowledged"));
    encoding = ask(c, "select pg_catalog.current_setting('server_encoding')");
    if (encoding != NULL && strcmp(encoding, "UTF8") != 0)
        tell(c, CHECK_WRONG, _("the database's encoding is %s: create it with encoding UTF8"),
             encoding);
    free(encoding);
}

static bool check_schema(struct checking *c)
{
    struct err e = {0};
    size_t missing = 0;
    char *there = ask(c, "select pg_catalog.has_schema_privilege('duban', 'usage')"
                         " where pg_catalog.to_regnamespace('duban') is not null");
    bool usable = there != NULL && strcmp(there, "t") == 0;

    free(there);
    if (!usable) {
        tell(c, CHECK_WRONG, _("there is no schema duban for this user: run duband migrate"));
        return false;
    }
    if (!migrate_state(c->pg, &missing, &e))
        tell(c, CHECK_NOTE, _("migrations cannot be compared: %s"), e.text);
    else if (missing > 0)
        tell(c, CHECK_WRONG, _("%zu migrations are missing: run duband migrate"), missing);
    return true;
}

/* Executes what the role may execute, and nothing that writes. */
static void check_rights(struct checking *c, const char *const *functions)
{
    for (; *functions != NULL; functions++) {
        const char *values[] = {*functions};
        struct err e = {0};
        PGresult *r = plain_query(
            c->pg,
            "select coalesce(bool_and(pg_catalog.has_function_privilege(p.oid, 'execute')), false)"
            " from pg_catalog.pg_proc as p"
            " where p.pronamespace = 'duban'::regnamespace and p.proname = $1",
            1, values, &e);

        if (r == NULL)
            tell(c, CHECK_WRONG, "%s", e.text);
        else if (strcmp(PQgetvalue(r, 0, 0), "t") != 0)
            tell(c, CHECK_WRONG,
                 _("no right to execute duban.%s: run sql/roles.sql and duband "
                   "migrate"),
                 *functions);
        PQclear(r);
    }
}

static void check_instance(struct checking *c)
{
    struct err e = {0};
    PGresult *r =
        plain_query(c->pg, "select g.origin, g.test from duban.generation() as g", 0, NULL, &e);

    if (r == NULL)
        tell(c, CHECK_WRONG, "%s", e.text);
    else if (PQntuples(r) == 0 || PQgetisnull(r, 0, 0))
        tell(c, CHECK_WRONG, _("the log has not begun: run duban init"));
    else if (strcmp(PQgetvalue(r, 0, 0), c->s->origin) != 0)
        tell(c, CHECK_WRONG, _("the database belongs to the log %s, the configuration says %s"),
             PQgetvalue(r, 0, 0), c->s->origin);
    else if (strcmp(PQgetvalue(r, 0, 1), "t") == 0 && !c->s->test_clock)
        tell(c, CHECK_WRONG,
             _("this is a test database whose clock can be moved: duband needs "
               "--test-clock for it"));
    else
        tell(c, CHECK_OK, _("log %s"), PQgetvalue(r, 0, 0));
    PQclear(r);
}

static void check_clock(struct checking *c)
{
    char *text = ask(c, "select extract(epoch from pg_catalog.clock_timestamp())::text");
    double apart = text != NULL ? strtod(text, NULL) - (double)clock_real() / 1e6 : 0;

    free(text);
    if (apart > CLOCK_APART_S || apart < -CLOCK_APART_S)
        tell(c, CHECK_WRONG,
             _("the database's clock is %.1f s from this machine's: both need a "
               "time service"),
             apart);
}

static bool open_as(struct checking *c, const char *user)
{
    struct err e = {0};

    free(c->place);
    c->place = xasprintf("%s (%s)", c->s->database, user);
    if (plain_connect(c->s->database, user, &c->pg, &e))
        return true;
    tell(c, CHECK_WRONG, "%s", e.text);
    return false;
}

size_t check_database(const struct settings *s, check_report_fn *report, void *ctx)
{
    static const char *const receiver[] = {
        "append",      "append_act",    "chain",  "keys", "clients",
        "generation",  "head",          "leaves", "seal", "receipt_by_key",
        "stream_open", "stream_resume", "status", NULL};
    static const char *const alerter[] = {"raise", "materialise", "generation", NULL};
    struct checking c = {.s = s, .report = report, .ctx = ctx};
    bool schema = true; /* unless the receiver saw that there is none */

    if (open_as(&c, s->receiver_user)) {
        check_version(&c);
        check_durability(&c);
        check_clock(&c);
        schema = check_schema(&c);
        if (schema) {
            check_rights(&c, receiver);
            check_instance(&c);
        }
        PQfinish(c.pg);
        c.pg = NULL;
    }
    if (open_as(&c, s->alerter_user)) {
        if (schema) /* else it was said once */
            check_rights(&c, alerter);
        PQfinish(c.pg);
    }
    free(c.place);
    return c.wrong;
}
