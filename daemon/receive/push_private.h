/* SPDX-License-Identifier: BSD-2-Clause */
/* For push.c (watchers come and go), push_backlog.c (what they are owed when they come) and
 * push_live.c (what happens from then on) only; each calls downwards in this order. */
#ifndef DUBAN_PUSH_PRIVATE_H
#define DUBAN_PUSH_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/buf.h"
#include "daemon/db/array.h"
#include "daemon/db/conn.h"
#include "daemon/net/stream.h"
#include "daemon/receive/push.h"
#include "daemon/receive/session.h"

#define PUSH_PAGE 200 /* events that are read at once */

/* Columns of stream_open, stream_resume and stream_events. */
enum push_column { PUSH_EVENT, PUSH_KIND, PUSH_POSTS, PUSH_DATA };

TAILQ_HEAD(watcher_list, watcher);

/* One watcher. */
struct watcher {
    struct watcher *next, **prev;
    TAILQ_ENTRY(watcher) wanting; /* in push->wanting while queued */
    struct push *push;
    struct session *session; /* NULL: gone, but a page is still being read */
    struct stream *stream;   /* owned */
    uint8_t certificate[DIGEST_SIZE];
    bool catching_up; /* live events are not for it yet */
    bool queued;      /* for a page */
    bool asking;      /* a page is under way */
    bool waiting;     /* for its peer to read what was sent */
    bool everything;  /* pages of all that happened; else of open cases */
    int64_t sent;     /* last event of the backlog */
    int64_t upto;     /* open cases: up to this event; INT64_MAX before the first page */
    bool hears;       /* wants signs of life */
    bool heard;       /* has had one */
};

struct push {
    const struct keys *keys;
    struct db *db;
    struct stream_hub *hub;
    struct event *poll, *flow;
    struct watcher *watchers; /* owned */
    size_t count;
    struct watcher_list wanting; /* those that wait for a page, first come first served */
    size_t asked;                /* pages under way */
    struct array posts;          /* argument of a page */
    int64_t last;                /* newest event that live watchers have; -1 = not known */
    bool reading, again;
    struct buf text;
};

/* ---- push_live.c */

/* The posts of one event row, made into strings; push_posts_clear() frees them. */
struct push_posts {
    char *name[64];
    size_t n;
};
void push_posts_read(const struct db_result *r, int row, struct push_posts *p);
void push_posts_clear(struct push_posts *p);
/* The watcher's client, borrowed; NULL: not registered any more, revoked or expired. */
const struct keys_client *push_client_of(const struct watcher *w);
/* Formats one row into p->text. False: a row that is none. */
bool push_format_row(struct push *p, const struct db_result *r, int row);
/* Takes it out of all lists. No page of its own may be under way. */
void push_watcher_free(struct watcher *w);
/* Ends its stream when what was sent has left: it comes again with Last-Event-ID. */
void push_watcher_close(struct watcher *w);
/* Reads what happened since p->last and sends it to those that are not catching up. */
void push_live_read(struct push *p);

/* ---- push_backlog.c */

/* Has the next page read when its turn comes. */
void push_backlog_want(struct watcher *w);
/* Timer p->flow: peers may have read what was sent. */
void push_backlog_on_flow(evutil_socket_t fd, short what, void *push);

#endif
