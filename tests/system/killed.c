/* SPDX-License-Identifier: BSD-2-Clause */
/* killed CONF KILLS: runs the alerter alone, as duband would, and kills it (SIGKILL) at a random
 * moment 50 to 400 ms after its start, KILLS times; one more is left alone until standard input
 * ends. duband itself gives up after five deaths within a minute, which is why this is not done to
 * its own. For tests/system/faults_alerter.t; SEED: of the moments. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <signal.h>

#include "common/log.h"
#include "daemon/child.h"
#include "daemon/roles.h"
#include "daemon/settings.h"

#define LEAST_MS 50
#define MOST_MS 400

static pid_t start(const struct settings *s, int parent_fd[2])
{
    struct child c = {.kind = CHILD_ALERTER, .settings = s, .listen_fd = -1, .admin_fd = -1};
    struct role_functions role = role_functions(CHILD_ALERTER);
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, parent_fd) != 0)
        return -1;
    pid = fork();
    if (pid != 0) {
        close(parent_fd[1]);
        return pid;
    }
    close(parent_fd[0]);
    log_init("alerter", s->log_level);
    exit(child_run(&c, parent_fd[1], role.start, role.stop));
}

static bool end(pid_t pid, int fd)
{
    int status;

    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    close(fd);
    return WIFSIGNALED(status);
}

static void wait_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&t, NULL);
}

int main(int argc, char **argv)
{
    const char *seed = getenv("SEED");
    struct settings *s = NULL;
    struct err e = {0};
    int fd[2], killed = 0;

    if (argc != 3 || !settings_load(argv[1], &s, NULL, NULL, &e)) {
        fprintf(stderr, "killed CONF KILLS: %s\n", e.text);
        return 2;
    }
    s->test_clock = true;
    srandom((unsigned)(seed == NULL ? time(NULL) : atol(seed)));
    signal(SIGPIPE, SIG_IGN);
    for (int n = atoi(argv[2]); n > 0; n--) {
        pid_t pid = start(s, fd);

        wait_ms(LEAST_MS + random() % (MOST_MS - LEAST_MS));
        if (pid > 0)
            killed += end(pid, fd[0]);
    }
    printf("%d\n", killed);
    fflush(stdout);
    pid_t last = start(s, fd);
    while (getchar() != EOF)
        ;
    end(last, fd[0]);
    settings_free(&s);
    return 0;
}
