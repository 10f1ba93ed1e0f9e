/* SPDX-License-Identifier: BSD-2-Clause */
/* The read API. A request's texts reach SQL only as parameters. */
#include "daemon/receive/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/i18n.h"
#include "common/log.h"
#include "common/mem.h"
#include "daemon/db/conn.h"
#include "daemon/receive/query_log.h"
#include "daemon/receive/session.h"

#define LIMIT_STANDARD 100
#define LIMIT_MOST 1000
#define BUSY_CALLS 1000 /* reads that wait for the database in this process */
#define FILTERS_MOST 4

enum shape { SHAPE_LIST, SHAPE_ONE };

/* '*' in a path is one segment; its text becomes the argument $1 of a SHAPE_ONE statement or $3 of
 * a list. "task" joins two segments with a slash. */
struct route {
    const char *path;
    const char *statement; /* sql/query/<statement>.sql */
    enum shape shape;
    const char *filters[FILTERS_MOST]; /* query parameters, in order of the arguments from $3 */
    bool operators;
    bool past; /* there is <statement>_asof for as_of=ENTRY or INSTANT */
};

static const struct route routes[] = {
    {"/v1/due", "due", SHAPE_LIST, {NULL}, false, true},
    {"/v1/ledger", "ledger", SHAPE_LIST, {"plan", "unit", "state", "light"}, false, true},
    {"/v1/tasks/*/*", "task", SHAPE_ONE, {NULL}, false, true},
    {"/v1/tasks/*/*/entries", "task_entries", SHAPE_LIST, {NULL}, false, true},
    {"/v1/reviews", "reviews", SHAPE_LIST, {"plan", "unit", "period"}, false, false},
    {"/v1/requests", "requests", SHAPE_LIST, {"kind"}, false, false},
    {"/v1/alerts", "alerts", SHAPE_LIST, {"open"}, false, false},
    {"/v1/alerts/*", "alert", SHAPE_ONE, {NULL}, false, false},
    {"/v1/alerts/*/why", "why_alert", SHAPE_ONE, {NULL}, false, false},
    {"/v1/tasks/*/*/why", "why_not", SHAPE_LIST, {"period"}, false, false},
    {"/v1/ladder", "ladder_test", SHAPE_LIST, {"code", "ladder", "due", "task"}, false, false},
    {"/v1/silences", "silences", SHAPE_LIST, {NULL}, false, false},
    {"/v1/me", "me", SHAPE_ONE, {NULL}, false, false},
    {"/v1/registry", "registry", SHAPE_LIST, {"set"}, true, false},
    {"/v1/rules/test", "rule_test", SHAPE_LIST, {"rule", "calendar", "from", "to"}, false, false},
    {"/v1/warnings", "warnings", SHAPE_LIST, {NULL}, false, false},
    {"/v1/plans", "plans", SHAPE_LIST, {NULL}, false, true},
    {"/v1/plans/*", "plan", SHAPE_ONE, {NULL}, false, true},
    {"/v1/plans/*/tasks", "plan_tasks", SHAPE_LIST, {NULL}, true, false},
    {"/v1/indicators", "indicators", SHAPE_LIST, {"plan", "unit"}, false, true},
    {"/v1/same", "same", SHAPE_LIST, {"plan"}, true, true},
    {"/v1/bulletin", "bulletin", SHAPE_ONE, {"plan", "period"}, false, true},
    {"/v1/brief/*", "brief", SHAPE_ONE, {"plan"}, false, true},
};

struct query {
    struct db *db;
    size_t calls;
    struct buf text;
};

struct call {
    struct query *query;
    struct session *session; /* NULL: gone */
    enum shape shape;
    int limit;
    bool past; /* as_of was given */
};

/* Matches, and collects what the stars stood for, joined by '/'. */
static bool match(const char *pattern, const char *path, struct buf *stars)
{
    buf_clear(stars);
    while (*pattern != '\0') {
        if (*pattern != '*') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        size_t n = strcspn(path, "/");

        if (n == 0 || n > 200)
            return false;
        if (stars->len > 0)
            buf_add(stars, "/", 1);
        buf_add(stars, path, n);
        path += n;
        pattern++;
    }
    return *path == '\0';
}

static const struct route *route_of(const char *path, struct buf *stars)
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (match(routes[i].path, path, stars))
            return &routes[i];
    return NULL;
}

bool query_known(const char *path)
{
    struct buf stars = {0};
    bool known = route_of(path, &stars) != NULL || query_log_known(path);

    buf_free(&stars);
    return known;
}

bool query_statement_path(const char *path, uint8_t key[DIGEST_SIZE], int64_t *seq)
{
    static const char prefix[] = "/v1/statements/";
    char hex[2 * DIGEST_SIZE + 1];

    if (strncmp(path, prefix, sizeof prefix - 1) != 0)
        return false;
    path += sizeof prefix - 1;
    if (strnlen(path, 2 * DIGEST_SIZE) < 2 * DIGEST_SIZE || path[2 * DIGEST_SIZE] != '/')
        return false;
    memcpy(hex, path, 2 * DIGEST_SIZE);
    hex[2 * DIGEST_SIZE] = '\0';
    return hex_decode(hex, key, DIGEST_SIZE) && query_log_number(path + 2 * DIGEST_SIZE + 1, seq) &&
           *seq >= 1;
}

/* ---- answers -------------------------------------------------------------------------------- */

static void on_gone(void *data)
{
    struct call *c = data;

    c->session = NULL;
}

static void fail(struct call *c, enum db_outcome outcome, const struct db_result *r)
{
    struct problem p;
    const char *state = outcome == DB_FAILED ? db_sqlstate(r) : "";

    if (c->past && (strcmp(state, "22023") == 0 || strncmp(state, "2200", 4) == 0)) {
        problem_set(&p, "malformed",
                    _("as_of is the number of an entry that the log has, or an instant (RFC 3339) "
                      "between the first entry and now."));
        session_problem(c->session, &p);
        return;
    }
    if (strncmp(state, "22", 2) == 0) {
        problem_set(&p, "malformed", _("The cursor or a filter is not one of this server's."));
    } else if (strcmp(state, "57014") == 0) {
        problem_set(&p, "busy", _("The query took too long: ask for less, or later."));
    } else if (outcome == DB_FAILED && !db_server_trouble(r)) {
        log_limited(LOG_LEVEL_ERROR, "query", "query failed: %s %s", state, db_message(r));
        problem_set(&p, "internal", _("The query failed: the server's log says why."));
    } else {
        problem_set(&p, "busy", _("The database cannot be reached at the moment."));
    }
    session_problem(c->session, &p);
}

static void send_list(struct call *c, const struct db_result *r)
{
    struct buf *out = &c->query->text;
    int rows = db_rows(r) > c->limit ? c->limit : db_rows(r);
    size_t n;

    buf_clear(out);
    buf_add_str(out, "{\"items\":[");
    for (int i = 0; i < rows; i++) {
        const char *item = db_bytes(r, i, 1, &n);

        if (i > 0)
            buf_add(out, ",", 1);
        buf_add(out, item != NULL ? item : "null", item != NULL ? n : 4);
    }
    buf_add(out, "]", 1);
    if (db_rows(r) > rows && rows > 0) {
        const char *cursor = db_bytes(r, rows - 1, 0, &n);

        buf_add_str(out, ",\"next\":\"");
        query_log_escape(cursor != NULL ? cursor : "", n, out);
        buf_add(out, "\"", 1);
    }
    buf_add(out, "}", 1);
    session_answer(c->session, &(struct session_answer){.status = 200,
                                                        .type = "application/json",
                                                        .body = out->data,
                                                        .body_len = out->len});
}

static void send_one(struct call *c, const struct db_result *r)
{
    struct session_answer a = {.status = 200, .type = "application/json"};
    struct problem p;

    a.body = db_rows(r) > 0 ? db_bytes(r, 0, 1, &a.body_len) : NULL;
    if (a.body != NULL) {
        session_answer(c->session, &a);
        return;
    }
    problem_set(&p, "not-found", _("There is no such thing, or it is not yours to see."));
    session_problem(c->session, &p);
}

static void on_rows(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct call *c = arg;

    c->query->calls--;
    if (c->session == NULL)
        ;
    else if (outcome != DB_DONE)
        fail(c, outcome, r);
    else if (c->shape == SHAPE_LIST)
        send_list(c, r);
    else
        send_one(c, r);
    free(c);
}

/* ---- questions ------------------------------------------------------------------------------ */

static bool read_limit(const struct http_request *r, int *limit, struct problem *p)
{
    const char *text = http_param(r, "limit");
    int64_t n = LIMIT_STANDARD;

    if (text != NULL && (!query_log_number(text, &n) || n < 1)) {
        problem_set(p, "malformed", _("limit is a number from 1 to %d."), LIMIT_MOST);
        return false;
    }
    *limit = n > LIMIT_MOST ? LIMIT_MOST : (int)n;
    return true;
}

static const char *filter(const struct http_request *r, const char *name)
{
    const char *text = http_param(r, name);

    return text != NULL && *text != '\0' ? text : NULL;
}

/* The text of limit must live until the call is sent. */
static void list_args(struct db_args *args, const struct http_request *r, int limit,
                      const char *stars)
{
    db_args_int4(args, limit + 1); /* one more tells whether there is a next page */
    db_args_text(args, filter(r, "cursor"));
    if (*stars != '\0')
        db_args_text(args, stars);
}

static void filter_args(struct db_args *args, const struct route *route,
                        const struct http_request *r)
{
    for (size_t i = 0; i < FILTERS_MOST && route->filters[i] != NULL; i++)
        db_args_text(args, filter(r, route->filters[i]));
}

static bool call(struct query *q, const char *who, const struct route *route, const char *as_of,
                 const struct db_args *args, struct call *c)
{
    char past[64];

    if (as_of == NULL)
        return db_call_as(q->db, who, route->statement, args, on_rows, c);
    snprintf(past, sizeof past, "%s_asof", route->statement);
    return db_call_as_of(q->db, who, as_of, past, args, on_rows, c);
}

static bool ask(struct query *q, struct session *s, const struct route *route,
                const struct http_request *r, const struct keys_client *client, const char *stars,
                struct problem *p)
{
    struct db_args args = {0};
    struct call *c = xcalloc(1, sizeof *c);
    const char *who = client->is_operator ? "*" : client->code;

    *c = (struct call){.query = q, .session = s, .shape = route->shape};
    c->past = filter(r, "as_of") != NULL;
    if (route->shape == SHAPE_LIST) {
        if (!read_limit(r, &c->limit, p)) {
            free(c);
            return false;
        }
        list_args(&args, r, c->limit, stars);
    } else if (*stars != '\0') {
        db_args_text(&args, stars);
    } else if (route->filters[0] == NULL) {
        db_args_bytes(&args, client->certificate, DIGEST_SIZE);
    }
    filter_args(&args, route, r);
    session_set_server(s, on_gone, c);
    if (q->db != NULL && q->calls < BUSY_CALLS &&
        call(q, who, route, filter(r, "as_of"), &args, c)) {
        q->calls++;
        return true;
    }
    free(c);
    problem_set(p, "busy", _("The database cannot be reached at the moment."));
    return false;
}

void query_serve(struct query *q, struct session *s, const struct http_request *r,
                 const struct keys_client *c)
{
    struct buf stars = {0};
    const struct route *route = route_of(r->path, &stars);
    struct problem p;
    bool ok = false;

    if (query_log_known(r->path))
        ok = query_log_ask(q->db, &q->calls, s, r, &p);
    else if (route == NULL)
        problem_set(&p, "not-found", _("This server has no such path."));
    else if (c == NULL)
        problem_set(&p, "certificate",
                    _("This client certificate is not registered, or was revoked or has expired: "
                      "ask an operator."));
    else if (route->operators && !c->is_operator)
        problem_set(&p, "forbidden",
                    _("Only operators may read this: use the HOME of an operator (duban --home)."));
    else if (!route->past && filter(r, "as_of") != NULL)
        problem_set(&p, "malformed", _("This path has no as_of."));
    else
        ok = ask(q, s, route, r, c, stars.len > 0 ? stars.data : "", &p);
    if (!ok)
        session_problem(s, &p);
    buf_free(&stars);
}

struct query *query_new(void)
{
    return xcalloc(1, sizeof(struct query));
}

void query_set_db(struct query *q, struct db *d)
{
    q->db = d;
}

void query_free(struct query **q)
{
    if (*q == NULL)
        return;
    buf_free(&(*q)->text);
    free(*q);
    *q = NULL;
}
