/* SPDX-License-Identifier: BSD-2-Clause */
/* A small registry behind a fake database, and statements signed for it. Needs fake_db.h. */
#ifndef DUBAN_TESTS_FAKE_REGISTRY_H
#define DUBAN_TESTS_FAKE_REGISTRY_H

#include "common/bytes.h"
#include "common/dsse.h"
#include "common/key.h"
#include "daemon/receive/keys.h"
#include "tests/fakes/fake_db.h"

#define FAKE_AUD "duban.example/t1"
#define FAKE_REAL ((int64_t)1700000000 * 1000000)

/* One row of duban.keys(). */
struct fake_key {
    struct key *key;
    int64_t row;
    const char *code, *unit; /* unit NULL: none */
    bool is_operator, revoked;
    int64_t from, until; /* 0 = open */
};

/* One row of duban.clients(). */
struct fake_client {
    uint8_t certificate[DIGEST_SIZE];
    const char *code, *deliver, *post; /* deliver, post: one or NULL */
    bool is_operator, revoked;
    int64_t until; /* 0 = open */
};

static inline void fake_names(struct db_result *r, int row, int col, const char *a, const char *b)
{
    struct array names = {0};

    array_begin(&names, ARRAY_TEXT);
    if (a != NULL)
        array_add_text(&names, a);
    if (b != NULL)
        array_add_text(&names, b);
    fake_array(r, row, col, &names);
}

static inline struct db_result *fake_generation(int64_t registry)
{
    struct db_result *r = fake_result(1, 4);

    fake_int8(r, 0, 0, registry);
    fake_int8(r, 0, 1, 0);
    fake_text(r, 0, 2, FAKE_AUD);
    fake_bool(r, 0, 3, false);
    return r;
}

static inline struct db_result *fake_keys(const struct fake_key *k, int n)
{
    struct db_result *r = fake_result(n, 11);

    for (int i = 0; i < n; i++) {
        size_t len;
        const uint8_t *spki = key_spki(k[i].key, &len);

        fake_int8(r, i, 0, k[i].row);
        fake_bytes(r, i, 1, key_id(k[i].key), DIGEST_SIZE);
        fake_bytes(r, i, 2, spki, len);
        fake_text(r, i, 3, key_alg_name(key_algorithm(k[i].key)));
        fake_text(r, i, 4, k[i].code);
        if (k[i].unit != NULL)
            fake_text(r, i, 5, k[i].unit);
        fake_names(r, i, 6, k[i].code, "市发展改革委");
        fake_bool(r, i, 7, k[i].is_operator);
        if (k[i].from != 0)
            fake_int8(r, i, 8, k[i].from);
        if (k[i].until != 0)
            fake_int8(r, i, 9, k[i].until);
        fake_bool(r, i, 10, k[i].revoked);
    }
    return r;
}

static inline struct db_result *fake_clients(const struct fake_client *c, int n)
{
    struct db_result *r = fake_result(n, 8);

    for (int i = 0; i < n; i++) {
        fake_bytes(r, i, 0, c[i].certificate, DIGEST_SIZE);
        fake_text(r, i, 1, c[i].code);
        fake_text(r, i, 2, c[i].code);
        fake_bool(r, i, 3, c[i].is_operator);
        fake_names(r, i, 4, c[i].deliver, NULL);
        fake_names(r, i, 5, c[i].post, NULL);
        if (c[i].until != 0)
            fake_int8(r, i, 6, c[i].until);
        fake_bool(r, i, 7, c[i].revoked);
    }
    return r;
}

/* Answers the three questions of one load. */
static inline void fake_load(struct keys *keys, struct db *d, int64_t registry,
                             const struct fake_key *k, int nk, const struct fake_client *c, int nc)
{
    keys_load(keys, d);
    fake_answer(d, DB_DONE, fake_generation(registry));
    fake_answer(d, DB_DONE, fake_keys(k, nk));
    fake_answer(d, DB_DONE, fake_clients(c, nc));
}

/* A report statement as an envelope. changes: further text behind the head's members, e.g.
 * ",\"x\":1"; reports: the inside of the list. */
static inline void fake_envelope(const struct key *k, const char *type, const char *aud,
                                 const char *unit, int64_t seq, const uint8_t *prev,
                                 const char *body, struct buf *out, uint8_t id[DIGEST_SIZE])
{
    char kid[65], prev_hex[65];
    struct buf payload = {0}, pae = {0};
    struct dsse d = {0};
    struct err e;

    hex_encode(key_id(k), DIGEST_SIZE, kid);
    hex_encode(prev, DIGEST_SIZE, prev_hex);
    buf_addf(&payload,
             "{\"v\":1,\"aud\":\"%s\",\"unit\":\"%s\",\"key\":\"%s\",\"seq\":%lld,\"prev\":\"%s\","
             "\"id\":\"019350a4-0000-7000-8000-000000000000\",\"nonce\":\"abcdefghijklmnop\","
             "\"iat\":\"2023-11-14T22:13:20Z\",%s}",
             aud, unit, kid, (long long)seq, prev_hex, body);
    if (!dsse_sign(k, type, payload.data, payload.len, &d, &e))
        abort();
    dsse_identity(type, payload.data, payload.len, &pae, id);
    buf_clear(out);
    dsse_encode(&d, out);
    buf_free(&payload);
    buf_free(&pae);
    dsse_clear(&d);
}

#endif
