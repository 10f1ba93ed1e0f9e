/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTPS to the server. The server is trusted only as far as its certificate chain and, for
 * receipts, the log's signature (receipts.c); every answer is bounded. */
#include "client/connect.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/app.h"
#include "client/foreign.h"
#include "client/keystore.h"
#include "client/when.h"
#include "common/clock.h"
#include "common/i18n.h"
#include "common/json.h"
#include "common/mem.h"

#define ANSWER_MAX ((size_t)64 * 1024 * 1024)
#define ANSWER_DEPTH 16
#define CONNECT_SECONDS 10L
#define REQUEST_SECONDS 120L
/* the server sends a comment every 15 s; libcurl's own speed limit counts bytes, not signs of life
 */
#define SILENCE ((int64_t)45 * 1000000)
#define PAGE_LIMIT 1000

struct connect {
    const struct home *home; /* borrowed */
    CURL *curl;
    char message[CURL_ERROR_SIZE];
    json_t *problem;
    struct buf body;
    /* of the running stream */
    connect_on_bytes *on_bytes;
    void *data;
    const volatile int *stop;
    bool ended;    /* by us */
    int64_t heard; /* clock_mono of the newest bytes */
};

static size_t on_body(char *bytes, size_t size, size_t n, void *data)
{
    struct connect *c = data;
    long status = 0;

    c->heard = clock_mono();
    curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
    if (c->on_bytes && status == 200) {
        if (c->on_bytes(bytes, size * n, c->data))
            return size * n;
        c->ended = true;
        return 0;
    }
    return buf_add(&c->body, bytes, size * n) ? size * n : 0;
}

static int on_progress(void *data, curl_off_t a, curl_off_t b, curl_off_t d, curl_off_t f)
{
    struct connect *c = data;

    (void)a, (void)b, (void)d, (void)f;
    if ((c->stop && *c->stop) || (c->on_bytes && !c->on_bytes("", 0, c->data)))
        c->ended = true;
    return c->ended || clock_mono() - c->heard > SILENCE;
}

static void set_tls(CURL *curl, const struct home *h)
{
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);
    curl_easy_setopt(curl, CURLOPT_CAINFO, h->ca);
    curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(curl, CURLOPT_SSLCERT, h->certificate);
    curl_easy_setopt(curl, CURLOPT_SSLKEY, h->key);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_SSL_SESSIONID_CACHE, 0L);
}

static void set_options(struct connect *c, const char *url)
{
    CURL *curl = c->curl;

    curl_easy_reset(curl);
    set_tls(curl, c->home);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, REQUEST_SECONDS);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, c->message);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "duban/" DUBAN_VERSION);
}

bool connect_new(const struct home *h, struct connect **out, struct err *e)
{
    if (!keystore_check(h, e))
        return false;
    struct connect *c = xcalloc(1, sizeof *c);
    c->home = h;
    c->body.limit = ANSWER_MAX;
    c->curl = curl_easy_init();
    if (!c->curl) {
        connect_free(&c);
        return err_set(e, "config", _("libcurl cannot be used on this system"));
    }
    *out = c;
    return true;
}

void connect_free(struct connect **c)
{
    if (!*c)
        return;
    curl_easy_cleanup((*c)->curl);
    json_decref((*c)->problem);
    buf_free(&(*c)->body);
    free(*c);
    *c = NULL;
}

/* ---- what went wrong, in words that help ---------------------------------------------------- */

static bool has(const char *message, const char *words)
{
    return strstr(message, words) != NULL;
}

/* The server's alerts about our certificate; TLS 1.3 delivers them after the handshake. */
static bool explain_alert(const struct home *h, const char *message, struct err *e)
{
    struct keystore_certificate c;
    struct err ignored;
    char words[64], until[WHEN_SIZE] = "?";

    if (!keystore_certificate(h->certificate, &c, &ignored))
        snprintf(c.subject, sizeof c.subject, "?");
    else
        when_format(c.until, until);
    keystore_enrol_words(h, words, sizeof words);
    if (has(message, "alert certificate expired"))
        return err_set(e, "tls",
                       _("the server says that our certificate %s (%s, valid until %s) has "
                         "expired; renew it: duban "
                         "enrol %s (and compare the clocks of both computers)"),
                       h->certificate, c.subject, until, words);
    if (has(message, "alert unknown ca"))
        return err_set(
            e, "tls",
            _("the server %s does not know the CA that issued our certificate %s (%s, valid "
              "until %s); is "
              "this the right server? if so: duban enrol %s"),
            h->url, h->certificate, c.subject, until, words);
    return err_set(
        e, "tls",
        _("the server %s refuses our certificate %s (%s, valid until %s); it may be revoked or not "
          "registered: ask the office, or renew it: duban enrol %s"),
        h->url, h->certificate, c.subject, until, words);
}

static bool is_alert(const char *message)
{
    return has(message, "alert certificate") || has(message, "alert bad certificate") ||
           has(message, "alert unknown ca") || has(message, "alert access denied") ||
           has(message, "alert unsupported certificate");
}

static bool explain_server_certificate(const struct home *h, const char *message, struct err *e)
{
    struct keystore_certificate ca;
    struct err ignored;
    char until[WHEN_SIZE] = "?";

    if (has(message, "subject name") || has(message, "subjectAltName"))
        return err_set(e, "tls",
                       _("wrong server: the certificate shown at %s is a valid one of our CA, but "
                         "for another name; correct “url” in %s/duban.conf"),
                       h->url, h->dir);
    if (!keystore_certificate(h->ca, &ca, &ignored))
        snprintf(ca.subject, sizeof ca.subject, "?");
    else
        when_format(ca.until, until);
    if (has(message, "expired"))
        return err_set(e, "tls",
                       _("the certificate shown at %s, or the CA in %s (%s, valid until %s), has "
                         "expired; tell the office that runs the server"),
                       h->url, h->ca, ca.subject, until);
    return err_set(e, "tls",
                   _("wrong CA: the certificate shown at %s was not issued by the CA in %s (%s, "
                     "valid until %s); nothing was sent. Check “url” and “ca” in %s/duban.conf, or "
                     "take the CA file from the office again: duban enrol --accept FILE.cert"),
                   h->url, h->ca, ca.subject, until, h->dir);
}

bool connect_explain(const struct home *h, int code, const char *message, struct err *e)
{
    if (is_alert(message))
        return explain_alert(h, message, e);
    switch ((CURLcode)code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
        return explain_server_certificate(h, message, e);
    case CURLE_SSL_CACERT_BADFILE:
        return err_set(e, "tls", _("the CA file %s cannot be used: %s"), h->ca, message);
    case CURLE_SSL_CERTPROBLEM:
        return err_set(e, "tls", _("certificate %s or key %s cannot be used: %s"), h->certificate,
                       h->key, message);
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return err_set(e, "config", _("“url” in %s/duban.conf is not usable: %s"), h->dir, h->url);
    case CURLE_SSL_CONNECT_ERROR:
        /* a connection cut during the handshake is an absence, not a configuration fault */
        if (has(message, "SSL_ERROR_SYSCALL") || has(message, "unexpected eof") ||
            has(message, "Recv failure") || has(message, "Send failure"))
            break;
        return err_set(e, "tls",
                       _("no TLS 1.3 with %s: %s; is this the port of duband? check “url” in "
                         "%s/duban.conf"),
                       h->url, message, h->dir);
    case CURLE_COULDNT_RESOLVE_HOST:
        return err_set(e, "away",
                       _("the name in %s is not known here (no network?); check “url” in "
                         "%s/duban.conf"),
                       h->url, h->dir);
    case CURLE_COULDNT_CONNECT:
        return err_set(e, "away", _("the server %s cannot be reached: %s"), h->url, message);
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_ABORTED_BY_CALLBACK:
        return err_set(e, "away", _("the server %s does not answer in time"), h->url);
    default:
        break;
    }
    return err_set(e, "away", _("the connection to %s broke: %s"), h->url, message);
}

/* ---- requests ------------------------------------------------------------------------------- */

/* Performs what is set; true when an HTTP answer came. */
static bool perform(struct connect *c, long *status, struct err *e)
{
    c->message[0] = '\0';
    c->ended = false;
    buf_clear(&c->body);
    json_decref(c->problem);
    c->problem = NULL;
    CURLcode code = curl_easy_perform(c->curl);
    curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, status);
    if (code == CURLE_OK || c->ended)
        return true;
    if (c->body.full)
        return err_set(e, "answer", _("the answer of %s is larger than duban accepts"),
                       c->home->url);
    return connect_explain(c->home, (int)code,
                           c->message[0] ? c->message : curl_easy_strerror(code), e);
}

bool connect_problem_error(const json_t *problem, long status, struct err *e)
{
    const char *detail = app_str(problem, "detail");
    const char *code = app_str(problem, "code");
    const char *title = app_str(problem, "title");
    char *own = detail ? foreign_text(detail) : NULL;

    err_set(e, status == 503 || status == 429 ? "away" : "refused",
            _("the server answers: %s (%s, %ld)"),
            own     ? own
            : title ? title
                    : _("no reason given"),
            code ? code : "-", status);
    free(own);
    return false;
}

/* A status other than 200: problem document or not. */
static bool fail_status(struct connect *c, long status, struct err *e)
{
    struct err ignored;
    json_t *j = NULL;

    if (c->body.len && json_read(c->body.data, c->body.len, ANSWER_DEPTH, &j, &ignored) &&
        json_is_object(j)) {
        c->problem = j;
        return connect_problem_error(j, status, e);
    }
    json_decref(j);
    if (status >= 300 && status < 400)
        return err_set(e, "answer",
                       _("%s answers with a redirect (%ld), which duban never follows"),
                       c->home->url, status);
    return err_set(e, status == 503 || status == 429 || status == 502 ? "away" : "answer",
                   _("%s answers with status %ld, which is not an answer of duband"), c->home->url,
                   status);
}

static bool get(struct connect *c, const char *path, struct err *e)
{
    char *url = xasprintf("%s%s", c->home->url, path);
    long status = 0;

    c->on_bytes = NULL;
    c->stop = NULL;
    set_options(c, url);
    bool ok = perform(c, &status, e) && (status == 200 || fail_status(c, status, e));
    free(url);
    return ok;
}

bool connect_text(struct connect *c, const char *path, struct buf *out, struct err *e)
{
    return get(c, path, e) && (buf_add(out, c->body.data ? c->body.data : "", c->body.len) ||
                               err_set(e, "answer", _("the answer to %s is too large"), path));
}

bool connect_json(struct connect *c, const char *path, json_t **out, struct err *e)
{
    struct err why;

    if (!get(c, path, e))
        return false;
    if (json_read(c->body.data ? c->body.data : "", c->body.len, ANSWER_DEPTH, out, &why))
        return true;
    return err_set(e, "answer", _("%s%s: %s"), c->home->url, path, why.text);
}

static bool add_page(struct connect *c, const char *path, char **cursor, json_t *items,
                     struct err *e)
{
    char *escaped = *cursor ? connect_escape(*cursor) : NULL;
    char *full = xasprintf("%s%climit=%d%s%s", path, strchr(path, '?') ? '&' : '?', PAGE_LIMIT,
                           escaped ? "&cursor=" : "", escaped ? escaped : "");
    json_t *page = NULL;
    bool ok = connect_json(c, full, &page, e);

    free(escaped);
    free(full);
    free(*cursor);
    *cursor = NULL;
    if (ok && !json_is_array(json_object_get(page, "items")))
        ok = err_set(e, "answer", _("%s%s: not a list"), c->home->url, path);
    if (ok) {
        json_array_extend(items, json_object_get(page, "items"));
        const char *next = app_str(page, "next");
        /* a page without items must not be followed: a wrong server could go on for ever */
        if (next && json_array_size(json_object_get(page, "items")) > 0)
            *cursor = xstrdup(next);
    }
    json_decref(page);
    return ok;
}

bool connect_list(struct connect *c, const char *path, json_t **items, struct err *e)
{
    json_t *all = json_array();
    char *cursor = NULL;

    do {
        if (!add_page(c, path, &cursor, all, e)) {
            json_decref(all);
            return false;
        }
    } while (cursor);
    *items = all;
    return true;
}

bool connect_post(struct connect *c, const char *type, const struct buf *body, long *status,
                  struct buf *answer, long *retry_after, struct err *e)
{
    char *url = xasprintf("%s/v1/statements", c->home->url);
    char *header = xasprintf("Content-Type: %s", type);
    struct curl_slist *headers = curl_slist_append(NULL, header);
    curl_off_t seconds = 0;

    headers = curl_slist_append(headers, "Expect:");
    c->on_bytes = NULL;
    c->stop = NULL;
    set_options(c, url);
    curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
    curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, body->data);
    curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
    bool ok = perform(c, status, e);
    if (ok) {
        curl_easy_getinfo(c->curl, CURLINFO_RETRY_AFTER, &seconds);
        *retry_after = (long)seconds;
        buf_clear(answer);
        ok = buf_add(answer, c->body.data ? c->body.data : "", c->body.len) ||
             err_set(e, "answer", _("the answer to a statement is too large"));
    }
    curl_slist_free_all(headers);
    free(header);
    free(url);
    return ok;
}

bool connect_stream(struct connect *c, const char *path, const char *last_id,
                    connect_on_bytes *on_bytes, void *data, const volatile int *stop, struct err *e)
{
    char *url = xasprintf("%s%s", c->home->url, path);
    char *header = last_id ? xasprintf("Last-Event-ID: %s", last_id) : NULL;
    struct curl_slist *headers = curl_slist_append(NULL, "Accept: text/event-stream");
    long status = 0;

    if (header)
        headers = curl_slist_append(headers, header);
    c->on_bytes = on_bytes;
    c->data = data;
    c->stop = stop;
    c->heard = clock_mono();
    set_options(c, url);
    curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c->curl, CURLOPT_TIMEOUT, 0L);
    curl_easy_setopt(c->curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c->curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(c->curl, CURLOPT_XFERINFODATA, c);
    bool ok = perform(c, &status, e) && (c->ended || status == 200 || fail_status(c, status, e));
    c->on_bytes = NULL;
    curl_slist_free_all(headers);
    free(header);
    free(url);
    return ok;
}

const json_t *connect_problem(const struct connect *c)
{
    return c->problem;
}

char *connect_escape(const char *s)
{
    static const char hex[] = "0123456789ABCDEF";
    struct buf b = {0};

    for (; *s; s++) {
        unsigned char u = (unsigned char)*s;
        if ((u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') ||
            strchr("-._~", *s))
            buf_add(&b, s, 1);
        else
            buf_addf(&b, "%%%c%c", hex[u >> 4], hex[u & 15]);
    }
    if (!b.data)
        buf_add_str(&b, "");
    return b.data ? b.data : xstrdup("");
}

void connect_query(struct buf *path, const char *name, const char *value)
{
    if (!value)
        return;
    char *escaped = connect_escape(value);
    buf_addf(path, "%c%s=%s", strchr(path->data, '?') ? '&' : '?', name, escaped);
    free(escaped);
}
