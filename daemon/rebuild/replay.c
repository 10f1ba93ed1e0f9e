/* SPDX-License-Identifier: BSD-2-Clause */
/* Trusts nothing in the live database but the bytes of the log and of the statements. What the
 * daemon did by itself is here; statements are in replay_statement.c. */
#include "daemon/rebuild/replay.h"

#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/entry.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "daemon/rebuild/replay_private.h"

struct replay *replay_new(PGconn *pg)
{
    struct replay *r = xcalloc(1, sizeof(*r));

    r->pg = pg;
    r->arrays = batch_arrays_new();
    return r;
}

void replay_free(struct replay **rp)
{
    struct replay *r = *rp;

    if (r == NULL)
        return;
    for (size_t i = 0; i < REPLAY_PENDING_MAX; i++)
        buf_free(&r->pending[i]);
    buf_free(&r->pae);
    batch_arrays_free(&r->arrays);
    submission_pool_clear(&r->pool);
    free(r);
    *rp = NULL;
}

void replay_entry_clear(struct replay_entry *entry)
{
    free(entry->type);
    entry->type = NULL;
    buf_free(&entry->text);
    buf_free(&entry->payload);
    buf_free(&entry->signature);
}

bool replay_settled(const struct replay *r)
{
    return r->pending_at == r->pending_len;
}

bool replay_diverged(const struct replay_entry *entry, const char *what, struct err *e)
{
    return err_set(e, "diverged", _("entry %lld: %s"), (long long)entry->index, what);
}

char *replay_line(const struct replay_entry *entry, const char *name)
{
    const char *value;
    size_t n;

    if (!entry_get(entry->text.data, entry->text.len, name, &value, &n))
        return NULL;
    return xstrndup(value, n);
}

static bool same_bytes(const struct replay_entry *entry, const char *made, size_t n, struct err *e)
{
    if (n == entry->text.len && memcmp(made, entry->text.data, n) == 0)
        return true;
    return replay_diverged(entry, _("the rules give another entry than the one in the log"), e);
}

bool replay_same(const struct replay_entry *entry, PGresult *r, struct err *e)
{
    struct buf made = {0};
    bool ok = false;

    if (r == NULL)
        return err_prefix(e, _("entry %lld"), (long long)entry->index);
    if (PQntuples(r) == 1 && !PQgetisnull(r, 0, 0)) {
        const char *hex = PQgetvalue(r, 0, 0);
        size_t n = strlen(hex) / 2 - 1;
        char *p = buf_reserve(&made, n + 1);

        ok = p != NULL && hex_decode(hex + 2, (uint8_t *)p, n);
        made.len = ok ? n : 0;
    }
    ok = same_bytes(entry, made.data, made.len, e);
    buf_free(&made);
    PQclear(r);
    return ok;
}

char *replay_bytea(const void *bytes, size_t n)
{
    char *s = xmalloc(2 * n + 3);

    memcpy(s, "\\x", 3);
    hex_encode(bytes, n, s + 2);
    return s;
}

static bool apply_genesis(struct replay *r, const struct replay_entry *entry, struct err *e)
{
    static const char sql[] =
        "select duban.genesis_at($1::timestamptz - coalesce($2::bigint, 0) * interval '1 "
        "microsecond',"
        " $2::bigint * interval '1 microsecond', $3::bytea, $4::bytea, $5::text, $6::text)";
    char *received = replay_line(entry, "received"), *offset = replay_line(entry, "clock-offset");
    char *schema = replay_line(entry, "schema");
    char *payload = replay_bytea(entry->payload.data, entry->payload.len);
    char *signature = replay_bytea(entry->signature.data, entry->signature.len);
    const char *values[] = {received, offset, payload, signature, entry->type, schema};
    bool ok = replay_same(entry, plain_query(r->pg, sql, 6, values, e), e);

    free(received);
    free(offset);
    free(schema);
    free(payload);
    free(signature);
    return ok;
}

static bool apply_migration(struct replay *r, const struct replay_entry *entry, struct err *e)
{
    static const char sql[] =
        "select duban.migration_at($1::timestamptz, h.wall, $2::text, $3::text, $4::bigint)"
        " from (select x.* from duban.head x order by x.size desc limit 1) h";
    char *received = replay_line(entry, "received"), *name = replay_line(entry, "name");
    char *checksum = replay_line(entry, "checksum"), *registry = replay_line(entry, "registry");
    const char *values[] = {received, name, checksum, registry};
    bool ok = replay_same(entry, plain_query(r->pg, sql, 4, values, e), e);

    free(received);
    free(name);
    free(checksum);
    free(registry);
    return ok;
}

static bool apply_raised(struct replay *r, const struct replay_entry *entry, struct err *e)
{
    static const char sql[] =
        "select unnest(duban.replay_raise($1::text, $2::text, $3::text, $4::timestamptz,"
        " $5::bigint))";
    char *task = replay_line(entry, "task"), *period = replay_line(entry, "period"),
         *unit = replay_line(entry, "unit");
    char *received = replay_line(entry, "received"), *registry = replay_line(entry, "registry");
    const char *values[] = {task, period, unit, received, registry};
    PGresult *result = plain_query(r->pg, sql, 5, values, e);
    int n = result != NULL ? PQntuples(result) : 0;

    r->pending_at = r->pending_len = 0;
    for (int i = 0; i < n && i < REPLAY_PENDING_MAX; i++) {
        const char *hex = PQgetvalue(result, i, 0);
        size_t len = strlen(hex) / 2 - 1;
        struct buf *b = &r->pending[i];
        char *p;

        buf_clear(b);
        p = buf_reserve(b, len + 1);
        if (p == NULL || !hex_decode(hex + 2, (uint8_t *)p, len))
            break;
        b->len = len;
        r->pending_len++;
    }
    PQclear(result);
    free(task);
    free(period);
    free(unit);
    free(received);
    free(registry);
    if (result == NULL)
        return err_prefix(e, _("entry %lld"), (long long)entry->index);
    return r->pending_len > 0 ||
           replay_diverged(entry, _("the rules raise nothing here at that instant"), e);
}

/* What took effect on its day: "of" names the statement and the element of it. */
static bool apply_effect(struct replay *r, const struct replay_entry *entry, struct err *e)
{
    static const char sql[] = "select duban.replay_effect(split_part($1, '.', 1)::bigint,"
                              " split_part($1, '.', 2)::int, $2::timestamptz, $3::bigint)";
    char *of = replay_line(entry, "of"), *received = replay_line(entry, "received");
    char *registry = replay_line(entry, "registry");
    const char *values[] = {of, received, registry};
    bool ok = replay_same(entry, plain_query(r->pg, sql, 3, values, e), e);

    free(of);
    free(received);
    free(registry);
    return ok;
}

static bool apply_blind(struct replay *r, const struct replay_entry *entry, struct err *e)
{
    static const char sql[] = "select duban.replay_blind($1::timestamptz, $2::timestamptz,"
                              " $3::timestamptz, $4::bigint)";
    char *received = replay_line(entry, "received"), *from = replay_line(entry, "from");
    char *until = replay_line(entry, "until"), *registry = replay_line(entry, "registry");
    const char *values[] = {received, from, until, registry};
    bool ok = replay_same(entry, plain_query(r->pg, sql, 4, values, e), e);

    free(received);
    free(from);
    free(until);
    free(registry);
    return ok;
}

/* What was raised together stands in the log together. */
static bool compare_raised(struct replay *r, const struct replay_entry *entry, struct err *e)
{
    const struct buf *b = &r->pending[r->pending_at];

    r->pending_at++;
    return same_bytes(entry, b->data, b->len, e);
}

bool replay_apply(struct replay *r, const struct replay_entry *entry, struct err *e)
{
    char *kind = replay_line(entry, "kind");
    bool ok;

    if (!replay_settled(r))
        ok = compare_raised(r, entry, e);
    else if (kind != NULL && strcmp(kind, "statement") == 0)
        ok = replay_statement(r, entry, e);
    else if (kind != NULL && strcmp(kind, "genesis") == 0)
        ok = apply_genesis(r, entry, e);
    else if (kind != NULL && strcmp(kind, "migration") == 0)
        ok = apply_migration(r, entry, e);
    else if (kind != NULL && strcmp(kind, "effect") == 0)
        ok = apply_effect(r, entry, e);
    else if (kind != NULL && strcmp(kind, "blind") == 0)
        ok = apply_blind(r, entry, e);
    else if (kind != NULL && (strcmp(kind, "alert") == 0 || strcmp(kind, "missing") == 0))
        ok = apply_raised(r, entry, e) && compare_raised(r, entry, e);
    else
        ok = replay_diverged(entry, _("its kind is not known to this version"), e);
    free(kind);
    return ok;
}
