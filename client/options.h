/* SPDX-License-Identifier: BSD-2-Clause */
/* Command-line options: --name VALUE, --name=VALUE, flags, repeatable options, arguments anywhere;
 * "--" ends the options. The global options (--home, --lang, --json) are taken everywhere. */
#ifndef DUBAN_CLIENT_OPTIONS_H
#define DUBAN_CLIENT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "client/app.h"
#include "common/err.h"

struct options_list {
    const char **items; /* array owned, strings borrowed from argv */
    size_t n;
};

enum options_kind {
    OPTIONS_FLAG, /* bool */
    OPTIONS_TEXT, /* const char *: at most once */
    OPTIONS_LIST  /* struct options_list: any number */
};

/* A table of these ends with a NULL name. A name of one letter is written with one dash. */
struct options_spec {
    const char *name;
    enum options_kind kind;
    void *out;
};

/* Reads argv[0..argc); arguments go to *args, whose array the caller frees by options_free (also
 * after an error). Error "usage": unknown option (with the nearest name), missing or second value.
 */
bool options_parse(struct app *a, const struct options_spec *specs, int argc, char *const *argv,
                   struct options_list *args, struct err *e);
void options_free(struct options_list *l);
/* Error "usage" unless min <= args->n <= max; what: the synopsis to show. */
bool options_count(const struct options_list *args, size_t min, size_t max, const char *what,
                   struct err *e);
/* Reads leading global options; *used is the number of words taken. */
bool options_global(struct app *a, int argc, char *const *argv, int *used, struct err *e);
/* Number of edits between two words: for suggestions. */
size_t options_distance(const char *a, const char *b);

#endif
