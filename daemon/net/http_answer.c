/* SPDX-License-Identifier: BSD-2-Clause */
/* The answering side of HTTP: whole answers as bytes. Everything here is our own text; what stems
 * from a peer only appears inside JSON strings. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/json.h"
#include "daemon/net/http.h"

const char *http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } table[] = {{200, "OK"},
                 {400, "Bad Request"},
                 {403, "Forbidden"},
                 {404, "Not Found"},
                 {405, "Method Not Allowed"},
                 {406, "Not Acceptable"},
                 {408, "Request Timeout"},
                 {409, "Conflict"},
                 {411, "Length Required"},
                 {413, "Content Too Large"},
                 {415, "Unsupported Media Type"},
                 {417, "Expectation Failed"},
                 {429, "Too Many Requests"},
                 {431, "Request Header Fields Too Large"},
                 {500, "Internal Server Error"},
                 {503, "Service Unavailable"},
                 {505, "HTTP Version Not Supported"}};

    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (table[i].status == status)
            return table[i].reason;
    return "Unknown";
}

/* IMF-fixdate (RFC 9110 section 5.6.7), independent of the locale; written once a second. */
static bool add_date(struct buf *out)
{
    static char line[48];
    static time_t written = -1;
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = (time_t)(clock_real() / 1000000);
    struct tm t;

    if (now != written) {
        gmtime_r(&now, &t);
        snprintf(line, sizeof line, "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n",
                 days[t.tm_wday], t.tm_mday, months[t.tm_mon], t.tm_year + 1900, t.tm_hour,
                 t.tm_min, t.tm_sec);
        written = now;
    }
    return buf_add_str(out, line);
}

static bool add_status(struct buf *out, int status)
{
    return buf_add_str(out, "HTTP/1.1 ") && buf_add_u64(out, (uint64_t)status) &&
           buf_add_str(out, " ") && buf_add_str(out, http_reason(status)) &&
           buf_add_str(out, "\r\n") && add_date(out);
}

bool http_answer(struct buf *out, const struct http_answer *a)
{
    return add_status(out, a->status) && buf_add_str(out, "Content-Type: ") &&
           buf_add_str(out, a->type) && buf_add_str(out, "\r\nContent-Length: ") &&
           buf_add_u64(out, a->body_len) && buf_add_str(out, "\r\n") &&
           buf_add_str(out, a->fields != NULL ? a->fields : "") &&
           buf_add_str(out, a->close ? "Connection: close\r\n\r\n" : "\r\n") &&
           (a->head || buf_add(out, a->body, a->body_len));
}

bool http_answer_stream(struct buf *out)
{
    return add_status(out, 200) && buf_add_str(out, "Content-Type: text/event-stream\r\n"
                                                    "Cache-Control: no-store\r\n"
                                                    "Connection: close\r\n\r\n");
}

bool http_problem_json(struct buf *out, const struct http_problem *p)
{
    buf_addf(out, "{\"type\":\"urn:duban:problem:%s\",\"title\":\"%s\",\"status\":%d,\"detail\":",
             p->code, http_reason(p->status), p->status);
    json_write_string(p->detail != NULL ? p->detail : "", out);
    buf_addf(out, ",\"code\":\"%s\",\"retry\":\"%s\"", p->code, p->retry);
    if (p->extra != NULL)
        buf_addf(out, ",%s", p->extra);
    buf_add_str(out, "}");
    return !out->full;
}

bool http_problem(struct buf *out, const struct http_problem *p, bool head, bool close)
{
    struct buf body = {0};
    struct buf fields = {0};

    if (p->retry_after > 0)
        buf_addf(&fields, "Retry-After: %d\r\n", p->retry_after);
    if (p->allow != NULL)
        buf_addf(&fields, "Allow: %s\r\n", p->allow);
    bool ok = http_problem_json(&body, p) &&
              http_answer(out, &(struct http_answer){.status = p->status,
                                                     .type = "application/problem+json",
                                                     .body = body.data,
                                                     .body_len = body.len,
                                                     .fields = fields.data,
                                                     .head = head,
                                                     .close = close});
    buf_free(&body);
    buf_free(&fields);
    return ok;
}
