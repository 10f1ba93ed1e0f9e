/* SPDX-License-Identifier: BSD-2-Clause */
/* What every command of duban shares: global options, HOME, connection, exit status. */
#ifndef DUBAN_CLIENT_APP_H
#define DUBAN_CLIENT_APP_H

#include <jansson.h>
#include <stdbool.h>

#include "common/err.h"

struct home;
struct connect;

/* Exit status of duban, a public interface (duban(1)). */
enum app_status {
    APP_DONE = 0,     /* done */
    APP_REFUSED = 1,  /* the server refused it, or some reports in it */
    APP_USAGE = 2,    /* wrong call */
    APP_KEPT = 3,     /* the server is away; what was signed is kept in the outbox */
    APP_EVIDENCE = 4, /* evidence does not verify */
    APP_LOCAL = 5,    /* configuration, key or file, or something to fill in first */
    APP_SILENT = 6    /* watch --alarm-exit: no sign of life of the server */
};

struct app {
    char *home_dir;          /* owned */
    bool json;               /* --json */
    bool yes;                /* --yes */
    bool dry_run;            /* --dry-run: nothing is signed */
    struct home *home;       /* owned; opened by app_home */
    struct connect *connect; /* owned; opened by app_connect */
};

/* Language, time zone (Asia/Shanghai unless TZ is set), place of HOME. */
void app_init(struct app *a);
void app_clear(struct app *a);

/* Opens HOME once; lock: for commands that change it (waits ten seconds). Errors: home_open. */
bool app_home(struct app *a, bool lock, struct err *e);
/* app_home, then a checked certificate and a connection. Errors: connect_new. */
bool app_connect(struct app *a, bool lock, struct err *e);

/* Prints the error on standard error (with --json and a problem document of the server: the
 * document on standard output) and returns the exit status that its code stands for: "usage" 2,
 * "refused" 1, "away" 3, "evidence" 4, all others 5. */
int app_fail(struct app *a, const struct err *e);
/* After a request that failed: when the server's answer was "not-found", *e says instead what was
 * asked for and what to try (one sentence, no newline). Returns false. */
bool app_not_found(const struct app *a, struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* One line "duban: …" on standard error. */
void app_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* At the end of the program: was everything printed that should be? If not, says so; a status
 * APP_DONE becomes APP_LOCAL. Returns the status. */
int app_flush(int status);
/* Asks on the terminal; --yes answers. Without a terminal: error "usage" that names --yes. A "no"
 * gives false with code "declined". */
bool app_confirm(const struct app *a, const char *question, struct err *e);
/* Prints a JSON value as one line on standard output. */
void app_print_json(const json_t *j);

/* String member or NULL; integer member or dflt. */
const char *app_str(const json_t *j, const char *name);
long long app_int(const json_t *j, const char *name, long long dflt);

#endif
