/* SPDX-License-Identifier: BSD-2-Clause */
/* duban watch. The newest id seen is kept in HOME/watch.state, so that nothing is missed between
 * two watches and nothing is told twice. HOME is not locked: reporting and acknowledging go on. */
#include "client/watch.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "client/alarm.h"
#include "client/connect.h"
#include "client/deliver.h"
#include "client/heartbeat.h"
#include "client/home.h"
#include "client/options.h"
#include "client/outcome.h"
#include "client/sentence.h"
#include "client/sse.h"
#include "client/term.h"
#include "client/watch_exec.h"
#include "client/when.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/i18n.h"
#include "common/instant.h"
#include "common/json.h"
#include "common/mem.h"

#define DATA_DEPTH 8
#define LINE_COLUMNS 120
#define STREAM "/v1/alerts/stream"
#define HEAD_MAX 65536
#define SILENCE_SECONDS 60 /* four signs of life by the server's default */
#define SKEW_SECONDS 120
#define EXEC_SECONDS 60

static volatile int stopped; /* set by a signal; there is no other way to tell a handler */

struct watch {
    struct app *app;
    const char *command; /* --exec, or NULL */
    char *state;         /* path of watch.state */
    char last[64];       /* newest id; "" = none yet */
    bool heard;          /* something came since the last connect */
    struct sse sse;
    struct alarm alarm;
    struct heartbeat heartbeat;
    char *head; /* path of watch.head: the newest head that was good */
};

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

/* ---- showing -------------------------------------------------------------------------------- */

static void put(const char *label, const char *value)
{
    if (!value || !*value)
        return;
    char *s = term_cut(value, LINE_COLUMNS);
    printf("  %s: %s\n", label, s);
    free(s);
}

static void put_contact(const json_t *alert)
{
    const json_t *c = json_object_get(alert, "contact");
    const char *name = app_str(c, "name");
    const char *phone = app_str(c, "phone");

    if (!name)
        return;
    char *text = xasprintf("%s%s%s", name, phone ? " " : "", phone ? phone : "");
    put(_("contact"), text);
    free(text);
}

static void show_alert(const json_t *j)
{
    long long level = app_int(j, "level", 0);
    char due[WHEN_SIZE] = "", raised[WHEN_SIZE];
    const char *number = app_str(j, "number");
    const char *task = app_str(j, "task");
    const char *period = sentence_period(j);
    char *clean_number = term_clean(number ? number : "-");

    when_text(app_str(j, "raised"), raised);
    printf("%s%s %s%s  ", term_colour(level >= 2 ? TERM_RED : TERM_YELLOW), _("ALERT"),
           clean_number, term_colour(TERM_PLAIN));
    printf(_("(%lld) level %lld to %s, %s\n"), app_int(j, "alert", -1), level,
           app_str(j, "post") ? app_str(j, "post") : "-", raised);
    free(clean_number);
    char *what = xasprintf("%s%s%s  %s", task ? task : "-", period ? " " : "", period ? period : "",
                           outcome_word(app_str(j, "kind")));
    put(_("task"), what);
    free(what);
    put(_("title"), app_str(j, "title"));
    put(_("unit"), app_str(j, "unit"));
    put_contact(j);
    if (app_str(j, "due")) {
        when_text(app_str(j, "due"), due);
        put(_("due"), due);
    }
    char *why = sentence_why(j, *due ? due : NULL);
    put(_("why"), why);
    free(why);
}

static void show_closed(const json_t *j)
{
    char *text = json_dumps(json_object_get(j, "alerts"), JSON_COMPACT | JSON_ENCODE_ANY);

    printf(_("CLOSED  case %lld: %s; withdraws alerts %s\n"), app_int(j, "case", -1),
           outcome_word(app_str(j, "reason")), text ? text : "-");
    free(text);
}

/* ---- the stream ----------------------------------------------------------------------------- */

static void keep_state(struct watch *w, const char *id)
{
    struct err e;

    snprintf(w->last, sizeof w->last, "%s", id);
    if (!file_write(w->state, w->last, strlen(w->last), 0600, &e))
        app_note("%s", e.text);
}

static void keep_head(struct watch *w, const char *note)
{
    struct err e;

    if (!file_write(w->head, note, strlen(note), 0600, &e))
        app_note("%s", e.text);
}

/* What does not fit what was seen before is kept: it convicts whoever signed it. */
static void keep_evidence(struct watch *w, const char *note)
{
    char *dir = home_path(w->app->home, "evidence"), at[INSTANT_SIZE];
    struct err e = {0};

    instant_format_utc(clock_real(), at);
    char *path = xasprintf("%s/head-%.19sZ.txt", dir, at);
    if (!file_mkdirs(dir, 0700, &e) || !file_write(path, note, strlen(note), 0600, &e))
        app_note("%s", e.text);
    else
        app_note(_("the log head is kept in %s"), path);
    free(path);
    free(dir);
}

static void on_heartbeat(struct watch *w, const char *text)
{
    static const enum alarm_kind kinds[] = {
        [HEARTBEAT_FORGED] = ALARM_FORGED,     [HEARTBEAT_OFF] = ALARM_OFF,
        [HEARTBEAT_REPLAYED] = ALARM_REPLAYED, [HEARTBEAT_SHRUNK] = ALARM_SHRUNK,
        [HEARTBEAT_FORKED] = ALARM_FORKED,
    };
    uint64_t size = w->heartbeat.newest.size;
    struct err why = {0};
    json_t *j = NULL;
    bool ok = json_read(text, strlen(text), DATA_DEPTH, &j, &why) && json_is_object(j);
    const char *note = ok && app_str(j, "head") ? app_str(j, "head") : "";
    enum heartbeat_finding f =
        heartbeat_take(&w->heartbeat, note, strlen(note), clock_real(), &why);

    if (f == HEARTBEAT_GOOD) {
        if (w->heartbeat.newest.size != size)
            keep_head(w, note);
        alarm_good(&w->alarm);
    } else if (f >= HEARTBEAT_FORGED) {
        bool told = w->alarm.told[kinds[f]] != 0;
        alarm_raise(&w->alarm, kinds[f], why.text);
        if (!told && (f == HEARTBEAT_SHRUNK || f == HEARTBEAT_FORKED))
            keep_evidence(w, note);
    }
    json_decref(j);
}

static bool on_event(void *data, const char *event, const char *id, const char *text)
{
    struct watch *w = data;
    json_t *j = NULL;
    struct err e;

    if (strcmp(event, "heartbeat") == 0) {
        on_heartbeat(w, text);
        return !stopped && !w->alarm.leave;
    }
    w->heard = true;
    if (!json_read(text, strlen(text), DATA_DEPTH, &j, &e) || !json_is_object(j)) {
        app_note(_("an event of the stream cannot be read: %s"), e.text);
        json_decref(j);
        return true;
    }
    if (w->app->json)
        app_print_json(j);
    else if (strcmp(event, "closed") == 0)
        show_closed(j);
    else
        show_alert(j);
    fflush(stdout);
    if (w->command)
        watch_exec(w->command, EXEC_SECONDS, event, id, j, text);
    json_decref(j);
    if (*id)
        keep_state(w, id);
    return !stopped;
}

static bool on_bytes(const char *bytes, size_t n, void *data)
{
    struct watch *w = data;

    if (n == 0)
        alarm_tick(&w->alarm);
    w->heard = w->heard || n > 0;
    return sse_feed(&w->sse, bytes, n) && !stopped && !w->alarm.leave;
}

static void pause_ms(struct watch *w, int64_t ms)
{
    while (ms > 0 && !stopped && !w->alarm.leave) {
        int64_t part = ms < 500 ? ms : 500;
        struct timespec t = {.tv_nsec = (long)part * 1000000};

        nanosleep(&t, NULL);
        alarm_tick(&w->alarm);
        ms -= part;
    }
}

/* Reads until stopped; reconnects with back-off whenever the server is only away. */
static bool follow(struct watch *w, struct err *e)
{
    unsigned attempt = 0;
    bool told = false;
    const char *path = w->alarm.silence_us > 0 ? STREAM "?heartbeat=1" : STREAM;

    while (!stopped && !w->alarm.leave) {
        uint32_t random = 0;
        struct err why = {0};
        w->heard = false;
        sse_start(&w->sse, on_event, w);
        heartbeat_connected(&w->heartbeat);
        bool ok = connect_stream(w->app->connect, path, *w->last ? w->last : NULL, on_bytes, w,
                                 &stopped, &why);
        sse_free(&w->sse);
        if (!ok && !err_is(&why, "away")) {
            *e = why;
            alarm_raise(&w->alarm, ALARM_STOPPED, why.text);
            return false;
        }
        if (stopped || w->alarm.leave)
            break;
        if (w->heard)
            attempt = 0, told = false;
        if (!ok && !told)
            app_note(_("%s; trying again until it is back"), why.text);
        told = told || !ok;
        if (getrandom(&random, sizeof random, 0) < 0)
            random = (uint32_t)attempt;
        pause_ms(w, deliver_delay_ms(attempt++, 0, random));
    }
    return true;
}

static bool load_state(struct watch *w, const char *since, struct err *e)
{
    struct buf b = {0};
    struct err ignored;

    w->state = home_path(w->app->home, "watch.state");
    if (since && (!*since || since[strspn(since, "0123456789")] || strlen(since) > 18))
        return err_set(e, "usage",
                       _("--since is the number of an alert (0: from the first), not %s"), since);
    if (since)
        snprintf(w->last, sizeof w->last, "%s", since);
    else if (access(w->state, F_OK) == 0 && file_read(w->state, sizeof w->last - 1, &b, &ignored) &&
             b.len && b.data[strspn(b.data, "0123456789")] == '\0')
        snprintf(w->last, sizeof w->last, "%s", b.data);
    buf_free(&b);
    return true;
}

/* Seconds of an option; NULL: the default. */
static bool read_seconds(const char *name, const char *text, int64_t dflt, int64_t *us,
                         struct err *e)
{
    if (text && (!*text || text[strspn(text, "0123456789")] || strlen(text) > 6))
        return err_set(e, "usage", _("--%s is a number of seconds, not %s"), name, text);
    *us = (text ? strtoll(text, NULL, 10) : dflt) * 1000000;
    return true;
}

static void start_alarm(struct watch *w, int64_t skew_us)
{
    const struct home *h = w->app->home;
    struct buf note = {0};
    struct err ignored;

    w->head = home_path(h, "watch.head");
    heartbeat_start(&w->heartbeat, h->vkeys, h->vkeys_len, skew_us);
    if (access(w->head, F_OK) == 0 && file_read(w->head, HEAD_MAX, &note, &ignored) && note.len)
        heartbeat_remember(&w->heartbeat, note.data, note.len);
    buf_free(&note);
    alarm_start(&w->alarm);
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int watch_command(struct app *a, int argc, char **argv)
{
    struct watch w = {.app = a};
    const char *since = NULL, *silence = NULL, *skew = NULL;
    int64_t skew_us = 0;
    struct options_spec specs[] = {{"since", OPTIONS_TEXT, &since},
                                   {"exec", OPTIONS_TEXT, &w.command},
                                   {"alarm", OPTIONS_TEXT, &w.alarm.command},
                                   {"alarm-exit", OPTIONS_FLAG, &w.alarm.once},
                                   {"silence", OPTIONS_TEXT, &silence},
                                   {"skew", OPTIONS_TEXT, &skew},
                                   {0}};
    struct options_list args;
    struct err e;
    bool ok =
        options_parse(a, specs, argc, argv, &args, &e) &&
        options_count(&args, 0, 0,
                      "watch [--since N] [--exec CMD] [--alarm CMD] [--silence SECONDS]", &e) &&
        read_seconds("silence", silence, SILENCE_SECONDS, &w.alarm.silence_us, &e) &&
        read_seconds("skew", skew, SKEW_SECONDS, &skew_us, &e) && app_connect(a, false, &e) &&
        load_state(&w, since, &e);

    options_free(&args);
    if (ok) {
        catch_signals();
        start_alarm(&w, skew_us);
        ok = follow(&w, &e);
    }
    free(w.state);
    free(w.head);
    return ok ? w.alarm.status : app_fail(a, &e);
}
