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

/* Behind a quoted text or a comment that begins at p, or p itself. Counts lines. */
static const char *skip_opaque(const char *p, int *line)
{
    const char *end = NULL;

    if (*p == '"' || *p == '\'') {
        char quote = *p;
        for (end = p + 1; *end && *end != quote; end++)
            end += *end == '\\' && end[1];
        end += *end != '\0';
    } else if (*p == '#' || (p[0] == '/' && p[1] == '/')) {
        end = p + strcspn(p, "\n");
    } else if (p[0] == '/' && p[1] == '*') {
        end = strstr(p + 2, "*/");
        end = end ? end + 2 : p + strlen(p);
    }
    for (const char *c = p; end && c < end; c++)
        *line += *c == '\n';
    return end ? end : p;
}

/* Line of the outermost bracket that is never closed, 0 when there is none: libconfuse takes the
 * end of the text for the end of every section. */
static int unclosed(const char *text)
{
    int line = 1, depth = 0, opened = 0;

    for (const char *p = text; *p;) {
        const char *behind = skip_opaque(p, &line);
        if (behind != p) {
            p = behind;
            continue;
        }
        if (*p == '{' && depth++ == 0)
            opened = line;
        if (*p == '}')
            depth--;
        line += *p++ == '\n';
    }
    return depth > 0 ? opened : 0;
}

cfg_t *conftext_parse(cfg_opt_t *opts, const char *name, const char *text, struct err *e)
{
    cfg_t *c = cfg_init(opts, CFGF_NONE);
    int open_line = unclosed(text);

    if (c && open_line) {
        err_set(e, "config", _("%s, line %d: this “{” is never closed"), name, open_line);
        cfg_free(c);
        return NULL;
    }
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
