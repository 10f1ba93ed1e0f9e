/* SPDX-License-Identifier: BSD-2-Clause */
/* bench/floor: `floor verified` (floor A), `floor rows` (no signatures), `floor commit` (one row a
 * transaction). Prints one line of JSON. */
#include "bench/floor.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/mem.h"

#define KEYS 64
#define MESSAGES 8192
#define MESSAGE_SIZE 640

static const char usage[] =
    "floor verified|rows|commit --conninfo C [--alg ecdsa-p256] [--seconds 5] [--batch 256]\n"
    "      [--threads 2] [--units 64] [--tasks 4000]\n";

bool floor_messages_make(struct floor_messages *f, enum key_alg alg, size_t n, struct err *e)
{
    bool ok = true;

    f->keys = KEYS;
    f->key = xcalloc(KEYS, sizeof *f->key);
    f->m = xcalloc(n, sizeof *f->m);
    f->n = n;
    for (size_t i = 0; ok && i < KEYS; i++)
        ok = key_generate(alg, &f->key[i], e);
    for (size_t i = 0; ok && i < n; i++) {
        struct floor_message *m = &f->m[i];

        m->key = f->key[i % KEYS];
        m->payload_len = MESSAGE_SIZE;
        m->payload = xmalloc(MESSAGE_SIZE + 1);
        for (size_t k = 0; k < MESSAGE_SIZE; k++)
            m->payload[k] = (char)(' ' + (i * 31 + k * 7 + k / 90) % 90);
        ok = key_sign(m->key, m->payload, m->payload_len, &m->sig, e);
    }
    return ok;
}

void floor_messages_free(struct floor_messages *f)
{
    for (size_t i = 0; i < f->n; i++) {
        free(f->m[i].payload);
        buf_free(&f->m[i].sig);
    }
    for (size_t i = 0; i < f->keys; i++)
        key_free(&f->key[i]);
    free(f->m);
    free(f->key);
}

static bool rows(const struct floor_options *o, PGconn *db, const struct floor_messages *f,
                 struct floor_counts *c, struct err *e)
{
    const struct floor_message **m = xcalloc(o->batch, sizeof *m);
    int64_t from, now;
    uint64_t number;
    bool ok = floor_db_next(db, &number, e);

    figures_cpu(&c->from);
    from = now = figures_now();
    while (ok && now - from < (int64_t)(o->seconds * 1e6)) {
        int64_t sent = now;

        for (size_t i = 0; i < o->batch; i++)
            m[i] = &f->m[(number + i) % f->n];
        ok = floor_db_batch(db, o, m, o->batch, number, e);
        now = figures_now();
        figures_add(&c->latency, now - sent);
        number += o->batch;
        c->rows += o->batch;
        c->batches++;
    }
    figures_cpu(&c->to);
    c->seconds = (double)(now - from) / 1e6;
    free(m);
    return ok;
}

static bool commits(const struct floor_options *o, PGconn *db, const struct floor_messages *f,
                    struct floor_counts *c, struct err *e)
{
    int64_t from, now;
    uint64_t number;
    bool ok = floor_db_next(db, &number, e);

    figures_cpu(&c->from);
    from = now = figures_now();
    while (ok && now - from < (int64_t)(o->seconds * 1e6)) {
        int64_t sent = now;

        ok = floor_db_row(db, &f->m[number % f->n], number, e);
        now = figures_now();
        figures_add(&c->latency, now - sent);
        number++;
        c->rows++;
        c->batches++;
    }
    figures_cpu(&c->to);
    c->seconds = (double)(now - from) / 1e6;
    return ok;
}

static void print(const char *what, const struct floor_options *o, const struct floor_counts *c)
{
    printf("{\"floor\":\"%s\",\"alg\":\"%s\",\"seconds\":%.3f,\"rows\":%llu,\"batches\":%llu,"
           "\"per_second\":%.1f,\"rows_per_batch\":%.1f,",
           what, strcmp(what, "verified") == 0 ? key_alg_name(o->alg) : "none", c->seconds,
           (unsigned long long)c->rows, (unsigned long long)c->batches,
           (double)c->rows / c->seconds, (double)c->rows / (double)c->batches);
    figures_print(&c->latency, "latency_ms", stdout);
    putchar(',');
    figures_cpu_print(&c->from, &c->to, "own_cpu", stdout);
    fputs("}\n", stdout);
}

static bool measure(const char *what, const struct floor_options *o, struct err *e)
{
    struct floor_messages f = {0};
    struct floor_counts *c = xcalloc(1, sizeof *c);
    PGconn *db = NULL;
    bool ok = floor_messages_make(&f, o->alg, MESSAGES, e) && floor_db_open(o->conninfo, &db, e);

    if (ok && strcmp(what, "verified") == 0)
        ok = floor_verified(o, db, &f, c, e);
    else if (ok && strcmp(what, "rows") == 0)
        ok = rows(o, db, &f, c, e);
    else if (ok)
        ok = commits(o, db, &f, c, e);
    if (ok)
        print(what, o, c);
    PQfinish(db);
    free(c);
    floor_messages_free(&f);
    return ok;
}

static bool set(struct floor_options *o, int id, const char *value)
{
    switch (id) {
    case 'c':
        o->conninfo = value;
        return true;
    case 'a':
        return key_alg_parse(value, &o->alg);
    case 's':
        o->seconds = strtod(value, NULL);
        return o->seconds > 0;
    case 'b':
        return (o->batch = strtoul(value, NULL, 10)) > 0;
    case 't':
        return (o->threads = strtoul(value, NULL, 10)) > 0;
    case 'u':
        return (o->units = strtoul(value, NULL, 10)) > 0;
    case 'k':
        return (o->tasks = strtoul(value, NULL, 10)) > 0;
    default:
        return false;
    }
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"conninfo", 1, NULL, 'c'}, {"alg", 1, NULL, 'a'},
                                            {"seconds", 1, NULL, 's'},  {"batch", 1, NULL, 'b'},
                                            {"threads", 1, NULL, 't'},  {"units", 1, NULL, 'u'},
                                            {"tasks", 1, NULL, 'k'},    {NULL, 0, NULL, 0}};
    struct floor_options o = {.alg = KEY_ECDSA_P256,
                              .seconds = 5,
                              .batch = 256,
                              .threads = 2,
                              .units = 64,
                              .tasks = 4000};
    struct err e = {0};
    bool ok = true;
    int id;

    while (ok && (id = getopt_long(argc, argv, "", options, NULL)) != -1)
        ok = set(&o, id, optarg);
    if (!ok || optind + 1 != argc || o.conninfo == NULL ||
        (strcmp(argv[optind], "verified") != 0 && strcmp(argv[optind], "rows") != 0 &&
         strcmp(argv[optind], "commit") != 0)) {
        fputs(usage, stderr);
        return 2;
    }
    if (!measure(argv[optind], &o, &e)) {
        fprintf(stderr, "floor: %s\n", e.text);
        return 1;
    }
    return 0;
}
