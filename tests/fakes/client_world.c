/* SPDX-License-Identifier: BSD-2-Clause */
/* The server in memory. Its receipts are made by the same formats but by other code than the
 * client's checks: the tree is computed recursively as RFC 6962 writes it. */
#include "client_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/app.h"
#include "client/compose.h"
#include "common/bytes.h"
#include "common/checkpoint.h"
#include "common/file.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/tlog_proof.h"

static void must(bool ok)
{
    if (!ok) {
        fprintf(stderr, "the fake world is broken\n");
        abort();
    }
}

struct world *world_new(void)
{
    struct world *w = xcalloc(1, sizeof *w);
    struct key *sign = NULL;
    struct buf vkey = {0};
    struct err e;
    char path[128];

    snprintf(w->dir, sizeof w->dir, "/tmp/duban-test-XXXXXX");
    must(mkdtemp(w->dir) != NULL);
    must(key_generate(KEY_ED25519, &w->log_key, &e));
    must(key_generate(KEY_ECDSA_P256, &sign, &e));
    snprintf(path, sizeof path, "%s/sign.key", w->dir);
    must(key_save(sign, path, &e));
    key_free(&sign);
    checkpoint_vkey_format(WORLD_ORIGIN, w->log_key, &vkey);
    const struct home_settings s = {.url = "https://127.0.0.1:1",
                                    .ca = "ca.pem",
                                    .aud = WORLD_ORIGIN,
                                    .vkeys = vkey.data,
                                    .unit = "u001"};
    must(home_write(w->dir, &s, &e));
    buf_free(&vkey);
    must(home_open(w->dir, &w->home, &e));
    w->stored = json_object();
    world_stranger(w);
    return w;
}

void world_free(struct world **w)
{
    char command[128];

    home_close(&(*w)->home);
    key_free(&(*w)->log_key);
    json_decref((*w)->stored);
    snprintf(command, sizeof command, "rm -rf %s", (*w)->dir);
    must(system(command) == 0);
    free(*w);
    *w = NULL;
}

json_t *world_body(const char *task)
{
    return json_pack("{s:[{s:s,s:s,s:s}]}", "reports", "task", task, "period", "2022Q1", "status",
                     "on-track");
}

char *world_file(const struct world *w, const char *name)
{
    char path[256];
    struct buf b = {0};
    struct err e;

    snprintf(path, sizeof path, "%s/%s", w->dir, name);
    if (!file_read(path, 1 << 22, &b, &e)) {
        buf_free(&b);
        return NULL;
    }
    return b.data ? b.data : xstrdup("");
}

/* ---- the tree, as RFC 6962 section 2.1 writes it -------------------------------------------- */

static size_t split_at(size_t n)
{
    size_t k = 1;

    while (k * 2 < n)
        k *= 2;
    return k;
}

void world_root(const struct world *w, size_t from, size_t n, uint8_t out[DIGEST_SIZE])
{
    uint8_t l[DIGEST_SIZE], r[DIGEST_SIZE];

    if (n == 1) {
        memcpy(out, w->leaves[from], DIGEST_SIZE);
        return;
    }
    size_t k = split_at(n);
    world_root(w, from, k, l);
    world_root(w, from + k, n - k, r);
    merkle_node(l, r, out);
}

static size_t path_of(const struct world *w, size_t m, size_t from, size_t n,
                      uint8_t out[][DIGEST_SIZE])
{
    if (n == 1)
        return 0;
    size_t k = split_at(n);
    bool left = m < k;
    size_t c = left ? path_of(w, m, from, k, out) : path_of(w, m - k, from + k, n - k, out);
    world_root(w, left ? from + k : from, left ? n - k : k, out[c]);
    return c + 1;
}

static size_t subproof(const struct world *w, size_t m, size_t from, size_t n, bool whole,
                       uint8_t out[][DIGEST_SIZE])
{
    if (m == n) {
        if (whole)
            return 0;
        world_root(w, from, n, out[0]);
        return 1;
    }
    size_t k = split_at(n), c;
    if (m <= k) {
        c = subproof(w, m, from, k, whole, out);
        world_root(w, from + k, n - k, out[c]);
    } else {
        c = subproof(w, m - k, from + k, n - k, false, out);
        world_root(w, from, k, out[c]);
    }
    return c + 1;
}

static void add_leaf(struct world *w, const char *entry, size_t n)
{
    must(w->size < WORLD_LEAVES);
    merkle_leaf(entry, n, w->leaves[w->size++]);
}

void world_stranger(struct world *w)
{
    char text[64];

    snprintf(text, sizeof text, "duban-entry/v1\nkind stranger\nnumber %zu\n", w->size);
    add_leaf(w, text, strlen(text));
}

/* ---- receipts ------------------------------------------------------------------------------- */

static void add_proof(struct world *w, json_t *receipt, const char *entry)
{
    uint8_t path[MERKLE_LEVELS][DIGEST_SIZE];
    struct checkpoint c = {.size = w->size};
    struct buf note = {0}, text = {0};
    struct err e;
    size_t index = (size_t)app_int(receipt, "entry", 0);
    size_t n = path_of(w, index, 0, w->size, path);

    snprintf(c.origin, sizeof c.origin, "%s", WORLD_ORIGIN);
    world_root(w, 0, w->size, c.root);
    if (w->tamper == 3)
        path[0][0] ^= 1;
    must(checkpoint_sign(&c, w->log_key, &note, &e));
    if (w->tamper == 5)
        note.data[note.len - 10] = note.data[note.len - 10] == 'A' ? 'B' : 'A';
    tlog_proof_format(entry, strlen(entry), index, (const uint8_t(*)[DIGEST_SIZE])path, n,
                      note.data, note.len, "\n", &text);
    json_object_set_new(receipt, "proof", json_string(text.data));
    buf_free(&note);
    buf_free(&text);
}

/* One outcome a report: on time. */
static json_t *make_outcomes(const json_t *payload, uint8_t digest[DIGEST_SIZE])
{
    json_t *outcomes = json_array();
    struct buf lines = {0};
    size_t i;
    const json_t *r;

    json_array_foreach(json_object_get(payload, "reports"), i, r)
    {
        buf_addf(&lines, "%s %s on-time 2022-04-08T09:30:00Z quarterly@0 cn@0\n",
                 app_str(r, "task"), app_str(r, "period"));
        json_array_append_new(outcomes,
                              json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:[]}", "task",
                                        app_str(r, "task"), "period", app_str(r, "period"),
                                        "outcome", "on-time", "due", "2022-04-08T17:30:00+08:00",
                                        "rule", "quarterly@0", "calendar", "cn@0", "errors"));
    }
    sha256(lines.data ? lines.data : "", lines.len, digest);
    buf_free(&lines);
    return outcomes;
}

static json_t *store(struct world *w, const struct dsse *d, const json_t *payload,
                     const uint8_t id[DIGEST_SIZE], int64_t seq)
{
    char hex[65], key[65], outcome_hex[65];
    uint8_t digest[DIGEST_SIZE];
    struct buf entry = {0};
    json_t *outcomes = make_outcomes(payload, digest);

    hex_encode(id, DIGEST_SIZE, hex);
    hex_encode(d->keyid, DIGEST_SIZE, key);
    hex_encode(digest, DIGEST_SIZE, outcome_hex);
    if (w->tamper == 4)
        hex[0] = hex[0] == 'a' ? 'b' : 'a';
    buf_addf(&entry,
             "duban-entry/v1\nkind statement\nreceived 2022-04-07T01:02:03.%06zuZ\nkey %s\nalg "
             "ecdsa-p256\ntype %s\nseq %" PRId64 "\npae-sha256 %s\nsig AA==\noutcomes-sha256 %s\n",
             w->size, key, d->type, seq, hex, outcome_hex);
    hex_encode(id, DIGEST_SIZE, hex);
    json_t *receipt = json_pack("{s:s,s:I,s:s%,s:b,s:o}", "id", hex, "entry", (json_int_t)w->size,
                                "received", strstr(entry.data, "received ") + 9, (size_t)27,
                                "duplicate", 0, "outcomes", outcomes);
    must(receipt != NULL);
    add_leaf(w, entry.data, entry.len);
    json_object_set_new(w->stored, hex,
                        json_pack("{s:o,s:s}", "receipt", receipt, "entry", entry.data));
    buf_free(&entry);
    w->last_seq = seq;
    memcpy(w->last_id, id, DIGEST_SIZE);
    return json_object_get(w->stored, hex);
}

static json_t *problem(const char *code, int status, const struct world *expected)
{
    json_t *j = json_pack("{s:s,s:s,s:i,s:s,s:s,s:s}", "type", "about:blank", "title", code,
                          "status", status, "detail", "refused by the fake", "code", code, "retry",
                          status == 503 ? "later" : "after-fix");
    char hex[65];

    if (expected) {
        hex_encode(expected->last_id, DIGEST_SIZE, hex);
        json_object_set_new(
            j, "expected",
            json_pack("{s:I,s:s}", "seq", (json_int_t)expected->last_seq + 1, "prev", hex));
    }
    return j;
}

static bool is_bad(const struct world *w, const json_t *payload)
{
    const char *task = app_str(json_array_get(json_object_get(payload, "reports"), 0), "task");
    size_t n = task ? strlen(task) : 0;

    return w->refuse_task && n > 3 && strcmp(task + n - 3, "bad") == 0;
}

json_t *world_answer(struct world *w, const struct dsse *d)
{
    struct buf scratch = {0};
    uint8_t id[DIGEST_SIZE];
    struct compose_place at;
    json_t *payload = NULL, *answer;
    struct err e;
    char hex[65];

    dsse_identity(d->type, d->payload.data, d->payload.len, &scratch, id);
    buf_free(&scratch);
    must(compose_read(d, &payload, &e) && compose_place_of(d, &at, &e));
    hex_encode(id, DIGEST_SIZE, hex);
    json_t *known = json_object_get(w->stored, hex);
    bool duplicate = known != NULL;
    if (!known && w->certificate > 0) {
        w->certificate--;
        answer = problem("certificate", 403, NULL);
    } else if (!known && is_bad(w, payload)) {
        answer = problem("audience", 403, NULL);
    } else if (!known &&
               (at.seq != w->last_seq + 1 || memcmp(at.prev, w->last_id, DIGEST_SIZE) != 0)) {
        answer = problem("sequence", 409, w);
    } else {
        if (!known)
            known = store(w, d, payload, id, at.seq);
        answer = json_deep_copy(json_object_get(known, "receipt"));
        json_object_set_new(answer, "duplicate", json_boolean(duplicate));
        add_proof(w, answer, app_str(known, "entry"));
        if (w->tamper == 1)
            json_object_set_new(answer, "received", json_string("2022-04-07T01:02:04.000001Z"));
        if (w->tamper == 2)
            json_object_set_new(json_array_get(json_object_get(answer, "outcomes"), 0), "outcome",
                                json_string("late"));
    }
    json_decref(payload);
    return answer;
}

/* ---- the peer ------------------------------------------------------------------------------- */

static bool on_post(void *data, const char *type, const struct buf *body, long *status,
                    struct buf *answer, long *retry_after, struct err *e)
{
    struct world *w = data;
    const char *p = body->data;
    bool many = strstr(type, "ndjson") != NULL;
    struct dsse d = {0};

    w->requests++;
    *retry_after = 0;
    if (w->away > 0) {
        w->away--;
        return err_set(e, "away", "nobody there");
    }
    buf_clear(answer);
    *status = 200;
    if (w->busy > 0) {
        w->busy--;
        *status = 503;
        json_t *j = problem("busy", 503, NULL);
        json_write(j, answer);
        json_decref(j);
        return true;
    }
    while (*p) {
        size_t n = many ? strcspn(p, "\n") : strlen(p);
        must(dsse_decode(p, n, 2 << 20, &d, e));
        json_t *j = world_answer(w, &d);
        if (!many)
            *status = app_int(j, "status", 200);
        json_write(j, answer);
        buf_add_str(answer, many ? "\n" : "");
        json_decref(j);
        p += n + (p[n] == '\n');
    }
    dsse_clear(&d);
    if (w->lose_answer > 0) {
        w->lose_answer--;
        return err_set(e, "away", "the answer is lost");
    }
    return true;
}

static bool on_consistency(void *data, uint64_t from, uint64_t to, struct buf *out, struct err *e)
{
    struct world *w = data;
    uint8_t path[2 * MERKLE_LEVELS][DIGEST_SIZE];

    (void)e;
    size_t n = subproof(w, (size_t)from, 0, (size_t)to, true, path);
    for (size_t i = 0; i < n; i++) {
        base64_encode(path[i], DIGEST_SIZE, out);
        buf_add_str(out, "\n");
    }
    return true;
}

static void on_sleep(void *data, int64_t ms)
{
    struct world *w = data;

    w->sleeps++;
    w->slept_ms += ms;
}

static uint32_t on_random(void *data)
{
    (void)data;
    return 77;
}

struct deliver_peer world_peer(struct world *w)
{
    return (struct deliver_peer){.post = on_post,
                                 .ask = {.consistency = on_consistency, .data = w},
                                 .sleep_ms = on_sleep,
                                 .random = on_random,
                                 .data = w};
}
