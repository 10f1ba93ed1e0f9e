/* SPDX-License-Identifier: BSD-2-Clause */
/* The local alarm of duban watch: told on standard error and to a command of the user's, because
 * whoever is silent cannot be asked to tell. */
#ifndef DUBAN_CLIENT_ALARM_H
#define DUBAN_CLIENT_ALARM_H

#include <stdbool.h>
#include <stdint.h>

enum alarm_kind {
    ALARM_SILENT, /* no valid sign of life for the stated time */
    ALARM_FORGED,
    ALARM_OFF,
    ALARM_REPLAYED,
    ALARM_SHRUNK,
    ALARM_FORKED,
    ALARM_STOPPED, /* the watch itself ends */
    ALARM_KINDS
};

struct alarm {
    const char *command;       /* --alarm, or NULL; borrowed */
    int64_t silence_us;        /* 0 = silence is no alarm */
    bool once;                 /* --alarm-exit: leave after the first */
    bool leave;                /* the watch is to end … */
    int status;                /* … with this exit status */
    int64_t since;             /* clock_mono() of the newest valid sign of life, or of the start */
    int64_t good_at;           /* its real time; 0 = none yet */
    int64_t ticked;            /* clock_mono() of the last look */
    int64_t told[ALARM_KINDS]; /* clock_mono(); 0 = not told since all was well */
};

void alarm_start(struct alarm *a);
/* A valid sign of life: ends what was told, and says so. */
void alarm_good(struct alarm *a);
/* Tells once, and again each hour while it lasts. */
void alarm_raise(struct alarm *a, enum alarm_kind kind, const char *why);
/* About each second: is it too long since the last sign of life? Time in which this process could
 * not listen (asleep, in a command of --exec) does not count. */
void alarm_tick(struct alarm *a);

#endif
