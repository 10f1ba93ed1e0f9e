/* SPDX-License-Identifier: BSD-2-Clause */
/* bench/hold: opens thousands of connections, holds them, and notes when an event reaches each.
 * Commands on standard input: `again` closes all and opens them anew, `quit`. One line of JSON on
 * standard output for each opening and for each wave of events. The server is our own instance,
 * nginx or bench/raw on this machine. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "bench/figures.h"
#include "bench/wire.h"
#include "common/mem.h"

#define QUIET_US 400000 /* after a wave: what still comes belongs to it */
#define OPEN_US 120000000

static const char usage[] =
    "hold --url https://127.0.0.1:PORT --ca F --cert F --key F --connections N\n"
    "     [--get PATH [--since EVENT]] [--parallel 64]\n";

enum one_state { ONE_CLOSED, ONE_SHAKING, ONE_ASKED, ONE_OPEN };

struct one {
    struct wire w;
    enum one_state state;
    int64_t began;
    uint64_t wave; /* the last that reached it */
};

struct hold {
    struct wire_peer peer;
    const char *get, *since;
    char *request; /* NULL: nothing is asked */
    size_t n, parallel;
    struct one *one;
    int epoll;
    size_t begun, shaking, open, failed;
    struct figures shake;
    /* the wave that is under way */
    uint64_t wave;
    size_t reached;
    int64_t first, last; /* real clock, µs */
    struct figures late; /* behind the first */
    bool quit;
};

static int64_t real_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- opening -------------------------------------------------------------------------------- */

static void fail_one(struct hold *h, struct one *o)
{
    if (o->state == ONE_SHAKING || o->state == ONE_ASKED)
        h->shaking--;
    else if (o->state == ONE_OPEN)
        h->open--;
    h->failed++;
    wire_close(&o->w);
    o->state = ONE_CLOSED;
}

static bool begin_one(struct hold *h, struct one *o, struct err *e)
{
    struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = o};

    o->began = figures_now();
    if (!wire_begin(&o->w, &h->peer, e))
        return false;
    o->state = ONE_SHAKING;
    h->begun++;
    h->shaking++;
    return epoll_ctl(h->epoll, EPOLL_CTL_ADD, o->w.fd, &ev) == 0 ||
           err_set(e, "wire", "epoll: %s", strerror(errno));
}

static void opened(struct hold *h, struct one *o)
{
    o->state = ONE_OPEN;
    h->shaking--;
    h->open++;
}

static void shake_one(struct hold *h, struct one *o)
{
    enum wire_state s = wire_shake(&o->w);

    if (s == WIRE_AGAIN)
        return;
    if (s == WIRE_BROKEN) {
        fail_one(h, o);
        return;
    }
    figures_add(&h->shake, figures_now() - o->began);
    o->state = ONE_ASKED;
    if (h->request == NULL)
        opened(h, o);
    else if (wire_send(&o->w, h->request, strlen(h->request)) != WIRE_DONE)
        fail_one(h, o);
}

/* ---- waves ---------------------------------------------------------------------------------- */

static void print_wave(struct hold *h)
{
    printf("{\"wave\":%llu,\"connections\":%zu,\"reached\":%zu,\"first_us\":%lld,\"last_us\":%lld,",
           (unsigned long long)h->wave, h->n, h->reached, (long long)h->first, (long long)h->last);
    figures_print(&h->late, "behind_ms", stdout);
    puts("}");
    fflush(stdout);
    h->reached = 0;
}

static void event_came(struct hold *h, struct one *o)
{
    int64_t now = real_now();

    if (h->reached == 0) {
        if (now - h->last < QUIET_US)
            return;
        h->wave++;
        h->first = now;
        memset(&h->late, 0, sizeof h->late);
    }
    if (o->wave == h->wave)
        return;
    o->wave = h->wave;
    h->last = now;
    figures_add(&h->late, now - h->first);
    if (++h->reached == h->n)
        print_wave(h);
}

static void take_input(struct hold *h, struct one *o)
{
    const struct buf *in = &o->w.in;

    if (o->state == ONE_ASKED && memmem(in->data, in->len, "\r\n\r\n", 4) != NULL) {
        opened(h, o);
        if (strncmp(in->data, "HTTP/1.1 200", 12) != 0)
            fprintf(stderr, "hold: %.*s\n", 40, in->data);
    } else if (o->state == ONE_OPEN && memmem(in->data, in->len, "event: alert", 12) != NULL) {
        event_came(h, o);
    }
    if (o->state == ONE_OPEN)
        buf_free(&o->w.in);
}

static void on_one(struct hold *h, struct one *o)
{
    enum wire_state s;

    if (o->state == ONE_SHAKING)
        shake_one(h, o);
    if (o->state != ONE_ASKED && o->state != ONE_OPEN)
        return;
    s = wire_receive(&o->w);
    if (o->w.in.len > 0)
        take_input(h, o);
    if (s == WIRE_BROKEN)
        fail_one(h, o);
    else if (o->state == ONE_OPEN)
        buf_free(&o->w.in); /* also the room that nothing came into */
}

/* ---- loop ----------------------------------------------------------------------------------- */

static void on_command(struct hold *h, bool *again)
{
    char line[64];
    ssize_t n = read(STDIN_FILENO, line, sizeof line - 1);

    line[n > 0 ? n : 0] = '\0';
    if (n <= 0 || strncmp(line, "quit", 4) == 0)
        h->quit = true;
    else if (strncmp(line, "again", 5) == 0)
        *again = true;
}

static void turn(struct hold *h, int wait_ms, bool *again)
{
    struct epoll_event ev[256];
    int n = epoll_wait(h->epoll, ev, 256, wait_ms);

    for (int i = 0; i < n; i++) {
        if (ev[i].data.ptr == NULL)
            on_command(h, again);
        else
            on_one(h, ev[i].data.ptr);
    }
}

static void close_all(struct hold *h)
{
    for (size_t i = 0; i < h->n; i++)
        if (h->one[i].state != ONE_CLOSED)
            wire_close(&h->one[i].w);
    memset(h->one, 0, h->n * sizeof *h->one);
    h->begun = h->shaking = h->open = 0;
}

static void print_opened(const struct hold *h, int64_t us, const struct figures_cpu *from)
{
    struct figures_cpu to;

    figures_cpu(&to);
    printf("{\"opened\":%zu,\"failed\":%zu,\"seconds\":%.3f,\"per_second\":%.1f,", h->open,
           h->failed, (double)us / 1e6, (double)h->open / ((double)us / 1e6));
    figures_print(&h->shake, "handshake_ms", stdout);
    putchar(',');
    figures_cpu_print(from, &to, "own_cpu", stdout);
    puts("}");
    fflush(stdout);
}

/* Opens what is closed, h->parallel at a time. */
static bool open_all(struct hold *h, struct err *e)
{
    int64_t from = figures_now();
    struct figures_cpu cpu;
    bool again = false;
    size_t at = 0;

    figures_cpu(&cpu);
    memset(&h->shake, 0, sizeof h->shake);
    h->failed = 0;
    while (h->open < h->n && !h->quit) {
        while (h->shaking < h->parallel && h->open + h->shaking < h->n) {
            while (h->one[at % h->n].state != ONE_CLOSED)
                at++;
            if (!begin_one(h, &h->one[at % h->n], e))
                return false;
        }
        turn(h, 100, &again);
        if (h->failed > h->n || figures_now() - from > OPEN_US)
            return err_set(e, "wire", "%zu of %zu connections open, %zu failures", h->open, h->n,
                           h->failed);
    }
    print_opened(h, figures_now() - from, &cpu);
    return true;
}

static bool hold(struct hold *h, struct err *e)
{
    bool ok = open_all(h, e);

    while (ok && !h->quit) {
        bool again = false;

        turn(h, 100, &again);
        if (h->reached > 0 && real_now() - h->last > 1000000)
            print_wave(h);
        if (again) {
            close_all(h);
            ok = open_all(h, e);
        }
    }
    close_all(h);
    return ok;
}

static bool prepare(struct hold *h, struct err *e)
{
    struct epoll_event ev = {.events = EPOLLIN};

    h->peer.lean = true;
    if (h->get != NULL)
        h->request = xasprintf("GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s%s%s\r\n", h->get,
                               h->since != NULL ? "Last-Event-ID: " : "",
                               h->since != NULL ? h->since : "", h->since != NULL ? "\r\n" : "");
    h->one = xcalloc(h->n, sizeof *h->one);
    h->epoll = epoll_create1(EPOLL_CLOEXEC);
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    epoll_ctl(h->epoll, EPOLL_CTL_ADD, STDIN_FILENO, &ev);
    return wire_peer_open(&h->peer, e);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"url", 1, NULL, 'u'},      {"ca", 1, NULL, 'c'},    {"cert", 1, NULL, 'C'},
        {"key", 1, NULL, 'k'},      {"get", 1, NULL, 'g'},   {"connections", 1, NULL, 'n'},
        {"parallel", 1, NULL, 'p'}, {"since", 1, NULL, 's'}, {NULL, 0, NULL, 0}};
    struct hold h = {.parallel = 64};
    struct err e = {0};
    bool ok;
    int id;

    while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
        const char **text = id == 'u'   ? &h.peer.url
                            : id == 'c' ? &h.peer.ca
                            : id == 'C' ? &h.peer.cert
                            : id == 'k' ? &h.peer.key
                            : id == 'g' ? &h.get
                            : id == 's' ? &h.since
                                        : NULL;
        if (text != NULL)
            *text = optarg;
        else if (id == 'n')
            h.n = strtoul(optarg, NULL, 10);
        else if (id == 'p')
            h.parallel = strtoul(optarg, NULL, 10);
    }
    if (h.peer.url == NULL || h.peer.cert == NULL || h.peer.key == NULL || h.n == 0 ||
        h.parallel == 0) {
        fputs(usage, stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    ok = prepare(&h, &e) && hold(&h, &e);
    if (!ok)
        fprintf(stderr, "hold: %s\n", e.text);
    wire_peer_close(&h.peer);
    free(h.one);
    free(h.request);
    return ok ? 0 : 1;
}
