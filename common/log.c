/* SPDX-License-Identifier: BSD-2-Clause */
/* One write(2) per line, so that lines of several processes on one pipe never mix. Control
 * characters are replaced: no text from a peer can forge a line. */
#include "common/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"

#define LINE_SIZE 2048
#define LIMITED_KEYS 64
#define LIMITED_EVERY ((int64_t)60 * 1000000)

struct limited {
    const char *key; /* static text */
    int64_t last;    /* clock_mono of the last line written */
    unsigned long dropped;
};

static struct {
    const char *role;
    enum log_level level;
    struct limited limited[LIMITED_KEYS];
} state = {.role = "duban", .level = LOG_LEVEL_INFO};

void log_init(const char *role, enum log_level level)
{
    state.role = role;
    state.level = level;
}

static void write_line(enum log_level level, const char *tail, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));

static void write_line(enum log_level level, const char *tail, const char *fmt, va_list ap)
{
    char line[LINE_SIZE];
    size_t room = sizeof line - 1 - strlen(tail);
    int head = snprintf(line, room, "<%d>%s: ", (int)level, state.role);

    if (head < 0 || (size_t)head >= room)
        return;
    size_t len = (size_t)head;
    int n = vsnprintf(line + len, room - len, fmt, ap);
    if (n < 0)
        return;
    len += (size_t)n < room - len ? (size_t)n : room - len - 1;
    for (const char *p = tail; *p; p++)
        line[len++] = *p;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7F)
            line[i] = ' ';
    line[len++] = '\n';
    /* a full or closed pipe loses the line; there is nobody left to tell */
    ssize_t ignored = write(STDERR_FILENO, line, len);
    (void)ignored;
}

/* The slot of this key; the last slot is shared when there are more keys than slots. */
static struct limited *find_limited(const char *key)
{
    size_t i = 0;

    while (i < LIMITED_KEYS - 1 && state.limited[i].key && strcmp(state.limited[i].key, key) != 0)
        i++;
    return &state.limited[i];
}

void log_limited(enum log_level level, const char *key, const char *fmt, ...)
{
    char tail[48] = "";
    va_list ap;

    if (level > state.level)
        return;
    struct limited *slot = find_limited(key);
    int64_t now = clock_mono();
    if (slot->key && now - slot->last < LIMITED_EVERY) {
        slot->dropped++;
        return;
    }
    if (slot->dropped)
        snprintf(tail, sizeof tail, " not_shown=%lu", slot->dropped);
    *slot = (struct limited){.key = key, .last = now};
    va_start(ap, fmt);
    write_line(level, tail, fmt, ap);
    va_end(ap);
}

#define LOG_AT(at)                                                                                 \
    va_list ap;                                                                                    \
    if ((at) > state.level)                                                                        \
        return;                                                                                    \
    va_start(ap, fmt);                                                                             \
    write_line((at), "", fmt, ap);                                                                 \
    va_end(ap)

void log_error(const char *fmt, ...)
{
    LOG_AT(LOG_LEVEL_ERROR);
}

void log_warn(const char *fmt, ...)
{
    LOG_AT(LOG_LEVEL_WARN);
}

void log_info(const char *fmt, ...)
{
    LOG_AT(LOG_LEVEL_INFO);
}

void log_debug(const char *fmt, ...)
{
    LOG_AT(LOG_LEVEL_DEBUG);
}
