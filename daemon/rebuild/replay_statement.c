/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries of statements: signatures are checked with the keys that the log itself registered. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/dsse.h"
#include "common/i18n.h"
#include "common/key.h"
#include "common/mem.h"
#include "common/statement.h"
#include "daemon/db/args.h"
#include "daemon/rebuild/replay_private.h"

/* Fills the submission as verify would have: the key as the replayed registry knows it. */
static bool look_up_key(struct replay *r, struct submission *s, const struct replay_entry *entry,
                        struct key **key, struct err *e)
{
    static const char sql[] =
        "select k.id, k.spki, coalesce(u.code, p.unit, ''), k.alg from duban.signing_key k"
        " left join duban.unit u on u.code = k.code left join duban.post p on p.code = k.code"
        " where k.key = $1::bytea";
    char *id = replay_bytea(s->st->key, DIGEST_SIZE);
    const char *values[] = {id};
    PGresult *result = plain_query(r->pg, sql, 1, values, e);
    bool ok = result != NULL;

    if (ok && PQntuples(result) != 1)
        ok = replay_diverged(entry, _("its key was never registered"), e);
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
    char *recorded = replay_line(entry, "pae-sha256");
    struct key *key = NULL;
    bool ok;

    dsse_identity(entry->type, entry->payload.data, entry->payload.len, &r->pae, s->id);
    hex_encode(s->id, DIGEST_SIZE, hex);
    if (recorded == NULL || strcmp(recorded, hex) != 0)
        ok =
            replay_diverged(entry, _("the payload is not the one whose digest the entry holds"), e);
    else
        ok = look_up_key(r, s, entry, &key, e);
    if (ok &&
        !key_verify(key, r->pae.data, r->pae.len, entry->signature.data, entry->signature.len))
        ok = replay_diverged(entry, _("the signature does not fit"), e);
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
    char *received = replay_line(entry, "received"), *tail = tail_of(entry);
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
        ok = replay_diverged(entry, _("it is too large"), e);
    else {
        PGresult *result =
            PQexecParams(r->pg, sql, args.n, NULL, values, args.length, args.format, 0);

        if (PQresultStatus(result) != PGRES_TUPLES_OK) {
            ok = replay_diverged(entry, PQresultErrorMessage(result), e);
            PQclear(result);
        } else {
            ok = replay_same(entry, result, e);
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
    char *received = replay_line(entry, "received"), *offset = replay_line(entry, "clock-offset");
    char *prev = replay_bytea(s->st->prev, DIGEST_SIZE), *id = replay_bytea(s->id, DIGEST_SIZE);
    char *payload = replay_bytea(entry->payload.data, entry->payload.len);
    char *signature = replay_bytea(entry->signature.data, entry->signature.len);
    char *tail = tail_of(entry);
    char key[24], seq[24];
    const char *values[] = {received, offset,      key,     seq,       prev,
                            id,       entry->type, payload, signature, tail};
    bool ok;

    snprintf(key, sizeof(key), "%lld", (long long)s->key_row);
    snprintf(seq, sizeof(seq), "%lld", (long long)s->st->seq);
    ok = replay_same(entry, plain_query(r->pg, sql, 10, values, e), e);
    free(received);
    free(offset);
    free(prev);
    free(id);
    free(payload);
    free(signature);
    free(tail);
    return ok;
}

bool replay_statement(struct replay *r, const struct replay_entry *entry, struct err *e)
{
    struct submission *s = submission_new(&r->pool);
    bool ok = statement_kind_of(entry->type, &s->kind) ||
              replay_diverged(entry, _("its payload type is not known"), e);

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
