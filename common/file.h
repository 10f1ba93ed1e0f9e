/* SPDX-License-Identifier: BSD-2-Clause */
/* Small files whose loss or half-writing would matter: atomic, synced, locked. */
#ifndef DUBAN_FILE_H
#define DUBAN_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "buf.h"
#include "err.h"

/* Reads a whole regular file of at most max bytes. Error "file" names path and cause. */
bool file_read(const char *path, size_t max, struct buf *out, struct err *e);
/* Writes path atomically: temporary file in the same directory, fsync, rename, fsync of the
 * directory. What is there already must be a regular file. Error "file". */
bool file_write(const char *path, const void *bytes, size_t n, mode_t mode, struct err *e);
/* Makes the directory and its parents (mode for new ones). Error "file". */
bool file_mkdirs(const char *path, mode_t mode, struct err *e);
/* Takes an exclusive lock on path (created when missing); waits up to wait_ms. *fd holds it until
 * closed. Error "locked" when somebody else has it, "file" otherwise. */
bool file_lock(const char *path, int wait_ms, int *fd, struct err *e);

#endif
