/* SPDX-License-Identifier: BSD-2-Clause */
/* The path of a statement, wired: accept → intake (verify) → append → seal → acknowledge. No step
 * knows the next one; this file does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/i18n.h"
#include "common/log.h"
#include "common/mem.h"
#include "daemon/receive/receiver_private.h"
#include "daemon/receive/session.h"
#include "daemon/sign_message.h"

/* ---- verify → append ------------------------------------------------------------------------ */

static const char *intake_closed(void *arg)
{
    struct receiver *r = arg;

    return append_closed(r->append);
}

static bool intake_full(void *arg)
{
    struct receiver *r = arg;

    return append_full(r->append);
}

static void intake_append(void *arg, struct submission *s)
{
    struct receiver *r = arg;

    append_add(r->append, s);
}

static void refuse_and_free(struct receiver *r, struct submission *s, struct problem *p)
{
    intake_refuse(r->intake, s, p);
    submission_free(intake_pool(r->intake), &s);
}

/* ---- what is stored already ----------------------------------------------------------------- */

/* A statement on its way back through the stored receipt. */
struct lookup {
    struct receiver *receiver;
    struct submission *s;
    bool duplicate;
};

static void on_found(void *arg, enum acknowledge_outcome outcome, const uint8_t *id,
                     const char *json, size_t n)
{
    struct lookup *l = arg;
    struct receiver *r = l->receiver;
    struct submission *s = l->s;
    bool same = outcome == ACKNOWLEDGE_FOUND && memcmp(id, s->id, DIGEST_SIZE) == 0;

    if (same) {
        intake_receipt(r->intake, s, json, n, l->duplicate);
    } else {
        if (outcome == ACKNOWLEDGE_UNSURE)
            problem_set(&s->refusal, "unknown",
                        _("It is not known whether this statement is stored: send it again."));
        intake_refuse(r->intake, s, &s->refusal);
    }
    submission_free(intake_pool(r->intake), &s);
    free(l);
}

static void look_up(struct receiver *r, struct submission *s, bool duplicate)
{
    struct lookup *l = xcalloc(1, sizeof *l);

    *l = (struct lookup){.receiver = r, .s = s, .duplicate = duplicate};
    acknowledge_again(r->acknowledge, s->dsse.keyid, s->st->seq, duplicate, on_found, l);
}

static void on_lookup(void *arg, struct submission *s)
{
    look_up(arg, s, true);
}

/* ---- append → seal → acknowledge ------------------------------------------------------------ */

static void on_recorded(void *arg, struct batch *b)
{
    struct receiver *r = arg;

    seal_batch(r->seal, b);
}

static void on_refused(void *arg, struct submission *s, struct problem *p)
{
    refuse_and_free(arg, s, p);
}

static void on_stale(void *arg)
{
    receiver_load_keys(arg);
}

static enum verify_outcome allowed(void *arg, struct submission *s, struct problem *p)
{
    struct receiver *r = arg;

    return intake_allowed(r->intake, s, p);
}

static void on_room(void *arg)
{
    struct receiver *r = arg;

    intake_room(r->intake);
}

static bool more(void *arg)
{
    struct receiver *r = arg;

    return accept_more(r->accept);
}

static void heads(void *arg, struct array *sizes, struct array *notes)
{
    struct receiver *r = arg;

    seal_heads_take(r->seal, sizes, notes);
}

static void on_heads_stored(void *arg, bool stored)
{
    struct receiver *r = arg;

    seal_heads_stored(r->seal, stored);
    if (stored)
        acknowledge_sealed(r->acknowledge);
}

static bool send_to_signer(void *arg, const struct sign_request *request)
{
    struct receiver *r = arg;

    buf_clear(&r->message);
    return r->signer != NULL && sign_request_encode(request, &r->message) &&
           link_send(r->signer, LINK_SIGN, r->message.data, r->message.len, -1);
}

static void on_sealed(void *arg, struct batch *b, uint64_t size, const char *note, size_t n)
{
    struct receiver *r = arg;

    if (size == batch_covered_size(b)) {
        acknowledge_batch(r->acknowledge, b, note, n);
    } else {
        for (size_t i = 0; i < b->n; i++) {
            look_up(r, b->statement[i], false);
            b->statement[i] = NULL;
        }
    }
    batch_free(&b, intake_pool(r->intake));
}

static void on_unsealed(void *arg, struct batch *b)
{
    struct receiver *r = arg;
    struct problem p;

    for (size_t i = 0; i < b->n; i++) {
        problem_set(&p, "unknown",
                    _("The statement is not under a signed log head yet: send it again."));
        intake_refuse(r->intake, b->statement[i], &p);
    }
    batch_free(&b, intake_pool(r->intake));
}

static void on_heads_waiting(void *arg, bool urgent)
{
    struct receiver *r = arg;

    append_heads(r->append, urgent);
}

static void on_state(void *arg, const char *code, const char *why)
{
    struct receiver *r = arg;

    r->code = code;
    snprintf(r->why, sizeof r->why, "%s", why);
    append_close(r->append, code);
    receiver_listen_if_ready(r);
}

static void deliver(void *arg, struct submission *s, const char *json, size_t n)
{
    struct receiver *r = arg;

    intake_receipt(r->intake, s, json, n, false); /* the batch frees it */
}

/* ---- signs of life -------------------------------------------------------------------------- */

/* Only a receiver that would take a statement says that all is well. */
static bool ask_pulse(void *arg)
{
    struct receiver *r = arg;

    return r->signer != NULL && append_closed(r->append) == NULL && !append_full(r->append) &&
           link_send(r->signer, LINK_PULSE, NULL, 0, -1);
}

/* ---- requests ------------------------------------------------------------------------------- */

static bool admit_post(void *arg, const struct http_request *request, struct problem *p)
{
    struct receiver *r = arg;

    return intake_admit(r->intake, request, p);
}

static void post(void *arg, struct session *s, const struct http_request *request)
{
    struct receiver *r = arg;

    intake_post(r->intake, s, request);
}

/* The registered client behind a session; NULL when it may not be served. */
static const struct keys_client *client_of(struct receiver *r, struct session *s)
{
    const struct keys_client *c = keys_client(r->keys, session_identity(s)->fingerprint);

    return keys_client_valid(c, clock_real()) ? c : NULL;
}

static void refuse_client(struct session *s)
{
    struct problem p;

    problem_set(&p, "certificate",
                _("This client certificate is not registered, or was revoked or has expired: ask "
                  "an operator."));
    session_problem(s, &p);
}

struct receipt_call {
    struct session *session; /* NULL: gone */
};

static void on_receipt_gone(void *data)
{
    struct receipt_call *c = data;

    c->session = NULL;
}

static void on_receipt(void *arg, enum acknowledge_outcome outcome, const uint8_t *id,
                       const char *json, size_t n)
{
    struct receipt_call *c = arg;
    struct problem p;

    (void)id;
    if (c->session == NULL) {
        free(c);
        return;
    }
    if (outcome == ACKNOWLEDGE_FOUND) {
        session_answer(c->session,
                       &(struct session_answer){
                           .status = 200, .type = "application/json", .body = json, .body_len = n});
    } else {
        if (outcome == ACKNOWLEDGE_ABSENT)
            problem_set(&p, "not-found", _("No statement is stored at that place of that key."));
        else
            problem_set(&p, "busy", _("The receipt cannot be read at the moment."));
        session_problem(c->session, &p);
    }
    free(c);
}

static void statement(void *arg, struct session *s, const struct http_request *request)
{
    struct receiver *r = arg;
    uint8_t key[DIGEST_SIZE];
    int64_t seq = 0;
    const struct keys_client *client = client_of(r, s);
    const struct keys_key *k;
    struct receipt_call *c;
    struct problem p;

    if (client == NULL || !query_statement_path(request->path, key, &seq)) {
        refuse_client(s);
        return;
    }
    k = keys_find(r->keys, key);
    if (k == NULL || (!client->is_operator && !verify_may_deliver(client, k))) {
        problem_set(&p, "not-found",
                    _("No statement is stored at that place of that key, or it "
                      "is not yours to see."));
        session_problem(s, &p);
        return;
    }
    c = xcalloc(1, sizeof *c);
    c->session = s;
    session_set_server(s, on_receipt_gone, c);
    acknowledge_again(r->acknowledge, key, seq, true, on_receipt, c);
}

static void stream(void *arg, struct session *s, const struct http_request *request)
{
    struct receiver *r = arg;
    struct problem p;

    if (client_of(r, s) == NULL)
        refuse_client(s);
    else if (request->method == HTTP_HEAD)
        session_answer(s, &(struct session_answer){.status = 200, .type = "text/event-stream"});
    else if (!push_subscribe(r->push, s, &p))
        session_problem(s, &p);
}

static void read_request(void *arg, struct session *s, const struct http_request *request)
{
    struct receiver *r = arg;

    query_serve(r->query, s, request, client_of(r, s));
}

const struct intake_ops receiver_intake_ops = {
    .closed = intake_closed, .full = intake_full, .append = intake_append, .lookup = on_lookup};
const struct append_ops receiver_append_ops = {.on_recorded = on_recorded,
                                               .on_refused = on_refused,
                                               .on_lookup = on_lookup,
                                               .on_stale = on_stale,
                                               .allowed = allowed,
                                               .more = more,
                                               .heads = heads,
                                               .on_heads = on_heads_stored,
                                               .on_room = on_room};
const struct seal_ops receiver_seal_ops = {.send = send_to_signer,
                                           .on_sealed = on_sealed,
                                           .on_unsealed = on_unsealed,
                                           .on_heads = on_heads_waiting,
                                           .on_state = on_state};
const struct acknowledge_ops receiver_acknowledge_ops = {.deliver = deliver};
const struct accept_ops receiver_accept_ops = {.admit_post = admit_post,
                                               .post = post,
                                               .statement = statement,
                                               .stream = stream,
                                               .read = read_request};
const struct pulse_ops receiver_pulse_ops = {.sign = ask_pulse};
