/* SPDX-License-Identifier: BSD-2-Clause */
/* What the answers say: receipts and refusals by code, and the JSON that is printed. */
#include <stdlib.h>
#include <string.h>

#include "bench/load.h"

static void count_code(struct load_counts *c, const char *body, size_t n)
{
    static const char member[] = "\"code\":\"";
    const char *p = memmem(body, n, member, sizeof member - 1);
    char code[sizeof c->refused[0].code] = "none";
    size_t i = 0;

    if (p != NULL) {
        p += sizeof member - 1;
        while (i + 1 < sizeof code && p < body + n && *p != '"')
            code[i++] = *p++;
        code[i] = '\0';
    }
    for (size_t k = 0; k < LOAD_CODES_MAX; k++) {
        if (c->refused[k].n == 0)
            memcpy(c->refused[k].code, code, sizeof code);
        if (strcmp(c->refused[k].code, code) == 0) {
            c->refused[k].n++;
            return;
        }
    }
}

static bool is_receipt(struct load_counts *c, const char *line, size_t n)
{
    static const char begin[] = "{\"id\":\"";
    static const char again[] = "\"duplicate\":true";
    size_t head = n < 300 ? n : 300;

    if (n < sizeof begin || memcmp(line, begin, sizeof begin - 1) != 0) {
        count_code(c, line, n);
        return false;
    }
    c->duplicates += memmem(line, head, again, sizeof again - 1) != NULL;
    return true;
}

size_t load_count(struct load_counts *c, const struct load_options *o, const struct wire_answer *a)
{
    const char *p = a->body, *end = a->body + a->body_len;
    size_t receipts = 0;

    if (a->status != 200) {
        count_code(c, a->body, a->body_len);
        return 0;
    }
    while (p < end) {
        const char *lf = memchr(p, '\n', (size_t)(end - p));
        const char *stop = lf != NULL ? lf : end;

        receipts += is_receipt(c, p, (size_t)(stop - p));
        p = stop + 1;
    }
    return receipts < o->envelopes ? receipts : o->envelopes;
}

static void print_refused(const struct load_counts *c, FILE *out)
{
    fputs("\"refused\":{", out);
    for (size_t i = 0; i < LOAD_CODES_MAX && c->refused[i].n > 0; i++)
        fprintf(out, "%s\"%s\":%llu", i > 0 ? "," : "", c->refused[i].code,
                (unsigned long long)c->refused[i].n);
    fputs("},", out);
}

void load_print(const struct load_options *o, const struct load_counts *c, FILE *out)
{
    fprintf(out,
            "{\"acknowledged\":%llu,\"loop\":\"%s\",\"rate\":%.1f,\"connections\":%zu,"
            "\"envelopes\":%zu,\"reports\":%zu,"
            "\"seconds\":%.3f,\"requests\":%llu,\"statements\":%llu,\"per_second\":%.1f,"
            "\"reports_per_second\":%.1f,",
            (unsigned long long)c->acknowledged, o->rate > 0 ? "open" : "closed", o->rate,
            o->connections, o->envelopes, o->reports, c->seconds, (unsigned long long)c->requests,
            (unsigned long long)c->statements, (double)c->statements / c->seconds,
            (double)c->reports / c->seconds);
    fprintf(
        out,
        "\"duplicates\":%llu,\"repeated\":%llu,\"broken\":%llu,\"unsent\":%llu,\"unanswered\":%llu,"
        "\"used_up\":%s,\"verified\":%llu,\"handshake_ms\":%.3f,",
        (unsigned long long)c->duplicates, (unsigned long long)c->repeated,
        (unsigned long long)c->broken, (unsigned long long)c->unsent,
        (unsigned long long)c->unanswered, c->used_up ? "true" : "false",
        (unsigned long long)c->verified, c->handshake_ms);
    print_refused(c, out);
    figures_print(&c->latency, "latency_ms", out);
    fputc(',', out);
    figures_cpu_print(&c->from, &c->to, "own_cpu", out);
    fputs("}\n", out);
}
