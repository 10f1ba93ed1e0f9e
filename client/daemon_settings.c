/* SPDX-License-Identifier: BSD-2-Clause */
/* Talking to duband as a program: duban reads no file of the daemon itself, so that one table of
 * settings stays the only truth. */
#include "client/daemon_settings.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/i18n.h"
#include "common/mem.h"

#define OUTPUT_MAX ((size_t)65536)

/* Directory of this program with tail behind it; NULL when it cannot be known. */
static char *beside(const char *tail)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);

    if (n <= 0)
        return NULL;
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    if (!slash)
        return NULL;
    *slash = '\0';
    return xasprintf("%s/%s", path, tail);
}

static char *first_there(const char *const *tails, int mode)
{
    for (; *tails; tails++) {
        char *path = beside(*tails);
        if (path && access(path, mode) == 0)
            return path;
        free(path);
    }
    return NULL;
}

char *daemon_settings_program(void)
{
    static const char *const tails[] = {"duband", "../sbin/duband", NULL};
    char *path = first_there(tails, X_OK);

    return path ? path : xstrdup("duband");
}

char *daemon_settings_datadir(void)
{
    static const char *const tails[] = {"../conf/registry/standard.conf",
                                        "../share/duban/conf/registry/standard.conf", NULL};
    const char *dir = getenv("DUBAN_DATADIR");
    char *path;

    if (dir && *dir)
        return xstrdup(dir);
    path = first_there(tails, R_OK);
    if (!path)
        return xstrdup(DUBAN_DATADIR);
    path[strlen(path) - strlen("/conf/registry/standard.conf")] = '\0';
    return path;
}

/* ---- running it ----------------------------------------------------------------------------- */

struct child {
    pid_t pid;
    int in, out; /* our ends of its standard input, and of its output and errors */
};

static void child_run(const char *program, const char *conf, const char *command, const int *in,
                      const int *out)
{
    signal(SIGPIPE, SIG_DFL);
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    dup2(out[1], STDERR_FILENO);
    for (int i = 0; i < 2; i++) {
        close(in[i]);
        close(out[i]);
    }
    execlp(program, program, "-c", conf, command, (char *)NULL);
    fprintf(stderr, "%s: %s\n", program, strerror(errno));
    _exit(127);
}

static bool child_start(const char *program, const char *conf, const char *command, struct child *c,
                        struct err *e)
{
    int in[2], out[2];

    if (pipe(in) != 0)
        return err_set(e, "config", "%s: %s", program, strerror(errno));
    if (pipe(out) != 0) {
        close(in[0]);
        close(in[1]);
        return err_set(e, "config", "%s: %s", program, strerror(errno));
    }
    fflush(NULL);
    c->pid = fork();
    if (c->pid == 0)
        child_run(program, conf, command, in, out);
    close(in[0]);
    close(out[1]);
    c->in = in[1];
    c->out = out[0];
    return c->pid > 0 || err_set(e, "config", "%s: %s", program, strerror(errno));
}

static void write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t w = write(fd, p, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return; /* its exit status tells */
        p += w;
        n -= (size_t)w;
    }
}

static void read_all(int fd, struct buf *out)
{
    char piece[4096];
    ssize_t n;

    while ((n = read(fd, piece, sizeof piece)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0)
            buf_add(out, piece, (size_t)n);
}

/* The last line that it said: the cause. */
static const char *last_line(char *text)
{
    size_t n = strlen(text);

    while (n && text[n - 1] == '\n')
        text[--n] = '\0';
    char *line = strrchr(text, '\n');
    return line ? line + 1 : text;
}

/* Input is written before output is read: duband answers only after it has read everything. */
static bool run(const char *program, const char *conf, const char *command, const char *input,
                size_t n, struct buf *output, struct err *e)
{
    struct child c = {0};
    int status = 0;
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);

    output->limit = OUTPUT_MAX;
    if (!child_start(program, conf, command, &c, e))
        return false;
    write_all(c.in, input, n);
    close(c.in);
    read_all(c.out, output);
    close(c.out);
    while (waitpid(c.pid, &status, 0) < 0 && errno == EINTR)
        continue;
    signal(SIGPIPE, before);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    return err_set(e, "config", _("“%s -c %s %s” failed: %s"), program, conf, command,
                   output->data ? last_line(output->data) : "-");
}

bool daemon_settings_genesis(const char *program, const char *conf, const char *input, size_t n,
                             struct err *e)
{
    struct buf output = {0};
    bool ok = run(program, conf, "genesis", input, n, &output, e);

    buf_free(&output);
    return ok;
}

/* ---- reading its settings ------------------------------------------------------------------- */

/* 'a'\''b' → a'b */
static bool unquote(const char *p, const char *end, struct buf *out)
{
    bool quoted = false;

    for (; p < end; p++) {
        if (*p == '\'')
            quoted = !quoted;
        else if (!quoted && *p == '\\' && p + 1 < end)
            buf_add(out, ++p, 1);
        else
            buf_add(out, p, 1);
    }
    return !quoted;
}

bool daemon_settings_parse(const char *text, json_t **out, struct err *e)
{
    json_t *j = json_object();

    for (const char *p = text; *p;) {
        size_t n = strcspn(p, "\n");
        const char *equals = memchr(p, '=', n);
        struct buf value = {0};
        if (equals && equals > p && unquote(equals + 1, p + n, &value)) {
            char *name = xstrndup(p, (size_t)(equals - p));
            json_object_set_new(j, name, json_string(value.data ? value.data : ""));
            free(name);
        }
        buf_free(&value);
        p += n + (p[n] == '\n');
    }
    *out = j;
    if (json_object_size(j))
        return true;
    json_decref(j);
    *out = NULL;
    return err_set(e, "config", _("duband settings printed nothing that can be read"));
}

bool daemon_settings_read(const char *program, const char *conf, json_t **out, struct err *e)
{
    struct buf output = {0};
    bool ok = run(program, conf, "settings", "", 0, &output, e) &&
              daemon_settings_parse(output.data ? output.data : "", out, e);

    buf_free(&output);
    return ok;
}
