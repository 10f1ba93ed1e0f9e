/* SPDX-License-Identifier: BSD-2-Clause */
/* libcurl's multi_socket interface: libcurl says which descriptors and which timer it wants, the
 * loop tells it what happened. Names are looked up by libcurl's own thread. */
#include "daemon/alert/transfer.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mem.h"

#define ANSWER_MAX ((size_t)64 * 1024)

struct transfer {
    struct transfers *pool;
    struct transfer *next, **at; /* in the pool's list */
    CURL *easy;
    struct curl_slist *lines;
    char *body; /* owned */
    size_t body_len;
    size_t answered; /* bytes that came back */
    char text[CURL_ERROR_SIZE];
    transfer_done done;
    void *arg;
    bool started;
};

struct transfers {
    struct event_base *base;
    CURLM *multi;
    struct event *timer;
    struct transfer *first;
};

/* A descriptor that libcurl watches. */
struct watch {
    struct transfers *pool;
    struct event *event;
};

/* ---- ends ----------------------------------------------------------------------------------- */

static void transfer_free(struct transfer *x)
{
    if (x->next != NULL)
        x->next->at = x->at;
    *x->at = x->next;
    if (x->started)
        curl_multi_remove_handle(x->pool->multi, x->easy);
    curl_easy_cleanup(x->easy);
    curl_slist_free_all(x->lines);
    free(x->body);
    free(x);
}

static void finish(struct transfer *x, CURLcode code)
{
    struct transfer_result r = {.code = code, .text = x->text};
    curl_off_t after = 0, connect = 0;

    curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &r.status);
    if (curl_easy_getinfo(x->easy, CURLINFO_RETRY_AFTER, &after) == CURLE_OK && after > 0)
        r.retry_after = after;
    curl_easy_getinfo(x->easy, CURLINFO_CONNECT_TIME_T, &connect);
    r.connected = connect > 0;
    if (*x->text == '\0')
        snprintf(x->text, sizeof x->text, "%s", curl_easy_strerror(code));
    x->done(x->arg, &r);
    transfer_free(x);
}

/* What a callback may start or cancel changes libcurl's list: look from the beginning each time. */
static void look_for_ends(struct transfers *t)
{
    int left;
    CURLMsg *m;

    while ((m = curl_multi_info_read(t->multi, &left)) != NULL) {
        struct transfer *x = NULL;

        if (m->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&x);
        finish(x, m->data.result);
    }
}

/* ---- events --------------------------------------------------------------------------------- */

static void on_event(evutil_socket_t fd, short what, void *arg)
{
    struct transfers *t = arg;
    int running;
    int flags = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);

    curl_multi_socket_action(t->multi, fd, flags, &running);
    look_for_ends(t);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct transfers *t = arg;
    int running;

    (void)fd;
    (void)what;
    curl_multi_socket_action(t->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    look_for_ends(t);
}

static int set_timer(CURLM *multi, long ms, void *arg)
{
    struct transfers *t = arg;
    const struct timeval tv = {ms / 1000, (ms % 1000) * 1000};

    (void)multi;
    if (ms < 0)
        evtimer_del(t->timer);
    else
        evtimer_add(t->timer, &tv);
    return 0;
}

static void watch_free(struct watch *w)
{
    if (w->event != NULL)
        event_free(w->event);
    free(w);
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *of_socket)
{
    struct transfers *t = arg;
    struct watch *w = of_socket;
    short wanted = (short)((what & CURL_POLL_IN ? EV_READ : 0) |
                           (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST);

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (w != NULL)
            watch_free(w);
        curl_multi_assign(t->multi, fd, NULL);
        return 0;
    }
    if (w == NULL) {
        w = xcalloc(1, sizeof *w);
        w->pool = t;
        curl_multi_assign(t->multi, fd, w);
    } else {
        event_free(w->event);
    }
    w->event = event_new(t->base, fd, wanted, on_event, t);
    if (w->event == NULL || event_add(w->event, NULL) != 0)
        return -1;
    return 0;
}

/* ---- one transfer --------------------------------------------------------------------------- */

static size_t on_answer(char *bytes, size_t size, size_t n, void *arg)
{
    struct transfer *x = arg;

    (void)bytes;
    x->answered += size * n;
    return x->answered > ANSWER_MAX ? 0 : size * n; /* nobody needs to be told a novel */
}

struct transfer *transfer_new(struct transfers *t, const char *protocols, const char *ca,
                              long timeout_s)
{
    struct transfer *x = xcalloc(1, sizeof *x);

    x->pool = t;
    x->easy = curl_easy_init();
    if (x->easy == NULL)
        abort();
    x->next = t->first;
    x->at = &t->first;
    if (x->next != NULL)
        x->next->at = &x->next;
    t->first = x;
    curl_easy_setopt(x->easy, CURLOPT_PRIVATE, x);
    curl_easy_setopt(x->easy, CURLOPT_ERRORBUFFER, x->text);
    curl_easy_setopt(x->easy, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(x->easy, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(x->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(x->easy, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(x->easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(x->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(x->easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(x->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(x->easy, CURLOPT_TIMEOUT, timeout_s);
    curl_easy_setopt(x->easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(x->easy, CURLOPT_FORBID_REUSE, 1L);
    if (*ca != '\0') {
        curl_easy_setopt(x->easy, CURLOPT_CAINFO, ca);
        curl_easy_setopt(x->easy, CURLOPT_CAPATH, NULL);
        /* libcurl would keep an old file for a day; this one is small and may be replaced */
        curl_easy_setopt(x->easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
    }
    return x;
}

CURL *transfer_easy(struct transfer *x)
{
    return x->easy;
}

void transfer_line(struct transfer *x, const char *line)
{
    struct curl_slist *lines = curl_slist_append(x->lines, line);

    if (lines == NULL)
        abort();
    x->lines = lines;
}

struct curl_slist *transfer_lines(struct transfer *x)
{
    return x->lines;
}

void transfer_take_body(struct transfer *x, char *body, size_t len)
{
    free(x->body);
    x->body = body;
    x->body_len = len;
}

const char *transfer_body(const struct transfer *x, size_t *len)
{
    *len = x->body_len;
    return x->body;
}

void transfer_start(struct transfer *x, transfer_done done, void *arg)
{
    x->done = done;
    x->arg = arg;
    x->started = true;
    if (curl_multi_add_handle(x->pool->multi, x->easy) != CURLM_OK)
        abort();
}

void transfer_cancel(struct transfer **x)
{
    if (*x != NULL)
        transfer_free(*x);
    *x = NULL;
}

/* ---- pool ----------------------------------------------------------------------------------- */

struct transfers *transfers_new(struct event_base *base)
{
    struct transfers *t = xcalloc(1, sizeof *t);

    t->base = base;
    t->timer = evtimer_new(base, on_timer, t);
    t->multi = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_multi_init() : NULL;
    if (t->timer == NULL || t->multi == NULL) {
        transfers_free(&t);
        return NULL;
    }
    curl_multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    curl_multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t);
    curl_multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(t->multi, CURLMOPT_TIMERDATA, t);
    return t;
}

void transfers_free(struct transfers **tp)
{
    struct transfers *t = *tp;

    *tp = NULL;
    if (t == NULL)
        return;
    while (t->first != NULL)
        transfer_free(t->first);
    curl_multi_cleanup(t->multi);
    if (t->timer != NULL)
        event_free(t->timer);
    free(t);
}
