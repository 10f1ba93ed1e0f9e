/* SPDX-License-Identifier: BSD-2-Clause */
/* Folding of a document, character by character: what text.h promises about the folded form. */
#ifndef DUBAN_PLAN_FOLD_H
#define DUBAN_PLAN_FOLD_H

#include <stdbool.h>
#include <stddef.h>

struct fold {
    const char *s; /* document */
    size_t n, i;   /* length, place */
    size_t from;   /* place of the character that gave out */
    char out[5];   /* folded character */
    size_t out_len;
    bool last_latin, next_latin; /* the character is ASCII in print */
    char last;                   /* last byte given out */
    bool gap;                    /* white space since then */
    size_t gap_at;
    bool html_row; /* between <tr> and </tr>: line ends are blanks */
    bool pending;  /* a character waits behind a blank */
    char next[5];
    size_t next_len, next_from;
};

void fold_start(struct fold *f, const char *s, size_t n);
/* Next folded character in out and from; false at the end. Never longer than what it came from. */
bool fold_next(struct fold *f);

#endif
