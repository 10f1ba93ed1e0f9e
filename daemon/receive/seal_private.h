/* SPDX-License-Identifier: BSD-2-Clause */
/* For seal.c, seal_job.c and seal_tail.c only. */
#ifndef DUBAN_SEAL_PRIVATE_H
#define DUBAN_SEAL_PRIVATE_H

#include <event2/event.h>

#include "daemon/db/conn.h"
#include "daemon/receive/heads.h"
#include "daemon/receive/seal.h"

enum seal_job_state {
    JOB_ASKED,    /* the signer has the request */
    JOB_UNSENT,   /* no link, or the signer could not write: with the next link or tick */
    JOB_PATIENT,  /* the signer lacks entries before it: others are just telling it */
    JOB_FETCHING, /* reading leaf hashes from the database */
    JOB_CHECKING  /* the signer is further: does the database know that? */
};

struct seal_job {
    struct seal_job *next;
    struct seal *seal;
    enum seal_job_state state;
    uint64_t old_size, new_size;   /* what is to be sealed */
    uint64_t asked_old, asked_new; /* the present request */
    uint8_t root[DIGEST_SIZE];     /* of new_size; zeros = not known */
    uint8_t (*leaf)[DIGEST_SIZE];  /* of the present request; borrowed from batch or owned */
    bool leaf_owned;
    struct batch *batch; /* owned; NULL for a tail */
    unsigned needs;      /* times that the signer lacked something */
    int64_t since;       /* clock_mono() */
    uint64_t head_size;  /* JOB_CHECKING */
    char *head_note;     /* JOB_CHECKING; owned */
    size_t head_note_len;
};

struct seal {
    struct seal_ops ops;
    void *arg;
    struct db *db;
    struct seal_job *jobs; /* owned */
    struct heads heads;
    struct event *tick;    /* each second, sooner after a notification */
    struct event *patient; /* a moment after a NEED */
    uint64_t sealed;       /* newest head seen */
    /* the tail */
    bool probing;      /* the signer was asked for its newest head */
    int64_t probed;    /* when */
    bool looking;      /* duban.head() is under way */
    bool forked;       /* the signer refused the database's tree: for good */
    uint64_t newest;   /* the signer's size */
    char *newest_note; /* owned */
    size_t newest_note_len;
    bool seen;          /* tail_seen holds something */
    uint64_t tail_seen; /* the log's size one look ago: unsealed entries before it are a tail */
    const char *code;   /* last told state; "" = none */
};

/* seal_job.c */
/* Takes the job, which the caller has filled in; its time runs from here. */
void seal_job_add(struct seal *s, struct seal_job *j);
/* Asks the signer for asked_old … asked_new; JOB_UNSENT when there is no link. */
void seal_job_send(struct seal_job *j);
/* Reads leaves from … and asks for them up to new_size, in parts. */
void seal_job_fetch(struct seal_job *j, uint64_t from);
/* Asks once more, with the leaves at hand or read anew. */
void seal_job_again(struct seal_job *j);
/* A head of this size covers the job: tells the owner of the batch; the job is freed. note is
 * copied. */
void seal_job_sealed(struct seal_job *j, uint64_t size, const char *note, size_t n);
/* Gives the job up: tells the owner of the batch that nothing is known; the job is freed. */
void seal_job_unsealed(struct seal_job *j);

/* seal.c */
void seal_tick_in(struct seal *s, unsigned ms);

/* seal_tail.c */
void seal_state(struct seal *s, const char *code, const char *why);
void seal_tail_tick(struct seal *s);
/* The signer's newest head; note NULL for an empty tree. */
void seal_tail_newest(struct seal *s, uint64_t size, const char *note, size_t n);

#endif
