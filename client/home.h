/* SPDX-License-Identifier: BSD-2-Clause */
/* HOME: the directory of one identity (keys, duban.conf, outbox, receipts). */
#ifndef DUBAN_CLIENT_HOME_H
#define DUBAN_CLIENT_HOME_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/buf.h"
#include "common/checkpoint.h"
#include "common/err.h"

#define HOME_VKEYS_MAX 16

/* duban.conf; every string owned. Paths are absolute. */
struct home {
    char *dir;
    char *url;  /* without a trailing slash */
    char *ca;   /* PEM file: whoever the server's certificate must come from */
    char *aud;  /* log origin */
    char *code; /* unit or post that the signing key speaks for */
    bool post;  /* code is a post */
    bool op;    /* operator */
    char *certificate, *key, *sign_key;
    char *ca_certificate, *ca_key; /* operators: for approve; NULL when absent */
    struct checkpoint_vkey vkeys[HOME_VKEYS_MAX];
    size_t vkeys_len;
    int lock_fd; /* -1 = not locked */
};

/* What home_write puts into duban.conf; NULL members are left out. vkeys: separated by spaces. */
struct home_settings {
    const char *url, *ca, *aud, *vkeys, *unit, *post, *ca_certificate, *ca_key;
    bool op;
};

/* Reads DIR/duban.conf. Errors: "home" (no such HOME; names enrol), "config" (file and line). */
bool home_open(const char *dir, struct home **out, struct err *e);
/* Locks it against other commands; once is enough. Errors: "locked", "file". */
bool home_lock(struct home *h, int wait_ms, struct err *e);
void home_close(struct home **h);
/* New string DIR/…. */
char *home_path(const struct home *h, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Appends the text of a duban.conf. */
void home_format(const struct home_settings *s, struct buf *out);
/* Reads the settings out of such a text (name: for errors) into an unlocked home with no
 * directory lookups; paths relative to dir. */
bool home_parse(const char *dir, const char *name, const char *text, struct home **out,
                struct err *e);
/* home_format into DIR/duban.conf, mode 0600. */
bool home_write(const char *dir, const struct home_settings *s, struct err *e);

#endif
