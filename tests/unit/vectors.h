/* SPDX-License-Identifier: BSD-2-Clause */
/* Vectors that duban did not make, in $VECTORS; a test without them says so in one line. */
#ifndef DUBAN_TESTS_VECTORS_H
#define DUBAN_TESTS_VECTORS_H

#include <dirent.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "common/file.h"
#include "common/mem.h"
#include "unit.h"

/* $VECTORS/tail as a new string, or NULL after saying that it was not given. */
static inline char *vectors_path(const char *tail)
{
    const char *dir = getenv("VECTORS");

    if (dir && *dir)
        return xasprintf("%s/%s", dir, tail);
    fprintf(stderr, "# VECTORS not given: %s was not read\n", tail);
    return NULL;
}

/* Calls f for each regular file below dir; returns how many. */
static inline size_t vectors_walk(const char *dir, void (*f)(const char *path, const char *name))
{
    DIR *d = opendir(dir);
    size_t n = 0;

    if (!d)
        fail_msg("%s cannot be read", dir);
    for (struct dirent *entry = readdir(d); entry; entry = readdir(d)) {
        struct stat st;
        if (entry->d_name[0] == '.')
            continue;
        char *path = xasprintf("%s/%s", dir, entry->d_name);
        assert_int_equal(stat(path, &st), 0);
        if (S_ISDIR(st.st_mode)) {
            n += vectors_walk(path, f);
        } else {
            f(path, entry->d_name);
            n++;
        }
        free(path);
    }
    closedir(d);
    return n;
}

#endif
