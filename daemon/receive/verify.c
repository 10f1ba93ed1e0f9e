/* SPDX-License-Identifier: BSD-2-Clause */
/* Step "verify". The envelope is hostile until its signature is checked; its sender is known then,
 * but still not trusted for form, place or rights. Codes: docs/api.md. */
#include "daemon/receive/verify.h"

#include <string.h>

#include "common/clock.h"
#include "common/i18n.h"

void verify_clear(struct verify *v)
{
    buf_free(&v->pae);
}

/* Codes of common/ that are problem codes too; everything else would be a mistake of ours. */
static enum verify_outcome refuse_err(struct problem *p, const struct err *e)
{
    problem_set(p, e->code, "%s", e->text);
    return VERIFY_REFUSED;
}

static bool read_envelope(const char *json, size_t n, struct submission *s, struct problem *p)
{
    struct err e = {0};

    if (!dsse_decode(json, n, STATEMENT_PLAN_MAX, &s->dsse, &e)) {
        refuse_err(p, &e);
        return false;
    }
    if (!statement_kind_of(s->dsse.type, &s->kind)) {
        problem_set(p, "schema", _("This server does not take statements of type \"%s\"."),
                    s->dsse.type);
        return false;
    }
    if (s->dsse.payload.len > statement_payload_max(s->kind)) {
        problem_set(p, "size", _("The payload has %zu bytes; at most %zu are taken: split it."),
                    s->dsse.payload.len, statement_payload_max(s->kind));
        return false;
    }
    return true;
}

static bool check_signature(struct verify *v, struct submission *s, struct keys_key *key,
                            struct problem *p)
{
    const struct key *public = keys_public(key);
    const struct dsse *d = &s->dsse;

    if (public == NULL) {
        problem_set(p, "key", _("The registered key cannot be used: ask an operator."));
        return false;
    }
    buf_clear(&v->pae);
    dsse_identity(d->type, d->payload.data, d->payload.len, &v->pae, s->id);
    if (key_verify(public, v->pae.data, v->pae.len, d->sig, d->sig_len))
        return true;
    problem_set(p, "signature",
                _("The signature does not fit the payload and the registered key."));
    return false;
}

static bool check_head(const struct verify *v, const struct submission *s, struct problem *p)
{
    const struct statement *st = s->st;

    if (strcmp(st->aud, keys_origin(v->keys)) != 0) {
        problem_set(p, "audience", _("This statement is for %.128s; this server's log is %s."),
                    st->aud, keys_origin(v->keys));
        return false;
    }
    if (memcmp(st->key, s->dsse.keyid, DIGEST_SIZE) != 0) {
        problem_set(p, "key", _("The payload names another key than the one that signed it."));
        return false;
    }
    return true;
}

static bool listed(char *const *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

bool verify_may_deliver(const struct keys_client *c, const struct keys_key *key)
{
    return strcmp(c->code, key->code) == 0 || listed(c->deliver, c->deliver_len, key->code) ||
           (key->unit != NULL &&
            (strcmp(c->code, key->unit) == 0 || listed(c->deliver, c->deliver_len, key->unit)));
}

static bool certificate_allows(const struct verify *v, const struct submission *s,
                               const struct keys_key *key, struct problem *p)
{
    const struct keys_client *c = s->has_certificate ? keys_client(v->keys, s->certificate) : NULL;

    if (!keys_client_valid(c, clock_real())) {
        problem_set(p, "certificate",
                    _("This client certificate is not registered, or was revoked or has expired: "
                      "ask an operator."));
        return false;
    }
    if (verify_may_deliver(c, key))
        return true;
    problem_set(p, "unit", _("The client certificate of %s may not deliver for %s."), c->code,
                key->code);
    return false;
}

/* Who may sign a kind; whom a single report, task or alert in it is for, the database decides. */
enum signer {
    SIGNER_UNIT = 1,     /* a unit, its contact or its head */
    SIGNER_POST = 2,     /* a post above the units: leader, office, chief */
    SIGNER_OPERATOR = 4, /* an operator's key */
    SIGNER_ANY = 7
};

static const struct {
    unsigned signers; /* of enum signer */
    const char *else_text;
} SIGNERS[] = {
#define OPERATOR_ONLY                                                                              \
    {                                                                                              \
        SIGNER_OPERATOR, N_("Only an operator's key may sign statements of this kind: use the "    \
                            "HOME of an operator (duban --home).")                                 \
    }
#define ABOVE_UNITS                                                                                \
    {                                                                                              \
        SIGNER_POST | SIGNER_OPERATOR,                                                             \
            N_("Only the office or a leader may sign statements of this kind, never a unit.")      \
    }
    [STATEMENT_REPORT] = {SIGNER_ANY, NULL},
    [STATEMENT_ACKNOWLEDGE] = {SIGNER_ANY, NULL},
    [STATEMENT_PLAN] = OPERATOR_ONLY,
    [STATEMENT_REGISTRY] = OPERATOR_ONLY,
    [STATEMENT_CONTACT] = OPERATOR_ONLY,
    [STATEMENT_TEST] = OPERATOR_ONLY,
    [STATEMENT_ASK] = {SIGNER_UNIT, N_("Only a unit, its contact or its head asks other units.")},
    [STATEMENT_ANSWER] = {SIGNER_UNIT,
                          N_("Only a unit, its contact or its head answers what was asked.")},
    [STATEMENT_REVIEW] = ABOVE_UNITS,
    [STATEMENT_COUNTERSIGN] = {SIGNER_UNIT,
                               N_("Only the head of a unit countersigns its reports.")},
    [STATEMENT_EXTENSION] = {SIGNER_ANY, NULL},
    [STATEMENT_CLOSURE] = {SIGNER_ANY, NULL},
    [STATEMENT_RECORD] = ABOVE_UNITS,
    [STATEMENT_SILENCE] = ABOVE_UNITS,
};
_Static_assert(sizeof SIGNERS / sizeof SIGNERS[0] == STATEMENT_KINDS, "one row per kind");

static unsigned signer_of(const struct keys_key *key)
{
    return (key->unit != NULL ? SIGNER_UNIT : SIGNER_POST) |
           (key->is_operator ? SIGNER_OPERATOR : 0);
}

static bool key_allows(const struct submission *s, const struct keys_key *key, struct problem *p)
{
    int64_t now = clock_real();

    if (key->revoked)
        problem_set(p, "key", _("This key was revoked: enrol a new one."));
    else if (now < key->valid_from)
        problem_set(p, "key", _("This key is not valid yet."));
    else if (now >= key->valid_until)
        problem_set(p, "key", _("This key has expired: enrol a new one."));
    else if ((SIGNERS[s->kind].signers & signer_of(key)) == 0)
        problem_set(p, "key", "%s", _(SIGNERS[s->kind].else_text));
    else
        return true;
    return false;
}

enum verify_outcome verify_allowed(const struct verify *v, struct submission *s, struct problem *p)
{
    struct keys_key *key = keys_find(v->keys, s->dsse.keyid);

    if (key == NULL) {
        problem_set(p, "key", _("This key is not registered here."));
        return VERIFY_REFUSED;
    }
    s->key_row = key->row;
    s->alg = key->alg;
    s->unit[0] = '\0';
    if (key->unit != NULL)
        strncat(s->unit, key->unit, sizeof s->unit - 1);
    if (!listed(key->names, key->names_len, s->st->unit)) {
        problem_set(p, "unit", _("This key speaks for %s, not for \"%.100s\"."), key->code,
                    s->st->unit);
        return VERIFY_UNLESS_KNOWN;
    }
    if (!certificate_allows(v, s, key, p) || !key_allows(s, key, p))
        return VERIFY_UNLESS_KNOWN;
    return VERIFY_GOOD;
}

enum verify_outcome verify_statement(struct verify *v, const char *json, size_t n,
                                     struct submission *s, struct problem *p)
{
    struct keys_key *key;
    struct err e = {0};

    if (!read_envelope(json, n, s, p))
        return VERIFY_REFUSED;
    key = keys_find(v->keys, s->dsse.keyid);
    if (key == NULL) {
        problem_set(p, "key", _("This key is not registered here."));
        return VERIFY_REFUSED;
    }
    if (!check_signature(v, s, key, p))
        return VERIFY_REFUSED;
    if (!statement_parse(s->kind, s->dsse.payload.data, s->dsse.payload.len, &s->st, &e))
        return refuse_err(p, &e);
    if (!check_head(v, s, p))
        return VERIFY_REFUSED;
    return verify_allowed(v, s, p);
}
