/* SPDX-License-Identifier: BSD-2-Clause */
/* Owners named in a sentence; see sentences.h. A sentence is taken apart into clauses at commas; a
 * clause counts when it is a list of unit names before one of the verbs, or a list of unit names
 * that goes on into such a clause. */
#include "plan/sentences.h"

#include <string.h>

#include "plan/dates.h"

#define CLAUSES_MAX 64
#define CLAUSE_BYTES 600

enum clause_kind { CLAUSE_TEXT, CLAUSE_VERB, CLAUSE_NAMES, CLAUSE_DATE };

struct clause {
    size_t a, b; /* without 由 */
    enum clause_kind kind;
    bool partial; /* 市财政局负责落实资金: the clause says more */
};

/* Where the owners begin in a clause: behind its last 由, which must follow other text. */
static size_t after_by(const struct text *t, size_t a, size_t b)
{
    size_t at = a, i = a;

    while ((i = text_find(t, i, b, "由")) < b) {
        i += strlen("由");
        at = i;
    }
    return at;
}

static bool verb_clause(const struct text *t, struct clause *c)
{
    static const char *const ends[] = {
        "牵头负责", "牵头", "具体负责", "共同负责", "分别负责", "按职责分工负责", "按职责负责",
        "负责",     "配合", "参与",     "协助",     "牵头落实", "牵头推进",       "负责落实"};

    for (size_t k = 0; k < sizeof(ends) / sizeof(ends[0]); k++)
        if (text_ends(t, c->a, c->b, ends[k])) {
            size_t end = c->b - strlen(ends[k]);
            size_t from = after_by(t, c->a, end);
            if (!names_units(t, from, end, true, true))
                return false;
            c->a = from;
            return true;
        }
    return false;
}

/* 市工信局牵头制定方案: names and a verb, then what they are to do. */
static bool opening_clause(const struct text *t, struct clause *c)
{
    static const char *const words[] = {"牵头", "负责", "配合", "主办", "协助"};
    static const char *const nouns[] = {"人", "单位", "部门", "领导", "同志", "制度", "的", "机构"};

    for (size_t i = c->a; i < c->b; i += text_char_len(t->f[i]))
        for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
            size_t n = text_is(t, i, c->b, words[k]), m = 0;
            if (n == 0)
                continue;
            while (m < sizeof(nouns) / sizeof(nouns[0]) && text_is(t, i + n, c->b, nouns[m]) == 0)
                m++;
            size_t from = after_by(t, c->a, i);
            if (m < sizeof(nouns) / sizeof(nouns[0]) || !names_units(t, from, i, true, true))
                return false;
            c->a = from;
            c->b = i + n;
            c->partial = true;
            return true;
        }
    return false;
}

static void classify(const struct text *t, struct clause *c)
{
    c->kind = CLAUSE_TEXT;
    c->partial = false;
    if (c->b - c->a > CLAUSE_BYTES || c->a >= c->b)
        return;
    if (verb_clause(t, c) || opening_clause(t, c))
        c->kind = CLAUSE_VERB;
    else if (names_units(t, after_by(t, c->a, c->b), c->b, true, true))
        c->kind = CLAUSE_NAMES;
    else if (dates_looks_like(t, c->a, c->b))
        c->kind = CLAUSE_DATE;
}

static size_t split(const struct text *t, size_t a, size_t b, struct clause *out)
{
    size_t n = 0, from = a;
    int depth = 0;

    for (size_t i = a; i <= b && n < CLAUSES_MAX; i++) {
        if (i < b && t->f[i] == '(')
            depth++;
        else if (i < b && t->f[i] == ')')
            depth--;
        if (i < b && (t->f[i] != ',' || depth > 0))
            continue;
        out[n].a = from;
        out[n].b = i;
        text_trim(t, &out[n].a, &out[n].b);
        classify(t, &out[n]);
        n++;
        from = i + 1;
    }
    return n;
}

/* Reads the runs of names and verbs among the clauses; true when nothing else was there. */
static bool read_clauses(struct owners *o, const struct text *t, const struct clause *c, size_t n)
{
    bool pure = n > 0 && c[0].kind != CLAUSE_DATE, any = false;

    for (size_t k = 0; k < n; k++) {
        size_t end = k;
        while (end < n && c[end].kind == CLAUSE_NAMES)
            end++;
        if (end < n && c[end].kind == CLAUSE_VERB) {
            any =
                owners_verbs(o, t, c[k].kind == CLAUSE_NAMES ? after_by(t, c[k].a, c[k].b) : c[k].a,
                             c[end].b, "text") ||
                any;
            pure = pure && !c[end].partial;
            k = end;
        } else if (c[k].kind != CLAUSE_DATE) {
            pure = false;
        }
    }
    return pure && any;
}

static size_t sentence_stop(const struct text *t, size_t i)
{
    if (t->f[i] == ';' || t->f[i] == '\n')
        return 1;
    return text_is(t, i, t->n, "。");
}

void sentences_read(struct owners *o, const struct text *t, struct owners_cuts *cuts)
{
    struct clause clauses[CLAUSES_MAX];
    size_t from = 0;

    if (text_find(t, 0, t->n, "负责") == t->n && text_find(t, 0, t->n, "牵头") == t->n)
        return;
    for (size_t i = 0; i <= t->n;) {
        size_t stop = i < t->n ? sentence_stop(t, i) : 0;
        if (i < t->n && stop == 0) {
            i += text_char_len(t->f[i]);
            continue;
        }
        size_t n = split(t, from, i, clauses);
        if (read_clauses(o, t, clauses, n)) {
            cuts->v = pool_grow(o->pool, cuts->v, cuts->n, &cuts->cap, sizeof(*cuts->v));
            cuts->v[cuts->n++] = (struct owners_cut){from, i + stop};
        }
        i += stop > 0 ? stop : 1;
        from = i;
    }
}
