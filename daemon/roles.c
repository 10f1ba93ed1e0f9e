/* SPDX-License-Identifier: BSD-2-Clause */
/* The one place that knows all three roles; they do not know each other. */
#include "daemon/roles.h"

#include "common/i18n.h"
#include "common/key.h"
#include "daemon/alert/alerter.h"
#include "daemon/net/tls_context.h"
#include "daemon/net/tls_stream.h"
#include "daemon/receive/receiver.h"
#include "daemon/settings.h"
#include "daemon/sign/signer.h"

struct role_functions role_functions(enum child_kind kind)
{
    switch (kind) {
    case CHILD_SIGNER:
        return (struct role_functions){signer_start, signer_stop};
    case CHILD_RECEIVER:
        return (struct role_functions){receiver_start, receiver_stop};
    default:
        return (struct role_functions){alerter_start, alerter_stop};
    }
}

static bool load_log_key(const char *path, struct key **out, struct err *e)
{
    if (!key_load(path, out, e))
        return false;
    if (key_algorithm(*out) == KEY_ED25519)
        return true;
    key_free(out);
    return err_set(e, "key-file", _("%s: the log key must be an Ed25519 key"), path);
}

bool role_prepare(struct child *c, struct err *e)
{
    const struct settings *s = c->settings;

    switch (c->kind) {
    case CHILD_SIGNER:
        return load_log_key(s->log_key, &c->log_key, e);
    case CHILD_RECEIVER:
        return tls_context_new(s->tls_certificate, s->tls_key, s->tls_ca, &c->tls, e);
    default:
        return true;
    }
}

bool role_prepare_all(const struct settings *s, struct err *e)
{
    struct child signer = {.kind = CHILD_SIGNER, .settings = s};
    struct child receiver = {.kind = CHILD_RECEIVER, .settings = s};
    bool ok = role_prepare(&signer, e) && role_prepare(&receiver, e);

    key_free(&signer.log_key);
    tls_context_free(&receiver.tls);
    return ok;
}
