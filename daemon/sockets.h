/* SPDX-License-Identifier: BSD-2-Clause */
/* The listening sockets of one generation: one per receiver (SO_REUSEPORT) and the local one. */
#ifndef DUBAN_SOCKETS_H
#define DUBAN_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

struct settings;

struct sockets {
    char *listen, *admin; /* the addresses */
    int *fd;
    size_t n;
    int admin_fd;
};

/* Opens what the settings say. before: sockets of the running generation, whose queues are kept
 * where the address is the same, or NULL: then an address that anybody listens on already is
 * refused (with SO_REUSEPORT it would silently be shared). Error "listen" names address and cause.
 */
bool sockets_open(const struct settings *s, const struct sockets *before, struct sockets *out,
                  struct err *e);
void sockets_close(struct sockets *s);

#endif
