/* SPDX-License-Identifier: BSD-2-Clause */
/* The registry's keys and certificates in memory. The generation is read first: what is read after
 * it can only be newer, and append refuses work done with an older registry than its own. */
#include "daemon/receive/keys.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"
#include "daemon/db/array.h"
#include "daemon/db/conn.h"

/* Open addressing on the first bytes of a digest, which are as good as random. */
struct table {
    void **slot;
    size_t mask; /* slots − 1 */
};

struct copy {
    struct keys_key *keys;
    size_t keys_len;
    struct keys_client *clients;
    size_t clients_len;
    struct table by_id, by_certificate;
    int64_t registry, offset;
    char *origin;
    bool test;
};

struct keys {
    void (*on_loaded)(void *arg, bool ok);
    void *arg;
    struct copy *now;  /* NULL until loaded */
    struct copy *next; /* being loaded */
    struct db *db;     /* borrowed while loading */
    bool again;
};

static size_t table_start(const struct table *t, const uint8_t *fpr)
{
    uint64_t h;

    memcpy(&h, fpr, sizeof h);
    return (size_t)h & t->mask;
}

static void table_init(struct table *t, size_t n)
{
    size_t slots = 16;

    while (slots < 2 * n)
        slots *= 2;
    t->slot = xcalloc(slots, sizeof *t->slot);
    t->mask = slots - 1;
}

static void table_put(struct table *t, const uint8_t *fpr, void *item)
{
    size_t i = table_start(t, fpr);

    while (t->slot[i] != NULL)
        i = (i + 1) & t->mask;
    t->slot[i] = item;
}

static void strings_free(char **list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(list[i]);
    free(list);
}

static void copy_free(struct copy **cp)
{
    struct copy *c = *cp;

    *cp = NULL;
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->keys_len; i++) {
        struct keys_key *k = &c->keys[i];

        key_free(&k->key);
        free(k->code);
        free(k->unit);
        free(k->spki);
        strings_free(k->names, k->names_len);
    }
    for (size_t i = 0; i < c->clients_len; i++) {
        free(c->clients[i].name);
        free(c->clients[i].code);
        strings_free(c->clients[i].deliver, c->clients[i].deliver_len);
        strings_free(c->clients[i].posts, c->clients[i].posts_len);
    }
    free(c->keys);
    free(c->clients);
    free(c->by_id.slot);
    free(c->by_certificate.slot);
    free(c->origin);
    free(c);
}

static char *text_or_null(const struct db_result *r, int row, int col)
{
    const char *s = db_text(r, row, col);

    return s != NULL ? xstrdup(s) : NULL;
}

static char *text(const struct db_result *r, int row, int col)
{
    const char *s = db_text(r, row, col);

    return xstrdup(s != NULL ? s : "");
}

/* A text[] as a new list of new strings; NULL elements are left out. */
static char **strings(const struct db_result *r, int row, int col, size_t *len)
{
    struct array_reader a;
    size_t n;
    const char *bytes = db_bytes(r, row, col, &n);
    const uint8_t *item;
    uint32_t count;
    char **list;

    *len = 0;
    if (bytes == NULL || !array_open(&a, bytes, n, ARRAY_TEXT, &count) || count == 0)
        return NULL;
    list = xcalloc(count, sizeof *list);
    while (array_next(&a, &item, &n))
        if (item != NULL)
            list[(*len)++] = xstrndup((const char *)item, n);
    return list;
}

static bool digest(const struct db_result *r, int row, int col, uint8_t out[DIGEST_SIZE])
{
    size_t n;
    const char *p = db_bytes(r, row, col, &n);

    if (p == NULL || n != DIGEST_SIZE)
        return false;
    memcpy(out, p, DIGEST_SIZE);
    return true;
}

static int64_t time_or(const struct db_result *r, int row, int col, int64_t otherwise)
{
    return db_null(r, row, col) ? otherwise : db_time(r, row, col);
}

static bool read_key(const struct db_result *r, int row, struct keys_key *k)
{
    const char *alg = db_text(r, row, 3), *spki;
    enum key_alg a;

    if (!digest(r, row, 1, k->id) || alg == NULL || !key_alg_parse(alg, &a))
        return false;
    k->alg = key_alg_name(a);
    k->row = db_int8(r, row, 0);
    spki = db_bytes(r, row, 2, &k->spki_len);
    k->spki = xmalloc(k->spki_len + 1);
    if (k->spki_len > 0)
        memcpy(k->spki, spki, k->spki_len);
    k->code = text(r, row, 4);
    k->unit = text_or_null(r, row, 5);
    k->names = strings(r, row, 6, &k->names_len);
    k->is_operator = db_bool(r, row, 7);
    k->valid_from = time_or(r, row, 8, INT64_MIN);
    k->valid_until = time_or(r, row, 9, INT64_MAX);
    k->revoked = db_bool(r, row, 10);
    return true;
}

static bool read_client(const struct db_result *r, int row, struct keys_client *c)
{
    if (!digest(r, row, 0, c->certificate))
        return false;
    c->name = text(r, row, 1);
    c->code = text(r, row, 2);
    c->is_operator = db_bool(r, row, 3);
    c->deliver = strings(r, row, 4, &c->deliver_len);
    c->posts = strings(r, row, 5, &c->posts_len);
    c->valid_until = time_or(r, row, 6, INT64_MAX);
    c->revoked = db_bool(r, row, 7);
    return true;
}

static void finish(struct keys *k, bool ok)
{
    bool again = k->again && ok;

    k->again = false;
    if (!ok)
        copy_free(&k->next);
    if (again && keys_load(k, k->db))
        return;
    k->on_loaded(k->arg, ok);
}

/* Parsing a key costs as much as using it: what is unchanged is taken over. */
static void take_over(struct copy *old, struct copy *new)
{
    for (size_t i = 0; old != NULL && i < old->keys_len; i++) {
        struct keys k = {.now = new};
        struct keys_key *n = keys_find(&k, old->keys[i].id);

        if (n != NULL && n->key == NULL) {
            n->key = old->keys[i].key;
            old->keys[i].key = NULL;
        }
    }
}

static void on_clients(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct keys *k = arg;
    struct copy *c = k->next;

    if (outcome != DB_DONE) {
        finish(k, false);
        return;
    }
    c->clients = xcalloc((size_t)db_rows(r) + 1, sizeof *c->clients);
    table_init(&c->by_certificate, (size_t)db_rows(r));
    for (int row = 0; row < db_rows(r); row++) {
        struct keys_client *client = &c->clients[c->clients_len];

        if (!read_client(r, row, client))
            continue;
        table_put(&c->by_certificate, client->certificate, client);
        c->clients_len++;
    }
    take_over(k->now, c);
    copy_free(&k->now);
    k->now = c;
    k->next = NULL;
    finish(k, true);
}

static void on_keys(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct keys *k = arg;
    struct copy *c = k->next;
    struct db_args none = {0};

    if (outcome != DB_DONE) {
        finish(k, false);
        return;
    }
    c->keys = xcalloc((size_t)db_rows(r) + 1, sizeof *c->keys);
    table_init(&c->by_id, (size_t)db_rows(r));
    for (int row = 0; row < db_rows(r); row++) {
        struct keys_key *key = &c->keys[c->keys_len];

        if (!read_key(r, row, key)) {
            log_warn("registry: key number %lld is not readable", (long long)db_int8(r, row, 0));
            continue;
        }
        table_put(&c->by_id, key->id, key);
        c->keys_len++;
    }
    if (!db_call(k->db, "clients", &none, on_clients, k))
        finish(k, false);
}

static void on_generation(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct keys *k = arg;
    struct db_args none = {0};

    if (outcome == DB_DONE && db_rows(r) == 1 && !db_null(r, 0, 0)) {
        k->next->registry = db_int8(r, 0, 0);
        k->next->offset = db_int8(r, 0, 1);
        k->next->origin = text(r, 0, 2);
        k->next->test = db_bool(r, 0, 3);
        if (db_call(k->db, "keys", &none, on_keys, k))
            return;
    } else if (outcome == DB_FAILED) {
        log_limited(LOG_LEVEL_ERROR, "keys", "registry cannot be read: %s", db_message(r));
    }
    finish(k, false);
}

struct keys *keys_new(void (*on_loaded)(void *arg, bool ok), void *arg)
{
    struct keys *k = xcalloc(1, sizeof *k);

    k->on_loaded = on_loaded;
    k->arg = arg;
    return k;
}

void keys_free(struct keys **k)
{
    if (*k == NULL)
        return;
    copy_free(&(*k)->now);
    copy_free(&(*k)->next);
    free(*k);
    *k = NULL;
}

bool keys_load(struct keys *k, struct db *d)
{
    struct db_args none = {0};

    if (k->next != NULL) {
        k->again = true;
        return true;
    }
    k->next = xcalloc(1, sizeof *k->next);
    k->db = d;
    if (db_call(d, "generation", &none, on_generation, k))
        return true;
    copy_free(&k->next);
    return false;
}

bool keys_loaded(const struct keys *k)
{
    return k->now != NULL;
}

struct keys_key *keys_find(const struct keys *k, const uint8_t id[DIGEST_SIZE])
{
    const struct table *t = k->now != NULL ? &k->now->by_id : NULL;

    for (size_t i = t != NULL ? table_start(t, id) : 0; t != NULL && t->slot[i] != NULL;
         i = (i + 1) & t->mask) {
        struct keys_key *key = t->slot[i];

        if (memcmp(key->id, id, DIGEST_SIZE) == 0)
            return key;
    }
    return NULL;
}

const struct keys_client *keys_client(const struct keys *k, const uint8_t fpr[DIGEST_SIZE])
{
    const struct table *t = k->now != NULL ? &k->now->by_certificate : NULL;

    for (size_t i = t != NULL ? table_start(t, fpr) : 0; t != NULL && t->slot[i] != NULL;
         i = (i + 1) & t->mask) {
        const struct keys_client *c = t->slot[i];

        if (memcmp(c->certificate, fpr, DIGEST_SIZE) == 0)
            return c;
    }
    return NULL;
}

const struct key *keys_public(struct keys_key *key)
{
    struct err e;

    if (key->key == NULL && !key_from_spki(key->spki, key->spki_len, &key->key, &e))
        return NULL;
    /* the registry decides the algorithm; the bytes must be of that kind and name */
    if (strcmp(key_alg_name(key_algorithm(key->key)), key->alg) != 0 ||
        memcmp(key_id(key->key), key->id, DIGEST_SIZE) != 0)
        return NULL;
    return key->key;
}

bool keys_client_valid(const struct keys_client *c, int64_t real_us)
{
    return c != NULL && !c->revoked && real_us < c->valid_until;
}

int64_t keys_registry(const struct keys *k)
{
    return k->now != NULL ? k->now->registry : -1;
}

int64_t keys_offset(const struct keys *k)
{
    return k->now != NULL ? k->now->offset : 0;
}

const char *keys_origin(const struct keys *k)
{
    return k->now != NULL ? k->now->origin : "";
}

bool keys_test(const struct keys *k)
{
    return k->now != NULL && k->now->test;
}

size_t keys_count(const struct keys *k)
{
    return k->now != NULL ? k->now->keys_len : 0;
}
