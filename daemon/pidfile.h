/* SPDX-License-Identifier: BSD-2-Clause */
/* The pid file: locked as long as the daemon lives, so that a second one refuses. */
#ifndef DUBAN_PIDFILE_H
#define DUBAN_PIDFILE_H

#include <stdbool.h>

#include "common/err.h"

/* Locks the file and writes our process number into it. Errors "locked", "file". */
bool pidfile_take(const char *path, int *fd, struct err *e);
/* Removes the file and lets go; nothing when *fd is -1. */
void pidfile_release(const char *path, int *fd);

#endif
