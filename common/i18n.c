/* SPDX-License-Identifier: BSD-2-Clause */
/* Language choice. A machine often lacks the locale that its user asks for (a minimal Debian has
 * only C.UTF-8); Chinese messages must come out all the same. gettext ignores $LANGUAGE in the
 * locale "C" but follows it in "C.UTF-8", which always exists, so that is the fallback. */
#include "common/i18n.h"

#include <limits.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOMAIN "duban"

static const char *chosen = "en";

static bool is_chinese(const char *name)
{
    return strncmp(name, "zh", 2) == 0;
}

static bool is_set(const char *s)
{
    return s && *s;
}

/* What the environment asks for, in gettext's order: the locale decides whether $LANGUAGE counts.
 */
static const char *lang_of_environment(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *language = getenv("LANGUAGE");
    const char *locale = "C";

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (is_set(value)) {
            locale = value;
            break;
        }
    }
    if (strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0)
        return "en";
    if (is_set(language))
        return is_chinese(language) ? "zh_CN" : "en";
    return is_chinese(locale) ? "zh_CN" : "en";
}

/* Message files beside the built program, when it runs from a build directory. */
static bool beside_program(char *out, size_t size)
{
    static const char tail[] = "/locale";
    ssize_t n = readlink("/proc/self/exe", out, size - 1);

    if (n <= 0)
        return false;
    out[n] = '\0';
    char *slash = strrchr(out, '/');
    if (!slash || (size_t)(slash - out) + sizeof tail > size)
        return false;
    memcpy(slash, tail, sizeof tail);
    return access(out, R_OK | X_OK) == 0;
}

static void bind_messages(void)
{
    char path[PATH_MAX];
    const char *dir = getenv("DUBAN_LOCALEDIR");

    if (!is_set(dir))
        dir = beside_program(path, sizeof path) ? path : DUBAN_LOCALEDIR;
    bindtextdomain(DOMAIN, dir);
    bind_textdomain_codeset(DOMAIN, "UTF-8");
    textdomain(DOMAIN);
}

void i18n_init(const char *lang)
{
    if (!lang)
        lang = lang_of_environment();
    chosen = is_chinese(lang) ? "zh_CN" : "en";
    const char *locale = setlocale(LC_ALL, "");
    if (!locale || strcmp(setlocale(LC_MESSAGES, NULL), "C") == 0 ||
        strcmp(setlocale(LC_MESSAGES, NULL), "POSIX") == 0)
        setlocale(LC_ALL, "C.UTF-8");
    /* numbers in payloads and protocols are never written in a local style */
    setlocale(LC_NUMERIC, "C");
    setenv("LANGUAGE", chosen, 1);
    bind_messages();
}

const char *i18n_lang(void)
{
    return chosen;
}
