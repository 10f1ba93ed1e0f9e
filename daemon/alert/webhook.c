/* SPDX-License-Identifier: BSD-2-Clause */
/* Channel "webhook". Targets come from signed registry statements only; private addresses are
 * normal on a government network. Redirects are not followed: they would move the target. */
#include "daemon/alert/webhook.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/bytes.h"
#include "common/digest.h"
#include "common/file.h"
#include "common/mem.h"
#include "daemon/alert/message.h"
#include "daemon/settings.h"

#define SECRETS_MAX ((size_t)4096)
#define PREFIX "whsec_"

static bool sign_once(const char *secret, size_t n, const struct buf *signed_text, struct buf *out)
{
    struct buf key = {.limit = 64};
    uint8_t mac[DIGEST_SIZE];
    unsigned len = sizeof mac;
    bool ok = n > strlen(PREFIX) && strncmp(secret, PREFIX, strlen(PREFIX)) == 0 &&
              base64_decode(secret + strlen(PREFIX), n - strlen(PREFIX), &key) && key.len >= 16 &&
              HMAC(EVP_sha256(), key.data, (int)key.len, (const uint8_t *)signed_text->data,
                   signed_text->len, mac, &len) != NULL;

    if (ok) {
        buf_add_str(out, out->len > 0 ? " v1," : "v1,");
        base64_encode(mac, sizeof mac, out);
    }
    if (key.data != NULL)
        explicit_bzero(key.data, key.cap);
    buf_free(&key);
    return ok;
}

bool webhook_sign(const char *secrets, const char *id, int64_t unix_s, const char *body, size_t len,
                  struct buf *out)
{
    struct buf text = {0};
    bool ok = true;

    buf_addf(&text, "%s.%lld.", id, (long long)unix_s);
    buf_add(&text, body, len);
    for (const char *s = secrets + strspn(secrets, " \t\r\n"); ok && *s != '\0';) {
        size_t n = strcspn(s, " \t\r\n");

        ok = sign_once(s, n, &text, out);
        s += n;
        s += strspn(s, " \t\r\n");
    }
    buf_free(&text);
    return ok && out->len > 0;
}

/* The file is read for each message, so a new secret needs no reload. */
static bool sign_body(const struct settings *s, const struct bundle *b, int64_t now,
                      const struct buf *body, struct buf *signature, struct outcome *o)
{
    struct buf secrets = {0};
    struct err e = {0};
    char *path = xasprintf("%s/%s", s->webhook_secrets, b->channel);
    bool ok = false;

    if (*s->webhook_secrets == '\0')
        outcome_set(o, OUTCOME_RETRY, "not-configured",
                    "webhook-secrets is not set in duband.conf");
    else if (!file_read(path, SECRETS_MAX, &secrets, &e))
        outcome_set(o, OUTCOME_RETRY, "no-secret", e.text);
    else if (!webhook_sign(secrets.data != NULL ? secrets.data : "", b->id, now, body->data,
                           body->len, signature))
        outcome_set(o, OUTCOME_RETRY, "no-secret", "the file holds no lines whsec_<base64>");
    else
        ok = true;
    if (secrets.data != NULL)
        explicit_bzero(secrets.data, secrets.cap);
    buf_free(&secrets);
    free(path);
    return ok;
}

static void add_header(struct transfer *x, const char *name, const char *value)
{
    char *line = xasprintf("%s: %s", name, value);

    transfer_line(x, line);
    free(line);
}

static void set_headers(struct transfer *x, const struct bundle *b, int64_t now,
                        const char *signature)
{
    char stamp[24];

    snprintf(stamp, sizeof stamp, "%lld", (long long)now);
    add_header(x, "Content-Type", "application/json");
    add_header(x, "webhook-id", b->id);
    add_header(x, "webhook-timestamp", stamp);
    add_header(x, "webhook-signature", signature);
    transfer_line(x, "Expect:");
}

struct transfer *webhook_prepare(struct transfers *t, const struct settings *s,
                                 const struct bundle *b, struct outcome *o)
{
    struct buf body = {0}, signature = {0};
    int64_t now = time(NULL);
    struct transfer *x = NULL;

    message_json(b, now, &body);
    if (sign_body(s, b, now, &body, &signature, o)) {
        x = transfer_new(t, "https", s->webhook_ca, s->delivery_timeout);
        CURL *c = transfer_easy(x);
        set_headers(x, b, now, signature.data);
        curl_easy_setopt(c, CURLOPT_URL, b->target);
        curl_easy_setopt(c, CURLOPT_USERAGENT, "duban/" DUBAN_VERSION);
        curl_easy_setopt(c, CURLOPT_HTTPHEADER, transfer_lines(x));
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, body.data);
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
        transfer_take_body(x, body.data, body.len);
        body = (struct buf){0};
    }
    buf_free(&body);
    buf_free(&signature);
    return x;
}

static const char *reason_of(const struct transfer_result *r, char *status, size_t size)
{
    switch (r->code) {
    case CURLE_OK:
    case CURLE_WRITE_ERROR: /* it answered a novel */
        snprintf(status, size, "http-%ld", r->status);
        return r->status >= 300 && r->status < 400 ? "redirect" : status;
    case CURLE_OPERATION_TIMEDOUT:
        return "timeout";
    case CURLE_COULDNT_RESOLVE_HOST:
        return "resolve";
    case CURLE_COULDNT_CONNECT:
        return "connect";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return "certificate";
    case CURLE_SSL_CONNECT_ERROR:
        return "tls";
    default:
        return "closed";
    }
}

void webhook_judge(const struct transfer_result *r, struct outcome *o)
{
    char status[32];
    const char *reason = reason_of(r, status, sizeof status);

    if (r->status >= 200 && r->status < 300 &&
        (r->code == CURLE_OK || r->code == CURLE_WRITE_ERROR)) {
        outcome_set(o, OUTCOME_SENT, "sent", "");
        return;
    }
    /* 410 is the convention's "never again" */
    outcome_set(o, r->code == CURLE_OK && r->status == 410 ? OUTCOME_DEAD : OUTCOME_RETRY, reason,
                r->code == CURLE_OK ? "" : r->text);
    o->retry_after = r->retry_after;
}
