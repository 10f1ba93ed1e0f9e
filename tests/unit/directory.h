/* SPDX-License-Identifier: BSD-2-Clause */
/* A directory in /tmp for what a test writes; it is removed with all that is in it. */
#ifndef DUBAN_TESTS_DIRECTORY_H
#define DUBAN_TESTS_DIRECTORY_H

#include "common/mem.h"
#include "unit.h"

static inline void directory_remove(const char *path)
{
    char *command = xasprintf("rm -rf '%s'", path);

    assert_int_equal(system(command), 0);
    free(command);
}

/* One for all tests of a program: group set-up and tear-down. */
static char directory[] = "/tmp/duban-test-XXXXXX";

static inline int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static inline int remove_directory(void **state)
{
    (void)state;
    directory_remove(directory);
    return 0;
}

#endif
