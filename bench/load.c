/* SPDX-License-Identifier: BSD-2-Clause */
/* bench/load: keys and load for one instance. `load keys` makes them, `load run` sends. */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load.h"
#include "common/mem.h"

static const char usage[] =
    "load keys DIR --count N [--alg ecdsa-p256|ed25519|sm2]\n"
    "load run DIR --url https://127.0.0.1:PORT --ca F --cert F --key F --aud ORIGIN [--vkey V]\n"
    "         --tasks N [--plan b] [--periods P,P…] [--connections 64] [--envelopes 1]\n"
    "         [--reports 1] [--seconds 10] [--warmup 1] [--rate N] [--requests N]\n"
    "         [--patient MS] [--trace FILE]\n"
    "prints one line of JSON; latency is that of requests, from the scheduled instant with "
    "--rate\n";

enum option_id {
    O_COUNT = 1,
    O_ALG,
    O_URL,
    O_CA,
    O_CERT,
    O_KEY,
    O_AUD,
    O_VKEY,
    O_TASKS,
    O_PLAN,
    O_PERIODS,
    O_CONNECTIONS,
    O_ENVELOPES,
    O_REPORTS,
    O_SECONDS,
    O_WARMUP,
    O_RATE,
    O_REQUESTS,
    O_PATIENT,
    O_TRACE
};

static const struct option options[] = {{"count", 1, NULL, O_COUNT},
                                        {"alg", 1, NULL, O_ALG},
                                        {"url", 1, NULL, O_URL},
                                        {"ca", 1, NULL, O_CA},
                                        {"cert", 1, NULL, O_CERT},
                                        {"key", 1, NULL, O_KEY},
                                        {"aud", 1, NULL, O_AUD},
                                        {"vkey", 1, NULL, O_VKEY},
                                        {"tasks", 1, NULL, O_TASKS},
                                        {"plan", 1, NULL, O_PLAN},
                                        {"periods", 1, NULL, O_PERIODS},
                                        {"connections", 1, NULL, O_CONNECTIONS},
                                        {"envelopes", 1, NULL, O_ENVELOPES},
                                        {"reports", 1, NULL, O_REPORTS},
                                        {"seconds", 1, NULL, O_SECONDS},
                                        {"warmup", 1, NULL, O_WARMUP},
                                        {"rate", 1, NULL, O_RATE},
                                        {"requests", 1, NULL, O_REQUESTS},
                                        {"patient", 1, NULL, O_PATIENT},
                                        {"trace", 1, NULL, O_TRACE},
                                        {NULL, 0, NULL, 0}};

struct arguments {
    struct load_options o;
    size_t count;
    enum key_alg alg;
};

static bool set_periods(struct load_options *o, char *list)
{
    char *p;

    o->periods = 0;
    while ((p = strsep(&list, ",")) != NULL) {
        if (o->periods == LOAD_PERIODS_MAX)
            return false;
        o->period[o->periods++] = p;
    }
    return true;
}

static bool set_text(struct load_options *o, int id, char *value)
{
    const char **to[] = {[O_URL] = &o->peer.url, [O_CA] = &o->peer.ca, [O_CERT] = &o->peer.cert,
                         [O_KEY] = &o->peer.key, [O_AUD] = &o->aud,    [O_VKEY] = &o->vkey,
                         [O_PLAN] = &o->plan,    [O_TRACE] = &o->trace};

    if (id == O_PERIODS)
        return set_periods(o, value);
    if (id >= (int)(sizeof to / sizeof to[0]) || to[id] == NULL)
        return false;
    *to[id] = value;
    return true;
}

static bool set_number(struct arguments *a, int id, const char *value)
{
    struct load_options *o = &a->o;
    size_t *whole[] = {
        [O_COUNT] = &a->count,     [O_CONNECTIONS] = &o->connections, [O_ENVELOPES] = &o->envelopes,
        [O_REPORTS] = &o->reports, [O_REQUESTS] = &o->requests,       [O_TASKS] = &o->tasks};
    double *real[] = {[O_SECONDS] = &o->seconds, [O_WARMUP] = &o->warmup, [O_RATE] = &o->rate};

    if (id == O_PATIENT) {
        o->patient = true;
        o->again_us = (int64_t)(strtod(value, NULL) * 1000);
    } else if (id < (int)(sizeof whole / sizeof whole[0]) && whole[id] != NULL)
        *whole[id] = strtoul(value, NULL, 10);
    else if (id < (int)(sizeof real / sizeof real[0]) && real[id] != NULL)
        *real[id] = strtod(value, NULL);
    else
        return false;
    return true;
}

static bool read_options(int argc, char **argv, struct arguments *a)
{
    int id;

    while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (id == O_ALG && key_alg_parse(optarg, &a->alg))
            continue;
        if (id == O_ALG || (!set_text(&a->o, id, optarg) && !set_number(a, id, optarg)))
            return false;
    }
    return optind + 2 == argc;
}

static bool run(struct load_options *o, struct err *e)
{
    struct load_keys k = {0};
    struct load_counts *c = xcalloc(1, sizeof *c);
    struct load_lane *lane = xcalloc(o->connections, sizeof *lane);
    bool ok =
        load_keys_open(o->dir, &k, e) && load_sign(o, &k, lane, e) && wire_peer_open(&o->peer, e);

    if (ok) {
        ok = load_run(o, &k, lane, c, e);
        load_print(o, c, stdout);
        ok = load_keys_save(&k, e) && ok;
        wire_peer_close(&o->peer);
    }
    for (size_t i = 0; i < o->connections; i++)
        load_lane_clear(&lane[i]);
    free(lane);
    free(c);
    load_keys_close(&k);
    return ok;
}

static bool complete(struct load_options *o)
{
    if (o->requests == 0)
        o->requests = (size_t)((o->warmup + o->seconds) *
                               (o->rate > 0 ? o->rate * 1.3 : 12000.0 / (double)o->envelopes));
    return o->peer.url != NULL && o->peer.ca != NULL && o->peer.cert != NULL &&
           o->peer.key != NULL && o->aud != NULL && o->tasks > 0 && o->connections > 0 &&
           o->envelopes > 0 && o->envelopes <= 256 && o->reports > 0 && o->reports <= 1000;
}

int main(int argc, char **argv)
{
    struct arguments a = {.alg = KEY_ECDSA_P256,
                          .o = {.connections = 64,
                                .envelopes = 1,
                                .reports = 1,
                                .seconds = 10,
                                .warmup = 1,
                                .plan = "b",
                                .again_us = 20000,
                                .period = {"2022Q1"},
                                .periods = 1}};
    struct err e = {0};
    bool ok;

    signal(SIGPIPE, SIG_IGN);
    if (!read_options(argc, argv, &a)) {
        fputs(usage, stderr);
        return 2;
    }
    a.o.dir = argv[optind + 1];
    if (strcmp(argv[optind], "keys") == 0 && a.count > 0)
        ok = load_keys_make(a.o.dir, a.count, a.alg, &e);
    else if (strcmp(argv[optind], "run") == 0 && complete(&a.o))
        ok = run(&a.o, &e);
    else
        ok = err_set(&e, "usage", "something is missing\n%s", usage);
    if (!ok)
        fprintf(stderr, "load: %s\n", e.text);
    return ok ? 0 : 1;
}
