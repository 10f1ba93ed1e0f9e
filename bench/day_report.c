/* SPDX-License-Identifier: BSD-2-Clause */
/* What came of the day: receipts as a client checks them, verdicts compared with our own (received
 * before the cut-off or not), and the figures as JSON. */
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <string.h>

#include "bench/day.h"
#include "common/bytes.h"
#include "common/instant.h"

void day_fault(struct day *d, const char *fmt, ...)
{
    va_list ap;

    if (d->first_fault[0] != '\0')
        return;
    va_start(ap, fmt);
    vsnprintf(d->first_fault, sizeof d->first_fault, fmt, ap);
    va_end(ap);
}

static enum day_outcome outcome_of(const json_t *one)
{
    const char *s = json_string_value(json_object_get(one, "outcome"));

    if (s != NULL && strcmp(s, "on-time") == 0)
        return DAY_ON_TIME;
    return s != NULL && strcmp(s, "late") == 0 ? DAY_LATE : DAY_OTHER;
}

static bool outcomes_are(const json_t *all, const struct day_statement *s, enum day_outcome wanted)
{
    bool ok = json_array_size(all) == s->n;

    for (size_t i = 0; ok && i < s->n; i++)
        ok = outcome_of(json_array_get(all, i)) == wanted;
    return ok;
}

static bool take(struct day_client *c, struct day_statement *s, const json_t *j)
{
    struct day *d = c->day;
    const char *id = json_string_value(json_object_get(j, "id"));
    const char *received = json_string_value(json_object_get(j, "received"));
    char wanted[2 * DIGEST_SIZE + 1];

    hex_encode(s->id, DIGEST_SIZE, wanted);
    if (id == NULL || strcmp(id, wanted) != 0 || received == NULL ||
        !instant_parse(received, &s->received)) {
        d->wrong_ids++;
        day_fault(d, "county %zu: a receipt for another statement: %.80s", c->index + 1,
                  id != NULL ? id : "-");
        return false;
    }
    s->entry = json_integer_value(json_object_get(j, "entry"));
    d->duplicates += json_is_true(json_object_get(j, "duplicate"));
    s->outcome = s->received < d->o->cutoff ? DAY_ON_TIME : DAY_LATE;
    if (!outcomes_are(json_object_get(j, "outcomes"), s, s->outcome)) {
        d->wrong_verdicts++;
        day_fault(d, "entry %" PRId64 ", received %s, has another verdict than the clock says",
                  s->entry, received);
        s->outcome = DAY_MIXED;
    }
    if (s->outcome == DAY_ON_TIME)
        d->on_time += s->n;
    else
        d->late += s->n;
    return true;
}

bool day_receipt(struct day_client *c, struct day_statement *s, const char *line, size_t n)
{
    struct load_options o = {.vkey = c->day->o->vkey};
    struct load_statement of = {0};
    struct wire_answer a = {.status = 200, .body = line, .body_len = n};
    json_t *j = json_loadb(line, n, 0, NULL);
    struct err e;
    bool ok;

    memcpy(of.id, s->id, DIGEST_SIZE);
    ok = j != NULL && load_verify(&o, &a, &of, &e);
    if (!ok) {
        c->day->bad_receipts++;
        day_fault(c->day, "county %zu: %s", c->index + 1, j != NULL ? e.text : "not JSON");
    }
    ok = ok && take(c, s, j);
    json_decref(j);
    return ok;
}

/* ---- at the end ----------------------------------------------------------------------------- */

static bool write_results(const struct day *d, struct err *e)
{
    FILE *f = fopen(d->o->results, "w");

    if (f == NULL)
        return err_set(e, "file", "%s cannot be written", d->o->results);
    for (size_t i = 0; i < d->o->counties; i++) {
        const struct day_client *c = &d->client[i];

        for (size_t k = 0; k < c->acked; k++) {
            const struct day_statement *s = &c->statement[k];

            for (uint32_t r = 0; r < s->n; r++)
                fprintf(f, "c%zu/%u\t%d\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\n",
                        i + 1, c->task[s->first + r], s->outcome, s->entry, s->received, s->sent,
                        s->acked);
        }
    }
    return fclose(f) == 0 || err_set(e, "file", "%s cannot be written", d->o->results);
}

static void print_curve(const struct day *d)
{
    bool first = true;

    fputs("\"curve\":[", stdout);
    for (size_t i = 0; i < d->slices; i++) {
        const struct day_slice *s = &d->slice[i];

        if (s->filed + s->acked + s->retries + s->broken == 0)
            continue;
        printf("%s{\"at\":%.1f,\"filed\":%" PRIu64 ",\"acknowledged\":%" PRIu64
               ",\"reports\":%" PRIu64 ",\"retries\":%" PRIu64 ",\"broken\":%" PRIu64
               ",\"refused\":%" PRIu64 ",",
               first ? "" : ",", (double)i * d->o->slice, s->filed, s->acked, s->reports,
               s->retries, s->broken, s->refused);
        figures_print(s->latency, "latency_ms", stdout);
        fputc('}', stdout);
        first = false;
    }
    fputs("],", stdout);
}

bool day_report(struct day *d, struct err *e)
{
    printf("{\"counties\":%zu,\"tasks\":%zu,\"seconds\":%.1f,\"took\":%.1f,\"cutoff_at\":%.1f,"
           "\"statements\":%zu,\"reports\":%zu,\"filed\":%zu,\"acknowledged\":%zu,"
           "\"acknowledged_reports\":%zu,\"on_time\":%" PRIu64 ",\"late\":%" PRIu64
           ",\"silent\":%zu,",
           d->o->counties, d->o->tasks, d->o->seconds, (double)(d->ended - d->begin) / 1e6,
           d->o->cutoff_at, d->statements, d->reports, d->filed, d->acked, d->acked_reports,
           d->on_time, d->late, d->o->counties * d->o->tasks - d->reports);
    printf("\"connections\":%" PRIu64 ",\"duplicates\":%" PRIu64 ",\"wrong_verdicts\":%" PRIu64
           ",\"wrong_receipts\":%" PRIu64 ",\"bad_receipts\":%" PRIu64 ",\"fault\":\"%s\",",
           d->connections, d->duplicates, d->wrong_verdicts, d->wrong_ids, d->bad_receipts,
           d->first_fault);
    fputs("\"refused\":{", stdout);
    for (size_t i = 0; i < LOAD_CODES_MAX && d->counts.refused[i].n > 0; i++)
        printf("%s\"%s\":%" PRIu64, i > 0 ? "," : "", d->counts.refused[i].code,
               d->counts.refused[i].n);
    fputs("},", stdout);
    print_curve(d);
    figures_print(d->final, "final_ms", stdout);
    fputc(',', stdout);
    figures_print(d->latency, "latency_ms", stdout);
    fputs("}\n", stdout);
    if (!write_results(d, e))
        return false;
    if (d->wrong_verdicts + d->wrong_ids + d->bad_receipts > 0)
        return err_set(e, "wrong", "%s", d->first_fault);
    if (d->acked != d->statements)
        return err_set(e, "lost", "%zu of %zu statements have no receipt", d->statements - d->acked,
                       d->statements);
    return true;
}
