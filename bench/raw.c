/* SPDX-License-Identifier: BSD-2-Clause */
/* bench/raw: the least a TLS server can do, as a floor: accepts connections with client
 * certificates, answers each request with an empty 200, and on the line `send` on standard input
 * writes one event to every connection with SSL_write. One thread, epoll, no HTTP to speak of.
 * Only for 127.0.0.1. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/figures.h"
#include "common/mem.h"

static const char usage[] = "raw --port N --cert F --key F --ca F [--bytes 700]\n";
static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

struct conn {
    SSL *ssl;
    int fd;
    bool open;
    struct conn *next;
};

struct raw {
    SSL_CTX *ctx;
    const char *cert, *key, *ca;
    uint16_t port;
    size_t bytes;
    char *event;
    int epoll, listener;
    struct conn *conns;
    bool quit;
};

static int64_t real_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static bool make_context(struct raw *r)
{
    r->ctx = SSL_CTX_new(TLS_server_method());
    if (r->ctx == NULL || SSL_CTX_set_min_proto_version(r->ctx, TLS1_3_VERSION) != 1 ||
        SSL_CTX_use_certificate_chain_file(r->ctx, r->cert) != 1 ||
        SSL_CTX_use_PrivateKey_file(r->ctx, r->key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_load_verify_locations(r->ctx, r->ca, NULL) != 1)
        return false;
    SSL_CTX_set_verify(r->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_session_cache_mode(r->ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(r->ctx, 0);
    SSL_CTX_set_mode(r->ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
    return true;
}

static bool make_listener(struct raw *r)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(r->port)};
    struct epoll_event listening = {.events = EPOLLIN, .data.ptr = r};
    struct epoll_event commands = {.events = EPOLLIN, .data.ptr = NULL};
    int one = 1;

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    r->epoll = epoll_create1(EPOLL_CLOEXEC);
    r->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    setsockopt(r->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    return r->listener >= 0 && bind(r->listener, (struct sockaddr *)&a, sizeof a) == 0 &&
           listen(r->listener, 4096) == 0 &&
           epoll_ctl(r->epoll, EPOLL_CTL_ADD, r->listener, &listening) == 0 &&
           epoll_ctl(r->epoll, EPOLL_CTL_ADD, STDIN_FILENO, &commands) == 0;
}

static void on_accept(struct raw *r)
{
    int fd, one = 1;

    while ((fd = accept4(r->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct conn *c = xcalloc(1, sizeof *c);
        struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c};

        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        c->fd = fd;
        c->ssl = SSL_new(r->ctx);
        SSL_set_fd(c->ssl, fd);
        c->next = r->conns;
        r->conns = c;
        epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &ev);
    }
}

/* The struct stays in the list until the end: a floor may leak. */
static void conn_close(struct conn *c)
{
    c->open = false;
    SSL_free(c->ssl);
    c->ssl = NULL;
    close(c->fd);
}

static bool goes_on(const struct conn *c, int n)
{
    int why = SSL_get_error(c->ssl, n);

    ERR_clear_error();
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

static void on_conn(struct conn *c)
{
    char in[4096];
    int n;

    if (c->ssl == NULL)
        return;
    if (!c->open) {
        n = SSL_accept(c->ssl);
        if (n != 1) {
            if (!goes_on(c, n))
                conn_close(c);
            return;
        }
        c->open = true;
    }
    while ((n = SSL_read(c->ssl, in, sizeof in)) > 0)
        if (n >= 4 && memcmp(in + n - 4, "\r\n\r\n", 4) == 0)
            SSL_write(c->ssl, answer, sizeof answer - 1);
    if (!goes_on(c, n))
        conn_close(c);
}

/* A socket that takes nothing is asked again: all of them are to get it. */
static void send_all(struct raw *r)
{
    int64_t from = real_now();
    struct figures_cpu before, after;
    size_t n = 0;

    figures_cpu(&before);
    for (struct conn *c = r->conns; c != NULL; c = c->next) {
        if (!c->open)
            continue;
        while (SSL_write(c->ssl, r->event, (int)r->bytes) <= 0)
            if (!goes_on(c, 0))
                break;
        n++;
    }
    figures_cpu(&after);
    printf("{\"sent\":%zu,\"from_us\":%lld,\"to_us\":%lld,", n, (long long)from,
           (long long)real_now());
    figures_cpu_print(&before, &after, "cpu", stdout);
    puts("}");
    fflush(stdout);
}

static void on_command(struct raw *r)
{
    char line[64];
    ssize_t n = read(STDIN_FILENO, line, sizeof line - 1);

    if (n <= 0 || strncmp(line, "quit", 4) == 0)
        r->quit = true;
    else if (strncmp(line, "send", 4) == 0)
        send_all(r);
}

static void serve(struct raw *r)
{
    struct epoll_event ev[256];

    while (!r->quit) {
        int n = epoll_wait(r->epoll, ev, 256, -1);

        for (int i = 0; i < n; i++) {
            if (ev[i].data.ptr == NULL)
                on_command(r);
            else if (ev[i].data.ptr == r)
                on_accept(r);
            else
                on_conn(ev[i].data.ptr);
        }
    }
}

static void make_event(struct raw *r)
{
    static const char head[] = "id: 1\nevent: alert\ndata: ";

    r->bytes = r->bytes < sizeof head + 2 ? sizeof head + 2 : r->bytes;
    r->event = xmalloc(r->bytes + 1);
    memset(r->event, 'x', r->bytes);
    memcpy(r->event, head, sizeof head - 1);
    memcpy(r->event + r->bytes - 2, "\n\n", 2);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"port", 1, NULL, 'p'},  {"cert", 1, NULL, 'C'},
                                            {"key", 1, NULL, 'k'},   {"ca", 1, NULL, 'c'},
                                            {"bytes", 1, NULL, 'b'}, {NULL, 0, NULL, 0}};
    struct raw r = {.bytes = 700};
    int id;

    while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (id == 'p')
            r.port = (uint16_t)strtoul(optarg, NULL, 10);
        else if (id == 'b')
            r.bytes = strtoul(optarg, NULL, 10);
        else if (id == 'C')
            r.cert = optarg;
        else if (id == 'k')
            r.key = optarg;
        else if (id == 'c')
            r.ca = optarg;
    }
    if (r.port == 0 || r.cert == NULL || r.key == NULL || r.ca == NULL) {
        fputs(usage, stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    if (!make_context(&r) || !make_listener(&r)) {
        fprintf(stderr, "raw: cannot listen on 127.0.0.1:%u: %s\n", r.port, strerror(errno));
        return 1;
    }
    make_event(&r);
    puts("{\"listening\":true}");
    fflush(stdout);
    serve(&r);
    return 0;
}
