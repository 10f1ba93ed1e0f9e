/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether this receiver can do its work, and its figures. Names follow Prometheus' conventions. */
#include "common/i18n.h"
#include "daemon/receive/receiver_private.h"

static const char *why(void *arg)
{
    struct receiver *r = arg;

    if (r->stopping)
        return _("this receiver is being drained");
    if (!db_ready(r->read_db) || !db_ready(r->append_db))
        return _("the database cannot be reached");
    if (!keys_loaded(r->keys))
        return _("the registry has not been read yet: duband migrate and duban init come first");
    if (r->signer == NULL)
        return _("there is no signer");
    return r->code != NULL ? r->why : NULL;
}

static void add_seconds(struct buf *out, const char *name, uint64_t micros)
{
    buf_addf(out, "# TYPE %s counter\n%s %llu.%06llu\n", name, name,
             (unsigned long long)(micros / 1000000), (unsigned long long)(micros % 1000000));
}

static void add_refusals(struct buf *out, const struct intake_figures *f)
{
    buf_add_str(out, "# TYPE duban_statements_refused_total counter\n");
    for (size_t i = 0; i < sizeof f->refused / sizeof f->refused[0]; i++)
        if (f->refused[i].code != NULL)
            buf_addf(out, "duban_statements_refused_total{code=\"%s\"} %llu\n", f->refused[i].code,
                     (unsigned long long)f->refused[i].n);
}

static void metrics(void *arg, struct buf *out)
{
    struct receiver *r = arg;
    const struct intake_figures *in = intake_figures(r->intake);
    const struct append_figures *ap = append_figures(r->append);

    admin_metric(out, "duban_connections", "gauge", accept_open(r->accept));
    admin_metric(out, "duban_requests_serving", "gauge", accept_serving(r->accept));
    admin_metric(out, "duban_streams", "gauge", push_count(r->push));
    admin_metric(out, "duban_keys", "gauge", keys_count(r->keys));
    admin_metric(out, "duban_statements_recorded_total", "counter", in->recorded);
    admin_metric(out, "duban_statements_duplicate_total", "counter", in->duplicates);
    add_refusals(out, in);
    add_seconds(out, "duban_statement_seconds_sum", in->micros);
    admin_metric(out, "duban_statement_seconds_count", "counter", in->recorded);
    admin_metric(out, "duban_append_batches_total", "counter", ap->batches);
    admin_metric(out, "duban_append_statements_total", "counter", ap->statements);
    admin_metric(out, "duban_append_slow_total", "counter", ap->slow);
    admin_metric(out, "duban_append_lost_total", "counter", ap->lost);
    admin_metric(out, "duban_append_waiting", "gauge", ap->waiting);
    add_seconds(out, "duban_append_seconds_sum", ap->micros);
    admin_metric(out, "duban_append_seconds_count", "counter", ap->batches);
    admin_metric(out, "duban_signed_size", "gauge", seal_sealed_size(r->seal));
}

const struct admin_ops receiver_admin_ops = {.why = why, .metrics = metrics};
