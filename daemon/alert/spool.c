/* SPDX-License-Identifier: BSD-2-Clause */
/* Channel "spool". libcurl may run a thread that looks names up, so that the child does nothing but
 * async-signal-safe calls on what was prepared before the fork. */
#include "daemon/alert/spool.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/mem.h"
#include "daemon/alert/message.h"
#include "daemon/settings.h"

#define LOOK_MS 20
#define WORDS_MAX 160 /* of what a hook says */
#define EXIT_WRITE 199
#define EXIT_EXEC 198

struct spool_run {
    struct spool *spool;
    struct spool_run *next;
    pid_t pid;
    int fd; /* what it says */
    char words[WORDS_MAX];
    size_t words_len;
    int64_t deadline; /* monotonic µs */
    bool killed, has_hook;
    char *file; /* in new/ */
    spool_done done;
    void *arg;
};

struct spool {
    const struct settings *settings;
    struct event *timer;
    struct spool_run *first;
};

/* All that the child needs, made before the fork. */
struct plan {
    char *base, *tmp_dir, *new_dir, *tmp, *file, *hook;
    struct buf text;
    char *env[8];
    int out;
};

static void plan_free(struct plan *p)
{
    free(p->base);
    free(p->tmp_dir);
    free(p->new_dir);
    free(p->tmp);
    free(p->file);
    free(p->hook);
    for (size_t i = 0; i < sizeof p->env / sizeof p->env[0]; i++)
        free(p->env[i]);
    buf_free(&p->text);
}

static void plan_make(struct plan *p, const struct settings *s, const struct bundle *b)
{
    p->base = xasprintf("%s/%s", s->spool_dir, b->channel);
    p->tmp_dir = xasprintf("%s/tmp", p->base);
    p->new_dir = xasprintf("%s/new", p->base);
    p->tmp = xasprintf("%s/%s.json", p->tmp_dir, b->id);
    p->file = xasprintf("%s/%s.json", p->new_dir, b->id);
    if (*s->hook_dir != '\0') {
        p->hook = xasprintf("%s/%s", s->hook_dir, b->channel);
        if (access(p->hook, X_OK) != 0) {
            free(p->hook);
            p->hook = NULL;
        }
    }
    p->env[0] = xstrdup("PATH=/usr/local/bin:/usr/bin:/bin");
    p->env[1] = xstrdup("LC_ALL=C.UTF-8");
    p->env[2] = xasprintf("DUBAN_DELIVERY=%s", b->id);
    p->env[3] = xasprintf("DUBAN_CHANNEL=%s", b->channel);
    p->env[4] = xasprintf("DUBAN_POST=%s", b->target);
    p->env[5] = xasprintf("DUBAN_ATTEMPT=%d", b->attempt);
    p->env[6] = xasprintf("DUBAN_HOOK_DIR=%s", s->hook_dir);
    message_json(b, time(NULL), &p->text);
    buf_add_str(&p->text, "\n");
}

/* ---- in the child --------------------------------------------------------------------------- */

static bool write_all(int fd, const char *s, size_t n)
{
    while (n > 0) {
        ssize_t did = write(fd, s, n);

        if (did < 0 && errno == EINTR)
            continue;
        if (did <= 0)
            return false;
        s += did;
        n -= (size_t)did;
    }
    return true;
}

static bool sync_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    return ok;
}

static bool make_dir(const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

static bool write_file(const struct plan *p)
{
    if (!make_dir(p->base) || !make_dir(p->tmp_dir) || !make_dir(p->new_dir))
        return false;
    int fd = open(p->tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = fd >= 0 && write_all(fd, p->text.data, p->text.len) && fsync(fd) == 0;
    if (fd >= 0)
        ok = close(fd) == 0 && ok;
    return ok && rename(p->tmp, p->file) == 0 && sync_dir(p->new_dir);
}

static void close_others(void)
{
#ifdef SYS_close_range
    if (syscall(SYS_close_range, 3u, ~0u, 0u) == 0)
        return;
#endif
    for (int fd = 3; fd < 4096; fd++)
        close(fd);
}

static void complain(const char *what)
{
    write_all(STDERR_FILENO, what, strlen(what));
}

static _Noreturn void child(struct plan *p)
{
    char *argv[] = {p->hook, p->file, NULL};
    int null = open("/dev/null", O_RDWR);
    sigset_t none;

    setpgid(0, 0);
    for (int i = 1; i < NSIG; i++)
        if (i != SIGKILL && i != SIGSTOP)
            signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (null < 0 || dup2(null, 0) < 0 || dup2(p->out, 1) < 0 || dup2(p->out, 2) < 0)
        _exit(EXIT_EXEC);
    close_others();
    if (!write_file(p)) {
        complain("cannot write the file");
        _exit(EXIT_WRITE);
    }
    if (p->hook == NULL)
        _exit(0);
    execve(p->hook, argv, p->env);
    complain("cannot run the hook");
    _exit(EXIT_EXEC);
}

/* ---- the end of a run ----------------------------------------------------------------------- */

static void run_free(struct spool_run *r)
{
    for (struct spool_run **at = &r->spool->first; *at != NULL; at = &(*at)->next) {
        if (*at == r) {
            *at = r->next;
            break;
        }
    }
    if (r->fd >= 0)
        close(r->fd);
    free(r->file);
    free(r);
}

/* A pipe's worth at a time: a hook that never stops speaking does not keep the loop. */
static void read_words(struct spool_run *r)
{
    char rest[4096];
    ssize_t n;

    for (int i = 0; i < 32 && (n = read(r->fd, rest, sizeof rest)) > 0; i++) {
        size_t room = sizeof r->words - 1 - r->words_len;
        size_t take = (size_t)n < room ? (size_t)n : room;

        memcpy(r->words + r->words_len, rest, take);
        r->words_len += take;
    }
    for (size_t i = 0; i < r->words_len; i++)
        if ((unsigned char)r->words[i] < ' ' || r->words[i] == 0x7f)
            r->words[i] = ' ';
}

static void judge(const struct spool_run *r, int status, struct outcome *o)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    char reason[32];

    if (r->killed) {
        outcome_set(o, OUTCOME_RETRY, "hook-timeout", r->words);
    } else if (code == 0) {
        outcome_set(o, OUTCOME_SENT, r->has_hook ? "sent" : "spooled", "");
    } else if (code == EXIT_WRITE || code == EXIT_EXEC) {
        outcome_set(o, OUTCOME_RETRY, code == EXIT_WRITE ? "spool-write" : "hook-exec", r->words);
    } else {
        snprintf(reason, sizeof reason, code >= 0 ? "hook-exit-%d" : "hook-signal", code);
        outcome_set(o, code == 65 || code == 67 ? OUTCOME_DEAD : OUTCOME_RETRY, reason, r->words);
    }
}

/* True when the run is over. */
static bool look(struct spool_run *r, int64_t now)
{
    struct outcome o = {0};
    int status;

    read_words(r);
    if (waitpid(r->pid, &status, WNOHANG) != r->pid) {
        if (!r->killed && now >= r->deadline) {
            kill(-r->pid, SIGKILL);
            kill(r->pid, SIGKILL);
            r->killed = true;
        }
        return false;
    }
    kill(-r->pid, SIGKILL); /* what the hook left behind */
    read_words(r);
    judge(r, status, &o);
    /* with a hook the file is there for the hook only; the next attempt writes it anew */
    if (r->has_hook)
        unlink(r->file);
    r->done(r->arg, &o);
    run_free(r);
    return true;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    static const struct timeval soon = {0, LOOK_MS * 1000};
    struct spool *s = arg;
    int64_t now = clock_mono();

    (void)fd;
    (void)what;
    for (struct spool_run *r = s->first, *next; r != NULL; r = next) {
        next = r->next;
        look(r, now);
    }
    if (s->first != NULL)
        evtimer_add(s->timer, &soon);
}

/* ---- the beginning -------------------------------------------------------------------------- */

/* Number of the child, its words in *fd; -1 when the system has no more. */
static pid_t launch(struct plan *p, int *fd)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    fcntl(ends[0], F_SETFL, O_NONBLOCK); /* our end only: a hook may count on writes that wait */
    p->out = ends[1];
    pid_t pid = fork();
    if (pid == 0)
        child(p);
    close(ends[1]);
    if (pid < 0)
        close(ends[0]);
    *fd = ends[0];
    return pid;
}

struct spool_run *spool_start(struct spool *s, const struct bundle *b, spool_done done, void *arg,
                              struct outcome *o)
{
    static const struct timeval soon = {0, LOOK_MS * 1000};
    struct plan p = {0};
    struct spool_run *r = NULL;
    int fd = -1;

    if (*s->settings->spool_dir == '\0') {
        outcome_set(o, OUTCOME_RETRY, "not-configured", "spool-dir is not set in duband.conf");
        return NULL;
    }
    plan_make(&p, s->settings, b);
    pid_t pid = launch(&p, &fd);
    if (pid < 0) {
        outcome_set(o, OUTCOME_RETRY, "no-process", strerror(errno));
    } else {
        r = xcalloc(1, sizeof *r);
        r->spool = s;
        r->pid = pid;
        r->fd = fd;
        r->deadline = clock_mono() + (int64_t)s->settings->hook_timeout * 1000000;
        r->has_hook = p.hook != NULL;
        r->file = xstrdup(p.file);
        r->done = done;
        r->arg = arg;
        r->next = s->first;
        s->first = r;
        evtimer_add(s->timer, &soon);
    }
    plan_free(&p);
    return r;
}

struct spool *spool_new(struct event_base *base, const struct settings *settings)
{
    struct spool *s = xcalloc(1, sizeof *s);

    s->settings = settings;
    s->timer = evtimer_new(base, on_timer, s);
    if (s->timer == NULL)
        abort();
    return s;
}

void spool_free(struct spool **sp)
{
    struct spool *s = *sp;

    *sp = NULL;
    if (s == NULL)
        return;
    while (s->first != NULL) {
        kill(-s->first->pid, SIGKILL);
        kill(s->first->pid, SIGKILL);
        waitpid(s->first->pid, NULL, 0);
        run_free(s->first);
    }
    event_free(s->timer);
    free(s);
}
