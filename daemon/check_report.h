/* SPDX-License-Identifier: BSD-2-Clause */
/* How the parts of `duband check` (check.c, check_channels.c, db/check_db.c) hand over what they
 * find. */
#ifndef DUBAN_CHECK_REPORT_H
#define DUBAN_CHECK_REPORT_H

#include <stddef.h>

enum check_level { CHECK_OK, CHECK_NOTE, CHECK_WRONG };

/* Gets each finding. place: "file:line", a path, or what else was looked at; text: translated, says
 * the remedy. */
typedef void check_report_fn(void *ctx, enum check_level level, const char *place,
                             const char *text);

struct settings;

/* One check under way; all borrowed. wrong counts the findings of that level. */
struct check_run {
    const struct settings *s;
    check_report_fn *report;
    void *ctx;
    size_t wrong;
};

/* Reports a finding about a setting; the place is its line, or the file when it has its default. */
void check_tell(struct check_run *c, enum check_level level, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
