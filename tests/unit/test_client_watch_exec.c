/* SPDX-License-Identifier: BSD-2-Clause */
/* duban watch --exec: what the command is given, and that none of them holds the watch for long. */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "client/watch_exec.h"
#include "common/clock.h"
#include "common/mem.h"

#define SECOND ((int64_t)1000000)
#define KILLED "duban: --exec: the command for event 7 did not end within 1 s and was killed\n"

static char dir[] = "/tmp/duban-exec-XXXXXX";

static int setup(void **state)
{
    (void)state;
    return mkdtemp(dir) != NULL && chdir(dir) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    unlink("out");
    unlink("told");
    return chdir("/") == 0 && rmdir(dir) == 0 ? 0 : -1;
}

static void assert_file(const char *name, const char *wanted)
{
    char got[256] = "";
    int fd = open(name, O_RDONLY);

    assert_true(fd >= 0);
    ssize_t n = read(fd, got, sizeof got - 1);
    close(fd);
    unlink(name);
    assert_true(n >= 0);
    assert_string_equal(got, wanted);
}

/* told: what duban says about it on stderr. */
static void run(const char *command, unsigned seconds, const char *text, const char *told)
{
    json_t *j = json_pack("{s:s,s:i}", "unit", "u001", "alert", 7);
    int real = dup(STDERR_FILENO), fd = open("told", O_CREAT | O_TRUNC | O_WRONLY, 0600);

    assert_true(real >= 0 && fd >= 0);
    dup2(fd, STDERR_FILENO);
    close(fd);
    watch_exec(command, seconds, "alert", "7", j, text);
    fflush(stderr);
    dup2(real, STDERR_FILENO);
    close(real);
    json_decref(j);
    assert_file("told", told);
}

static void test_given(void **state)
{
    (void)state;
    run("cat >out; echo $DUBAN_EVENT $DUBAN_UNIT $DUBAN_ALERT >>out", 10, "{\"alert\":7}", "");
    assert_file("out", "{\"alert\":7}\nalert u001 7\n");
}

static void test_fails(void **state)
{
    (void)state;
    run("exit 3", 10, "x", "duban: --exec: the command failed for event 7 (status 3)\n");
    run("kill -9 $$", 10, "x", "duban: --exec: the command failed for event 7 (status -1)\n");
}

/* It is killed whether it wants to or not, with all that it started: the grandchild would write
 * later. */
static void test_hangs(void **state)
{
    int64_t began = clock_mono();

    (void)state;
    run("trap '' TERM; (sleep 3; echo late >out) & sleep 30", 1, "x", KILLED);
    assert_in_range(clock_mono() - began, 1 * SECOND, 20 * SECOND);
    sleep(3);
    assert_int_equal(access("out", F_OK), -1);
}

/* More than a pipe takes, for a command that reads nothing, slowly, or all. */
static void test_much(void **state)
{
    char *text = xmalloc(300001);
    int64_t began = clock_mono();

    (void)state;
    memset(text, 'x', 300000);
    text[300000] = '\0';
    run("exit 0", 10, text, "");
    run("exec <&-; sleep 0.2", 10, text, "");
    run("sleep 0.2; wc -c >out", 10, text, "");
    assert_file("out", "300001\n");
    assert_in_range(clock_mono() - began, 0, 9 * SECOND);
    run("sleep 30", 1, text, KILLED); /* holds its input open and never reads it */
    assert_in_range(clock_mono() - began, 1 * SECOND, 20 * SECOND);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_given),
        cmocka_unit_test(test_fails),
        cmocka_unit_test(test_hangs),
        cmocka_unit_test(test_much),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, setup, teardown);
}
