/* SPDX-License-Identifier: BSD-2-Clause */
/* A client with an open outbox before the server in memory. */
#ifndef DUBAN_TESTS_OUTBOX_FIXTURE_H
#define DUBAN_TESTS_OUTBOX_FIXTURE_H

#include "unit.h"

#include <unistd.h>

#include "client/app.h"
#include "client/disk.h"
#include "client/outbox.h"
#include "common/mem.h"
#include "common/statement.h"
#include "tests/fakes/client_world.h"

struct sender {
    struct world *w;
    struct outbox *o; /* NULL while it is closed */
    /* of the last delivery */
    size_t receipts, problems;
    char tasks[2048]; /* of the receipts, in order */
    struct err e;
};

static inline void sender_open(struct sender *s)
{
    struct err e = {0};

    if (!outbox_open(s->w->home, &s->o, &e))
        fail_msg("%s: %s", e.code, e.text);
}

static inline struct sender *sender_new(void)
{
    struct sender *s = xcalloc(1, sizeof *s);

    s->w = world_new();
    sender_open(s);
    return s;
}

static inline void sender_free(struct sender **s)
{
    outbox_close(&(*s)->o);
    world_free(&(*s)->w);
    free(*s);
    *s = NULL;
}

static inline void add(struct sender *s, const char *task)
{
    json_t *body = world_body(task);
    int64_t seq;
    struct err e = {0};

    if (!outbox_add(s->o, STATEMENT_TYPE("report"), body, &seq, &e))
        fail_msg("%s", e.text);
    json_decref(body);
}

static inline void on_answer(void *data, const struct dsse *sent, int64_t seq,
                             const json_t *receipt, const json_t *problem)
{
    struct sender *s = data;

    (void)sent;
    (void)seq;
    s->receipts += receipt != NULL;
    s->problems += problem != NULL;
    if (receipt) {
        strcat(s->tasks, app_str(json_array_get(json_object_get(receipt, "outcomes"), 0), "task"));
        strcat(s->tasks, " ");
    }
}

static inline bool deliver(struct sender *s)
{
    struct deliver_peer peer = world_peer(s->w);
    struct deliver_result r;

    s->receipts = s->problems = 0;
    s->tasks[0] = '\0';
    s->e = (struct err){{0}, {0}};
    return deliver_all(s->o, &peer, 3000, on_answer, s, &r, &s->e);
}

/* What is in HOME. */
static inline bool exists(const struct sender *s, const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", s->w->dir, name);
    return access(path, F_OK) == 0;
}

static inline size_t count_in(const struct sender *s, const char *directory, const char *ending)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", s->w->dir, directory);
    return disk_count(path, ending);
}

static inline int setup(void **state)
{
    *state = sender_new();
    return 0;
}

static inline int teardown(void **state)
{
    struct sender *s = *state;

    disk_stop_for_test(-1);
    sender_free(&s);
    return 0;
}

/* A test with a sender of its own. */
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
