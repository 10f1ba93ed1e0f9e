/* SPDX-License-Identifier: BSD-2-Clause */
/* Trusts nothing in the live database but the bytes of the log and of the statements: signatures
 * are checked with the keys that the log itself registered. */
#include "daemon/rebuild/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/dsse.h"
#include "common/entry.h"
#include "common/i18n.h"
#include "common/key.h"
#include "common/mem.h"
#include "common/statement.h"
#include "daemon/db/args.h"
#include "daemon/receive/batch_arrays.h"
#include "daemon/receive/submission.h"

/* Entries that one raise made together and that are still to be compared. */
#define PENDING_MAX 2

struct replay {
    PGconn *pg; /* borrowed */
    struct batch_arrays *arrays;
    struct submission_pool pool;
    struct buf pae;
    struct buf pending[PENDING_MAX];
    size_t pending_at, pending_len;
};

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
    for (size_t i = 0; i < PENDING_MAX; i++)
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

static bool diverged(const struct replay_entry *entry, const char *what, struct err *e)
{
    return err_set(e, "diverged", _("entry %lld: %s"), (long long)entry->index, what);
}

/* Value of a line of the entry as a string of the caller's. */
static char *line(const struct replay_entry *entry, const char *name)
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
    return diverged(entry, _("the rules give another entry than the one in the log"), e);
}

/* r: one row, one column, the entry as bytea text. Takes r. */
static bool same_result(const struct replay_entry *entry, PGresult *r, struct err *e)
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

static char *bytea_text(const void *bytes, size_t n)
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
    char *received = line(entry, "received"), *offset = line(entry, "clock-offset");
    char *schema = line(entry, "schema");
    char *payload = bytea_text(entry->payload.data, entry->payload.len);
    char *signature = bytea_text(entry->signature.data, entry->signature.len);
    const char *values[] = {received, offset, payload, signature, entry->type, schema};
    bool ok = same_result(entry, plain_query(r->pg, sql, 6, values, e), e);

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
    char *received = line(entry, "received"), *name = line(entry, "name");
    char *checksum = line(entry, "checksum"), *registry = line(entry, "registry");
    const char *values[] = {received, name, checksum, registry};
    bool ok = same_result(entry, plain_query(r->pg, sql, 4, values, e), e);

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
    char *task = line(entry, "task"), *period = line(entry, "period"), *unit = line(entry, "unit");
    char *received = line(entry, "received"), *registry = line(entry, "registry");
    const char *values[] = {task, period, unit, received, registry};
    PGresult *result = plain_query(r->pg, sql, 5, values, e);
    int n = result != NULL ? PQntuples(result) : 0;

    r->pending_at = r->pending_len = 0;
    for (int i = 0; i < n && i < PENDING_MAX; i++) {
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
           diverged(entry, _("the rules raise nothing here at that instant"), e);
}

/* What took effect on its day: "of" names the statement and the element of it. */
static bool apply_effect(struct replay *r, const struct replay_entry *entry, struct err *e)
{
    static const char sql[] = "select duban.replay_effect(split_part($1, '.', 1)::bigint,"
                              " split_part($1, '.', 2)::int, $2::timestamptz, $3::bigint)";
    char *of = line(entry, "of"), *received = line(entry, "received");
    char *registry = line(entry, "registry");
    const char *values[] = {of, received, registry};
    bool ok = same_result(entry, plain_query(r->pg, sql, 3, values, e), e);

    free(of);
    free(received);
    free(registry);
    return ok;
}

static bool apply_blind(struct replay *r, const struct replay_entry *entry, struct err *e)
{
    static const char sql[] = "select duban.replay_blind($1::timestamptz, $2::timestamptz,"
                              " $3::timestamptz, $4::bigint)";
    char *received = line(entry, "received"), *from = line(entry, "from");
    char *until = line(entry, "until"), *registry = line(entry, "registry");
    const char *values[] = {received, from, until, registry};
    bool ok = same_result(entry, plain_query(r->pg, sql, 4, values, e), e);

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

/* Fills the submission as verify would have: the key as the replayed registry knows it. */
static bool look_up_key(struct replay *r, struct submission *s, const struct replay_entry *entry,
                        struct key **key, struct err *e)
{
    static const char sql[] =
        "select k.id, k.spki, coalesce(u.code, p.unit, ''), k.alg from duban.signing_key k"
        " left join duban.unit u on u.code = k.code left join duban.post p on p.code = k.code"
        " where k.key = $1::bytea";
    char *id = bytea_text(s->st->key, DIGEST_SIZE);
    const char *values[] = {id};
    PGresult *result = plain_query(r->pg, sql, 1, values, e);
    bool ok = result != NULL;

    if (ok && PQntuples(result) != 1)
        ok = diverged(entry, _("its key was never registered"), e);
    if (ok) {
        const char *hex = PQgetvalue(result, 0, 1);
        size_t n = strlen(hex) / 2 - 1;
        uint8_t *spki = xmalloc(n + 1);

        s->key_row = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
        snprintf(s->unit, sizeof(s->unit), "%s", PQgetvalue(result, 0, 2));
        ok = hex_decode(hex + 2, spki, n) && key_from_spki(spki, n, key, e);
        free(spki);
        if (ok)
            s->alg = key_alg_name(key_algorithm(*key));
    }
    PQclear(result);
    free(id);
    return ok;
}

static bool check_statement(struct replay *r, struct submission *s,
                            const struct replay_entry *entry, struct err *e)
{
    char hex[2 * DIGEST_SIZE + 1];
    char *recorded = line(entry, "pae-sha256");
    struct key *key = NULL;
    bool ok;

    dsse_identity(entry->type, entry->payload.data, entry->payload.len, &r->pae, s->id);
    hex_encode(s->id, DIGEST_SIZE, hex);
    if (recorded == NULL || strcmp(recorded, hex) != 0)
        ok = diverged(entry, _("the payload is not the one whose digest the entry holds"), e);
    else
        ok = look_up_key(r, s, entry, &key, e);
    if (ok &&
        !key_verify(key, r->pae.data, r->pae.len, entry->signature.data, entry->signature.len))
        ok = diverged(entry, _("the signature does not fit"), e);
    key_free(&key);
    free(recorded);
    return ok;
}

/* The entry's own lines between `received` and what the database adds. */
static char *tail_of(const struct replay_entry *entry)
{
    const char *from = strstr(entry->text.data, "\narrival ");
    const char *to = strstr(entry->text.data, "\nclock-offset ");

    if (to == NULL)
        to = strstr(entry->text.data, "\noutcomes-sha256 ");
    if (from == NULL || to == NULL || to < from)
        return xstrdup("");
    return xstrndup(from + 1, (size_t)(to - from));
}

static bool apply_reports(struct replay *r, struct submission *s, const struct replay_entry *entry,
                          struct err *e)
{
    static const char sql[] =
        "select a.entries[1] from (select x.* from duban.head x order by x.size desc limit 1) h"
        " cross join lateral duban.append_at($1, h.wall, h.size, h.frontier, $2, $3, $4, $5, $6,"
        " $7, $8, $9, $10, $11, array[$12::text], $13, $14, $15, $16, $17, $18, $19, $20, $21,"
        " $22, $23, $24) a";
    char *received = line(entry, "received"), *tail = tail_of(entry);
    struct submission *one[] = {s};
    struct db_args args = {0};
    const char *values[DB_ARGS_MAX];
    bool ok;

    /* the statement as it was delivered then: its lines come from the entry, not from us */
    db_args_text(&args, received);
    ok = batch_arrays_fill(r->arrays, one, 1, 0, 0);
    batch_arrays_args(r->arrays, &args);
    for (int i = 0; i < args.n; i++)
        values[i] = args.in_scratch[i] ? (const char *)args.scratch[i] : args.value[i];
    values[1 + S_TAIL] = tail;
    args.format[1 + S_TAIL] = 0;
    if (!ok)
        ok = diverged(entry, _("it is too large"), e);
    else {
        PGresult *result =
            PQexecParams(r->pg, sql, args.n, NULL, values, args.length, args.format, 0);

        if (PQresultStatus(result) != PGRES_TUPLES_OK) {
            ok = diverged(entry, PQresultErrorMessage(result), e);
            PQclear(result);
        } else {
            ok = same_result(entry, result, e);
        }
    }
    free(received);
    free(tail);
    return ok;
}

static bool apply_act(struct replay *r, const struct submission *s,
                      const struct replay_entry *entry, struct err *e)
{
    static const char sql[] =
        "select a.entries[1] from (select x.* from duban.head x order by x.size desc limit 1) h"
        " cross join lateral duban.act_at($1::timestamptz, h.wall, h.size, h.frontier,"
        " $2::bigint * interval '1 microsecond', $3::bigint, $4::bigint, $5::bytea, $6::bytea,"
        " $7::text, $8::bytea, $9::bytea, $10::text) a";
    char *received = line(entry, "received"), *offset = line(entry, "clock-offset");
    char *prev = bytea_text(s->st->prev, DIGEST_SIZE), *id = bytea_text(s->id, DIGEST_SIZE);
    char *payload = bytea_text(entry->payload.data, entry->payload.len);
    char *signature = bytea_text(entry->signature.data, entry->signature.len);
    char *tail = tail_of(entry);
    char key[24], seq[24];
    const char *values[] = {received, offset,      key,     seq,       prev,
                            id,       entry->type, payload, signature, tail};
    bool ok;

    snprintf(key, sizeof(key), "%lld", (long long)s->key_row);
    snprintf(seq, sizeof(seq), "%lld", (long long)s->st->seq);
    ok = same_result(entry, plain_query(r->pg, sql, 10, values, e), e);
    free(received);
    free(offset);
    free(prev);
    free(id);
    free(payload);
    free(signature);
    free(tail);
    return ok;
}

static bool apply_statement(struct replay *r, const struct replay_entry *entry, struct err *e)
{
    struct submission *s = submission_new(&r->pool);
    bool ok = statement_kind_of(entry->type, &s->kind) ||
              diverged(entry, _("its payload type is not known"), e);

    ok = ok && statement_parse(s->kind, entry->payload.data, entry->payload.len, &s->st, e);
    if (ok) {
        snprintf(s->dsse.type, sizeof(s->dsse.type), "%s", entry->type);
        buf_clear(&s->dsse.payload);
        buf_add(&s->dsse.payload, entry->payload.data, entry->payload.len);
        s->dsse.sig_len = entry->signature.len <= DSSE_SIG_MAX ? entry->signature.len : 0;
        memcpy(s->dsse.sig, entry->signature.data, s->dsse.sig_len);
        memcpy(s->dsse.keyid, s->st->key, DIGEST_SIZE);
        ok = check_statement(r, s, entry, e) &&
             (s->kind == STATEMENT_REPORT ? apply_reports(r, s, entry, e)
                                          : apply_act(r, s, entry, e));
    }
    submission_free(&r->pool, &s);
    return ok;
}

bool replay_apply(struct replay *r, const struct replay_entry *entry, struct err *e)
{
    char *kind = line(entry, "kind");
    bool ok;

    if (!replay_settled(r))
        ok = compare_raised(r, entry, e);
    else if (kind != NULL && strcmp(kind, "statement") == 0)
        ok = apply_statement(r, entry, e);
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
        ok = diverged(entry, _("its kind is not known to this version"), e);
    free(kind);
    return ok;
}
