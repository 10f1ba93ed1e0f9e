/* SPDX-License-Identifier: BSD-2-Clause */
/* duban record: a report of a unit in the office's own name, with how and when it came and the hash
 * of its scan. The day it came is a claim; what counts is when it is entered. */
#include "client/record.h"

#include <stdlib.h>
#include <string.h>

#include "client/decide.h"
#include "client/options.h"
#include "client/report.h"
#include "common/i18n.h"
#include "common/statement.h"

#define SYNOPSIS                                                                                   \
    "record TASK --for UNIT --period P --status S --source paper|mail|chat|phone|other "           \
    "--received-on DATE --scan FILE [--progress N] [--text T] …"

struct arguments {
    const char *unit, *period, *status, *progress, *text, *risk, *next, *next_by, *source,
        *received, *scan;
    bool dry_run;
    struct options_list values, evidence, words;
};

static void set_text(json_t *j, const char *name, const char *value)
{
    if (value)
        json_object_set_new(j, name, json_string(value));
}

static bool check(const struct arguments *x, struct err *e)
{
    return (options_count(&x->words, 1, 1, SYNOPSIS, e) && x->unit && x->period && x->status &&
            x->source && x->received) ||
           err_set(e, "usage",
                   _("say for whom, which period, and how and when it came; call: duban %s"),
                   SYNOPSIS);
}

static bool set_values(json_t *r, const struct arguments *x, struct err *e)
{
    json_t *values = json_array(), *evidence = json_array();
    char *end = NULL;
    long progress = x->progress ? strtol(x->progress, &end, 10) : 0;
    bool ok = true;

    if (x->progress && (end == x->progress || (*end && strcmp(end, "%") != 0)))
        ok = err_set(e, "usage", _("--progress is a whole number from 0 to 100, not %s"),
                     x->progress);
    for (size_t i = 0; ok && i < x->values.n; i++)
        ok = report_add_value(values, x->values.items[i]) ||
             err_set(e, "usage",
                     _("--value is NAME=NUMBER with a decimal point (or NAME=NUMBER and a unit "
                       "of measure), not %s"),
                     x->values.items[i]);
    for (size_t i = 0; ok && i < x->evidence.n; i++)
        ok = report_add_evidence(evidence, x->evidence.items[i], e);
    if (x->progress)
        json_object_set_new(r, "progress", json_integer(progress));
    if (x->values.n)
        json_object_set(r, "values", values);
    if (x->evidence.n)
        json_object_set(r, "evidence", evidence);
    json_decref(values);
    json_decref(evidence);
    return ok;
}

static bool set_scan(json_t *r, const struct arguments *x, struct err *e)
{
    json_t *scan = json_array();
    bool ok = !x->scan || report_add_evidence(scan, x->scan, e);

    if (ok && x->scan)
        json_object_set(r, "scan", json_array_get(scan, 0));
    json_decref(scan);
    return ok;
}

static bool build(struct app *a, const struct arguments *x, json_t *r, struct err *e)
{
    enum statement_status s = status_parse_any(x->status);
    char *task = NULL;

    if (s == STATUS_INVALID)
        return err_set(
            e, "usage",
            _("--status is one of not-started 未开始, on-track 正常推进, at-risk 有风险, "
              "blocked 受阻, done 已完成%s%s"),
            ": ", x->status);
    if (!set_values(r, x, e) || !set_scan(r, x, e) || !decide_task(a, x->words.items[0], &task, e))
        return false;
    set_text(r, "task", task);
    free(task);
    set_text(r, "period", x->period);
    set_text(r, "status", status_name(s));
    set_text(r, "text", x->text);
    set_text(r, "risk", x->risk);
    set_text(r, "next", x->next);
    set_text(r, "next_by", x->next_by);
    set_text(r, "for", x->unit);
    set_text(r, "source", x->source);
    set_text(r, "received_on", x->received);
    return true;
}

int record_command(struct app *a, int argc, char **argv)
{
    struct arguments x = {0};
    struct options_spec specs[] = {{"for", OPTIONS_TEXT, &x.unit},
                                   {"period", OPTIONS_TEXT, &x.period},
                                   {"status", OPTIONS_TEXT, &x.status},
                                   {"progress", OPTIONS_TEXT, &x.progress},
                                   {"text", OPTIONS_TEXT, &x.text},
                                   {"risk", OPTIONS_TEXT, &x.risk},
                                   {"next", OPTIONS_TEXT, &x.next},
                                   {"next-by", OPTIONS_TEXT, &x.next_by},
                                   {"value", OPTIONS_LIST, &x.values},
                                   {"evidence", OPTIONS_LIST, &x.evidence},
                                   {"source", OPTIONS_TEXT, &x.source},
                                   {"received-on", OPTIONS_TEXT, &x.received},
                                   {"scan", OPTIONS_TEXT, &x.scan},
                                   {"dry-run", OPTIONS_FLAG, &x.dry_run},
                                   {0}};
    json_t *r = json_object();
    struct err e;
    bool ok =
        options_parse(a, specs, argc, argv, &x.words, &e) && check(&x, &e) && build(a, &x, r, &e);
    int status;

    if (ok)
        status = decide_send(a, STATEMENT_RECORD, json_pack("{s:[O]}", "records", r), x.dry_run);
    else
        status = app_fail(a, &e);
    json_decref(r);
    options_free(&x.values);
    options_free(&x.evidence);
    options_free(&x.words);
    return status;
}
