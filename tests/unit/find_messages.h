/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests that read a translation: the messages of the build that the program belongs to. */
#ifndef DUBAN_TESTS_FIND_MESSAGES_H
#define DUBAN_TESTS_FIND_MESSAGES_H

#include <limits.h>
#include <unistd.h>

#include "unit.h"

/* Sets DUBAN_LOCALEDIR, unless it is set, to BUILD/locale, three steps above this program. */
static inline void find_messages(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 32);

    for (int i = 0; n > 0 && i < 3; i++) {
        path[n] = '\0';
        char *slash = strrchr(path, '/');
        n = slash ? slash - path : 0;
    }
    if (n > 0) {
        strcpy(path + n, "/locale");
        setenv("DUBAN_LOCALEDIR", path, 0);
    }
}

#endif
