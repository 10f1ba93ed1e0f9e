/* SPDX-License-Identifier: BSD-2-Clause */
/* The frame around a command: where HOME is, what is opened once, how an error becomes an exit
 * status. Trusts the user's environment and nothing that a server sends. */
#include "client/app.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "client/connect.h"
#include "client/home.h"
#include "common/i18n.h"
#include "common/json.h"
#include "common/mem.h"

#define LOCK_WAIT_MS 10000

static char *default_home(void)
{
    const char *dir = getenv("DUBAN_HOME");
    const char *home = getenv("HOME");

    if (dir && *dir)
        return xstrdup(dir);
    return xasprintf("%s/.config/duban", home && *home ? home : ".");
}

void app_init(struct app *a)
{
    memset(a, 0, sizeof *a);
    i18n_init(NULL);
    setenv("TZ", "Asia/Shanghai", 0);
    tzset();
    a->home_dir = default_home();
}

void app_clear(struct app *a)
{
    connect_free(&a->connect);
    home_close(&a->home);
    free(a->home_dir);
    a->home_dir = NULL;
}

bool app_home(struct app *a, bool lock, struct err *e)
{
    if (!a->home && !home_open(a->home_dir, &a->home, e))
        return false;
    return !lock || home_lock(a->home, LOCK_WAIT_MS, e);
}

bool app_connect(struct app *a, bool lock, struct err *e)
{
    if (!app_home(a, lock, e))
        return false;
    return a->connect || connect_new(a->home, &a->connect, e);
}

static int status_of(const struct err *e)
{
    static const struct {
        const char *code;
        int status;
    } map[] = {
        {"usage", APP_USAGE}, {"refused", APP_REFUSED},   {"declined", APP_REFUSED},
        {"away", APP_KEPT},   {"evidence", APP_EVIDENCE},
    };

    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
        if (err_is(e, map[i].code))
            return map[i].status;
    return APP_LOCAL;
}

int app_fail(struct app *a, const struct err *e)
{
    const json_t *problem = a->connect ? connect_problem(a->connect) : NULL;

    if (a->json && problem && (err_is(e, "refused") || err_is(e, "away")))
        app_print_json(problem);
    else
        app_note("%s", e->text);
    return status_of(e);
}

bool app_not_found(const struct app *a, struct err *e, const char *fmt, ...)
{
    const json_t *problem = a->connect ? connect_problem(a->connect) : NULL;
    const char *code = app_str(problem, "code");
    va_list ap;

    if (!err_is(e, "refused") || !code || strcmp(code, "not-found") != 0)
        return false;
    va_start(ap, fmt);
    vsnprintf(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    return false;
}

void app_note(const char *fmt, ...)
{
    va_list ap;

    fflush(stdout);
    fputs("duban: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
}

int app_flush(int status)
{
    bool flushed = fflush(stdout) == 0;
    int why = errno;

    if (flushed && !ferror(stdout))
        return status;
    fprintf(stderr, "duban: ");
    fprintf(stderr, _("not everything could be printed on standard output: %s\n"),
            flushed ? _("an earlier line was lost") : strerror(why));
    return status == APP_DONE ? APP_LOCAL : status;
}

static bool is_yes(const char *line)
{
    return strncasecmp(line, "y", 1) == 0 || strncmp(line, "是", strlen("是")) == 0;
}

bool app_confirm(const struct app *a, const char *question, struct err *e)
{
    char line[64];

    if (a->yes)
        return true;
    fflush(stdout);
    if (!isatty(STDIN_FILENO))
        return err_set(
            e, "usage",
            _("nobody can be asked: standard input is not a terminal; add --yes to sign"));
    fprintf(stderr, "%s [y/N] ", question);
    if (fgets(line, sizeof line, stdin) && is_yes(line))
        return true;
    return err_set(e, "declined", _("nothing was signed"));
}

void app_print_json(const json_t *j)
{
    struct buf b = {0};

    json_write(j, &b);
    fwrite(b.data, 1, b.len, stdout);
    fputc('\n', stdout);
    buf_free(&b);
}

const char *app_str(const json_t *j, const char *name)
{
    return json_string_value(json_object_get(j, name));
}

long long app_int(const json_t *j, const char *name, long long dflt)
{
    const json_t *v = json_object_get(j, name);

    return json_is_integer(v) ? json_integer_value(v) : dflt;
}
