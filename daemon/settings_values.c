/* SPDX-License-Identifier: BSD-2-Clause */
/* What values of duband.conf must look like. Pure functions. */
#include "daemon/settings_values.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/settings.h"

bool settings_address(const char *text, char host[64], char port[8])
{
    const char *colon = strrchr(text, ':');
    size_t len = colon != NULL ? (size_t)(colon - text) : 0;
    char *end;

    if (colon == NULL || strlen(colon + 1) > 5 || !isdigit((unsigned char)colon[1]))
        return false;
    long number = strtol(colon + 1, &end, 10);
    if (*end != '\0' || number < 1 || number > 65535)
        return false;
    if (len >= 2 && text[0] == '[' && colon[-1] == ']') {
        text++;
        len -= 2;
    }
    if (len == 0 || len >= 64)
        return false;
    memcpy(host, text, len);
    host[len] = '\0';
    snprintf(port, 8, "%s", colon + 1);
    return true;
}

bool settings_address_good(const char *text, bool loopback)
{
    char host[64];
    char port[8];
    struct in_addr v4;
    struct in6_addr v6;

    if (!settings_address(text, host, port))
        return false;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return !loopback || (ntohl(v4.s_addr) >> 24) == 127;
    if (inet_pton(AF_INET6, host, &v6) == 1)
        return !loopback || IN6_IS_ADDR_LOOPBACK(&v6);
    return false;
}

/* What a signed note's name and our entries can hold. */
bool settings_origin_good(const char *s)
{
    size_t n = strlen(s);

    for (size_t i = 0; i < n; i++)
        if (s[i] <= ' ' || s[i] > '~' || s[i] == '+' || s[i] == '"' || s[i] == '\\')
            return false;
    return n > 0 && n < 128;
}

/* host:port where the host may be a name. */
bool settings_server_good(const char *text)
{
    char host[64];
    char port[8];

    if (!settings_address(text, host, port))
        return false;
    for (const char *c = host; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && strchr(".-:_", *c) == NULL)
            return false;
    return true;
}

bool settings_mailbox(const char *s)
{
    const char *at = strrchr(s, '@');

    for (const char *c = s; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~' || strchr("<>()[]\\,;:\"", *c) != NULL)
            return false;
    return at != NULL && at != s && at == strchr(s, '@') && strlen(s) <= 254 && at[1] != '\0' &&
           at[1] != '.' && at[strlen(at) - 1] != '.';
}

bool settings_security_good(const char *s)
{
    return strcmp(s, "starttls") == 0 || strcmp(s, "tls") == 0 || strcmp(s, "none") == 0;
}

bool settings_level_parse(const char *s, enum log_level *out)
{
    static const struct {
        const char *name;
        enum log_level level;
    } levels[] = {{"error", LOG_LEVEL_ERROR},
                  {"warn", LOG_LEVEL_WARN},
                  {"info", LOG_LEVEL_INFO},
                  {"debug", LOG_LEVEL_DEBUG}};

    for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++) {
        if (strcmp(levels[i].name, s) == 0) {
            *out = levels[i].level;
            return true;
        }
    }
    return false;
}

const char *settings_level_name(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_ERROR:
        return "error";
    case LOG_LEVEL_WARN:
        return "warn";
    case LOG_LEVEL_DEBUG:
        return "debug";
    default:
        return "info";
    }
}
