/* SPDX-License-Identifier: BSD-2-Clause */
/* bench/peer_load: load for other people's servers, as honest as bench/load is for ours.
 *   ask   POSTs over mutual TLS, one in flight on each connection; an answer 200 counts
 *   pour  lines over mutual TLS that nobody answers, all connections as fast as they are taken
 * Lines come from a file; with `ask` each is "PATH TAB BODY". Prints one line of JSON. */
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "bench/figures.h"
#include "bench/wire.h"
#include "common/file.h"
#include "common/mem.h"

#define FILE_MAX ((size_t)1024 * 1024 * 1024)
#define CHUNK ((size_t)64 * 1024)

static const char usage[] =
    "peer_load ask  --url https://127.0.0.1:PORT --ca F --cert F --key F --lines F\n"
    "               [--connections 64] [--seconds 10] [--warmup 1] [--header \"Name: value\"]\n"
    "peer_load pour --url … --lines F [--connections 16]: every line once\n";

struct lane {
    struct wire wire;
    struct buf request;
    int64_t started; /* 0: nothing in flight */
    bool writing;
};

struct run {
    struct wire_peer peer;
    const char *lines_file, *header;
    size_t connections;
    double seconds, warmup;
    struct buf text;
    char **line; /* into text */
    size_t lines, next;
    bool wrapped; /* every line was used and they began anew */
    struct lane *lane;
    int epoll;
    int64_t from, until;
    uint64_t answered, failed, broken, in_window;
    struct figures latency;
    struct figures_cpu cpu_from, cpu_to;
    char first_failure[300];
};

static bool read_lines(struct run *r, struct err *e)
{
    char *at, *line;
    size_t room = 0;

    if (!file_read(r->lines_file, FILE_MAX, &r->text, e))
        return false;
    at = r->text.data;
    while ((line = strsep(&at, "\n")) != NULL) {
        if (*line == '\0')
            continue;
        if (r->lines == room)
            r->line = xrealloc(r->line, (room = room * 2 + 1024) * sizeof *r->line);
        r->line[r->lines++] = line;
    }
    return r->lines > 0 || err_set(e, "lines", "%s has no lines", r->lines_file);
}

static bool connect_all(struct run *r, struct err *e)
{
    r->lane = xcalloc(r->connections, sizeof *r->lane);
    r->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < r->connections; i++) {
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &r->lane[i]};

        if (!wire_open(&r->lane[i].wire, &r->peer, e))
            return false;
        epoll_ctl(r->epoll, EPOLL_CTL_ADD, r->lane[i].wire.fd, &ev);
    }
    return true;
}

/* ---- ask ------------------------------------------------------------------------------------ */

static void watch(struct run *r, struct lane *l, bool writing)
{
    struct epoll_event ev = {.events = EPOLLIN | (writing ? (uint32_t)EPOLLOUT : 0u),
                             .data.ptr = l};

    if (writing != l->writing)
        epoll_ctl(r->epoll, EPOLL_CTL_MOD, l->wire.fd, &ev);
    l->writing = writing;
}

static void broken(struct run *r, struct lane *l)
{
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = l};
    struct err e;

    r->broken++;
    wire_close(&l->wire);
    l->started = 0;
    l->writing = false;
    if (!wire_open(&l->wire, &r->peer, &e)) {
        fprintf(stderr, "peer_load: %s\n", e.text);
        exit(1);
    }
    epoll_ctl(r->epoll, EPOLL_CTL_ADD, l->wire.fd, &ev);
}

static void ask(struct run *r, struct lane *l)
{
    const char *line = r->line[r->next], *tab = strchr(line, '\t');

    r->next = (r->next + 1) % r->lines;
    r->wrapped = r->wrapped || r->next == 0;
    buf_clear(&l->request);
    buf_addf(&l->request,
             "POST %.*s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
             "%s%sContent-Length: %zu\r\n\r\n%s",
             tab != NULL ? (int)(tab - line) : 1, tab != NULL ? line : "/",
             r->header != NULL ? r->header : "", r->header != NULL ? "\r\n" : "",
             strlen(tab != NULL ? tab + 1 : line), tab != NULL ? tab + 1 : line);
    l->started = figures_now();
    switch (wire_send(&l->wire, l->request.data, l->request.len)) {
    case WIRE_DONE:
        watch(r, l, false);
        break;
    case WIRE_AGAIN:
        watch(r, l, true);
        break;
    case WIRE_BROKEN:
        broken(r, l);
        break;
    }
}

static void answered(struct run *r, struct lane *l, const struct wire_answer *a)
{
    int64_t now = figures_now();

    if (a->status == 200) {
        r->answered++;
        if (now >= r->from && now < r->until) {
            r->in_window++;
            figures_add(&r->latency, now - l->started);
        }
    } else if (r->failed++ == 0) {
        snprintf(r->first_failure, sizeof r->first_failure, "%d %.*s", a->status,
                 (int)(a->body_len < 200 ? a->body_len : 200), a->body);
    }
    buf_consume(&l->wire.in, a->whole_len);
    l->started = 0;
}

static void on_lane(struct run *r, struct lane *l, uint32_t events)
{
    struct wire_answer a;
    enum wire_state s;

    if ((events & EPOLLOUT) != 0)
        watch(r, l, wire_flush(&l->wire) == WIRE_AGAIN);
    s = wire_receive(&l->wire);
    if (l->started != 0 && wire_answer(&l->wire.in, &a))
        answered(r, l, &a);
    if (s == WIRE_BROKEN)
        broken(r, l);
    if (l->started == 0 && figures_now() < r->until)
        ask(r, l);
}

static size_t in_flight(const struct run *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->connections; i++)
        n += r->lane[i].started != 0;
    return n;
}

static void ask_all(struct run *r)
{
    struct epoll_event ev[256];
    bool measuring = false;

    r->from = figures_now() + (int64_t)(r->warmup * 1e6);
    r->until = r->from + (int64_t)(r->seconds * 1e6);
    for (size_t i = 0; i < r->connections; i++)
        ask(r, &r->lane[i]);
    while (figures_now() < r->until || (in_flight(r) > 0 && figures_now() < r->until + 5000000)) {
        int n = epoll_wait(r->epoll, ev, 256, 50);

        if (!measuring && figures_now() >= r->from) {
            measuring = true;
            figures_cpu(&r->cpu_from);
        }
        for (int i = 0; i < n; i++)
            on_lane(r, ev[i].data.ptr, ev[i].events);
    }
    figures_cpu(&r->cpu_to);
}

/* ---- pour ----------------------------------------------------------------------------------- */

/* Sends the next lines of this connection, as many as make a chunk. False: none is left. */
static bool pour(struct run *r, struct lane *l)
{
    buf_clear(&l->request);
    while (r->next < r->lines && l->request.len < CHUNK) {
        buf_add_str(&l->request, r->line[r->next++]);
        buf_add(&l->request, "\n", 1);
    }
    if (l->request.len == 0)
        return false;
    watch(r, l, wire_send(&l->wire, l->request.data, l->request.len) != WIRE_DONE);
    return true;
}

/* Waits until the peer has closed, too: what is closed with unread bytes is reset, and what the
 * peer has not read yet would be lost. */
static void finish(struct lane *l)
{
    struct pollfd p = {.fd = l->wire.fd, .events = POLLIN};

    wire_receive(&l->wire);
    shutdown(l->wire.fd, SHUT_WR);
    for (int i = 0; i < 100 && wire_receive(&l->wire) == WIRE_AGAIN; i++)
        poll(&p, 1, 100);
}

static void pour_all(struct run *r)
{
    int64_t begin = figures_now();
    size_t open = r->connections, full = 0;

    figures_cpu(&r->cpu_from);
    while (open > 0) {
        struct epoll_event ev[256];
        int n;

        open = full = 0;
        for (size_t i = 0; i < r->connections; i++) {
            open += r->lane[i].writing || pour(r, &r->lane[i]);
            full += r->lane[i].writing;
        }
        n = epoll_wait(r->epoll, ev, 256, full == open ? 50 : 0);
        for (int i = 0; i < n; i++) {
            struct lane *l = ev[i].data.ptr;

            if (wire_flush(&l->wire) == WIRE_BROKEN)
                r->broken++;
            watch(r, l, l->wire.out_at < l->wire.out_len && r->broken == 0);
        }
    }
    for (size_t i = 0; i < r->connections; i++)
        finish(&r->lane[i]);
    r->answered = r->in_window = r->next;
    r->seconds = (double)(figures_now() - begin) / 1e6;
    figures_cpu(&r->cpu_to);
}

/* ---- outside -------------------------------------------------------------------------------- */

static bool read_options(int argc, char **argv, struct run *r)
{
    static const struct option options[] = {
        {"url", 1, NULL, 'u'},         {"ca", 1, NULL, 'a'},
        {"cert", 1, NULL, 'c'},        {"key", 1, NULL, 'k'},
        {"lines", 1, NULL, 'l'},       {"header", 1, NULL, 'h'},
        {"connections", 1, NULL, 'n'}, {"seconds", 1, NULL, 's'},
        {"warmup", 1, NULL, 'w'},      {NULL, 0, NULL, 0}};
    int o;

    while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (o) {
        case 'u':
            r->peer.url = optarg;
            break;
        case 'a':
            r->peer.ca = optarg;
            break;
        case 'c':
            r->peer.cert = optarg;
            break;
        case 'k':
            r->peer.key = optarg;
            break;
        case 'l':
            r->lines_file = optarg;
            break;
        case 'h':
            r->header = optarg;
            break;
        case 'n':
            r->connections = strtoul(optarg, NULL, 10);
            break;
        case 's':
            r->seconds = strtod(optarg, NULL);
            break;
        case 'w':
            r->warmup = strtod(optarg, NULL);
            break;
        default:
            return false;
        }
    }
    return optind + 1 == argc && r->peer.url != NULL && r->peer.ca != NULL &&
           r->peer.cert != NULL && r->peer.key != NULL && r->lines_file != NULL &&
           r->connections > 0;
}

static void print(const struct run *r)
{
    printf("{\"acknowledged\":%llu,\"connections\":%zu,\"seconds\":%.3f,\"per_second\":%.1f,"
           "\"failed\":%llu,\"broken\":%llu,\"wrapped\":%s,",
           (unsigned long long)r->answered, r->connections, r->seconds,
           (double)r->in_window / r->seconds, (unsigned long long)r->failed,
           (unsigned long long)r->broken, r->wrapped ? "true" : "false");
    figures_print(&r->latency, "latency_ms", stdout);
    putchar(',');
    figures_cpu_print(&r->cpu_from, &r->cpu_to, "own_cpu", stdout);
    puts("}");
}

int main(int argc, char **argv)
{
    struct run *r = xcalloc(1, sizeof *r);
    struct err e = {0};

    signal(SIGPIPE, SIG_IGN);
    r->connections = 64;
    r->seconds = 10;
    r->warmup = 1;
    if (!read_options(argc, argv, r) ||
        (strcmp(argv[optind], "ask") != 0 && strcmp(argv[optind], "pour") != 0)) {
        fputs(usage, stderr);
        return 2;
    }
    if (!read_lines(r, &e) || !wire_peer_open(&r->peer, &e) || !connect_all(r, &e)) {
        fprintf(stderr, "peer_load: %s\n", e.text);
        return 1;
    }
    if (strcmp(argv[optind], "ask") == 0)
        ask_all(r);
    else
        pour_all(r);
    if (r->failed > 0)
        fprintf(stderr, "peer_load: first of %llu failures: %s\n", (unsigned long long)r->failed,
                r->first_failure);
    print(r);
    for (size_t i = 0; i < r->connections; i++) {
        wire_close(&r->lane[i].wire);
        buf_free(&r->lane[i].request);
    }
    wire_peer_close(&r->peer);
    buf_free(&r->text);
    free(r->line);
    free(r->lane);
    free(r);
    return 0;
}
