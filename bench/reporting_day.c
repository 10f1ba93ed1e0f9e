/* SPDX-License-Identifier: BSD-2-Clause */
/* bench/reporting_day: the simulator; bench/reporting_day.sh makes the instance and moves its
 * clock. */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "bench/day.h"
#include "common/instant.h"
#include "common/mem.h"

static const char usage[] =
    "reporting_day --keys DIR --url https://127.0.0.1:PORT --ca F --cert F --key F --aud ORIGIN\n"
    "    --vkey V --cutoff TIME --results FILE [--counties 136] [--tasks 200] [--period 2022Q1]\n"
    "    [--seconds 600] [--slice 10] [--patience 120] [--seed 1]\n"
    "prints one line of JSON; \"begun\" goes to standard error when the day begins\n";

static int64_t slice_us(const struct day *d)
{
    return (int64_t)(d->o->slice * 1e6);
}

struct day_slice *day_slice_now(struct day *d)
{
    size_t i = (size_t)((figures_now() - d->begin) / slice_us(d));

    if (i >= DAY_SLICES_MAX)
        i = DAY_SLICES_MAX - 1;
    if (i >= d->slices)
        d->slices = i + 1;
    if (d->slice[i].latency == NULL)
        d->slice[i].latency = xcalloc(1, sizeof *d->slice[i].latency);
    return &d->slice[i];
}

/* Ten milliseconds are near enough: latency counts from the moment of filing. */
static void on_clock(evutil_socket_t fd, short what, void *arg)
{
    struct day *d = arg;
    int64_t now = figures_now() - d->begin;

    (void)fd;
    (void)what;
    for (size_t i = 0; i < d->o->counties; i++) {
        struct day_client *c = &d->client[i];

        while (c->filed < c->n && c->statement[c->filed].file_at <= now)
            day_client_file(c);
    }
    if ((d->acked == d->statements && now >= (int64_t)(d->o->seconds * 1e6)) ||
        now >= (int64_t)((d->o->seconds + d->o->patience) * 1e6))
        event_base_loopbreak(d->base);
}

static bool simulate(struct day *d, struct err *e)
{
    struct timeval tv = {.tv_usec = 10000};

    if (d->keys.n < d->o->counties)
        return err_set(e, "keys", "%s has %zu keys", d->o->dir, d->keys.n);
    for (size_t i = 0; i < d->o->counties; i++)
        if (!day_client_init(&d->client[i], d, i, e))
            return false;
    day_plan(d);
    d->begin = figures_now();
    day_slice_now(d);
    fputs("begun\n", stderr);
    event_add(d->clock, &tv);
    event_base_dispatch(d->base);
    d->ended = figures_now();
    return day_report(d, e);
}

static bool run(const struct day_options *o, struct err *e)
{
    struct day *d = xcalloc(1, sizeof *d);
    bool ok;

    d->o = o;
    d->random = o->seed * 0x9e3779b97f4a7c15u + 1;
    d->base = event_base_new();
    d->clock = event_new(d->base, -1, EV_PERSIST, on_clock, d);
    d->client = xcalloc(o->counties, sizeof *d->client);
    d->slice = xcalloc(DAY_SLICES_MAX, sizeof *d->slice);
    d->latency = xcalloc(1, sizeof *d->latency);
    d->final = xcalloc(1, sizeof *d->final);
    ok = load_keys_open(o->dir, &d->keys, e) && simulate(d, e);
    for (size_t i = 0; i < o->counties; i++)
        day_client_clear(&d->client[i]);
    for (size_t i = 0; i < DAY_SLICES_MAX; i++)
        free(d->slice[i].latency);
    load_keys_close(&d->keys);
    event_free(d->clock);
    event_base_free(d->base);
    free(d->client);
    free(d->slice);
    free(d->latency);
    free(d->final);
    free(d);
    return ok;
}

static bool set(struct day_options *o, const char *name, char *value)
{
    const struct {
        const char *name;
        const char **text;
        size_t *whole;
        double *real;
    } all[] = {{"keys", &o->dir, NULL, NULL},        {"url", &o->peer.url, NULL, NULL},
               {"ca", &o->peer.ca, NULL, NULL},      {"cert", &o->peer.cert, NULL, NULL},
               {"key", &o->peer.key, NULL, NULL},    {"aud", &o->aud, NULL, NULL},
               {"vkey", &o->vkey, NULL, NULL},       {"period", &o->period, NULL, NULL},
               {"results", &o->results, NULL, NULL}, {"counties", NULL, &o->counties, NULL},
               {"tasks", NULL, &o->tasks, NULL},     {"seconds", NULL, NULL, &o->seconds},
               {"slice", NULL, NULL, &o->slice},     {"patience", NULL, NULL, &o->patience}};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(all[i].name, name) != 0)
            continue;
        if (all[i].text != NULL)
            *all[i].text = value;
        else if (all[i].whole != NULL)
            *all[i].whole = strtoul(value, NULL, 10);
        else
            *all[i].real = strtod(value, NULL);
        return true;
    }
    if (strcmp(name, "seed") == 0)
        o->seed = strtoull(value, NULL, 10);
    return strcmp(name, "seed") == 0 ||
           (strcmp(name, "cutoff") == 0 && instant_parse(value, &o->cutoff));
}

static bool complete(const struct day_options *o)
{
    return o->dir != NULL && o->peer.url != NULL && o->peer.ca != NULL && o->peer.cert != NULL &&
           o->peer.key != NULL && o->aud != NULL && o->vkey != NULL && o->results != NULL &&
           o->cutoff != 0 && o->counties > 0 && o->tasks > 0 && o->tasks < UINT16_MAX &&
           o->seconds > 0 && o->slice > 0;
}

int main(int argc, char **argv)
{
    struct day_options o = {.counties = 136,
                            .tasks = 200,
                            .period = "2022Q1",
                            .seconds = 600,
                            .morning = 0.15,
                            .late = 0.03,
                            .silent = 0.02,
                            .slice = 10,
                            .patience = 120,
                            .seed = 1};
    struct err e = {0};
    bool ok = argc % 2 == 1;

    signal(SIGPIPE, SIG_IGN);
    for (int i = 1; ok && i + 1 < argc; i += 2)
        ok = strncmp(argv[i], "--", 2) == 0 && set(&o, argv[i] + 2, argv[i + 1]);
    if (!ok || !complete(&o)) {
        fputs(usage, stderr);
        return 2;
    }
    o.cutoff_at = o.seconds * 0.9;
    ok = wire_peer_open(&o.peer, &e) && run(&o, &e);
    wire_peer_close(&o.peer);
    if (!ok)
        fprintf(stderr, "reporting_day: %s\n", e.text);
    return ok ? 0 : 1;
}
