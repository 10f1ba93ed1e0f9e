/* SPDX-License-Identifier: BSD-2-Clause */
/* bench/watch: holds alert streams open and notes when the bytes of each alert were on the socket.
 * One line per alert on standard output: NAME ALERT MICROSECONDS (real clock, taken when the socket
 * became readable, before it is read). Ends after --seconds, or on SIGTERM. */
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/figures.h"
#include "bench/wire.h"
#include "common/mem.h"

#define STREAMS_MAX 64

static const char usage[] =
    "watch --url https://127.0.0.1:PORT --ca F --seconds N HOME…\n"
    "each HOME is a client identity (client.pem, client.key); the last part of its name is NAME\n";

static volatile sig_atomic_t ended;

struct stream {
    struct wire_peer peer;
    struct wire wire;
    const char *name;
    char *cert, *key;
    uint64_t seen;
};

static void on_signal(int sig)
{
    (void)sig;
    ended = 1;
}

static int64_t real_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static bool stream_open(struct stream *s, const char *url, const char *ca, const char *home,
                        struct err *e)
{
    static const char request[] = "GET /v1/alerts/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    const char *slash = strrchr(home, '/');

    s->name = slash != NULL ? slash + 1 : home;
    s->cert = xasprintf("%s/client.pem", home);
    s->key = xasprintf("%s/client.key", home);
    s->peer = (struct wire_peer){.url = url, .ca = ca, .cert = s->cert, .key = s->key};
    return wire_peer_open(&s->peer, e) && wire_open(&s->wire, &s->peer, e) &&
           (wire_send(&s->wire, request, sizeof request - 1) == WIRE_DONE ||
            err_set(e, "wire", "%s: the request was not sent", s->name));
}

static void stream_close(struct stream *s)
{
    if (s->wire.ssl != NULL)
        wire_close(&s->wire);
    wire_peer_close(&s->peer);
    free(s->cert);
    free(s->key);
}

/* One event ends with an empty line; closed cases and pings are not of interest. */
static void take_event(struct stream *s, const char *event, size_t n, int64_t at)
{
    const char *alert = memmem(event, n, "event: alert\n", 13);
    const char *id = memmem(event, n, "id: ", 4);

    if (alert == NULL || id == NULL)
        return;
    s->seen++;
    printf("%s %lld %" PRId64 "\n", s->name, strtoll(id + 4, NULL, 10), at);
}

static bool stream_read(struct stream *s, int64_t at)
{
    enum wire_state state = wire_receive(&s->wire);
    const char *end;

    while (s->wire.in.len > 0 &&
           (end = memmem(s->wire.in.data, s->wire.in.len, "\n\n", 2)) != NULL) {
        size_t n = (size_t)(end - s->wire.in.data) + 2;

        take_event(s, s->wire.in.data, n, at);
        buf_consume(&s->wire.in, n);
    }
    return state != WIRE_BROKEN;
}

static bool watch(struct stream *s, size_t n, double seconds, struct err *e)
{
    struct pollfd p[STREAMS_MAX];
    int64_t until = figures_now() + (int64_t)(seconds * 1e6);

    for (size_t i = 0; i < n; i++)
        p[i] = (struct pollfd){.fd = s[i].wire.fd, .events = POLLIN};
    while (!ended && figures_now() < until) {
        int64_t at;

        if (poll(p, (nfds_t)n, 100) <= 0)
            continue;
        at = real_now();
        for (size_t i = 0; i < n; i++)
            if (p[i].revents != 0 && !stream_read(&s[i], at))
                return err_set(e, "wire", "%s: the stream ended", s[i].name);
    }
    return true;
}

static void print_end(const struct stream *s, size_t n, const struct figures_cpu *from)
{
    struct figures_cpu to;

    figures_cpu(&to);
    for (size_t i = 0; i < n; i++)
        fprintf(stderr, "watch: %s %" PRIu64 " alerts\n", s[i].name, s[i].seen);
    fprintf(stderr, "watch: own CPU %.3f s\n", to.user + to.system - from->user - from->system);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"url", 1, NULL, 'u'}, {"ca", 1, NULL, 'c'}, {"seconds", 1, NULL, 's'}, {NULL, 0, NULL, 0}};
    struct stream *s = xcalloc(STREAMS_MAX, sizeof *s);
    const char *url = NULL, *ca = NULL;
    struct figures_cpu from;
    struct err e = {0};
    double seconds = 60;
    size_t n = 0;
    bool ok = true;
    int id;

    while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (id == 'u')
            url = optarg;
        else if (id == 'c')
            ca = optarg;
        else if (id == 's')
            seconds = strtod(optarg, NULL);
    }
    if (url == NULL || ca == NULL || optind == argc || argc - optind > STREAMS_MAX) {
        fputs(usage, stderr);
        free(s);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGTERM, on_signal);
    signal(SIGPIPE, SIG_IGN);
    for (; ok && optind < argc; optind++)
        ok = stream_open(&s[n++], url, ca, argv[optind], &e);
    figures_cpu(&from);
    if (ok)
        fputs("watch: open\n", stderr);
    ok = ok && watch(s, n, seconds, &e);
    print_end(s, n, &from);
    for (size_t i = 0; i < n; i++)
        stream_close(&s[i]);
    free(s);
    if (!ok)
        fprintf(stderr, "watch: %s\n", e.text);
    return ok ? 0 : 1;
}
