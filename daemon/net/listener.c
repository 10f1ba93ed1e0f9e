/* SPDX-License-Identifier: BSD-2-Clause */
/* The accepting side of a pool. The socket is shared with other generations of receivers. */
#include "daemon/net/listener.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "daemon/net/tls_stream.h"

#define ACCEPTS_PER_TURN 64
#define GONE_AFTER_MS 60000
#define PAUSE_US 250000
#define PAUSES_MAX 12 /* then somebody is turned away */

struct listener {
    int fd;
    int reserve;     /* a descriptor to give up when there are none left */
    unsigned pauses; /* in a row, for want of descriptors */
    bool stopped;
    struct tls_pool *pool;
    struct tls_context *ctx;
    struct event *readable;
    struct event *retry;
};

static void peer_text(const struct sockaddr_storage *a, socklen_t len, char out[64])
{
    char host[NI_MAXHOST];
    char port[NI_MAXSERV];

    if (getnameinfo((const struct sockaddr *)a, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        snprintf(out, 64, "-");
    else
        snprintf(out, 64, "%.50s:%.8s", host, port);
}

/* Takes one caller off the queue with the reserve and turns it away. */
static void turn_away(struct listener *l)
{
    close(l->reserve);
    int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0)
        close(fd);
    l->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Out of descriptors: one of the idle gives up its own. When none is idle, callers wait in the
 * queue (accepting at once again would only spin), and after a while one is turned away. True = go
 * on. */
static bool listener_exhausted(struct listener *l, int error)
{
    const struct timeval pause = {0, PAUSE_US};

    log_limited(LOG_LEVEL_ERROR, "accept", "cannot accept error=\"%s\"", strerror(error));
    if ((error == EMFILE || error == ENFILE) && tls_pool_make_room(l->pool)) {
        l->pauses = 0;
        return true;
    }
    if (++l->pauses >= PAUSES_MAX && l->reserve >= 0) {
        l->pauses = 0;
        turn_away(l);
    }
    event_del(l->readable);
    event_add(l->retry, &pause);
    return false;
}

static bool accept_passing(int error)
{
    return error == EINTR || error == ECONNABORTED || error == EPROTO || error == EPERM;
}

/* False when accepting should end for this turn. */
static bool listener_accept(struct listener *l)
{
    struct sockaddr_storage a;
    socklen_t len = sizeof(a);
    const int on = 1;
    const unsigned gone_after = GONE_AFTER_MS;
    char peer[64];

    int fd = accept4(l->fd, (struct sockaddr *)&a, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        int error = errno;
        if (error == EAGAIN || error == EWOULDBLOCK)
            return false;
        return accept_passing(error) || listener_exhausted(l, error);
    }
    l->pauses = 0;
    peer_text(&a, len, peer);
    /* answers are written whole: waiting for more only adds latency */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    /* a peer that vanished must not keep a place until TCP gives up after a quarter of an hour */
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &gone_after, sizeof(gone_after));
    tls_pool_add(l->pool, l->ctx, fd, peer);
    return true;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct listener *l = arg;

    (void)fd;
    (void)what;
    for (int i = 0; i < ACCEPTS_PER_TURN && tls_pool_has_room(l->pool); i++)
        if (!listener_accept(l))
            return;
    if (!tls_pool_has_room(l->pool))
        event_del(l->readable); /* on_room turns it on again */
}

static void listener_resume(void *arg)
{
    struct listener *l = arg;

    if (!l->stopped && !event_pending(l->retry, EV_TIMEOUT, NULL))
        event_add(l->readable, NULL);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
    struct listener *l = arg;

    (void)fd;
    (void)what;
    if (l->reserve < 0)
        l->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (tls_pool_has_room(l->pool))
        listener_resume(l);
}

struct listener *listener_new(struct event_base *base, int fd, struct tls_pool *pool,
                              struct tls_context *ctx)
{
    struct listener *l = xcalloc(1, sizeof(*l));

    l->fd = fd;
    l->pool = pool;
    l->ctx = ctx;
    l->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    l->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, l);
    l->retry = event_new(base, -1, 0, on_retry, l);
    if (l->readable == NULL || l->retry == NULL)
        abort();
    event_add(l->readable, NULL);
    tls_pool_on_room(pool, listener_resume, l);
    return l;
}

void listener_set_context(struct listener *l, struct tls_context *ctx)
{
    l->ctx = ctx;
}

void listener_stop(struct listener *l)
{
    l->stopped = true;
    event_del(l->readable);
    event_del(l->retry);
}

void listener_free(struct listener **l)
{
    if (*l == NULL)
        return;
    tls_pool_on_room((*l)->pool, NULL, NULL);
    event_free((*l)->readable);
    event_free((*l)->retry);
    if ((*l)->reserve >= 0)
        close((*l)->reserve);
    free(*l);
    *l = NULL;
}
