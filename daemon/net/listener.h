/* SPDX-License-Identifier: BSD-2-Clause */
/* Accepts connections into a pool: stops while the pool has no room. When the process or system is
 * out of descriptors, idle connections give up theirs; if there are none it pauses, and in the end
 * turns callers away with a descriptor kept in reserve. */
#ifndef DUBAN_LISTENER_H
#define DUBAN_LISTENER_H

#include <stdbool.h>

struct event_base;
struct listener;
struct tls_context;
struct tls_pool;

/* fd: a listening socket, borrowed (the parent's; other processes use it too). ctx NULL = plain;
 * borrowed until listener_set_context() or listener_free(). Takes the pool's on_room. */
struct listener *listener_new(struct event_base *base, int fd, struct tls_pool *pool,
                              struct tls_context *ctx);
/* New connections use ctx from now on; the old one may be freed. */
void listener_set_context(struct listener *l, struct tls_context *ctx);
/* Stops for good; connections already accepted go on. */
void listener_stop(struct listener *l);
void listener_free(struct listener **l);

#endif
