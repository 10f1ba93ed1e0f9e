/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests signed beforehand, so that signing is not in the measurement. Lane i uses the keys
 * i, i + lanes, i + 2 lanes …: never is one key in flight on two connections. */
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load.h"
#include "common/bytes.h"
#include "common/clock.h"
#include "common/dsse.h"
#include "common/instant.h"
#include "common/mem.h"
#include "common/statement.h"

#define THREADS 2

struct signer {
    const struct load_options *o;
    struct load_keys *k;
    struct load_lane *lane;
    size_t first, per_lane;
    struct err e;
    bool ok;
};

/* Some 300 bytes, as an office writes them. */
static const char text[] =
    "The schedule for this quarter was kept: tenders for lots 3 and 4 are awarded, the survey of "
    "the northern section is finished, and the funds of the second instalment have arrived. What "
    "remains open is the land permit for lot 5, promised by the district for the end of the "
    "month.";

static void add_report(const struct load_options *o, struct load_key *k, struct buf *out)
{
    uint64_t r = k->next_report++;
    uint64_t task = r % o->tasks + 1;

    buf_addf(out,
             "{\"task\":\"%s/%d.%" PRIu64 "\",\"period\":\"%s\",\"status\":\"on-track\","
             "\"progress\":%d,\"text\":\"%s\"}",
             o->plan, atoi(k->unit + 1), task, o->period[r / o->tasks % o->periods], (int)(r % 101),
             o->reports > 1 ? "As planned; the tender is awarded." : text);
}

static void build_payload(const struct load_options *o, struct load_key *k, struct buf *out)
{
    char id[37], iat[INSTANT_SIZE], hex[2 * DIGEST_SIZE + 1];
    const uint8_t *p = k->next_prev;

    /* neither id nor nonce is checked for reuse: made without a system call, by several threads */
    snprintf(id, sizeof id, "%02x%02x%02x%02x-%02x%02x-4%03x-8%03x-%012" PRIx64, p[0], p[1], p[2],
             p[3], p[4], p[5], p[6], p[7], (uint64_t)k->next_seq + 1);
    instant_format_utc(clock_real(), iat);
    hex_encode(key_id(k->key), DIGEST_SIZE, hex);
    buf_addf(out, "{\"v\":1,\"aud\":\"%s\",\"unit\":\"%s\",\"key\":\"%s\",\"seq\":%" PRId64 ",",
             o->aud, k->unit, hex, k->next_seq + 1);
    hex_encode(k->next_prev, DIGEST_SIZE, hex);
    buf_addf(out, "\"prev\":\"%s\",\"id\":\"%s\",\"nonce\":\"%.22s\",\"iat\":\"%s\",\"reports\":[",
             hex, id, hex + 8, iat);
    for (size_t i = 0; i < o->reports; i++) {
        if (i > 0)
            buf_add(out, ",", 1);
        add_report(o, k, out);
    }
    buf_add_str(out, "]}");
}

static bool add_envelope(struct signer *s, size_t index, struct load_statement *st,
                         struct buf *body)
{
    static const char type[] = STATEMENT_TYPE("report");
    struct load_key *k = &s->k->key[index];
    struct buf payload = {0}, pae = {0};
    struct dsse d = {0};
    bool ok;

    build_payload(s->o, k, &payload);
    ok = dsse_sign(k->key, type, payload.data, payload.len, &d, &s->e);
    if (ok) {
        dsse_encode(&d, body);
        dsse_identity(type, payload.data, payload.len, &pae, k->next_prev);
        st->key = (uint32_t)index;
        st->seq = ++k->next_seq;
        st->report = k->next_report;
        memcpy(st->id, k->next_prev, DIGEST_SIZE);
    }
    dsse_clear(&d);
    buf_free(&payload);
    buf_free(&pae);
    return ok;
}

static bool build_request(struct signer *s, size_t lane, size_t *turn, struct load_request *r)
{
    const struct load_options *o = s->o;
    size_t keys = (s->k->n - lane + o->connections - 1) / o->connections;
    struct buf body = {0}, all = {0};
    bool ok = true;

    r->statement = xcalloc(o->envelopes, sizeof *r->statement);
    for (size_t i = 0; ok && i < o->envelopes; i++) {
        if (i > 0)
            buf_add(&body, "\n", 1);
        ok = add_envelope(s, lane + (*turn)++ % keys * o->connections, &r->statement[i], &body);
    }
    buf_addf(&all,
             "POST /v1/statements HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: %s\r\n"
             "Content-Length: %zu\r\n\r\n",
             o->envelopes > 1 ? "application/x-ndjson" : "application/vnd.dsse.envelope.v1+json",
             body.len);
    buf_add(&all, body.data, body.len);
    buf_free(&body);
    r->bytes = all.data;
    r->len = all.len;
    return ok;
}

static void *on_thread(void *arg)
{
    struct signer *s = arg;

    for (size_t lane = s->first; s->ok && lane < s->o->connections; lane += THREADS) {
        struct load_lane *l = &s->lane[lane];
        size_t turn = 0;

        l->request = xcalloc(s->per_lane, sizeof *l->request);
        while (s->ok && l->n < s->per_lane) {
            s->ok = build_request(s, lane, &turn, &l->request[l->n]);
            l->n++;
        }
    }
    return NULL;
}

bool load_sign(const struct load_options *o, struct load_keys *k, struct load_lane *lane,
               struct err *e)
{
    struct signer s[THREADS];
    pthread_t thread[THREADS];
    bool ok = true;

    if (k->n < o->connections)
        return err_set(e, "keys", "%zu connections need as many keys; %s has %zu", o->connections,
                       o->dir, k->n);
    for (size_t i = 0; i < THREADS; i++) {
        s[i] = (struct signer){.o = o,
                               .k = k,
                               .lane = lane,
                               .first = i,
                               .per_lane = o->requests / o->connections + 1,
                               .ok = true};
        if (pthread_create(&thread[i], NULL, on_thread, &s[i]) != 0)
            abort();
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        if (!s[i].ok && ok)
            *e = s[i].e;
        ok = ok && s[i].ok;
    }
    return ok;
}

void load_lane_clear(struct load_lane *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->request[i].bytes);
        free(l->request[i].statement);
    }
    free(l->request);
    memset(l, 0, sizeof *l);
}
