/* SPDX-License-Identifier: BSD-2-Clause */
/* Opened by the parent and kept: a receiver that dies leaves no caller without a queue. */
#include "daemon/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/i18n.h"
#include "common/mem.h"
#include "daemon/settings.h"

#define BACKLOG 1024

static bool socket_fail(const char *address, struct err *e)
{
    return err_set(e, "listen", _("cannot listen on %s: %s"), address, strerror(errno));
}

static bool socket_set(int fd, int option)
{
    const int on = 1;

    return setsockopt(fd, SOL_SOCKET, option, &on, sizeof(on)) == 0;
}

/* A bound socket, listening unless it is only to see whether the address is free. */
static bool socket_bind(const char *address, bool shared, int *out, struct err *e)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *a = NULL;
    char host[64];
    char port[8];

    errno = EINVAL;
    if (!settings_address(address, host, port) || getaddrinfo(host, port, &hints, &a) != 0)
        return socket_fail(address, e);
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && socket_set(fd, SO_REUSEADDR) &&
              (!shared || socket_set(fd, SO_REUSEPORT)) &&
              bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
    if (!ok)
        socket_fail(address, e);
    freeaddrinfo(a);
    if (!ok && fd >= 0)
        close(fd);
    *out = fd;
    return ok;
}

static bool address_free(const char *address, struct err *e)
{
    int fd;

    if (!socket_bind(address, false, &fd, e))
        return false;
    close(fd);
    return true;
}

/* The same queue as before, or a new one. */
static bool socket_take(const char *address, int before, int *out, struct err *e)
{
    if (before < 0)
        return socket_bind(address, true, out, e);
    *out = fcntl(before, F_DUPFD_CLOEXEC, 3);
    return *out >= 0 || socket_fail(address, e);
}

static bool sockets_fill(const struct settings *s, const struct sockets *before,
                         struct sockets *out, struct err *e)
{
    bool same = before != NULL && strcmp(before->listen, s->listen) == 0;
    bool same_admin = before != NULL && strcmp(before->admin, s->admin_listen) == 0;

    if ((!same && !address_free(s->listen, e)) ||
        (!same_admin && !address_free(s->admin_listen, e)))
        return false;
    for (size_t i = 0; i < (size_t)s->receivers; i++, out->n++)
        if (!socket_take(s->listen, same && i < before->n ? before->fd[i] : -1, &out->fd[i], e))
            return false;
    return socket_take(s->admin_listen, same_admin ? before->admin_fd : -1, &out->admin_fd, e);
}

bool sockets_open(const struct settings *s, const struct sockets *before, struct sockets *out,
                  struct err *e)
{
    *out = (struct sockets){.admin_fd = -1};
    out->listen = xstrdup(s->listen);
    out->admin = xstrdup(s->admin_listen);
    out->fd = xcalloc((size_t)s->receivers, sizeof(int));
    if (sockets_fill(s, before, out, e))
        return true;
    sockets_close(out);
    return false;
}

void sockets_close(struct sockets *s)
{
    for (size_t i = 0; i < s->n; i++)
        close(s->fd[i]);
    if (s->admin_fd >= 0)
        close(s->admin_fd);
    free(s->fd);
    free(s->listen);
    free(s->admin);
    *s = (struct sockets){.admin_fd = -1};
}
