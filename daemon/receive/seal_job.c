/* SPDX-License-Identifier: BSD-2-Clause */
/* One thing to be sealed: a batch, or entries that nobody waits for. Asked of the signer, in parts
 * when its leaves must be read from the database first, until a head covers it or it is given up.
 */
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/mem.h"
#include "daemon/link.h"
#include "daemon/receive/seal_private.h"

static void leaf_clear(struct seal_job *j)
{
    if (j->leaf_owned)
        free(j->leaf);
    j->leaf = NULL;
    j->leaf_owned = false;
}

static void job_free(struct seal_job *j)
{
    leaf_clear(j);
    free(j->head_note);
    free(j);
}

static void job_remove(struct seal *s, struct seal_job *j)
{
    struct seal_job **p = &s->jobs;

    while (*p != j)
        p = &(*p)->next;
    *p = j->next;
}

void seal_job_add(struct seal *s, struct seal_job *j)
{
    j->seal = s;
    j->since = clock_mono();
    j->next = s->jobs;
    s->jobs = j;
}

void seal_job_send(struct seal_job *j)
{
    struct sign_request r = {.old_size = j->asked_old, .new_size = j->asked_new, .leaves = j->leaf};

    if (j->asked_new == j->new_size)
        memcpy(r.root, j->root, DIGEST_SIZE);
    j->state = j->seal->ops.send(j->seal->arg, &r) ? JOB_ASKED : JOB_UNSENT;
}

void seal_job_sealed(struct seal_job *j, uint64_t size, const char *note, size_t n)
{
    struct seal *s = j->seal;
    struct batch *b = j->batch;

    heads_add(&s->heads, size, note, n);
    if (size > s->sealed)
        s->sealed = size;
    job_remove(s, j);
    s->ops.on_heads(s->arg, size != j->new_size);
    if (b != NULL)
        s->ops.on_sealed(s->arg, b, size, note, n);
    else
        seal_tick_in(s, 0); /* perhaps there is more */
    job_free(j);
}

void seal_job_unsealed(struct seal_job *j)
{
    struct seal *s = j->seal;

    job_remove(s, j);
    if (j->batch != NULL)
        s->ops.on_unsealed(s->arg, j->batch);
    job_free(j);
}

static void on_leaves(void *arg, enum db_outcome outcome, struct db_result *r)
{
    struct seal_job *j = arg;
    uint64_t n = (uint64_t)db_rows(r);

    if (outcome != DB_DONE || n == 0) {
        j->state = JOB_UNSENT;
        return;
    }
    leaf_clear(j);
    j->leaf = xcalloc((size_t)n, DIGEST_SIZE);
    j->leaf_owned = true;
    for (uint64_t i = 0; i < n; i++) {
        size_t len;
        const char *p = db_bytes(r, (int)i, 0, &len);

        if (p == NULL || len != DIGEST_SIZE) {
            j->state = JOB_UNSENT;
            return;
        }
        memcpy(j->leaf[i], p, DIGEST_SIZE);
    }
    j->asked_new = j->asked_old + n;
    seal_job_send(j);
}

void seal_job_fetch(struct seal_job *j, uint64_t from)
{
    struct db_args args = {0};
    uint64_t n = j->new_size - from;

    j->asked_old = from;
    j->asked_new = from; /* nothing is asked until the leaves are here */
    db_args_int8(&args, (int64_t)from);
    db_args_int4(&args, (int32_t)(n > SIGN_LEAVES_MAX ? SIGN_LEAVES_MAX : n));
    j->state = JOB_FETCHING;
    if (j->seal->db == NULL || !db_call(j->seal->db, "leaves", &args, on_leaves, j))
        j->state = JOB_UNSENT;
}

void seal_job_again(struct seal_job *j)
{
    if (j->leaf == NULL || j->asked_new <= j->asked_old)
        seal_job_fetch(j, j->asked_old);
    else
        seal_job_send(j);
}
