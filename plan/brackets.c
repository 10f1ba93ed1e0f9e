/* SPDX-License-Identifier: BSD-2-Clause */
/* Outermost brackets; see brackets.h. */
#include "plan/brackets.h"

#include <string.h>

#define UNCLOSED_MAX 32 /* passes over a text whose brackets do not close */

void brackets_start(struct brackets *s, const struct text *t, size_t a, size_t b)
{
    s->t = t;
    s->i = a;
    s->b = b;
    s->opened = 0;
}

static size_t find_close(const struct text *t, size_t open, size_t b)
{
    int depth = 0;

    for (size_t i = open; i < b; i++) {
        char c = t->f[i];
        if (c == '(' || c == '[')
            depth++;
        else if ((c == ')' || c == ']') && --depth == 0)
            return i;
    }
    return b;
}

bool brackets_next(struct brackets *s, struct bracket *out)
{
    while (s->i < s->b) {
        char c = s->t->f[s->i];
        if (c != '(' && c != '[') {
            s->i++;
            continue;
        }
        out->open = s->i;
        out->close = s->opened > UNCLOSED_MAX ? s->b : find_close(s->t, s->i, s->b);
        out->closed = out->close < s->b;
        if (!out->closed)
            s->opened++;
        /* an unclosed bracket is offered; what is inside it is searched again */
        s->i = out->closed ? out->close + 1 : s->i + 1;
        return true;
    }
    return false;
}
