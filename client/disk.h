/* SPDX-License-Identifier: BSD-2-Clause */
/* The durable steps of the outbox: each one is on disk when it returns. Tests stop the program
 * after any number of them. */
#ifndef DUBAN_CLIENT_DISK_H
#define DUBAN_CLIENT_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/* Writes path atomically, mode 0600. Error "file". */
bool disk_write(const char *path, const void *bytes, size_t n, struct err *e);
/* Renames within one file system; both directories are synced. Error "file". */
bool disk_move(const char *from, const char *to, struct err *e);
/* Removes a file or an empty directory; absent is fine. Error "file". */
bool disk_remove(const char *path, struct err *e);
/* Sorted numbers N of the files DIR/N<suffix>; an absent directory holds none. The caller frees. */
size_t disk_numbers(const char *dir, const char *suffix, int64_t **numbers);
/* Number of files DIR/…<suffix>. */
size_t disk_count(const char *dir, const char *suffix);

/* For tests: after this many further steps each step fails with "stopped"; negative: never. */
void disk_stop_for_test(int steps);

#endif
