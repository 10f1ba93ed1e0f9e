/* SPDX-License-Identifier: BSD-2-Clause */
/* Entry 0. Nobody vouches for the first key but the owner of the database, who runs this. */
#include "daemon/db/genesis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/bytes.h"
#include "common/dsse.h"
#include "common/i18n.h"
#include "common/instant.h"
#include "common/json.h"
#include "common/key.h"
#include "common/mem.h"
#include "common/statement.h"
#include "daemon/db/plain.h"
#include "daemon/db/schema.h"
#include "daemon/settings.h"

#define INPUT_MAX ((size_t)4 * 1024 * 1024)
#define REGISTRY_DEPTH 8

/* The key among the changes that is to sign them. */
static bool find_key(const struct statement *st, const uint8_t id[DIGEST_SIZE], struct key **out,
                     struct err *e)
{
    const json_t *changes = json_object_get(st->json, "changes");
    char hex[2 * DIGEST_SIZE + 1];
    const json_t *c;
    size_t i;

    hex_encode(id, DIGEST_SIZE, hex);
    json_array_foreach(changes, i, c)
    {
        const char *set = json_string_value(json_object_get(c, "set"));
        const char *name = json_string_value(json_object_get(c, "key"));
        const char *spki = json_string_value(json_object_get(c, "spki"));
        struct buf der = {0};
        bool ok;

        if (set == NULL || strcmp(set, "key") != 0 || name == NULL || strcmp(name, hex) != 0)
            continue;
        ok = spki != NULL && base64_decode(spki, strlen(spki), &der) &&
             key_from_spki((const uint8_t *)der.data, der.len, out, e);
        buf_free(&der);
        if (ok && memcmp(key_id(*out), id, DIGEST_SIZE) == 0 &&
            json_is_true(json_object_get(c, "operator")))
            return true;
        key_free(out);
        return err_set(e, "key", _("the key %s is not an operator's key with a fitting spki"), hex);
    }
    return err_set(e, "key", _("the first statement must register the key that signs it (%s)"),
                   hex);
}

/* Elsewhere a move of the clock stands alone in its statement; only here it comes with the rest,
 * since the log begins with it. Takes it out of the copy that is read for form. */
static bool take_clock(json_t *payload, struct err *e)
{
    json_t *changes = json_object_get(payload, "changes");

    for (size_t i = 0; i < json_array_size(changes); i++) {
        const json_t *c = json_array_get(changes, i);
        const char *set = json_string_value(json_object_get(c, "set"));
        const char *to = json_string_value(json_object_get(c, "to"));
        int64_t us;

        if (set == NULL || strcmp(set, "clock") != 0)
            continue;
        if (to == NULL || json_object_size(c) != 2 || !instant_parse(to, &us))
            return err_set(e, "schema", _("changes: the clock of a test log needs \"to\""));
        json_array_remove(changes, i);
        return true; /* a second one is refused by what reads the rest */
    }
    return true;
}

static bool read_payload(const struct dsse *d, struct statement **out, struct err *e)
{
    json_t *payload = NULL;
    struct buf rest = {0};
    bool ok = json_read(d->payload.data, d->payload.len, REGISTRY_DEPTH, &payload, e) &&
              take_clock(payload, e);

    if (ok) {
        json_write(payload, &rest);
        ok = statement_parse(STATEMENT_REGISTRY, rest.data, rest.len, out, e);
    }
    buf_free(&rest);
    json_decref(payload);
    return ok;
}

static bool check_place(const struct statement *st, const struct dsse *d, const char *origin,
                        struct err *e)
{
    static const uint8_t zeros[DIGEST_SIZE];

    if (strcmp(st->aud, origin) != 0)
        return err_set(e, "audience",
                       _("the statement is for the log %s, the configuration says %s"), st->aud,
                       origin);
    if (memcmp(st->key, d->keyid, DIGEST_SIZE) != 0)
        return err_set(e, "key", _("payload and envelope name different keys"));
    if (st->seq != 1 || memcmp(st->prev, zeros, DIGEST_SIZE) != 0)
        return err_set(e, "sequence", _("the first statement has seq 1 and prev zero"));
    return true;
}

static bool check_signature(const struct dsse *d, const struct key *k, struct err *e)
{
    struct buf pae = {0};
    bool ok;

    dsse_pae(d->type, d->payload.data, d->payload.len, &pae);
    ok = key_verify(k, pae.data, pae.len, d->sig, d->sig_len);
    buf_free(&pae);
    return ok || err_set(e, "signature", _("the signature does not fit the payload and the key"));
}

static char *bytea_text(const void *bytes, size_t n)
{
    char *s = xmalloc(2 * n + 3);

    memcpy(s, "\\x", 3);
    hex_encode(bytes, n, s + 2);
    return s;
}

bool genesis_check(const char *json, size_t n, const char *origin, char **payload, char **sig,
                   char **type, struct err *e)
{
    struct dsse d = {0};
    struct statement *st = NULL;
    struct key *k = NULL;
    enum statement_kind kind;
    bool ok = dsse_decode(json, n, STATEMENT_PLAN_MAX, &d, e);

    if (ok && (!statement_kind_of(d.type, &kind) || kind != STATEMENT_REGISTRY))
        ok = err_set(e, "schema", _("the first statement must be a registry statement, not %s"),
                     d.type);
    ok = ok && read_payload(&d, &st, e) && check_place(st, &d, origin, e) &&
         find_key(st, d.keyid, &k, e) && check_signature(&d, k, e);
    if (ok) {
        *payload = bytea_text(d.payload.data, d.payload.len);
        *sig = bytea_text(d.sig, d.sig_len);
        *type = xstrdup(d.type);
    }
    key_free(&k);
    statement_free(&st);
    dsse_clear(&d);
    return ok;
}

static bool read_input(struct buf *in, struct err *e)
{
    char *p;
    size_t n;

    while ((p = buf_reserve(in, 65536)) != NULL && (n = fread(p, 1, 65536, stdin)) > 0)
        in->len += n;
    if (p == NULL)
        return err_set(e, "malformed", _("standard input holds more than one envelope can"));
    while (in->len > 0 && strchr(" \r\n\t", in->data[in->len - 1]) != NULL)
        in->len--;
    return in->len > 0 || err_set(e, "malformed", _("there is no envelope on standard input"));
}

/* The server returns bytea as \x…; entry 0 is text. */
static void print_entry(const char *hex)
{
    for (hex += 2; hex[0] != '\0' && hex[1] != '\0'; hex += 2) {
        char two[3] = {hex[0], hex[1], '\0'};

        putchar((int)strtoul(two, NULL, 16));
    }
}

static bool hand_over(const struct settings *s, const char *payload, const char *sig,
                      const char *type, struct err *e)
{
    char schema[65];
    const char *values[] = {payload, sig, type, schema};
    PGconn *pg = NULL;
    PGresult *r = NULL;

    schema_checksum_all(schema);
    if (plain_connect(s->database, NULL, &pg, e))
        r = plain_query(pg, "select duban.genesis($1::bytea, $2::bytea, $3::text, $4::text)", 4,
                        values, e);
    if (r != NULL)
        print_entry(PQgetvalue(r, 0, 0));
    PQclear(r);
    PQfinish(pg);
    return r != NULL;
}

bool genesis_run(const struct settings *s, struct err *e)
{
    struct buf in = {.limit = INPUT_MAX};
    char *payload = NULL, *sig = NULL, *type = NULL;
    bool ok = read_input(&in, e) &&
              genesis_check(in.data, in.len, s->origin, &payload, &sig, &type, e) &&
              hand_over(s, payload, sig, type, e);

    free(payload);
    free(sig);
    free(type);
    buf_free(&in);
    return ok;
}
