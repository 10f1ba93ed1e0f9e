/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading log entries: written by the database, read by clients and auditors that trust neither. */
#include "common/entry.h"

#include <string.h>

#include "common/i18n.h"
#include "common/utf8.h"

static const char FIRST_LINE[] = "duban-entry/v1\n";
#define ENTRY_MAX 65535

bool entry_next(const char *entry, size_t len, const char *name, const char **cursor,
                const char **value, size_t *value_len)
{
    const char *end = entry + len;
    const char *line = *cursor ? *cursor : entry;
    size_t name_len = strlen(name);

    while (line < end) {
        const char *lf = memchr(line, '\n', (size_t)(end - line));
        const char *stop = lf ? lf : end;
        const char *next = lf ? lf + 1 : end;
        if ((size_t)(stop - line) > name_len && memcmp(line, name, name_len) == 0 &&
            line[name_len] == ' ') {
            *value = line + name_len + 1;
            *value_len = (size_t)(stop - *value);
            *cursor = next;
            return true;
        }
        line = next;
    }
    *cursor = end;
    return false;
}

bool entry_get(const char *entry, size_t len, const char *name, const char **value,
               size_t *value_len)
{
    const char *cursor = NULL;

    return entry_next(entry, len, name, &cursor, value, value_len);
}

/* "name SP value": a name of lower-case letters, digits and '-', a value of at least one byte. */
static bool line_valid(const char *line, size_t n)
{
    size_t i = 0;

    while (i < n && ((line[i] >= 'a' && line[i] <= 'z') || (line[i] >= '0' && line[i] <= '9') ||
                     line[i] == '-'))
        i++;
    if (i == 0 || i + 1 >= n || line[i] != ' ')
        return false;
    for (; i < n; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7F)
            return false;
    return true;
}

bool entry_check(const char *entry, size_t len, struct err *e)
{
    size_t head = sizeof FIRST_LINE - 1;

    if (len < head || memcmp(entry, FIRST_LINE, head) != 0)
        return err_set(e, "entry", _("a log entry does not start with duban-entry/v1"));
    if (len > ENTRY_MAX || entry[len - 1] != '\n')
        return err_set(e, "entry", _("a log entry is too long or cut off"));
    if (!utf8_valid(entry, len))
        return err_set(e, "entry", _("a log entry is not UTF-8"));
    int number = 2;
    for (const char *line = entry + head; line < entry + len; number++) {
        const char *lf = memchr(line, '\n', (size_t)(entry + len - line));
        if (!line_valid(line, (size_t)(lf - line)))
            return err_set(e, "entry", _("line %d of a log entry is not \"name value\""), number);
        line = lf + 1;
    }
    return true;
}
