/* SPDX-License-Identifier: BSD-2-Clause */
/* The lock is what counts; the number is for people and scripts. */
#include "daemon/pidfile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/i18n.h"

bool pidfile_take(const char *path, int *fd, struct err *e)
{
    *fd = -1;
    if (!file_lock(path, 0, fd, e)) {
        *fd = -1;
        if (err_is(e, "locked"))
            err_set(e, "locked", _("%s is locked: another duband runs with this configuration"),
                    path);
        return false;
    }
    if (ftruncate(*fd, 0) != 0 || dprintf(*fd, "%ld\n", (long)getpid()) < 0)
        return err_set(e, "file", "%s: %s", path, strerror(errno));
    return true;
}

void pidfile_release(const char *path, int *fd)
{
    struct stat ours, there;

    if (*fd < 0)
        return;
    /* only our own: the directory may have been made anew under a daemon that still ran */
    if (fstat(*fd, &ours) == 0 && stat(path, &there) == 0 && ours.st_dev == there.st_dev &&
        ours.st_ino == there.st_ino)
        unlink(path);
    close(*fd);
    *fd = -1;
}
