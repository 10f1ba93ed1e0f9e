/* SPDX-License-Identifier: BSD-2-Clause */
/* The receiver's own work for a statement, without network and database, for counting: an HTTP
 * request with a signed statement → verify → batch arrays → the database's answer → receipt. Run by
 * hot_path.t under callgrind: instructions are collected between count_on() and count_off() only,
 * and thrown into one dump for each phase. Signature checks are left out and counted apart.
 * Everything is the same at each run: keys from fixed seeds, Ed25519, fixed clocks. Prints lines
 * "name value". */
#include <event2/event.h>
#include <openssl/evp.h>
#include <valgrind/callgrind.h>

#include "common/bytes.h"
#include "common/clock.h"
#include "daemon/net/http.h"
#include "daemon/receive/acknowledge.h"
#include "daemon/receive/append.h"
#include "tests/fakes/fake_db.h"
#include "tests/fakes/fake_registry.h"

#define KEYS 64   /* one statement of each in a batch */
#define WARM 2    /* batches before counting: buffers have grown, pools are filled */
#define BATCHES 8 /* counted */
#define OLD_SIZE 1000003

enum phase { ACCEPT, APPEND, ACKNOWLEDGE, PHASES };
static const char *const phase_name[PHASES] = {"accept", "append", "acknowledge"};

struct guard {
    struct event_base *base;
    struct db *db, *registry;
    struct keys *keys;
    struct verify verify;
    struct append *append;
    struct acknowledge *acknowledge;
    struct submission_pool pool;
    struct http_parser http;
    struct key *key[KEYS];
    uint8_t prev[KEYS][DIGEST_SIZE];
    struct submission *s[KEYS];
    struct buf request[KEYS], envelope, answer;
    struct batch *recorded;
    uint64_t size;
    size_t answered;
};

/* ---- counting ------------------------------------------------------------------------------- */

static bool counting;
static uint64_t allocations, signatures, calls;

static void count_on(void)
{
    counting = true;
    CALLGRIND_TOGGLE_COLLECT;
}

static void count_off(void)
{
    CALLGRIND_TOGGLE_COLLECT;
    counting = false;
}

/* The allocator with a counter in front; libraries come here too. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

void *malloc(size_t n)
{
    allocations += counting;
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    allocations += counting;
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    allocations += counting;
    return __libc_realloc(p, n);
}

/* The linker puts these in front of the real ones (--wrap). */
bool __real_key_verify(const struct key *k, const void *msg, size_t n, const void *sig,
                       size_t sig_n);
bool __wrap_key_verify(const struct key *k, const void *msg, size_t n, const void *sig,
                       size_t sig_n);
bool __real_db_call(struct db *d, const char *statement, const struct db_args *args, db_done done,
                    void *arg);
bool __wrap_db_call(struct db *d, const char *statement, const struct db_args *args, db_done done,
                    void *arg);

bool __wrap_key_verify(const struct key *k, const void *msg, size_t n, const void *sig,
                       size_t sig_n)
{
    bool on = counting, ok;

    if (on)
        count_off();
    signatures += on;
    ok = __real_key_verify(k, msg, n, sig, sig_n);
    if (on)
        count_on();
    return ok;
}

bool __wrap_db_call(struct db *d, const char *statement, const struct db_args *args, db_done done,
                    void *arg)
{
    bool on = counting, ok;

    if (on)
        count_off();
    calls += on;
    ok = __real_db_call(d, statement, args, done, arg);
    if (on)
        count_on();
    return ok;
}

static void phase_end(enum phase p, size_t statements)
{
    CALLGRIND_DUMP_STATS_AT(phase_name[p]);
    printf("%s.allocations %.3f\n", phase_name[p], (double)allocations / (double)statements);
    allocations = 0;
}

/* ---- the world ------------------------------------------------------------------------------ */

static void on_loaded(void *arg, bool ok)
{
    (void)arg;
    if (!ok)
        abort();
}

static void on_recorded(void *arg, struct batch *b)
{
    ((struct guard *)arg)->recorded = b;
}

static void on_refused(void *arg, struct submission *s, struct problem *p)
{
    (void)arg;
    (void)s;
    fprintf(stderr, "refused: %s %s\n", p->code, p->detail);
    abort();
}

static void on_lookup(void *arg, struct submission *s)
{
    on_refused(arg, s, &s->refusal);
}

static void on_stale(void *arg)
{
    (void)arg;
    abort();
}

static enum verify_outcome allowed(void *arg, struct submission *s, struct problem *p)
{
    return verify_allowed(&((struct guard *)arg)->verify, s, p);
}

static void heads(void *arg, struct array *sizes, struct array *notes)
{
    (void)arg;
    array_add_int8(sizes, 1);
    array_add_text(notes, "note");
}

static void on_heads(void *arg, bool stored)
{
    (void)arg;
    (void)stored;
}

static void deliver(void *arg, struct submission *s, const char *json, size_t n)
{
    struct guard *g = arg;

    (void)s;
    buf_clear(&g->answer);
    http_answer(&g->answer,
                &(struct http_answer){
                    .status = 200, .type = "application/json", .body = json, .body_len = n});
    g->answered++;
}

static struct key *fixed_key(int i)
{
    uint8_t seed[32] = {[0] = (uint8_t)(i + 1)};
    EVP_PKEY *evp = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    struct key *k = NULL;
    struct err e;

    if (evp == NULL || !key_from_evp(evp, &k, &e))
        abort();
    EVP_PKEY_free(evp);
    return k;
}

static void set_up(struct guard *g)
{
    static const struct append_ops append = {.on_recorded = on_recorded,
                                             .on_refused = on_refused,
                                             .on_lookup = on_lookup,
                                             .on_stale = on_stale,
                                             .allowed = allowed,
                                             .heads = heads,
                                             .on_heads = on_heads};
    static const struct acknowledge_ops acknowledge = {.deliver = deliver};
    struct fake_client client = {.certificate = {1}, .code = "office", .is_operator = true};
    struct fake_key k[KEYS];

    clock_set_for_test(FAKE_REAL, 1000000);
    for (int i = 0; i < KEYS; i++) {
        g->key[i] = fixed_key(i);
        k[i] = (struct fake_key){
            .key = g->key[i], .row = i + 1, .code = "u001", .unit = "u001", .until = INT64_MAX};
    }
    client.deliver = "u001";
    g->base = event_base_new();
    g->registry = db_new(NULL, NULL, NULL);
    g->keys = keys_new(on_loaded, NULL);
    fake_load(g->keys, g->registry, 0, k, KEYS, &client, 1);
    g->verify.keys = g->keys;
    g->db = db_new(NULL, NULL, NULL);
    g->append = append_new(g->base, &append, g);
    append_set_db(g->append, g->db);
    append_registry(g->append, 0, 0);
    g->acknowledge = acknowledge_new(g->base, &acknowledge, g);
    g->size = OLD_SIZE;
}

/* ---- one batch ------------------------------------------------------------------------------ */

/* Some 600 bytes of payload, as the bench's generator and real offices write. */
static void make_requests(struct guard *g, size_t turn)
{
    for (int i = 0; i < KEYS; i++) {
        char body[700];

        snprintf(body, sizeof body,
                 "\"reports\":[{\"task\":\"p1/%d.%zu\",\"period\":\"2022Q1\",\"status\":"
                 "\"on-track\",\"progress\":40,\"text\":\"The schedule for this quarter was kept: "
                 "tenders for lots 3 and 4 are awarded, the survey of the northern section is "
                 "finished, and the funds of the second instalment have arrived. What remains open "
                 "is the land permit for lot 5, promised by the district for the end of the "
                 "month.\"}]",
                 i + 1, turn + 1);
        fake_envelope(g->key[i], STATEMENT_TYPE("report"), FAKE_AUD, "u001", (int64_t)turn + 1,
                      g->prev[i], body, &g->envelope, g->prev[i]);
        buf_clear(&g->request[i]);
        buf_addf(&g->request[i],
                 "POST /v1/statements HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
                 "application/vnd.dsse.envelope.v1+json\r\nContent-Length: %zu\r\n\r\n",
                 g->envelope.len);
        buf_add(&g->request[i], g->envelope.data, g->envelope.len);
    }
}

static void accept_one(struct guard *g, int i)
{
    const struct buf *r = &g->request[i];
    struct submission *s = submission_new(&g->pool);
    struct problem p;
    size_t used, at = 0;

    if (http_feed(&g->http, r->data, r->len, &used) != HTTP_HEADERS ||
        !http_take_body(&g->http, (size_t)1 << 20))
        abort();
    at += used;
    if (http_feed(&g->http, r->data + at, r->len - at, &used) != HTTP_READY)
        abort();
    s->has_certificate = true;
    s->certificate[0] = 1;
    s->arrived = clock_real();
    if (verify_statement(&g->verify, g->http.request.body.data, g->http.request.body.len, s, &p) !=
        VERIFY_GOOD)
        on_refused(g, s, &p);
    http_next(&g->http);
    g->s[i] = s;
}

/* What duban.append() answers. */
static struct db_result *answer(uint64_t old_size)
{
    static const uint8_t node[DIGEST_SIZE] = {1};
    static const char entry[] =
        "duban-entry/v1\nkind statement\nreceived 2023-11-14T22:13:20.000000Z\narrival "
        "2023-11-14T22:13:20.000000Z\ncertificate "
        "0100000000000000000000000000000000000000000000000000000000000000\nkey "
        "00000000000000000000000000000000000000000000000000000000000000aa\nalg ed25519\ntype "
        "application/vnd.duban.report.v1+json\nseq 7\npae-sha256 "
        "00000000000000000000000000000000000000000000000000000000000000bb\nsig "
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n"
        "registry 12\noutcomes-sha256 "
        "00000000000000000000000000000000000000000000000000000000000000cc\n";
    static const char outcome[] =
        "[{\"task\":\"p1/1.1\",\"period\":\"2022Q1\",\"outcome\":\"on-time\",\"due\":"
        "\"2022-04-08T17:30:00+08:00\",\"next_due\":\"2022-07-07T17:30:00+08:00\",\"rule\":"
        "\"quarterly@3\",\"calendar\":\"cn@2\"}]";
    struct db_result *r = fake_result(1, 6);
    struct array frontier = {0}, entries = {0}, outcomes = {0};

    array_begin(&frontier, ARRAY_BYTEA);
    array_begin(&entries, ARRAY_BYTEA);
    array_begin(&outcomes, ARRAY_TEXT);
    for (uint64_t l = 0; old_size >> l != 0; l++)
        array_add(&frontier, node, sizeof node);
    for (int i = 0; i < KEYS; i++) {
        array_add_text(&entries, entry);
        array_add_text(&outcomes, outcome);
    }
    fake_int8(r, 0, 0, FAKE_REAL);
    fake_text(r, 0, 1, "2023-11-14T22:13:20.000000Z");
    fake_int8(r, 0, 2, (int64_t)old_size);
    fake_array(r, 0, 3, &frontier);
    fake_array(r, 0, 4, &entries);
    fake_array(r, 0, 5, &outcomes);
    return r;
}

static void accept_batch(struct guard *g, bool count)
{
    if (count)
        count_on();
    for (int i = 0; i < KEYS; i++)
        accept_one(g, i);
    if (count)
        count_off();
}

static void append_batch(struct guard *g, bool count)
{
    append_heads(g->append, false);
    if (count)
        count_on();
    for (int i = 0; i < KEYS; i++)
        append_add(g->append, g->s[i]);
    event_base_loop(g->base, EVLOOP_NONBLOCK);
    if (count)
        count_off();
}

static void acknowledge_all(struct guard *g, bool count)
{
    static const char note[] =
        "duban.example/t1\n1000067\n3q2+7w3q2+7w3q2+7w3q2+7w3q2+7w3q2+7w3q2+7w0=\n\n\xe2\x80\x94 "
        "duban.example/t1 "
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "\n";
    struct db_result *r = answer(g->size);
    struct fake_call *c = fake_waiting(g->db);

    if (c == NULL || strcmp(c->statement, "append") != 0)
        abort();
    c->answered = true;
    if (count)
        count_on();
    c->done(c->arg_of_done, DB_DONE, r);
    if (g->recorded == NULL || g->recorded->n != KEYS)
        abort();
    acknowledge_batch(g->acknowledge, g->recorded, note, sizeof note - 1);
    if (count)
        count_off();
    batch_free(&g->recorded, &g->pool);
    db_result_unref(&r);
    fake_call_clear(&g->db->call[0]);
    g->db->calls = 0;
    g->size += KEYS;
}

static void tear_down(struct guard *g)
{
    db_free(&g->db);
    db_free(&g->registry);
    append_free(&g->append);
    acknowledge_free(&g->acknowledge);
    verify_clear(&g->verify);
    keys_free(&g->keys);
    submission_pool_clear(&g->pool);
    http_parser_free(&g->http);
    for (int i = 0; i < KEYS; i++) {
        key_free(&g->key[i]);
        buf_free(&g->request[i]);
    }
    buf_free(&g->envelope);
    buf_free(&g->answer);
    event_base_free(g->base);
}

/* All batches of one phase after the other would need other memory than in life: each batch runs
 * through, and a phase is one whole run in which only that phase is counted. */
static void run(struct guard *g, enum phase p)
{
    for (size_t turn = 0; turn < WARM + BATCHES; turn++) {
        bool count = turn >= WARM;

        make_requests(g, turn);
        accept_batch(g, count && p == ACCEPT);
        append_batch(g, count && p == APPEND);
        acknowledge_all(g, count && p == ACKNOWLEDGE);
    }
    phase_end(p, (size_t)BATCHES * KEYS);
}

int main(void)
{
    for (enum phase p = ACCEPT; p < PHASES; p++) {
        struct guard g = {0};

        set_up(&g);
        run(&g, p);
        if (g.answered != (WARM + BATCHES) * KEYS)
            return 1;
        tear_down(&g);
    }
    printf("statements %d\nsignatures %llu\ndatabase.calls %llu\nbatches %d\n", BATCHES * KEYS,
           (unsigned long long)signatures, (unsigned long long)calls, BATCHES);
#ifdef __clang__
    printf("compiler clang-%d\n", __clang_major__);
#else
    printf("compiler gcc-%d\n", __GNUC__);
#endif
#ifdef __OPTIMIZE__
    puts("optimized 1");
#endif
    return 0;
}
