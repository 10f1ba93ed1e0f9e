/* SPDX-License-Identifier: BSD-2-Clause */
/* The command of duban watch --exec: in a process group of its own, fed without waiting for it. */
#include "client/watch_exec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/app.h"
#include "common/clock.h"
#include "common/i18n.h"
#include "common/mem.h"

#define LOOK_MS 20

static void set_text(const char *name, const char *value)
{
    setenv(name, value ? value : "", 1);
}

static void set_environment(const char *event, const json_t *j)
{
    static const char *const texts[][2] = {
        {"DUBAN_NUMBER", "number"}, {"DUBAN_KIND", "kind"},     {"DUBAN_POST", "post"},
        {"DUBAN_UNIT", "unit"},     {"DUBAN_TASK", "task"},     {"DUBAN_PERIOD", "period"},
        {"DUBAN_TITLE", "title"},   {"DUBAN_DUE", "due"},       {"DUBAN_RAISED", "raised"},
        {"DUBAN_WHY", "why"},       {"DUBAN_REASON", "reason"},
    };
    static const char *const numbers[][2] = {
        {"DUBAN_ALERT", "alert"}, {"DUBAN_LEVEL", "level"}, {"DUBAN_CASE", "case"}};
    char number[24];

    set_text("DUBAN_EVENT", event);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        set_text(texts[i][0], app_str(j, texts[i][1]));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        snprintf(number, sizeof number, "%lld", app_int(j, numbers[i][1], 0));
        set_text(numbers[i][0], number);
    }
}

static void run(const char *command, const char *event, const json_t *j, const int fds[2])
{
    setpgid(0, 0);
    signal(SIGPIPE, SIG_DFL);
    dup2(fds[0], STDIN_FILENO);
    close(fds[0]);
    close(fds[1]);
    set_environment(event, j);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

/* Writes what the pipe takes of text from *at on; closes it at the end, and when nobody reads: a
 * command that does not want its input is fine. */
static void feed(int *fd, const char *text, size_t *at)
{
    size_t n = strlen(text);
    ssize_t w;

    while (*fd >= 0 && *at < n) {
        w = write(*fd, text + *at, n - *at);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0 && errno == EAGAIN)
            return;
        *at = w > 0 ? *at + (size_t)w : n;
    }
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* False: its time was up and it was killed. */
static bool attend(pid_t pid, int fd, const char *text, unsigned seconds, int *status)
{
    int64_t until = clock_mono() + (int64_t)seconds * 1000000;
    bool in_time = true;
    size_t at = 0;

    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        feed(&fd, text, &at);
        if (waitpid(pid, status, WNOHANG) == pid)
            break;
        if (in_time && clock_mono() > until) {
            in_time = false;
            kill(-pid, SIGKILL);
        }
        p.fd = fd;
        poll(&p, 1, LOOK_MS);
    }
    if (fd >= 0)
        close(fd);
    return in_time;
}

void watch_exec(const char *command, unsigned seconds, const char *event, const char *id,
                const json_t *j, const char *text)
{
    int fds[2], status = 0;

    fflush(stdout);
    if (pipe2(fds, O_CLOEXEC) != 0) {
        app_note(_("--exec: %s"), strerror(errno));
        return;
    }
    pid_t pid = fork();
    if (pid == 0)
        run(command, event, j, fds);
    close(fds[0]);
    fcntl(fds[1], F_SETFL, O_NONBLOCK);
    if (pid < 0) {
        close(fds[1]);
        app_note(_("--exec: %s"), strerror(errno));
        return;
    }
    char *line = xasprintf("%s\n", text);
    if (!attend(pid, fds[1], line, seconds, &status))
        app_note(_("--exec: the command for event %s did not end within %u s and was killed"), id,
                 seconds);
    else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        app_note(_("--exec: the command failed for event %s (status %d)"), id,
                 WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    free(line);
}
