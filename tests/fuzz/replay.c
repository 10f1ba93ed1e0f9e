/* SPDX-License-Identifier: BSD-2-Clause */
/* main() of a fuzz target in ordinary builds: runs it over every file given, or found below a
 * directory given, and says how many there were. Running none is a failure. */
#include <dirent.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "common/mem.h"
#include "fuzz.h"

#define INPUT_MAX ((size_t)8 * 1024 * 1024)

static size_t ran;

static void run_file(const char *path)
{
    struct buf b = {0};
    struct err e;

    if (!file_read(path, INPUT_MAX, &b, &e)) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
    /* an exact allocation, so that the address sanitizer sees a read behind the end */
    uint8_t *data = xmalloc(b.len);
    if (b.len)
        memcpy(data, b.data, b.len);
    LLVMFuzzerTestOneInput(data, b.len);
    free(data);
    buf_free(&b);
    ran++;
}

static void run_path(const char *path)
{
    struct stat st;
    DIR *d = NULL;

    if (stat(path, &st) != 0) {
        perror(path);
        exit(1);
    }
    if (S_ISDIR(st.st_mode))
        d = opendir(path);
    if (!d) {
        run_file(path);
        return;
    }
    for (struct dirent *entry = readdir(d); entry; entry = readdir(d)) {
        if (entry->d_name[0] == '.')
            continue;
        char *below = xasprintf("%s/%s", path, entry->d_name);
        run_path(below);
        free(below);
    }
    closedir(d);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        run_path(argv[i]);
    printf("%zu inputs\n", ran);
    return ran == 0;
}
