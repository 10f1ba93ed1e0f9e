/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration: one table of keys (settings.c) that the file reader, `duband settings`,
 * duband.conf(5) and the sample are made from. Constant in a process: a reload starts new ones. */
#ifndef DUBAN_SETTINGS_H
#define DUBAN_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/err.h"
#include "common/log.h"

struct settings {
    char *path; /* of the file */
    char *origin;
    char *listen, *admin_listen; /* "address:port", "[v6]:port" */
    long receivers;              /* as to be used: 0 in the file is replaced by the default */
    char *database;              /* conninfo without user */
    char *receiver_user, *alerter_user;
    char *tls_certificate, *tls_key, *tls_ca;
    char *log_key, *signer_state;
    char *pid_file;
    char *user;                           /* "" = stay */
    long max_connections, max_handshakes; /* of each receiver */
    long handshake_timeout, header_timeout, body_timeout, idle_timeout, drain_timeout; /* seconds */
    long stream_ping, stream_heartbeat;                                                /* seconds */
    long blind_after, drain;                                                           /* seconds */
    /* channels of alerts; "" = there is none */
    char *mail_server, *mail_security, *mail_from, *mail_credentials, *mail_ca;
    char *webhook_secrets, *webhook_ca;
    char *spool_dir, *hook_dir;
    long delivery_timeout; /* seconds, one attempt */
    long hook_timeout;     /* seconds */
    long delivery_parallel, delivery_days;
    char *zone;
    enum log_level log_level;
    /* from the command line, not the file */
    bool test_clock;
};

enum settings_type {
    SETTINGS_TEXT,
    SETTINGS_ORIGIN,
    SETTINGS_PATH,
    SETTINGS_ADDRESS,
    SETTINGS_LOOPBACK,
    SETTINGS_SERVER,   /* host name or address, and a port; may be empty */
    SETTINGS_SECURITY, /* starttls, tls or none */
    SETTINGS_MAILBOX,  /* a mail address; may be empty */
    SETTINGS_NUMBER,
    SETTINGS_SECONDS,
    SETTINGS_LEVEL
};

/* One key; what help and manual page print. */
struct settings_key {
    const char *name;
    enum settings_type type;
    const char *standard; /* default as text; NULL = must be given */
    long min, max;        /* numbers and seconds */
    const char *help;     /* one sentence, untranslated (N_) */
    size_t offset;        /* in struct settings */
};
/* The table, in the order of the sample; *n keys. */
const struct settings_key *settings_keys(size_t *n);

/* Called for each fault; line 0 = in no line of the file. text is translated. */
typedef void settings_fault_fn(void *ctx, const char *file, int line, const char *text);

/* Reads and checks the file. On failure *e holds the first fault ("config") and, when fault is
 * given, it gets all of them. Relative paths are taken from the file's directory. */
bool settings_load(const char *path, struct settings **out, settings_fault_fn *fault, void *ctx,
                   struct err *e);
void settings_free(struct settings **s);
/* Line of a key in the file, 0 when it is not there: for faults found later by check. */
int settings_line(const struct settings *s, const char *name);
/* NAME='value' lines, quoted for sh: LISTEN='127.0.0.1:8443'. */
void settings_print(const struct settings *s, FILE *out);
/* Splits "host:port" or "[host]:port"; false when it is not of that form. */
bool settings_address(const char *text, char host[64], char port[8]);
/* A mail address that may stand in an SMTP envelope as it is: one @, printable ASCII, no quoting.
 */
bool settings_mailbox(const char *s);

#endif
