/* SPDX-License-Identifier: BSD-2-Clause */
/* libconfuse with errors as values. The library hands its messages to a callback without any
 * pointer of ours, so the newest message waits in one static buffer until the parse returns. */
#include "client/conftext.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/i18n.h"

static struct {
    int line;
    char text[256];
} last; /* only between cfg_parse_buf and its return */

static void on_error(cfg_t *c, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static void on_error(cfg_t *c, const char *fmt, va_list ap)
{
    if (last.text[0])
        return; /* the first message is the cause */
    last.line = c ? c->line : 0;
    vsnprintf(last.text, sizeof last.text, fmt, ap);
}

cfg_t *conftext_parse(cfg_opt_t *opts, const char *name, const char *text, struct err *e)
{
    cfg_t *c = cfg_init(opts, CFGF_NONE);

    if (!c) {
        err_set(e, "config", _("%s: out of memory"), name);
        return NULL;
    }
    memset(&last, 0, sizeof last);
    cfg_set_error_function(c, on_error);
    /* fmemopen refuses an empty buffer */
    if (cfg_parse_buf(c, *text ? text : "\n") == CFG_SUCCESS)
        return c;
    if (last.text[0])
        err_set(e, "config", _("%s, line %d: %s"), name, last.line, last.text);
    else
        err_set(e, "config", _("%s cannot be read as configuration"), name);
    cfg_free(c);
    return NULL;
}

void conftext_quote(const char *s, struct buf *out)
{
    buf_add_str(out, "\"");
    for (; *s; s++) {
        if (*s == '"' || *s == '\\' || *s == '$')
            buf_add_str(out, "\\");
        if (*s == '\n')
            buf_add_str(out, "\\n");
        else
            buf_add(out, s, 1);
    }
    buf_add_str(out, "\"");
}

const char *conftext_str(cfg_t *c, const char *name)
{
    const char *s = cfg_getstr(c, name);

    return s && *s ? s : NULL;
}
