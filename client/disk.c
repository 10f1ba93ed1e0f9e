/* SPDX-License-Identifier: BSD-2-Clause */
/* The durable steps of the outbox. */
#include "client/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/i18n.h"
#include "common/mem.h"

static int steps_left = -1; /* set by tests only */

void disk_stop_for_test(int steps)
{
    steps_left = steps;
}

static bool step(struct err *e)
{
    if (steps_left < 0)
        return true;
    if (steps_left == 0)
        return err_set(e, "stopped", "stopped by a test");
    steps_left--;
    return true;
}

static bool sync_parent(const char *path, struct err *e)
{
    const char *slash = strrchr(path, '/');
    char *dir = slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;

    if (!ok)
        err_set(e, "file", _("%s: cannot be written to disk: %s"), dir, strerror(errno));
    if (fd >= 0)
        close(fd);
    free(dir);
    return ok;
}

bool disk_write(const char *path, const void *bytes, size_t n, struct err *e)
{
    return step(e) && file_write(path, bytes, n, 0600, e);
}

bool disk_move(const char *from, const char *to, struct err *e)
{
    if (!step(e))
        return false;
    if (rename(from, to) != 0)
        return err_set(e, "file", _("%s cannot become %s: %s"), from, to, strerror(errno));
    return sync_parent(to, e) && sync_parent(from, e);
}

bool disk_remove(const char *path, struct err *e)
{
    if (!step(e))
        return false;
    if (remove(path) == 0)
        return sync_parent(path, e);
    return errno == ENOENT ||
           err_set(e, "file", _("%s cannot be removed: %s"), path, strerror(errno));
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static bool number_of(const char *name, const char *suffix, int64_t *out)
{
    char *end = NULL;

    if (name[0] < '1' || name[0] > '9')
        return false;
    errno = 0;
    long long v = strtoll(name, &end, 10);
    *out = v;
    return errno == 0 && strcmp(end, suffix) == 0;
}

size_t disk_numbers(const char *dir, const char *suffix, int64_t **numbers)
{
    DIR *d = opendir(dir);
    size_t n = 0;
    struct dirent *entry;
    int64_t number;

    *numbers = NULL;
    while (d && (entry = readdir(d)))
        if (number_of(entry->d_name, suffix, &number)) {
            *numbers = xrealloc(*numbers, (n + 1) * sizeof **numbers);
            (*numbers)[n++] = number;
        }
    if (d)
        closedir(d);
    if (n)
        qsort(*numbers, n, sizeof **numbers, by_number);
    return n;
}

size_t disk_count(const char *dir, const char *suffix)
{
    DIR *d = opendir(dir);
    size_t n = 0;
    struct dirent *entry;

    while (d && (entry = readdir(d))) {
        size_t len = strlen(entry->d_name);
        n += len > strlen(suffix) && strcmp(entry->d_name + len - strlen(suffix), suffix) == 0;
    }
    if (d)
        closedir(d);
    return n;
}
