/* SPDX-License-Identifier: BSD-2-Clause */
/* Local alarms. The command runs beside the watch and is not waited for: one that hangs must not
 * keep the next alert from being shown. */
#include "client/alarm.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/app.h"
#include "client/when.h"
#include "common/clock.h"
#include "common/i18n.h"
#include "common/instant.h"
#include "common/mem.h"

#define ABSENT_US ((int64_t)5 * 1000000) /* between two looks: we were not there */
#define AGAIN_US ((int64_t)3600 * 1000000)

static const char *const names[ALARM_KINDS] = {"silent", "forged", "off",    "replayed",
                                               "shrunk", "forked", "stopped"};

void alarm_start(struct alarm *a)
{
    a->since = a->ticked = clock_mono();
}

/* Twice forked: the grandchild is nobody's to wait for, and waits of --exec are not disturbed. */
static void run(const struct alarm *a, const char *name, const char *why)
{
    char since[INSTANT_SIZE] = "";
    int null;

    if (a->command == NULL)
        return;
    if (a->good_at > 0)
        instant_format_local(a->good_at, since);
    fflush(stdout);
    pid_t pid = fork();
    if (pid < 0)
        app_note(_("--alarm: %s"), strerror(errno));
    if (pid == 0) {
        if (fork() != 0)
            _exit(0);
        signal(SIGPIPE, SIG_DFL);
        null = open("/dev/null", O_RDONLY);
        if (null >= 0)
            dup2(null, STDIN_FILENO);
        setenv("DUBAN_EVENT", "alarm", 1);
        setenv("DUBAN_ALARM", name, 1);
        setenv("DUBAN_WHY", why, 1);
        setenv("DUBAN_SINCE", since, 1);
        execl("/bin/sh", "sh", "-c", a->command, (char *)NULL);
        _exit(127);
    }
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

void alarm_good(struct alarm *a)
{
    bool told = false;

    for (int i = 0; i < ALARM_KINDS; i++) {
        told = told || a->told[i] != 0;
        a->told[i] = 0;
    }
    if (told) {
        app_note("%s", _("ALARM over: duban gives signs of life again"));
        run(a, "recovered", _("duban gives signs of life again"));
    }
    a->since = clock_mono();
    a->good_at = clock_real();
}

void alarm_raise(struct alarm *a, enum alarm_kind kind, const char *why)
{
    int64_t now = clock_mono();

    if (a->told[kind] != 0 && now - a->told[kind] < AGAIN_US)
        return;
    a->told[kind] = now;
    app_note(_("ALARM (%s): %s"), names[kind], why);
    run(a, names[kind], why);
    if (a->once && kind != ALARM_STOPPED) {
        a->leave = true;
        a->status = kind == ALARM_SILENT ? APP_SILENT : APP_EVIDENCE;
    }
}

void alarm_tick(struct alarm *a)
{
    int64_t now = clock_mono();
    char when[WHEN_SIZE], at[INSTANT_SIZE];
    char *why;

    if (now - a->ticked > ABSENT_US)
        a->since += now - a->ticked;
    a->ticked = now;
    if (a->silence_us == 0 || now - a->since <= a->silence_us)
        return;
    if (a->good_at > 0) {
        instant_format_local(a->good_at, at);
        when_text(at, when);
        why = xasprintf(_("duban is silent: no valid sign of life since %s; alerts may not arrive"),
                        when);
    } else {
        why =
            xasprintf("%s", _("duban is silent: no valid sign of life yet; alerts may not arrive"));
    }
    alarm_raise(a, ALARM_SILENT, why);
    free(why);
}
