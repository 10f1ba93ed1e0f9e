/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages over a socketpair. A descriptor travels with the first byte of its message and waits in
 * a short queue until that message is whole. */
#include "daemon/link.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/mem.h"

#define HEADER 8
#define WITH_FD 0x80000000U /* in the type: this message brings a descriptor */
#define FDS_MAX 64          /* waiting, each way */
#define READ_CHUNK ((size_t)64 * 1024)
#define READ_BUDGET ((size_t)1024 * 1024)

/* A descriptor to be sent with the byte at this offset of the output. */
struct link_fd {
    size_t at;
    int fd;
};

struct link {
    int fd;
    bool closed, told; /* the other end is gone; on_close was called */
    bool *freed;       /* set when link_free() is called from inside a callback */
    const struct link_ops *ops;
    void *ctx;
    struct event *readable, *writable, *gone;
    struct buf in, out;
    size_t out_at;
    struct link_fd send[FDS_MAX];
    size_t sends;
    int received[FDS_MAX];
    size_t receiveds;
};

bool link_pair(int fd[2])
{
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd) == 0;
}

/* on_close comes from the loop, never from inside a call. */
static void link_fail(struct link *l)
{
    const struct timeval now = {0, 0};

    if (l->closed)
        return;
    l->closed = true;
    event_del(l->readable);
    event_del(l->writable);
    event_add(l->gone, &now);
}

static void on_gone(evutil_socket_t fd, short what, void *arg)
{
    struct link *l = arg;

    (void)fd;
    (void)what;
    if (l->told)
        return;
    l->told = true;
    l->ops->on_close(l, l->ctx);
}

/* ---- in ------------------------------------------------------------------------------------ */

static int take_fd(struct link *l)
{
    if (l->receiveds == 0)
        return -1;
    int fd = l->received[0];
    l->receiveds--;
    memmove(l->received, l->received + 1, l->receiveds * sizeof(int));
    return fd;
}

/* Hands over whole messages. False when the link was freed inside. */
static bool link_dispatch(struct link *l)
{
    bool freed = false;
    size_t at = 0;
    uint32_t header[2];

    l->freed = &freed;
    while (!l->closed && l->in.len - at >= HEADER) {
        memcpy(header, l->in.data + at, HEADER);
        if (header[0] > LINK_MESSAGE_MAX) {
            link_fail(l);
            break;
        }
        if (l->in.len - at - HEADER < header[0])
            break;
        int fd = (header[1] & WITH_FD) != 0 ? take_fd(l) : -1;
        if ((header[1] & WITH_FD) != 0 && fd < 0) {
            link_fail(l);
            break;
        }
        l->ops->on_message(l, l->ctx, header[1] & ~WITH_FD,
                           (const uint8_t *)l->in.data + at + HEADER, header[0], fd);
        if (freed)
            return false;
        at += HEADER + header[0];
    }
    l->freed = NULL;
    buf_consume(&l->in, at);
    return true;
}

static void collect_fds(struct link *l, struct msghdr *msg)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
            if (l->receiveds < FDS_MAX) {
                l->received[l->receiveds++] = fd;
            } else {
                close(fd);
                link_fail(l);
            }
        }
    }
}

/* Bytes read, 0 when there are none now, -1 at the end. */
static ssize_t link_receive(struct link *l)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(4 * sizeof(int))];
    } control;
    char *room = buf_reserve(&l->in, READ_CHUNK);
    struct iovec iov = {room, READ_CHUNK};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = &control,
                         .msg_controllen = sizeof(control)};

    if (room == NULL)
        return -1;
    ssize_t n = recvmsg(l->fd, &msg, MSG_CMSG_CLOEXEC);
    if (n > 0) {
        collect_fds(l, &msg);
        l->in.len += (size_t)n;
        return (msg.msg_flags & MSG_CTRUNC) != 0 ? -1 : n;
    }
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct link *l = arg;
    size_t budget = READ_BUDGET;

    (void)fd;
    (void)what;
    while (!l->closed && budget >= READ_CHUNK) {
        ssize_t n = link_receive(l);
        if (n == 0)
            break;
        if (n < 0)
            link_fail(l);
        else if (!link_dispatch(l))
            return;
        budget -= READ_CHUNK;
    }
    if (l->in.len == 0)
        buf_free(&l->in);
}

/* ---- out ----------------------------------------------------------------------------------- */

/* Sends up to the next byte that carries a descriptor. */
static ssize_t link_transmit(struct link *l)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    bool carries = l->sends > 0 && l->send[0].at == l->out_at;
    size_t end = l->sends > (size_t)carries ? l->send[carries].at : l->out.len;
    struct iovec iov = {l->out.data + l->out_at, end - l->out_at};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

    if (carries) {
        msg.msg_control = &control;
        msg.msg_controllen = sizeof(control);
        struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &l->send[0].fd, sizeof(int));
    }
    ssize_t n = sendmsg(l->fd, &msg, MSG_NOSIGNAL);
    if (n > 0 && carries) {
        close(l->send[0].fd);
        l->sends--;
        memmove(l->send, l->send + 1, l->sends * sizeof(*l->send));
    }
    return n;
}

static void link_flush(struct link *l)
{
    while (!l->closed && l->out_at < l->out.len) {
        ssize_t n = link_transmit(l);
        if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ETOOMANYREFS)) {
            event_add(l->writable, NULL);
            return;
        }
        if (n < 0) {
            link_fail(l);
            return;
        }
        l->out_at += (size_t)n;
    }
    if (l->closed)
        return;
    event_del(l->writable);
    buf_clear(&l->out);
    l->out_at = 0;
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    link_flush(arg);
}

static void link_compact(struct link *l)
{
    if (l->out_at < l->out.len - l->out_at)
        return;
    buf_consume(&l->out, l->out_at);
    for (size_t i = 0; i < l->sends; i++)
        l->send[i].at -= l->out_at;
    l->out_at = 0;
}

/* Notes a copy of fd for the message that starts at the end of the output. */
static bool link_attach(struct link *l, int fd)
{
    int copy = l->sends < FDS_MAX ? dup(fd) : -1;

    if (copy < 0)
        return false;
    l->send[l->sends++] = (struct link_fd){l->out.len, copy};
    return true;
}

bool link_send(struct link *l, unsigned type, const void *data, size_t n, int fd)
{
    uint32_t header[2] = {(uint32_t)n, type | (fd >= 0 ? WITH_FD : 0)};
    bool quiet = l->out.len == l->out_at;

    if (l->closed || n > LINK_MESSAGE_MAX || link_unsent(l) + n + HEADER > LINK_QUEUE_MAX)
        return false;
    link_compact(l);
    if (fd >= 0 && !link_attach(l, fd))
        return false;
    if (!buf_add(&l->out, header, HEADER) || !buf_add(&l->out, data, n)) {
        link_fail(l);
        return false;
    }
    if (quiet)
        link_flush(l);
    return !l->closed;
}

size_t link_unsent(const struct link *l)
{
    return l->out.len - l->out_at;
}

struct link *link_new(struct event_base *base, int fd, const struct link_ops *ops, void *ctx)
{
    struct link *l = xcalloc(1, sizeof(*l));

    l->fd = fd;
    l->ops = ops;
    l->ctx = ctx;
    l->in.limit = LINK_MESSAGE_MAX + HEADER + READ_CHUNK;
    l->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, l);
    l->writable = event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, l);
    l->gone = event_new(base, -1, 0, on_gone, l);
    if (l->readable == NULL || l->writable == NULL || l->gone == NULL)
        abort();
    event_priority_set(l->readable, 0); /* before clients, where the base knows priorities */
    event_priority_set(l->writable, 0);
    event_add(l->readable, NULL);
    return l;
}

void link_free(struct link **link)
{
    struct link *l = *link;

    if (l == NULL)
        return;
    *link = NULL;
    if (l->freed != NULL)
        *l->freed = true;
    event_free(l->readable);
    event_free(l->writable);
    event_free(l->gone);
    close(l->fd);
    for (size_t i = 0; i < l->sends; i++)
        close(l->send[i].fd);
    for (size_t i = 0; i < l->receiveds; i++)
        close(l->received[i]);
    buf_free(&l->in);
    buf_free(&l->out);
    free(l);
}
