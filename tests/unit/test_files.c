/* SPDX-License-Identifier: BSD-2-Clause */
/* file, log and i18n: what touches the system. */
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/log.h"
#include "common/mem.h"
#include "directory.h"

static void write_and_read(void **state)
{
    char *path = xasprintf("%s/a", directory);
    struct buf b = {0};
    struct err e = {0};
    struct stat st;

    (void)state;
    assert_true(file_write(path, "first", 5, 0640, &e));
    assert_true(file_write(path, "se\0nd", 5, 0600, &e));
    assert_true(file_read(path, 5, &b, &e));
    assert_int_equal(b.len, 5);
    assert_memory_equal(b.data, "se\0nd", 5);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    buf_clear(&b);
    assert_false(file_read(path, 4, &b, &e));
    assert_code(e, "file");
    assert_non_null(strstr(e.text, path));
    buf_free(&b);
    free(path);
}

static void write_leaves_nothing_behind(void **state)
{
    char *path = xasprintf("%s/dir", directory);
    struct err e = {0};
    size_t seen = 0;

    (void)state;
    assert_true(file_mkdirs(path, 0700, &e));
    assert_false(file_write(path, "x", 1, 0600, &e)); /* a directory is in the way */
    assert_code(e, "file");
    DIR *d = opendir(directory);
    assert_non_null(d);
    for (struct dirent *entry = readdir(d); entry; entry = readdir(d)) {
        seen++;
        assert_null(strstr(entry->d_name, ".duban-"));
    }
    closedir(d);
    assert_true(seen >= 3);
    free(path);
}

static void read_refuses(void **state)
{
    char *path = xasprintf("%s/fifo", directory);
    struct buf b = {0};
    struct err e = {0};

    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(file_read(path, 100, &b, &e)); /* and does not wait */
    assert_code(e, "file");
    assert_false(file_read(directory, 100, &b, &e));
    assert_code(e, "file");
    assert_false(file_read("/nonexistent/x", 100, &b, &e));
    assert_non_null(strstr(e.text, "/nonexistent/x"));
    assert_false(file_write("/nonexistent/x", "x", 1, 0600, &e));
    assert_code(e, "file");
    buf_free(&b);
    free(path);
}

static void directories(void **state)
{
    char *path = xasprintf("%s/p//q/r/", directory);
    char *below = xasprintf("%s/a/b", directory);
    struct err e = {0};
    struct stat st;

    (void)state;
    assert_true(file_mkdirs(path, 0700, &e));
    assert_true(file_mkdirs(path, 0700, &e));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_false(file_mkdirs(below, 0700, &e)); /* a is a file */
    assert_code(e, "file");
    assert_false(file_mkdirs("", 0700, &e));
    free(path);
    free(below);
}

static void locks(void **state)
{
    char *path = xasprintf("%s/lock", directory);
    struct err e = {0};
    int first = -1;
    int second = -1;

    (void)state;
    assert_true(file_lock(path, 0, &first, &e));
    assert_false(file_lock(path, 0, &second, &e));
    assert_code(e, "locked");
    assert_int_equal(second, -1);
    int64_t before = clock_mono();
    assert_false(file_lock(path, 120, &second, &e));
    assert_true(clock_mono() - before >= 120000);
    close(first);
    assert_true(file_lock(path, 0, &second, &e));
    close(second);
    assert_false(file_lock("/nonexistent/lock", 0, &second, &e));
    assert_code(e, "file");
    free(path);
}

/* Runs f with standard error in a file; gives what it wrote. */
static char *captured(void (*f)(void))
{
    char *path = xasprintf("%s/stderr", directory);
    struct buf b = {0};
    struct err e = {0};
    int old = dup(STDERR_FILENO);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

    assert_true(old >= 0 && fd >= 0);
    dup2(fd, STDERR_FILENO);
    f();
    dup2(old, STDERR_FILENO);
    close(old);
    close(fd);
    assert_true(file_read(path, 100000, &b, &e));
    free(path);
    return b.data ? b.data : xstrdup("");
}

static void some_lines(void)
{
    log_init("receiver/1", LOG_LEVEL_INFO);
    log_error("lost %s", "connection\nfake <3>x: line");
    log_warn("w=%d", 1);
    log_info("i");
    log_debug("not shown");
}

static void log_lines(void **state)
{
    char *text = captured(some_lines);

    (void)state;
    assert_string_equal(text, "<3>receiver/1: lost connection fake <3>x: line\n"
                              "<4>receiver/1: w=1\n<6>receiver/1: i\n");
    free(text);
}

static void a_long_line(void)
{
    char *s = xmalloc(10001);

    memset(s, 'x', 10000);
    s[10000] = '\0';
    log_error("%s", s);
    free(s);
}

static void log_line_has_a_limit(void **state)
{
    char *text = captured(a_long_line);

    (void)state;
    assert_in_range(strlen(text), 1500, 2048);
    assert_int_equal(text[strlen(text) - 1], '\n');
    free(text);
}

static void floods(void)
{
    clock_set_for_test(0, 1000000000);
    for (int i = 0; i < 100; i++)
        log_limited(LOG_LEVEL_WARN, "key", "n=%d", i);
    log_limited(LOG_LEVEL_WARN, "other", "o");
    log_limited(LOG_LEVEL_DEBUG, "third", "not shown");
    clock_set_for_test(0, 1000000000 + 60 * 1000000);
    log_limited(LOG_LEVEL_WARN, "key", "again");
    clock_set_for_test(-1, -1);
}

static void log_is_limited(void **state)
{
    char *text = captured(floods);

    (void)state;
    assert_string_equal(text, "<4>receiver/1: n=0\n<4>receiver/1: o\n"
                              "<4>receiver/1: again not_shown=99\n");
    free(text);
}

/* A catalogue of one message, made by msgfmt. */
static void make_catalogue(const char *dir)
{
    char *command = xasprintf("mkdir -p '%s/zh_CN/LC_MESSAGES' && printf '%%s\\n' 'msgid \"\"' "
                              "'msgstr \"Content-Type: text/plain; charset=UTF-8\\n\"' "
                              "'msgid \"hello\"' 'msgstr \"你好\"' | "
                              "msgfmt -o '%s/zh_CN/LC_MESSAGES/duban.mo' -",
                              dir, dir);
    assert_int_equal(system(command), 0);
    free(command);
}

struct language {
    const char *lang, *lc_all, *lang_env, *language, *want;
};

/* In a child, because the choice is made once per process. Exit status 0: as wanted. */
static int speaks(const struct language *l)
{
    pid_t pid = fork();
    int status = -1;

    if (pid == 0) {
        static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"};
        for (size_t i = 0; i < LEN(names); i++)
            unsetenv(names[i]);
        if (l->lc_all)
            setenv("LC_ALL", l->lc_all, 1);
        if (l->lang_env)
            setenv("LANG", l->lang_env, 1);
        if (l->language)
            setenv("LANGUAGE", l->language, 1);
        i18n_init(l->lang);
        bool chinese = strcmp(l->want, "zh_CN") == 0;
        _exit(strcmp(i18n_lang(), l->want) != 0 ||
              strcmp(_("hello"), chinese ? "你好" : "hello") != 0);
    }
    waitpid(pid, &status, 0);
    return status;
}

/* Also where the locale asked for was never generated, as on a minimal Debian. */
static void languages(void **state)
{
    static const struct language cases[] = {
        {"zh_CN", NULL, NULL, NULL, "zh_CN"},
        {"zh_CN", "C", NULL, NULL, "zh_CN"},
        {"zh_CN", "xx_YY.UTF-8", NULL, NULL, "zh_CN"},
        {"en", NULL, "zh_CN.UTF-8", NULL, "en"},
        {"en", "zh_CN.UTF-8", NULL, "zh_CN", "en"},
        {NULL, NULL, NULL, NULL, "en"},
        {NULL, "C", "zh_CN.UTF-8", "zh_CN", "en"},
        {NULL, "POSIX", NULL, NULL, "en"},
        {NULL, NULL, "zh_CN.UTF-8", NULL, "zh_CN"},
        {NULL, "zh_CN.UTF-8", NULL, NULL, "zh_CN"},
        {NULL, "zh_CN", "en_US.UTF-8", NULL, "zh_CN"},
        {NULL, NULL, "en_US.UTF-8", NULL, "en"},
        {NULL, NULL, "en_US.UTF-8", "zh_CN:en", "zh_CN"},
        {NULL, NULL, "C.UTF-8", NULL, "en"},
        {NULL, NULL, "zh_CN.UTF-8", "en", "en"},
    };
    char *dir = xasprintf("%s/locale", directory);

    (void)state;
    make_catalogue(dir);
    setenv("DUBAN_LOCALEDIR", dir, 1);
    for (size_t i = 0; i < LEN(cases); i++)
        if (speaks(&cases[i]) != 0)
            fail_msg("case %zu", i);
    unsetenv("DUBAN_LOCALEDIR");
    free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_and_read),
        cmocka_unit_test(write_leaves_nothing_behind),
        cmocka_unit_test(read_refuses),
        cmocka_unit_test(directories),
        cmocka_unit_test(locks),
        cmocka_unit_test(log_lines),
        cmocka_unit_test(log_line_has_a_limit),
        cmocka_unit_test(log_is_limited),
        cmocka_unit_test(languages),
    };
    return cmocka_run_group_tests_name("files", tests, make_directory, remove_directory);
}
