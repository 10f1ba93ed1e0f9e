/* SPDX-License-Identifier: BSD-2-Clause */
/* Signing keys of made-up units: DIR/NNNN.key, DIR/state (one line a key), DIR/registry.conf. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load.h"
#include "common/bytes.h"
#include "common/file.h"
#include "common/mem.h"

#define STATE_MAX ((size_t)16 * 1024 * 1024)

static void unit_registry(struct buf *out, const char *unit, const struct key *k)
{
    char id[2 * DIGEST_SIZE + 1];
    const uint8_t *spki;
    size_t n;

    hex_encode(key_id(k), DIGEST_SIZE, id);
    spki = key_spki(k, &n);
    buf_addf(out, "unit \"%s\" { name = \"Unit %s\" }\n", unit, unit);
    for (int head = 0; head < 2; head++)
        buf_addf(out,
                 "post \"%s-%s\" { name = \"%s of %s\" role = \"%s\" unit = \"%s\" "
                 "holder \"Holder\" { } }\n",
                 unit, head ? "head" : "contact", head ? "Head" : "Contact", unit,
                 head ? "head" : "contact", unit);
    buf_addf(out, "key \"%s\" { spki = \"", id);
    base64_encode(spki, n, out);
    buf_addf(out, "\" alg = \"%s\" for = \"%s\" }\n", key_alg_name(key_algorithm(k)), unit);
}

static bool make_one(const char *dir, size_t i, enum key_alg alg, struct buf *registry,
                     struct buf *state, struct err *e)
{
    char *path = xasprintf("%s/%04zu.key", dir, i);
    char unit[33];
    struct key *k = NULL;
    bool ok = key_generate(alg, &k, e) && key_save(k, path, e);

    free(path);
    if (!ok) {
        key_free(&k);
        return false;
    }
    snprintf(unit, sizeof unit, "b%04zu", i);
    unit_registry(registry, unit, k);
    buf_addf(state, "%s 0 %064d 0\n", unit, 0);
    key_free(&k);
    return true;
}

static bool write_in(const char *dir, const char *name, const struct buf *b, struct err *e)
{
    char *path = xasprintf("%s/%s", dir, name);
    bool ok = file_write(path, b->data, b->len, 0600, e);

    free(path);
    return ok;
}

bool load_keys_make(const char *dir, size_t n, enum key_alg alg, struct err *e)
{
    struct buf registry = {0}, state = {0};
    bool ok = file_mkdirs(dir, 0700, e);

    for (size_t i = 1; ok && i <= n; i++)
        ok = make_one(dir, i, alg, &registry, &state, e);
    ok = ok && write_in(dir, "registry.conf", &registry, e) && write_in(dir, "state", &state, e);
    buf_free(&registry);
    buf_free(&state);
    return ok;
}

static bool open_one(struct load_keys *k, const char *line, struct err *e)
{
    struct load_key *one;
    char prev[2 * DIGEST_SIZE + 1];
    char *path = xasprintf("%s/%04zu.key", k->dir, k->n + 1);
    bool ok;

    k->key = xrealloc(k->key, (k->n + 1) * sizeof *k->key);
    one = &k->key[k->n];
    memset(one, 0, sizeof *one);
    ok = sscanf(line, "%32s %" SCNd64 " %64s %" SCNu64, one->unit, &one->seq, prev, &one->report) ==
             4 &&
         hex_decode(prev, one->prev, DIGEST_SIZE);
    if (!ok)
        err_set(e, "state", "%s/state: line %zu cannot be read", k->dir, k->n + 1);
    ok = ok && key_load(path, &one->key, e);
    free(path);
    one->next_seq = one->seq;
    memcpy(one->next_prev, one->prev, DIGEST_SIZE);
    one->next_report = one->report;
    k->n++;
    return ok;
}

bool load_keys_open(const char *dir, struct load_keys *k, struct err *e)
{
    char *path = xasprintf("%s/state", dir);
    struct buf b = {0};
    bool ok = file_read(path, STATE_MAX, &b, e);
    char *at, *line;

    free(path);
    memset(k, 0, sizeof *k);
    k->dir = xstrdup(dir);
    at = b.data;
    while (ok && (line = strsep(&at, "\n")) != NULL)
        if (*line != '\0')
            ok = open_one(k, line, e);
    buf_free(&b);
    return ok;
}

bool load_keys_save(const struct load_keys *k, struct err *e)
{
    struct buf b = {0};
    bool ok;

    for (size_t i = 0; i < k->n; i++) {
        const struct load_key *one = &k->key[i];
        char prev[2 * DIGEST_SIZE + 1];

        hex_encode(one->prev, DIGEST_SIZE, prev);
        buf_addf(&b, "%s %" PRId64 " %s %" PRIu64 "\n", one->unit, one->seq, prev, one->report);
    }
    ok = write_in(k->dir, "state", &b, e);
    buf_free(&b);
    return ok;
}

void load_keys_close(struct load_keys *k)
{
    for (size_t i = 0; i < k->n; i++)
        key_free(&k->key[i].key);
    free(k->key);
    free(k->dir);
    memset(k, 0, sizeof *k);
}
