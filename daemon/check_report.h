/* SPDX-License-Identifier: BSD-2-Clause */
/* How the parts of `duband check` (check.c, db/check_db.c) hand over what they find. */
#ifndef DUBAN_CHECK_REPORT_H
#define DUBAN_CHECK_REPORT_H

enum check_level { CHECK_OK, CHECK_NOTE, CHECK_WRONG };

/* Gets each finding. place: "file:line", a path, or what else was looked at; text: translated, says
 * the remedy. */
typedef void check_report_fn(void *ctx, enum check_level level, const char *place,
                             const char *text);

#endif
