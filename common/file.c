/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that must survive a power cut whole: keys, outbox, signer state, configuration. */
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/i18n.h"
#include "common/mem.h"

#define LOCK_POLL_US 20000

static bool failed(const char *path, struct err *e)
{
    return err_set(e, "file", "%s: %s", path, strerror(errno));
}

static bool read_all(int fd, const char *path, size_t max, struct buf *out, struct err *e)
{
    size_t start = out->len;

    for (;;) {
        char chunk[8192];
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(path, e);
        if (n == 0)
            return true;
        if (out->len - start + (size_t)n > max || !buf_add(out, chunk, (size_t)n))
            return err_set(e, "file", _("%s: larger than %zu bytes; is this the right file?"), path,
                           max);
    }
}

bool file_read(const char *path, size_t max, struct buf *out, struct err *e)
{
    struct stat st;
    /* O_NONBLOCK: opening a FIFO must not wait for a writer */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return failed(path, e);
    bool ok = fstat(fd, &st) == 0 || failed(path, e);
    if (ok && !S_ISREG(st.st_mode))
        ok = err_set(e, "file", _("%s: not a regular file"), path);
    ok = ok && read_all(fd, path, max, out, e);
    close(fd);
    return ok;
}

static bool write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, bytes, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false;
        bytes += done;
        n -= (size_t)done;
    }
    return true;
}

/* The directory that holds path; new string. */
static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return xstrdup(".");
    return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

static bool sync_directory(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return false;
    /* some file systems cannot sync a directory and say EINVAL */
    bool ok = fsync(fd) == 0 || errno == EINVAL;
    close(fd);
    return ok;
}

/* Fills the temporary file and moves it over path. */
static bool finish_write(int fd, const char *temporary, const char *path, const void *bytes,
                         size_t n, mode_t mode)
{
    bool ok = write_all(fd, bytes, n) && fchmod(fd, mode) == 0 && fsync(fd) == 0;
    int why = errno;

    if (close(fd) != 0 && ok) {
        ok = false;
        why = errno;
    }
    if (ok && rename(temporary, path) != 0) {
        ok = false;
        why = errno;
    }
    if (!ok) {
        unlink(temporary);
        errno = why;
    }
    return ok;
}

bool file_write(const char *path, const void *bytes, size_t n, mode_t mode, struct err *e)
{
    struct stat st;

    /* a rename over a device, a pipe or a directory would put a file in its place, or fail late */
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return err_set(e, "file", _("%s: not a regular file"), path);
    char *dir = directory_of(path);
    char *temporary = xasprintf("%s/.duban-XXXXXX", dir);
    int fd = mkostemp(temporary, O_CLOEXEC);
    bool ok = fd >= 0 && finish_write(fd, temporary, path, bytes, n, mode) && sync_directory(dir);

    if (!ok)
        failed(path, e);
    free(temporary);
    free(dir);
    return ok;
}

static bool is_directory(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return false;
    errno = ENOTDIR;
    return S_ISDIR(st.st_mode);
}

bool file_mkdirs(const char *path, mode_t mode, struct err *e)
{
    char *part = xstrdup(path);
    bool ok = *part != '\0';

    for (char *p = part + (*part == '/'); ok; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        char end = *p;
        *p = '\0';
        ok = mkdir(part, mode) == 0 || (errno == EEXIST && is_directory(part));
        *p = end;
        if (end == '\0')
            break;
        while (p[1] == '/')
            p++;
    }
    if (!ok)
        failed(path, e);
    free(part);
    return ok;
}

bool file_lock(const char *path, int wait_ms, int *fd, struct err *e)
{
    int64_t until = clock_mono() + (int64_t)wait_ms * 1000;

    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0)
        return failed(path, e);
    while (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
        bool busy = errno == EWOULDBLOCK;
        if ((busy || errno == EINTR) && clock_mono() < until) {
            usleep(LOCK_POLL_US);
            continue;
        }
        if (busy)
            err_set(e, "locked", _("%s: another program is using it; try again when it has ended"),
                    path);
        else
            failed(path, e);
        close(*fd);
        *fd = -1;
        return false;
    }
    return true;
}
