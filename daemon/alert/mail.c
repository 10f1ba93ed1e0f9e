/* SPDX-License-Identifier: BSD-2-Clause */
/* Channel "mail". Texts by people stand only in encoded words and in base64 bodies, addresses are
 * checked: nothing that somebody wrote can become a header or a command. */
#include "daemon/alert/mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/bytes.h"
#include "common/file.h"
#include "common/mem.h"
#include "daemon/alert/message.h"
#include "daemon/settings.h"

#define WORD_MAX                                                                                   \
    45 /* bytes in an encoded word: 75 characters with its frame (RFC 2047 section 2) */
#define LINE 76
#define CREDENTIALS_MAX ((size_t)1024)

/* ---- text ----------------------------------------------------------------------------------- */

static bool is_plain(const char *s)
{
    for (; *s != '\0'; s++)
        if ((unsigned char)*s < ' ' || (unsigned char)*s > '~' || *s == '=' || *s == '?')
            return false;
    return true;
}

void mail_encode(const char *text, struct buf *out)
{
    size_t n = strlen(text);

    if (is_plain(text) && n < 60) {
        buf_add_str(out, text);
        return;
    }
    for (size_t at = 0, word = 0; at < n; word++) {
        size_t end = n - at > WORD_MAX ? at + WORD_MAX : n;
        struct buf piece = {0};

        while (end < n && end > at + 1 && ((unsigned char)text[end] & 0xc0) == 0x80)
            end--;
        for (size_t i = at; i < end; i++)
            buf_add(&piece, (unsigned char)text[i] < ' ' || text[i] == 0x7f ? " " : text + i, 1);
        buf_add_str(out, word > 0 ? "\r\n =?UTF-8?B?" : "=?UTF-8?B?");
        base64_encode((const uint8_t *)piece.data, piece.len, out);
        buf_add_str(out, "?=");
        buf_free(&piece);
        at = end;
    }
}

static void add_base64_lines(const struct buf *text, struct buf *out)
{
    struct buf code = {0};

    base64_encode((const uint8_t *)(text->data != NULL ? text->data : ""), text->len, &code);
    for (size_t at = 0; at < code.len; at += LINE) {
        buf_add(out, code.data + at, code.len - at < LINE ? code.len - at : LINE);
        buf_add_str(out, "\r\n");
    }
    buf_free(&code);
}

static void add_part(const struct bundle *b, const char *type,
                     void (*write)(const struct bundle *b, struct buf *out), struct buf *out)
{
    struct buf text = {0};

    write(b, &text);
    buf_addf(out,
             "--=_%s\r\nContent-Type: %s; charset=UTF-8\r\nContent-Transfer-Encoding: "
             "base64\r\n\r\n",
             b->id, type);
    add_base64_lines(&text, out);
    buf_free(&text);
}

/* Whose thread: that of its cases, and of the first message of its bundle. The ids of cases name no
 * message that exists; programs that sort by References put together what shares one. */
static void add_thread(const struct bundle *b, const char *domain, struct buf *out)
{
    const char *follows = bundle_text(b->json, "follows");
    size_t i;
    const json_t *c;

    if (*follows != '\0')
        buf_addf(out, "In-Reply-To: <%s@%s>\r\n", follows, domain);
    buf_add_str(out, "References:");
    json_array_foreach(json_object_get(b->json, "cases"), i, c) buf_addf(
        out, "%s<case.%lld@%s>", i > 0 ? "\r\n " : " ", (long long)json_integer_value(c), domain);
    if (*follows != '\0')
        buf_addf(out, "\r\n <%s@%s>", follows, domain);
    buf_add_str(out, "\r\n");
}

static void add_date(int64_t unix_s, struct buf *out)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t t = (time_t)unix_s;
    struct tm tm;

    gmtime_r(&t, &tm);
    buf_addf(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday], tm.tm_mday,
             months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

bool mail_write(const struct bundle *b, const char *from, int64_t unix_s, struct buf *out)
{
    struct buf subject = {0};

    if (!settings_mailbox(from) || !settings_mailbox(b->target))
        return false;
    const char *domain = strchr(from, '@') + 1;
    message_subject(b, &subject);
    add_date(unix_s, out);
    buf_addf(out, "From: <%s>\r\nTo: <%s>\r\nSubject: ", from, b->target);
    mail_encode(subject.data, out);
    buf_addf(out, "\r\nMessage-ID: <%s@%s>\r\n", b->id, domain);
    add_thread(b, domain, out);
    buf_addf(out,
             "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: "
             "multipart/alternative; boundary=\"=_%s\"\r\n\r\n",
             b->id);
    add_part(b, "text/plain", message_plain, out);
    add_part(b, "text/html", message_html, out);
    buf_addf(out, "--=_%s--\r\n", b->id);
    buf_free(&subject);
    return !out->full;
}

/* ---- transfer ------------------------------------------------------------------------------- */

struct upload {
    const char *at;
    size_t left;
};

static size_t on_read(char *into, size_t size, size_t n, void *arg)
{
    struct upload *u = arg;
    size_t want = size * n < u->left ? size * n : u->left;

    memcpy(into, u->at, want);
    u->at += want;
    u->left -= want;
    return want;
}

/* "user:password", one line; the file is read for each mail, so a new password needs no reload. */
static bool set_login(struct transfer *x, const char *path, struct outcome *o)
{
    struct buf text = {0};
    struct err e = {0};

    if (*path == '\0')
        return true;
    bool ok = file_read(path, CREDENTIALS_MAX, &text, &e);
    if (text.data == NULL) {
        ok = false; /* empty: somebody is about to write it */
    } else if (ok) {
        text.data[strcspn(text.data, "\r\n")] = '\0';
        char *colon = strchr(text.data, ':');
        ok = colon != NULL;
        if (ok) {
            *colon = '\0';
            curl_easy_setopt(transfer_easy(x), CURLOPT_USERNAME, text.data);
            curl_easy_setopt(transfer_easy(x), CURLOPT_PASSWORD, colon + 1);
        }
        explicit_bzero(text.data, text.cap);
    }
    buf_free(&text);
    if (!ok)
        outcome_set(o, OUTCOME_RETRY, "credentials",
                    *e.text != '\0' ? e.text : "not user:password");
    return ok;
}

/* A server's own certificate name is checked as the host of mail-server. */
static void set_server(struct transfer *x, const struct settings *s)
{
    CURL *c = transfer_easy(x);
    bool tls = strcmp(s->mail_security, "tls") == 0;
    char *url = xasprintf("%s://%s/%s", tls ? "smtps" : "smtp", s->mail_server,
                          strchr(s->mail_from, '@') + 1);
    char *from = xasprintf("<%s>", s->mail_from);

    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt(
        c, CURLOPT_USE_SSL,
        (long)(strcmp(s->mail_security, "none") == 0 ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    free(from);
    free(url);
}

static void set_upload(struct transfer *x, const struct buf *text)
{
    /* the state of reading stands in front of the message, in one allocation */
    struct upload *u = xmalloc(sizeof *u + text->len);

    memcpy(u + 1, text->data, text->len);
    u->at = (char *)(u + 1);
    u->left = text->len;
    transfer_take_body(x, (char *)u, sizeof *u + text->len);
    curl_easy_setopt(transfer_easy(x), CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(transfer_easy(x), CURLOPT_READDATA, u);
    curl_easy_setopt(transfer_easy(x), CURLOPT_UPLOAD, 1L);
}

struct transfer *mail_prepare(struct transfers *t, const struct settings *s, const struct bundle *b,
                              struct outcome *o)
{
    struct buf text = {0};

    if (*s->mail_server == '\0') {
        outcome_set(o, OUTCOME_RETRY, "not-configured", "mail-server is not set in duband.conf");
        return NULL;
    }
    if (!mail_write(b, s->mail_from, time(NULL), &text)) {
        outcome_set(o, OUTCOME_DEAD, "bad-address", "not an address that SMTP can carry");
        buf_free(&text);
        return NULL;
    }
    struct transfer *x = transfer_new(t, "smtp,smtps", s->mail_ca, s->delivery_timeout);
    char *to = xasprintf("<%s>", b->target);
    set_server(x, s);
    set_upload(x, &text);
    transfer_line(x, to);
    curl_easy_setopt(transfer_easy(x), CURLOPT_MAIL_RCPT, transfer_lines(x));
    if (!set_login(x, s->mail_credentials, o))
        transfer_cancel(&x);
    free(to);
    buf_free(&text);
    return x;
}

static const char *reason_of(const struct transfer_result *r, char *status, size_t size)
{
    switch (r->code) {
    case CURLE_OPERATION_TIMEDOUT:
        return "timeout";
    case CURLE_COULDNT_RESOLVE_HOST:
        return "resolve";
    case CURLE_COULDNT_CONNECT:
        return "connect";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return "certificate";
    case CURLE_USE_SSL_FAILED:
        return "no-tls";
    case CURLE_SSL_CONNECT_ERROR:
        return "tls";
    case CURLE_LOGIN_DENIED:
        return "login";
    default:
        if (r->status < 400)
            return "closed";
        snprintf(status, size, "smtp-%ld", r->status);
        return status;
    }
}

/* A permanent answer to RCPT (RFC 5321 section 4.2.1) speaks of the recipient. Everything else,
 * such as a refused sender or text, is for us to mend and may be better another time. */
void mail_judge(const struct transfer_result *r, struct outcome *o)
{
    char status[32];
    const char *reason = reason_of(r, status, sizeof status);

    if (r->code == CURLE_OK) {
        outcome_set(o, OUTCOME_SENT, "sent", "");
        return;
    }
    outcome_set(o, OUTCOME_RETRY, reason, r->text);
    if (r->code == CURLE_SEND_ERROR && r->status >= 500 && strncmp(r->text, "RCPT", 4) == 0)
        o->kind = OUTCOME_DEAD;
}
