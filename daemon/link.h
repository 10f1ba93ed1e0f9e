/* SPDX-License-Identifier: BSD-2-Clause */
/* Typed messages between our own processes over a socketpair (SOCK_STREAM): 8 bytes of header
 * (length, type; host byte order), then the payload; a message may carry one descriptor. Both ends
 * are ours, but a message is still checked: a process that was taken over must not get further. */
#ifndef DUBAN_LINK_H
#define DUBAN_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINK_MESSAGE_MAX ((size_t)1024 * 1024)
#define LINK_QUEUE_MAX ((size_t)8 * 1024 * 1024)

struct event_base;
struct link;

enum link_type {
    LINK_HEARTBEAT = 1, /* child → parent, each second; empty */
    LINK_READY,         /* child → parent: the role has started; empty */
    LINK_DRAIN,         /* parent → child: finish and leave; empty */
    LINK_PEER,    /* parent → child: uint32 slot, with a descriptor (struct child on_peer) */
    LINK_SIGN,    /* receiver → signer: sign_message.h */
    LINK_HEAD,    /* signer → receiver */
    LINK_NEED,    /* signer → receiver */
    LINK_REFUSED, /* signer → receiver */
    LINK_PULSE    /* receiver → signer: empty; back: the newest head, signed with the instant */
};

/* on_message: data is valid during the call; fd is -1 or a descriptor that now belongs to the
 * callee (close-on-exec is set). link_free() may be called inside.
 * on_close: the other end is gone or broke the form; called once, from the loop. Free the link. */
struct link_ops {
    void (*on_message)(struct link *l, void *ctx, unsigned type, const uint8_t *data, size_t n,
                       int fd);
    void (*on_close)(struct link *l, void *ctx);
};

/* Makes a connected pair, non-blocking and close-on-exec. False with errno. */
bool link_pair(int fd[2]);
/* Takes fd. ops must outlive it. */
struct link *link_new(struct event_base *base, int fd, const struct link_ops *ops, void *ctx);
void link_free(struct link **l);
/* Queues and sends. fd -1 = none; else it is duplicated, the caller keeps its own. False when the
 * link is closed, n is over LINK_MESSAGE_MAX or LINK_QUEUE_MAX bytes are waiting already. */
bool link_send(struct link *l, unsigned type, const void *data, size_t n, int fd);
/* Bytes that wait to be sent. */
size_t link_unsent(const struct link *l);

#endif
