/* SPDX-License-Identifier: BSD-2-Clause */
/* Floor A: verifying threads in front of one committer. No batching window: whatever has queued
 * while the last transaction ran is the next one. */
#include <pthread.h>
#include <stdlib.h>

#include "bench/floor.h"
#include "common/mem.h"

#define QUEUE 4096
#define BATCH_MOST 1024

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t more, room;
    const struct floor_message *m[QUEUE];
    size_t first, n;
    bool stop;
};

struct verifier {
    const struct floor_messages *f;
    struct queue *q;
    size_t at, bad;
};

static bool put(struct queue *q, const struct floor_message *m)
{
    bool going;

    pthread_mutex_lock(&q->lock);
    while (q->n == QUEUE && !q->stop)
        pthread_cond_wait(&q->room, &q->lock);
    going = !q->stop;
    if (going) {
        q->m[(q->first + q->n++) % QUEUE] = m;
        if (q->n == 1)
            pthread_cond_signal(&q->more);
    }
    pthread_mutex_unlock(&q->lock);
    return going;
}

static size_t take(struct queue *q, const struct floor_message **m)
{
    size_t n = 0;

    pthread_mutex_lock(&q->lock);
    while (q->n == 0)
        pthread_cond_wait(&q->more, &q->lock);
    while (q->n > 0 && n < BATCH_MOST) {
        m[n++] = q->m[q->first];
        q->first = (q->first + 1) % QUEUE;
        q->n--;
    }
    pthread_cond_broadcast(&q->room);
    pthread_mutex_unlock(&q->lock);
    return n;
}

static void *on_thread(void *arg)
{
    struct verifier *v = arg;

    for (;;) {
        const struct floor_message *m = &v->f->m[v->at++ % v->f->n];

        if (!key_verify(m->key, m->payload, m->payload_len, m->sig.data, m->sig.len))
            v->bad++;
        if (!put(v->q, m))
            return NULL;
    }
}

static bool commit_until(const struct floor_options *o, PGconn *db, struct queue *q,
                         struct floor_counts *c, struct err *e)
{
    const struct floor_message *m[BATCH_MOST];
    int64_t from = figures_now(), now = from;
    uint64_t number;

    if (!floor_db_next(db, &number, e))
        return false;
    figures_cpu(&c->from);
    while (now - from < (int64_t)(o->seconds * 1e6)) {
        size_t n = take(q, m);
        int64_t sent = figures_now();

        if (!floor_db_batch(db, o, m, n, number, e))
            return false;
        now = figures_now();
        figures_add(&c->latency, now - sent);
        number += n;
        c->rows += n;
        c->batches++;
    }
    figures_cpu(&c->to);
    c->seconds = (double)(now - from) / 1e6;
    return true;
}

bool floor_verified(const struct floor_options *o, PGconn *db, const struct floor_messages *f,
                    struct floor_counts *c, struct err *e)
{
    struct queue *q = xcalloc(1, sizeof *q);
    struct verifier *v = xcalloc(o->threads, sizeof *v);
    pthread_t *thread = xcalloc(o->threads, sizeof *thread);
    bool ok;

    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->more, NULL);
    pthread_cond_init(&q->room, NULL);
    for (size_t i = 0; i < o->threads; i++) {
        v[i] = (struct verifier){.f = f, .q = q, .at = i * f->n / o->threads};
        if (pthread_create(&thread[i], NULL, on_thread, &v[i]) != 0)
            abort();
    }
    ok = commit_until(o, db, q, c, e);
    pthread_mutex_lock(&q->lock);
    q->stop = true;
    pthread_cond_broadcast(&q->room);
    pthread_mutex_unlock(&q->lock);
    for (size_t i = 0; i < o->threads; i++) {
        pthread_join(thread[i], NULL);
        if (ok && v[i].bad > 0)
            ok = err_set(e, "signature", "a signature did not verify");
    }
    free(q);
    free(v);
    free(thread);
    return ok;
}
