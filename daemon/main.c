/* SPDX-License-Identifier: BSD-2-Clause */
/* duband: options and subcommands. Everything else is elsewhere. */
#include <getopt.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "common/i18n.h"
#include "common/log.h"
#include "daemon/check.h"
#include "daemon/db/genesis.h"
#include "daemon/db/migrate.h"
#include "daemon/db/retry.h"
#include "daemon/parent.h"
#include "daemon/rebuild/rebuild.h"
#include "daemon/settings.h"

#define EXIT_USAGE 2
#define EXIT_CONFIG 5

struct options {
    const char *file;
    const char *command; /* "" = run */
    bool single, test_clock, dry_run;
    struct rebuild_options rebuild;
    char **words; /* behind the command; borrowed */
    int words_len;
};

static void print_help(void)
{
    fputs(
        _("duband receives signed status reports, keeps the log, raises alerts.\n"
          "\n"
          "  duband [-c FILE] [--single] [--test-clock]   run in the foreground\n"
          "  duband [-c FILE] check                       say everything that is missing or wrong\n"
          "  duband [-c FILE] migrate [--dry-run]         bring the database to this version\n"
          "  duband [-c FILE] settings                    print the settings in force\n"
          "  duband [-c FILE] genesis                     take the first statement (duban init)\n"
          "  duband [-c FILE] rebuild [--compare] [--until ENTRY] [--past] [--into CONNINFO]\n"
          "                                               make the ledger again from the log "
          "alone\n"
          "  duband [-c FILE] retry [MESSAGE...]          list stuck messages, or try these again\n"
          "\n"
          "  -c FILE         configuration\n"
          "  --single        all roles in one process, for debugging\n"
          "  --test-clock    allow a database whose clock can be moved\n"
          "  --foreground    accepted; there is no other way to run\n"
          "  -V, --version   print the version\n"
          "  -h, --help      this text\n"),
        stdout);
    printf(_("\nWithout -c: %s\n"), DUBAN_SYSCONFDIR "/duban/duband.conf");
}

static int usage(const char *word, const char *what)
{
    fprintf(stderr, "duband: %s: %s\n", word, what);
    fputs(_("duband: see duband --help\n"), stderr);
    return EXIT_USAGE;
}

/* -1 = go on, else the exit code. */
static int parse_options(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        {"config", required_argument, NULL, 'c'}, {"single", no_argument, NULL, 's'},
        {"test-clock", no_argument, NULL, 't'},   {"foreground", no_argument, NULL, 'f'},
        {"dry-run", no_argument, NULL, 'n'},      {"version", no_argument, NULL, 'V'},
        {"help", no_argument, NULL, 'h'},         {"compare", no_argument, NULL, 'C'},
        {"into", required_argument, NULL, 'I'},   {"until", required_argument, NULL, 'U'},
        {"past", no_argument, NULL, 'P'},         {NULL, 0, NULL, 0}};
    int c;

    opterr = 0; /* we name the option ourselves */
    while ((c = getopt_long(argc, argv, ":c:Vh", longs, NULL)) != -1) {
        switch (c) {
        case 'c':
            o->file = optarg;
            break;
        case 's':
            o->single = true;
            break;
        case 't':
            o->test_clock = true;
            break;
        case 'f':
            break;
        case 'n':
            o->dry_run = true;
            break;
        case 'C':
            o->rebuild.compare = true;
            break;
        case 'I':
            o->rebuild.into = optarg;
            break;
        case 'U':
            o->rebuild.until = optarg;
            break;
        case 'P':
            o->rebuild.past = true;
            break;
        case 'V':
            puts("duband " DUBAN_VERSION);
            return 0;
        case 'h':
            print_help();
            return 0;
        case ':':
            return usage(argv[optind - 1], _("needs a value"));
        default:
            return usage(argv[optind - 1], _("unknown option"));
        }
    }
    o->command = optind < argc ? argv[optind] : "";
    o->words_len = argc - optind > 1 ? argc - optind - 1 : 0;
    o->words = argv + argc - o->words_len;
    if (o->words_len > 0 && strcmp(o->command, "retry") != 0)
        return usage(o->words[0], _("too many arguments"));
    return -1;
}

static int fail(const struct err *e)
{
    fprintf(stderr, "duband: %s\n", e->text);
    return err_is(e, "config") ? EXIT_CONFIG : 1;
}

static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int run(struct settings *s, bool single)
{
    raise_descriptors();
    return single ? parent_run_single(s) : parent_run(s);
}

static int command(const struct options *o, struct settings *s)
{
    struct err e = {0};
    bool ok = true;

    log_init("duband", s->log_level);
    if (strcmp(o->command, "settings") == 0)
        settings_print(s, stdout);
    else if (strcmp(o->command, "migrate") == 0)
        ok = migrate_run(s, o->dry_run, &e);
    else if (strcmp(o->command, "rebuild") == 0)
        ok = rebuild_run(s, &o->rebuild, &e);
    else if (strcmp(o->command, "retry") == 0)
        ok = retry_run(s, o->words, (size_t)o->words_len, &e);
    else
        ok = genesis_run(s, &e);
    settings_free(&s);
    return ok ? 0 : fail(&e);
}

static bool known(const char *name)
{
    static const char *const names[] = {"",        "check",   "settings", "migrate",
                                        "genesis", "rebuild", "retry"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    struct options o = {.file = DUBAN_SYSCONFDIR "/duban/duband.conf"};
    struct settings *s = NULL;
    struct err e = {0};

    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes to sockets that the peer has closed */
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    i18n_init(NULL);
    int code = parse_options(argc, argv, &o);
    if (code >= 0)
        return code;
    if (!known(o.command))
        return usage(o.command, _("unknown command"));
    if (strcmp(o.command, "check") == 0)
        return check_run(o.file, o.test_clock);
    if (!settings_load(o.file, &s, NULL, NULL, &e))
        return fail(&e);
    s->test_clock = o.test_clock;
    return *o.command == '\0' ? run(s, o.single) : command(&o, s);
}
