/* SPDX-License-Identifier: BSD-2-Clause */
/* Log lines on standard error: "<N>" journald priority, role and context, text, key=value pairs.
 * Never a payload, a key, a password or a person's name or telephone number. */
#ifndef DUBAN_LOG_H
#define DUBAN_LOG_H

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARN = 4, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

/* role: static text put before each line ("receiver/1"); level: least important one printed. */
void log_init(const char *role, enum log_level level);
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* At most one line per key and minute; for what a peer can cause. key: static text. */
void log_limited(enum log_level level, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
