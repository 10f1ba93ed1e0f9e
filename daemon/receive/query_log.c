/* SPDX-License-Identifier: BSD-2-Clause */
/* The log for other people's monitors. Nothing in it is secret to a holder of a certificate. */
#include "daemon/receive/query_log.h"

#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/i18n.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/tlog_proof.h"
#include "daemon/db/array.h"
#include "daemon/db/conn.h"
#include "daemon/receive/log_path.h"
#include "daemon/receive/receipt.h"
#include "daemon/receive/session.h"

#define BUSY_CALLS 1000
#define TEXT "text/plain; charset=utf-8"
#define BYTES "application/octet-stream"

struct log_call {
    size_t *calls;
    struct session *session; /* NULL: gone */
    const char *type;
    int column;  /* of the one value that is the answer; or: */
    bool proof;  /* entry, path, note */
    bool hashes; /* bytea[] as base64 lines */
    int64_t index;
};

bool query_log_number(const char *text, int64_t *n)
{
    return log_path_number(text, n);
}

void query_log_escape(const char *s, size_t n, struct buf *out)
{
    receipt_escape(s, n, out);
}

bool query_log_known(const char *path)
{
    return strcmp(path, "/log/checkpoint") == 0 || strcmp(path, "/log/proof") == 0 ||
           strcmp(path, "/log/consistency") == 0 || strncmp(path, "/log/tile/", 10) == 0 ||
           strncmp(path, "/log/entry/", 11) == 0;
}

/* ---- answers -------------------------------------------------------------------------------- */

static bool read_hashes(const struct db_result *r, int col,
                        uint8_t hash[MERKLE_LEVELS][DIGEST_SIZE], size_t *len)
{
    struct array_reader a;
    uint32_t count;
    size_t n;
    const char *bytes = db_bytes(r, 0, col, &n);
    const uint8_t *item;

    *len = 0;
    if (bytes == NULL || !array_open(&a, bytes, n, ARRAY_BYTEA, &count))
        return false;
    while (*len < MERKLE_LEVELS && array_next(&a, &item, &n)) {
        if (item == NULL || n != DIGEST_SIZE)
            return false;
        memcpy(hash[(*len)++], item, DIGEST_SIZE);
    }
    return *len == count;
}

static bool write_proof(const struct log_call *c, const struct db_result *r, struct buf *out)
{
    uint8_t path[MERKLE_LEVELS][DIGEST_SIZE];
    size_t n, entry_len, note_len;
    const char *entry = db_bytes(r, 0, 0, &entry_len), *note = db_bytes(r, 0, 2, &note_len);

    if (entry == NULL || note == NULL || !read_hashes(r, 1, path, &n))
        return false;
    tlog_proof_format(entry, entry_len, (uint64_t)c->index, (const uint8_t(*)[DIGEST_SIZE])path, n,
                      note, note_len, "\n", out);
    return true;
}

static bool write_hashes(const struct db_result *r, struct buf *out)
{
    uint8_t hash[MERKLE_LEVELS][DIGEST_SIZE];
    size_t n;

    if (!read_hashes(r, 0, hash, &n))
        return false;
    for (size_t i = 0; i < n; i++) {
        base64_encode(hash[i], DIGEST_SIZE, out);
        buf_add(out, "\n", 1);
    }
    return true;
}

static bool write_answer(const struct log_call *c, const struct db_result *r, struct buf *out)
{
    size_t n;
    const char *bytes;

    if (db_rows(r) < 1)
        return false;
    if (c->proof)
        return write_proof(c, r, out);
    if (c->hashes)
        return write_hashes(r, out);
    bytes = db_bytes(r, 0, c->column, &n);
    return bytes != NULL && buf_add(out, bytes, n);
}

static void on_gone(void *data)
{
    struct log_call *c = data;

    c->session = NULL;
}

static void send_answer(struct log_call *c, const struct db_result *r)
{
    struct session_answer a = {.status = 200, .type = c->type};
    struct buf out = {0};
    struct problem p;

    if (write_answer(c, r, &out)) {
        a.body = out.data;
        a.body_len = out.len;
        session_answer(c->session, &a);
    } else {
        problem_set(&p, "not-found",
                    _("The log is not that long, or no head of that size was "
                      "signed."));
        session_problem(c->session, &p);
    }
    buf_free(&out);
}

static void on_row(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct log_call *c = arg;
    struct problem p;

    --*c->calls;
    if (c->session != NULL && outcome == DB_DONE) {
        send_answer(c, r);
    } else if (c->session != NULL) {
        if (outcome == DB_FAILED)
            log_limited(LOG_LEVEL_ERROR, "query-log", "log query failed: %s", db_message(r));
        problem_set(&p, outcome == DB_FAILED && !db_server_trouble(r) ? "internal" : "busy",
                    _("The log cannot be read at the moment."));
        session_problem(c->session, &p);
    }
    free(c);
}

/* ---- questions ------------------------------------------------------------------------------ */

static bool parameter(const struct http_request *r, const char *name, int64_t *n)
{
    const char *text = http_param(r, name);

    return text != NULL && query_log_number(text, n);
}

static bool ask_tile(const char *text, struct log_call *c, struct db_args *args,
                     const char **statement)
{
    struct log_path p;

    if (!log_path_tile(text, &p))
        return false;
    c->type = BYTES;
    *statement = p.entries ? "entry_bundle" : "tile";
    if (!p.entries)
        db_args_int4(args, p.level);
    db_args_int8(args, p.n);
    db_args_int4(args, p.width);
    return true;
}

static bool ask_proof(const struct http_request *r, struct log_call *c, struct db_args *args,
                      const char **statement)
{
    int64_t size;

    c->proof = true;
    *statement = "proof";
    if (!parameter(r, "entry", &c->index))
        return false;
    db_args_int8(args, c->index);
    if (http_param(r, "size") == NULL)
        db_args_null(args);
    else if (parameter(r, "size", &size))
        db_args_int8(args, size);
    else
        return false;
    return true;
}

static bool ask_consistency(const struct http_request *r, struct log_call *c, struct db_args *args,
                            const char **statement)
{
    int64_t from, to;

    c->hashes = true;
    *statement = "consistency_proof";
    if (!parameter(r, "from", &from) || !parameter(r, "to", &to) || from < 1 || from > to)
        return false;
    db_args_int8(args, from);
    db_args_int8(args, to);
    return true;
}

static bool ask_entry(const char *text, struct log_call *c, struct db_args *args,
                      const char **statement)
{
    c->column = 1;
    *statement = "entry";
    if (!query_log_number(text, &c->index))
        return false;
    db_args_int8(args, c->index);
    return true;
}

/* False: the path or a parameter is not in the one accepted spelling. */
static bool understand(const struct http_request *r, struct log_call *c, struct db_args *args,
                       const char **statement)
{
    c->type = TEXT;
    if (strcmp(r->path, "/log/checkpoint") == 0) {
        c->column = 1;
        *statement = "checkpoint";
        db_args_null(args);
        return true;
    }
    if (strcmp(r->path, "/log/proof") == 0)
        return ask_proof(r, c, args, statement);
    if (strcmp(r->path, "/log/consistency") == 0)
        return ask_consistency(r, c, args, statement);
    if (strncmp(r->path, "/log/tile/", 10) == 0)
        return ask_tile(r->path + 10, c, args, statement);
    return ask_entry(r->path + 11, c, args, statement);
}

bool query_log_ask(struct db *d, size_t *calls, struct session *s, const struct http_request *r,
                   struct problem *p)
{
    struct log_call *c = xcalloc(1, sizeof *c);
    struct db_args args = {0};
    const char *statement = NULL;

    c->calls = calls;
    c->session = s;
    if (!understand(r, c, &args, &statement)) {
        bool path = strncmp(r->path, "/log/tile/", 10) == 0 || statement == NULL ||
                    strcmp(statement, "entry") == 0;

        problem_set(p, path ? "not-found" : "malformed",
                    _("Numbers are decimal without leading zeros, tiles are named as in C2SP "
                      "tlog-tiles."));
        free(c);
        return false;
    }
    session_set_server(s, on_gone, c);
    if (d != NULL && *calls < BUSY_CALLS && db_call(d, statement, &args, on_row, c)) {
        ++*calls;
        return true;
    }
    free(c);
    problem_set(p, "busy", _("The log cannot be read at the moment."));
    return false;
}
