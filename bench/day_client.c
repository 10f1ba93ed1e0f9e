/* SPDX-License-Identifier: BSD-2-Clause */
/* One county's client. Sends the first statements of its outbox, one request in flight; a receipt
 * removes a statement, anything else leaves it there. The connection is closed when the outbox is
 * empty, as a command ends. */
#include <stdlib.h>
#include <string.h>

#include "bench/day.h"
#include "client/deliver.h"
#include "common/bytes.h"
#include "common/clock.h"
#include "common/dsse.h"
#include "common/instant.h"
#include "common/mem.h"
#include "common/statement.h"

#define ANSWER_SECONDS 30 /* without one the request is made again */

static void connect_now(struct day_client *c);
static void on_io(evutil_socket_t fd, short what, void *arg);

/* ---- filing --------------------------------------------------------------------------------- */

static const char text[] =
    "The schedule for this quarter was kept; the funds of the second instalment have arrived. What "
    "remains open is the land permit, promised by the end of the month.";

static void build_payload(struct day_client *c, const struct day_statement *s, struct buf *out)
{
    const struct day_options *o = c->day->o;
    struct load_key *k = c->key;
    char key[2 * DIGEST_SIZE + 1], prev[2 * DIGEST_SIZE + 1], iat[INSTANT_SIZE];

    hex_encode(key_id(k->key), DIGEST_SIZE, key);
    hex_encode(k->next_prev, DIGEST_SIZE, prev);
    instant_format_utc(clock_real(), iat);
    buf_addf(out,
             "{\"v\":1,\"aud\":\"%s\",\"unit\":\"%s\",\"key\":\"%s\",\"seq\":%lld,\"prev\":\"%s\","
             "\"id\":\"019350a4-0000-7000-8000-%012llx\",\"nonce\":\"%.22s\",\"iat\":\"%s\","
             "\"reports\":[",
             o->aud, k->unit, key, (long long)k->next_seq + 1, prev, (long long)k->next_seq + 1,
             prev, iat);
    for (uint32_t i = 0; i < s->n; i++)
        buf_addf(
            out,
            "%s{\"task\":\"c%zu/%u\",\"period\":\"%s\",\"status\":\"on-track\",\"progress\":%u,"
            "\"text\":\"%s\"}",
            i > 0 ? "," : "", c->index + 1, c->task[s->first + i], o->period, i % 101, text);
    buf_add_str(out, "]}");
}

void day_client_file(struct day_client *c)
{
    static const char type[] = STATEMENT_TYPE("report");
    struct day_statement *s = &c->statement[c->filed];
    struct buf payload = {0}, pae = {0}, envelope = {0};
    struct dsse sealed = {0};
    struct err e;

    build_payload(c, s, &payload);
    if (!dsse_sign(c->key->key, type, payload.data, payload.len, &sealed, &e))
        abort();
    dsse_encode(&sealed, &envelope);
    dsse_identity(type, payload.data, payload.len, &pae, c->key->next_prev);
    memcpy(s->id, c->key->next_prev, DIGEST_SIZE);
    c->key->next_seq++;
    s->envelope = envelope.data;
    s->file_at = figures_now();
    c->filed++;
    c->day->filed++;
    day_slice_now(c->day)->filed++;
    dsse_clear(&sealed);
    buf_free(&payload);
    buf_free(&pae);
    if (c->state == DAY_AWAY)
        connect_now(c);
}

/* ---- trouble -------------------------------------------------------------------------------- */

static void hang_up(struct day_client *c)
{
    event_free(c->io);
    c->io = NULL;
    wire_close(&c->wire);
    c->open = false;
}

/* Back-off as the client's, by its own function. */
static void later(struct day_client *c)
{
    int64_t ms = deliver_delay_ms(c->attempt++, (long)c->retry_after,
                                  (uint32_t)(day_random(c->day) * 4294967296.0));
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

    day_slice_now(c->day)->retries++;
    c->in_flight = 0;
    c->retry_after = 0;
    c->state = DAY_BACKOFF;
    evtimer_add(c->timer, &tv);
}

static void broken(struct day_client *c)
{
    day_slice_now(c->day)->broken++;
    hang_up(c);
    later(c);
}

/* ---- sending -------------------------------------------------------------------------------- */

static void wait_for(struct day_client *c, short what, int seconds)
{
    struct timeval tv = {.tv_sec = seconds};

    event_del(c->io);
    event_assign(c->io, c->day->base, c->wire.fd, what, on_io, c);
    event_add(c->io, &tv);
}

static void on_sent(struct day_client *c, enum wire_state s)
{
    if (s == WIRE_BROKEN) {
        broken(c);
        return;
    }
    c->state = s == WIRE_DONE ? DAY_WAITING : DAY_SENDING;
    wait_for(c, s == WIRE_DONE ? EV_READ : EV_WRITE, ANSWER_SECONDS);
}

static void send_some(struct day_client *c)
{
    size_t n = c->filed - c->acked, length = 0;

    if (n > DAY_BATCH)
        n = DAY_BATCH;
    for (size_t i = 0; i < n; i++)
        length += strlen(c->statement[c->acked + i].envelope) + (i > 0);
    buf_clear(&c->request);
    buf_addf(&c->request,
             "POST /v1/statements HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: %s\r\n"
             "Content-Length: %zu\r\n\r\n",
             n > 1 ? "application/x-ndjson" : "application/vnd.dsse.envelope.v1+json", length);
    for (size_t i = 0; i < n; i++) {
        struct day_statement *s = &c->statement[c->acked + i];

        buf_addf(&c->request, "%s%s", i > 0 ? "\n" : "", s->envelope);
        if (s->sent == 0)
            s->sent = clock_real();
    }
    c->in_flight = n;
    on_sent(c, wire_send(&c->wire, c->request.data, c->request.len));
}

static void shake(struct day_client *c)
{
    enum wire_state s = wire_shake(&c->wire);

    if (s == WIRE_BROKEN)
        broken(c);
    else if (s == WIRE_AGAIN)
        wait_for(c, EV_READ, ANSWER_SECONDS);
    else
        send_some(c);
}

static void connect_now(struct day_client *c)
{
    struct err e;

    c->day->connections++;
    if (!wire_begin(&c->wire, &c->day->o->peer, &e)) {
        wire_close(&c->wire);
        day_slice_now(c->day)->broken++;
        later(c);
        return;
    }
    c->open = true;
    c->state = DAY_CONNECTING;
    c->io = event_new(c->day->base, c->wire.fd, EV_READ, on_io, c);
    if (c->io == NULL)
        abort();
    shake(c);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct day_client *c = arg;

    (void)fd;
    (void)what;
    if (c->open)
        send_some(c);
    else
        connect_now(c);
}

/* ---- answers -------------------------------------------------------------------------------- */

static void acknowledged(struct day_client *c, struct day_statement *s)
{
    struct day *d = c->day;
    struct day_slice *now = day_slice_now(d);
    int64_t us = figures_now() - s->file_at;

    s->acked = clock_real();
    free(s->envelope);
    s->envelope = NULL;
    c->acked++;
    d->acked++;
    d->acked_reports += s->n;
    now->acked++;
    now->reports += s->n;
    figures_add(now->latency, us);
    figures_add(d->latency, us);
    if (s->file_at - d->begin >= (int64_t)((d->o->cutoff_at - d->o->seconds * 0.1) * 1e6) &&
        s->file_at - d->begin < (int64_t)(d->o->cutoff_at * 1e6))
        figures_add(d->final, us);
}

/* Each line is about the statement that is then the first of the outbox. Returns the number of
 * receipts. */
static size_t take_lines(struct day_client *c, const struct wire_answer *a)
{
    struct load_options one = {.envelopes = 1};
    const char *p = a->body, *end = a->body + a->body_len;
    size_t receipts = 0;

    while (receipts < c->in_flight && p < end) {
        const char *lf = memchr(p, '\n', (size_t)(end - p));
        struct wire_answer line = {.status = a->status, .body = p};

        line.body_len = (size_t)((lf != NULL ? lf : end) - p);
        if (load_count(&c->day->counts, &one, &line) == 0) {
            day_slice_now(c->day)->refused++;
            break;
        }
        if (!day_receipt(c, &c->statement[c->acked], p, line.body_len))
            break;
        acknowledged(c, &c->statement[c->acked]);
        receipts++;
        p = lf != NULL ? lf + 1 : end;
    }
    return receipts;
}

static int64_t retry_after(const struct buf *in, const struct wire_answer *a)
{
    const char *field = strcasestr(in->data, "\r\nretry-after:");

    return field != NULL && field < a->body ? strtol(field + 14, NULL, 10) : 0;
}

static void answered(struct day_client *c, const struct wire_answer *a)
{
    size_t receipts;

    c->retry_after = retry_after(&c->wire.in, a);
    receipts = take_lines(c, a);
    buf_consume(&c->wire.in, a->whole_len);
    if (receipts > 0)
        c->attempt = 0;
    if (receipts < c->in_flight) {
        later(c);
        return;
    }
    c->in_flight = 0;
    if (c->acked < c->filed) {
        send_some(c);
        return;
    }
    hang_up(c);
    c->state = DAY_AWAY;
}

static void read_answer(struct day_client *c)
{
    enum wire_state s = wire_receive(&c->wire);
    struct wire_answer a;

    if (c->state == DAY_WAITING && wire_answer(&c->wire.in, &a))
        answered(c, &a);
    else if (s == WIRE_BROKEN)
        broken(c);
    else
        wait_for(c, EV_READ, ANSWER_SECONDS);
}

static void on_io(evutil_socket_t fd, short what, void *arg)
{
    struct day_client *c = arg;

    (void)fd;
    if ((what & EV_TIMEOUT) != 0 && c->state != DAY_BACKOFF)
        broken(c);
    else if (c->state == DAY_CONNECTING)
        shake(c);
    else if (c->state == DAY_SENDING)
        on_sent(c, wire_flush(&c->wire));
    else if (c->state == DAY_WAITING)
        read_answer(c);
    /* during a back-off nothing is read: what happened to the connection shows when it is used */
}

bool day_client_init(struct day_client *c, struct day *d, size_t index, struct err *e)
{
    c->day = d;
    c->index = index;
    c->key = &d->keys.key[index];
    if (c->key->seq != 0)
        return err_set(e, "keys", "%s: these keys were used before", d->o->dir);
    c->timer = evtimer_new(d->base, on_timer, c);
    if (c->timer == NULL)
        abort();
    return true;
}

void day_client_clear(struct day_client *c)
{
    if (c->open)
        hang_up(c);
    if (c->timer != NULL)
        event_free(c->timer);
    for (size_t i = 0; i < c->n; i++)
        free(c->statement[i].envelope);
    free(c->statement);
    free(c->task);
    buf_free(&c->request);
}
