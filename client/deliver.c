/* SPDX-License-Identifier: BSD-2-Clause */
/* Delivery. The server's word alone never empties the outbox: only a receipt that verifies does.
 * TLS 1.3 refuses late, so neither a handshake nor a sent request counts as success. */
#include "client/deliver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "client/connect.h"
#include "client/foreign.h"
#include "client/receipts.h"
#include "common/bytes.h"
#include "common/clock.h"
#include "common/i18n.h"
#include "common/json.h"
#include "common/mem.h"

#define BATCH_MAX 64
#define BATCH_BYTES ((size_t)3 * 1024 * 1024)
#define ANSWER_DEPTH 16
#define TYPE_ONE "application/vnd.dsse.envelope.v1+json"
#define TYPE_MANY "application/x-ndjson"
#define DELAY_FIRST_MS 200
#define DELAY_MAX_MS 30000

enum step {
    STEP_ON,    /* go on with what waits now */
    STEP_LATER, /* wait, then try again; the error says why */
    STEP_FAIL   /* give up with the error */
};

struct run {
    struct outbox *o;
    const struct deliver_peer *peer;
    deliver_on_answer *on_answer;
    void *data;
    struct deliver_result *result;
    bool one_by_one; /* a batch was refused as a whole */
    bool resynced;   /* since the last progress */
    long retry_after;
};

int64_t deliver_delay_ms(unsigned attempt, long retry_after, uint32_t random)
{
    int64_t top = DELAY_FIRST_MS;

    while (attempt-- > 0 && top < DELAY_MAX_MS)
        top *= 2;
    if (top > DELAY_MAX_MS)
        top = DELAY_MAX_MS;
    int64_t delay = (int64_t)(random % (uint32_t)(top + 1));
    int64_t least = retry_after > 0 ? (int64_t)retry_after * 1000 : 0;
    /* jitter stays on top of what the server asked for: all clients were told the same number */
    return least + delay;
}

/* ---- one answer ----------------------------------------------------------------------------- */

static enum step bad_receipt(struct run *r, int64_t seq, const json_t *receipt, struct err *e)
{
    char *path = NULL;
    struct err why = *e;

    receipts_keep_evidence(r->o->home, seq, receipt, &path);
    err_set(
        e, "evidence",
        _("THE RECEIPT DOES NOT VERIFY for statement %lld: %s. Evidence: %s. The statement stays "
          "in the outbox; tell the auditors before anything else"),
        (long long)seq, why.text, path ? path : "-");
    free(path);
    return STEP_FAIL;
}

static enum step take_receipt(struct run *r, const json_t *receipt, struct err *e)
{
    int64_t seq = r->o->items[0].seq;
    struct checkpoint head;
    struct dsse sent = {0};
    enum step step = STEP_FAIL;

    if (!outbox_read(r->o, 0, &sent, e))
        return STEP_FAIL;
    bool ok = receipts_check(r->o->home, &sent, seq, receipt, &r->peer->ask, &head, e) &&
              receipts_remember(r->o->home, &head, &r->peer->ask, e);
    if (!ok && err_is(e, "evidence"))
        step = bad_receipt(r, seq, receipt, e);
    else if (!ok && err_is(e, "away"))
        step = STEP_LATER;
    if (ok && outbox_delivered(r->o, app_str(receipt, "proof"), e)) {
        r->result->delivered++;
        r->resynced = false;
        r->on_answer(r->data, &sent, seq, receipt, NULL);
        step = STEP_ON;
    }
    dsse_clear(&sent);
    return step;
}

static enum step resync(struct run *r, const json_t *expected, struct err *e)
{
    const char *hex = app_str(expected, "prev");
    int64_t seq = app_int(expected, "seq", 0);
    uint8_t prev[DIGEST_SIZE];

    if (seq < 1 || !hex || !hex_decode(hex, prev, DIGEST_SIZE)) {
        err_set(e, "answer", _("the server reports a wrong sequence but not what it expects"));
        return STEP_FAIL;
    }
    if (!outbox_resync(r->o, seq, prev, e))
        return STEP_FAIL;
    r->resynced = true;
    app_note(_("the server expects statement %lld of this key next (was this key used on another "
               "computer, or HOME restored from a copy?); the waiting statements were signed anew"),
             (long long)seq);
    return STEP_ON;
}

static enum step set_aside(struct run *r, const json_t *problem, struct err *e)
{
    int64_t seq = r->o->items[0].seq;
    const char *detail = app_str(problem, "detail");
    const char *code = app_str(problem, "code");
    size_t behind = r->o->len - 1;
    struct dsse sent = {0};
    char *kept = NULL;

    bool ok = outbox_read(r->o, 0, &sent, e) && outbox_set_aside(r->o, problem, &kept, e);
    if (ok) {
        r->result->refused++;
        r->resynced = false;
        char *own = foreign_text(detail ? detail : "");
        app_note(_("STATEMENT %lld WAS REFUSED and is set aside: %s (%s). It is kept in %s"),
                 (long long)seq, *own ? own : _("no reason given"), code ? code : "-", kept);
        free(own);
        if (behind)
            app_note(_("the %zu statements behind it were signed anew"), behind);
        r->on_answer(r->data, &sent, seq, NULL, problem);
    }
    free(kept);
    dsse_clear(&sent);
    return ok ? STEP_ON : STEP_FAIL;
}

static bool is_later(long status, const char *code)
{
    static const char *const codes[] = {"busy", "clock", "unknown", "rate", NULL};

    for (size_t i = 0; code && codes[i]; i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return status == 429 || status >= 500;
}

static enum step take_problem(struct run *r, const json_t *problem, long status, struct err *e)
{
    const char *code = app_str(problem, "code");
    const json_t *expected = json_object_get(problem, "expected");

    if (is_later(status, code)) {
        connect_problem_error(problem, status == 429 ? 429 : 503, e);
        return STEP_LATER;
    }
    if (code && strcmp(code, "certificate") == 0) {
        /* says nothing of the statement: it waits until the certificate is renewed */
        connect_problem_error(problem, status, e);
        return STEP_FAIL;
    }
    if (code && strcmp(code, "sequence") == 0 && expected && !r->resynced)
        return resync(r, expected, e);
    return set_aside(r, problem, e);
}

static enum step take_answer(struct run *r, const json_t *answer, long status, struct err *e)
{
    if (json_object_get(answer, "proof"))
        return take_receipt(r, answer, e);
    if (app_str(answer, "code"))
        return take_problem(r, answer, (long)app_int(answer, "status", status), e);
    err_set(e, "answer",
            _("the server's answer is neither a receipt nor a problem (status %ld); the "
              "statement stays in the outbox"),
            status);
    return STEP_FAIL;
}

/* ---- one request ---------------------------------------------------------------------------- */

/* The first statements of the outbox as a body; returns how many. */
static bool make_body(struct run *r, struct buf *body, size_t *count, struct err *e)
{
    struct dsse d = {0};
    size_t max = r->one_by_one ? 1 : BATCH_MAX;
    bool ok = true;

    *count = 0;
    body->limit = 2 * BATCH_BYTES;
    while (ok && *count < r->o->len && *count < max) {
        struct buf one = {0};
        ok = outbox_read(r->o, *count, &d, e);
        if (ok)
            dsse_encode(&d, &one);
        if (ok && *count > 0 && body->len + one.len + 1 > BATCH_BYTES) {
            buf_free(&one);
            break;
        }
        if (ok && *count > 0)
            buf_add_str(body, "\n");
        ok = ok && buf_add(body, one.data, one.len);
        *count += ok;
        buf_free(&one);
    }
    dsse_clear(&d);
    return ok;
}

/* Each line of the answer is about the statement that is then the first; what follows a problem is
 * sent again, because its chain has changed. */
static enum step take_lines(struct run *r, const struct buf *answer, long status, size_t count,
                            struct err *e)
{
    const char *p = answer->data ? answer->data : "";
    enum step step = STEP_ON;

    for (size_t i = 0; i < count && step == STEP_ON; i++) {
        size_t n = count == 1 ? strlen(p) : strcspn(p, "\n");
        json_t *j = NULL;
        struct err why;
        if (!json_read(p, n, ANSWER_DEPTH, &j, &why) || !json_is_object(j)) {
            json_decref(j);
            /* an answer that ends early leaves the outcome unknown: send again */
            bool away = status >= 500 || status == 429 || n == 0;
            err_set(e, away ? "away" : "answer",
                    _("the server's answer cannot be read (status %ld); the statement stays in the "
                      "outbox"),
                    status);
            return away ? STEP_LATER : STEP_FAIL;
        }
        bool receipt = json_object_get(j, "proof") != NULL;
        step = take_answer(r, j, status, e);
        json_decref(j);
        if (!receipt)
            break;
        p += n + (p[n] == '\n');
    }
    return step;
}

static enum step send_some(struct run *r, struct err *e)
{
    struct buf body = {0}, answer = {0};
    long status = 0;
    size_t count;
    enum step step = STEP_FAIL;

    r->retry_after = 0;
    if (make_body(r, &body, &count, e)) {
        if (!r->peer->post(r->peer->data, count == 1 ? TYPE_ONE : TYPE_MANY, &body, &status,
                           &answer, &r->retry_after, e)) {
            step = err_is(e, "away") ? STEP_LATER : STEP_FAIL;
        } else if (count > 1 && status >= 400 && status < 500 && status != 429) {
            r->one_by_one = true;
            step = STEP_ON;
        } else {
            step = take_lines(r, &answer, status, status == 200 ? count : 1, e);
        }
    }
    buf_free(&body);
    buf_free(&answer);
    return step;
}

bool deliver_all(struct outbox *o, const struct deliver_peer *peer, int64_t patience_ms,
                 deliver_on_answer *on_answer, void *data, struct deliver_result *result,
                 struct err *e)
{
    struct run r = {.o = o, .peer = peer, .on_answer = on_answer, .data = data, .result = result};
    int64_t waited = 0;
    unsigned attempt = 0;

    memset(result, 0, sizeof *result);
    while (o->len > 0) {
        size_t before = result->delivered + result->refused;
        enum step step = send_some(&r, e);
        if (step == STEP_FAIL)
            return false;
        if (result->delivered + result->refused > before)
            attempt = 0, waited = 0;
        if (step == STEP_ON)
            continue;
        int64_t delay = deliver_delay_ms(attempt++, r.retry_after, peer->random(peer->data));
        if (waited + delay > patience_ms)
            return false;
        peer->sleep_ms(peer->data, delay);
        waited += delay;
    }
    return true;
}

/* ---- the real peer -------------------------------------------------------------------------- */

static bool on_post(void *data, const char *type, const struct buf *body, long *status,
                    struct buf *answer, long *retry_after, struct err *e)
{
    struct app *a = data;

    return connect_post(a->connect, type, body, status, answer, retry_after, e);
}

static bool on_consistency(void *data, uint64_t from, uint64_t to, struct buf *out, struct err *e)
{
    struct app *a = data;
    char path[96];

    snprintf(path, sizeof path, "/log/consistency?from=%llu&to=%llu", (unsigned long long)from,
             (unsigned long long)to);
    return connect_text(a->connect, path, out, e);
}

/* A date alone means 23:59 of that day. */
static bool on_task_due(void *data, const char *task, char out[INSTANT_SIZE], struct err *e)
{
    struct app *a = data;
    char *path = xasprintf("/v1/tasks/%s", task);
    json_t *j = NULL;
    bool ok = connect_json(a->connect, path, &j, e);
    const char *due = app_str(j, "completion_due");
    const char *date = app_str(j, "deadline") ? app_str(j, "deadline") : app_str(j, "inherited");

    free(path);
    if (ok && due)
        snprintf(out, INSTANT_SIZE, "%s", due);
    else if (ok && date)
        snprintf(out, INSTANT_SIZE, "%.10sT23:59:00+08:00", date);
    else if (ok)
        ok = err_set(e, "evidence", _("a verdict on %s, which has no deadline"), task);
    json_decref(j);
    return ok;
}

static void on_sleep(void *data, int64_t ms)
{
    struct timespec t = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

    (void)data;
    nanosleep(&t, NULL);
}

static uint32_t on_random(void *data)
{
    uint32_t r = 0;

    (void)data;
    if (getrandom(&r, sizeof r, 0) != (ssize_t)sizeof r)
        r = (uint32_t)clock_mono();
    return r;
}

struct deliver_peer deliver_curl(struct app *a)
{
    return (struct deliver_peer){
        .post = on_post,
        .ask = {.consistency = on_consistency, .task_due = on_task_due, .data = a},
        .sleep_ms = on_sleep,
        .random = on_random,
        .data = a};
}
