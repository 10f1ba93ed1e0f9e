/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of settings and the reader of duband.conf. The file belongs to the administrator: it is
 * believed, but each mistake is named with its line. */
#include "daemon/settings.h"

#include <confuse.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/mem.h"
#include "daemon/settings_values.h"

#define FILE_MAX ((size_t)1024 * 1024)
#define AT(member) offsetof(struct settings, member)

static const struct settings_key table[] = {
    {"origin", SETTINGS_ORIGIN, NULL, 0, 0,
     N_("Name of the log, chosen once: a host name and a path, such as duban.example/city/log1."),
     AT(origin)},
    {"listen", SETTINGS_ADDRESS, "0.0.0.0:8443", 0, 0,
     N_("Address and port for departments (HTTPS with client certificates)."), AT(listen)},
    {"admin-listen", SETTINGS_LOOPBACK, "127.0.0.1:8444", 0, 0,
     N_("Loopback address and port for /healthz, /readyz and /metrics (plain HTTP)."),
     AT(admin_listen)},
    {"receivers", SETTINGS_NUMBER, "0", 0, 64,
     N_("Receiver processes; 0 = one less than there are processors, at least one."),
     AT(receivers)},
    {"database", SETTINGS_TEXT, "dbname=duban", 0, 0,
     N_("How PostgreSQL is reached: a connection string without a user."), AT(database)},
    {"receiver-user", SETTINGS_TEXT, "duban_receiver", 0, 0, N_("Database user of the receivers."),
     AT(receiver_user)},
    {"alerter-user", SETTINGS_TEXT, "duban_alerter", 0, 0, N_("Database user of the alerter."),
     AT(alerter_user)},
    {"tls-certificate", SETTINGS_PATH, "server.pem", 0, 0,
     N_("Certificate of this server, followed by those between it and the root (PEM)."),
     AT(tls_certificate)},
    {"tls-key", SETTINGS_PATH, "server.key", 0, 0, N_("Its private key (PEM, mode 0600)."),
     AT(tls_key)},
    {"tls-ca", SETTINGS_PATH, "ca.pem", 0, 0,
     N_("Certificate authority that client certificates come from (PEM)."), AT(tls_ca)},
    {"log-key", SETTINGS_PATH, "log.key", 0, 0,
     N_("Ed25519 key that signs the log (PEM, mode 0600); each machine has its own."), AT(log_key)},
    {"signer-state", SETTINGS_PATH, "/var/lib/duban/signer-state", 0, 0,
     N_("The signer's memory of the log. Never copy, restore or delete it."), AT(signer_state)},
    {"pid-file", SETTINGS_PATH, "/run/duban/duband.pid", 0, 0,
     N_("Holds the parent's process number and is locked while duband runs."), AT(pid_file)},
    {"user", SETTINGS_TEXT, "", 0, 0,
     N_("Account that the processes change to when started by root; empty = stay."), AT(user)},
    {"max-connections", SETTINGS_NUMBER, "10000", 1, 1000000,
     N_("Connections of one receiver; when full, a certificate with over a quarter loses one, else "
        "newcomers are refused."),
     AT(max_connections)},
    {"max-handshakes", SETTINGS_NUMBER, "256", 1, 100000,
     N_("TLS handshakes under way in one receiver; more have to wait."), AT(max_handshakes)},
    {"handshake-timeout", SETTINGS_SECONDS, "10", 1, 3600,
     N_("Time for a TLS handshake, however busy the line."), AT(handshake_timeout)},
    {"header-timeout", SETTINGS_SECONDS, "10", 1, 3600, N_("Time for the header of a request."),
     AT(header_timeout)},
    {"body-timeout", SETTINGS_SECONDS, "60", 1, 3600, N_("Time for the body of a request."),
     AT(body_timeout)},
    {"idle-timeout", SETTINGS_SECONDS, "120", 1, 86400,
     N_("Time between two requests, after which a connection is closed."), AT(idle_timeout)},
    {"drain-timeout", SETTINGS_SECONDS, "30", 1, 3600,
     N_("Time that processes get to finish on reload or stop."), AT(drain_timeout)},
    {"stream-ping", SETTINGS_SECONDS, "15", 1, 3600,
     N_("Time between two comments on a push stream."), AT(stream_ping)},
    {"stream-heartbeat", SETTINGS_SECONDS, "15", 1, 60,
     N_("Time between two signed signs of life on a push stream."), AT(stream_heartbeat)},
    {"blind-after", SETTINGS_SECONDS, "120", 1, 86400,
     N_("Outage of all alerters that is recorded as a blind period."), AT(blind_after)},
    {"drain", SETTINGS_SECONDS, "600", 0, 86400,
     N_("Time that outboxes get after a blind period before what fell due in it is raised."),
     AT(drain)},
    {"mail-server", SETTINGS_SERVER, "", 0, 0,
     N_("SMTP server for channels of kind mail: host:port; empty = no mail leaves this machine."),
     AT(mail_server)},
    {"mail-security", SETTINGS_SECURITY, "starttls", 0, 0,
     N_("starttls, tls, or none (only to a server on this machine)."), AT(mail_security)},
    {"mail-from", SETTINGS_MAILBOX, "", 0, 0,
     N_("Sender's mail address, also of its Message-IDs; needed with mail-server."), AT(mail_from)},
    {"mail-credentials", SETTINGS_PATH, "", 0, 0,
     N_("File with one line user:password for the SMTP server (mode 0600); empty = no login."),
     AT(mail_credentials)},
    {"mail-ca", SETTINGS_PATH, "", 0, 0,
     N_("Authorities that the SMTP server's certificate comes from (PEM); empty = the system's."),
     AT(mail_ca)},
    {"webhook-secrets", SETTINGS_PATH, "", 0, 0,
     N_("Directory with one file per webhook channel, named by its code (mode 0600): whsec_ lines, "
        "the newest first."),
     AT(webhook_secrets)},
    {"webhook-ca", SETTINGS_PATH, "", 0, 0,
     N_("Authorities that webhooks' certificates come from (PEM); empty = the system's."),
     AT(webhook_ca)},
    {"spool-dir", SETTINGS_PATH, "", 0, 0,
     N_("Directory for channels of kind spool: CODE/new/ gets one file per message; empty = none "
        "is written."),
     AT(spool_dir)},
    {"hook-dir", SETTINGS_PATH, "", 0, 0,
     N_("Directory with hooks: a program named like a spool channel's code is run for each "
        "message; empty = none is run."),
     AT(hook_dir)},
    {"hook-timeout", SETTINGS_SECONDS, "30", 1, 600,
     N_("Time for one run of a hook, after which it is killed."), AT(hook_timeout)},
    {"delivery-timeout", SETTINGS_SECONDS, "30", 1, 600,
     N_("Time for one attempt to deliver by mail or webhook."), AT(delivery_timeout)},
    {"delivery-parallel", SETTINGS_NUMBER, "4", 1, 64,
     N_("Deliveries under way at once on each channel."), AT(delivery_parallel)},
    {"delivery-days", SETTINGS_NUMBER, "7", 1, 90,
     N_("Days for which a delivery is tried while its case is open."), AT(delivery_days)},
    {"log-level", SETTINGS_LEVEL, "info", 0, 0,
     N_("Least important lines that are logged: error, warn, info or debug."), AT(log_level)},
    {"zone", SETTINGS_TEXT, "Asia/Shanghai", 0, 0,
     N_("Time zone of texts for people, such as the reason of an alert."), AT(zone)},
};
#define KEYS (sizeof(table) / sizeof(*table))

const struct settings_key *settings_keys(size_t *n)
{
    *n = KEYS;
    return table;
}

/* ---- faults -------------------------------------------------------------------------------- */

/* One reading of the file. */
struct reading {
    struct settings *s;
    struct buf text;
    settings_fault_fn *fault;
    void *ctx;
    struct err *e; /* gets the first fault */
    bool failed;
};

static void fault_at(struct reading *r, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void fault_at(struct reading *r, int line, const char *fmt, ...)
{
    char text[500];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (r->fault != NULL)
        r->fault(r->ctx, r->s->path, line, text);
    if (r->failed)
        return;
    r->failed = true;
    if (line > 0)
        err_set(r->e, "config", "%s:%d: %s", r->s->path, line, text);
    else
        err_set(r->e, "config", "%s: %s", r->s->path, text);
}

/* Line of the nth mention of a key, 0 = none. */
static int find_line(const char *text, const char *name, int nth)
{
    size_t len = strlen(name);
    int line = 1;

    for (const char *p = text; p != NULL && *p != '\0'; line++) {
        p += strspn(p, " \t");
        if (strncmp(p, name, len) == 0 && strchr(" \t=", p[len]) != NULL && p[len] != '\0' &&
            --nth == 0)
            return line;
        p = strchr(p, '\n');
        if (p != NULL)
            p++;
    }
    return 0;
}

int settings_line(const struct settings *s, const char *name)
{
    struct buf text = {0};
    int line = file_read(s->path, FILE_MAX, &text, NULL) ? find_line(text.data, name, 1) : 0;

    buf_free(&text);
    return line;
}

/* ---- values -------------------------------------------------------------------------------- */

/* New string: relative paths are taken from the file's directory. */
static char *path_from(const char *file, const char *value)
{
    const char *slash = strrchr(file, '/');

    if (*value == '/' || *value == '\0' || slash == NULL)
        return xstrdup(value);
    return xasprintf("%.*s/%s", (int)(slash - file), file, value);
}

static void set_number(struct reading *r, const struct settings_key *k, const char *value, int line)
{
    char *end;

    errno = 0;
    long n = strtol(value, &end, 10);
    if (*value == '\0' || *end != '\0' || errno != 0 || n < k->min || n > k->max)
        fault_at(r, line, _("%s must be a whole number from %ld to %ld, not \"%s\""), k->name,
                 k->min, k->max, value);
    else
        *(long *)((char *)r->s + k->offset) = n;
}

static void set_text(struct reading *r, const struct settings_key *k, const char *value, int line)
{
    char **text = (char **)((char *)r->s + k->offset);

    if (k->type == SETTINGS_ORIGIN && !settings_origin_good(value))
        fault_at(r, line, _("%s must be 1 to 127 printable ASCII characters without space and +"),
                 k->name);
    if (k->type == SETTINGS_ADDRESS && !settings_address_good(value, false))
        fault_at(r, line, _("%s must be a numeric address and a port, such as 0.0.0.0:8443"),
                 k->name);
    if (k->type == SETTINGS_LOOPBACK && !settings_address_good(value, true))
        fault_at(r, line, _("%s must be a loopback address and a port, such as 127.0.0.1:8444"),
                 k->name);
    if (k->type == SETTINGS_SERVER && *value != '\0' && !settings_server_good(value))
        fault_at(r, line, _("%s must be a host and a port, such as mail.example:587"), k->name);
    if (k->type == SETTINGS_MAILBOX && *value != '\0' && !settings_mailbox(value))
        fault_at(r, line, _("%s must be a mail address, such as duban@city.example"), k->name);
    if (k->type == SETTINGS_SECURITY && !settings_security_good(value))
        fault_at(r, line, _("%s must be starttls, tls or none, not \"%s\""), k->name, value);
    free(*text);
    *text = k->type == SETTINGS_PATH ? path_from(r->s->path, value) : xstrdup(value);
}

static void set_value(struct reading *r, const struct settings_key *k, const char *value, int line)
{
    switch (k->type) {
    case SETTINGS_NUMBER:
    case SETTINGS_SECONDS:
        set_number(r, k, value, line);
        break;
    case SETTINGS_LEVEL:
        if (!settings_level_parse(value, &r->s->log_level))
            fault_at(r, line, _("%s must be error, warn, info or debug, not \"%s\""), k->name,
                     value);
        break;
    default:
        set_text(r, k, value, line);
    }
}

/* ---- file ---------------------------------------------------------------------------------- */

static const struct settings_key *find_key(const char *name)
{
    for (size_t i = 0; i < KEYS; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

/* libconfuse's own words are not translated; what it can complain about here is only the form. */
static void on_confuse(cfg_t *cfg, const char *fmt, va_list ap)
{
    (void)cfg;
    (void)fmt;
    (void)ap;
}

/* Looks at each key that the file gave. */
static void take_values(struct reading *r, cfg_t *cfg)
{
    for (unsigned i = 0; i < cfg_num(cfg); i++) {
        cfg_opt_t *opt = cfg_getnopt(cfg, i);
        const char *name = cfg_opt_name(opt);
        const struct settings_key *k = find_key(name);
        int line = find_line(r->text.data, name, 1);
        int again = find_line(r->text.data, name, 2);
        if (k == NULL)
            fault_at(r, line, _("unknown setting %s; duband.conf(5) lists them"), name);
        else if (again > 0)
            fault_at(r, again, _("%s is given twice, first in line %d"), name, line);
        else if (cfg_opt_size(opt) > 0 && cfg_opt_getnstr(opt, 0) != NULL)
            set_value(r, k, cfg_opt_getnstr(opt, 0), line);
    }
}

/* The end of the file is noticed behind its last line. */
static int clamp_line(const struct buf *text, int line)
{
    int lines = 0;

    for (size_t i = 0; i < text->len; i++)
        lines += text->data[i] == '\n';
    return line < lines ? line : lines;
}

/* Every key is taken as text, known or not, so that one look finds all faults. */
static void parse_text(struct reading *r)
{
    cfg_opt_t none[] = {CFG_END()};
    cfg_t *cfg = cfg_init(none, CFGF_KEYSTRVAL);

    if (cfg == NULL)
        abort();
    cfg_set_error_function(cfg, on_confuse);
    if (cfg_parse_buf(cfg, r->text.data) != CFG_SUCCESS)
        fault_at(r, clamp_line(&r->text, cfg->line), _("not of the form: key = \"value\""));
    take_values(r, cfg);
    cfg_free(cfg);
}

static void set_standards(struct reading *r)
{
    for (size_t i = 0; i < KEYS; i++)
        if (table[i].standard != NULL)
            set_value(r, &table[i], table[i].standard, 0);
}

/* Letters without an envelope go to this machine's own mail server only. */
static void finish_mail(struct reading *r)
{
    const struct settings *s = r->s;
    char host[64] = "";
    char port[8];

    if (r->failed || *s->mail_server == '\0')
        return;
    settings_address(s->mail_server, host, port);
    if (*s->mail_from == '\0')
        fault_at(r, find_line(r->text.data, "mail-server", 1),
                 _("mail-server needs mail-from, the sender's address"));
    if (strcmp(s->mail_security, "none") == 0 && strcmp(host, "localhost") != 0 &&
        !settings_address_good(s->mail_server, true))
        fault_at(r, find_line(r->text.data, "mail-security", 1),
                 _("mail-security none is only for a server on this machine (127.0.0.1, ::1, "
                   "localhost), not %s"),
                 host);
}

static void finish(struct reading *r)
{
    struct settings *s = r->s;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (s->receivers == 0)
        s->receivers = cores > 2 ? cores - 1 : 1;
    if (s->receivers > 64)
        s->receivers = 64;
    if (s->origin == NULL)
        fault_at(r, 0, _("origin is missing: the name of the log, such as %s"),
                 "duban.example/city/log1");
    if (strcmp(s->listen, s->admin_listen) == 0)
        fault_at(r, find_line(r->text.data, "admin-listen", 1),
                 _("listen and admin-listen are the same address"));
    finish_mail(r);
}

bool settings_load(const char *path, struct settings **out, settings_fault_fn *fault, void *ctx,
                   struct err *e)
{
    struct reading r = {.fault = fault, .ctx = ctx, .e = e};
    struct err why = {0};

    r.s = xcalloc(1, sizeof(*r.s));
    char *real = realpath(path, NULL);
    r.s->path = real != NULL ? real : xstrdup(path);
    if (!file_read(path, FILE_MAX, &r.text, &why)) {
        fault_at(&r, 0, _("the configuration cannot be read: %s"),
                 strncmp(why.text, path, strlen(path)) == 0 && why.text[strlen(path)] == ':'
                     ? why.text + strlen(path) + 2
                     : why.text);
    } else {
        if (r.text.len == 0 || r.text.data[r.text.len - 1] != '\n')
            buf_add(&r.text, "\n", 1);
        set_standards(&r);
        parse_text(&r);
        finish(&r);
    }
    buf_free(&r.text);
    if (r.failed)
        settings_free(&r.s);
    *out = r.s;
    return !r.failed;
}

void settings_free(struct settings **s)
{
    if (*s == NULL)
        return;
    for (size_t i = 0; i < KEYS; i++)
        if (table[i].type != SETTINGS_NUMBER && table[i].type != SETTINGS_SECONDS &&
            table[i].type != SETTINGS_LEVEL)
            free(*(char **)((char *)*s + table[i].offset));
    free((*s)->path);
    free(*s);
    *s = NULL;
}

/* ---- printing ------------------------------------------------------------------------------ */

static void print_quoted(const char *value, FILE *out)
{
    putc('\'', out);
    for (; *value != '\0'; value++) {
        if (*value == '\'')
            fputs("'\\''", out);
        else
            putc(*value, out);
    }
    fputs("'\n", out);
}

void settings_print(const struct settings *s, FILE *out)
{
    for (size_t i = 0; i < KEYS; i++) {
        const void *at = (const char *)s + table[i].offset;
        for (const char *c = table[i].name; *c != '\0'; c++)
            putc(*c == '-' ? '_' : toupper((unsigned char)*c), out);
        putc('=', out);
        if (table[i].type == SETTINGS_NUMBER || table[i].type == SETTINGS_SECONDS)
            fprintf(out, "'%ld'\n", *(const long *)at);
        else if (table[i].type == SETTINGS_LEVEL)
            print_quoted(settings_level_name(*(const enum log_level *)at), out);
        else
            print_quoted(*(char *const *)at, out);
    }
}
