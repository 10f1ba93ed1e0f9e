/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/check_report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/mem.h"
#include "daemon/settings.h"

void check_tell(struct check_run *c, enum check_level level, const char *key, const char *fmt, ...)
{
    char text[700];
    va_list ap;
    int line = settings_line(c->s, key);
    char *place = line > 0 ? xasprintf("%s:%d: %s", c->s->path, line, key)
                           : xasprintf("%s: %s", c->s->path, key);

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    c->wrong += level == CHECK_WRONG;
    c->report(c->ctx, level, place, text);
    free(place);
}
