/* SPDX-License-Identifier: BSD-2-Clause */
/* libconfuse with errors as values: file and line in the text, nothing printed. */
#ifndef DUBAN_CLIENT_CONFTEXT_H
#define DUBAN_CLIENT_CONFTEXT_H

#include <confuse.h>
#include <stdbool.h>

#include "common/buf.h"
#include "common/err.h"

/* Parses text; name is shown in errors. New cfg_t (cfg_free) or NULL with error "config". */
cfg_t *conftext_parse(cfg_opt_t *opts, const char *name, const char *text, struct err *e);
/* Appends s in double quotes so that conftext_parse reads it back unchanged. */
void conftext_quote(const char *s, struct buf *out);
/* The string, or NULL when it is absent or empty. */
const char *conftext_str(cfg_t *c, const char *name);

#endif
